/* A vocabulary from a GGUF's metadata. The file is checked as it is read: every array's kind and length, every id. */
#include "model/vocab.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "model/gguf_internal.h"
#include "model/text/impl.h"

int array_of(const struct gguf *g, const char *key, enum gguf_kind item, uint64_t count, uint64_t max, const struct gguf_kv **ret,
             struct err *e)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    if (!kv)
        return err_set(e, ERR_NOENT, "%s is missing", key);
    if (kv->kind != GGUF_ARR || kv->item_kind != item)
        return err_set(e, ERR_CORRUPT, "%s is not an array of %s (offset %zu)", key,
                       item == GGUF_STR   ? "strings"
                       : item == GGUF_F32 ? "32-bit floats"
                                          : "32-bit integers",
                       gguf_kv_offset(g, key));
    if (!kv->count || kv->count > max || (count && kv->count != count))
        return err_set(e, ERR_CORRUPT, "%s has %llu entries, expected %s%llu (offset %zu)", key, (unsigned long long)kv->count,
                       count ? "" : "1 to ", (unsigned long long)(count ? count : max), gguf_kv_offset(g, key));
    *ret = kv;
    return OK;
}

static int load_pieces(struct vocab *v, const struct gguf *g, struct err *e)
{
    const char *key = "tokenizer.ggml.tokens";
    const struct gguf_kv *kv;
    int r = array_of(g, key, GGUF_STR, 0, VOCAB_TOKENS_MAX, &kv, e);
    if (r)
        return r;
    if (kv->len > UINT32_MAX) /* NOLINT(clang-analyzer-core.NullDereference): err_set returns its code, which is not OK */
        return err_set(e, ERR_LIMIT, "%s has %zu bytes, more than 4 GB", key, kv->len);
    if (text_list_init(&v->pieces, (const char *)kv->data, (uint32_t)kv->count))
        return err_set(e, ERR_NOMEM, "out of memory for a vocabulary of %llu tokens", (unsigned long long)kv->count);
    size_t cursor = 0;
    struct str text;
    for (uint32_t t = 0; t < v->pieces.n; t++) {
        if (!gguf_next_str(kv, &cursor, &text))
            return err_set(e, ERR_CORRUPT, "%s ends at entry %u of %u", key, t, v->pieces.n);
        if (text.len > PIECE_BYTES_MAX)
            return err_set(e, ERR_CORRUPT, "%s: token %u has %zu bytes, more than %d", key, t, text.len, PIECE_BYTES_MAX);
        v->pieces.at[t] = (uint32_t)(text.ptr - v->pieces.base);
        v->pieces.len[t] = (uint16_t)text.len;
        v->longest = text.len > v->longest ? text.len : v->longest;
    }
    return OK;
}

/* Without the key every token is a normal one; a number that means nothing is taken as normal, too. */
static int load_types(struct vocab *v, const struct gguf *g, struct err *e)
{
    const char *key = "tokenizer.ggml.token_type";
    const struct gguf_kv *kv = gguf_kv(g, key);
    v->type = malloc(v->pieces.n);
    if (!v->type)
        return err_set(e, ERR_NOMEM, "out of memory for a vocabulary of %u tokens", v->pieces.n);
    memset(v->type, TYPE_NORMAL, v->pieces.n);
    if (!kv)
        return OK;
    enum gguf_kind item = kv->item_kind == GGUF_U32 ? GGUF_U32 : GGUF_I32;
    int r = array_of(g, key, item, v->pieces.n, v->pieces.n, &kv, e);
    if (r)
        return r;
    for (uint32_t t = 0; t < v->pieces.n; t++) {
        uint32_t type;
        memcpy(&type, kv->data + (size_t)t * sizeof type, sizeof type);
        v->type[t] = type >= TYPE_NORMAL && type <= TYPE_BYTE ? (uint8_t)type : TYPE_NORMAL;
    }
    return OK;
}

static bool is_special_type(uint8_t type)
{
    return type == TYPE_CONTROL || type == TYPE_UNKNOWN || type == TYPE_USER;
}

/* Where two tokens have one text the later wins, but a special one always. Empty texts are nobody's. */
static int index_pieces(struct vocab *v, struct err *e)
{
    int r = token_map_init(&v->find, &v->pieces, v->pieces.n);
    for (int special = 0; special < 2 && !r; special++) {
        for (uint32_t t = 0; t < v->pieces.n && !r; t++) {
            if (v->pieces.len[t] && is_special_type(v->type[t]) == special)
                r = token_map_put(&v->find, t);
        }
    }
    if (r == ERR_CORRUPT)
        return err_set(e, r, "tokenizer.ggml.tokens: too many texts collide");
    return r ? err_set(e, r, "out of memory for a vocabulary of %u tokens", v->pieces.n) : OK;
}

/* The id under a key, when it is there. 2^32 - 1 is how some converters write "none". */
static int load_id(const struct vocab *v, const struct gguf *g, const char *key, uint32_t *ret, struct err *e)
{
    uint32_t id;
    if (!gguf_kv(g, key))
        return OK;
    int r = gguf_u32(g, key, &id, e);
    if (r)
        return r;
    if (id >= v->pieces.n && id != TOKEN_NONE)
        return err_set(e, ERR_CORRUPT, "%s is %u, but the vocabulary has %u tokens (offset %zu)", key, id, v->pieces.n,
                       gguf_kv_offset(g, key));
    *ret = id;
    return OK;
}

static int load_flag(const struct gguf *g, const char *key, bool *ret, struct err *e)
{
    return gguf_kv(g, key) ? gguf_bool(g, key, ret, e) : OK;
}

/* SentencePiece's customary ids hold if the tokens are of that type. */
static uint32_t customary(const struct vocab *v, uint32_t id, enum token_type type)
{
    return id < v->pieces.n && v->type[id] == type ? id : TOKEN_NONE;
}

static const struct {
    const char *model, *name; /* tokenizer.ggml.model, and what it is called here */
    int (*load)(struct vocab *v, const struct gguf *g, struct err *e);
} kinds[] = {
    [KIND_SPM] = {"llama", "spm", spm_load},
    [KIND_BPE] = {"gpt2", "bpe", bpe_load},
    [KIND_UNIGRAM] = {"unigram", "unigram", unigram_load},
    [KIND_WORDPIECE] = {"bert", "wordpiece", wordpiece_load},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* What holds when the file does not say otherwise. */
static void presume_info(struct vocab *v)
{
    struct vocab_info *i = &v->info;
    bool spm = v->kind == KIND_SPM, words = v->kind == KIND_WORDPIECE, spaces = v->kind != KIND_BPE;
    *i = (struct vocab_info){kinds[v->kind].name, "", TOKEN_NONE, TOKEN_NONE, TOKEN_NONE, TOKEN_NONE, spm || words, words, spaces};
    if (spm || v->kind == KIND_UNIGRAM)
        i->unk = customary(v, 0, TYPE_UNKNOWN);
    if (spm) {
        i->bos = customary(v, 1, TYPE_CONTROL);
        i->eos = customary(v, 2, TYPE_CONTROL);
    } else if (words) {
        i->bos = token_map_get(&v->find, STR("[CLS]"));
        i->eos = token_map_get(&v->find, STR("[SEP]"));
        i->unk = token_map_get(&v->find, STR("[UNK]"));
    } else if (v->kind == KIND_BPE) {
        i->pre = v->bpe.pretok->name;
        i->add_bos = v->bpe.pretok->add_bos;
    }
}

static int load_info(struct vocab *v, const struct gguf *g, struct err *e)
{
    struct vocab_info *i = &v->info;
    presume_info(v);
    int r = load_id(v, g, "tokenizer.ggml.bos_token_id", &i->bos, e);
    r = r ? r : load_id(v, g, "tokenizer.ggml.eos_token_id", &i->eos, e);
    r = r ? r : load_id(v, g, "tokenizer.ggml.eot_token_id", &i->eot, e);
    r = r ? r : load_id(v, g, "tokenizer.ggml.unknown_token_id", &i->unk, e);
    if (v->kind == KIND_WORDPIECE) { /* the format's own spelling */
        r = r ? r : load_id(v, g, "tokenizer.ggml.cls_token_id", &i->bos, e);
        r = r ? r : load_id(v, g, "tokenizer.ggml.seperator_token_id", &i->eos, e);
    }
    r = r ? r : load_flag(g, "tokenizer.ggml.add_bos_token", &i->add_bos, e);
    r = r ? r : load_flag(g, "tokenizer.ggml.add_eos_token", &i->add_eos, e);
    if (v->kind != KIND_BPE)
        r = r ? r : load_flag(g, "tokenizer.ggml.add_space_prefix", &i->add_space_prefix, e);
    return r;
}

static int find_kind(struct vocab *v, const struct gguf *g, struct err *e)
{
    struct str model;
    int r = gguf_str(g, "tokenizer.ggml.model", &model, e);
    if (r)
        return r;
    for (size_t i = 0; i < N_KINDS; i++) {
        v->kind = (enum vocab_kind)i;
        if (str_eq(model, str_of(kinds[i].model)))
            return OK;
    }
    return err_set(e, ERR_UNSUPPORTED, "the tokenizer \"%s\" (tokenizer.ggml.model) is unknown; known are llama, gpt2, bert, unigram",
                   gguf_show(model).text);
}

static int load(struct vocab *v, const struct gguf *g, struct err *e)
{
    int r = find_kind(v, g, e);
    r = r ? r : load_pieces(v, g, e);
    r = r ? r : load_types(v, g, e);
    r = r ? r : index_pieces(v, e);
    if (r)
        return r;
    for (int b = 0; b < 256; b++)
        v->byte_token[b] = TOKEN_NONE;
    marks_find_controls(v);
    if (v->kind == KIND_WORDPIECE)
        wordpiece_find_controls(v);
    r = kinds[v->kind].load(v, g, e);
    r = r ? r : load_info(v, g, e);
    if (r)
        return r;
    marks_find_ends(v);
    return specials_init(v) ? err_set(e, ERR_NOMEM, "out of memory for the special tokens") : OK;
}

int vocab_create(const struct gguf *g, struct vocab **ret, struct err *e)
{
    struct vocab *v = calloc(1, sizeof *v);
    if (!v)
        return err_set(e, ERR_NOMEM, "out of memory for a vocabulary");
    int r = load(v, g, e);
    if (r) {
        vocab_free(v);
        return r;
    }
    *ret = v;
    return OK;
}

void vocab_free(struct vocab *v)
{
    if (!v)
        return;
    spm_deinit(&v->spm);
    bpe_deinit(&v->bpe);
    trie_deinit(&v->trie);
    free(v->scores);
    specials_deinit(&v->specials);
    token_map_deinit(&v->find);
    text_list_deinit(&v->pieces);
    free(v->type);
    free(v);
}

uint32_t vocab_size(const struct vocab *v)
{
    return v->pieces.n;
}
const struct vocab_info *vocab_info(const struct vocab *v)
{
    return &v->info;
}
uint32_t vocab_find(const struct vocab *v, struct str text)
{
    return token_map_get(&v->find, text);
}

bool vocab_is_special(const struct vocab *v, uint32_t token)
{
    return token < v->pieces.n && (v->type[token] == TYPE_CONTROL || v->type[token] == TYPE_UNKNOWN);
}

bool vocab_is_end(const struct vocab *v, uint32_t token)
{
    for (size_t i = 0; i < v->n_ends; i++) {
        if (v->ends[i] == token)
            return true;
    }
    return false;
}
