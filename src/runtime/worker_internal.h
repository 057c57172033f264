/* What the files of the worker share. Everything is on the worker's thread. */
#ifndef RUNTIME_WORKER_INTERNAL_H
#define RUNTIME_WORKER_INTERNAL_H

#include "engine/encode.h"
#include "engine/engine.h"
#include "gen/frames.h"
#include "model/model.h"
#include "runtime/worker.h"
#include "sys/pool.h"

struct worker {
    int fd;
    struct worker_config config;
    struct gen_frames frames; /* what comes */
    struct buf out;           /* what goes, and has not been taken by the kernel */
    struct model *model;
    struct pool *pool;
    struct engine *engine; /* NULL until LOAD has succeeded, and for an encoder */
    struct encoder_model *encoder;
    struct encode *encode; /* in place of the engine when the model is an encoder */
    uint64_t spoiled_id;   /* a request whose event could not be encoded and that is to be canceled; 0: none */
    int failed;            /* a frame could not be put: the stream is lost */
};

/* Appends a frame with the result of a gen_put_…; remembers a failure. */
void worker_put(struct worker *w, int put_result);
/* FAILED as the answer to LOAD (id 0), TOKENIZE, DETOKENIZE or TEMPLATE. */
void worker_refuse(struct worker *w, uint64_t id, enum gen_fault fault, const char *sentence);
/* Sends what the kernel takes without waiting. ERR_CLOSED when the other side is gone. */
int worker_flush(struct worker *w);

/* Opens the model, checks the memory, makes the engine; answers PROGRESS*, then LOADED, or FAILED and is ERR_CLOSED: the end. */
int worker_load(struct worker *w, const struct gen_load *load);
/* The same for a file that holds an encoder; takes g over. Fills w->encoder and w->encode. In worker_encoder.c. */
int worker_load_encoder(struct worker *w, const struct gen_load *load, struct gguf *g, struct err *e);
void worker_put_encoder_loaded(struct worker *w);
void worker_embed(struct worker *w, const struct gen_embed *m);
/* For worker_load.c and worker_encoder.c. */
int worker_make_pool(struct worker *w, uint32_t threads, struct err *e);
int worker_free_memory(uint64_t *ret, struct err *e);
struct str worker_label(struct str s);
/* Of the model that is loaded. */
const struct vocab *worker_vocab(const struct worker *w);
/* The engine's events, into the out buffer. */
engine_emit_fn worker_emit;

/* Reads the file and puts it in the place of the model's own template (worker_template.c). */
int worker_take_template(struct worker *w, struct str path, struct err *e);
void worker_render(struct worker *w, const struct gen_request *m);
void worker_tokenize(struct worker *w, const struct gen_tokenize *m);
void worker_detokenize(struct worker *w, const struct gen_detokenize *m);

/* How much memory a model gets. Pure; in worker_memory.c. */
struct memory_need {
    uint64_t weights, scratch, kv_per_token;
    uint32_t context_trained;
};
struct memory_plan {
    uint64_t kv_bytes_max;
    uint32_t context_tokens;
};
/* `free_bytes`: what may be taken. ERR_NOMEM with a sentence that names need and free. */
int memory_plan(const struct gen_load *load, const struct memory_need *need, uint64_t free_bytes, struct memory_plan *ret, struct err *e);

#endif
