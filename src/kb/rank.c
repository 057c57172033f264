#include "kb/rank.h"

#include <stdlib.h>

#include "kb/rows.h"

/* Tuned on tests/eval/kb/tuning.jsonl. */
#define WORDS_WEIGHT   1.0
#define VECTORS_WEIGHT 0.6
#define RANK_ADDED     10.0
#define REPEATED       0.97

static int by_words(const void *a, const void *b)
{
    const struct kb_hit *x = a, *y = b;
    if (x->word_score != y->word_score)
        return x->word_score < y->word_score ? 1 : -1;
    return (x->chunk.id > y->chunk.id) - (x->chunk.id < y->chunk.id);
}

static int by_vectors(const void *a, const void *b)
{
    const struct kb_hit *x = a, *y = b;
    if (x->cosine != y->cosine)
        return x->cosine < y->cosine ? 1 : -1;
    return (x->chunk.id > y->chunk.id) - (x->chunk.id < y->chunk.id);
}

static int by_score(const void *a, const void *b)
{
    const struct kb_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->chunk.id > y->chunk.id) - (x->chunk.id < y->chunk.id);
}

static void join(struct kb_hits *all, enum kb_way ways)
{
    if (ways & KB_WORDS) {
        qsort(all->items, all->n, sizeof *all->items, by_words);
        for (size_t i = 0; i < all->n && all->items[i].word_score > 0; i++) {
            all->items[i].word_rank = (uint32_t)i + 1;
            all->items[i].score += WORDS_WEIGHT / (RANK_ADDED + (double)(i + 1));
        }
    }
    if (ways & KB_VECTORS) {
        qsort(all->items, all->n, sizeof *all->items, by_vectors);
        for (size_t i = 0; i < all->n && all->items[i].cosine > 0; i++) {
            all->items[i].vector_rank = (uint32_t)i + 1;
            all->items[i].score += VECTORS_WEIGHT / (RANK_ADDED + (double)(i + 1));
        }
    }
    qsort(all->items, all->n, sizeof *all->items, by_score);
}

static size_t count_of(const struct kb_hits *h, struct str document)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++)
        n += str_eq(h->items[i].document, document);
    return n;
}

/* The best of what is left, or all->n: the list is sorted, so the search ends where nothing can become better. */
static size_t next_of(const struct kb_hits *all, const bool *taken, const struct kb_hits *chosen, size_t per_document)
{
    size_t best = all->n;
    double best_score = 0;
    for (size_t i = 0; i < all->n && all->items[i].score > best_score; i++) {
        if (taken[i])
            continue;
        size_t before = count_of(chosen, all->items[i].document);
        double score = all->items[i].score;
        if (per_document && before >= per_document)
            continue;
        for (; before; before--)
            score *= REPEATED;
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

int rank(struct kb_hits *all, const struct kb_query *q, struct arena *a, struct kb_hits *ret, struct err *e)
{
    size_t limit = !q->limit ? 1 : q->limit > KB_HITS_MAX ? KB_HITS_MAX : q->limit;
    struct kb_hits chosen = {.items = arena_calloc(a, limit, sizeof *chosen.items)};
    bool *taken = arena_calloc(a, all->n, sizeof *taken);
    if (!chosen.items || !taken)
        return row_no_memory(e);
    join(all, q->ways ? q->ways : KB_BOTH);
    while (chosen.n < limit) {
        size_t i = next_of(all, taken, &chosen, q->per_document);
        if (i == all->n)
            break;
        taken[i] = true;
        chosen.items[chosen.n++] = all->items[i];
    }
    *ret = chosen;
    return OK;
}
