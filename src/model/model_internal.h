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
/* Fills m->quant. */
void model_name_quant(struct model *m);

#endif
