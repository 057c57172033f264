#include "../check.h"

#include <jansson.h>
#include <stdio.h>

#include "api/internal.h"
#include "api/openapi.h"

static json_t *document(void)
{
    struct buf b = buf_make(1 << 20);
    openapi_write("1.2.3", &b);
    assert_int_equal(b.failed, OK);
    json_t *root = json_loadb(b.ptr, b.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    buf_free(&b);
    return root;
}

static json_t *operation(json_t *root, const struct route *r)
{
    char path[200], method[16];
    size_t n = 0, m = 0;
    for (const char *p = r->path; *p; p++)
        if (*p != '*')
            path[n++] = *p;
    path[n] = 0;
    for (const char *p = r->method; *p; p++)
        method[m++] = (char)(*p | 32);
    method[m] = 0;
    return json_object_get(json_object_get(json_object_get(root, "paths"), path), method);
}

static void every_route_is_in_it(void **state)
{
    (void)state;
    json_t *root = document();
    for (size_t i = 0; i < api_n_routes; i++) {
        const struct route *r = &api_routes[i];
        json_t *op = operation(root, r);
        if (!op)
            fail_msg("%s %s is missing", r->method, r->path);
        size_t named = 0, wanted = 0;
        size_t k;
        json_t *p;
        json_array_foreach(json_object_get(op, "parameters"), k, p)
        {
            named += !strcmp(json_string_value(json_object_get(p, "in")), "path");
        }
        for (const char *c = r->path; *c; c++)
            wanted += *c == '{';
        assert_int_equal(named, wanted);
        static const char *const scopes[] = {[SCOPE_OPEN] = "open", [SCOPE_USER] = "user", [SCOPE_ADMIN] = "admin"};
        assert_string_equal(json_string_value(json_object_get(op, "x-hearth-scope")), scopes[r->scope]);
        assert_true((json_array_size(json_object_get(op, "security")) == 0) == (r->scope == SCOPE_OPEN));
        assert_non_null(json_object_get(json_object_get(op, "responses"), "default"));
    }
    json_decref(root);
}

static void every_row_has_its_route_and_fields(void **state)
{
    (void)state;
    json_t *root = document();
    for (size_t i = 0; i < openapi_n_rows; i++) {
        const struct openapi_row *row = &openapi_rows[i];
        const struct route *r = api_routes;
        while (r < api_routes + api_n_routes && (strcmp(r->path, row->path) != 0 || strcmp(r->method, row->method) != 0))
            r++;
        if (r == api_routes + api_n_routes)
            fail_msg("there is no route %s %s", row->method, row->path);
        json_t *body = json_object_get(operation(root, r), "requestBody");
        json_t *schema = json_object_get(json_object_get(json_object_get(body, "content"), "application/json"), "schema");
        for (size_t k = 0; k < OPENAPI_PARTS_MAX && row->body[k].rows; k++)
            for (size_t f = 0; f < *row->body[k].n; f++)
                assert_non_null(json_object_get(json_object_get(schema, "properties"), row->body[k].rows[f].name));
    }
    json_decref(root);
}

static void check_refs(json_t *root, json_t *v)
{
    static const char head[] = "#/components/schemas/";
    const char *key;
    size_t i;
    json_t *one;
    json_object_foreach(v, key, one)
    {
        if (!strcmp(key, "$ref")) {
            const char *ref = json_string_value(one);
            assert_int_equal(strncmp(ref, head, sizeof head - 1), 0);
            json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
            if (!json_object_get(schemas, ref + sizeof head - 1))
                fail_msg("%s leads nowhere", ref);
        }
        check_refs(root, one);
    }
    json_array_foreach(v, i, one) check_refs(root, one);
}

static void no_reference_dangles(void **state)
{
    (void)state;
    json_t *root = document();
    check_refs(root, root);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_in_it),
        cmocka_unit_test(every_row_has_its_route_and_fields),
        cmocka_unit_test(no_reference_dangles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
