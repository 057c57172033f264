#include "engine/grammar/local.h"

#include <stdlib.h>

int local_init(struct local *l, const struct grammar *g, const struct grammar_vocab *v)
{
    *l = (struct local){.g = g, .v = v, .n_sets = 1};
    return stacks_init(&l->stacks);
}

static void forget_sets(struct local *l)
{
    for (uint32_t i = 1; i < l->n_sets; i++)
        free(l->sets[i]);
    l->n_sets = 1;
    l->n_tops = 0;
    memset(l->heads, 0, sizeof l->heads);
}

void local_deinit(struct local *l)
{
    forget_sets(l);
    free(l->sets);
    free(l->tops);
    free(l->a.tops);
    free(l->c.tops);
    stacks_deinit(&l->stacks);
}

static int grow(void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n <= *cap)
        return OK;
    uint32_t more = *cap ? *cap * 2 : 64;
    while (more < n)
        more *= 2;
    void *p = realloc(*array, more * size);
    if (!p)
        return ERR_NOMEM;
    *array = p;
    *cap = more;
    return OK;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool reads_a_byte(const struct local *l, uint32_t top)
{
    const struct grammar *g = l->g;
    for (uint32_t i = g->nodes[l->stacks.frames[top].state].edges; i != GRAMMAR_NONE; i = g->edges[i].next)
        if (g->edges[i].kind == EDGE_BYTES && !g->edges[i].dead)
            return true;
    return false;
}

static int fill_set(struct local *l, struct local_set *set, const struct stack_set *kernel)
{
    int rc = stacks_close(l->g, &l->stacks, kernel, &l->c, &set->out);
    if (!rc)
        rc = grow((void **)&l->tops, l->n_tops + kernel->n + l->c.n, &l->cap_tops, sizeof *l->tops);
    if (rc)
        return rc;
    set->kernel = l->n_tops;
    set->n_kernel = kernel->n;
    memcpy(l->tops + l->n_tops, kernel->tops, kernel->n * sizeof *l->tops);
    set->closed = l->n_tops += kernel->n;
    for (uint32_t i = 0; i < l->c.n; i++)
        if (reads_a_byte(l, l->c.tops[i]))
            l->tops[l->n_tops++] = l->c.tops[i];
    set->n_closed = l->n_tops - set->closed;
    memset(set->after, 0xFF, sizeof set->after);
    return OK;
}

/* The number of the set with this kernel (which gets sorted), made when it is new. */
static int number_of(struct local *l, struct stack_set *kernel, uint32_t *ret)
{
    if (!kernel->n) {
        *ret = LOCAL_DEAD;
        return OK;
    }
    qsort(kernel->tops, kernel->n, sizeof *kernel->tops, ascending);
    struct str key = str_from(kernel->tops, kernel->n * sizeof *kernel->tops);
    uint32_t *head = &l->heads[str_hash(key) % (sizeof l->heads / sizeof *l->heads)];
    for (uint32_t i = *head; i; i = l->sets[i]->next_hash)
        if (str_eq(key, str_from(l->tops + l->sets[i]->kernel, l->sets[i]->n_kernel * sizeof *l->tops))) {
            *ret = i;
            return OK;
        }
    if (l->n_sets >= LOCAL_SETS_MAX)
        return ERR_LIMIT;
    struct local_set *set = malloc(sizeof *set);
    int rc = set ? grow((void **)&l->sets, l->n_sets + 1, &l->cap_sets, sizeof(struct local_set *)) : ERR_NOMEM;
    if (!rc)
        rc = fill_set(l, set, kernel);
    if (rc) {
        free(set);
        return rc;
    }
    set->next_hash = *head;
    *head = *ret = l->n_sets;
    l->sets[l->n_sets++] = set;
    return OK;
}

static int after(struct local *l, uint32_t number, uint8_t byte, uint32_t *ret)
{
    struct local_set *set = l->sets[number];
    struct stack_set closed = {.tops = l->tops + set->closed, .n = set->n_closed};
    int rc = stacks_step(l->g, &l->stacks, &closed, byte, &l->a);
    if (!rc)
        rc = number_of(l, &l->a, ret);
    if (!rc)
        set->after[byte] = *ret;
    return rc;
}

static int note_exit(const struct local *l, struct local_found *f, uint32_t node)
{
    if (node && l->v->skip[node] == node + 1) /* nothing goes on from here */
        return OK;
    int rc = grow((void **)&f->exits, f->n_exits + 1, &f->cap_exits, sizeof *f->exits);
    if (!rc)
        f->exits[f->n_exits++] = node;
    return rc;
}

static void add_tokens(const struct grammar_vocab *v, uint32_t node, uint64_t *mask)
{
    for (uint32_t t = v->first[node]; t != TOKEN_NONE; t = v->same[t])
        mask[t / 64] |= 1ull << (t % 64);
}

/* Before a walk: no number of a set is held by anybody. */
static void tidy(struct local *l)
{
    if (l->n_sets < LOCAL_SETS_KEPT && l->stacks.n < STACKS_FRAMES_MAX / 2)
        return;
    forget_sets(l);
    stacks_clear(&l->stacks);
}

int local_walk(struct local *l, uint32_t state, uint32_t node, struct local_found *found)
{
    const struct grammar_vocab *v = l->v;
    uint32_t ends[TRIE_TOKEN_BYTES_MAX + 1], d = 0, end = v->skip[node];
    tidy(l);
    stack_set_begin(&l->stacks, &l->a);
    int rc = stack_set_add(&l->stacks, &l->a, state, 0);
    if (!rc)
        rc = number_of(l, &l->a, &l->depth[0]);
    if (!rc && l->sets[l->depth[0]]->out)
        rc = note_exit(l, found, node);
    ends[0] = end;
    for (uint32_t i = node + 1; i < end && !rc;) {
        while (i >= ends[d])
            d--;
        struct local_set *set = l->sets[l->depth[d]];
        uint32_t next = set->after[v->byte[i]];
        if (next == LOCAL_UNKNOWN)
            rc = after(l, l->depth[d], v->byte[i], &next);
        if (rc)
            break;
        if (next == LOCAL_DEAD) {
            i = v->skip[i];
            continue;
        }
        add_tokens(v, i, found->mask);
        if (l->sets[next]->out)
            rc = note_exit(l, found, i);
        if (v->skip[i] > i + 1) {
            l->depth[++d] = next;
            ends[d] = v->skip[i];
        }
        i++;
    }
    return rc;
}
