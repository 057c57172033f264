#include "model/text/trie.h"

#include <stdlib.h>

enum { PROBES_MAX = 4096, BYTES_MAX = 1 << 28 };

int trie_init(struct trie *t, size_t bytes)
{
    *t = (struct trie){0};
    if (bytes > BYTES_MAX)
        return ERR_LIMIT;
    size_t slots = 64;
    while (slots < 2 * bytes)
        slots *= 2;
    *t = (struct trie){.mask = (uint32_t)slots - 1, .n_nodes = 1, .nodes_max = (uint32_t)bytes + 1};
    t->edges = calloc(slots, sizeof *t->edges);
    t->to = calloc(slots, sizeof *t->to);
    t->token = calloc(t->nodes_max, sizeof *t->token);
    return t->edges && t->to && t->token ? OK : ERR_NOMEM;
}

void trie_deinit(struct trie *t)
{
    free(t->edges);
    free(t->to);
    free(t->token);
    *t = (struct trie){0};
}

static uint64_t edge_of(uint32_t node, uint8_t byte)
{
    return ((uint64_t)node << 8 | byte) + 1;
}

static uint32_t first_slot(const struct trie *t, uint64_t edge)
{
    return (uint32_t)(edge * 0x9e3779b97f4a7c15u >> 32) & t->mask;
}

uint32_t trie_step(const struct trie *t, uint32_t node, uint8_t byte)
{
    uint64_t edge = edge_of(node, byte);
    uint32_t slot = first_slot(t, edge);
    while (t->edges[slot] && t->edges[slot] != edge)
        slot = (slot + 1) & t->mask;
    return t->edges[slot] ? t->to[slot] : 0;
}

static int add_edge(struct trie *t, uint32_t node, uint8_t byte, uint32_t *ret)
{
    uint64_t edge = edge_of(node, byte);
    uint32_t slot = first_slot(t, edge), probes = 0;
    if (t->n_nodes == t->nodes_max)
        return ERR_LIMIT;
    for (; t->edges[slot]; slot = (slot + 1) & t->mask)
        if (++probes > PROBES_MAX)
            return ERR_CORRUPT;
    t->edges[slot] = edge;
    *ret = t->to[slot] = t->n_nodes++;
    return OK;
}

int trie_put(struct trie *t, struct str text, uint32_t token)
{
    uint32_t node = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t next = trie_step(t, node, (uint8_t)text.ptr[i]);
        int r = next ? OK : add_edge(t, node, (uint8_t)text.ptr[i], &next);
        if (r)
            return r;
        node = next;
    }
    t->token[node] = token + 1;
    return OK;
}
