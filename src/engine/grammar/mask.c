/* A mask is put together from parts: for each stack what its top frame accepts by itself, and, where that frame can be left in the
 * middle of a token, what the frames under it make of the rest. Parts are kept by state, whole masks by what the stacks hold.
 * Measured on 151,936 tokens: docs/PERFORMANCE.md. */
#include <stdlib.h>

#include "engine/grammar/state.h"

enum { TODO_MAX = 1 << 18, FEW_SHARE = 64 /* of the vocabulary: fewer are kept as a list */ };

int grammar_matcher_create(const struct grammar *g, const struct grammar_vocab *v, struct grammar_matcher **ret)
{
    struct grammar_matcher *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_NOMEM;
    m->g = g;
    m->v = v;
    if (pthread_mutex_init(&m->lock, NULL)) {
        free(m);
        return ERR_NOMEM;
    }
    m->scratch = calloc(grammar_vocab_words(v) + 1, sizeof *m->scratch);
    if (local_init(&m->local, g, v) || !m->scratch) {
        grammar_matcher_free(m);
        return ERR_NOMEM;
    }
    *ret = m;
    return OK;
}

static void forget_parts(struct grammar_matcher *m)
{
    for (uint32_t i = 0; i < m->n_parts; i++) {
        free(m->parts[i].few);
        free(m->parts[i].bits);
        free(m->parts[i].exits);
    }
    m->n_parts = 0;
    m->parts_bytes = 0;
    memset(m->heads, 0, sizeof m->heads);
}

void grammar_matcher_free(struct grammar_matcher *m)
{
    if (!m)
        return;
    forget_parts(m);
    free(m->parts);
    local_deinit(&m->local);
    free(m->masks);
    free(m->scratch);
    free(m->frame_keys);
    free(m->todo);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* Parts */

static size_t count_bits(const uint64_t *mask, size_t words)
{
    size_t n = 0;
    for (size_t i = 0; i < words; i++)
        n += (size_t)__builtin_popcountll(mask[i]);
    return n;
}

/* The scratch mask as a list or as bits. */
static int keep_tokens(struct grammar_matcher *m, struct mask_part *p)
{
    size_t words = grammar_vocab_words(m->v), n = count_bits(m->scratch, words);
    if (n > m->v->n_tokens / FEW_SHARE) {
        p->bits = malloc(words * sizeof *p->bits);
        if (!p->bits)
            return ERR_NOMEM;
        memcpy(p->bits, m->scratch, words * sizeof *p->bits);
        m->parts_bytes += words * sizeof *p->bits;
        return OK;
    }
    p->few = malloc((n + 1) * sizeof *p->few);
    if (!p->few)
        return ERR_NOMEM;
    for (size_t i = 0; i < words; i++)
        for (uint64_t left = m->scratch[i]; left; left &= left - 1)
            p->few[p->n_few++] = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(left);
    m->parts_bytes += n * sizeof *p->few;
    return OK;
}

static int make_part(struct grammar_matcher *m, uint32_t state, struct mask_part *ret)
{
    struct local_found found = {.mask = m->scratch};
    struct mask_part p = {.state = state};
    memset(m->scratch, 0, grammar_vocab_words(m->v) * sizeof *m->scratch);
    int rc = local_walk(&m->local, state, 0, &found);
    if (!rc)
        rc = keep_tokens(m, &p);
    if (rc) {
        free(found.exits);
        free(p.few);
        free(p.bits);
        return rc;
    }
    p.exits = found.exits;
    p.n_exits = found.n_exits;
    m->parts_bytes += found.cap_exits * sizeof *p.exits + sizeof p;
    *ret = p;
    return OK;
}

/* Its pointer holds until the next call. */
static int part_of(struct grammar_matcher *m, uint32_t state, const struct mask_part **ret)
{
    uint32_t *head = &m->heads[state * 0x9E3779B9u >> 20];
    for (uint32_t i = *head; i; i = m->parts[i - 1].next)
        if (m->parts[i - 1].state == state) {
            *ret = &m->parts[i - 1];
            return OK;
        }
    if (m->parts_bytes > PARTS_BYTES_MAX)
        forget_parts(m);
    if (m->n_parts == m->cap_parts) {
        uint32_t cap = m->cap_parts ? m->cap_parts * 2 : 32;
        struct mask_part *grown = realloc(m->parts, cap * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        m->parts = grown;
        m->cap_parts = cap;
    }
    int rc = make_part(m, state, &m->parts[m->n_parts]);
    if (rc)
        return rc;
    m->parts[m->n_parts].next = *head;
    *ret = &m->parts[m->n_parts++];
    *head = m->n_parts;
    return OK;
}

/* Keys */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
    return x ^ x >> 32;
}

/* Of the stacks' content, so that it does not depend on how frames are numbered. */
static int key_of(struct grammar_state *s, struct mask_key *ret)
{
    struct grammar_matcher *m = s->m;
    if (m->cap_frame_keys < s->stacks.cap) {
        struct mask_key *grown = realloc(m->frame_keys, s->stacks.cap * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        m->frame_keys = grown;
        m->cap_frame_keys = s->stacks.cap;
    }
    struct mask_key *keys = m->frame_keys, all = {s->now.n, s->ended};
    keys[0] = (struct mask_key){1, 2};
    for (uint32_t i = 1; i < s->stacks.n; i++) {
        const struct frame *f = &s->stacks.frames[i];
        uint64_t state = grammar_alike(m->g, f->state, m->v->longest);
        keys[i] = (struct mask_key){mix(keys[f->under].a + state * 0x9E3779B97F4A7C15u), mix(keys[f->under].b ^ mix(state + 0x51ED270B))};
    }
    for (uint32_t i = 0; i < s->now.n; i++) {
        all.a += mix(keys[s->now.tops[i]].a);
        all.b += mix(keys[s->now.tops[i]].b ^ 0xA5A5A5A5);
    }
    *ret = all;
    return OK;
}

/* Putting it together */

struct making {
    struct grammar_state *s;
    uint64_t *mask;
    uint32_t n_todo, mark;
};

/* The stack `top` goes on at `node` of the trie. At the root each stack is looked at once. */
static int push(struct making *k, uint32_t top, uint32_t node)
{
    struct grammar_matcher *m = k->s->m;
    if (!top)
        return OK;
    struct frame *f = &k->s->stacks.frames[top];
    if (!node && f->mark == k->mark)
        return OK;
    if (!node)
        f->mark = k->mark;
    if (k->n_todo == m->cap_todo) {
        uint32_t cap = m->cap_todo ? m->cap_todo * 2 : 64;
        struct mask_todo *grown = cap > TODO_MAX ? NULL : realloc(m->todo, cap * sizeof *grown);
        if (!grown)
            return cap > TODO_MAX ? ERR_LIMIT : ERR_NOMEM;
        m->todo = grown;
        m->cap_todo = cap;
    }
    m->todo[k->n_todo++] = (struct mask_todo){top, node};
    return OK;
}

static int push_exits(struct making *k, uint32_t under, const uint32_t *exits, uint32_t n)
{
    int rc = OK;
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = push(k, under, exits[i]);
    return rc;
}

static int add_part(struct making *k, uint32_t state, uint32_t under)
{
    const struct mask_part *p;
    struct grammar_matcher *m = k->s->m;
    int rc = part_of(m, state, &p);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < p->n_few; i++)
        k->mask[p->few[i] / 64] |= 1ull << (p->few[i] % 64);
    for (size_t i = 0, words = grammar_vocab_words(m->v); p->bits && i < words; i++)
        k->mask[i] |= p->bits[i];
    return push_exits(k, under, p->exits, p->n_exits);
}

static int add_rest(struct making *k, uint32_t state, uint32_t under, uint32_t node)
{
    struct local_found found = {.mask = k->mask};
    int rc = local_walk(&k->s->m->local, state, node, &found);
    if (!rc)
        rc = push_exits(k, under, found.exits, found.n_exits);
    free(found.exits);
    return rc;
}

static int make_mask(struct grammar_state *s, uint64_t *mask)
{
    struct grammar_matcher *m = s->m;
    struct making k = {s, mask, 0, 0};
    stack_set_begin(&s->stacks, &s->next);
    k.mark = s->next.mark;
    int rc = OK;
    for (uint32_t i = 0; i < s->now.n && !rc; i++)
        rc = push(&k, s->now.tops[i], 0);
    while (k.n_todo && !rc) {
        struct mask_todo todo = m->todo[--k.n_todo];
        struct frame f = s->stacks.frames[todo.top];
        uint32_t state = grammar_alike(m->g, f.state, m->v->longest);
        rc = todo.node ? add_rest(&k, state, f.under, todo.node) : add_part(&k, state, f.under);
    }
    return rc;
}

/* From those kept, or made and kept. */
static int find_mask(struct grammar_state *s, bool can_end, uint64_t *mask)
{
    struct grammar_matcher *m = s->m;
    size_t words = grammar_vocab_words(m->v);
    struct mask_key key;
    int rc = key_of(s, &key);
    if (!rc && !m->masks && !(m->masks = calloc(MASKS_KEPT * words + 1, sizeof *m->masks)))
        rc = ERR_NOMEM;
    if (rc)
        return rc;
    uint32_t slot = (uint32_t)(key.a % MASKS_KEPT);
    uint64_t *kept = m->masks + slot * words;
    if (m->keys[slot].a == key.a && m->keys[slot].b == key.b) {
        memcpy(mask, kept, words * sizeof *mask);
        return OK;
    }
    memset(mask, 0, words * sizeof *mask);
    rc = make_mask(s, mask);
    for (size_t i = 0; i < words && can_end; i++)
        mask[i] |= m->v->ends[i];
    if (!rc) {
        m->keys[slot] = key;
        memcpy(kept, mask, words * sizeof *mask);
    }
    return rc;
}

int grammar_mask(struct grammar_state *s, uint64_t *mask, bool *ret_any)
{
    struct grammar_matcher *m = s->m;
    size_t words = grammar_vocab_words(m->v);
    bool any = false;
    memset(mask, 0, words * sizeof *mask);
    int rc = OK;
    if (!s->ended) {
        bool can_end = grammar_can_end(s);
        pthread_mutex_lock(&m->lock);
        rc = find_mask(s, can_end, mask);
        pthread_mutex_unlock(&m->lock);
    }
    for (size_t i = 0; i < words && !any; i++)
        any = mask[i] != 0;
    if (!rc)
        *ret_any = any;
    return rc;
}
