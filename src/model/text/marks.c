/* Tokens with a known meaning: those that end an answer.
 *
 * Files name one end of sequence, but a chat model ends its turn with a mark of its chat format, which files often do not
 * name. So the well-known ones are looked up by their text. */
#include "model/text/impl.h"

/* Some files have these as normal or user-defined tokens, by mistake of a converter. They are control tokens: otherwise
 * they would be shown in answers, and people could type them. */
static const struct mark {
    struct str text;
    bool ends_turn; /* may serve as eot; the first that is found does */
} marks[] = {
    {{"<|eot_id|>", 10}, true},
    {{"<|im_end|>", 10}, true},
    {{"<|end|>", 7}, true},
    {{"<end_of_turn>", 13}, true},
    {{"<|endoftext|>", 13}, true},
    {{"<|eom_id|>", 10}, false},
    {{"<|end_of_text|>", 15}, false},
    {{"<|end_of_turn|>", 15}, false},
    {{"<|return|>", 10}, false},
    {{"<|call|>", 8}, false},
    {{"<end_of_utterance>", 18}, false},
    {{"<\xef\xbd\x9c"
      "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
      27},
     false},
};
enum { N_MARKS = sizeof marks / sizeof *marks };

void marks_find_controls(struct vocab *v)
{
    for (size_t i = 0; i < N_MARKS; i++) {
        uint32_t t = token_map_get(&v->find, marks[i].text);
        if (t != TOKEN_NONE)
            v->type[t] = TYPE_CONTROL;
    }
}

static void add_end(struct vocab *v, uint32_t t)
{
    if (t != TOKEN_NONE && !vocab_is_end(v, t) && v->n_ends < ENDS_MAX)
        v->ends[v->n_ends++] = t;
}

void marks_find_ends(struct vocab *v)
{
    add_end(v, v->info.eos);
    for (size_t i = 0; i < N_MARKS; i++) {
        uint32_t t = token_map_get(&v->find, marks[i].text);
        add_end(v, t);
        if (marks[i].ends_turn && v->info.eot == TOKEN_NONE)
            v->info.eot = t;
    }
    add_end(v, v->info.eot);
}
