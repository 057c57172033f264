#include "kb/embed_text.h"

#include "base/utf8.h"

/* What is no letter counts for neither. */
static bool is_latin(struct str text)
{
    size_t latin = 0, other = 0;
    while (text.len) {
        uint32_t c;
        int n = utf8_decode(text.ptr, text.len, &c);
        if (n <= 0) {
            text = str_skip(text, 1);
            continue;
        }
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0x250);
        latin += letter;
        other += !letter && c >= 0x370 && !(c >= 0x2000 && c < 0x2e80);
        text = str_skip(text, (size_t)n);
    }
    return other < latin;
}

struct str kb_embed_text(struct str text, bool english)
{
    struct str head = str_head(str_trim(text), KB_EMBED_BYTES_MAX);
    head.len = utf8_complete_prefix(head.ptr, head.len);
    if (head.len == KB_EMBED_BYTES_MAX) {
        ptrdiff_t space = str_rchr(head, ' ');
        if (space > KB_EMBED_BYTES_MAX / 2)
            head.len = (size_t)space;
    }
    return english && !is_latin(head) ? (struct str){0} : head;
}
