#include "app/near.h"

enum { NAME_MAX_BYTES = 64 };

struct near near_to(struct str wanted)
{
    /* A third of the letters may be wrong; beyond that a suggestion is a guess. */
    return (struct near){.wanted = wanted, .distance = wanted.len / 3 + 2};
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edit distance with neighbouring letters swapped counting once (optimal string alignment), in three rows. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t rows[3][NAME_MAX_BYTES + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]));
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.len];
}

void near_try(struct near *n, const char *candidate)
{
    struct str c = str_of(candidate);
    if (n->wanted.len > NAME_MAX_BYTES || c.len > NAME_MAX_BYTES)
        return;
    size_t d = edit_distance(n->wanted, c);
    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}
