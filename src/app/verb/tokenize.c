#include "app/paths.h"
#include "app/term.h"
#include "base/json.h"
#include "model/vocab.h"

enum { OUTPUT_BYTES_MAX = 512 << 20 };

static void print_json(const struct vocab *v, const struct tokens *t)
{
    struct buf out = buf_make(OUTPUT_BYTES_MAX), piece = buf_make(1 << 20);
    struct json j = json_to(&out);
    json_obj(&j);
    json_key(&j, "tokens");
    json_arr(&j);
    for (size_t i = 0; i < t->len; i++)
        json_uint(&j, t->ptr[i]);
    json_arr_end(&j);
    json_key(&j, "pieces");
    json_arr(&j);
    for (size_t i = 0; i < t->len; i++) {
        buf_clear(&piece);
        vocab_piece(v, t->ptr[i], true, &piece);
        json_str(&j, buf_str(&piece));
    }
    json_arr_end(&j);
    json_kuint(&j, "count", t->len);
    json_obj_end(&j);
    printf("%s\n", buf_cstr(&out));
    buf_free(&out);
    buf_free(&piece);
}

/* One token a line; the piece as a JSON string, so that spaces and newlines can be seen. */
static void print_lines(const struct vocab *v, const struct tokens *t)
{
    struct buf piece = buf_make(1 << 20), line = buf_make(8 << 20);
    for (size_t i = 0; i < t->len; i++) {
        buf_clear(&piece);
        buf_clear(&line);
        vocab_piece(v, t->ptr[i], true, &piece);
        struct json j = json_to(&line);
        json_str(&j, buf_str(&piece));
        printf("%7u  %s\n", t->ptr[i], buf_cstr(&line));
    }
    buf_free(&piece);
    buf_free(&line);
}

int verb_tokenize(struct app *a)
{
    struct buf input = {0};
    struct gguf *g = NULL;
    struct vocab *v = NULL;
    struct tokens t = tokens_make(64 << 20);
    struct err e = {0};
    const char *path;
    int r = model_path(a, a->args.words[0], &path, &e);
    if (!r && a->args.n_words < 2)
        r = read_standard_input(a, &input, &e);
    if (!r)
        r = gguf_open(path, &g, &e);
    if (!r)
        r = vocab_create(g, &v, &e);
    if (!r) {
        struct str text = a->args.n_words > 1 ? str_of(a->args.words[1]) : buf_str(&input);
        r = vocab_encode(v, text, (struct vocab_encode_options){.add_special = !a->args.no_special, .parse_special = a->args.parse_special},
                         &t);
        if (r)
            err_set(&e, r, "%s", err_text(r));
    }
    if (!r)
        (a->args.json ? print_json : print_lines)(v, &t);
    tokens_free(&t);
    vocab_free(v);
    gguf_close(g);
    buf_free(&input);
    return r ? complain(a, "%s", e.text) : EXIT_OK;
}
