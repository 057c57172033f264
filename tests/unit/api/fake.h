/* An HTTP exchange and a runtime that exist in memory only: a test plays the client on one side and the engine on the other.
 * They stand in for net and runtime when the test is linked. */
#ifndef TESTS_API_FAKE_H
#define TESTS_API_FAKE_H

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "api/api.h"
#include "base/arena.h"
#include "gen/codec.h"
#include "sys/peer.h"

enum { FAKE_HEADERS_MAX = 16, FAKE_TICKETS_MAX = 64 };

struct http_exchange {
    struct http_header in[FAKE_HEADERS_MAX];
    struct http_request q;
    const void *user;
    struct arena arena;
    struct peer peer; /* who is at the other end: stays from request to request */
    uint64_t note;
    /* what was answered */
    int status;
    char content_type[100];
    struct buf headers, body; /* headers as "Name: value\n" */
    bool began, complete, cut;
    /* how the client behaves */
    bool slow;    /* http_write says false */
    bool end_now; /* `ended` runs within the call that completes the answer, not after it */
    struct http_events ev;
    void *ctx;
    bool ended;
    struct api *const *api; /* the one that was asked, or its successor: a test may take it away first */
};

struct ticket {
    struct runtime *rt;
    struct arena arena;
    struct buf frame;
    struct gen_request q; /* a copy */
    char model[100];
    runtime_sink *sink;
    void *ctx;
    uint64_t credit; /* given back */
    int credit_calls;
    bool canceled;
};

struct runtime {
    struct model_entry models[4];
    size_t n_models;
    struct ticket tickets[FAKE_TICKETS_MAX];
    size_t n_tickets;
    size_t full_after;               /* tickets that are taken before ERR_FULL; 0: all */
    int submit_code;                 /* answer to every submit, when not OK */
    const struct gen_event *at_once; /* an event within runtime_submit */
    struct gen_tokenize tokenize;
    char tokenize_text[100], kwargs[100];
    enum gen_thinking thinking;
    struct gen_detokenize detokenize;
    runtime_tokens_fn *tokens_fn;
    runtime_bytes_fn *bytes_fn;
    struct gen_embed embed; /* its inputs are gone after the handler */
    runtime_vectors_fn *vectors_fn;
    void *lookup_ctx;
    int lookup_code;
};

struct fake {
    struct runtime rt;
    struct api_config config;
    struct api *api;
    struct http_exchange x;
    uint64_t now_ms;
    struct clock clock;
};

/* For cmocka's set-up and tear-down; one ready model called "tiny". */
int fake_setup(void **state);
int fake_teardown(void **state);
/* A new api with f->config as it now is. */
void fake_reconfigure(struct fake *f);

/* One request, through gate and handler. `headers` is "Name: value\n…" or NULL. The exchange before it is ended first. */
struct http_exchange *fake_request(struct fake *f, const char *method, const char *path, const char *headers, const char *body);
/* The client goes away, or the server has sent all. */
void fake_end(struct http_exchange *x, bool aborted);
void fake_drain(struct http_exchange *x);
/* The value of an answer's header, or NULL. */
const char *fake_header(struct http_exchange *x, const char *name);

/* The engine speaks. */
void fake_event(struct ticket *t, struct gen_event ev);
void fake_text(struct ticket *t, uint32_t choice, const char *text);
void fake_done(struct ticket *t, uint32_t choice, enum gen_finish reason);
void fake_error(struct ticket *t, enum gen_fault fault, const char *message, const char *param);

#define assert_has(x, text)     fake_assert_has((x), (text), true, __FILE__, __LINE__)
#define assert_has_not(x, text) fake_assert_has((x), (text), false, __FILE__, __LINE__)
void fake_assert_has(struct http_exchange *x, const char *text, bool wanted, const char *file, int line);

#endif
