/* The model service: which models there are, which are loaded, and requests on their way to them.
 * Everything here is on the loop thread; engines run in workers behind a socket pair (runtime/worker.h). */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include "base/log.h"
#include "gen/codec.h"
#include "gen/event.h"
#include "loop/loop.h"

struct runtime;
struct backend_kind;

struct runtime_config {
    const char *models_dir;          /* scanned for *.gguf; may not exist */
    const char *const *extra_models; /* paths outside of it (from --model); NULL-terminated, or NULL */
    uint32_t models_loaded_max;      /* the least recently used idle one makes room */
    uint32_t idle_unload_s;          /* 0: stay loaded */
    struct gen_load defaults;        /* everything but the path */
    struct str cpu;                  /* HEARTH_CPU's text, may be empty */
    const struct log *log;
    const struct clock *clock;
    const struct backend_kind *backend; /* runtime/backend.h; NULL: native */
};

int runtime_create(struct loop *l, const struct runtime_config *c, struct runtime **ret, struct err *e);
/* Cancels what runs and joins the workers (waits for a step or a load that runs); tickets that are still open hear ERROR,
 * questions for tokens `failed`. NULL is fine. Not from within a sink. */
void runtime_free(struct runtime *rt);

enum model_state { MODEL_COLD, MODEL_LOADING, MODEL_READY, MODEL_FAILED };
struct model_entry {
    struct str name; /* the file's name without .gguf: what clients say */
    struct str path;
    uint64_t file_bytes;
    int64_t modified_s; /* Unix time */
    enum model_state state;
    bool guest;                    /* no file: the program itself answers (runtime_invite) */
    bool encodes;                  /* an encoder: makes embeddings or scores documents, and does not write */
    bool english;                  /* an encoder that knows no other language */
    const struct gen_loaded *info; /* while READY, else NULL */
    const char *failure;           /* of FAILED, else NULL */
};
/* A name that the program answers itself, and NAME/MODEL for each model that writes: `kind` is opened with load.path "" or MODEL, and
 * with guest_ctx in its environment. Such entries take none of the room of models, are found by name only (a list of models does
 * not have them), and are the default when there is no model at all. Once, before anything is asked; `name` is a literal. */
int runtime_invite(struct runtime *rt, const char *name, const struct backend_kind *kind, void *guest_ctx);
/* Looks at the folder again (at most once a second). The entries stay valid until the next call or turn of the loop. */
size_t runtime_models(struct runtime *rt, const struct model_entry **ret);
/* The next look at the models looks at the folder, however soon: it is known to have changed. */
void runtime_rescan(struct runtime *rt);
/* By exact name, or by unique name without its quantisation suffix; NULL. "" gives the default: the one that is loaded (of
 * several the last used), or the first extra one, or the only one; never an encoder. */
const struct model_entry *runtime_find(struct runtime *rt, struct str name);
/* The default among encoders: one that is loaded, or the only one. */
const struct model_entry *runtime_find_encoder(struct runtime *rt);
/* Begins to load, as soon as there is room; OK when it is loaded or loading already. A model whose file is broken is tried
 * again when the file has changed or after some seconds; until then this is the failure and its sentence. */
int runtime_load(struct runtime *rt, struct str name, struct err *e);
/* Unloads when what runs on it has ended; what is asked meanwhile waits and loads it again. ERR_NOENT; ERR_AGAIN while requests
 * wait for it to be loaded. */
int runtime_unload(struct runtime *rt, struct str name);

/* A request on its way. The sink hears every event; after DONE for all choices or ERROR the ticket is gone. */
struct ticket;
typedef void runtime_sink(void *ctx, const struct gen_event *ev);
/* Copies the request (its id is replaced). Model not found (ERR_NOENT), too many wait (ERR_FULL), a bound of gen/request.h is
 * broken (ERR_INVAL): an error here, the sink hears nothing. The sink is never called from within runtime_submit. A model that
 * cannot be loaded gives an ERROR event with the sentence. Within a sink everything of this header but runtime_free may be called. */
int runtime_submit(struct runtime *rt, struct str model, const struct gen_request *r, runtime_sink *sink, void *ctx, struct ticket **ret,
                   struct err *e);
void runtime_credit(struct ticket *t, uint32_t events);
/* The sink hears nothing more and the ticket is gone. */
void runtime_cancel(struct ticket *t);

/* Tokens of a text and back, by the model's own vocabulary; loads it when needed. Exactly one callback: `failed` is NULL or says why. */
typedef void runtime_tokens_fn(void *ctx, const struct gen_tokens *tokens, const struct gen_failed *failed);
typedef void runtime_bytes_fn(void *ctx, const struct gen_bytes *bytes, const struct gen_failed *failed);
int runtime_tokenize(struct runtime *rt, struct str model, const struct gen_tokenize *m, runtime_tokens_fn *fn, void *ctx, struct err *e);
int runtime_detokenize(struct runtime *rt, struct str model, const struct gen_detokenize *m, runtime_bytes_fn *fn, void *ctx,
                       struct err *e);
/* The text that the model would read of a GEN_CHAT request; answered in the same way. */
int runtime_render(struct runtime *rt, struct str model, const struct gen_request *m, runtime_bytes_fn *fn, void *ctx, struct err *e);

/* Vectors of texts, or scores of documents, from an encoder; loads it when needed. Exactly one callback, unless the ticket (ret) is
 * canceled: `failed` is NULL or says why (a model that writes, a text that is too long). After it the ticket is gone. */
typedef void runtime_vectors_fn(void *ctx, const struct gen_vectors *vectors, const struct gen_failed *failed);
int runtime_embed(struct runtime *rt, struct str model, const struct gen_embed *m, runtime_vectors_fn *fn, void *ctx, struct ticket **ret,
                  struct err *e);

#endif
