/* Free text until a trigger: the automaton of Aho and Corasick (1975) over the triggers' bytes, whose every state reads any byte. At
 * the end of a trigger the text is over, and what belongs to it begins. */
#include "engine/grammar/build.h"

enum { TEXT_NODES_MAX = 4096 };

struct words {
    struct grammar_builder *b;
    struct graph *g;
    uint32_t n;
    struct {
        uint16_t next[256]; /* 0: no child, which the root never is */
        uint16_t fail;
        bool control; /* within a control token, which nothing else may interrupt */
        bool ends;    /* a trigger ends here */
    } * at;
};

static uint32_t add_word(struct words *w, struct str s, bool control)
{
    uint32_t at = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint16_t *next = &w->at[at].next[(uint8_t)s.ptr[i]];
        if (w->at[at].ends)
            return build_fail(w->b, ERR_INVAL, "a trigger begins another one");
        if (!*next) {
            *next = (uint16_t)w->n++;
            w->at[*next].control = control;
            graph_node(w->b, w->g, false);
        }
        at = *next;
    }
    return at;
}

/* Where a byte leads from a state whose failures are known; 0: the root. */
static uint32_t follow(const struct words *w, uint32_t at, uint8_t byte)
{
    while (at && !w->at[at].next[byte])
        at = w->at[at].fail;
    return w->at[at].next[byte];
}

/* Breadth first, so that the failures of shorter prefixes are known. */
static void find_failures(struct words *w, uint16_t *queue)
{
    uint32_t n = 1;
    queue[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < 256; c++) {
            uint32_t at = queue[i], child = w->at[at].next[c];
            if (!child)
                continue;
            w->at[child].fail = at ? (uint16_t)follow(w, w->at[at].fail, (uint8_t)c) : 0;
            if (w->at[w->at[child].fail].ends && !w->at[child].control)
                build_fail(w->b, ERR_INVAL, "a trigger stands within another one");
            queue[n++] = (uint16_t)child;
        }
}

/* Runs of bytes that lead to the same state are one edge. A control token's first byte leads on only where it begins a trigger. */
static void write_edges(struct words *w, uint32_t at)
{
    if (w->at[at].ends)
        return;
    for (uint32_t lo = 0, hi; lo < GRAMMAR_SPECIAL_BYTE; lo = hi) {
        uint32_t to = w->at[at].control ? w->at[at].next[lo] : follow(w, at, (uint8_t)lo);
        for (hi = lo + 1; hi < GRAMMAR_SPECIAL_BYTE; hi++)
            if ((w->at[at].control ? w->at[at].next[hi] : follow(w, at, (uint8_t)hi)) != to)
                break;
        if (to || !w->at[at].control)
            graph_edge(w->b, w->g, at, to, build_range(w->b, (uint8_t)lo, (uint8_t)(hi - 1)));
    }
    uint32_t special = w->at[w->at[at].control ? at : 0].next[GRAMMAR_SPECIAL_BYTE];
    if (special)
        graph_edge(w->b, w->g, at, special, build_range(w->b, GRAMMAR_SPECIAL_BYTE, GRAMMAR_SPECIAL_BYTE));
}

static void add_trigger(struct words *w, const struct grammar_trigger *t, uint32_t end)
{
    if (!t->text.len || memchr(t->text.ptr, GRAMMAR_SPECIAL_BYTE, t->text.len)) {
        build_fail(w->b, ERR_INVAL, "a trigger must be a text that is not empty");
        return;
    }
    char *bytes = build_alloc(w->b, t->text.len + 2, 1);
    if (!bytes)
        return;
    bytes[0] = bytes[t->text.len + 1] = (char)GRAMMAR_SPECIAL_BYTE;
    memcpy(bytes + 1, t->text.ptr, t->text.len);
    struct str s = t->special ? str_from(bytes, t->text.len + 2) : t->text;
    uint32_t at = add_word(w, s, t->special);
    if (w->b->err.code)
        return;
    for (uint32_t c = 0; c < 256; c++)
        if (w->at[at].next[c] || w->at[at].ends)
            build_fail(w->b, ERR_INVAL, "a trigger begins another one");
    w->at[at].ends = true;
    graph_edge(w->b, w->g, at, end, t->then);
}

grammar_expr grammar_text(struct grammar_builder *b, const struct grammar_trigger *triggers, size_t n, bool text_may_end)
{
    struct words w = {.b = b, .g = graph_make(b), .n = 1};
    size_t nodes = 1;
    for (size_t i = 0; i < n; i++)
        nodes += triggers[i].text.len + 2;
    if (nodes > TEXT_NODES_MAX)
        return build_fail(b, ERR_LIMIT, "the triggers of a text are too long");
    w.at = w.g ? build_alloc(b, nodes, sizeof *w.at) : NULL;
    uint16_t *queue = w.at ? build_alloc(b, nodes, sizeof *queue) : NULL;
    if (!queue)
        return GRAMMAR_NEVER;
    graph_node(b, w.g, false);
    /* the end is a node of its own: made last, so that nodes and states have the same numbers */
    for (size_t i = 0; i < n && !b->err.code; i++)
        add_trigger(&w, &triggers[i], (uint32_t)nodes);
    if (b->err.code)
        return GRAMMAR_NEVER;
    find_failures(&w, queue);
    uint32_t end = graph_node(b, w.g, true);
    for (uint32_t i = 0; i < w.g->n_edges; i++)
        if (w.g->edges[i].to == nodes)
            w.g->edges[i].to = end;
    for (uint32_t i = 0; i < w.n; i++) {
        if (text_may_end && !w.at[i].ends && !w.at[i].control)
            w.g->final[i] = true;
        write_edges(&w, i);
    }
    return graph_expr(b, w.g);
}
