/* Slice → u32, open addressing with linear probing, at most half full. Keys are not copied: the caller keeps them alive
 * (a vocabulary's tokens lie in the mapped file). Made once and read by many; no removal. */
#ifndef BASE_STRMAP_H
#define BASE_STRMAP_H

#include "base/str.h"

struct strmap_slot;
struct strmap {
    struct strmap_slot *slots;
    size_t mask, count, capacity; /* capacity: keys that fit */
};

/* Room for `capacity` keys. ERR_NOMEM, or ERR_LIMIT when that is more than 2^31. */
int strmap_init(struct strmap *m, size_t capacity);
void strmap_deinit(struct strmap *m);
/* Sets key to value. An existing key keeps its first value and ERR_EXISTS is returned; ERR_LIMIT when the map is full. */
int strmap_put(struct strmap *m, struct str key, uint32_t value);
/* False leaves *ret untouched. */
bool strmap_get(const struct strmap *m, struct str key, uint32_t *ret);

#endif
