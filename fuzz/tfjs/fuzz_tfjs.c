/* A model.json of TensorFlow.js, up to the first zero byte; what follows are the bytes that each of its files holds. */
#include <stdint.h>
#include <stdlib.h>

#include "app/convert/tfjs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int give(void *ctx, struct str name, struct buf *out, struct err *e)
{
    (void)e;
    if (!name.len || str_chr(name, '/') >= 0 || name.ptr[0] == '.')
        abort(); /* it would lead out of the folder */
    return buf_put(out, *(const struct str *)ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_from(data, size);
    ptrdiff_t zero = str_chr(all, 0);
    struct str json = zero < 0 ? all : str_head(all, (size_t)zero), bytes = zero < 0 ? (struct str){0} : str_skip(all, (size_t)zero + 1);
    struct tfjs t;
    struct err e = {0};
    if (tfjs_read(json, give, &bytes, &t, &e))
        return e.text[0] || e.code ? 0 : (abort(), 0);
    float sum = 0;
    for (size_t i = 0; i < t.n_weights; i++)
        for (size_t k = 0; t.weights[i].is_float && k < t.weights[i].n; k++)
            sum += tfjs_value(&t, &t.weights[i], k);
    volatile float sink = sum; /* so that reading is not left out */
    (void)sink;
    tfjs_deinit(&t);
    return 0;
}
