/* Time as an interface, so that a test can hold it still. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    uint64_t (*mono_ns)(void *ctx); /* steady, from an unknown start */
    int64_t (*wall_ms)(void *ctx);  /* since 1970 UTC */
    void *ctx;
};

/* The system's clock. */
extern const struct clock clock_system;

static inline uint64_t clock_ns(const struct clock *c)
{
    return c->mono_ns(c->ctx);
}
static inline double clock_s(const struct clock *c)
{
    return (double)c->mono_ns(c->ctx) * 1e-9;
}
static inline int64_t clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c->ctx);
}

#endif
