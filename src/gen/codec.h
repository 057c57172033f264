/* The encoded form of what travels between a server and an engine: frames on a byte stream.
 *
 *   frame   u32 length of what follows (1 … GEN_FRAME_BYTES_MAX) · u8 type · body, little-endian
 *
 * Decoders trust nothing: every length, count, enum and number (NaN, infinities) is checked; a frame that is wrong in any way is
 * ERR_CORRUPT, and the stream is then to be closed. Slices of a decoded message point into the frame's bytes; arrays come from
 * the arena. */
#ifndef GEN_CODEC_H
#define GEN_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "gen/embed.h"
#include "gen/event.h"
#include "gen/request.h"

enum { GEN_FRAME_BYTES_MAX = 80 << 20, GEN_FRAME_HEAD = 5 };

enum gen_frame_type {
    /* to the engine */
    GEN_FRAME_LOAD = 1,   /* gen_load; the first frame of a stream */
    GEN_FRAME_REQUEST,    /* gen_request */
    GEN_FRAME_CANCEL,     /* u64 id */
    GEN_FRAME_CREDIT,     /* u64 id · u32 events */
    GEN_FRAME_TOKENIZE,   /* gen_tokenize */
    GEN_FRAME_DETOKENIZE, /* gen_detokenize */
    GEN_FRAME_TEMPLATE,   /* gen_request: a GEN_CHAT that is only to be rendered; answered by BYTES */
    GEN_FRAME_EMBED,      /* gen_embed */
    /* from the engine */
    GEN_FRAME_LOADED = 64, /* gen_loaded */
    GEN_FRAME_PROGRESS,    /* f32: of loading */
    GEN_FRAME_EVENT,       /* gen_event */
    GEN_FRAME_TOKENS,      /* gen_tokens: answer to TOKENIZE */
    GEN_FRAME_BYTES,       /* gen_bytes: answer to DETOKENIZE and TEMPLATE */
    GEN_FRAME_FAILED,      /* gen_failed: answer to LOAD, TOKENIZE, DETOKENIZE, TEMPLATE or EMBED */
    GEN_FRAME_VECTORS,     /* gen_vectors: answer to EMBED */
};

struct gen_load {
    struct str path;
    uint32_t context_tokens; /* 0: the model's own, cut to what kv_bytes_max allows */
    uint64_t kv_bytes_max;   /* 0: a share of the memory that is free */
    uint32_t sequences_max;  /* that run at once; 0, here and below: the engine's default */
    uint32_t queue_max;      /* requests that wait */
    uint32_t prefill_chunk;  /* tokens read between two decode steps */
    uint32_t threads;        /* 0: one for each physical core */
    uint32_t batch_wait_us;  /* an encoder: how long a text may wait for company */
    bool deterministic;
    bool no_speculation;
    bool cache_q8;                 /* the KV cache in 8 bits, not in F16 */
    struct str keep_dir, keep_key; /* where prefixes are kept on disk; empty: nowhere. 32 bytes that seal them */
    uint64_t keep_bytes_max, keep_day_bytes_max;
    struct str chat_template_file; /* path of a chat template instead of the model's own; empty: none */
};

struct gen_loaded {
    struct str name, arch, quant, chat_format; /* chat_format empty: plain completion style */
    struct str warning;                        /* what works less well than was asked for; empty: nothing */
    uint64_t params, file_bytes, kv_bytes_per_token;
    uint32_t context_tokens, context_trained, vocab, layers, width;
    enum gen_model_kind kind;
    bool knows_tools; /* its own chat template speaks of tools; others have them explained in words */
    bool thinks;      /* before it answers */
    bool infills;     /* its vocabulary has tokens for what stands between two texts */
};

/* Copies what it points at, too. ERR_NOMEM; ret is then undefined. */
int gen_loaded_copy(struct arena *a, const struct gen_loaded *m, struct gen_loaded *ret);

struct gen_cancel {
    uint64_t id;
};
struct gen_credit {
    uint64_t id;
    uint32_t events;
};
struct gen_tokenize {
    uint64_t id;
    struct str text;
    bool add_special, parse_special, with_pieces;
};
struct gen_tokens {
    uint64_t id;
    const uint32_t *tokens;
    size_t n_tokens;
    const struct str *pieces; /* n_tokens of them when asked for, else NULL */
};
struct gen_detokenize {
    uint64_t id;
    const uint32_t *tokens;
    size_t n_tokens;
};
struct gen_bytes {
    uint64_t id;
    struct str bytes; /* may be not UTF-8: tokens can be any bytes */
};
struct gen_failed {
    uint64_t id; /* 0: the load */
    enum gen_fault fault;
    struct str message;
};

/* Append one frame, or nothing: the buffer's own failure (ERR_LIMIT, ERR_NOMEM) is the result, or ERR_INVAL for a message
 * that breaks a bound (then the buffer is as it was and may be used on). */
int gen_put_load(struct buf *b, const struct gen_load *m);
int gen_put_request(struct buf *b, const struct gen_request *m);
int gen_put_cancel(struct buf *b, uint64_t id);
int gen_put_credit(struct buf *b, uint64_t id, uint32_t events);
/* The request as a TEMPLATE frame. */
int gen_put_template(struct buf *b, const struct gen_request *m);
int gen_put_tokenize(struct buf *b, const struct gen_tokenize *m);
int gen_put_detokenize(struct buf *b, const struct gen_detokenize *m);
int gen_put_embed(struct buf *b, const struct gen_embed *m);
int gen_put_vectors(struct buf *b, const struct gen_vectors *m);
int gen_put_loaded(struct buf *b, const struct gen_loaded *m);
int gen_put_progress(struct buf *b, float progress);
int gen_put_event(struct buf *b, const struct gen_event *m);
int gen_put_tokens(struct buf *b, const struct gen_tokens *m);
int gen_put_bytes(struct buf *b, const struct gen_bytes *m);
int gen_put_failed(struct buf *b, const struct gen_failed *m);

/* Any decoded frame. */
struct gen_frame {
    enum gen_frame_type type;
    union {
        struct gen_load load;
        struct gen_request request;
        struct gen_cancel cancel;
        struct gen_credit credit;
        struct gen_tokenize tokenize;
        struct gen_detokenize detokenize;
        struct gen_embed embed;
        struct gen_vectors vectors;
        struct gen_loaded loaded;
        float progress;
        struct gen_event event;
        struct gen_tokens tokens;
        struct gen_bytes bytes;
        struct gen_failed failed;
    };
};

/* The same for any of them. */
int gen_put_frame(struct buf *b, const struct gen_frame *f);

/* Takes the first frame from bytes. *ret_used is its whole length. ERR_AGAIN when it is not complete (then *ret_used is the
 * number of bytes that are needed at least), ERR_CORRUPT, ERR_NOMEM (then *ret_used is its length, and the type and the id
 * of *ret are valid, so that it can be skipped and refused). */
int gen_get_frame(struct str bytes, struct arena *a, struct gen_frame *ret, size_t *ret_used);

#endif
