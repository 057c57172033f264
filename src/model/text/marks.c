/* Tokens with a known meaning: those that open a turn, and those that end an answer.
 *
 * Files name one end of sequence, but a chat model ends its turn with a mark of its chat format, which files often do not
 * name. So the well-known ones are looked up by their text. Some files have such marks as normal or user-defined tokens, by
 * mistake of a converter; they are made control tokens: otherwise they would be shown in answers, and people could
 * type them. */
#include "model/text/impl.h"

enum meaning {
    MARK_OPENS,
    MARK_ENDS,
    MARK_ENDS_TURN, /* may serve as eot; the first that is found does */
};

static const struct mark {
    const char *text;
    enum meaning meaning;
} marks[] = {
    {"<|eot_id|>", MARK_ENDS_TURN},    {"<|im_end|>", MARK_ENDS_TURN},      {"<|end|>", MARK_ENDS_TURN},
    {"<end_of_turn>", MARK_ENDS_TURN}, {"<|endoftext|>", MARK_ENDS_TURN},   {"<|eom_id|>", MARK_ENDS},
    {"<|end_of_text|>", MARK_ENDS},    {"<|end_of_turn|>", MARK_ENDS},      {"<|return|>", MARK_ENDS},
    {"<|call|>", MARK_ENDS},           {"<end_of_utterance>", MARK_ENDS},   {"<\uff5cend\u2581of\u2581sentence\uff5c>", MARK_ENDS},
    {"<|im_start|>", MARK_OPENS},      {"<|start_header_id|>", MARK_OPENS}, {"<|end_header_id|>", MARK_OPENS},
    {"<|begin_of_text|>", MARK_OPENS}, {"<start_of_turn>", MARK_OPENS},     {"<|start|>", MARK_OPENS},
    {"<|channel|>", MARK_OPENS},       {"<|message|>", MARK_OPENS},         {"<|constrain|>", MARK_OPENS},
};
enum { N_MARKS = sizeof marks / sizeof *marks };

void marks_find_controls(struct vocab *v)
{
    for (size_t i = 0; i < N_MARKS; i++) {
        uint32_t t = token_map_get(&v->find, str_of(marks[i].text));
        if (t != TOKEN_NONE)
            v->type[t] = TYPE_CONTROL;
    }
}

static void add_end(struct vocab *v, uint32_t t)
{
    if (t != TOKEN_NONE && !vocab_is_end(v, t) && v->n_ends < ENDS_MAX)
        v->ends[v->n_ends++] = t;
}

/* In OpenAI's harmony format an answer is several messages, each in a channel, of which all but the last end with <|end|>. */
static bool goes_on(const struct vocab *v, uint32_t t)
{
    bool harmony = token_map_get(&v->find, STR("<|channel|>")) != TOKEN_NONE && token_map_get(&v->find, STR("<|return|>")) != TOKEN_NONE;
    return harmony && t != TOKEN_NONE && t == token_map_get(&v->find, STR("<|end|>"));
}

void marks_find_ends(struct vocab *v)
{
    if (goes_on(v, v->info.eos))
        v->info.eos = token_map_get(&v->find, STR("<|return|>"));
    if (goes_on(v, v->info.eot))
        v->info.eot = TOKEN_NONE;
    add_end(v, v->info.eos);
    for (size_t i = 0; i < N_MARKS; i++) {
        uint32_t t = token_map_get(&v->find, str_of(marks[i].text));
        if (marks[i].meaning == MARK_OPENS || goes_on(v, t))
            continue;
        add_end(v, t);
        if (marks[i].meaning == MARK_ENDS_TURN && v->info.eot == TOKEN_NONE)
            v->info.eot = t;
    }
    add_end(v, v->info.eot);
}
