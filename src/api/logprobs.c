#include "api/logprobs.h"

#include "base/utf8.h"

void logprobs_init(struct logprobs *l, size_t bytes_max)
{
    *l = (struct logprobs){0};
    for (int i = 0; i < LOGPROBS_PARTS; i++)
        l->part[i] = buf_make(bytes_max);
}

void logprobs_deinit(struct logprobs *l)
{
    for (int i = 0; i < LOGPROBS_PARTS; i++)
        buf_free(&l->part[i]);
}

void logprobs_add(struct logprobs *l, const struct logprobs_form *f, const struct gen_token *tokens, size_t n)
{
    for (size_t i = 0; i < n; i++)
        f->add(l, &tokens[i]);
}

void logprobs_write(struct logprobs *l, const struct logprobs_form *f, struct json *j)
{
    json_obj(j);
    for (int i = 0; i < LOGPROBS_PARTS && f->keys[i]; i++) {
        json_key(j, f->keys[i]);
        json_arr(j);
        if (l->part[i].len)
            json_raw(j, buf_str(&l->part[i]));
        json_arr_end(j);
        if (!l->part[i].failed)
            buf_clear(&l->part[i]);
    }
    json_obj_end(j);
}

int logprobs_failed(const struct logprobs *l)
{
    for (int i = 0; i < LOGPROBS_PARTS; i++)
        if (l->part[i].failed)
            return l->part[i].failed;
    return OK;
}

/* A writer of one more value. */
static struct json next(struct buf *part)
{
    if (part->len)
        buf_putc(part, ',');
    return json_to(part);
}

static void put_token(struct json *j, struct str bytes, float logprob)
{
    json_kstr(j, "token", bytes);
    json_knum(j, "logprob", (double)logprob, 6);
    json_key(j, "bytes");
    json_arr(j);
    for (size_t i = 0; i < bytes.len; i++)
        json_uint(j, (uint8_t)bytes.ptr[i]);
    json_arr_end(j);
}

static void add_chat(struct logprobs *l, const struct gen_token *t)
{
    struct json j = next(&l->part[0]);
    json_obj(&j);
    put_token(&j, t->bytes, t->logprob);
    json_key(&j, "top_logprobs");
    json_arr(&j);
    for (size_t i = 0; i < t->n_top; i++) {
        json_obj(&j);
        put_token(&j, t->top[i].bytes, t->top[i].logprob);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_obj_end(&j);
}

/* The completion form has no bytes: a part of a character is written as OpenAI does, "bytes:\xe6\xb0". */
static void put_name(struct buf *name, struct str bytes)
{
    buf_clear(name);
    if (utf8_valid(bytes.ptr, bytes.len, NULL)) {
        buf_put(name, bytes);
        return;
    }
    buf_puts(name, "bytes:");
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(name, "\\x%02x", (uint8_t)bytes.ptr[i]);
}

static bool named_before(const struct gen_alternative *top, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(top[k].bytes, top[i].bytes))
            return true;
    return false;
}

/* An object by text: of tokens with the same text the likeliest one counts, since a key can stand only once. */
static void put_top(struct buf *part, const struct gen_token *t, struct buf *name)
{
    struct json j = next(part);
    json_obj(&j);
    for (size_t i = 0; i < t->n_top; i++) {
        if (named_before(t->top, i))
            continue;
        put_name(name, t->top[i].bytes);
        json_knum(&j, buf_cstr(name), (double)t->top[i].logprob, 6);
    }
    json_obj_end(&j);
}

static void add_completion(struct logprobs *l, const struct gen_token *t)
{
    struct buf name = buf_make(1 << 20);
    struct json j = next(&l->part[0]);
    put_name(&name, t->bytes);
    json_str(&j, buf_str(&name));
    j = next(&l->part[1]);
    json_num(&j, (double)t->logprob, 6);
    put_top(&l->part[2], t, &name);
    j = next(&l->part[3]);
    json_uint(&j, l->text_offset);
    for (size_t i = 0; i < t->bytes.len; i++)
        l->text_offset += ((uint8_t)t->bytes.ptr[i] & 0xc0) != 0x80; /* bytes that begin a character */
    if (name.failed)
        l->part[0].failed = name.failed;
    buf_free(&name);
}

const struct logprobs_form logprobs_chat = {{"content"}, add_chat};
const struct logprobs_form logprobs_completion = {{"tokens", "token_logprobs", "top_logprobs", "text_offset"}, add_completion};
