/* Blocks of the KV cache in files, so that what was read once need not be computed again after a restart.
 *
 * A block's name is a keyed hash (HMAC-SHA-256, 128 bits of it) of all that its numbers depend on: the model, how it is computed,
 * whose text it is, and every token from the beginning to the block's end, link by link:
 *
 *     first = H(model ‖ owner)      link i + 1 = H(link i ‖ the 32 tokens of block i)      file: DIR/<link i + 1>.kv
 *
 * So one name is one text, a name says nothing to somebody without the key, and owners cannot find each other's blocks. The
 * content is sealed (store/blob.h) with the name as its context: a file that was changed, cut or renamed is not found, and is
 * removed. Tokens are text, and what was computed from them gives them away; hence the key.
 *
 * The folder has a budget; what was used longest ago goes first. Writing has a budget for a day, since disks wear out. Files
 * appear by rename; nothing waits for the disk, since a lost file only costs its computation. Several engines may share a folder: one
 * may miss what another has written or removed since it looked, and no harm is done. */
#ifndef ENGINE_KV_DISK_H
#define ENGINE_KV_DISK_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum { KV_LINK_BYTES = 16, KV_DISK_KEY_BYTES = 32 };

struct kv_link {
    uint8_t id[KV_LINK_BYTES];
};

struct kv_disk_config {
    const char *dir; /* made when it is not there (0700) */
    const uint8_t *key;
    uint64_t bytes_max, day_bytes_max;
    size_t block_bytes;
    const struct clock *clock;
};

struct kv_disk;
int kv_disk_open(const struct kv_disk_config *c, struct kv_disk **ret, struct err *e);
void kv_disk_close(struct kv_disk *d); /* NULL is fine */

/* ERR_LIMIT when a name is too long to hash, ERR_NOMEM. Any thread. */
int kv_disk_first(const struct kv_disk *d, struct str model, struct str owner, struct kv_link *ret);
int kv_disk_next(const struct kv_disk *d, const struct kv_link *before, const uint32_t *tokens /* [32] */, struct kv_link *ret);

bool kv_disk_has(const struct kv_disk *d, const struct kv_link *l);
/* It was of use: others go first. */
void kv_disk_touch(struct kv_disk *d, const struct kv_link *l);
/* Any thread, several at once, as long as no other call but these of "any thread" runs. `sealed` is scratch of kv_disk_sealed_bytes. */
int kv_disk_read(const struct kv_disk *d, const struct kv_link *l, uint8_t *sealed, void *block);
size_t kv_disk_sealed_bytes(const struct kv_disk *d);
/* After a failed read: removes the file and forgets it. */
void kv_disk_drop(struct kv_disk *d, const struct kv_link *l);
/* ERR_LIMIT: the day's budget is used up. */
int kv_disk_write(struct kv_disk *d, const struct kv_link *l, const void *block);

struct kv_disk_stats {
    uint64_t files, bytes, written_today;
};
void kv_disk_stats(const struct kv_disk *d, struct kv_disk_stats *ret);

#endif
