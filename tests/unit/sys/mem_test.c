#include "tree.h"

#include <stdint.h>
#include <sys/resource.h>

#include "sys/mem_info.h"

#define MB ((uint64_t)1 << 20)

static void this_machine(void **state)
{
    (void)state;
    struct mem_info m;
    assert_int_equal(mem_info(&m), OK);
    assert_true(m.total > 16 * MB && m.available <= m.total);
    assert_true(m.resident > 0 && m.anonymous <= m.resident && m.resident < m.total);
}

static void write_machine(const struct tree *t)
{
    tree_write(t, "/proc/meminfo", "MemTotal:        4096000 kB\nMemFree:  1 kB\nMemAvailable:    2048000 kB\n");
    tree_write(t, "/proc/self/status", "Name:\tx\nVmRSS:\t    2000 kB\nRssAnon:\t    1000 kB\n");
}

static void machine_without_cgroup(void **state)
{
    struct tree *t = *state;
    struct mem_info m = {.total = 7};
    assert_int_equal(mem_info_at(t->root, &m), ERR_IO);
    assert_int_equal(m.total, 7);
    write_machine(t);
    assert_int_equal(mem_info_at(t->root, &m), OK);
    assert_int_equal(m.total, 4096000 * 1024ULL);
    assert_int_equal(m.available, 2048000 * 1024ULL);
    assert_int_equal(m.resident, 2000 * 1024);
    assert_int_equal(m.anonymous, 1000 * 1024);
}

static void limits_of_version_2(void **state)
{
    struct tree *t = *state;
    struct mem_info m;
    write_machine(t);
    tree_write(t, "/proc/self/cgroup", "0::/box/app\n");
    tree_write(t, "/sys/fs/cgroup/box/app/memory.max", "max\n");
    tree_write(t, "/sys/fs/cgroup/box/app/memory.current", "1000000\n");
    tree_write(t, "/sys/fs/cgroup/box/memory.max", "1073741824\n"); /* the parent's */
    tree_write(t, "/sys/fs/cgroup/box/memory.current", "805306368\n");
    tree_write(t, "/sys/fs/cgroup/box/memory.stat", "anon 1\nfile 2\ninactive_file 268435456\n");
    assert_int_equal(mem_info_at(t->root, &m), OK);
    assert_int_equal(m.total, 1024 * MB);
    assert_int_equal(m.available, 512 * MB); /* 1024 − (768 − 256): the page cache can go */
}

static void limits_of_version_1(void **state)
{
    struct tree *t = *state;
    struct mem_info m;
    write_machine(t);
    tree_write(t, "/proc/self/cgroup", "3:cpuset:/a\n2:memory:/a\n");
    tree_write(t, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    tree_write(t, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912\n");
    tree_write(t, "/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "600000000\n"); /* above the limit for a moment */
    tree_write(t, "/sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\n");
    assert_int_equal(mem_info_at(t->root, &m), OK);
    assert_int_equal(m.total, 512 * MB);
    assert_int_equal(m.available, 0);
}

static const char *path_in(const struct tree *t, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", t->root, name);
    return path;
}

static void mapping(void **state)
{
    struct tree *t = *state;
    struct mem_map m = {0};
    struct err e;
    tree_write(t, "/file", "hello");
    tree_write(t, "/empty", "");
    assert_int_equal(mem_map_file(path_in(t, "file"), &m, &e), OK);
    assert_int_equal(m.len, 5);
    assert_memory_equal(m.ptr, "hello", 5);
    mem_unmap(&m);
    assert_null(m.ptr);
    mem_unmap(&m);
    struct rlimit old, none, set;
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    none = (struct rlimit){0, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    assert_int_equal(getrlimit(RLIMIT_AS, &set), 0);
    int rc = mem_map_file(path_in(t, "file"), &m, &e);
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    if (set.rlim_cur == 0) { /* an emulator takes no limit that it would meet itself */
        assert_int_equal(rc, ERR_NOMEM);
        assert_non_null(strstr(e.text, "takes 5 bytes"));
    }
    mem_unmap(&m);
    assert_int_equal(mem_map_file(path_in(t, "missing"), &m, &e), ERR_NOENT);
    assert_non_null(strstr(e.text, "missing"));
    assert_int_equal(mem_map_file(path_in(t, "file/below"), &m, &e), ERR_NOENT);
    assert_int_equal(mem_map_file(path_in(t, "empty"), &m, &e), ERR_INVAL);
    assert_non_null(strstr(e.text, "empty"));
    assert_int_equal(mem_map_file(t->root, &m, &e), ERR_INVAL);
    assert_int_equal(mkfifo(path_in(t, "pipe"), 0600), 0);
    assert_int_equal(mem_map_file(path_in(t, "pipe"), &m, &e), ERR_INVAL);
    assert_null(m.ptr);
}

static void reading(void **state)
{
    struct tree *t = *state;
    struct err e;
    char *text = NULL;
    size_t len = 0;
    tree_write(t, "/file", "hello");
    tree_write(t, "/empty", "");
    for (size_t max = 0; max < 5; max++)
        assert_int_equal(file_read(path_in(t, "file"), max, &text, &len, &e), ERR_LIMIT);
    assert_null(text);
    assert_int_equal(file_read(path_in(t, "file"), 5, &text, &len, &e), OK);
    assert_int_equal(len, 5);
    assert_string_equal(text, "hello");
    free(text);
    assert_int_equal(file_read(path_in(t, "empty"), 0, &text, &len, &e), OK);
    assert_int_equal(len, 0);
    assert_string_equal(text, "");
    free(text);
    text = NULL;
    assert_int_equal(file_read(path_in(t, "missing"), 5, &text, &len, &e), ERR_NOENT);
    assert_int_equal(file_read(t->root, 5, &text, &len, &e), ERR_IO);
    assert_null(text);

    char big[10001];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    tree_write(t, "/big", big);
    assert_int_equal(file_read(path_in(t, "big"), 9999, &text, &len, &e), ERR_LIMIT);
    assert_int_equal(file_read(path_in(t, "big"), 10000, &text, &len, &e), OK);
    assert_int_equal(len, 10000);
    assert_string_equal(text, big);
    free(text);
}

static void pages(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, 5 << 20};
    for (size_t i = 0; i < 3; i++) {
        uint8_t *p = mem_pages_alloc(sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        assert_int_equal(p[0] | p[sizes[i] - 1], 0);
        p[sizes[i] - 1] = 1;
        mem_pages_free(p, sizes[i]);
    }
    mem_pages_free(NULL, 0);
    assert_null(mem_pages_alloc(0));
    assert_null(mem_pages_alloc(SIZE_MAX / 2));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine),
        CASE(machine_without_cgroup),
        CASE(limits_of_version_2),
        CASE(limits_of_version_1),
        CASE(mapping),
        CASE(reading),
        cmocka_unit_test(pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
