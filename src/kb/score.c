/* How well a text answers, by its words: BM25 (Robertson and others, 1994) with counts from the text itself, where a word in the heading or
 * the title counts more than one (BM25F, Robertson and others, 2004), and a share for words of the question that stand side by side. */
#include "kb/query.h"

static const double k1 = 1.2, b = 0.5, mean_terms = 150, in_heading = 2, in_title = 1, side_by_side = 0.3;

struct scoring {
    struct search *s;
    double counts[QUERY_TERMS_MAX];
    double pairs; /* sum of weights of terms that follow one another as in the question */
    size_t terms; /* of the text */
    double part;  /* what one occurrence counts */
    size_t last;  /* index + 1 of the term before, when it is one of the question's */
};

static int count(void *ctx, struct str term, size_t begin, size_t end)
{
    struct scoring *c = ctx;
    size_t last = c->last;
    (void)begin;
    (void)end;
    c->terms++;
    c->last = 0;
    for (size_t i = 0; i < c->s->n_terms; i++) {
        const struct query_term *t = &c->s->at[i];
        if (t->begins ? !str_starts(term, t->text) : !str_eq(term, t->text))
            continue;
        c->counts[i] += c->part;
        c->last = i + 1;
        if (last && last == i)
            c->pairs += c->s->at[last - 1].weight < t->weight ? c->s->at[last - 1].weight : t->weight;
        break;
    }
    return OK;
}

double score_text(struct search *s, struct str title, const struct kb_chunk *chunk)
{
    struct scoring c = {.s = s, .part = in_title};
    double sum = 0, top = 0;
    terms_cut(s->terms, title, WORDS_TEXT, count, &c);
    c.part = in_heading;
    c.last = 0;
    terms_cut(s->terms, chunk->heading, WORDS_TEXT, count, &c);
    c.part = 1;
    c.last = 0;
    c.terms = 0;
    terms_cut(s->terms, chunk->text, WORDS_TEXT, count, &c);
    double length = 1 - b + b * (double)c.terms / mean_terms;
    for (size_t i = 0; i < s->n_terms; i++) {
        sum += s->at[i].weight * c.counts[i] * (k1 + 1) / (c.counts[i] + k1 * length);
        top += s->at[i].weight;
    }
    return sum + side_by_side * (c.pairs < top ? c.pairs : top);
}
