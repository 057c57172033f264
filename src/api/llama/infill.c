/* POST /infill: what stands between a prefix and a suffix, for models whose vocabulary has tokens for that.
 *
 *   markers of one family after the other, until three tokens come ──► prefix ──► suffix ──► prompt ──► an ordinary request of tokens
 *
 * Each step asks the model's own vocabulary; people's texts never become special tokens. */
#include <stdlib.h>

#include "api/body.h"
#include "api/llama/llama.h"

enum { TEXT_PREFIX, TEXT_SUFFIX, TEXT_PROMPT, TEXTS, MARKERS = 3 };

/* Before the prefix, before the suffix, before what is to be written. */
static const char *const families[] = {
    "<|fim_prefix|><|fim_suffix|><|fim_middle|>",
    "<fim_prefix><fim_suffix><fim_middle>",
    "<fim-prefix><fim-suffix><fim-middle>",
    "<｜fim▁begin｜><｜fim▁hole｜><｜fim▁end｜>",
    "▁<PRE>▁<SUF>▁<MID>",
};
enum { FAMILIES = sizeof families / sizeof *families };

struct infill {
    struct api *api;
    struct http_exchange *x; /* NULL: over */
    struct api_request r;    /* first filled by the parser; its strings live with its root */
    struct arena arena;
    char *model; /* owned */
    struct str texts[TEXTS];
    size_t family, text; /* what is asked for */
    uint32_t begin[1 + MARKERS];
    size_t n_begin; /* a begin token, if the model wants one, and the markers; 0: not yet known */
    struct buf tokens;
    bool asking;
};

#define AT(n) offsetof(struct infill, texts) + (n) * sizeof(struct str)

/* clang-format off */
const struct field infill_fields[] = {
    {.name = "input_prefix", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(TEXT_PREFIX), .type = "a string", .about = "what stands before"},
    {.name = "input_suffix", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(TEXT_SUFFIX), .type = "a string", .about = "what stands behind"},
    {.name = "prompt", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(TEXT_PROMPT), .type = "a string", .about = "how what stands between begins"},
    {.name = "input_extra", .kind = FIELD_REFUSED, .about = "only one file is read"},
};
/* clang-format on */
const size_t infill_n_fields = sizeof infill_fields / sizeof *infill_fields;

static void infill_free(struct infill *f)
{
    if (f->x || f->asking)
        return;
    api_request_deinit(&f->r);
    arena_free(&f->arena);
    buf_free(&f->tokens);
    free(f->model);
    free(f);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct infill *f = ctx;
    f->x = NULL;
    infill_free(f);
}

/* The exchange is somebody else's from here. */
static struct http_exchange *let_go(struct infill *f)
{
    static const struct http_events nothing = {0};
    struct http_exchange *x = f->x;
    http_listen_events(x, &nothing, NULL);
    f->x = NULL;
    return x;
}

static void refuse(struct infill *f, const struct api_error *e)
{
    respond_error(f->api, let_go(f), e);
    infill_free(f);
}

static void add(struct infill *f, const uint32_t *tokens, size_t n)
{
    buf_put(&f->tokens, str_from(tokens, n * sizeof *tokens));
}

/* ---- steps */

static void ask(struct infill *f);

/* The tokens in their order: [begin] marker prefix marker suffix marker prompt. */
static void run(struct infill *f)
{
    struct api_error e;
    if (f->tokens.failed) {
        api_error_nomem(&e);
        refuse(f, &e);
        return;
    }
    f->r.gen.kind = GEN_TOKENS;
    f->r.gen.prompt_tokens = (const uint32_t *)(const void *)f->tokens.ptr;
    f->r.gen.n_prompt_tokens = f->tokens.len / sizeof(uint32_t);
    f->r.model = str_of(f->model);
    generation_start(f->api, let_go(f), &llama_shape, &f->r);
    infill_free(f);
}

/* The marker that stands before the text that is next; with the first one, a begin token. */
static void add_marker(struct infill *f)
{
    size_t bos = f->n_begin - MARKERS;
    if (f->text == 0)
        add(f, f->begin, bos);
    add(f, &f->begin[bos + f->text], 1);
}

static void take(struct infill *f, const struct gen_tokens *t)
{
    if (f->n_begin) {
        add(f, t->tokens, t->n_tokens);
        f->text++;
    } else if (t->n_tokens == MARKERS || t->n_tokens == MARKERS + 1) {
        memcpy(f->begin, t->tokens, t->n_tokens * sizeof *t->tokens);
        f->n_begin = t->n_tokens;
    } else {
        f->family++;
    }
}

static void on_tokens(void *ctx, const struct gen_tokens *t, const struct gen_failed *failed)
{
    struct infill *f = ctx;
    struct api_error e;
    f->asking = false;
    if (!f->x) {
        infill_free(f);
        return;
    }
    if (failed) {
        api_error_from_fault(&e, failed->fault, failed->message, (struct str){0});
        refuse(f, &e);
        return;
    }
    take(f, t);
    ask(f);
}

static void ask(struct infill *f)
{
    struct api_error e;
    struct err err = {0};
    struct gen_tokenize q = {.add_special = !f->n_begin, .parse_special = !f->n_begin};
    if (!f->n_begin && f->family == FAMILIES) {
        api_error_set(&e, 501, "not_supported", NULL, "The vocabulary of '%s' has no tokens for filling in between", f->model);
        refuse(f, &e);
        return;
    }
    if (f->text == TEXTS) {
        run(f);
        return;
    }
    if (f->n_begin)
        add_marker(f);
    q.text = f->n_begin ? f->texts[f->text] : str_of(families[f->family]);
    f->asking = true;
    err.code = runtime_tokenize(f->api->c.runtime, str_of(f->model), &q, on_tokens, f, &err);
    if (!err.code)
        return;
    f->asking = false;
    api_error_from_err(&e, &err);
    refuse(f, &e);
}

/* ---- the beginning */

static int parse(struct infill *f, struct str body, struct api_error *e)
{
    struct field_reader fr = {.arena = &f->arena, .error = e};
    gen_request_init(&f->r.gen, GEN_TOKENS);
    int rc = body_parse(body, f->api->c.json_depth_max, &f->r.root, e);
    if (!rc)
        rc = fields_read(&fr, infill_fields, infill_n_fields, "", f->r.root, f);
    if (!rc) /* what stands in the prompt's row is read by its own row here */
        rc = fields_read(&fr, llama_fields + 1, llama_n_fields - 1, "", f->r.root, &f->r);
    if (!rc && !f->texts[TEXT_PREFIX].ptr && !f->texts[TEXT_SUFFIX].ptr)
        rc = field_missing(&fr, "input_prefix");
    return rc;
}

void handle_llama_infill(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    static const struct http_events events = {.ended = on_ended};
    (void)args;
    struct api_error e;
    struct infill *f = calloc(1, sizeof *f);
    if (!f) {
        api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    *f = (struct infill){.api = a,
                         .x = x,
                         .arena = arena_make(API_PARSE_BYTES_MAX),
                         .tokens = buf_make(GEN_PROMPT_TOKENS_MAX * sizeof(uint32_t))};
    http_listen_events(x, &events, f);
    const struct model_entry *m = parse(f, http_request(x)->body, &e) ? NULL : models_pick(a, f->r.model, &e);
    f->model = m ? str_dup(m->name) : NULL;
    if (m && !f->model)
        api_error_nomem(&e);
    if (f->model)
        ask(f);
    else
        refuse(f, &e);
}
