/* Memory for keys: on pages of its own that are left out of core dumps, kept from swap where the limits allow it, and wiped
 * when freed. */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include <stddef.h>

/* Zeroed; NULL when memory is out. */
void *secret_alloc(size_t size);
/* `size` as it was allocated. NULL is fine. */
void secret_free(void *p, size_t size);
/* The compiler cannot leave it out. */
void secret_wipe(void *p, size_t size);

#endif
