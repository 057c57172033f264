/* Any bytes as hearth.yaml. What is accepted must print, and the print must be accepted and print the same. */
#include <stdio.h>
#include <stdlib.h>

#include "app/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_print(struct str text, struct buf *out, bool must_work)
{
    struct config c;
    struct err e = {0};
    if (config_init(&c, LANG_EN, &e))
        abort();
    int r = config_read_yaml(&c, "hearth.yaml", text, &e);
    if (r && (must_work || !e.text[0])) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    for (size_t i = 0; i < settings_count; i++)
        c.origin[i] = (struct config_origin){0};
    if (!r)
        config_print(&c, out);
    config_deinit(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf first = buf_make(8 << 20), second = buf_make(8 << 20);
    read_and_print(str_from(data, size), &first, false);
    if (first.len) {
        read_and_print(buf_str(&first), &second, true);
        if (!str_eq(buf_str(&first), buf_str(&second)))
            abort();
    }
    buf_free(&first);
    buf_free(&second);
    return 0;
}
