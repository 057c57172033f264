#include "api/anthropic/anthropic.h"
#include "api/embed_request.h"
#include "api/kb/kb_api.h"
#include "api/llama/llama.h"
#include "api/ollama/ollama.h"
#include "api/openapi.h"
#include "api/people_fields.h"
#include "api/pulls.h"
#include "api/request.h"
#include "api/responses/responses.h"
#include "api/talk_fields.h"

#define BODY(name)                                  \
    {                                               \
        api_##name##_fields, &api_n_##name##_fields \
    }

#define OLLAMA(name)                                      \
    {                                                     \
        ollama_##name##_fields, &ollama_n_##name##_fields \
    }

/* clang-format off */
const struct openapi_row openapi_rows[] = {
    {"POST", "/v1/chat/completions", .body = {BODY(common), BODY(chat)}, .required = "messages"},
    {"POST", "/v1/completions", .body = {BODY(common), BODY(completion)}, .required = "prompt"},
    {"POST", "/v1/embeddings", .body = {BODY(embed)}, .required = "input"},
    {"POST", "/v1/rerank", .body = {BODY(rerank)}, .required = "documents"},
    {"POST", "/tokenize", .body = {BODY(tokenize)}, .required = "content"},
    {"POST", "/detokenize", .body = {BODY(detokenize)}, .required = "tokens"},
    {"POST", "/apply-template", .body = {BODY(common), BODY(chat)}, .required = "messages"},
    {"POST", "/api/session", .body = {{session_rows, &n_session_rows}}, .answer = "Session"},
    {"GET", "/api/session", .answer = "Session"},
    {"DELETE", "/api/session", .status = 204},
    {"POST", "/api/links", .status = 201},
    {"POST", "/api/keys", .body = {{key_rows, &n_key_rows}}, .required = "name", .status = 201},
    {"DELETE", "/api/keys/{id}", .status = 204},
    {"GET", "/api/conversations", .answer = "ConversationPage", .query = {
        {"q", "string", "words that are looked for in titles and texts"}, {"folder", "string", "only of this folder"},
        {"before", "string", "the `next` of the page before"}, {"limit", "integer", "1 to 200; 50 without it"}}},
    {"POST", "/api/conversations", .body = {BODY(conversation)}, .status = 201, .answer = "Conversation"},
    {"DELETE", "/api/conversations", .status = 204, .query = {{"confirm", "string", "must be `all`"}}},
    {"GET", "/api/conversations/{id}", .answer = "Conversation"},
    {"PATCH", "/api/conversations/{id}", .body = {BODY(conversation)}, .answer = "ConversationSummary"},
    {"DELETE", "/api/conversations/{id}", .status = 204},
    {"POST", "/api/conversations/{id}/messages", .body = {BODY(message)}, .status = 201, .answer = "Posted"},
    {"POST", "/api/conversations/{id}/answers", .body = {BODY(answer)}, .status = 201, .answer = "Answered"},
    {"GET", "/api/conversations/{id}/messages/{message}", .answer = "Message"},
    {"PATCH", "/api/conversations/{id}/messages/{message}", .body = {BODY(rating)}, .answer = "Message"},
    {"GET", "/api/conversations/{id}/messages/{message}/events", .content_type = "text/event-stream", .query = {
        {"from", "integer", "bytes of UTF-8 that are known already"}}},
    {"POST", "/api/conversations/{id}/messages/{message}/stop", .status = 204},
    {"GET", "/api/conversations/{id}/export", .answer = "Export", .query = {{"format", "string", "json or markdown"}}},
    {"GET", "/api/export", .answer = "Export", .query = {{"format", "string", "json or markdown"}}},
    {"POST", "/api/import", .body_schema = "Import", .answer = "Imported"},
    {"POST", "/api/count", .body = {BODY(count)}, .required = "text", .answer = "Count"},
    {"POST", "/api/check", .body = {BODY(check)}, .answer = "Check"},
    {"GET", "/api/folders", .answer = "Folders"},
    {"GET", "/api/presets", .answer = "Presets"},
    {"POST", "/api/presets", .body = {BODY(preset)}, .required = "name", .status = 201, .answer = "Preset"},
    {"PATCH", "/api/presets/{id}", .body = {BODY(preset)}, .answer = "Preset"},
    {"DELETE", "/api/presets/{id}", .status = 204},
    {"POST", "/api/models/pull", .body = {{pull_rows, &n_pull_rows}}, .required = "name"},
    {"GET", "/api/kb/collections", .answer = "Collections"},
    {"POST", "/api/kb/collections", .body = {BODY(kb_collection)}, .required = "name", .status = 201, .answer = "Collection"},
    {"PATCH", "/api/kb/collections/{id}", .body = {BODY(kb_collection)}, .answer = "Collection"},
    {"DELETE", "/api/kb/collections/{id}", .status = 204},
    {"GET", "/api/kb/collections/{id}/documents", .answer = "DocumentPage", .query = {
        {"below", "string", "only sources that begin so"}, {"after", "string", "the `next` of the page before"}, {"limit", "integer", "1 to 500; 100 without it"}}},
    {"POST", "/api/kb/collections/{id}/documents", .body_schema = "File", .status = 201, .answer = "Document", .query = {{"name", "string", "the file's name, from which its kind is guessed"}}},
    {"GET", "/api/kb/documents/{id}", .answer = "Document"},
    {"DELETE", "/api/kb/documents/{id}", .status = 204},
    {"GET", "/api/kb/documents/{id}/text", .answer = "DocumentText", .query = {
        {"from", "integer", "byte of the text"}, {"bytes", "integer", "about how many; 65536 without it"}}},
    {"POST", "/api/kb/search", .body = {BODY(kb_search)}, .required = "query", .answer = "Hits"},
    {"POST", "/api/kb/ask", .body = {BODY(kb_search)}, .required = "query", .answer = "Quotes"},
    {"GET", "/api/kb/status", .query = {{"collection", "string", "id of a collection"}}},
    {"POST", "/api/kb/jobs", .body = {BODY(kb_job)}, .required = "collection", .status = 202, .answer = "KbJob"},
    {"GET", "/api/kb/jobs", .answer = "KbJobs"},
    {"GET", "/api/kb/jobs/{id}/events", .content_type = "text/event-stream"},
    {"DELETE", "/api/kb/jobs/{id}", .status = 204},
    {"POST", "/completion", .body = {{llama_fields, &llama_n_fields}}, .required = "prompt"},
    {"POST", "/infill", .body = {{infill_fields, &infill_n_fields}}},
    {"POST", "/v1/responses", .body = {{responses_fields, &responses_n_fields}}, .required = "input"},
    {"POST", "/v1/messages", .body = {{anthropic_fields, &anthropic_n_fields}}, .required = "messages"},
    {"POST", "/v1/messages/count_tokens", .body = {{anthropic_fields, &anthropic_n_fields}}, .required = "messages"},
    {"POST", "/api/chat", .body = {OLLAMA(common), OLLAMA(chat)}, .content_type = "application/x-ndjson"},
    {"POST", "/api/generate", .body = {OLLAMA(common), OLLAMA(generate)}, .content_type = "application/x-ndjson"},
    {"POST", "/api/embed", .body = {BODY(ollama_embed)}},
    {"POST", "/api/embeddings", .body = {BODY(ollama_embed)}},
    {"POST", "/api/show", .body = {OLLAMA(model)}, .required = "model"},
    {"POST", "/api/pull", .body = {OLLAMA(pull)}, .required = "model", .content_type = "application/x-ndjson"},
    {"DELETE", "/api/delete", .body = {OLLAMA(model)}, .required = "model"},
    {"GET", "/", .content_type = "text/html"},
};

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define ARRAY(item) "{\"type\":\"array\",\"items\":" item "}"
#define TEXT "{\"type\":\"string\"}"
#define MAYBE_TEXT "{\"type\":[\"string\",\"null\"]}"
#define NUMBER "{\"type\":\"number\"}"
#define INTEGER "{\"type\":\"integer\"}"
#define SUMMARY "\"id\":" TEXT ",\"title\":" TEXT ",\"folder\":" MAYBE_TEXT ",\"model\":" MAYBE_TEXT ",\"created_ms\":" INTEGER ",\"updated_ms\":" INTEGER
#define DETAILS ",\"system\":" TEXT ",\"settings\":{\"type\":\"object\"},\"leaf\":" MAYBE_TEXT
#define CALLS(text) ARRAY(OBJECT("\"id\":" TEXT ",\"name\":" TEXT ",\"" text "\":" TEXT))
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"

const struct openapi_schema openapi_schemas[] = {
    {"Error", OBJECT("\"error\":" OBJECT("\"message\":" TEXT ",\"type\":" TEXT ",\"param\":" MAYBE_TEXT ",\"code\":" MAYBE_TEXT))},
    {"Session", OBJECT("\"signed_in\":{\"type\":\"boolean\"},\"csrf\":" TEXT ",\"principal\":{\"type\":\"object\"}")},
    {"ConversationSummary", OBJECT(SUMMARY ",\"messages\":" INTEGER ",\"snippet\":" TEXT DETAILS)},
    {"ConversationPage", OBJECT("\"conversations\":" ARRAY(REF("ConversationSummary")) ",\"next\":" MAYBE_TEXT ",\"total\":" INTEGER)},
    {"Conversation", OBJECT(SUMMARY DETAILS ",\"messages\":" ARRAY(REF("Message")))},
    {"Attachment", OBJECT("\"name\":" TEXT ",\"bytes\":" INTEGER ",\"tokens\":{\"type\":[\"integer\",\"null\"]},\"text\":" TEXT)},
    {"Usage", OBJECT("\"prompt_tokens\":" INTEGER ",\"cached_tokens\":" INTEGER ",\"completion_tokens\":" INTEGER ",\"first_ms\":" NUMBER
                     ",\"decode_ms\":" NUMBER)},
    {"Message", OBJECT("\"id\":" TEXT ",\"parent\":" MAYBE_TEXT ",\"role\":{\"enum\":[\"user\",\"assistant\",\"tool\"]},\"content\":" TEXT ",\"reasoning\":" TEXT ",\"calls\":" CALLS("arguments") ",\"results\":" CALLS("content") ",\"model\":" TEXT
                       ",\"state\":{\"enum\":[\"done\",\"writing\",\"stopped\",\"length\",\"failed\",\"interrupted\"]},\"error\":" TEXT
                       ",\"rating\":{\"enum\":[-1,0,1]},\"attachments\":" ARRAY(REF("Attachment")) ",\"created_ms\":" INTEGER ",\"usage\":" REF("Usage"))},
    {"Posted", OBJECT("\"message\":" REF("Message") ",\"answer\":{\"anyOf\":[" REF("Message") ",{\"type\":\"null\"}]}")},
    {"Answered", OBJECT("\"answer\":" REF("Message"))},
    {"Export", OBJECT("\"format\":{\"const\":\"hearth.conversations\"},\"version\":{\"const\":1},\"conversations\":" ARRAY(REF("Conversation")))},
    {"Import", "{\"anyOf\":[" REF("Export") ",{\"type\":\"array\",\"items\":{\"type\":\"object\"},\"description\":\"ChatGPT's conversations.json\"}]}"},
    {"Imported", OBJECT("\"conversations\":" INTEGER ",\"messages\":" INTEGER ",\"skipped\":" ARRAY(OBJECT("\"title\":" TEXT ",\"reason\":" TEXT))
                        ",\"skipped_total\":" INTEGER)},
    {"Count", OBJECT("\"tokens\":" INTEGER)},
    {"Check", OBJECT("\"problems\":" ARRAY(OBJECT("\"field\":{\"enum\":[\"tools\",\"schema\"]},\"message\":" TEXT)))},
    {"Folders", OBJECT("\"folders\":" ARRAY(OBJECT("\"name\":" TEXT ",\"conversations\":" INTEGER)))},
    {"Preset", OBJECT("\"id\":" TEXT ",\"name\":" TEXT ",\"system\":" TEXT ",\"settings\":{\"type\":\"object\"}")},
    {"Presets", OBJECT("\"presets\":" ARRAY(REF("Preset")))},
    {"Collection", OBJECT("\"id\":" TEXT ",\"name\":" TEXT ",\"own\":{\"type\":\"boolean\"},\"encoder\":" TEXT ",\"documents\":" INTEGER ",\"chunks\":" INTEGER
                          ",\"created_ms\":" INTEGER ",\"updated_ms\":" INTEGER ",\"readers\":{\"type\":\"array\"}")},
    {"Collections", OBJECT("\"collections\":" ARRAY(REF("Collection")))},
    {"Document", OBJECT("\"id\":" TEXT ",\"collection\":" TEXT ",\"source\":" TEXT ",\"title\":" TEXT ",\"kind\":" TEXT ",\"bytes\":" INTEGER ",\"modified_ms\":" INTEGER
                        ",\"text_bytes\":" INTEGER ",\"chunks\":" INTEGER ",\"added_ms\":" INTEGER)},
    {"File", "{\"type\":\"string\",\"format\":\"binary\",\"description\":\"the document's bytes, as they are\"}"},
    {"DocumentPage", OBJECT("\"documents\":" ARRAY(REF("Document")) ",\"next\":" MAYBE_TEXT ",\"total\":" INTEGER)},
    {"Passage", OBJECT("\"offset\":" INTEGER ",\"line\":" INTEGER ",\"page\":" INTEGER ",\"heading\":" TEXT ",\"text\":" TEXT)},
    {"DocumentText", OBJECT("\"document\":" REF("Document") ",\"chunks\":" ARRAY(REF("Passage")) ",\"next\":{\"type\":[\"integer\",\"null\"]}")},
    {"Hits", OBJECT("\"hits\":" ARRAY(OBJECT("\"document\":" TEXT ",\"collection\":" TEXT ",\"source\":" TEXT ",\"title\":" TEXT ",\"offset\":" INTEGER
                    ",\"line\":" INTEGER ",\"page\":" INTEGER ",\"heading\":" TEXT ",\"text\":" TEXT ",\"score\":" NUMBER ",\"word_rank\":" INTEGER
                    ",\"vector_rank\":" INTEGER ",\"cosine\":" NUMBER)) ",\"by_vectors\":{\"type\":\"boolean\"}")},
    {"Quotes", OBJECT("\"answered\":{\"type\":\"boolean\"},\"quotes\":" ARRAY(OBJECT("\"document\":" TEXT ",\"collection\":" TEXT ",\"source\":" TEXT ",\"title\":" TEXT
                      ",\"offset\":" INTEGER ",\"line\":" INTEGER ",\"page\":" INTEGER ",\"heading\":" TEXT ",\"text\":" TEXT ",\"share\":" NUMBER))
                      ",\"by_vectors\":{\"type\":\"boolean\"}")},
    {"KbJob", OBJECT("\"id\":" TEXT ",\"collection\":" TEXT ",\"state\":{\"enum\":[\"counting\",\"reading\",\"tidying\",\"done\",\"canceled\",\"failed\"]}"
                     ",\"started_ms\":" INTEGER ",\"ended_ms\":" INTEGER ",\"files_total\":" INTEGER ",\"files_done\":" INTEGER ",\"bytes_total\":" INTEGER
                     ",\"bytes_done\":" INTEGER ",\"text_bytes\":" INTEGER ",\"chunks\":" INTEGER ",\"added\":" INTEGER ",\"replaced\":" INTEGER
                     ",\"unchanged\":" INTEGER ",\"removed\":" INTEGER ",\"failed\":" INTEGER ",\"passed_over\":" INTEGER ",\"rate_bps\":" NUMBER
                     ",\"eta_s\":" INTEGER ",\"current\":" TEXT ",\"error\":" TEXT ",\"problems\":" ARRAY(OBJECT("\"path\":" TEXT ",\"reason\":" TEXT)))},
    {"KbJobs", OBJECT("\"jobs\":" ARRAY(REF("KbJob")))},
};
/* clang-format on */
const size_t openapi_n_rows = sizeof openapi_rows / sizeof *openapi_rows;
const size_t openapi_n_schemas = sizeof openapi_schemas / sizeof *openapi_schemas;
