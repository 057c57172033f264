#include "kb/answer.h"

#include <math.h>

#include "kb/sentence.h"
#include "kb/terms.h"

enum { TERMS_MAX = 64, ENOUGH_BYTES = 60 };

/* Tuned on nothing but common sense: what is quoted has a good part of what was asked for; or its chunk means the same, by the encoder. */
#define SHARE_MIN     0.35
#define COSINE_MIN    0.60F
#define HEADING_COUNT 0.4 /* of a word that only stands in the headings above */
#define RANK_COUNT    0.25

/* A question as at most TERMS_MAX different terms, so that what a sentence has of them is a set of bits. */
struct question {
    struct terms *cut;
    struct arena *arena;
    struct str text, term[TERMS_MAX];
    double weight[TERMS_MAX], whole;
    size_t n;
};

/* Words that a question is made of, not what it is about. */
static bool is_function_word(struct str word)
{
    static const char *const english[] = {"a",     "an",    "and",   "any",  "are",  "as",   "at",     "be",     "by",  "can",  "could",
                                          "do",    "does",  "for",   "from", "get",  "have", "how",    "i",      "if",  "in",   "is",
                                          "it",    "me",    "my",    "of",   "on",   "or",   "please", "should", "so",  "some", "tell",
                                          "that",  "the",   "there", "this", "to",   "use",  "want",   "was",    "way", "what", "when",
                                          "where", "which", "who",   "why",  "will", "with", "would",  "you",    "your"};
    static const char *const pairs[] = {"怎么", "如何", "什么", "哪些", "哪个", "为什", "可以",
                                        "能否", "是否", "请问", "多少", "怎样", "应该", "需要"};
    static const char *const particles[] = {"的", "了", "吗", "呢", "么", "啊", "吧", "我"};
    for (size_t i = 0; i < sizeof english / sizeof *english; i++)
        if (str_ieq(word, str_of(english[i])))
            return true;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (str_eq(word, str_of(pairs[i])))
            return true;
    for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
        if (str_find(word, str_of(particles[i]), 0) >= 0)
            return true;
    return false;
}

static size_t term_at(const struct question *q, struct str term)
{
    size_t i = 0;
    while (i < q->n && !str_eq(q->term[i], term))
        i++;
    return i;
}

static int take_term(void *ctx, struct str term, size_t begin, size_t end)
{
    struct question *q = ctx;
    if (q->n == TERMS_MAX || term_at(q, term) < q->n || is_function_word(str_from(q->text.ptr + begin, end - begin)))
        return OK;
    q->term[q->n] = arena_dup(q->arena, term);
    return q->term[q->n++].ptr ? OK : ERR_NOMEM;
}

struct match {
    const struct question *q;
    uint64_t bits;
};

static int match_term(void *ctx, struct str term, size_t begin, size_t end)
{
    struct match *m = ctx;
    (void)begin;
    (void)end;
    size_t i = term_at(m->q, term);
    if (i < m->q->n)
        m->bits |= (uint64_t)1 << i;
    return OK;
}

/* Which terms of the question a text has. */
static int terms_of(const struct question *q, struct str text, uint64_t *ret)
{
    struct match m = {q, 0};
    int r = terms_cut(q->cut, text, WORDS_TEXT, match_term, &m);
    *ret = m.bits;
    return r;
}

static double weight_of(const struct question *q, uint64_t bits)
{
    double sum = 0;
    for (size_t i = 0; i < q->n; i++)
        if (bits >> i & 1)
            sum += q->weight[i];
    return sum;
}

/* Terms that few hits have tell them apart. */
static int weigh(struct question *q, const struct kb_hits *hits)
{
    uint32_t found[TERMS_MAX] = {0};
    for (size_t h = 0; h < hits->n; h++) {
        uint64_t text, heading;
        int r = terms_of(q, hits->items[h].chunk.text, &text);
        if (!r)
            r = terms_of(q, hits->items[h].chunk.heading, &heading);
        if (r)
            return r;
        for (size_t i = 0; i < q->n; i++)
            found[i] += (text | heading) >> i & 1;
    }
    for (size_t i = 0; i < q->n; i++) {
        q->weight[i] = log(1 + ((double)hits->n - found[i] + 1) / (found[i] + 0.5));
        q->whole += q->weight[i];
    }
    return OK;
}

static struct str with_next(struct str sentence, struct str rest)
{
    struct str next;
    if (!sentence_next(&rest, &next))
        return sentence;
    size_t len = (size_t)(next.ptr + next.len - sentence.ptr);
    return len > KB_QUOTE_BYTES_MAX ? sentence : str_from(sentence.ptr, len);
}

/* A sentence that only announces what follows counts with what follows. */
static bool announces(struct str s)
{
    return str_ends(s, STR(":")) || str_ends(s, STR("：")) || str_ends(s, STR("?")) || str_ends(s, STR("？"));
}

static struct str cut_quote(struct str s)
{
    if (s.len > KB_QUOTE_BYTES_MAX) {
        s.len = KB_QUOTE_BYTES_MAX;
        while (s.len && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
            s.len--;
    }
    return s;
}

struct candidate {
    struct kb_quote quote;
    double score;
};

/* The best sentence of a hit. A hit that is only close in meaning is quoted by its first one, or what has most of the words. */
static int best_of(const struct question *q, const struct kb_hits *hits, size_t h, struct candidate *ret)
{
    const struct kb_hit *hit = &hits->items[h];
    struct str rest = hit->chunk.text, sentence;
    struct str after = rest;
    uint64_t above, title;
    int r = terms_of(q, hit->chunk.heading, &above);
    if (!r)
        r = terms_of(q, hit->title, &title);
    *ret = (struct candidate){.score = -1};
    while (!r && sentence_next(&rest, &sentence)) {
        struct str text = cut_quote(announces(sentence) ? with_next(sentence, rest) : sentence);
        uint64_t has = 0;
        r = terms_of(q, text, &has);
        double share = weight_of(q, has) / q->whole, helped = weight_of(q, (above | title) & ~has) / q->whole;
        double score = share + HEADING_COUNT * helped + RANK_COUNT / (double)(h + 1);
        if (score <= ret->score)
            continue;
        ret->score = score;
        after = rest;
        ret->quote =
            (struct kb_quote){h, text, hit->chunk.offset + (uint64_t)(text.ptr - hit->chunk.text.ptr), share + HEADING_COUNT * helped};
    }
    if (ret->score >= 0 && ret->quote.text.len < ENOUGH_BYTES && !announces(ret->quote.text))
        ret->quote.text = with_next(ret->quote.text, after); /* it says too little alone */
    return r;
}

static bool is_enough(const struct candidate *c, const struct kb_hits *hits)
{
    return c->score >= 0 && (c->quote.share >= SHARE_MIN || hits->items[c->quote.hit].cosine >= COSINE_MIN);
}

/* Into a list that is kept sorted. */
static void insert(struct candidate *list, size_t *n, size_t max, struct candidate c)
{
    size_t at = *n;
    while (at > 0 && list[at - 1].score < c.score)
        at--;
    if (at == max)
        return;
    if (*n < max)
        ++*n;
    memmove(list + at + 1, list + at, (*n - at - 1) * sizeof *list);
    list[at] = c;
}

static int choose(const struct question *q, const struct kb_hits *hits, size_t max, struct candidate *list, size_t *n)
{
    for (size_t h = 0; h < hits->n; h++) {
        struct candidate c;
        int r = best_of(q, hits, h, &c);
        if (r)
            return r;
        if (is_enough(&c, hits))
            insert(list, n, max, c);
    }
    return OK;
}

int kb_answer(struct str question, const struct kb_hits *hits, size_t max, struct arena *a, struct kb_quote **ret, size_t *ret_n)
{
    struct question q = {.cut = terms_create(), .arena = a, .text = question};
    struct candidate list[KB_QUOTES_MAX];
    size_t n = 0;
    if (max > KB_QUOTES_MAX)
        max = KB_QUOTES_MAX;
    int r = q.cut ? terms_cut(q.cut, question, WORDS_QUERY, take_term, &q) : ERR_NOMEM;
    if (!r)
        r = weigh(&q, hits);
    if (!r && q.n && max)
        r = choose(&q, hits, max, list, &n);
    struct kb_quote *quotes = r ? NULL : arena_calloc(a, n, sizeof *quotes);
    if (!r && !quotes)
        r = ERR_NOMEM;
    if (!r) {
        for (size_t i = 0; i < n; i++)
            quotes[i] = list[i].quote;
        *ret = quotes;
        *ret_n = n;
    }
    terms_free(q.cut);
    return r;
}

int kb_passages(const struct kb_hits *hits, size_t bytes_max, const char *nonce, struct buf *out, size_t *ret_n)
{
    size_t n = 0;
    for (; n < hits->n; n++) {
        const struct kb_hit *hit = &hits->items[n];
        struct str name = hit->title.len ? hit->title : hit->source, heading = hit->chunk.heading;
        size_t bytes = name.len + heading.len + hit->chunk.text.len + 2 * strlen(nonce) + 64;
        if (bytes > bytes_max)
            break;
        bytes_max -= bytes;
        buf_printf(out, "<passage %zu %s> ", n + 1, nonce);
        buf_put(out, name);
        if (heading.len) {
            buf_puts(out, " › ");
            buf_put(out, heading);
        }
        buf_putc(out, '\n');
        buf_put(out, str_trim(hit->chunk.text));
        buf_printf(out, "\n</passage %zu %s>\n", n + 1, nonce);
    }
    if (ret_n)
        *ret_n = n;
    return out->failed;
}
