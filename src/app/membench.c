/* Every byte is read once, in order, by wide loads with four independent sums and a prefetch some KB ahead, in pieces of
 * 1 MB that the pool's threads take in turn: the way the decoder walks through weights, without any work between. */
#include "app/membench.h"

#include <stdlib.h>

#include "sys/cpu.h"
#include "sys/mem.h"

enum { PIECE_BYTES = 1 << 20, PREFETCH_BYTES = 8 << 10 };

typedef uint64_t read_fn(const void *piece);

struct membench {
    struct pool *pool;
    const struct clock *clock;
    char *data;
    size_t bytes;
    read_fn *read;
    volatile uint64_t sink[256]; /* a sum for each thread: without it, the compiler would read nothing */
    double best;
};

/* One function for each width of load; the vectors are the compiler's own. */
#define READ_PIECE(name, width, attribute)                                                         \
    typedef uint64_t name##_vector __attribute__((vector_size(width), aligned(width), may_alias)); \
    attribute static uint64_t name(const void *piece)                                              \
    {                                                                                              \
        enum { LANES = PIECE_BYTES / (width) };                                                    \
        const name##_vector *v = piece;                                                            \
        name##_vector a = v[0], b = a, c = a, d = a;                                               \
        for (size_t i = 0; i < LANES; i += 4) {                                                    \
            __builtin_prefetch((const char *)(v + i) + PREFETCH_BYTES);                            \
            __builtin_prefetch((const char *)(v + i) + PREFETCH_BYTES + 2 * (width));              \
            a ^= v[i], b ^= v[i + 1], c ^= v[i + 2], d ^= v[i + 3];                                \
        }                                                                                          \
        a ^= b ^ c ^ d;                                                                            \
        return a[0] ^ a[1];                                                                        \
    }

READ_PIECE(read_16, 16, )
#ifdef __x86_64__
READ_PIECE(read_32, 32, __attribute__((target("avx2"))))
#endif

static read_fn *widest(void)
{
#ifdef __x86_64__
    struct cpu_info cpu;
    cpu_detect(&cpu);
    if (cpu.level >= CPU_AVX2)
        return read_32;
#endif
    return read_16;
}

static void touch_piece(void *ctx, size_t item, int thread)
{
    struct membench *m = ctx;
    (void)thread;
    memset(m->data + item * PIECE_BYTES, (int)(item & 0xff), PIECE_BYTES);
}

static void read_piece(void *ctx, size_t item, int thread)
{
    struct membench *m = ctx;
    m->sink[thread] ^= m->read(m->data + item * PIECE_BYTES);
}

int membench_create(struct pool *pool, const struct clock *clock, struct membench **ret, struct err *e)
{
    struct mem_info mem = {0};
    struct membench *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    m->pool = pool;
    m->clock = clock;
    m->bytes = (size_t)2 << 30;
    m->read = widest();
    if (!mem_info(&mem))
        while (m->bytes > mem.available / 3 && m->bytes > (size_t)64 << 20)
            m->bytes /= 2;
    /* The last prefetches reach beyond the data. */
    m->data = mem_pages_alloc(m->bytes + PREFETCH_BYTES * 2);
    if (!m->data) {
        free(m);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    pool_run(pool, m->bytes / PIECE_BYTES, touch_piece, m);
    *ret = m;
    return OK;
}

void membench_free(struct membench *m)
{
    if (!m)
        return;
    mem_pages_free(m->data, m->bytes + PREFETCH_BYTES * 2);
    free(m);
}

size_t membench_bytes(const struct membench *m)
{
    return m->bytes;
}

double membench_run(struct membench *m, int passes)
{
    for (int i = 0; i < passes; i++) {
        double start = clock_s(m->clock);
        pool_run(m->pool, m->bytes / PIECE_BYTES, read_piece, m);
        double rate = (double)m->bytes / (clock_s(m->clock) - start);
        m->best = rate > m->best ? rate : m->best;
    }
    return m->best;
}
