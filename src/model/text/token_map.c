#include "model/text/token_map.h"

int token_map_init(struct token_map *m, const struct text_list *texts, uint32_t capacity)
{
    if (capacity > 1u << 30)
        return ERR_LIMIT;
    uint32_t n = 16;
    while (n < capacity * 2)
        n *= 2;
    *m = (struct token_map){texts, calloc(n, sizeof *m->slots), n - 1};
    return m->slots ? OK : ERR_NOMEM;
}

void token_map_deinit(struct token_map *m)
{
    free(m->slots);
    *m = (struct token_map){0};
}

int token_map_put(struct token_map *m, uint32_t token)
{
    struct str text = text_at(m->texts, token);
    uint32_t i = (uint32_t)str_hash(text) & m->mask;
    for (int probes = 0; probes < PROBES_MAX; probes++, i = (i + 1) & m->mask) {
        if (m->slots[i] && !str_eq(text_at(m->texts, m->slots[i] - 1), text))
            continue;
        m->slots[i] = token + 1;
        return OK;
    }
    return ERR_CORRUPT;
}

uint32_t token_map_get(const struct token_map *m, struct str text)
{
    uint32_t i = (uint32_t)str_hash(text) & m->mask;
    for (; m->slots[i]; i = (i + 1) & m->mask) {
        if (str_eq(text_at(m->texts, m->slots[i] - 1), text))
            return m->slots[i] - 1;
    }
    return UINT32_MAX;
}
