/* How a model writes tool calls and thinking, and the way back: its output as text, reasoning and calls.
 *
 * A model's form is recognised from its chat template and is data: the texts that stand around a call, its name and its arguments, and
 * around thinking. The same texts are what the parser looks for and what a grammar forces, so the two cannot disagree.
 *
 * In these texts, and in what the parser reads, a control token stands between two bytes 0xFF, which no text contains:
 * "\xff[TOOL_CALLS]\xff". So letters never pass for a control token, however a model or a person spells them. */
#ifndef MODEL_TOOLFORM_H
#define MODEL_TOOLFORM_H

#include "base/arena.h"
#include "base/buf.h"
#include "gen/request.h"
#include "model/vocab.h"

#define TOOLFORM_MARK '\xff'

enum { TOOLFORM_NOISE_MAX = 3 };

/* A form's texts. An answer with calls is
 *     text₀ · first · open NAME name_end ARGUMENTS close · [between · open NAME … close]* · last
 * where `trigger` is the beginning of first + open; from it on, whitespace between the texts does not matter. */
struct toolform_texts {
    struct str trigger, first, open, name_end, close, between, last;
    bool single;                          /* one call in an answer at most */
    struct str think_open, think_close;   /* empty: it does not think */
    bool think_anywhere;                  /* not only at the beginning */
    struct str noise[TOOLFORM_NOISE_MAX]; /* part of the form and of no text */
};

struct toolform;

/* `vocab` tells which of the texts are control tokens; NULL: none. Never fails but for memory: what is not recognised gets the generic
 * form, which is explained to the model in words (toolform_explain). */
int toolform_create(struct str template_text, const struct vocab *v, struct toolform **ret);
void toolform_free(struct toolform *f); /* NULL is fine */
const char *toolform_name(
    const struct toolform *f); /* "hermes", "llama3", "mistral", "mistral-args", "deepseek", "deepseek-v3.1", "harmony", "generic" */
const struct toolform_texts *toolform_texts(const struct toolform *f);
/* The template itself shows tools to the model; otherwise they must be explained. */
bool toolform_in_template(const struct toolform *f);

/* For templates that know no tools: the conversation with the tools explained in the system message, earlier calls as the model would
 * have written them, and results as a user's words. Everything is in the arena. ERR_NOMEM. */
int toolform_explain(const struct toolform *f, const struct gen_request *g, struct arena *a, const struct gen_message **ret, size_t *ret_n);

/* ---- The parser: one answer, as it streams in. Bounded: it holds back at most a marker, a name and spaces. */

enum { TOOLFORM_NAME_MAX = GEN_NAME_BYTES_MAX, TOOLFORM_HELD_MAX = 4096 };

/* Something about a call: its beginning (has a name) or more of its arguments. */
struct toolform_piece {
    uint32_t call; /* index in the answer */
    bool begins;
    size_t at, len; /* in toolform_out.bytes: the name when it begins, else arguments */
};

/* What has come out and not been taken yet. The caller clears it. */
struct toolform_out {
    struct buf reasoning, text, bytes;
    struct toolform_piece *pieces; /* owned */
    size_t n_pieces, cap_pieces;
};
void toolform_out_init(struct toolform_out *o);
void toolform_out_deinit(struct toolform_out *o);
void toolform_out_clear(struct toolform_out *o);

enum toolform_state {
    TOOLFORM_TEXT,
    TOOLFORM_REASONING,
    TOOLFORM_OPENING, /* a call's texts up to its name */
    TOOLFORM_NAME,
    TOOLFORM_NAME_END,
    TOOLFORM_ARGUMENTS,
    TOOLFORM_CLOSING,
    TOOLFORM_NEXT, /* after a call */
};

/* Where a JSON value stands; see json_end.c. */
struct toolform_json {
    uint32_t depth;
    bool begun, in_string, escaped, scalar;
};

struct toolform_parser {
    const struct toolform_texts *t; /* borrowed */
    enum toolform_state state;
    bool calls; /* look for calls */
    bool fresh; /* nothing but whitespace so far */
    bool trim;  /* text begins after something that is not text: its first whitespace is nobody's */
    uint32_t n_calls;
    struct toolform_json json;
    struct buf in;     /* read, not yet decided */
    struct str expect; /* what is left of the texts that must come */
    struct str after;  /* and after those */
    size_t name_len;
};

/* `calls`: tools were offered. `thinking`: the prompt ends within thinking. */
void toolform_parser_init(struct toolform_parser *p, const struct toolform *f, bool calls, bool thinking);
void toolform_parser_deinit(struct toolform_parser *p);
/* Whole characters, and control tokens between marks, each whole. What is certain is appended to out. ERR_NOMEM, ERR_LIMIT. */
int toolform_push(struct toolform_parser *p, struct str bytes, struct toolform_out *out);
/* The answer has ended: what was held back. A call that had not got its name is dropped. */
int toolform_end(struct toolform_parser *p, struct toolform_out *out);

#endif
