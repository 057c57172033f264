#include <math.h>

#include "../check.h"
#include "base/err.h"
#include "base/json.h"

static void json_is_always_valid(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    json_obj(&j);
    json_kcstr(&j, "a\"b", "line\nquote\" back\\ ctrl\x01 水");
    json_key(&j, "list");
    json_arr(&j);
    json_int(&j, -5);
    json_num(&j, NAN, 3);
    json_num(&j, 1.25, 2);
    json_str(&j, STR("\xff\xc3"));
    json_arr(&j);
    json_arr_end(&j);
    json_obj(&j);
    json_obj_end(&j);
    json_cstr(&j, NULL);
    json_arr_end(&j);
    json_kbool(&j, "t", true);
    json_obj_end(&j);
    assert_string_equal(buf_cstr(&b), "{\"a\\\"b\":\"line\\nquote\\\" back\\\\ ctrl\\u0001 "
                                      "水\",\"list\":[-5,null,1.25,\"\xef\xbf\xbd\xef\xbf\xbd\",[],{},null],\"t\":true}");
    buf_free(&b);
}

static void json_numbers(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    json_arr(&j);
    json_int(&j, INT64_MIN);
    json_int(&j, INT64_MAX);
    json_uint(&j, UINT64_MAX);
    json_num(&j, 0.1, 3);
    json_num(&j, -2.5, 0); /* to even */
    json_num(&j, 0.0005, 3);
    json_num(&j, 1e15, 1);
    json_num(&j, -0.0, 1);
    json_num(&j, INFINITY, 1);
    json_num(&j, -INFINITY, 1);
    json_arr_end(&j);
    assert_string_equal(buf_cstr(&b), "[-9223372036854775808,9223372036854775807,18446744073709551615,0.100,-2,0.001,"
                                      "1000000000000000.0,-0.0,null,null]");
    buf_free(&b);
}

static void json_keys_and_values(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    json_obj(&j);
    json_kstr(&j, "s", STR("a\0b"));
    json_kcstr(&j, "nothing", NULL);
    json_kint(&j, "i", -1);
    json_kuint(&j, "u", 1);
    json_knum(&j, "n", 0.25, 2);
    json_kbool(&j, "f", false);
    json_key(&j, "raw");
    json_raw(&j, STR("[1]"));
    json_key(&j, "empty");
    json_str(&j, (struct str){0});
    json_obj_end(&j);
    assert_str(buf_str(&b), "{\"s\":\"a\\u0000b\",\"nothing\":null,\"i\":-1,\"u\":1,\"n\":0.25,\"f\":false,\"raw\":[1],\"empty\":\"\"}");
    buf_free(&b);
}

static void json_depth_is_bounded(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
        json_arr(&j);
    json_int(&j, 1);
    json_int(&j, 2);
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
        json_arr_end(&j);
    assert_int_equal(b.failed, OK);
    assert_int_equal(b.len, 2 * (JSON_DEPTH_MAX - 1) + 3);
    buf_clear(&b);
    j = json_to(&b);
    for (int i = 0; i < 100; i++)
        json_arr(&j);
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_always_valid),
        cmocka_unit_test(json_numbers),
        cmocka_unit_test(json_keys_and_values),
        cmocka_unit_test(json_depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
