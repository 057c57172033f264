/* The text of one choice on its way out: tokens become characters, thinking and tool calls are told from the answer's text, stop strings
 * are held back, and log-probability records ride with the text that releases them.
 *
 *   token ─▶ detok (half characters wait) ─▶ parser ─▶ pending text ─▶ released
 *                                              │        └ its longest end that may begin a stop string waits
 *                                              └▶ reasoning, calls: released at once
 *
 * A stop string is never released, in no part, however tokens cut it. Of several, the one that is complete first counts
 * (and the longest of those), which depends on the text alone and not on how tokens cut it. */
#ifndef ENGINE_OUTTEXT_H
#define ENGINE_OUTTEXT_H

#include "base/arena.h"
#include "engine/sample.h"
#include "gen/event.h"
#include "model/detok.h"
#include "model/toolform/toolform.h"

/* Tokens that can wait for their text: more than a stop string and half a character hold; then they are released early. */
enum { OUTTEXT_HELD_MAX = GEN_STOP_BYTES_MAX + 64 };

struct outtext_held {
    size_t end; /* released with this many bytes of the pending text */
    struct sample_out out;
};

struct outtext {
    struct detok detok;
    const struct str *stops; /* borrowed */
    size_t n_stops, stop_longest;
    struct buf pending;
    struct outtext_held *held; /* [OUTTEXT_HELD_MAX] when log-probabilities are wanted, else NULL */
    size_t n_held;
    bool parses; /* else all of it is the answer's text */
    struct toolform_parser parser;
    struct toolform_out parsed;
    struct buf raw;       /* a token's characters on their way to the parser */
    uint32_t n_reasoning; /* tokens of thinking so far, its markers included */
};

/* What may go out now: the beginning of the pending text, and the held tokens that it ends. */
struct outtext_release {
    struct str text;
    size_t n_tokens;
    const struct str *stop;           /* the stop string that stands after the text, or NULL */
    struct str reasoning;             /* goes before the text */
    const struct toolform_out *calls; /* go after the text: its pieces; NULL: none */
};

/* Stops are borrowed; memory for held tokens comes from the arena. */
int outtext_init(struct outtext *s, const struct vocab *v, bool strip_prefix, const struct str *stops, size_t n_stops, bool logprobs,
                 struct arena *a);
/* Before the first token: the model's thinking and, when `calls`, its tool calls are not the answer's text. `thinking`: the prompt ends
 * within thinking. The form is borrowed. */
void outtext_parse(struct outtext *s, const struct toolform *form, bool calls, bool thinking);
/* The model is thinking. */
bool outtext_thinks(const struct outtext *s);
/* Calls have been made, and the last one is whole. */
bool outtext_has_calls(const struct outtext *s);
void outtext_deinit(struct outtext *s); /* copes with a zeroed one */
/* After every push: look at *ret, send it, then outtext_drop what was sent. */
int outtext_push(struct outtext *s, const struct sample_out *o, struct outtext_release *ret);
/* The text has ended without a stop: everything that is left. */
int outtext_end(struct outtext *s, struct outtext_release *ret);
void outtext_drop(struct outtext *s, const struct outtext_release *r);

#endif
