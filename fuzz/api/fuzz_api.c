/* Request bodies. Whatever is accepted must also be within the bounds of the messages for engines. */
#include <stdint.h>
#include <stdlib.h>

#include "api/anthropic/anthropic.h"
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
    check_tokens(body);
    return 0;
}
