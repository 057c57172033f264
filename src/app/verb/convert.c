/* hearth convert FOLDER OUT [TYPE]: the Universal Sentence Encoder from TensorFlow.js to GGUF. */
#include <limits.h>
#include <stdio.h>

#include "app/convert/use.h"
#include "app/paths.h"
#include "app/term.h"
#include "app/text.h"
#include "sys/mem.h"

static int add_file(void *ctx, struct str name, struct buf *out, struct err *e)
{
    const char *folder = ctx;
    char path[PATH_MAX];
    struct mem_map map;
    int n = snprintf(path, sizeof path, "%s/" STR_FMT, folder, STR_ARG(name));
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVAL, "the path of the folder is too long");
    int r = mem_map_file(path, &map, e);
    if (r)
        return r;
    r = buf_put(out, str_from(map.ptr, map.len));
    mem_unmap(&map);
    return r ? err_set(e, r, "%s: %s", path, err_text(r)) : OK;
}

static int convert(const char *folder, const char *out, enum tensor_type type, size_t *ret_bytes, struct err *e)
{
    struct buf model = buf_make(64 << 20), vocab = buf_make(64 << 20);
    struct tfjs t = {0};
    int r = add_file((void *)folder, STR("model.json"), &model, e);
    r = r ? r : add_file((void *)folder, STR("vocab.json"), &vocab, e);
    r = r ? r : tfjs_read(buf_str(&model), add_file, (void *)folder, &t, e);
    *ret_bytes = t.bytes.len;
    r = r ? r : use_convert(&t, buf_str(&vocab), type, out, e);
    tfjs_deinit(&t);
    buf_free(&model);
    buf_free(&vocab);
    return r;
}

int verb_convert(struct app *a)
{
    const char *out = a->args.words[1], *name = a->args.n_words > 2 ? a->args.words[2] : "Q8_0";
    const struct tensor_type_info *type = tensor_type_by_name(str_of(name));
    struct err e = {0};
    size_t bytes = 0;
    if (!type || !(type->id == TENSOR_F32 || type->id == TENSOR_F16 || type->id == TENSOR_BF16 || type->id == TENSOR_Q8_0))
        return complain(a, T(a->lang, CONVERT_TYPE), name);
    if (convert(a->args.words[0], out, (enum tensor_type)type->id, &bytes, &e))
        return complain(a, "%s", e.text);
    printf(T(a->lang, CONVERTED), out, bytes_text(bytes).text, type->name);
    putchar('\n');
    return EXIT_OK;
}
