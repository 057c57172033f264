/* What the files of this room share. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "api/api.h"
#include "api/error.h"
#include "base/json.h"
#include "base/link.h"
#include "base/rng.h"

enum {
    API_OWNER_BYTES = 24, /* a principal's id as text */
    API_JSON_DEPTH_DEFAULT = 32,
    API_PARSE_BYTES_MAX = 128 << 20, /* arrays made from one request's JSON */
    API_ANSWER_BYTES_MAX = 16 << 20, /* an answer that is collected before it is sent */
    API_CALL_BYTES_MAX = 512 << 10,  /* the arguments of one call */
    API_ID_BYTES = 48,
};

struct generation;
struct pulls;
struct api {
    struct api_config c;
    struct rng rng; /* names of answers: not secret */
    char fingerprint[40];
    struct generation *open;  /* a list, so that api_free can end them */
    struct link jobs;         /* of the store, on their way (job.h) */
    struct pulls *pulls;      /* models on their way here (pulls.h); NULL without a loop */
    struct link kb_followers; /* of jobs that add documents (kb/kb_api.h) */
    struct cache_space embed_space;
    struct {
        int64_t minute;
        uint32_t n, left_out;
    } strangers; /* in the journal: visit.c */
    bool draining;
};

/* ---- routes.c: every address, and who answers it */
enum { ROUTE_ARGS_MAX = 4 };
struct route_args {
    struct str at[ROUTE_ARGS_MAX]; /* what stood in the path's {…}, in order */
};
typedef void route_fn(struct api *a, struct http_exchange *x, const struct route_args *args);

/* Who may call: checked before the body is read. */
enum route_scope {
    SCOPE_OPEN,  /* anybody who reaches the server */
    SCOPE_USER,  /* any principal */
    SCOPE_ADMIN, /* the local owner and keys of scope admin */
};

struct route {
    const char *method;
    const char *path; /* {name}: one segment; a last {name*}: the rest of the path, slashes included */
    route_fn *handle;
    enum route_scope scope;
    size_t body_bytes_max; /* 0: the server's own limit */
    const char *about;
};
extern const struct route api_routes[];
extern const size_t api_n_routes;
/* HEAD finds GET. *ret_known: the path exists, with another method. */
const struct route *route_find(struct str method, struct str path, struct route_args *ret_args, bool *ret_known);
/* "GET, HEAD, POST": the methods of a path. */
void route_methods(struct str path, struct buf *out);

/* ---- gate.c */
/* Who asks. Never NULL in the handler of a route whose scope is USER or ADMIN; lives as long as the exchange. */
const struct principal *api_principal(const struct http_exchange *x);
/* For gen_request.owner: the principal's id as text, in the caller's memory. */
struct str api_owner(const struct principal *who, char text[API_OWNER_BYTES]);
bool gate_host_ok(const struct api *a, struct str host);
/* 0.0.0.0 or [::]. */
bool gate_host_unspecified(struct str host);
bool gate_origin_listed(const struct api *a, struct str origin);
bool gate_origin_same(struct str origin, struct str host);

/* ---- limit.c */
/* Counts a request that makes a model work, and adds the x-ratelimit headers. False: it has been answered with 429. After true,
 * limit_release must follow, with the tokens of prompt and answer together. */
bool limit_admit(struct api *a, struct http_exchange *x);
void limit_release(struct api *a, int64_t principal, uint64_t tokens);

/* ---- respond.c: whole answers */
void respond_json(struct http_exchange *x, int status, const struct buf *body); /* 503 when the buffer has failed */
/* The error's JSON as the API that was asked says it. */
void respond_put_error(const struct http_exchange *x, const struct api_error *e, struct buf *out);
void respond_error(struct api *a, struct http_exchange *x, const struct api_error *e);

/* ---- models.c */
/* The entry a request means, or NULL and an error: 404 for an unknown name, 400 when several could be meant. */
const struct model_entry *models_pick(struct api *a, struct str name, struct api_error *e);

/* ---- assets.c */
/* False: there is no such file. */
bool assets_serve(struct api *a, struct http_exchange *x, struct str path);
/* Headers that confine a page to itself. */
void assets_page_headers(struct http_exchange *x);

/* ---- handlers */
route_fn handle_chat, handle_completion, handle_models, handle_model, handle_health, handle_ready, handle_version, handle_status,
    handle_tokenize, handle_detokenize, handle_apply_template, handle_session, handle_session_begin, handle_session_end, handle_link,
    handle_keys, handle_key_create, handle_key_revoke, handle_root, handle_conversations, handle_conversation_create,
    handle_conversations_delete, handle_conversation, handle_conversation_patch, handle_conversation_delete, handle_message_create,
    handle_answer_create, handle_message, handle_message_patch, handle_message_events, handle_message_stop, handle_folders, handle_presets,
    handle_preset_create, handle_preset_patch, handle_preset_delete, handle_export_one, handle_export, handle_import, handle_count,
    handle_check, handle_openapi, handle_llama_completion, handle_llama_props, handle_llama_slots, handle_llama_infill, handle_responses,
    handle_response_get, handle_response_delete, handle_anthropic_messages, handle_anthropic_count, handle_ollama_chat,
    handle_ollama_generate, handle_ollama_tags, handle_ollama_ps, handle_ollama_show, handle_ollama_version, handle_ollama_pull,
    handle_ollama_delete, handle_ollama_embed, handle_ollama_embeddings, handle_ollama_none, handle_embeddings, handle_events,
    handle_rerank, handle_journal;
/* Ends what is open; for api_free. */
void generation_free_all(struct api *a);

#endif
