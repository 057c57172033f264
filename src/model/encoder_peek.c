/* What a file is, from its first bytes: cheap enough for every file of a folder. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/wire.h"
#include "model/encoder.h"
#include "model/gguf_internal.h"
#include "model/gguf_magic.h"

enum { HEAD_BYTES = 16 << 10, KEYS_MAX = 64 };

static struct str read_text(struct reader *r)
{
    uint64_t n = read_u64(r);
    const void *p = n <= HEAD_BYTES ? reader_take(r, (size_t)n) : NULL;
    r->bad = r->bad || !p;
    return p ? str_from(p, (size_t)n) : (struct str){0};
}

/* general.architecture stands among the first keys of every file that its usual writers make. */
static struct str find_architecture(struct str head)
{
    uint32_t version;
    if (gguf_check_magic(head, &version, NULL))
        return (struct str){0};
    struct reader r = reader_of(head.ptr + 8, head.len - 8);
    read_u64(&r); /* tensors */
    uint64_t n = read_u64(&r);
    for (uint64_t i = 0; i < n && i < KEYS_MAX && !r.bad; i++) {
        struct str key = read_text(&r);
        uint32_t kind = read_u32(&r);
        size_t bytes = kind < GGUF_KIND_COUNT ? gguf_kind_bytes((enum gguf_kind)kind) : 0;
        if (kind == GGUF_STR) {
            struct str value = read_text(&r);
            if (str_eq(key, STR("general.architecture")))
                return r.bad ? (struct str){0} : value;
        } else if (!bytes || !reader_take(&r, bytes)) {
            break; /* an array: too long to look behind it */
        }
    }
    return (struct str){0};
}

const struct encoder_arch *encoder_peek(const char *path)
{
    char *head = malloc(HEAD_BYTES);
    int fd = head ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? pread(fd, head, HEAD_BYTES, 0) : -1;
    const struct encoder_arch *arch = n > 8 ? encoder_arch_find(find_architecture(str_from(head, (size_t)n))) : NULL;
    if (fd >= 0)
        close(fd);
    free(head);
    return arch;
}
