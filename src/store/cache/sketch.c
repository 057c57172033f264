#include "store/cache/sketch.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS_IN_WORD = 16, WIDTH_MIN = 1024, WIDTH_MAX = 1 << 22 };
#define HALF_MASK UINT64_C(0x7777777777777777)

int sketch_init(struct sketch *s, uint64_t keys)
{
    uint32_t width = WIDTH_MIN;
    while (width < keys && width < WIDTH_MAX)
        width *= 2;
    uint64_t *words = calloc((size_t)SKETCH_ROWS * width / COUNTERS_IN_WORD, sizeof *words);
    if (!words)
        return ERR_NOMEM;
    *s = (struct sketch){.words = words, .width = width};
    return OK;
}

void sketch_deinit(struct sketch *s)
{
    free(s->words);
    *s = (struct sketch){0};
}

/* The word and the shift of a key's counter in a row. */
static uint64_t *counter_at(const struct sketch *s, const uint8_t key[16], unsigned row, unsigned *ret_shift)
{
    uint32_t hash;
    memcpy(&hash, key + row * sizeof hash, sizeof hash);
    uint32_t at = hash & (s->width - 1);
    *ret_shift = at % COUNTERS_IN_WORD * 4;
    return &s->words[((size_t)row * s->width + at) / COUNTERS_IN_WORD];
}

static void halve(struct sketch *s)
{
    for (size_t i = 0; i < (size_t)SKETCH_ROWS * s->width / COUNTERS_IN_WORD; i++)
        s->words[i] = s->words[i] >> 1 & HALF_MASK;
    s->counted /= 2;
}

void sketch_count(struct sketch *s, const uint8_t key[16], uint64_t sample)
{
    uint32_t least = sketch_estimate(s, key);
    /* Only the least ones grow (conservative update): the others are too high already. */
    for (unsigned row = 0; row < SKETCH_ROWS && least < SKETCH_COUNT_MAX; row++) {
        unsigned shift;
        uint64_t *word = counter_at(s, key, row, &shift);
        if ((*word >> shift & SKETCH_COUNT_MAX) == least)
            *word += UINT64_C(1) << shift;
    }
    if (++s->counted >= sample)
        halve(s);
}

uint32_t sketch_estimate(const struct sketch *s, const uint8_t key[16])
{
    uint32_t least = SKETCH_COUNT_MAX;
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        unsigned shift;
        uint64_t *word = counter_at(s, key, row, &shift);
        uint32_t count = (uint32_t)(*word >> shift & SKETCH_COUNT_MAX);
        if (count < least)
            least = count;
    }
    return least;
}
