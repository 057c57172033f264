/* The chat formats. A row says what stands around a message of each role; see chat.c for how it is rendered.
 *
 * Sources: the templates that the publishers' files carry. Where formats of one family differ in nothing but spaces, they
 * are rows of their own, because models notice. */
#include "model/text/chat_impl.h"

#define BOS CHAT_BOS
#define EOS CHAT_EOS

static const char *const stops_chatml[] = {"<|im_end|>", NULL};
static const char *const stops_llama3[] = {"<|eot_id|>", NULL};
static const char *const stops_none[] = {NULL};

#define MISTRAL(label, sign, second, place, open, close, answer)                                                                         \
    {                                                                                                                                    \
        .name = label, .signs = {sign, second}, .system = place,                                                                         \
        .role = {[GEN_ROLE_SYSTEM] = {"", "\n\n"}, [GEN_ROLE_USER] = {open, close}, [GEN_ROLE_ASSISTANT] = {answer, EOS}}, .start = BOS, \
        .stops = stops_none                                                                                                              \
    }

const struct chat_format chat_formats[] = {
    {
        .name = "chatml",
        .signs = {"<|im_start|>"},
        .system = SYSTEM_OWN_TURN,
        .role = {[GEN_ROLE_SYSTEM] = {"<|im_start|>system\n", "<|im_end|>\n"},
                 [GEN_ROLE_USER] = {"<|im_start|>user\n", "<|im_end|>\n"},
                 [GEN_ROLE_ASSISTANT] = {"<|im_start|>assistant\n", "<|im_end|>\n"},
                 [GEN_ROLE_TOOL] = {"<|im_start|>user\n<tool_response>\n", "\n</tool_response><|im_end|>\n"}},
        .stops = stops_chatml,
    },
    {
        .name = "llama3",
        .signs = {"<|start_header_id|>", "<|end_header_id|>"},
        .system = SYSTEM_OWN_TURN,
        .role = {[GEN_ROLE_SYSTEM] = {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
                 [GEN_ROLE_USER] = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},
                 [GEN_ROLE_ASSISTANT] = {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
                 [GEN_ROLE_TOOL] = {"<|start_header_id|>ipython<|end_header_id|>\n\n", "<|eot_id|>"}},
        .start = BOS,
        .trim = true,
        .stops = stops_llama3,
    },
    {
        .name = "llama2",
        .signs = {"[INST]", "<<SYS>>"},
        .system = SYSTEM_FIRST_USER,
        .role = {[GEN_ROLE_SYSTEM] = {"<<SYS>>\n", "\n<</SYS>>\n\n"},
                 [GEN_ROLE_USER] = {BOS "[INST] ", " [/INST]"},
                 [GEN_ROLE_ASSISTANT] = {" ", " " EOS}},
        .start = "", /* every user's message begins with its own */
        .trim = true,
        .stops = stops_none,
    },
    {
        .name = "mistral-v7-tekken",
        .signs = {"[SYSTEM_PROMPT]", "'[INST]'"},
        .system = SYSTEM_OWN_TURN,
        .role = {[GEN_ROLE_SYSTEM] = {"[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"},
                 [GEN_ROLE_USER] = {"[INST]", "[/INST]"},
                 [GEN_ROLE_ASSISTANT] = {"", EOS}},
        .start = BOS,
        .stops = stops_none,
    },
    {
        .name = "mistral-v7",
        .signs = {"[SYSTEM_PROMPT]", "[INST]"},
        .system = SYSTEM_OWN_TURN,
        .role = {[GEN_ROLE_SYSTEM] = {"[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]"},
                 [GEN_ROLE_USER] = {"[INST] ", "[/INST]"},
                 [GEN_ROLE_ASSISTANT] = {" ", EOS}},
        .start = BOS,
        .stops = stops_none,
    },
    MISTRAL("mistral-tekken", "\"[INST]\"", NULL, SYSTEM_LAST_USER, "[INST]", "[/INST]", ""),
    MISTRAL("mistral-v1", " [INST]", NULL, SYSTEM_FIRST_USER, " [INST] ", " [/INST]", " "),
    MISTRAL("mistral-v3", "[INST]", "[AVAILABLE_TOOLS]", SYSTEM_LAST_USER, "[INST] ", "[/INST]", " "),
    MISTRAL("mistral", "[INST]", NULL, SYSTEM_FIRST_USER, "[INST] ", " [/INST]", ""),
    {.name = "plain", .system = SYSTEM_OWN_TURN, .stops = stops_none}, /* the last row: no sign, always matches */
};
