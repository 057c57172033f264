/* TOKENIZE and DETOKENIZE, answered between two steps. */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/worker_internal.h"

/* More than any context holds, and an answer that fits a frame with all its pieces. */
enum { TOKENS_MAX = 4 << 20, PIECES_BYTES_MAX = 32 << 20 };

const struct vocab *worker_vocab(const struct worker *w)
{
    return w->encoder ? w->encoder->vocab : w->model->vocab;
}

static void refuse_code(struct worker *w, uint64_t id, int code)
{
    if (code == ERR_LIMIT || code == ERR_INVAL)
        worker_refuse(w, id, GEN_FAULT_REQUEST, "the text is too long");
    else
        worker_refuse(w, id, code == ERR_NOMEM ? GEN_FAULT_MEMORY : GEN_FAULT_INTERNAL, err_text(code));
}

/* The text of each token, in one buffer that they point into. */
static int make_pieces(const struct vocab *v, const struct tokens *t, struct buf *bytes, struct str **ret)
{
    struct str *pieces = calloc(t->len ? t->len : 1, sizeof *pieces);
    if (!pieces)
        return ERR_NOMEM;
    int r = OK;
    for (size_t i = 0; i < t->len && !r; i++) {
        size_t start = bytes->len;
        r = vocab_piece(v, t->ptr[i], true, bytes);
        pieces[i].len = bytes->len - start;
    }
    if (r) {
        free(pieces);
        return r;
    }
    const char *at = bytes->ptr; /* which has stopped moving */
    for (size_t i = 0; i < t->len; i++) {
        pieces[i].ptr = at;
        at += pieces[i].len;
    }
    *ret = pieces;
    return OK;
}

void worker_tokenize(struct worker *w, const struct gen_tokenize *m)
{
    struct tokens t = tokens_make(TOKENS_MAX);
    struct buf bytes = buf_make(PIECES_BYTES_MAX);
    struct str *pieces = NULL;
    struct vocab_encode_options o = {.add_special = m->add_special, .parse_special = m->parse_special};
    int r = vocab_encode(worker_vocab(w), m->text, o, &t);
    if (!r && m->with_pieces)
        r = make_pieces(worker_vocab(w), &t, &bytes, &pieces);
    if (r)
        refuse_code(w, m->id, r);
    else
        worker_put(w, gen_put_tokens(&w->out, &(struct gen_tokens){.id = m->id, .tokens = t.ptr, .n_tokens = t.len, .pieces = pieces}));
    free(pieces);
    buf_free(&bytes);
    tokens_free(&t);
}

void worker_detokenize(struct worker *w, const struct gen_detokenize *m)
{
    uint32_t size = vocab_size(worker_vocab(w));
    for (size_t i = 0; i < m->n_tokens; i++) {
        if (m->tokens[i] >= size) {
            char sentence[100];
            snprintf(sentence, sizeof sentence, "token %u is outside of the vocabulary of %u tokens", m->tokens[i], size);
            worker_refuse(w, m->id, GEN_FAULT_REQUEST, sentence);
            return;
        }
    }
    struct buf bytes = buf_make(PIECES_BYTES_MAX);
    int r = vocab_decode(worker_vocab(w), m->tokens, m->n_tokens, true, true, &bytes);
    if (r)
        refuse_code(w, m->id, r);
    else
        worker_put(w, gen_put_bytes(&w->out, &(struct gen_bytes){.id = m->id, .bytes = buf_str(&bytes)}));
    buf_free(&bytes);
}
