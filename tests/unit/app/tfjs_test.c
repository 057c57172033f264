/* Weights of TensorFlow.js graph models: what is read, and what is refused. */
#include "../check.h"

#include "app/convert/tfjs.h"

struct folder {
    const char *name; /* of the only file there is */
    struct str bytes;
    int asked;
};

static int give(void *ctx, struct str name, struct buf *out, struct err *e)
{
    struct folder *f = ctx;
    f->asked++;
    if (!str_eq(name, str_of(f->name)))
        return err_set(e, ERR_NOENT, "there is no such file");
    return buf_put(out, f->bytes);
}

/* One, two and a half in 32-bit floats, then an integer. */
static const uint8_t bytes[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0, 0x3f, 7, 0, 0, 0};

static int read(const char *json, struct tfjs *ret, struct err *e)
{
    struct folder f = {"w.bin", str_from(bytes, sizeof bytes), 0};
    *e = (struct err){0};
    return tfjs_read(str_of(json), give, &f, ret, e);
}

#define MANIFEST(weights)         "{\"weightsManifest\":[{\"paths\":[\"w.bin\"],\"weights\":[" weights "]}]}"
#define WEIGHT(name, shape, type) "{\"name\":\"" name "\",\"shape\":" shape ",\"dtype\":\"" type "\"}"

static void weights_lie_one_behind_the_other(void **state)
{
    (void)state;
    struct tfjs t;
    struct err e;
    assert_int_equal(read(MANIFEST(WEIGHT("a", "[1,2]", "float32") "," WEIGHT("b", "[]", "float32") "," WEIGHT("c", "[1]", "int32")), &t,
                          &e),
                     OK);
    assert_int_equal(t.n_weights, 3);
    const struct tfjs_weight *a = tfjs_find(&t, "a"), *b = tfjs_find(&t, "b");
    assert_non_null(a);
    assert_int_equal(a->n_dims, 2);
    assert_int_equal(a->dim[1], 2);
    assert_int_equal(a->n, 2);
    assert_true(tfjs_value(&t, a, 0) == 1 && tfjs_value(&t, a, 1) == 2);
    assert_int_equal(b->n_dims, 0);
    assert_true(b->n == 1 && tfjs_value(&t, b, 0) == 0.5F);
    assert_false(tfjs_find(&t, "c")->is_float);
    assert_null(tfjs_find(&t, "d"));
    tfjs_deinit(&t);
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *json;
        int code;
        const char *words;
    } cases[] = {
        {"", ERR_CORRUPT, "no JSON"},
        {"{\"weightsManifest\":1", ERR_CORRUPT, "no JSON"},
        {"{}", ERR_CORRUPT, "no weightsManifest"},
        {"{\"weightsManifest\":[]}", ERR_CORRUPT, "no weightsManifest"},
        {"{\"weightsManifest\":[1]}", ERR_CORRUPT, "weights are no list"},
        {"{\"weightsManifest\":[{\"paths\":[],\"weights\":[]}]}", ERR_CORRUPT, "files of the weights"},
        {"{\"weightsManifest\":[{\"paths\":[\"../w.bin\"],\"weights\":[]}]}", ERR_CORRUPT, "no name of a file beside it"},
        {"{\"weightsManifest\":[{\"paths\":[\".w\"],\"weights\":[]}]}", ERR_CORRUPT, "no name of a file beside it"},
        {"{\"weightsManifest\":[{\"paths\":[\"a/b\"],\"weights\":[]}]}", ERR_CORRUPT, "no name of a file beside it"},
        {"{\"weightsManifest\":[{\"paths\":[\"x.bin\"],\"weights\":[]}]}", ERR_NOENT, "no such file"},
        {MANIFEST(WEIGHT("a", "[3]", "float32")), ERR_CORRUPT, "4 bytes more"},
        {MANIFEST(WEIGHT("a", "[5]", "float32")), ERR_CORRUPT, "20 bytes are needed, 16 are left"},
        {MANIFEST(WEIGHT("a", "[4]", "float16")), ERR_UNSUPPORTED, "of a type"},
        {MANIFEST(WEIGHT("a", "4", "float32")), ERR_CORRUPT, "no list"},
        {MANIFEST(WEIGHT("a", "[1,1,1,1,4]", "float32")), ERR_CORRUPT, "no list of at most"},
        {MANIFEST(WEIGHT("a", "[0]", "float32")), ERR_CORRUPT, "out of range"},
        {MANIFEST(WEIGHT("a", "[-4]", "float32")), ERR_CORRUPT, "out of range"},
        {MANIFEST(WEIGHT("a", "[16777216,16777216,16777216]", "float32")), ERR_CORRUPT, "out of range"},
        {MANIFEST(WEIGHT("", "[4]", "float32")), ERR_CORRUPT, "name is missing"},
        {MANIFEST("{\"name\":\"a\",\"shape\":[4],\"dtype\":\"float32\",\"quantization\":{}}"), ERR_UNSUPPORTED, "quantised"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tfjs t = {0};
        struct err e;
        int rc = read(cases[i].json, &t, &e);
        if (rc != cases[i].code || !strstr(e.text, cases[i].words))
            fail_msg("%s: %d, %s", cases[i].json, rc, e.text);
        assert_null(t.weights); /* untouched */
    }
}

static void names_are_bounded(void **state)
{
    (void)state;
    struct buf json = buf_make(4096);
    struct tfjs t;
    struct err e;
    buf_puts(&json, "{\"weightsManifest\":[{\"paths\":[\"w.bin\"],\"weights\":[{\"shape\":[4],\"dtype\":\"float32\",\"name\":\"");
    for (int i = 0; i < TFJS_NAME_MAX; i++)
        buf_putc(&json, 'x');
    buf_puts(&json, "\"}]}]}");
    assert_int_equal(read(buf_cstr(&json), &t, &e), ERR_CORRUPT);
    buf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_lie_one_behind_the_other),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
