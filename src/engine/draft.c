#include "engine/draft.h"

#include <string.h>

enum {
    GRAM_MAX = 4,
    GRAM_MIN = 2,        /* tokens that must have stood there before, the longer first */
    LOOK_BACK = 1 << 15, /* tokens that are searched */
    PAUSE_FIRST = 8,
    PAUSE_MAX = 256,
};
static const float LUCK_FIRST = 0.6f, LUCK_WEIGHT = 0.2f, COST_WEIGHT = 0.25f;
/* Of a step's time, for each row more, as long as it was never measured: optimistic, so that it will be. */
static const float ROW_COST_GUESS = 0.06f;
/* A gain that is smaller than this is noise. */
static const float GAIN_MIN = 1.05f;

void draft_cost_learn(struct draft_cost *c, uint32_t rows, uint64_t ns)
{
    if (!rows || rows > DRAFT_ROWS_MAX)
        return;
    float *at = &c->ns[rows], now = (float)(ns ? ns : 1);
    /* A step that was interrupted by something else says little: it counts as at most twice the usual. */
    *at = *at > 0 ? *at + COST_WEIGHT * ((now < 2 * *at ? now : 2 * *at) - *at) : now;
}

/* The time of a step with that many rows: measured, or between the nearest that were. */
static float cost_of(const struct draft_cost *c, uint32_t rows)
{
    uint32_t below = rows, above = rows;
    while (below && c->ns[below] <= 0)
        below--;
    while (above <= DRAFT_ROWS_MAX && c->ns[above] <= 0)
        above++;
    if (!below && above > DRAFT_ROWS_MAX)
        return 1;
    if (!below)
        return c->ns[above];
    if (above > DRAFT_ROWS_MAX)
        return c->ns[below] * (1 + ROW_COST_GUESS * (float)(rows - below));
    if (above == below)
        return c->ns[below];
    return c->ns[below] + (c->ns[above] - c->ns[below]) * (float)(rows - below) / (float)(above - below);
}

void draft_luck_init(struct draft_luck *l)
{
    *l = (struct draft_luck){.p = LUCK_FIRST};
}

void draft_luck_learn(struct draft_luck *l, uint32_t guessed, uint32_t held)
{
    if (!guessed)
        return;
    /* Of a run only the guesses up to the first wrong one were really put to the test. */
    uint32_t tested = held < guessed ? held + 1 : guessed;
    for (uint32_t i = 0; i < tested; i++)
        l->p += LUCK_WEIGHT * ((i < held ? 1.0f : 0.0f) - l->p);
    if (held) {
        l->lost = 0;
        return;
    }
    uint32_t pause = l->lost < 16 ? (uint32_t)PAUSE_FIRST << l->lost : PAUSE_MAX;
    l->lost++;
    if (l->lost > 1)
        l->pause = pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

uint32_t draft_length(const struct draft_cost *c, struct draft_luck *l, uint32_t rows, uint32_t most)
{
    if (l->pause) {
        /* The last step of a pause: one cheap try shows whether the text has begun to repeat itself. */
        if (--l->pause == 0 && l->p < LUCK_FIRST)
            l->p = LUCK_FIRST;
        return 0;
    }
    float plain = cost_of(c, rows), tokens = 1, p = 1, best_gain = GAIN_MIN;
    uint32_t best = 0;
    for (uint32_t k = 1; k <= most && rows + k <= DRAFT_ROWS_MAX; k++) {
        p *= l->p;
        tokens += p;
        /* All sequences of the step wait for the longer step, and one of them gains. */
        float gain = ((float)(rows - 1) + tokens) / (float)rows * plain / cost_of(c, rows + k);
        if (gain > best_gain) {
            best_gain = gain;
            best = k;
        }
    }
    return best;
}

/* The end of the latest earlier place where the last `gram` tokens stood; 0: nowhere. */
static uint32_t find_gram(const uint32_t *tokens, uint32_t n, uint32_t gram)
{
    const uint32_t *last = tokens + n - gram;
    uint32_t oldest = n > LOOK_BACK ? n - LOOK_BACK : 0;
    for (uint32_t end = n - 1; end >= oldest + gram; end--)
        if (tokens[end - 1] == last[gram - 1] && !memcmp(tokens + end - gram, last, gram * sizeof *last))
            return end;
    return 0;
}

uint32_t draft_lookup(const uint32_t *tokens, uint32_t n, uint32_t most, uint32_t *ret)
{
    for (uint32_t gram = GRAM_MAX; gram >= GRAM_MIN && most; gram--) {
        uint32_t at = n > gram ? find_gram(tokens, n, gram) : 0;
        if (!at)
            continue;
        /* What the text repeats may reach into what is being guessed. */
        for (uint32_t i = 0; i < most; i++)
            ret[i] = at + i < n ? tokens[at + i] : ret[at + i - n];
        return most;
    }
    return 0;
}
