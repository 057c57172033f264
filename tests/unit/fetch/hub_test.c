/* Names, listings and the whole way from a name to a file, against a small hub and its CDN. */
#include "fetch/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "fetch/part.h"
#include "fetch/pull.h"
#include "fetch/url.h"
#include "server.h"

/* SHA-256 of "model bytes" */
#define DIGEST "9bf7d59b91bcef47a6a5ab4f10e3d6a3ca0a27c1b4a5de1ae1af70fbe1e0c9b3"

static bool says(const struct err *e, const char *word)
{
    bool found = str_find(str_of(e->text), str_of(word), 0) >= 0;
    if (!found)
        print_error("\"%s\" does not say \"%s\"\n", e->text, word);
    return found;
}

/* ---- names */

static void test_names(void **state)
{
    (void)state;
    struct hub_name n;
    assert_true(hub_name_parse(STR("Qwen/Qwen3-0.6B-GGUF"), &n));
    assert_str(n.org, "Qwen");
    assert_str(n.repo, "Qwen3-0.6B-GGUF");
    assert_int_equal(n.quant.len + n.file.len, 0);
    assert_true(hub_name_parse(STR("a/b:q4_k_m"), &n));
    assert_str(n.quant, "q4_k_m");
    assert_true(hub_name_parse(STR("a/b/sub/file-Q8_0.gguf"), &n));
    assert_str(n.file, "sub/file-Q8_0.gguf");
    static const char *const bad[] = {"",
                                      "a",
                                      "a/",
                                      "/b",
                                      "a/b:",
                                      "a/b/",
                                      "a/b/c",
                                      "../b",
                                      "a/..",
                                      "a/b/../x.gguf",
                                      "a/b//x.gguf",
                                      "a/b/.x.gguf",
                                      "a/b/-x.gguf",
                                      "a/b:../x",
                                      "a b/c",
                                      "a/b\nc",
                                      "a/b?c",
                                      "a/b#c",
                                      "a/b%2e",
                                      "-a/b",
                                      "a/-b",
                                      ".a/b",
                                      "a/b:q/4.gguf",
                                      "a/b/x.gguf/",
                                      "a/b/.gguf",
                                      "a/b/x.gguf\n",
                                      "a\\b/c",
                                      "a/b/x:y.gguf"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hub_name_parse(str_of(bad[i]), &n))
            fail_msg("\"%s\" is taken for a name", bad[i]);
    assert_false(hub_name_parse((struct str){0}, &n));
    assert_false(hub_name_parse(str_from("a/b\0c", 5), &n));
    char *longer = malloc(5000);
    memset(longer, 'a', 5000);
    longer[1] = '/';
    assert_false(hub_name_parse(str_from(longer, 5000), &n));
    free(longer);
}

static void test_revisions(void **state)
{
    (void)state;
    static const char *const good[] = {"main", "v1.0", "refs/pr/3", "0123abcd"}, *const bad[] = {"",    "-x",  "..", "a/../b",
                                                                                                 "a b", "a?b", "/a", "a#"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(hub_revision_fit(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hub_revision_fit(str_of(bad[i])));
}

static void test_links(void **state)
{
    (void)state;
    assert_str(hub_next_link(STR("<https://h/x?cursor=1>; rel=\"next\"")), "https://h/x?cursor=1");
    assert_str(hub_next_link(STR("<a>; rel=\"prev\", <b>; rel=\"next\"")), "b");
    assert_str(hub_next_link(STR("<a>;rel=next")), "a");
    static const char *const none[] = {"",    "<",        "<a",      "<a>",         "<a>;", "a; rel=next", "<a>; rel=\"last\"",
                                       ">;<", "<>,<>,<>", "<a>,,,,", "rel=\"next\""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(hub_next_link(str_of(none[i])).len, 0);
}

/* ---- listings */

static const char *chosen(const char *json, const char *quant, struct err *e)
{
    static char path[300];
    struct hub_list list = {0};
    const struct hub_entry *f = NULL;
    *path = 0;
    int rc = hub_list_read(str_of(json), &list, e);
    if (!rc && !(rc = hub_choose(&list, str_of(quant), &f, e)))
        snprintf(path, sizeof path, "%s", f->path);
    hub_list_free(&list);
    return rc ? err_name(rc) : path;
}

#define FILE_JSON(path) "{\"type\":\"file\",\"path\":\"" path "\",\"size\":5,\"oid\":\"1\",\"lfs\":{\"oid\":\"" DIGEST "\",\"size\":77}}"

static void test_choosing(void **state)
{
    (void)state;
    struct err e;
    static const char all[] = "[" FILE_JSON("m-Q8_0.gguf") "," FILE_JSON("m-UD-Q4_K_XL.gguf") "," FILE_JSON("m-Q4_K_XL.gguf") "," FILE_JSON(
        "m-Q4_K_M.gguf") "," FILE_JSON("README.md") "," FILE_JSON("mmproj-m-Q4_0.gguf") "," FILE_JSON("../../x-Q4_0.gguf") "," FILE_JSON("b"
                                                                                                                                         "/"
                                                                                                                                         "m"
                                                                                                                                         "."
                                                                                                                                         "f"
                                                                                                                                         "1"
                                                                                                                                         "6"
                                                                                                                                         "."
                                                                                                                                         "g"
                                                                                                                                         "g"
                                                                                                                                         "u"
                                                                                                                                         "f") "]";
    assert_string_equal(chosen(all, "", &e), "m-Q4_K_M.gguf");
    assert_string_equal(chosen(all, "q8_0", &e), "m-Q8_0.gguf");
    assert_string_equal(chosen(all, "Q4_K_XL", &e), "m-Q4_K_XL.gguf");
    assert_string_equal(chosen(all, "UD-Q4_K_XL", &e), "m-UD-Q4_K_XL.gguf");
    assert_string_equal(chosen(all, "F16", &e), "b/m.f16.gguf");
    assert_string_equal(chosen(all, "Q4_0", &e), "NOENT"); /* neither the projector nor the hidden path */
    assert_true(says(&e, "Q8_0"));
    assert_true(says(&e, "Q4_K_M"));
    assert_string_equal(chosen(all, "K_M", &e), "m-Q4_K_M.gguf");
    assert_string_equal(chosen(all, "_M", &e), "NOENT");
    static const char odd[] = "[" FILE_JSON("m-IQ1.gguf") "," FILE_JSON("m-IQ2.gguf") "]";
    assert_string_equal(chosen(odd, "", &e), "NOENT");
    assert_true(says(&e, "IQ2"));
    assert_string_equal(chosen("[" FILE_JSON("only.gguf") "]", "", &e), "only.gguf");
    assert_string_equal(chosen("[]", "", &e), "NOENT");
    static const char parts[] = "[" FILE_JSON("m-Q4_K_M-00001-of-00002.gguf") "," FILE_JSON("m-Q4_K_M-00002-of-00002.gguf") "]";
    assert_string_equal(chosen(parts, "", &e), "UNSUPPORTED");
    assert_true(says(&e, "parts"));
    assert_string_equal(chosen("[" FILE_JSON("m-Q4_0-00001-of-00001.gguf") "]", "q4_0", &e), "m-Q4_0-00001-of-00001.gguf");
}

static void test_hostile_listings(void **state)
{
    (void)state;
    struct err e;
    static const char *const bad[] = {"",
                                      "{}",
                                      "[",
                                      "null",
                                      "[" FILE_JSON("a.gguf") ",]",
                                      "[{\"type\":\"file\",\"path\":\"a.gguf\"}]",
                                      "[{\"type\":\"file\",\"path\":\"a.gguf\",\"size\":-1}]",
                                      "[{\"type\":\"file\",\"path\":\"a.gguf\",\"size\":1e99}]",
                                      "[{\"type\":\"file\",\"path\":\"a.gguf\",\"size\":99999999999999999999999}]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(chosen(bad[i], "", &e), "CORRUPT");
    assert_string_equal(chosen("[1,null,[],{\"type\":7},{\"type\":\"file\",\"path\":{}},{\"type\":\"directory\",\"path\":\"x.gguf\"}]", "",
                               &e),
                        "NOENT");
    /* a digest that is none counts as unknown */
    struct hub_list list = {0};
    assert_int_equal(hub_list_read(STR("[{\"type\":\"file\",\"path\":\"a.gguf\",\"size\":1,\"lfs\":{\"oid\":\"zz\",\"size\":2}}]"), &list,
                                   &e),
                     OK);
    assert_string_equal(list.items[0].sha256, "");
    assert_int_equal(list.items[0].size, 2);
    hub_list_free(&list);
}

/* ---- states of parts */

static void test_states(void **state)
{
    (void)state;
    struct part_source s = {.url = STR("http://h/x"), .validator = STR("\"v\""), .size = 3 * (uint64_t)PART_PIECE};
    uint8_t pieces[3] = {PIECE_DONE, PIECE_TAKEN, PIECE_FREE}, got[3] = {7, 7, 7};
    struct buf b = buf_make(1 << 16);
    part_state_write(&s, pieces, 3, &b);
    assert_true(part_state_read(buf_str(&b), &s, got, 3));
    assert_int_equal(got[0], PIECE_DONE);
    assert_int_equal(got[1] + got[2], 2 * PIECE_FREE);
    struct part_source other = s;
    other.url = STR("http://h/y");
    assert_false(part_state_read(buf_str(&b), &other, got, 3));
    other = s;
    other.validator = STR("\"w\"");
    assert_false(part_state_read(buf_str(&b), &other, got, 3));
    other = s;
    other.size++;
    assert_false(part_state_read(buf_str(&b), &other, got, 3));
    assert_false(part_state_read(buf_str(&b), &s, got, 4));
    for (size_t n = 0; n < b.len; n++) /* cut anywhere, spoiled anywhere */
        assert_false(part_state_read(str_head(buf_str(&b), n), &s, got, 3));
    for (size_t n = 0; n < b.len; n++) {
        b.ptr[n] ^= 1;
        assert_false(part_state_read(buf_str(&b), &s, got, 3));
        b.ptr[n] ^= 1;
    }
    /* without a validator nothing tells one version from another */
    s.validator = (struct str){0};
    buf_clear(&b);
    part_state_write(&s, pieces, 3, &b);
    assert_false(part_state_read(buf_str(&b), &s, got, 3));
    buf_free(&b);
}

/* ---- a hub */

struct ctx {
    struct server hub, cdn;
    char dir[64];
    char digest[DIGEST_HEX + 1];
    const char *body;
    atomic_int cdn_told, hub_told, pages, busy;
    bool gated, wrong;
    struct err e;
};

static bool cdn(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    if (server_header(q, "authorization").len)
        atomic_store(&c->cdn_told, 1);
    return server_answer(q->fd, 200, "", str_of(c->wrong ? "other bytes" : c->body));
}

static bool listing(struct ctx *c, const struct server_request *q)
{
    char text[1000], extra[300] = "";
    bool second = str_find(q->path, STR("cursor"), 0) >= 0;
    atomic_fetch_add(&c->pages, 1);
    if (!second)
        snprintf(extra, sizeof extra, "Link: <%s" STR_FMT "&cursor=2>; rel=\"next\"\r\n", c->hub.url, STR_ARG(q->path));
    snprintf(
        text, sizeof text,
        "[{\"type\":\"directory\",\"path\":\"x\"},{\"type\":\"file\",\"path\":\"%s\",\"size\":1,\"lfs\":{\"oid\":\"%s\",\"size\":%zu}}]",
        second ? "sub dir/m-Q4_K_M.gguf" : "m-Q8_0.gguf", c->digest, strlen(c->body));
    return server_answer(q->fd, 200, extra, str_of(text));
}

static bool hub(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    char extra[200];
    bool token = str_eq(server_header(q, "authorization"), STR("Bearer secret"));
    if (token)
        atomic_store(&c->hub_told, 1);
    if (atomic_load(&c->busy) && atomic_fetch_sub(&c->busy, 1))
        return server_answer(q->fd, 429, "Retry-After: 0\r\n", STR("slowly"));
    if (c->gated && !token)
        return server_answer(q->fd, 401, "", STR("no"));
    if (str_starts(q->path, STR("/api/models/org/loop/")))
        return server_answer(q->fd, 200, "Link: </api/models/org/loop/tree/main?recursive=1>; rel=\"next\"\r\n", STR("[]"));
    if (str_starts(q->path, STR("/api/models/org/away/")))
        return server_answer(q->fd, 200, "Link: <http://127.0.0.1:1/x>; rel=\"next\"\r\n", STR("[]"));
    if (str_starts(q->path, STR("/api/models/org/repo/tree/main?")))
        return listing(c, q);
    if (str_starts(q->path, STR("/org/repo/resolve/main/"))) {
        snprintf(extra, sizeof extra, "Location: %s/blob\r\n", c->cdn.url);
        return server_answer(q->fd, 302, extra, STR(""));
    }
    return server_answer(q->fd, 404, "", STR("no"));
}

static int setup(void **state)
{
    static struct ctx c;
    c = (struct ctx){.body = "model bytes"};
    snprintf(c.dir, sizeof c.dir, "/tmp/hearth-hub-XXXXXX");
    assert_non_null(mkdtemp(c.dir));
    FILE *f = tmpfile();
    fputs(c.body, f);
    fflush(f);
    assert_int_equal(digest_file(fileno(f), strlen(c.body), NULL, NULL, NULL, c.digest, NULL), OK);
    fclose(f);
    server_start(&c.hub, hub, &c);
    server_start(&c.cdn, cdn, &c);
    *state = &c;
    return 0;
}

static int teardown(void **state)
{
    struct ctx *c = *state;
    char path[128];
    server_stop(&c->hub);
    server_stop(&c->cdn);
    static const char *const names[] = {"m-Q4_K_M.gguf", "m-Q8_0.gguf", "blob.gguf"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", c->dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(c->dir), 0);
    return 0;
}

static int pull(struct ctx *c, const char *name, const char *token, const char *revision, char file[HUB_FILE_MAX + 1], bool *already)
{
    char address[80];
    snprintf(address, sizeof address, "%s/", c->hub.url); /* as people write addresses */
    struct pull_request q = {.hub = {.address = address, .token = token, .retry_ms = 1, .attempts_max = 3},
                             .name = str_of(name),
                             .revision = revision,
                             .dir = c->dir,
                             .attempts_max = 3,
                             .retry_ms = 1};
    return pull_run(&q, file, already, &c->e);
}

static void test_a_pull(void **state)
{
    struct ctx *c = *state;
    char file[HUB_FILE_MAX + 1] = "";
    bool already = true;
    atomic_store(&c->busy, 2);
    assert_int_equal(pull(c, "org/repo", "secret", NULL, file, &already), OK);
    assert_string_equal(file, "m-Q4_K_M.gguf"); /* from the second page */
    assert_false(already);
    assert_int_equal(atomic_load(&c->pages), 2);
    assert_int_equal(atomic_load(&c->hub_told), 1);
    assert_int_equal(atomic_load(&c->cdn_told), 0);
    assert_int_equal(pull(c, "org/repo:q4_k_m", NULL, NULL, file, &already), OK);
    assert_true(already);
    assert_int_equal(pull(c, "org/repo/m-Q8_0.gguf", NULL, "main", file, &already), OK);
    assert_string_equal(file, "m-Q8_0.gguf");
    char page[200];
    snprintf(page, sizeof page, "%s/org/repo/blob/main/sub%%20dir/m-Q4_K_M.gguf", c->hub.url);
    assert_int_equal(pull(c, page, NULL, NULL, file, &already), OK);
    assert_true(already);
}

static void test_pulls_that_are_refused(void **state)
{
    struct ctx *c = *state;
    char file[HUB_FILE_MAX + 1] = "", text[300];
    bool already;
    assert_int_equal(pull(c, "org/other", NULL, NULL, file, &already), ERR_NOENT);
    assert_true(says(&c->e, "org/other"));
    assert_int_equal(pull(c, "org/repo", NULL, "v9", file, &already), ERR_NOENT);
    assert_true(says(&c->e, "v9"));
    assert_int_equal(pull(c, "org/repo:Q5_0", NULL, NULL, file, &already), ERR_NOENT);
    assert_true(says(&c->e, "Q8_0"));
    assert_int_equal(pull(c, "org/repo/none.gguf", NULL, NULL, file, &already), ERR_NOENT);
    assert_int_equal(pull(c, "org/loop", NULL, NULL, file, &already), ERR_LIMIT);
    assert_int_equal(pull(c, "org/away", NULL, NULL, file, &already), ERR_CORRUPT);
    assert_int_equal(pull(c, "../etc/passwd", NULL, NULL, file, &already), ERR_INVAL);
    assert_int_equal(pull(c, "org/repo", NULL, "../x", file, &already), ERR_INVAL);
    assert_int_equal(pull(c, "org/repo", "two\r\nlines", NULL, file, &already), ERR_INVAL);
    assert_int_equal(pull(c, "http://example.org/m.gguf", NULL, NULL, file, &already), ERR_INVAL);
    assert_true(says(&c->e, "https"));
    assert_int_equal(pull(c, "ftp://example.org/m.gguf", NULL, NULL, file, &already), ERR_INVAL);
    static const char *const names[] = {"x.bin", "..%2fx.gguf", "%2e%2e/.gguf", "", "a%00.gguf", ".x.gguf", "x.gguf%0a"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, "%s/%s", c->cdn.url, names[i]);
        assert_int_equal(pull(c, text, NULL, NULL, file, &already), ERR_INVAL);
    }
    c->gated = true;
    assert_int_equal(pull(c, "org/repo", NULL, NULL, file, &already), ERR_DENIED);
    assert_true(says(&c->e, "HF_TOKEN"));
    assert_int_equal(pull(c, "org/repo", "wrong", NULL, file, &already), ERR_DENIED);
    assert_int_equal(pull(c, "org/repo", "secret", NULL, file, &already), OK);
    unlink((snprintf(text, sizeof text, "%s/%s", c->dir, file), text));
    c->wrong = true;
    assert_int_equal(pull(c, "org/repo", "secret", NULL, file, &already), ERR_CORRUPT);
    assert_int_equal(access(text, F_OK), -1);
}

static void test_an_address(void **state)
{
    struct ctx *c = *state;
    char file[HUB_FILE_MAX + 1] = "", url[200];
    bool already;
    snprintf(url, sizeof url, "%s/files/blob.gguf?x=1", c->cdn.url);
    assert_int_equal(pull(c, url, "secret", NULL, file, &already), OK);
    assert_string_equal(file, "blob.gguf");
    assert_int_equal(atomic_load(&c->cdn_told), 0); /* a token of the hub is nobody else's business */
    assert_int_equal(pull(c, url, NULL, NULL, file, &already), ERR_EXISTS);
}

static void parts_of_addresses_are_encoded(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    url_put_encoded(&b, STR("a/b ?&=%é\"~"), false);
    assert_str(buf_str(&b), "a%2Fb%20%3F%26%3D%25%C3%A9%22~");
    buf_clear(&b);
    url_put_encoded(&b, str_from("\0./", 3), true);
    assert_str(buf_str(&b), "%00./");
    buf_free(&b);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_addresses_are_encoded),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_choosing),
        cmocka_unit_test(test_hostile_listings),
        cmocka_unit_test(test_states),
        T(test_a_pull),
        T(test_pulls_that_are_refused),
        T(test_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
