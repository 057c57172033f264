#include "app/chat/copy.h"

#include "app/markdown_block.h"
#include "base/err.h"

static void put_base64(struct str s, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.len; i += 3) {
        size_t left = s.len - i;
        uint32_t v = (uint32_t)(unsigned char)s.ptr[i] << 16;
        v |= left > 1 ? (uint32_t)(unsigned char)s.ptr[i + 1] << 8 : 0;
        v |= left > 2 ? (unsigned char)s.ptr[i + 2] : 0;
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], left > 1 ? digits[v >> 6 & 63] : '=', left > 2 ? digits[v & 63] : '='};
        buf_put(out, str_from(four, 4));
    }
}

int copy_sequence(struct str text, struct buf *out)
{
    if (text.len > COPY_BYTES_MAX)
        return ERR_LIMIT;
    buf_puts(out, "\033]52;c;");
    put_base64(text, out);
    buf_puts(out, "\a");
    return out->failed;
}

bool copy_last_code(struct str *text)
{
    struct str rest = *text, line, found = {0}, body = {0};
    char mark = 0;
    int n_mark = 0;
    bool wait;
    while (str_split(&rest, '\n', &line)) {
        if (mark && block_closes(line, true, mark, n_mark, &wait)) {
            found = body;
            mark = 0;
        } else if (mark) {
            body.ptr = body.ptr ? body.ptr : line.ptr;
            body.len = (size_t)(line.ptr + line.len - body.ptr);
        } else {
            struct block b = block_classify(line, true);
            if (b.kind != BLOCK_FENCE)
                continue;
            mark = b.fence;
            n_mark = b.n_fence;
            body = (struct str){0};
        }
    }
    *text = found;
    return found.ptr != NULL;
}
