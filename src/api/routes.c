#include "api/internal.h"
#include "api/kb/kb_api.h"
#include "api/pulls.h"

/* A request without a body needs none; some clients send a few bytes all the same. */
enum { NO_BODY = 4096 };

/* clang-format off */
const struct route api_routes[] = {
    {"GET",  "/health",              handle_health,     SCOPE_OPEN, NO_BODY, "the program runs: always 200"},
    {"POST", "/v1/chat/completions", handle_chat,       SCOPE_USER, 0,       "the next message of a conversation"},
    {"POST", "/v1/completions",      handle_completion, SCOPE_USER, 0,       "the continuation of a text"},
    {"POST", "/v1/embeddings",       handle_embeddings, SCOPE_USER, 0,       "vectors of texts, from a model that makes embeddings"},
    {"POST", "/v1/rerank",           handle_rerank,     SCOPE_USER, 0,       "scores of documents for a query, best first, from a reranker"},
    {"GET",  "/v1/models",           handle_models,     SCOPE_USER, NO_BODY, "the models there are"},
    {"GET",  "/v1/models/{model*}",  handle_model,      SCOPE_USER, NO_BODY, "one model"},
    {"POST", "/tokenize",            handle_tokenize,   SCOPE_USER, 0,       "the tokens of a text"},
    {"POST", "/detokenize",          handle_detokenize, SCOPE_USER, 0,       "the text of tokens"},
    {"POST", "/apply-template",      handle_apply_template, SCOPE_USER, 0,   "the text that a model would read of a chat request, which takes the same fields"},
    {"GET",  "/ready",               handle_ready,      SCOPE_OPEN, NO_BODY, "200 when requests are welcome, 503 while loading the first model or stopping"},
    {"GET",  "/version",             handle_version,    SCOPE_OPEN, NO_BODY, "the program's version"},
    {"GET",  "/api/status",          handle_status,     SCOPE_USER, NO_BODY, "what the page shows: version, models folder, models and their states"},
    {"GET",  "/api/journal",         handle_journal,    SCOPE_ADMIN, NO_BODY, "what was asked, by whom, of which model: the newest ?limit= (100) events from ?since_ms= on, between the ids ?after= and ?before="},
    {"GET",  "/api/session",         handle_session,    SCOPE_OPEN, NO_BODY, "who is signed in, and the token for X-CSRF-Token"},
    {"POST", "/api/session",         handle_session_begin, SCOPE_OPEN, NO_BODY, "signs a page in, by a one-time link or a key; sets the cookie"},
    {"DELETE", "/api/session",       handle_session_end, SCOPE_USER, NO_BODY, "signs the page out"},
    {"POST", "/api/links",           handle_link,       SCOPE_ADMIN, NO_BODY, "a one-time link that signs a browser in as the owner"},
    {"GET",  "/api/keys",            handle_keys,       SCOPE_ADMIN, NO_BODY, "the keys there are"},
    {"POST", "/api/keys",            handle_key_create, SCOPE_ADMIN, NO_BODY, "a new key; its secret is shown this once"},
    {"DELETE", "/api/keys/{id}",     handle_key_revoke, SCOPE_ADMIN, NO_BODY, "revokes a key; its sessions end with it"},
    {"GET",    "/api/conversations",                               handle_conversations,        SCOPE_USER, NO_BODY, "conversations, newest first; with ?q= those that are found, best first"},
    {"POST",   "/api/conversations",                               handle_conversation_create,  SCOPE_USER, 0,       "a new conversation"},
    {"DELETE", "/api/conversations",                               handle_conversations_delete, SCOPE_USER, NO_BODY, "erases all conversations of the principal; wants ?confirm=all"},
    {"GET",    "/api/conversations/{id}",                          handle_conversation,         SCOPE_USER, NO_BODY, "a conversation with the messages of all its branches"},
    {"PATCH",  "/api/conversations/{id}",                          handle_conversation_patch,   SCOPE_USER, 0,       "changes title, folder, model, system prompt, settings or the branch that is shown"},
    {"DELETE", "/api/conversations/{id}",                          handle_conversation_delete,  SCOPE_USER, NO_BODY, "erases a conversation"},
    {"POST",   "/api/conversations/{id}/messages",                 handle_message_create,       SCOPE_USER, 0,       "adds a person's message; the server then writes the answer, whether or not anybody listens"},
    {"POST",   "/api/conversations/{id}/answers",                  handle_answer_create,        SCOPE_USER, 0,       "another answer to a message, or the continuation of one"},
    {"GET",    "/api/conversations/{id}/messages/{message}",       handle_message,              SCOPE_USER, NO_BODY, "a message with the texts of its attachments"},
    {"PATCH",  "/api/conversations/{id}/messages/{message}",       handle_message_patch,        SCOPE_USER, 0,       "rates a message"},
    {"GET",    "/api/conversations/{id}/messages/{message}/events", handle_message_events,      SCOPE_USER, NO_BODY, "an answer as it is written: server-sent events state, reasoning and text (with tokens, first_ms and decode_ms so far), call and done"},
    {"POST",   "/api/conversations/{id}/messages/{message}/stop",  handle_message_stop,         SCOPE_USER, NO_BODY, "stops an answer; 204 when what there is of it is on the disk"},
    {"GET",    "/api/conversations/{id}/export",                   handle_export_one,           SCOPE_USER, NO_BODY, "a conversation as a file: ?format=json (everything) or markdown (the branch that is shown)"},
    {"GET",    "/api/export",                                      handle_export,               SCOPE_USER, NO_BODY, "all conversations of the principal as a file"},
    {"POST",   "/api/import",                                      handle_import,               SCOPE_USER, 0,       "adds the conversations of such a file (JSON or Markdown), or of ChatGPT's conversations.json"},
    {"POST",   "/api/check",                                       handle_check,                SCOPE_USER, 0,       "whether the tools and the schema of settings can be enforced, and if not, where and why"},
    {"POST",   "/api/count",                                       handle_count,                SCOPE_USER, 0,       "how many tokens a text has"},
    {"GET",    "/api/openapi.json",                                handle_openapi,              SCOPE_OPEN, NO_BODY, "this API as OpenAPI 3.1"},
    {"GET",    "/api/folders",                                     handle_folders,              SCOPE_USER, NO_BODY, "the folders of the principal's conversations"},
    {"GET",    "/api/presets",                                     handle_presets,              SCOPE_USER, NO_BODY, "system prompts and settings with a name"},
    {"POST",   "/api/presets",                                     handle_preset_create,        SCOPE_USER, 0,       "a new preset"},
    {"PATCH",  "/api/presets/{id}",                                handle_preset_patch,         SCOPE_USER, 0,       "changes a preset"},
    {"DELETE", "/api/presets/{id}",                                handle_preset_delete,        SCOPE_USER, NO_BODY, "removes a preset"},
    {"POST",   "/api/models/pull",                                 handle_pull,                 SCOPE_ADMIN, 16384,  "begins to get a model, and answers at once"},
    {"GET",    "/api/models/pulls",                                handle_pulls,                SCOPE_ADMIN, NO_BODY, "models on their way here, and the last that were"},
    {"GET",    "/api/models/pulls/{id}/events",                    handle_pull_events,          SCOPE_ADMIN, NO_BODY, "one of them as it comes: server-sent events pull until its end"},
    {"DELETE", "/api/models/pulls/{id}",                           handle_pull_cancel,          SCOPE_ADMIN, NO_BODY, "cancels it; what has come is kept for the next time"},
    {"GET",    "/api/models/suggested",                            handle_suggested,            SCOPE_USER,  NO_BODY, "well-known open models, whether they fit this machine, and how fast they would be"},
    {"DELETE", "/api/models/{model*}",                             handle_model_remove,         SCOPE_ADMIN, NO_BODY, "unloads a model and removes its file from the models folder"},
    {"GET",    "/api/kb/collections",                handle_kb_collections,       SCOPE_USER,  NO_BODY, "collections of documents that the principal may read, its own first"},
    {"POST",   "/api/kb/collections",                handle_kb_collection_create, SCOPE_USER,  16384,   "a new collection"},
    {"PATCH",  "/api/kb/collections/{id}",           handle_kb_collection_patch,  SCOPE_USER,  64 << 10, "changes its name or who may read it"},
    {"DELETE", "/api/kb/collections/{id}",           handle_kb_collection_delete, SCOPE_USER,  NO_BODY, "forgets it with all its documents"},
    {"GET",    "/api/kb/collections/{id}/documents", handle_kb_documents,         SCOPE_USER,  NO_BODY, "its documents, by source; {id} may also be its name"},
    {"POST",   "/api/kb/collections/{id}/documents", handle_kb_upload,            SCOPE_USER,  0,       "adds the document that is the body, under ?name=; one of the same name is replaced"},
    {"GET",    "/api/kb/documents/{id}",             handle_kb_document,          SCOPE_USER,  NO_BODY, "a document"},
    {"DELETE", "/api/kb/documents/{id}",             handle_kb_document_delete,   SCOPE_USER,  NO_BODY, "forgets a document"},
    {"GET",    "/api/kb/documents/{id}/text",        handle_kb_text,              SCOPE_USER,  NO_BODY, "its text as passages with their places, from byte ?from= on"},
    {"POST",   "/api/kb/search",                     handle_kb_search,            SCOPE_USER,  64 << 10, "passages that answer a question, best first"},
    {"POST",   "/api/kb/ask",                        handle_kb_ask,               SCOPE_USER,  64 << 10, "what the documents say to a question, in their own words: sentences with their places, or that nothing answers"},
    {"GET",    "/api/kb/status",                     handle_kb_status,            SCOPE_USER,  NO_BODY, "how much there is, and what it takes; of one collection with ?collection= (id)"},
    {"GET",    "/api/kb/jobs",                       handle_kb_jobs,              SCOPE_ADMIN, NO_BODY, "jobs that add files, and the last that did"},
    {"POST",   "/api/kb/jobs",                       handle_kb_job_create,        SCOPE_ADMIN, 1 << 20, "begins to add files and folders of the server, and answers at once"},
    {"GET",    "/api/kb/jobs/{id}/events",           handle_kb_job_events,        SCOPE_ADMIN, NO_BODY, "one of them as it goes on: server-sent events job until its end"},
    {"DELETE", "/api/kb/jobs/{id}",                  handle_kb_job_cancel,        SCOPE_ADMIN, NO_BODY, "ends it after the documents at hand; what is in stays"},
    {"GET",  "/api/events",          handle_events,     SCOPE_USER, NO_BODY, "what rings: server-sent events reminder, alarm and timer as they come; ?after=ID leaves out those before"},
    {"POST", "/completion",  handle_llama_completion, SCOPE_USER,  0,       "llama-server: the continuation of a text"},
    {"GET",  "/props",       handle_llama_props,      SCOPE_USER,  NO_BODY, "llama-server: the default model and its settings"},
    {"GET",  "/slots",       handle_llama_slots,      SCOPE_ADMIN, NO_BODY, "llama-server: requests that run"},
    {"POST", "/infill",      handle_llama_infill,     SCOPE_USER,  0,       "llama-server: what stands between two texts, for vocabularies with tokens for that; else 501"},
    {"POST",   "/v1/responses",      handle_responses,       SCOPE_USER, 0,       "Responses: an answer to items, which may be stored and continued"},
    {"GET",    "/v1/responses/{id}", handle_response_get,    SCOPE_USER, NO_BODY, "Responses: one that was stored"},
    {"DELETE", "/v1/responses/{id}", handle_response_delete, SCOPE_USER, NO_BODY, "Responses: forgets one that was stored"},
    {"POST", "/v1/messages",              handle_anthropic_messages, SCOPE_USER, 0, "Anthropic: the next message of a conversation"},
    {"POST", "/v1/messages/count_tokens", handle_anthropic_count,    SCOPE_USER, 0, "Anthropic: how many tokens such a request reads"},
    {"POST", "/api/chat",     handle_ollama_chat,     SCOPE_USER,  0,       "Ollama: the next message of a conversation"},
    {"POST", "/api/generate", handle_ollama_generate, SCOPE_USER,  0,       "Ollama: the answer to a prompt"},
    {"GET",  "/api/tags",     handle_ollama_tags,     SCOPE_USER,  NO_BODY, "Ollama: the models there are"},
    {"GET",  "/api/ps",       handle_ollama_ps,       SCOPE_USER,  NO_BODY, "Ollama: the models that are loaded"},
    {"POST", "/api/show",     handle_ollama_show,     SCOPE_USER,  16384,   "Ollama: one model; what only its file says is there while it is loaded"},
    {"GET",  "/api/version",  handle_ollama_version,  SCOPE_OPEN,  NO_BODY, "Ollama: the version, of this program"},
    {"POST", "/api/embed",    handle_ollama_embed,    SCOPE_USER,  0,       "Ollama: vectors of texts"},
    {"POST", "/api/embeddings", handle_ollama_embeddings, SCOPE_USER, 0,    "Ollama: the vector of one text; the older form"},
    {"POST", "/api/pull",     handle_ollama_pull,     SCOPE_ADMIN, 16384,   "Ollama: gets a model, and tells how far it is"},
    {"DELETE", "/api/delete", handle_ollama_delete,   SCOPE_ADMIN, 16384,   "Ollama: removes a model's file from the models folder"},
    {"POST", "/api/create",   handle_ollama_none,     SCOPE_ADMIN, NO_BODY, "Ollama: 501"},
    {"POST", "/api/copy",     handle_ollama_none,     SCOPE_ADMIN, NO_BODY, "Ollama: 501"},
    {"POST", "/api/push",     handle_ollama_none,     SCOPE_ADMIN, NO_BODY, "Ollama: 501"},
    {"GET",  "/",                    handle_root,       SCOPE_OPEN, NO_BODY, "the web page"},
};
/* clang-format on */
const size_t api_n_routes = sizeof api_routes / sizeof *api_routes;

/* One segment of the path, which must not be empty, or all that is left of it for "{name*}". */
static struct str take_argument(struct str pattern, struct str path)
{
    bool tail = str_ends(pattern, STR("*}"));
    ptrdiff_t slash = tail ? -1 : str_chr(path, '/');
    return slash < 0 ? path : str_head(path, (size_t)slash);
}

static bool path_matches(const char *text, struct str path, struct route_args *ret)
{
    struct str pattern = str_of(text);
    size_t n = 0;
    while (pattern.len && path.len) {
        if (pattern.ptr[0] != '{') {
            if (pattern.ptr[0] != path.ptr[0])
                return false;
            pattern = str_skip(pattern, 1);
            path = str_skip(path, 1);
            continue;
        }
        size_t end = (size_t)str_chr(pattern, '}') + 1;
        struct str argument = take_argument(str_head(pattern, end), path);
        if (!argument.len || n == ROUTE_ARGS_MAX)
            return false;
        ret->at[n++] = argument;
        pattern = str_skip(pattern, end);
        path = str_skip(path, argument.len);
    }
    return !pattern.len && !path.len;
}

const struct route *route_find(struct str method, struct str path, struct route_args *ret_args, bool *ret_known)
{
    if (str_eq(method, STR("HEAD")))
        method = STR("GET");
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct route_args args = {0};
        if (!path_matches(r->path, path, &args))
            continue;
        *ret_known = true;
        if (str_eq(method, str_of(r->method))) {
            *ret_args = args;
            return r;
        }
    }
    return NULL;
}

void route_methods(struct str path, struct buf *out)
{
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct route_args args;
        if (path_matches(r->path, path, &args))
            buf_printf(out, "%s%s", out->len ? ", " : "", strcmp(r->method, "GET") ? r->method : "GET, HEAD");
    }
}
