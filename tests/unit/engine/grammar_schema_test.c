/* JSON Schema: what each construct admits, and what is refused where. The test of many random schemas against ajv is tests/e2e/grammar. */
#include "grammar_harness.h"

#define S "{\"type\":\"string\","
#define I "{\"type\":\"integer\","
#define N "{\"type\":\"number\","
#define A "{\"type\":\"array\","
#define O "{\"type\":\"object\","

struct row {
    const char *schema, *yes[6], *no[6];
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct grammar *g = compiled(GEN_FORMAT_SCHEMA, rows[i].schema);
        for (size_t k = 0; k < 6 && rows[i].yes[k]; k++)
            if (!grammar_has(g, str_of(rows[i].yes[k])))
                fail_msg("%s should admit %s", rows[i].schema, rows[i].yes[k]);
        for (size_t k = 0; k < 6 && rows[i].no[k]; k++)
            if (grammar_has(g, str_of(rows[i].no[k])))
                fail_msg("%s must not admit %s", rows[i].schema, rows[i].no[k]);
        grammar_free(g);
    }
}

static void values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"true", {"1", "{\"a\": [1, {}]}", "\"x\"", "null", "[]"}, {"", "{", "01", "{\"a\":}", "nul"}},
        {"{}", {"-1.5e3", "\"\\u00e9\\n\""}, {"\"\\x\"", "\"\\ud800\"", "\"\n\"", "+1", "1."}},
        {"{\"type\":\"null\"}", {"null"}, {"0"}},
        {"{\"type\":[\"boolean\",\"integer\"]}", {"true", "0", "-12"}, {"1.5", "null", "-", "01"}},
        {"{\"type\":\"string\",\"nullable\":true}", {"null", "\"\""}, {"1"}},
        {"{\"enum\":[1,\"a\\\"b\",null,{\"x\":[true]}]}",
         {"1", "\"a\\\"b\"", "null", "{\"x\": [true]}", "{\n \"x\":[ true ]}"},
         {"2", "\"a\"", "{}"}},
        {"{\"const\":\"你\\n\"}", {"\"你\\n\"", "\"你\\u000A\""}, {"\"你\""}},
        {"{\"type\":\"string\",\"enum\":[\"a\",1]}", {"\"a\""}, {"1"}},
        {"{\"title\":\"t\",\"x-note\":1,\"default\":3,\"type\":\"integer\"}", {"5"}, {"\"a\""}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void strings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {S "\"minLength\":2,\"maxLength\":3}",
         {"\"ab\"", "\"你好吗\"", "\"\\u4f60\\ud83d\\ude00\"", "\"\\n\\t\""},
         {"\"a\"", "\"abcd\"", "\"\\u4f60\""}},
        {S "\"pattern\":\"^[a-z]+$\"}", {"\"abc\""}, {"\"\"", "\"Abc\"", "\"abc \""}},
        {S "\"pattern\":\"b\"}", {"\"b\"", "\"abc\"", "\"\\nb\\\"\""}, {"\"a\"", "\"\""}},
        {S "\"pattern\":\"^a|b$\"}", {"\"ax\"", "\"xb\""}, {"\"xa\"", "\"bx\""}},
        {S "\"pattern\":\"^\\\\\\\\\\\"\\\\n$\"}", {"\"\\\\\\\"\\n\""}, {"\"\\\"\\n\"", "\"\\\\\\\"n\""}},
        {S "\"pattern\":\"^a+$\",\"maxLength\":3,\"minLength\":2}", {"\"aa\"", "\"aaa\""}, {"\"a\"", "\"aaaa\"", "\"ab\""}},
        {S "\"format\":\"date\"}",
         {"\"2024-02-29\"", "\"1999-12-31\""},
         {"\"2023-02-29\"", "\"2024-13-01\"", "\"1900-02-29\"", "\"2024-04-31\""}},
        {S "\"format\":\"date-time\"}",
         {"\"2024-02-29T23:59:59Z\"", "\"2024-01-01T00:00:00.5+08:00\""},
         {"\"2024-01-01\"", "\"2024-01-01T24:00:00Z\""}},
        {S "\"format\":\"uuid\"}", {"\"123e4567-e89b-12d3-a456-426614174000\""}, {"\"123e4567\""}},
        {S "\"format\":\"ipv4\"}", {"\"127.0.0.255\""}, {"\"127.0.0.256\"", "\"1.2.3\"", "\"01.2.3.4\""}},
        {S "\"format\":\"ipv6\"}", {"\"::1\"", "\"1:2:3:4:5:6:7:8\"", "\"fe80::1\""}, {"\"1:2\"", "\":::\""}},
        {S "\"format\":\"email\"}", {"\"a.b@example.org\""}, {"\"a@\"", "\"a@b\"", "\"@b.c\""}},
        {S "\"format\":\"hostname\",\"maxLength\":5}", {"\"a.b\"", "\"a-b\""}, {"\"-a\"", "\"abcdef\""}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {I "\"minimum\":-3,\"maximum\":120}", {"-3", "0", "9", "10", "99", "120"}, {"-4", "121", "-10", "999", "-0", "1.0"}},
        {I "\"exclusiveMinimum\":7,\"exclusiveMaximum\":10}", {"8", "9"}, {"7", "10", "80"}},
        {I "\"minimum\":1000}", {"1000", "1001", "99999", "2000"}, {"999", "0", "-1000"}},
        {I "\"maximum\":-5}", {"-5", "-6", "-10", "-123"}, {"-4", "0", "5"}},
        {I "\"minimum\":1.5,\"maximum\":3.5}", {"2", "3"}, {"1", "4"}},
        {I "\"minimum\":0,\"maximum\":0}", {"0"}, {"1", "-0", "00"}},
        {I "\"multipleOf\":7}", {"0", "7", "14", "-49", "7000"}, {"1", "15", "-8"}},
        {I "\"multipleOf\":12,\"minimum\":100,\"maximum\":150}", {"108", "120", "144"}, {"96", "110", "156"}},
        {N "\"minimum\":0,\"maximum\":1}", {"0", "1", "0.5", "0.0", "1.0", "0.999999"}, {"1.1", "-0.5", "1.000001", "1e0", "2"}},
        {N "\"exclusiveMinimum\":0.25,\"maximum\":12.5}",
         {"0.26", "0.250001", "12.5", "12.50", "3"},
         {"0.25", "0.2", "0.250", "12.51", "13"}},
        {N "\"minimum\":-1.5,\"exclusiveMaximum\":-0.5}", {"-1.5", "-1", "-0.51"}, {"-1.51", "-0.5", "0", "1"}},
        {N "\"exclusiveMaximum\":0}", {"-0.1", "-5"}, {"0", "-0", "0.1", "-0.0"}},
        {"{\"type\":\"integer\",\"format\":\"int32\"}", {"2147483647", "-2147483648"}, {"2147483648"}},
        {"{\"minimum\":5}", {"5", "\"a\"", "{}", "null"}, {"4"}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void arrays(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {A "\"items\":{\"type\":\"integer\"}}", {"[]", "[1]", "[1, 2,3]", "[\n  1,\n  2\n]"}, {"[1,]", "[,1]", "[\"a\"]", "[1", "[1  ,2]"}},
        {A "\"items\":{\"type\":\"null\"},\"minItems\":2,\"maxItems\":3}",
         {"[null,null]", "[null,null,null]"},
         {"[]", "[null]", "[null,null,null,null]"}},
        {A "\"maxItems\":0}", {"[]"}, {"[1]"}},
        {A "\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
         {"[]", "[\"a\"]", "[\"a\",1]", "[\"a\",1,null,{}]"},
         {"[1]", "[\"a\",\"b\"]"}},
        {A "\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false,\"minItems\":1}",
         {"[\"a\"]", "[\"a\",1]"},
         {"[]", "[\"a\",1,2]"}},
        {A "\"prefixItems\":[true],\"items\":{\"type\":\"null\"},\"minItems\":3,\"maxItems\":4}",
         {"[1,null,null]", "[1,null,null,null]"},
         {"[1,null]", "[1,2,3]"}},
        {A "\"uniqueItems\":true,\"maxItems\":1}", {"[]", "[1]"}, {"[1,1]"}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void objects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {O "\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"null\"}},\"required\":[\"a\"]}",
         {"{\"a\":1}", "{\"a\": 1, \"b\": null}", "{\n  \"a\": 1,\n  \"b\": null\n}"},
         {"{}", "{\"b\":null}", "{\"b\":null,\"a\":1}", "{\"a\":1,\"c\":1}", "{\"a\":1,}"}},
        {O "\"properties\":{\"a\":true,\"b\":true,\"c\":true}}",
         {"{}", "{\"b\":1}", "{\"a\":1,\"c\":2}"},
         {"{\"c\":1,\"a\":1}", "{,\"b\":1}"}},
        {O "\"properties\":{\"a\":{\"type\":\"null\"}},\"additionalProperties\":{\"type\":\"integer\"}}",
         {"{}", "{\"a\":null,\"b\":1,\"ab\":2}", "{\"\":3}"},
         {"{\"a\":1}", "{\"a\":null,\"a\":1}", "{\"b\":null}", "{\"\\u0061\":1}"}},
        {O "\"additionalProperties\":{\"type\":\"null\"},\"minProperties\":1,\"maxProperties\":2}",
         {"{\"x\":null}", "{\"x\":null,\"y\":null}"},
         {"{}", "{\"x\":null,\"y\":null,\"z\":null}"}},
        {O "\"properties\":{\"a\":true,\"b\":true,\"c\":true},\"minProperties\":2,\"maxProperties\":2}",
         {"{\"a\":1,\"b\":1}", "{\"b\":1,\"c\":1}"},
         {"{\"a\":1}", "{\"a\":1,\"b\":1,\"c\":1}"}},
        {O "\"required\":[\"x\"]}", {"{\"x\":[1]}", "{\"x\":1,\"y\":2}"}, {"{}", "{\"y\":1}"}},
        {O "\"properties\":{\"a\":false,\"b\":true}}", {"{}", "{\"b\":1}"}, {"{\"a\":1}"}},
        {O "\"properties\":{\"q\\\"\\n\":true}}", {"{\"q\\\"\\n\":1}"}, {"{\"q\":1}"}},
        {O "\"maxProperties\":0}", {"{}"}, {"{\"a\":1}"}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void compositions(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"maxLength\":1}]}", {"1", "\"a\""}, {"\"ab\"", "null"}},
        {"{\"type\":\"integer\",\"anyOf\":[{\"minimum\":10},{\"maximum\":2}]}", {"10", "2", "-5"}, {"5", "\"a\""}},
        {"{\"allOf\":[{\"type\":\"integer\",\"minimum\":3},{\"maximum\":9},{\"multipleOf\":2}]}", {"4", "8"}, {"3", "2", "10"}},
        {"{\"allOf\":[{\"type\":\"string\",\"pattern\":\"a\"},{\"pattern\":\"b\",\"maxLength\":3}]}",
         {"\"ab\"", "\"bxa\""},
         {"\"a\"", "\"abab\""}},
        {"{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},"
         "{\"properties\":{\"a\":{\"minimum\":5},\"b\":{\"type\":\"null\"}}}]}",
         {"{\"a\":5}", "{\"a\":6,\"b\":null}"},
         {"{\"a\":4}", "{\"b\":null}", "null"}},
        {"{\"allOf\":[{\"enum\":[1,2,3]},{\"enum\":[2,3,4]},{\"type\":\"integer\"}]}", {"2", "3"}, {"1", "4"}},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", {"1", "\"a\""}, {"null"}},
        {"{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"a\"},\"x\":{\"type\":\"integer\"}},\"required\":[\"k\",\"x\"]"
         "},"
         "{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"b\"}},\"required\":[\"k\"]}]}",
         {"{\"k\":\"a\",\"x\":1}", "{\"k\":\"b\"}"},
         {"{\"k\":\"a\"}", "{\"k\":\"b\",\"x\":1}"}},
        {"{\"$defs\":{\"n\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/"
         "n\"},{\"type\":\"null\"}]}},"
         "\"required\":[\"v\",\"next\"]}},\"$ref\":\"#/$defs/n\"}",
         {"{\"v\":1,\"next\":null}", "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}"},
         {"{\"v\":1}", "{\"v\":1,\"next\":{}}"}},
        {"{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", {"[]", "[[],[[]]]"}, {"[1]", "[[]"}},
        {"{\"properties\":{\"a/b\":{\"type\":\"null\"},\"c\":{\"$ref\":\"#/properties/a~1b\"}},\"type\":\"object\"}",
         {"{\"c\":null}"},
         {"{\"c\":1}"}},
        {"{\"definitions\":{\"s p\":{\"type\":\"null\"}},\"$ref\":\"#/definitions/s%20p\"}", {"null"}, {"1"}},
        {"{\"$ref\":\"#/$defs/p\",\"minimum\":3,\"$defs\":{\"p\":{\"type\":\"integer\",\"maximum\":5}}}", {"3", "5"}, {"2", "6"}},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        int code;
        const char *words;
    } rows[] = {
        {"{\"type\":\"object\",\"properties\":{\"a/b\":{\"not\":{}}}}", ERR_UNSUPPORTED, "/properties/a~1b/not: "},
        {"{\"if\":true}", ERR_UNSUPPORTED, "/if"},
        {"{\"then\":true}", ERR_UNSUPPORTED, "/then"},
        {"{\"patternProperties\":{}}", ERR_UNSUPPORTED, "/patternProperties"},
        {"{\"propertyNames\":{}}", ERR_UNSUPPORTED, "/propertyNames"},
        {"{\"dependentRequired\":{}}", ERR_UNSUPPORTED, "/dependentRequired"},
        {"{\"dependentSchemas\":{}}", ERR_UNSUPPORTED, "/dependentSchemas"},
        {"{\"unevaluatedProperties\":false}", ERR_UNSUPPORTED, "/unevaluatedProperties"},
        {"{\"contains\":{}}", ERR_UNSUPPORTED, "/contains"},
        {"{\"$dynamicRef\":\"#a\"}", ERR_UNSUPPORTED, "/$dynamicRef"},
        {"{\"minlength\":3}", ERR_UNSUPPORTED, "/minlength: this keyword is not known"},
        {"{\"items\":[{}]}", ERR_INVAL, "/items"},
        {"{\"type\":\"array\",\"uniqueItems\":true}", ERR_UNSUPPORTED, "/uniqueItems"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"strin\"}}", ERR_INVAL, "/items/type"},
        {"{\"type\":[]}", ERR_INVAL, "/type"},
        {"{\"type\":\"string\",\"format\":\"colour\"}", ERR_UNSUPPORTED, "/format: the format 'colour'"},
        {"{\"type\":\"string\",\"pattern\":\"(?=a)\"}", ERR_UNSUPPORTED, "/pattern: the pattern at offset"},
        {"{\"type\":\"string\",\"pattern\":\".*a.{18}\"}", ERR_LIMIT, "/pattern"},
        {"{\"type\":\"string\",\"pattern\":3}", ERR_INVAL, "/pattern"},
        {"{\"type\":\"string\",\"minLength\":-1}", ERR_INVAL, "/minLength"},
        {"{\"type\":\"string\",\"maxLength\":1e9}", ERR_LIMIT, "/maxLength"},
        {"{\"type\":\"number\",\"multipleOf\":0.01}", ERR_UNSUPPORTED, "/multipleOf"},
        {"{\"type\":\"integer\",\"multipleOf\":0}", ERR_INVAL, "/multipleOf"},
        {"{\"type\":\"number\",\"minimum\":1e300}", ERR_UNSUPPORTED, "/minimum"},
        {"{\"exclusiveMinimum\":true}", ERR_INVAL, "/exclusiveMinimum"},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}", ERR_UNSUPPORTED, "/oneOf: branches 0 and 1"},
        {"{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", ERR_UNSUPPORTED, "/oneOf"},
        {"{\"anyOf\":[]}", ERR_INVAL, "/anyOf"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"items\":{\"not\":{}}}]}", ERR_UNSUPPORTED, "/anyOf/1/items/not"},
        {"{\"enum\":[]}", ERR_INVAL, "/enum"},
        {"{\"enum\":[\"a\"],\"minLength\":2}", ERR_UNSUPPORTED, "/enum"},
        {"{\"type\":\"integer\",\"enum\":[\"a\"]}", ERR_UNSUPPORTED, "/enum"},
        {"{\"$ref\":\"#/$defs/none\"}", ERR_INVAL, "/$ref"},
        {"{\"$ref\":\"https://example.org/s\"}", ERR_UNSUPPORTED, "/$ref"},
        {"{\"$ref\":\"#\"}", ERR_UNSUPPORTED, ""},
        {"{\"allOf\":[{\"$ref\":\"#\"}]}", ERR_LIMIT, "without end"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}", ERR_UNSUPPORTED,
         "nothing could ever satisfy"},
        {"{\"type\":\"object\",\"properties\":{},\"required\":[\"a\"],\"additionalProperties\":false}", ERR_UNSUPPORTED, "nothing"},
        {"{\"allOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", ERR_UNSUPPORTED, "nothing"},
        {"{\"type\":\"object\",\"additionalProperties\":true,\"minProperties\":2}", ERR_UNSUPPORTED, "/minProperties"},
        {"{\"allOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", ERR_UNSUPPORTED, "/multipleOf"},
        {"false", ERR_UNSUPPORTED, "nothing"},
        {"3", ERR_INVAL, "a schema must be"},
        {"{\"a\":1,\"a\":2}", ERR_INVAL, "not JSON"},
        {"{", ERR_INVAL, "not JSON"},
        {"", ERR_INVAL, "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(GEN_FORMAT_SCHEMA, rows[i].schema, rows[i].code, rows[i].words);
}

/* Small texts that ask for a lot: each ends in a refusal or an automaton, within the bounds. */
static void hostile_sizes(void **state)
{
    (void)state;
    struct buf text = buf_make(1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "{\"items\":");
    check_refused(GEN_FORMAT_SCHEMA, buf_str(&text), ERR_LIMIT, "nested", __FILE__, __LINE__);
    buf_clear(&text);
    buf_puts(&text, "{\"allOf\":[");
    for (int i = 0; i < 12; i++)
        buf_printf(&text, "%s{\"anyOf\":[{\"minLength\":%d},{\"maxLength\":%d},{\"minItems\":%d}]}", i ? "," : "", i, i + 40, i);
    buf_puts(&text, "]}");
    check_refused(GEN_FORMAT_SCHEMA, buf_str(&text), ERR_LIMIT, "alternatives", __FILE__, __LINE__);
    buf_clear(&text);
    buf_puts(&text, "{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 25; i++) /* doubles at each step, if somebody copied */
        buf_printf(&text, "\"a%d\":{\"type\":\"array\",\"prefixItems\":[{\"$ref\":\"#/$defs/a%d\"},{\"$ref\":\"#/$defs/a%d\"}]},", i, i + 1,
                   i + 1);
    buf_puts(&text, "\"a25\":{\"type\":\"null\"}}}");
    struct grammar *g = compiled(GEN_FORMAT_SCHEMA, buf_cstr(&text));
    assert_true(grammar_begins(g, STR("[[[[[")));
    grammar_free(g);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),  cmocka_unit_test(strings),      cmocka_unit_test(numbers),  cmocka_unit_test(arrays),
        cmocka_unit_test(objects), cmocka_unit_test(compositions), cmocka_unit_test(refusals), cmocka_unit_test(hostile_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
