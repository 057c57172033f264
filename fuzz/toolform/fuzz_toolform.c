/* Any bytes as a model's answer, in any form: the first byte chooses the form, the second how it is cut. What comes out must not depend on
 * the cuts. */
#include <stdlib.h>

#include "model/toolform/toolform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const forms[] = {
    "",
    "tools <tool_call> <think>",
    "<|start_header_id|> \"parameters\"",
    "[TOOL_CALLS]",
    "[TOOL_CALLS] [ARGS] [THINK]",
    "<｜tool▁calls▁begin｜> ```json",
    "<｜tool▁calls▁begin｜> </think>",
    "<|channel|> <|message|>",
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Everything that came out, in one buffer. */
static void read_all(const struct toolform *f, unsigned flags, struct str s, size_t piece, struct buf *all)
{
    struct toolform_parser p;
    struct toolform_out out;
    uint32_t n_calls = 0;
    toolform_out_init(&out);
    toolform_parser_init(&p, f, flags & 1, flags & 2);
    int rc = OK;
    for (; s.len && !rc; s = str_skip(s, piece))
        rc = toolform_push(&p, str_head(s, piece), &out);
    if (!rc)
        rc = toolform_end(&p, &out);
    check(rc == OK || rc == ERR_LIMIT);
    for (size_t i = 0; i < out.n_pieces; i++) {
        const struct toolform_piece *q = &out.pieces[i];
        check(q->at + q->len <= out.bytes.len && q->call < GEN_TOOL_CALLS_MAX);
        check(q->begins ? q->call == n_calls && q->len && q->len <= TOOLFORM_NAME_MAX : q->call + 1 == n_calls);
        n_calls += q->begins;
    }
    buf_put(all, buf_str(&out.text));
    buf_putc(all, 0);
    buf_put(all, buf_str(&out.reasoning));
    buf_putc(all, 0);
    buf_put(all, buf_str(&out.bytes));
    check(str_chr(buf_str(&out.text), TOOLFORM_MARK) < 0);
    toolform_out_deinit(&out);
    toolform_parser_deinit(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 16)
        return 0;
    struct toolform *f;
    struct str s = str_from(data + 2, size - 2);
    if (toolform_create(str_of(forms[data[0] % (sizeof forms / sizeof *forms)]), NULL, &f))
        return 0;
    struct buf whole = buf_make(1 << 20), cut = buf_make(1 << 20);
    read_all(f, data[0] >> 4, s, s.len ? s.len : 1, &whole);
    /* control tokens come whole, so only texts without marks are cut */
    if (str_chr(s, TOOLFORM_MARK) < 0) {
        read_all(f, data[0] >> 4, s, 1 + data[1] % 16, &cut);
        check(str_eq(buf_str(&whole), buf_str(&cut)));
    }
    buf_free(&whole);
    buf_free(&cut);
    toolform_free(f);
    return 0;
}
