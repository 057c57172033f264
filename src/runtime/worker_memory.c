#include "runtime/worker_internal.h"

enum { BLOCK_TOKENS = 32, CONTEXT_LEAST = 2048, KV_SHARE = 4 };

static double gb(uint64_t bytes)
{
    return (double)bytes / 1e9;
}

static int too_large(const struct memory_need *need, uint64_t kv, uint64_t free_bytes, struct err *e)
{
    return err_set(
        e, ERR_NOMEM,
        "needs about %.2f GB of memory (weights %.2f, KV cache %.2f), %.2f GB are available; choose a smaller model or --context",
        gb(need->weights + need->scratch + kv), gb(need->weights), gb(kv), gb(free_bytes));
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX / 4 : product;
}

static uint64_t clamp(uint64_t v, uint64_t lo, uint64_t hi)
{
    if (v > hi)
        v = hi;
    return v < lo ? lo : v;
}

int memory_plan(const struct gen_load *load, const struct memory_need *need, uint64_t free_bytes, struct memory_plan *ret, struct err *e)
{
    uint32_t trained = need->context_trained ? need->context_trained : CONTEXT_LEAST;
    uint32_t context = load->context_tokens ? load->context_tokens : trained;
    uint32_t least = load->context_tokens || context < CONTEXT_LEAST ? context : CONTEXT_LEAST;
    uint64_t kv_least = times(need->kv_per_token, (uint64_t)least + BLOCK_TOKENS); /* the last block is rarely full */
    uint64_t kv_all = times(times(need->kv_per_token, (uint64_t)context + BLOCK_TOKENS), load->sequences_max ? load->sequences_max : 1);

    uint64_t fixed = need->weights + need->scratch;
    uint64_t room = free_bytes > fixed ? free_bytes - fixed : 0;
    uint64_t kv = load->kv_bytes_max ? load->kv_bytes_max : clamp(room / KV_SHARE, kv_least, kv_all);
    uint64_t kv_needed = load->kv_bytes_max && !load->context_tokens ? 0 : kv_least;
    if (kv_needed > room || fixed > free_bytes)
        return too_large(need, kv_least, free_bytes, e);
    if (kv > room && load->kv_bytes_max)
        return too_large(need, kv, free_bytes, e);
    uint64_t holds = need->kv_per_token ? kv / need->kv_per_token / BLOCK_TOKENS * BLOCK_TOKENS : context;
    if (load->context_tokens && holds < context)
        return err_set(e, ERR_NOMEM,
                       "a context of %u tokens needs %.2f GB of KV cache, but only %.2f GB are allowed; choose a smaller --context",
                       context, gb(kv_least), gb(kv));
    if (holds < context)
        context = (uint32_t)holds;
    if (!context)
        return err_set(e, ERR_NOMEM, "a KV cache of %.3f GB does not hold %d tokens; allow more", gb(kv), BLOCK_TOKENS);
    *ret = (struct memory_plan){.kv_bytes_max = kv, .context_tokens = context};
    return OK;
}
