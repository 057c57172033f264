/* Chat templates: the part of Jinja that models' files use, rendered as transformers renders it (trim_blocks, lstrip_blocks,
 * loop controls, its own tojson), with Python's rules for truth, printing, comparing, division and slices.
 *
 * A template can look at nothing but its variables, and is bounded in steps, depth, output and memory: it is part of a model's
 * file, which anybody may have written. Sentences of errors begin with the line.
 *
 * The output says of each byte where it came from. Text that stands in the template is trusted: it may become special tokens.
 * Text of variables is not, whatever the template did to it, so that nobody can forge a turn by typing <|im_start|>. */
#ifndef MODEL_JINJA_JINJA_H
#define MODEL_JINJA_JINJA_H

#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

enum { JINJA_SOURCE_BYTES_MAX = 1 << 20 };

struct jinja; /* a compiled template: immutable, any thread may render it */

/* ERR_INVAL with line and reason for what is not Jinja or is not supported, ERR_LIMIT for nesting or size, ERR_NOMEM. */
int jinja_compile(struct str source, struct jinja **ret, struct err *e);
void jinja_free(struct jinja *t);

struct jinja_limits {
    uint64_t steps_max;            /* about one for each node that is looked at, each item, each 64 bytes of text */
    size_t memory_max, output_max; /* bytes */
    unsigned depth_max;            /* of expressions, statements and macros within each other; some 500 bytes of stack each */
};
extern const struct jinja_limits jinja_limits_default;

struct jinja_input {
    const json_t *vars;           /* an object; borrowed, not changed */
    const json_t *const *trusted; /* strings within vars, by address, that count as the template's own: roles, bos_token */
    size_t n_trusted;
    struct tm now; /* for strftime_now */
};

struct jinja_span {
    size_t offset, len; /* bytes */
    bool trusted;
};

struct jinja_out {
    struct buf text;          /* owned; UTF-8 */
    struct jinja_span *spans; /* owned; they cover the text without gaps, neighbours differ in trust */
    size_t n_spans;
};
void jinja_out_free(struct jinja_out *o);

/* *ret is untouched on failure, otherwise to be freed. ERR_INVAL with line and reason, ERR_DENIED for what the template raised itself
 * (raise_exception), ERR_LIMIT when a limit was met, ERR_NOMEM. */
int jinja_render(const struct jinja *t, const struct jinja_limits *l, const struct jinja_input *in, struct jinja_out *ret, struct err *e);

#endif
