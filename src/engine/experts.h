/* The feed-forward part of a mixture of experts: a router gives each row a few of them, and only those are read.
 *
 * A row's experts are added in the order of their numbers, whoever else uses them, so that a row becomes the same in any batch. */
#ifndef ENGINE_EXPERTS_H
#define ENGINE_EXPERTS_H

#include "engine/forward_impl.h"

/* Scratch memory for rows of one pass; nothing (NULL) for models without experts. */
int experts_create(const struct hparams *hp, size_t rows_max, struct experts **ret);
void experts_free(struct experts *x); /* NULL is fine */
/* f->norm[n_rows][d_model]: from the normed rows to what the experts of layer f->layer make of them. */
void experts_run(struct forward *f);

#endif
