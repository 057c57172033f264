/* Plain arithmetic, exactly: + - * / ^ % ( ) ! and sqrt cbrt log ln abs, over rational numbers of 127 bits; what does not fit, or is not
 * rational, goes on as a double and says so. `%` is the remainder. */
#ifndef SKILL_EXPR_H
#define SKILL_EXPR_H

#include "base/buf.h"
#include "base/err.h"

__extension__ typedef __int128 expr_wide;
struct expr_value {
    bool exact;
    expr_wide num, den; /* of an exact one, in lowest terms, den > 0 */
    double value;
};
enum { EXPR_DEPTH_MAX = 64, EXPR_BYTES_MAX = 1000 };

/* ERR_INVAL: not an expression; ERR_LIMIT: too deep or too large; the sentence (in English) is for a person. */
int expr_eval(struct str text, struct expr_value *ret, struct err *e);
/* "217", "0.1", "-3.75"; a fraction without end, or a root, with 10 significant digits and *ret_rounded (may be NULL) true. */
void expr_put(const struct expr_value *v, struct buf *out, bool *ret_rounded);
/* The same for a double that was made otherwise. */
void expr_put_double(double v, struct buf *out);

#endif
