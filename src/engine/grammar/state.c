/* One text that is being written. Tokens are followed byte by byte with the automaton alone; masks come from mask.c. */
#include "engine/grammar/state.h"

#include <stdlib.h>

enum { COMPACT_AT = 1 << 10 };

int grammar_state_create(struct grammar_matcher *m, struct grammar_state **ret)
{
    struct grammar_state *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->m = m;
    s->compact_at = COMPACT_AT;
    int rc = stacks_init(&s->stacks);
    if (!rc) {
        stack_set_begin(&s->stacks, &s->now);
        rc = stack_set_add(&s->stacks, &s->now, m->g->root, 0);
    }
    if (rc) {
        grammar_state_free(s);
        return rc;
    }
    *ret = s;
    return OK;
}

void grammar_state_free(struct grammar_state *s)
{
    if (!s)
        return;
    stacks_deinit(&s->stacks);
    free(s->now.tops);
    free(s->closed.tops);
    free(s->next.tops);
    free(s);
}

int grammar_state_clone(const struct grammar_state *from, struct grammar_state **ret)
{
    struct grammar_state *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->m = from->m;
    s->ended = from->ended;
    s->compact_at = from->compact_at;
    int rc = stacks_copy(&from->stacks, &s->stacks);
    s->now.tops = malloc((from->now.cap + 1) * sizeof *s->now.tops);
    if (rc || !s->now.tops) {
        grammar_state_free(s);
        return ERR_NOMEM;
    }
    memcpy(s->now.tops, from->now.tops, from->now.n * sizeof *s->now.tops);
    s->now.n = from->now.n;
    s->now.cap = from->now.cap;
    *ret = s;
    return OK;
}

bool grammar_can_end(struct grammar_state *s)
{
    bool out = false;
    return s->ended || (stacks_close(s->m->g, &s->stacks, &s->now, &s->closed, &out) == OK && out);
}

static bool reads_on(const struct grammar_state *s)
{
    const struct grammar *g = s->m->g;
    for (uint32_t k = 0; k < s->closed.n; k++)
        for (uint32_t i = g->nodes[s->stacks.frames[s->closed.tops[k]].state].edges; i != GRAMMAR_NONE; i = g->edges[i].next)
            if (g->edges[i].kind == EDGE_BYTES && !g->edges[i].dead)
                return true;
    return false;
}

bool grammar_must_end(struct grammar_state *s)
{
    return s->ended || (grammar_can_end(s) && !reads_on(s));
}

/* From `now` by all bytes into `next`. */
static int follow(struct grammar_state *s, struct str bytes)
{
    const struct stack_set *from = &s->now;
    int rc = OK;
    for (size_t i = 0; i < bytes.len && !rc; i++) {
        bool out;
        rc = stacks_close(s->m->g, &s->stacks, from, &s->closed, &out);
        if (!rc)
            rc = stacks_step(s->m->g, &s->stacks, &s->closed, (uint8_t)bytes.ptr[i], &s->next);
        if (!rc && !s->next.n)
            return ERR_INVAL;
        from = &s->next;
    }
    return rc;
}

static int try_token(struct grammar_state *s, uint32_t token)
{
    const struct grammar_vocab *v = s->m->v;
    if (token >= v->n_tokens || s->ended)
        return ERR_INVAL;
    if (trie_is_end(v, token))
        return grammar_can_end(s) ? OK : ERR_INVAL;
    struct str bytes = trie_bytes(v, token);
    return bytes.len ? follow(s, bytes) : ERR_INVAL;
}

bool grammar_allows(struct grammar_state *s, uint32_t token)
{
    uint32_t frames = s->stacks.n;
    bool ok = try_token(s, token) == OK;
    stacks_cut(&s->stacks, frames);
    return ok;
}

int grammar_accept(struct grammar_state *s, uint32_t token)
{
    uint32_t frames = s->stacks.n;
    int rc = try_token(s, token);
    if (rc) {
        stacks_cut(&s->stacks, frames);
        return rc;
    }
    if (trie_is_end(s->m->v, token)) {
        s->ended = true;
        return OK;
    }
    struct stack_set was = s->now;
    s->now = s->next;
    s->next = was;
    if (s->stacks.n < s->compact_at)
        return OK;
    rc = stacks_compact(&s->stacks, &s->now);
    s->compact_at = s->stacks.n * 2 > COMPACT_AT ? s->stacks.n * 2 : COMPACT_AT;
    return rc;
}

size_t grammar_run(const struct grammar_state *s, const uint32_t *tokens, size_t n)
{
    struct grammar_state *copy;
    size_t held = 0;
    if (!n || grammar_state_clone(s, &copy))
        return 0;
    while (held < n && !grammar_accept(copy, tokens[held]))
        held++;
    grammar_state_free(copy);
    return held;
}
