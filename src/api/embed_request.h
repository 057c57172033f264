/* POST /v1/embeddings and /v1/rerank: bodies to gen's messages. Pure functions over bytes. */
#ifndef API_EMBED_REQUEST_H
#define API_EMBED_REQUEST_H

#include "api/fields.h"
#include "gen/embed.h"

struct api_embed {
    json_t *root; /* owns the strings; api_embed_deinit lets it go */
    struct str model, encoding_format;
    struct gen_embed gen;
    uint32_t dimensions; /* 0: all */
    bool base64;
};

struct api_rerank {
    json_t *root;
    struct str model, query;
    struct gen_embed gen; /* the query, then the documents */
    uint32_t top_n;       /* 0: all */
    bool return_documents;
};

/* Strings of *ret point into the parsed JSON, arrays into the arena. On failure *ret is untouched. */
int api_parse_embed(struct str body, size_t depth_max, struct arena *a, struct api_embed *ret, struct api_error *e);
/* Ollama's bodies: too long texts are cut unless they say otherwise. */
int api_parse_ollama_embed(struct str body, size_t depth_max, struct arena *a, struct api_embed *ret, struct api_error *e);
int api_parse_rerank(struct str body, size_t depth_max, struct arena *a, struct api_rerank *ret, struct api_error *e);

extern const struct field api_embed_fields[], api_ollama_embed_fields[], api_rerank_fields[];
extern const size_t api_n_embed_fields, api_n_ollama_embed_fields, api_n_rerank_fields;

#endif
