#include "tree.h"

#include "sys/cpu_info.h"

static void names_and_levels(void **state)
{
    (void)state;
    enum cpu_level level = CPU_AVX2;
    struct err e;
    for (int i = 0; i < CPU_LEVEL_COUNT; i++) {
        assert_int_equal(cpu_level_parse(str_of(cpu_level_name((enum cpu_level)i)), &level, &e), OK);
        assert_int_equal(level, i);
    }
    level = CPU_AVX2;
    assert_int_equal(cpu_level_parse(STR("AVX2 "), &level, &e), ERR_INVAL);
    assert_non_null(strstr(e.text, "scalar, avx2, avxvnni, avx512, amx, neon, dotprod or i8mm"));
    assert_int_equal(level, CPU_AVX2);
    assert_string_equal(cpu_level_name((enum cpu_level)42), "unknown");
}

static void a_wish_lowers_and_never_raises(void **state)
{
    (void)state;
    struct cpu_info info = {.level = CPU_AVX2};
    enum cpu_level level = CPU_SCALAR;
    assert_int_equal(cpu_choose(&info, STR(""), &level, NULL), OK);
    assert_int_equal(level, CPU_AVX2);
    assert_int_equal(cpu_choose(&info, STR("scalar"), &level, NULL), OK);
    assert_int_equal(level, CPU_SCALAR);
    assert_int_equal(cpu_choose(&info, STR("avx512"), &level, NULL), OK);
    assert_int_equal(level, CPU_AVX2);
    info = (struct cpu_info){.level = CPU_AMX};
    assert_int_equal(cpu_choose(&info, STR("avx512"), &level, NULL), OK);
    assert_int_equal(level, CPU_AVX512);
    assert_int_equal(cpu_choose(&info, STR("avxvnni"), &level, NULL), OK); /* Ice Lake has none of it */
    assert_int_equal(level, CPU_AVX2);
    info.avx_vnni = true;
    assert_int_equal(cpu_choose(&info, STR("avxvnni"), &level, NULL), OK);
    assert_int_equal(level, CPU_AVXVNNI);
    info = (struct cpu_info){.level = CPU_I8MM};
    assert_int_equal(cpu_choose(&info, STR("neon"), &level, NULL), OK);
    assert_int_equal(level, CPU_NEON);
    level = CPU_SCALAR;
    assert_int_equal(cpu_choose(&info, STR("sse9"), &level, NULL), ERR_INVAL);
    assert_int_equal(level, CPU_SCALAR);
}

static void this_machine(void **state)
{
    (void)state;
    struct cpu_info info;
    cpu_detect(&info);
    assert_in_range(info.n_logical, 1, CPU_SETSIZE);
    assert_in_range(info.n_physical, 1, info.n_logical);
    assert_true(strlen(info.model) > 0);
    assert_true(info.level <= CPU_LEVEL_TOP);
    if (info.level >= CPU_AVX512)
        assert_true(info.vnni);
    if (info.level == CPU_AMX)
        assert_true(info.bf16 && info.amx_bf16 && info.amx_int8);
    assert_true(cpu_can(CPU_SCALAR) && cpu_can(info.level));
    assert_int_equal(cpu_can(CPU_AVXVNNI), info.avx_vnni);
    assert_false(cpu_can(CPU_LEVEL_COUNT) || cpu_can((enum cpu_level) - 1));
}

/* A wish for a level of the other family changes nothing: it is higher than all that this machine has. */
static void the_other_family(void **state)
{
    (void)state;
    for (int other = CPU_LEVEL_TOP + 1; other < CPU_LEVEL_COUNT; other++) {
        struct cpu_info info = {.level = CPU_LEVEL_TOP};
        enum cpu_level level = CPU_SCALAR;
        assert_false(cpu_can((enum cpu_level)other));
        assert_int_equal(cpu_choose(&info, str_of(cpu_level_name((enum cpu_level)other)), &level, NULL), OK);
        assert_int_equal(level, CPU_LEVEL_TOP);
    }
}

static cpu_set_t first(int n)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < n; i++)
        CPU_SET(i, &set);
    return set;
}

/* Four processors: 0 and 2 are one core, 1 and 3 another. */
static void write_topology(const struct tree *t)
{
    tree_write(t, "/sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0,2\n");
    tree_write(t, "/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1,3\n");
    tree_write(t, "/sys/devices/system/cpu/cpu2/topology/core_cpus_list", "0,2\n");
    tree_write(t, "/sys/devices/system/cpu/cpu3/topology/core_cpus_list", "1,3\n");
}

static void threads_of_a_core_count_once(void **state)
{
    struct cpu_info info;
    write_topology(*state);
    cpu_set_t all = first(4), three = first(3), one = first(1);
    const char *root = ((struct tree *)*state)->root;
    cpu_count(root, &all, &info);
    assert_int_equal(info.n_logical, 4);
    assert_int_equal(info.n_physical, 2);
    cpu_count(root, &three, &info);
    assert_int_equal(info.n_logical, 3);
    assert_int_equal(info.n_physical, 2);
    cpu_count(root, &one, &info);
    assert_int_equal(info.n_physical, 1);
}

static void quotas_count(void **state)
{
    struct tree *t = *state;
    struct cpu_info info;
    cpu_set_t all = first(8);
    tree_write(t, "/proc/self/cgroup", "0::/a/b\n");
    tree_write(t, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    cpu_count(t->root, &all, &info);
    assert_int_equal(info.n_logical, 8);
    tree_write(t, "/sys/fs/cgroup/a/cpu.max", "250000 100000\n"); /* the parent's: 2.5 processors */
    cpu_count(t->root, &all, &info);
    assert_int_equal(info.n_logical, 3);
    assert_int_equal(info.n_physical, 3);
    tree_write(t, "/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n");
    tree_write(t, "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "50000\n");
    tree_write(t, "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    cpu_count(t->root, &all, &info);
    assert_int_equal(info.n_logical, 1);
    tree_write(t, "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
    cpu_count(t->root, &all, &info);
    assert_int_equal(info.n_logical, 8);
}

static void nonsense_is_passed_over(void **state)
{
    struct tree *t = *state;
    struct cpu_info info;
    cpu_set_t two = first(2), none;
    CPU_ZERO(&none);
    tree_write(t, "/proc/self/cgroup", "no colons\n0:\n::::\n0::/../..\n");
    tree_write(t, "/sys/fs/cgroup/cpu.max", "0 0\n");
    tree_write(t, "/sys/devices/system/cpu/cpu0/topology/core_cpus_list", "nonsense\n");
    tree_write(t, "/sys/devices/system/cpu/cpu1/topology/core_cpus_list", "99999999\n");
    cpu_count(t->root, &two, &info);
    assert_int_equal(info.n_logical, 2);
    assert_int_equal(info.n_physical, 2);
    cpu_count(t->root, &none, &info);
    assert_int_equal(info.n_logical, 1);
    assert_int_equal(info.n_physical, 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_levels), cmocka_unit_test(a_wish_lowers_and_never_raises),
        cmocka_unit_test(the_other_family), cmocka_unit_test(this_machine),
        CASE(threads_of_a_core_count_once), CASE(quotas_count),
        CASE(nonsense_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
