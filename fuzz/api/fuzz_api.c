/* Request bodies. Whatever is accepted must also be within the bounds of the messages for engines. */
#include <stdint.h>
#include <stdlib.h>

#include "api/anthropic/anthropic.h"
#include "api/embed_request.h"
#include "api/llama/llama.h"
#include "api/ollama/ollama.h"
#include "api/request.h"
#include "api/responses/responses.h"
#include "gen/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH_MAX = 64, ARENA_BYTES_MAX = 64 << 20 };

static void check_error(int rc, const struct api_error *e)
{
    struct buf out = buf_make(8192);
    api_error_write(e, &out);
    if (!rc == !!e->status || (e->status && e->status != 400 && e->status != 503) || out.failed)
        abort();
    buf_free(&out);
}

static void check_generation(api_parse_fn *parse, struct str body)
{
    struct arena a = arena_make(ARENA_BYTES_MAX);
    struct api_request r = {0};
    struct api_error e = {0};
    int rc = parse(body, DEPTH_MAX, &a, &r, &e);
    check_error(rc, &e);
    for (size_t i = 0; !rc && (i < r.n_prompts || i == 0); i++) {
        struct buf frame = buf_make(GEN_FRAME_BYTES_MAX);
        struct gen_request g = api_request_for_prompt(&r, i);
        if (gen_put_request(&frame, &g) == ERR_INVAL)
            abort();
        buf_free(&frame);
    }
    api_request_deinit(&r);
    arena_free(&a);
}

static void check_tokens(struct str body)
{
    struct arena a = arena_make(ARENA_BYTES_MAX);
    struct api_tokenize t = {0};
    struct api_detokenize d = {0};
    struct api_error e = {0};
    check_error(api_parse_tokenize(body, DEPTH_MAX, &a, &t, &e), &e);
    json_decref(t.root);
    e = (struct api_error){0};
    check_error(api_parse_detokenize(body, DEPTH_MAX, &a, &d, &e), &e);
    json_decref(d.root);
    arena_free(&a);
}

static void check_frame(const struct gen_embed *m)
{
    struct buf frame = buf_make(GEN_FRAME_BYTES_MAX);
    if (gen_put_embed(&frame, m) == ERR_INVAL)
        abort();
    buf_free(&frame);
}

static void check_embeddings(struct str body)
{
    struct arena a = arena_make(ARENA_BYTES_MAX);
    int (*const parsers[])(struct str, size_t, struct arena *, struct api_embed *, struct api_error *) = {api_parse_embed,
                                                                                                          api_parse_ollama_embed};
    struct api_error e = {0};
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
        struct api_embed m = {0};
        e = (struct api_error){0};
        int rc = parsers[i](body, DEPTH_MAX, &a, &m, &e);
        check_error(rc, &e);
        if (!rc)
            check_frame(&m.gen);
        json_decref(m.root);
    }
    struct api_rerank r = {0};
    e = (struct api_error){0};
    int rc = api_parse_rerank(body, DEPTH_MAX, &a, &r, &e);
    check_error(rc, &e);
    if (!rc)
        check_frame(&r.gen);
    json_decref(r.root);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = str_from(data, size);
    check_generation(api_parse_chat, body);
    check_generation(api_parse_completion, body);
    check_generation(anthropic_parse, body);
    check_generation(llama_parse, body);
    check_generation(responses_parse, body);
    check_generation(ollama_parse_chat, body);
    check_generation(ollama_parse_generate, body);
    check_embeddings(body);
    check_tokens(body);
    return 0;
}
