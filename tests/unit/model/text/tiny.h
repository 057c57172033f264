/* Vocabularies made by a test: a GGUF of metadata only, in memory. */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H

#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "model/gguf.h"
#include "model/vocab.h"

struct tiny {
    struct buf bytes; /* must outlive g */
    uint64_t n_kv;
    struct gguf *g;
    struct vocab *v;
    struct err err;
};

static inline void tiny_text(struct buf *b, struct str s)
{
    write_u64(b, s.len);
    buf_put(b, s);
}

static inline void tiny_init(struct tiny *t)
{
    *t = (struct tiny){.bytes = buf_make(64 << 20)};
    buf_puts(&t->bytes, "GGUF");
    write_u32(&t->bytes, 3);
    write_u64(&t->bytes, 0);
    write_u64(&t->bytes, 0); /* count of metadata, known at the end */
}

static inline void tiny_key(struct tiny *t, const char *key, uint32_t kind)
{
    tiny_text(&t->bytes, str_of(key));
    write_u32(&t->bytes, kind);
    t->n_kv++;
}

static inline void tiny_str(struct tiny *t, const char *key, const char *value)
{
    tiny_key(t, key, GGUF_STR);
    tiny_text(&t->bytes, str_of(value));
}

static inline void tiny_u32(struct tiny *t, const char *key, uint32_t value)
{
    tiny_key(t, key, GGUF_U32);
    write_u32(&t->bytes, value);
}

static inline void tiny_bool(struct tiny *t, const char *key, bool value)
{
    tiny_key(t, key, GGUF_BOOL);
    write_u8(&t->bytes, value);
}

static inline void tiny_array(struct tiny *t, const char *key, uint32_t item, uint64_t n)
{
    tiny_key(t, key, GGUF_ARR);
    write_u32(&t->bytes, item);
    write_u64(&t->bytes, n);
}

static inline void tiny_strs(struct tiny *t, const char *key, const char *const *v, size_t n)
{
    tiny_array(t, key, GGUF_STR, n);
    for (size_t i = 0; i < n; i++)
        tiny_text(&t->bytes, str_of(v[i]));
}

/* Opens the metadata and makes the vocabulary of it; the result of vocab_create. */
static inline int tiny_open(struct tiny *t)
{
    memcpy(t->bytes.ptr + 16, &t->n_kv, sizeof t->n_kv);
    while (t->bytes.len % 32)
        write_u8(&t->bytes, 0);
    int r = gguf_open_bytes(t->bytes.ptr, t->bytes.len, &t->g, &t->err);
    return r ? r : vocab_create(t->g, &t->v, &t->err);
}

static inline void tiny_free(struct tiny *t)
{
    vocab_free(t->v);
    gguf_close(t->g);
    buf_free(&t->bytes);
    *t = (struct tiny){0};
}

/* A piece with its score and type. */
struct tiny_piece {
    const char *text;
    float score;
    uint32_t type; /* 0: normal */
};

static inline void tiny_pieces(struct tiny *t, const struct tiny_piece *p, size_t n)
{
    tiny_array(t, "tokenizer.ggml.tokens", GGUF_STR, n);
    for (size_t i = 0; i < n; i++)
        tiny_text(&t->bytes, str_of(p[i].text));
    tiny_array(t, "tokenizer.ggml.scores", GGUF_F32, n);
    for (size_t i = 0; i < n; i++)
        write_f32(&t->bytes, p[i].score);
    tiny_array(t, "tokenizer.ggml.token_type", GGUF_I32, n);
    for (size_t i = 0; i < n; i++)
        write_i32(&t->bytes, p[i].type ? (int32_t)p[i].type : 1);
}

/* 256 bytes as byte-level pieces (token = byte), then `more`. */
static inline void tiny_byte_level(struct tiny *t, const char *pre, const struct tiny_piece *more, size_t n)
{
    tiny_str(t, "tokenizer.ggml.model", "gpt2");
    if (pre)
        tiny_str(t, "tokenizer.ggml.pre", pre);
    tiny_array(t, "tokenizer.ggml.tokens", GGUF_STR, 256 + n);
    unsigned next = 256;
    for (unsigned b = 0; b < 256; b++) {
        bool itself = (b > 32 && b < 127) || (b > 160 && b != 173);
        unsigned cp = itself ? b : next++;
        char c[3] = {cp < 128 ? (char)cp : (char)(0xc0 | cp >> 6), cp < 128 ? 0 : (char)(0x80 | (cp & 63)), 0};
        tiny_text(&t->bytes, str_of(c));
    }
    for (size_t i = 0; i < n; i++)
        tiny_text(&t->bytes, str_of(more[i].text));
    tiny_array(t, "tokenizer.ggml.token_type", GGUF_I32, 256 + n);
    for (size_t i = 0; i < 256 + n; i++)
        write_i32(&t->bytes, i < 256 || !more[i - 256].type ? 1 : (int32_t)more[i - 256].type);
}

/* Tokens as "1 2 3"; valid until the next call. */
static inline const char *tiny_encode(const struct vocab *v, struct str text, struct vocab_encode_options o)
{
    static char line[4096];
    struct tokens t = tokens_make(1000);
    int r = vocab_encode(v, text, o, &t);
    size_t n = 0;
    line[0] = 0;
    for (size_t i = 0; i < t.len && n < sizeof line - 16; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, i ? " %u" : "%u", t.ptr[i]);
    if (r)
        snprintf(line, sizeof line, "error %d", r);
    tokens_free(&t);
    return line;
}

#endif
