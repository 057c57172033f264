/* Small GGUF files and models for tests and fuzzing, made with the writer. What cannot be made ends the program. */
#ifndef TESTS_GGUF_MAKE_H
#define TESTS_GGUF_MAKE_H

#include "base/buf.h"
#include "model/gguf_write.h"

/* A folder of a test's own. */
struct make_folder {
    char path[64];
};
void make_folder_create(struct make_folder *f);
/* Deletes its files and itself; returns how many files were in it. */
int make_folder_remove(const struct make_folder *f);
/* "<folder>/<name>" in the caller's array, which is returned. */
const char *make_path(const struct make_folder *f, const char *name, char path[128]);

/* A whole file, in an allocation of exactly its size, so that a sanitizer sees a read past its end. Free it. */
uint8_t *make_read(const char *path, size_t *ret_len);

/* "<arch>.<suffix>": a number, or a text. */
struct make_key {
    const char *suffix;
    bool whole; /* an unsigned integer, not a float */
    float number;
    const char *text;
};

struct make_spec {
    const char *arch;
    uint32_t layers, d_model, d_ff, heads, kv_heads, d_head;
    enum tensor_type type; /* of matrices: one that hearth writes */
    bool tied, qkv_bias, qk_norm;
    bool post_norms, fused;
    uint32_t experts, experts_used; /* 0: none; d_ff is one expert's */
    uint32_t context;
    float spread;                /* matrices have values of [-spread, spread) */
    const struct make_key *keys; /* of the architecture, written after the regular ones */
    size_t n_keys;
    /* Mistakes and additions; NULL: none. A key of these takes the place of the regular one. */
    const char *omit; /* a key or a tensor */
    const char *u32_key, *f32_key, *str_key;
    uint32_t u32;
    float f32;
    const char *str;
    const char *reshape;          /* this tensor has one value (vectors) or one row more */
    const char *tensor, *tensor2; /* additional vectors of n_rot / 2 values */
    uint32_t n_rot;               /* 0: d_head */
    enum tensor_type vector_type;
    float vector_value, vector2_value; /* of the additional vectors */
};

/* A spec of some layers, 32 wide, without mistakes if hearth runs the architecture (else in the shape of llama's). */
struct make_spec make_spec_of(const char *arch);
void make_model(const char *path, const struct make_spec *s);

enum { MAKE_VOCAB = 3 + 256 + 5 };

#endif
