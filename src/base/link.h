/* A doubly linked ring, threaded through the structs that it holds. An empty ring points at itself, so that no call
 * has a special case; an element that is in no ring does, too, and may be deleted again. */
#ifndef BASE_LINK_H
#define BASE_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *prev, *next;
};

static inline void link_init(struct link *ring)
{
    ring->prev = ring->next = ring;
}
static inline bool link_empty(const struct link *ring)
{
    return ring->next == ring;
}
/* At the end. */
static inline void link_add(struct link *ring, struct link *l)
{
    l->prev = ring->prev;
    l->next = ring;
    ring->prev->next = l;
    ring->prev = l;
}
static inline void link_del(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    link_init(l);
}
/* The struct that holds the link. */
#define link_of(l, type, member) ((type *)(void *)(((char *)(l)) - offsetof(type, member)))

#endif
