#include "api/anthropic/anthropic.h"
#include "api/embed_request.h"
#include "api/internal.h"
#include "api/kb/kb_api.h"
#include "api/llama/llama.h"
#include "api/ollama/ollama.h"
#include "api/people_fields.h"
#include "api/pulls.h"
#include "api/request.h"
#include "api/responses/responses.h"
#include "api/talk_fields.h"

static void put_fields(struct buf *out, const char *title, const struct field *rows, size_t n)
{
    buf_printf(out, "\n## %s\n\n| field | value | meaning |\n|---|---|---|\n", title);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "| `%s` | ", rows[i].name);
        field_describe(&rows[i], out);
        buf_printf(out, " | %s |\n", rows[i].about);
    }
}

void api_describe(struct buf *out)
{
    buf_puts(out, "# The HTTP API\n\n<!-- Written by `hearth help --api` from the tables of src/api. Do not edit. -->\n\n"
                  "Unknown fields are ignored; a wrong type or value is refused with the name of the field in `error.param`.\n\n");
    buf_puts(out, "## Endpoints\n\n| method | path | what for |\n|---|---|---|\n");
    for (size_t i = 0; i < api_n_routes; i++)
        buf_printf(out, "| %s | `%s` | %s |\n", api_routes[i].method, api_routes[i].path, api_routes[i].about);
    put_fields(out, "Chat and completions", api_common_fields, api_n_common_fields);
    put_fields(out, "Chat only", api_chat_fields, api_n_chat_fields);
    put_fields(out, "Completions only", api_completion_fields, api_n_completion_fields);
    put_fields(out, "Embeddings", api_embed_fields, api_n_embed_fields);
    put_fields(out, "Rerank", api_rerank_fields, api_n_rerank_fields);
    put_fields(out, "Tokenize", api_tokenize_fields, api_n_tokenize_fields);
    put_fields(out, "Detokenize", api_detokenize_fields, api_n_detokenize_fields);
    put_fields(out, "Signing in (POST /api/session)", session_rows, n_session_rows);
    put_fields(out, "A new key (POST /api/keys)", key_rows, n_key_rows);
    put_fields(out, "Limits of a key", limit_rows, n_limit_rows);
    put_fields(out, "Getting a model (POST /api/models/pull)", pull_rows, n_pull_rows);
    put_fields(out, "A conversation (POST, PATCH /api/conversations)", api_conversation_fields, api_n_conversation_fields);
    put_fields(out, "A message", api_message_fields, api_n_message_fields);
    put_fields(out, "Another answer", api_answer_fields, api_n_answer_fields);
    put_fields(out, "A rating", api_rating_fields, api_n_rating_fields);
    put_fields(out, "A preset", api_preset_fields, api_n_preset_fields);
    put_fields(out, "Checking settings (POST /api/check)", api_check_fields, api_n_check_fields);
    put_fields(out, "A collection of documents (POST, PATCH /api/kb/collections)", api_kb_collection_fields, api_n_kb_collection_fields);
    put_fields(out, "Adding files (POST /api/kb/jobs)", api_kb_job_fields, api_n_kb_job_fields);
    put_fields(out, "Searching documents and asking them (POST /api/kb/search, POST /api/kb/ask)", api_kb_search_fields,
               api_n_kb_search_fields);
    put_fields(out, "Counting tokens", api_count_fields, api_n_count_fields);
    put_fields(out, "Responses (POST /v1/responses)", responses_fields, responses_n_fields);
    put_fields(out, "Anthropic: messages and count_tokens", anthropic_fields, anthropic_n_fields);
    put_fields(out, "llama-server: POST /completion", llama_fields, llama_n_fields);
    put_fields(out, "llama-server: POST /infill, which takes the other fields of /completion as well", infill_fields, infill_n_fields);
    put_fields(out, "Ollama: chat and generate", ollama_common_fields, ollama_n_common_fields);
    put_fields(out, "Ollama: chat only", ollama_chat_fields, ollama_n_chat_fields);
    put_fields(out, "Ollama: generate only", ollama_generate_fields, ollama_n_generate_fields);
    put_fields(out, "Ollama: options", ollama_option_fields, ollama_n_option_fields);
    put_fields(out, "Ollama: a model (POST /api/show, DELETE /api/delete)", ollama_model_fields, ollama_n_model_fields);
    put_fields(out, "Ollama: vectors (POST /api/embed, /api/embeddings)", api_ollama_embed_fields, api_n_ollama_embed_fields);
    put_fields(out, "Ollama: getting a model (POST /api/pull)", ollama_pull_fields, ollama_n_pull_fields);
}
