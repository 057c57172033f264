#include "gen/request.h"

#include "gen/event.h"

/* What people expect of a chat: lively but coherent. The same values as the common local runtimes, so that answers compare;
 * the penalties are off, since they hurt code and quotations. */
const struct gen_sampling gen_sampling_default = {
    .temperature = 0.8f,
    .top_k = 40,
    .top_p = 0.95f,
    .min_p = 0.05f,
    .repeat_penalty = 1.0f,
    .repeat_last_n = 64,
};

void gen_request_init(struct gen_request *r, enum gen_kind kind)
{
    *r = (struct gen_request){
        .kind = kind,
        .credit = GEN_CREDIT_UNLIMITED,
        .n_choices = 1,
        .parallel_tool_calls = true,
        .sampling = gen_sampling_default,
    };
}
