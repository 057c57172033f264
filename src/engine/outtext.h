/* The text of one choice on its way out: tokens become characters, stop strings are held back, and log-probability
 * records ride with the text that releases them.
 *
 *   token ─▶ detok (half characters wait) ─▶ pending text ─▶ released
 *                                             └ its longest end that may begin a stop string waits
 *
 * A stop string is never released, in no part, however tokens cut it. Of several, the one that is complete first counts
 * (and the longest of those), which depends on the text alone and not on how tokens cut it. */
#ifndef ENGINE_OUTTEXT_H
#define ENGINE_OUTTEXT_H

#include "base/arena.h"
#include "engine/sample.h"
#include "gen/event.h"
#include "model/detok.h"

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
};

/* What may go out now: the beginning of the pending text, and the held tokens that it ends. */
struct outtext_release {
    struct str text;
    size_t n_tokens;
    const struct str *stop; /* the stop string that stands after the text, or NULL */
};

/* Stops are borrowed; memory for held tokens comes from the arena. */
int outtext_init(struct outtext *s, const struct vocab *v, bool strip_prefix, const struct str *stops, size_t n_stops, bool logprobs,
                 struct arena *a);
void outtext_deinit(struct outtext *s); /* copes with a zeroed one */
/* After every push: look at *ret, send it, then outtext_drop what was sent. */
int outtext_push(struct outtext *s, const struct sample_out *o, struct outtext_release *ret);
/* The text has ended without a stop: everything that is left. */
int outtext_end(struct outtext *s, struct outtext_release *ret);
void outtext_drop(struct outtext *s, const struct outtext_release *r);

#endif
