/* A forest out of nodes that name their parents.
 *
 * Parents are found by a table of ids. Then every node is walked up once: `state` says whether a node is on the present walk (a
 * circle closes there, and is cut there: the node becomes a root) or done. Nodes come out behind their parents, otherwise in
 * the file's order. All of it is linear in the number of nodes, without recursion. */
#include "base/strmap.h"
#include "talk/import.h"

enum { NEW, ON_WALK, DONE };

struct forest {
    struct import_node *nodes;
    size_t n;
    int32_t *parent, *walk, *placed; /* placed: index among the kept, of itself or of its nearest kept ancestor; -1: none */
    uint8_t *state;
};

static void find_parents(struct forest *f, struct strmap *ids)
{
    for (size_t i = 0; i < f->n; i++)
        strmap_put(ids, f->nodes[i].id, (uint32_t)i); /* of two with one id the first is meant */
    for (size_t i = 0; i < f->n; i++) {
        uint32_t at;
        bool found = f->nodes[i].parent.ptr && strmap_get(ids, f->nodes[i].parent, &at) && at != i;
        f->parent[i] = found ? (int32_t)at : -1;
    }
}

static void place(struct forest *f, size_t i, struct import_tree *t)
{
    int32_t above = f->parent[i] < 0 ? -1 : f->placed[f->parent[i]];
    f->state[i] = DONE;
    f->placed[i] = above;
    if (!f->nodes[i].keep)
        return;
    t->parents[t->n] = above;
    t->messages[t->n] = f->nodes[i].m;
    f->placed[i] = (int32_t)t->n++;
}

static void walk_up(struct forest *f, size_t from, struct import_tree *t)
{
    size_t depth = 0;
    for (int32_t i = (int32_t)from; i >= 0 && f->state[i] != DONE; i = f->parent[i]) {
        if (f->state[i] == ON_WALK) {
            f->parent[f->walk[depth - 1]] = -1; /* a circle */
            break;
        }
        f->state[i] = ON_WALK;
        f->walk[depth++] = i;
    }
    while (depth)
        place(f, (size_t)f->walk[--depth], t);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory for an import");
}

int import_build(struct import_node *nodes, size_t n, struct str current, struct arena *a, struct import_tree *t, struct err *e)
{
    struct forest f = {
        .nodes = nodes,
        .n = n,
        .parent = arena_calloc(a, n, sizeof *f.parent),
        .walk = arena_calloc(a, n, sizeof *f.walk),
        .placed = arena_calloc(a, n, sizeof *f.placed),
        .state = arena_calloc(a, n, 1),
    };
    struct strmap ids;
    t->messages = arena_calloc(a, n, sizeof *t->messages);
    t->parents = arena_calloc(a, n, sizeof *t->parents);
    if (!f.parent || !f.walk || !f.placed || !f.state || !t->messages || !t->parents || strmap_init(&ids, n ? n : 1))
        return no_memory(e);
    find_parents(&f, &ids);
    t->n = 0;
    for (size_t i = 0; i < n; i++)
        walk_up(&f, i, t);
    uint32_t at;
    t->leaf = current.ptr && strmap_get(&ids, current, &at) ? f.placed[at] : -1;
    if (t->leaf < 0)
        t->leaf = (int32_t)t->n - 1;
    strmap_deinit(&ids);
    if (!t->n)
        return err_set(e, ERR_INVAL, "it has no messages");
    if (t->n > TALK_MESSAGES_MAX)
        return err_set(e, ERR_INVAL, "it has %zu messages, but %d are the most", t->n, TALK_MESSAGES_MAX);
    return OK;
}

struct str import_str(json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){"", 0};
}

struct str import_maybe(json_t *object, const char *key)
{
    struct str s = import_str(object, key);
    return s.len ? s : (struct str){0};
}

int64_t import_ms(json_t *object, const char *key, double scale, int64_t otherwise)
{
    json_t *v = json_object_get(object, key);
    double ms = json_is_number(v) ? json_number_value(v) * scale : -1;
    return ms >= 1 && ms < 4102444800000. ? (int64_t)ms : otherwise; /* until 2100 */
}
