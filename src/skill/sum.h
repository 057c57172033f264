/* Arithmetic in words, as an expression of skill/expr.h: "17.5% of 1,240" → 1240*17.5/100, 一百二十乘以三 → 120*3. */
#ifndef SKILL_SUM_H
#define SKILL_SUM_H

#include "base/buf.h"
#include "base/err.h"

struct sums; /* the compiled rules; read only */
int sums_create(struct sums **ret, struct err *e);
void sums_free(struct sums *s); /* NULL is fine */
/* The whole of `text`, which says nothing but what is to be calculated. False: it is no arithmetic, or only a single number. */
bool sum_parse(const struct sums *s, struct str text, struct buf *out);

#endif
