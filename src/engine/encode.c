/* Requests are in a ring in order of arrival; a pass takes one text of each in turn, again and again, until its rows are full. So a
 * request with one text is never behind all of one with a thousand.
 *
 * Waiting for company: what arrives while a pass runs is in the next one; nothing is gained by waiting there. But when the pass ends,
 * those whose answers have just gone out are likely to ask again within moments, while a pass with the few texts that wait already
 * would cost nearly as much as one with all. So a text waits, at most wait_us after its arrival, while others were running a moment ago
 * (the last pass ended within wait_us) and fewer texts are there than that pass had. A text that comes alone runs at once. */
#include "engine/encode.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/link.h"
#include "engine/encode_pass.h"

enum { ROWS_DEFAULT = 1024, REQUESTS_DEFAULT = 1024, SEQS_MAX = 256, TEXT_TOKENS_MAX = GEN_EMBED_TOKENS_MAX };

struct text {
    uint32_t at, n, second; /* in the job's tokens */
};

struct job {
    struct link link;
    uint64_t id, arrived_ns;
    struct tokens tokens;
    struct text *texts; /* [n] */
    uint32_t n, taken;  /* texts; those that are in a pass or behind it */
    float *values;      /* [n][width] */
    uint32_t *each;     /* [n] tokens of each text */
};

struct encode {
    struct encode_config c;
    const struct encoder_model *m;
    struct encode_pass *pass;
    uint32_t rows_max, width;
    struct link jobs; /* in order of arrival */
    uint32_t n_jobs;
    uint64_t tokens;   /* of all jobs */
    uint64_t texts;    /* not taken yet */
    uint64_t ended_ns; /* the last pass; 0: none */
    uint32_t last_texts;
    struct encode_seq seqs[SEQS_MAX];
};

void encode_config_init(struct encode_config *c)
{
    *c = (struct encode_config){.rows_max = ROWS_DEFAULT, .requests_max = REQUESTS_DEFAULT, .tokens_max = 8 * (uint64_t)TEXT_TOKENS_MAX};
}

int encode_create(const struct encoder_model *m, struct pool *pool, const struct kernels *kn, const struct encode_config *c,
                  struct encode **ret, struct err *e)
{
    struct encode *en = calloc(1, sizeof *en);
    if (!en)
        return err_set(e, ERR_NOMEM, "out of memory for an engine");
    en->c = *c;
    en->m = m;
    en->rows_max = c->rows_max > m->n_ctx ? c->rows_max : m->n_ctx;
    en->width = encode_width(m);
    link_init(&en->jobs);
    if (encode_pass_create(m, pool, kn, en->rows_max, SEQS_MAX, &en->pass)) {
        encode_free(en);
        return err_set(e, ERR_NOMEM, "out of memory for passes of %u tokens", en->rows_max);
    }
    *ret = en;
    return OK;
}

static void job_free(struct encode *en, struct job *j)
{
    link_del(&j->link);
    en->n_jobs--;
    en->tokens -= j->tokens.len;
    en->texts -= j->n - j->taken;
    tokens_free(&j->tokens);
    free(j->texts);
    free(j->values);
    free(j->each);
    free(j);
}

void encode_free(struct encode *en)
{
    if (!en)
        return;
    while (!link_empty(&en->jobs))
        job_free(en, link_of(en->jobs.next, struct job, link));
    encode_pass_free(en->pass);
    free(en);
}

/* ---- coming in */
static int too_long(const struct encode *en, size_t input, size_t n, struct err *e)
{
    return err_set(e, ERR_LIMIT,
                   "input %zu has %zu tokens, but the model reads at most %u at once; shorten it, or let it be cut with truncate", input, n,
                   en->m->n_ctx);
}

/* The end mark stays when a text is cut. */
static int cut(struct encode *en, const struct gen_embed *r, size_t input, struct tokens *t, size_t at, struct err *e)
{
    size_t n = t->len - at, max = en->m->n_ctx;
    if (n <= max)
        return OK;
    if (!r->truncate)
        return too_long(en, input, n, e);
    const struct vocab_info *info = vocab_info(en->m->vocab);
    uint32_t last = t->ptr[t->len - 1];
    t->len = at + max;
    if (last == info->eos && info->add_eos)
        t->ptr[t->len - 1] = last;
    return OK;
}

static int encode_input(const struct encode *en, const struct gen_input *in, struct tokens *t, struct err *e)
{
    int r = OK;
    if (!in->tokens)
        r = vocab_encode(en->m->vocab, in->text, (struct vocab_encode_options){.add_special = true}, t);
    for (size_t i = 0; i < in->n_tokens && !r; i++) {
        if (in->tokens[i] >= en->m->n_vocab)
            return err_set(e, ERR_INVAL, "token %u is outside of the vocabulary of %u tokens", in->tokens[i], en->m->n_vocab);
        r = tokens_push(t, in->tokens[i]);
    }
    return r == ERR_LIMIT ? err_set(e, r, "the request has more than %d tokens; send fewer texts at once", TEXT_TOKENS_MAX)
           : r            ? err_set(e, r, "%s", err_text(r))
                          : OK;
}

/* The query stands before each document, as the model was trained: begin, query, end, document, end. */
static int encode_pair(const struct encode *en, const struct gen_embed *r, size_t input, struct tokens *t, uint32_t *second, struct err *e)
{
    size_t at = t->len;
    const struct vocab_info *info = vocab_info(en->m->vocab);
    int rc = encode_input(en, &r->inputs[0], t, e);
    *second = (uint32_t)(t->len - at);
    if (!rc && *second + 2 > en->m->n_ctx) /* a document needs room, too */
        return too_long(en, 0, *second, e);
    size_t begin = t->len;
    rc = rc ? rc : encode_input(en, &r->inputs[input], t, e);
    if (!rc && !r->inputs[input].tokens && info->add_bos && t->len > begin && t->ptr[begin] == info->bos) {
        memmove(t->ptr + begin, t->ptr + begin + 1, (t->len - begin - 1) * sizeof *t->ptr);
        t->len--;
    }
    return rc;
}

static int add_text(struct encode *en, struct job *j, const struct gen_embed *r, size_t input, struct err *e)
{
    struct text *text = &j->texts[j->n];
    size_t at = j->tokens.len;
    text->second = UINT32_MAX;
    int rc = r->rank ? encode_pair(en, r, input, &j->tokens, &text->second, e) : encode_input(en, &r->inputs[input], &j->tokens, e);
    if (!rc && j->tokens.len == at)
        rc = err_set(e, ERR_INVAL, "input %zu is empty", input);
    rc = rc ? rc : cut(en, r, input, &j->tokens, at, e);
    if (rc)
        return rc;
    text->at = (uint32_t)at;
    text->n = (uint32_t)(j->tokens.len - at);
    j->each[j->n++] = text->n;
    return OK;
}

static int check_kind(const struct encode *en, const struct gen_embed *r, struct err *e)
{
    bool ranks = en->m->pooling == ENCODER_POOL_RANK;
    if (r->rank == ranks)
        return OK;
    return err_set(e, ERR_INVAL,
                   ranks ? "the model \"%s\" scores documents for a query and makes no embeddings; use /v1/rerank, or another model"
                         : "the model \"%s\" makes embeddings and has no head that scores documents; use /v1/embeddings, or a reranker",
                   en->m->name);
}

static int fill(struct encode *en, struct job *j, const struct gen_embed *r, struct err *e)
{
    int rc = check_kind(en, r, e);
    j->tokens = tokens_make(TEXT_TOKENS_MAX);
    j->texts = calloc(r->n_inputs, sizeof *j->texts);
    j->values = calloc(r->n_inputs, en->width * sizeof *j->values);
    j->each = calloc(r->n_inputs, sizeof *j->each);
    if (!rc && (!j->texts || !j->values || !j->each))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu texts", r->n_inputs);
    for (size_t i = r->rank; i < r->n_inputs && !rc; i++)
        rc = add_text(en, j, r, i, e);
    if (!rc && j->n * (uint64_t)en->width > GEN_EMBED_VALUES_MAX)
        rc = err_set(e, ERR_INVAL, "%u vectors of %u numbers are more than one answer may have; send fewer texts at once", j->n, en->width);
    return rc;
}

static enum gen_fault fault_of(int code)
{
    switch (code) {
    case ERR_LIMIT: return GEN_FAULT_CONTEXT;
    case ERR_INVAL: return GEN_FAULT_REQUEST;
    case ERR_NOMEM: return GEN_FAULT_MEMORY;
    case ERR_FULL: return GEN_FAULT_BUSY;
    default: return GEN_FAULT_INTERNAL;
    }
}

void encode_submit(struct encode *en, const struct gen_embed *r)
{
    struct err e = {0};
    struct job *j = calloc(1, sizeof *j);
    int rc = OK;
    if (!j)
        rc = err_set(&e, ERR_NOMEM, "out of memory for a request");
    else if (en->n_jobs >= en->c.requests_max || en->tokens >= en->c.tokens_max)
        rc = err_set(&e, ERR_FULL, "too many requests wait; try again later");
    rc = rc ? rc : fill(en, j, r, &e);
    if (j) {
        j->id = r->id;
        j->arrived_ns = clock_ns(en->c.clock);
        link_add(&en->jobs, &j->link);
        en->n_jobs++;
        en->tokens += j->tokens.len;
        en->texts += j->n;
    }
    if (!rc)
        return;
    if (j)
        job_free(en, j);
    en->c.refuse(en->c.ctx, &(struct gen_failed){.id = r->id, .fault = fault_of(rc), .message = str_of(e.text)});
}

void encode_cancel(struct encode *en, uint64_t id)
{
    for (struct link *l = en->jobs.next; l != &en->jobs; l = l->next) {
        struct job *j = link_of(l, struct job, link);
        if (j->id == id) {
            job_free(en, j);
            return;
        }
    }
}

/* ---- passes */
/* One text of each job in turn. */
static uint32_t gather(struct encode *en)
{
    uint32_t n = 0, rows = 0;
    bool more = true;
    while (more && n < SEQS_MAX) {
        more = false;
        for (struct link *l = en->jobs.next; l != &en->jobs && n < SEQS_MAX; l = l->next) {
            struct job *j = link_of(l, struct job, link);
            if (j->taken == j->n || rows + j->texts[j->taken].n > en->rows_max)
                continue;
            const struct text *t = &j->texts[j->taken];
            en->seqs[n++] = (struct encode_seq){j->tokens.ptr + t->at, t->n, t->second, j->values + (size_t)j->taken * en->width};
            rows += t->n;
            j->taken++;
            more = true;
        }
    }
    en->texts -= n;
    return n;
}

static void answer_done(struct encode *en)
{
    for (struct link *l = en->jobs.next, *next; l != &en->jobs; l = next) {
        struct job *j = link_of(l, struct job, link);
        next = l->next;
        if (j->taken < j->n)
            continue;
        struct gen_vectors v = {j->id, en->width, (uint32_t)j->tokens.len, j->values, (size_t)j->n * en->width, j->each, j->n};
        en->c.answer(en->c.ctx, &v);
        job_free(en, j);
    }
}

uint64_t encode_next_ns(const struct encode *en)
{
    if (!en->texts || !en->c.wait_us)
        return 0;
    const struct job *oldest = link_of(en->jobs.next, struct job, link);
    return oldest->arrived_ns + (uint64_t)en->c.wait_us * 1000;
}

bool encode_due(const struct encode *en)
{
    if (!en->texts)
        return false;
    if (!en->c.wait_us || en->last_texts < 2 || en->texts >= en->last_texts)
        return true;
    uint64_t now = clock_ns(en->c.clock);
    return now >= en->ended_ns + (uint64_t)en->c.wait_us * 1000 || now >= encode_next_ns(en);
}

enum engine_state encode_step(struct encode *en)
{
    if (!encode_due(en))
        return ENGINE_IDLE;
    uint32_t n = gather(en);
    encode_pass_run(en->pass, en->seqs, n);
    en->last_texts = n;
    en->ended_ns = clock_ns(en->c.clock);
    answer_done(en);
    return encode_due(en) ? ENGINE_BUSY : ENGINE_IDLE;
}
