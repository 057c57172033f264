/* An engine in a test: a small pool, a clock that the test moves, and a record of all events. */
#ifndef TESTS_ENGINE_HARNESS_H
#define TESTS_ENGINE_HARNESS_H

/* cmocka wants those before it */

#include "../check.h"
#include "engine/engine.h"

enum { HARNESS_REQUESTS_MAX = 64, HARNESS_TOKENS_MAX = 4096, HARNESS_TOPS_MAX = 4 };

/* Of the models that harness_model makes: their KV blocks, their context, and tokens whose text is one byte, a, b and ab. */
enum { HARNESS_BLOCK_BYTES = 4096, HARNESS_CONTEXT = 512, HARNESS_BYTE_0 = 3, HARNESS_A = 260, HARNESS_B = 261, HARNESS_AB = 262 };

struct harness_choice {
    char text[1 << 14];
    size_t len;
    uint32_t n_text_events, n_done, n_calls;
    char reasoning[1 << 12], calls[1 << 12]; /* calls: name(arguments) one after the other, the last without its end */
    enum gen_finish reason;
    char stop[64];
    struct gen_usage usage;
    struct gen_timings timings;
    uint32_t n_tokens; /* log-probability records */
    uint32_t tokens[HARNESS_TOKENS_MAX];
    float logprobs[HARNESS_TOKENS_MAX];
    struct harness_top {
        uint32_t token;
        float logprob;
    } top[HARNESS_TOPS_MAX][GEN_TOP_LOGPROBS_MAX]; /* of the first records */
    uint32_t n_top[HARNESS_TOPS_MAX];
};

struct harness_request {
    uint64_t id;
    struct harness_choice choice[GEN_CHOICES_MAX];
    uint32_t n_queued, position, n_prefill, prefill_done, prefill_total, prefill_cached, n_errors;
    enum gen_fault fault;
    char message[512], param[64];
};

struct harness {
    struct model *model; /* borrowed */
    struct pool *pool;
    struct engine *engine;
    struct engine_config config;
    struct clock clock;
    uint64_t now_ns;
    uint32_t prompt[HARNESS_CONTEXT * 2];
    uint32_t n_requests;
    struct harness_request *requests; /* [HARNESS_REQUESTS_MAX] in order of their first event */
};

/* A model with seeded random weights on a vocabulary of bytes, "a", "b" and "ab": 2 layers, 32 wide, a context of 512.
 * `broken`: some weights are not numbers. A block of its KV cache takes HARNESS_BLOCK_BYTES. model_free it. */
struct model *harness_model(const char *arch, bool broken);

/* A config to be changed before harness_start. Deterministic, 1 MB of KV cache, fake clock. */
void harness_init(struct harness *h, struct model *m);
void harness_start(struct harness *h, enum cpu_level level, int threads);
void harness_stop(struct harness *h);
/* What came for an id; made when nothing came yet. */
struct harness_request *harness_of(struct harness *h, uint64_t id);
/* A request of n seeded prompt tokens, to be changed before it is submitted: greedy, 20 tokens, end tokens ignored. The
 * tokens live until the next call. */
struct gen_request harness_request(struct harness *h, uint64_t id, uint32_t n_prompt);
/* Steps until idle; fails the test when that takes more than `steps_max`. */
void harness_run(struct harness *h, uint32_t steps_max);

#endif
