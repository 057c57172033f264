/* The steps of model_open, one file each. */
#ifndef MODEL_MODEL_INTERNAL_H
#define MODEL_MODEL_INTERNAL_H

#include "model/model.h"

/* Reads m->hp (all but n_vocab) from the metadata, checked against the ranges of a table. m->arch is set. */
int hparams_read(struct model *m, struct err *e);
/* The rotation's part of it (rope.c); the numbers of the table are there. */
int rope_read(struct model *m, struct err *e);
/* "<architecture>.<suffix>", in the caller's array. */
struct key {
    char text[128];
};
const char *make_key(struct key *k, const struct model *m, const char *suffix);
/* Finds and checks every tensor; fills the layers, hp.n_vocab and the totals. hp is set. Every tensor of the file must have
 * a role: one that the forward pass would not use means another model than the one that the file holds. */
int model_bind(struct model *m, struct err *e);
/* What people call the mix of types in a file. */
void model_name_quant(const struct gguf *g, char ret[16]);
/* Fills `ret` (terminated, cut at a character) with general.name where it is fit to be shown, else with `fallback`. */
void model_read_name(const struct gguf *g, const char *fallback, char *ret, size_t cap);

#endif
