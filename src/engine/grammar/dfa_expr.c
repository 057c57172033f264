/* Ranges of code points to bytes. UTF-8 sorts as code points do, so a range is cut where the number of bytes changes and where its
 * last bytes are not all of 80…BF; what remains are sequences of byte ranges. Tails that are whole lead through nodes that all edges
 * into a state share. */
#include <stdio.h>

#include "base/utf8.h"
#include "engine/grammar/dfa.h"
#include "engine/grammar/json.h"

struct writing {
    struct grammar_builder *b;
    struct graph *g;
    bool json;
    uint32_t to;       /* the state that edges are written into */
    uint32_t tails[4]; /* nodes before it that want 1 … 3 more bytes 80…BF; 0: not made yet */
};

static void byte_edge(struct writing *w, uint32_t from, uint32_t to, uint8_t lo, uint8_t hi)
{
    graph_edge(w->b, w->g, from, to, build_range(w->b, lo, hi));
}

/* The node from which `more` bytes of any tail lead to the target. */
static uint32_t tail(struct writing *w, uint32_t more)
{
    uint32_t next = w->to;
    for (uint32_t i = 1; i <= more; i++) {
        if (!w->tails[i]) {
            w->tails[i] = graph_node(w->b, w->g, false);
            byte_edge(w, w->tails[i], next, 0x80, 0xBF);
        }
        next = w->tails[i];
    }
    return next;
}

/* One sequence of byte ranges. */
static void write_sequence(struct writing *w, uint32_t from, const char *lo, const char *hi, uint32_t len)
{
    uint32_t whole = len; /* from here on every byte is 80…BF */
    while (whole > 1 && (uint8_t)lo[whole - 1] == 0x80 && (uint8_t)hi[whole - 1] == 0xBF)
        whole--;
    for (uint32_t i = 0; i < whole; i++) {
        uint32_t next = i + 1 == whole ? tail(w, len - whole) : graph_node(w->b, w->g, false);
        byte_edge(w, from, next, (uint8_t)lo[i], (uint8_t)hi[i]);
        from = next;
    }
}

/* lo … hi have equally many bytes. */
static void write_aligned(struct writing *w, uint32_t from, uint32_t lo, uint32_t hi, uint32_t len)
{
    for (uint32_t shift = 6; shift < 6 * len; shift += 6) {
        uint32_t mask = (1u << shift) - 1;
        if ((lo & ~mask) == (hi & ~mask))
            break; /* they differ only below, which the shorter shift has seen to */
        if (lo & mask) {
            write_aligned(w, from, lo, lo | mask, len);
            write_aligned(w, from, (lo | mask) + 1, hi, len);
            return;
        }
        if ((hi & mask) != mask) {
            write_aligned(w, from, lo, (hi & ~mask) - 1, len);
            write_aligned(w, from, hi & ~mask, hi, len);
            return;
        }
    }
    char a[4], c[4];
    utf8_encode(lo, a);
    utf8_encode(hi, c);
    write_sequence(w, from, a, c, len);
}

static void write_range(struct writing *w, uint32_t from, struct range r)
{
    static const struct range by_length[] = {{0, 0x7F}, {0x80, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0xFFFF}, {0x10000, CODE_POINT_MAX}};
    static const uint32_t bytes[] = {1, 2, 3, 3, 4};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        uint32_t lo = r.lo > by_length[i].lo ? r.lo : by_length[i].lo, hi = r.hi < by_length[i].hi ? r.hi : by_length[i].hi;
        if (lo <= hi)
            write_aligned(w, from, lo, hi, bytes[i]);
    }
}

static void write_escape(struct writing *w, uint32_t from, uint32_t cp)
{
    graph_edge(w->b, w->g, from, w->to, json_escape_expr(w->b, cp));
}

/* What a JSON string may not have as it is: C0, the quote and the backslash. */
static void write_escaped(struct writing *w, uint32_t from, struct range r)
{
    if (r.lo == 0 && r.hi >= 0x1F)
        graph_edge(w->b, w->g, from, w->to, json_control_expr(w->b));
    else
        for (uint32_t cp = r.lo; cp <= r.hi && cp < 0x20; cp++)
            write_escape(w, from, cp);
    if (r.lo <= '"' && '"' <= r.hi)
        write_escape(w, from, '"');
    if (r.lo <= '\\' && '\\' <= r.hi)
        write_escape(w, from, '\\');
    static const struct range plain[] = {{0x20, 0x21}, {0x23, 0x5B}, {0x5D, CODE_POINT_MAX}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct range part = {r.lo > plain[i].lo ? r.lo : plain[i].lo, r.hi < plain[i].hi ? r.hi : plain[i].hi};
        if (part.lo <= part.hi)
            write_range(w, from, part);
    }
}

grammar_expr dfa_expr(struct grammar_builder *b, const struct dfa *x, bool json)
{
    struct writing w = {.b = b, .g = x ? graph_make(b) : NULL, .json = json};
    uint32_t(*tails)[4] = w.g ? build_alloc(b, x->n, sizeof *tails) : NULL;
    if (!tails)
        return GRAMMAR_NEVER;
    for (uint32_t i = 0; i < x->n; i++)
        graph_node(b, w.g, x->states[i].final);
    for (uint32_t i = 0; i < x->n && !b->err.code; i++)
        for (uint32_t k = 0; k < x->states[i].n_edges && !b->err.code; k++) {
            const struct dfa_edge *e = &x->states[i].edges[k];
            w.to = e->to;
            memcpy(w.tails, tails[w.to], sizeof w.tails);
            if (json)
                write_escaped(&w, i, e->on);
            else
                write_range(&w, i, e->on);
            memcpy(tails[w.to], w.tails, sizeof w.tails);
        }
    return graph_expr(b, w.g);
}
