/* Random numbers for sampling: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Same seed, same sequence
 * on every machine. Not for secrets: those come from rng_entropy. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
/* In [0, 1), 53 bits. */
double rng_f64(struct rng *r);
/* Bytes from the kernel; ERR_IO when it has none. */
int rng_entropy(void *dst, size_t len);

#endif
