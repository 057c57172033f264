/* Tokenizers: a vocabulary made of the input, then the rest of the input encoded and decoded with it.
 *
 * Input: a byte of kind and flags; pieces until a length byte of 0 (length, type, score, bytes); merges until a length byte
 * of 0 (length, bytes); then text. What must hold is asserted: ids in range, no control token from text that is not trusted,
 * streams of valid UTF-8 that equal the whole, and in byte-level vocabularies the same bytes back. */
#include "base/utf8.h"
#include "model/chat.h"
#include "model/detok.h"
#include "tiny.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PIECES_MAX = 64,
    MERGES_MAX = 64,
    TOKENS_MAX = 1 << 16,
    FLAG_BPE = 1,
    FLAG_BYTES = 2,
    FLAG_CUTS = 8 /* unigram; with FLAG_BPE wordpiece */
};

struct input {
    struct reader r;
    struct str piece[PIECES_MAX], merge[MERGES_MAX];
    uint8_t type[PIECES_MAX];
    int8_t score[PIECES_MAX];
    size_t n_pieces, n_merges;
    uint8_t flags, pre;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_input(struct input *in)
{
    in->flags = read_u8(&in->r);
    in->pre = read_u8(&in->r);
    for (uint8_t n; in->n_pieces < PIECES_MAX && (n = read_u8(&in->r)) != 0; in->n_pieces++) {
        in->type[in->n_pieces] = read_u8(&in->r);
        in->score[in->n_pieces] = (int8_t)read_u8(&in->r);
        const char *p = reader_take(&in->r, n);
        in->piece[in->n_pieces] = str_from(p, p ? n : 0);
    }
    for (uint8_t n; in->n_merges < MERGES_MAX && (n = read_u8(&in->r)) != 0; in->n_merges++) {
        const char *p = reader_take(&in->r, n);
        in->merge[in->n_merges] = str_from(p, p ? n : 0);
    }
}

static unsigned char_of_byte(unsigned b)
{
    return b <= 32 ? 256 + b : b >= 127 && b <= 160 ? 256 + 33 + b - 127 : b == 173 ? 256 + 67 : b;
}

/* The texts, scores and types: `bytes` tokens for all bytes first. */
static void write_pieces(struct tiny *t, const struct input *in, bool bpe, size_t bytes)
{
    size_t n = bytes + in->n_pieces;
    tiny_array(t, "tokenizer.ggml.tokens", GGUF_STR, n);
    for (unsigned b = 0; b < bytes; b++) {
        char text[8];
        int len = bpe ? utf8_encode(char_of_byte(b), text) : snprintf(text, sizeof text, "<0x%02X>", b);
        tiny_text(&t->bytes, str_from(text, (size_t)len));
    }
    for (size_t i = 0; i < in->n_pieces; i++)
        tiny_text(&t->bytes, in->piece[i]);
    tiny_array(t, "tokenizer.ggml.scores", GGUF_F32, n);
    for (size_t i = 0; i < n; i++)
        write_f32(&t->bytes, i < bytes ? 0 : in->score[i - bytes]);
    tiny_array(t, "tokenizer.ggml.token_type", GGUF_I32, n);
    for (size_t i = 0; i < n; i++)
        write_i32(&t->bytes, i < bytes ? (bpe ? 1 : 6) : in->type[i - bytes]);
}

static int make_vocab(struct tiny *t, const struct input *in)
{
    static const char *const pre[] = {"gpt-2", "llama-bpe", "qwen2", "unknown"};
    bool bpe = in->flags & FLAG_BPE;
    tiny_init(t);
    bool cuts = in->flags & FLAG_CUTS;
    tiny_str(t, "tokenizer.ggml.model", cuts ? (bpe ? "bert" : "unigram") : bpe ? "gpt2" : "llama");
    tiny_str(t, "tokenizer.ggml.pre", pre[in->pre % 4]);
    write_pieces(t, in, bpe, in->flags & FLAG_BYTES ? 256 : 0);
    tiny_array(t, "tokenizer.ggml.merges", GGUF_STR, in->n_merges);
    for (size_t i = 0; i < in->n_merges; i++)
        tiny_text(&t->bytes, in->merge[i]);
    if (in->flags & 4)
        tiny_u32(t, "tokenizer.ggml.bos_token_id", in->flags >> 4);
    return tiny_open(t);
}

static void check_decode(const struct vocab *v, const struct tokens *ids, struct str text, bool exact)
{
    struct buf whole = buf_make(64 << 20), stream = buf_make(64 << 20);
    struct detok d;
    detok_init(&d, v, false, false);
    check(vocab_decode(v, ids->ptr, ids->len, false, false, &whole) == OK);
    for (size_t i = 0; i < ids->len; i++)
        check(detok_push(&d, ids->ptr[i], &stream) == OK);
    check(detok_flush(&d, &stream) == OK);
    check(utf8_valid(stream.ptr, stream.len, NULL));
    if (utf8_valid(whole.ptr, whole.len, NULL))
        check(str_eq(buf_str(&whole), buf_str(&stream)));
    check(!exact || str_eq(buf_str(&whole), text));
    buf_free(&whole);
    buf_free(&stream);
}

static void encode(const struct vocab *v, const struct input *in, struct str text, struct vocab_encode_options o)
{
    struct tokens ids = tokens_make(TOKENS_MAX);
    if (vocab_encode(v, text, o, &ids) == OK) {
        for (size_t i = 0; i < ids.len; i++)
            check(ids.ptr[i] < vocab_size(v) &&
                  (o.parse_special || o.add_special || !vocab_is_special(v, ids.ptr[i]) || ids.ptr[i] == vocab_info(v)->unk));
        check_decode(v, &ids, text,
                     (in->flags & FLAG_BPE) && !(in->flags & FLAG_CUTS) && (in->flags & FLAG_BYTES) && !in->n_pieces && !o.add_special);
    } else {
        check(ids.len == 0);
    }
    tokens_free(&ids);
}

static void render(const struct vocab *v, struct str text)
{
    struct gen_message m[] = {{.role = GEN_ROLE_SYSTEM, .content = str_head(text, text.len / 2)},
                              {.role = GEN_ROLE_USER, .content = text},
                              {.role = GEN_ROLE_ASSISTANT, .content = text}};
    static const char *const templates[] = {"", "<|im_start|>", "<|start_header_id|><|end_header_id|>", "[INST]<<SYS>>", "\"[INST]\""};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        struct tokens ids = tokens_make(TOKENS_MAX);
        struct err e;
        chat_render(chat_format_recognise(str_of(templates[i])), v, m, 3, i & 1, &ids, &e);
        tokens_free(&ids);
    }
    chat_format_recognise(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.r = reader_of(data, size)};
    struct tiny t;
    read_input(&in);
    struct str text = str_from(in.r.at, reader_left(&in.r));
    if (make_vocab(&t, &in) == OK) {
        for (int o = 0; o < 8; o++)
            encode(t.v, &in, text, (struct vocab_encode_options){o & 1, o & 2, o & 4});
        render(t.v, text);
    }
    tiny_free(&t);
    return 0;
}
