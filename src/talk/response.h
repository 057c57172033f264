/* Responses that programs keep (OpenAI's Responses): what they see of one, and the conversation that the next one continues. Both are JSON
 * of the api's, opaque here. Each owner has the last RESPONSES_KEPT_MAX of at most RESPONSES_BYTES_MAX together, for RESPONSES_DAYS. */
#ifndef TALK_RESPONSE_H
#define TALK_RESPONSE_H

#include "base/arena.h"
#include "store/store.h"

enum { RESPONSES_KEPT_MAX = 500, RESPONSES_DAYS = 30, RESPONSE_BYTES_MAX = 16 << 20, RESPONSES_BYTES_MAX = 256 << 20 };

extern const struct store_schema response_schema;

/* In a transaction that writes. Older ones make room. ERR_LIMIT: this one alone is larger than RESPONSE_BYTES_MAX. */
int response_put(struct store_db *db, int64_t owner, struct str id, int64_t now_ms, struct str shown, struct str items, struct err *e);
/* Copies in the arena; ERR_NOENT. ret_shown or ret_items may be NULL. */
int response_get(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct str *ret_shown, struct str *ret_items,
                 struct err *e);
int response_delete(struct store_db *db, int64_t owner, struct str id, struct err *e);

#endif
