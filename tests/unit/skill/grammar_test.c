/* Numbers, arithmetic in words, calendars: tables of what is said and what it means. */
#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "skill/civil.h"
#include "skill/expr.h"
#include "skill/holiday.h"
#include "skill/lunar.h"
#include "skill/number.h"
#include "skill/sum.h"
#include "skill/tz.h"
#include "skill/unit.h"

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        double value;
    } good[] = {{"1,240", 1240},
                {"3.5", 3.5},
                {"-2", -2},
                {"3/4", 0.75},
                {"1 1/2", 1.5},
                {"twenty-one", 21},
                {"three hundred and five", 305},
                {"three and a half", 3.5},
                {"two point five", 2.5},
                {"a dozen", 12},
                {"half a dozen", 6},
                {"two million", 2e6},
                {"5k", 5000},
                {"a couple of", 2},
                {"三", 3},
                {"一百二十", 120},
                {"一百二", 120},
                {"一千零五", 1005},
                {"三万五", 35000},
                {"两百", 200},
                {"二〇二六", 2026},
                {"百分之十五", 0.15},
                {"三分之一", 1.0 / 3},
                {"三点五", 3.5},
                {"1.5万", 15000},
                {"半", 0.5},
                {"十二", 12},
                {"负三", -3}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double v = NAN;
        if (!number_parse(str_of(good[i].said), &v) || fabs(v - good[i].value) > 1e-9)
            fail_msg("%s is %g, not %g", good[i].said, v, good[i].value);
    }
    static const char *const bad[] = {"", "and", "two and three", "five six", "1,24", "1 2", "x", "-", ".", "\xe4\xb8", "1/0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v = 0;
        if (number_parse(str_of(bad[i]), &v))
            fail_msg("\"%s\" is no number, and was read as %g", bad[i], v);
    }
}

static void check_sum(struct sums *s, const char *said, const char *want)
{
    struct buf e = buf_make(2000), out = buf_make(200);
    struct expr_value v;
    if (!sum_parse(s, str_of(said), &e) || expr_eval(buf_str(&e), &v, NULL))
        fail_msg("\"%s\" was not understood: %s", said, buf_cstr(&e));
    expr_put(&v, &out, NULL);
    if (!str_eq(buf_str(&out), str_of(want)))
        fail_msg("\"%s\" (%s) is %s, not %s", said, buf_cstr(&e), buf_cstr(&out), want);
    buf_free(&e);
    buf_free(&out);
}

static void sums(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"17.5% of 1,240", "217"},
        {"一百二十乘以三", "360"},
        {"2 plus 2", "4"},
        {"12 x 12", "144"},
        {"0.1 + 0.2", "0.3"},
        {"7 squared", "49"},
        {"2 to the power of 10", "1024"},
        {"square root of 144", "12"},
        {"cube root of 27", "3"},
        {"5 factorial", "120"},
        {"20% off 50", "40"},
        {"half of 90", "45"},
        {"240的15%", "36"},
        {"根号81", "9"},
        {"300打八折", "240"},
        {"100减去37", "63"},
        {"1/4 + 1/4", "0.5"},
        {"sum of two and three", "5"},
        {"remainder of 17 divided by 5", "2"},
        {"10 divided by 4", "2.5"},
        {"50 plus 10%", "55"},
        {"三百零五除以五", "61"},
        {"2的10次方", "1024"},
    };
    struct sums *s;
    assert_int_equal(sums_create(&s, NULL), OK);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check_sum(s, all[i][0], all[i][1]);
    static const char *const none[] = {"", "hello", "5", "the weather", "two and three of them", "1 2 3", "((((", "9 lives"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct buf e = buf_make(2000);
        if (sum_parse(s, str_of(none[i]), &e))
            fail_msg("\"%s\" is no arithmetic, and was read as %s", none[i], buf_cstr(&e));
        buf_free(&e);
    }
    sums_free(s);
}

static void expressions_are_bounded(void **state)
{
    (void)state;
    struct expr_value v;
    char deep[400];
    memset(deep, '(', sizeof deep);
    assert_int_equal(expr_eval(str_from(deep, sizeof deep), &v, NULL), ERR_LIMIT);
    assert_int_equal(expr_eval(STR("1/0"), &v, NULL), ERR_INVAL);
    assert_int_equal(expr_eval(STR("9^9^9"), &v, NULL), ERR_LIMIT);
    assert_int_equal(expr_eval(STR("200!"), &v, NULL), ERR_LIMIT);
    assert_int_equal(expr_eval(STR("1 2"), &v, NULL), ERR_INVAL);
    assert_int_equal(expr_eval(STR("sqrt(-1)"), &v, NULL), ERR_INVAL);
    assert_int_equal(expr_eval(STR("2^100"), &v, NULL), OK);
    assert_true(v.exact);
    assert_int_equal(expr_eval(STR("3^200"), &v, NULL), OK);
    assert_false(v.exact); /* goes on as a double, and says so */
}

static void calendars(void **state)
{
    (void)state;
    for (int64_t day = -800000; day < 800000; day += 997) {
        struct civil c = civil_of_days(day);
        assert_true(civil_days(c.year, c.month, c.day) == day);
    }
    assert_int_equal(civil_weekday(civil_days(2026, 11, 25)), 2);
    struct civil jan31 = {2026, 1, 31, 0, 0, 0};
    assert_int_equal(civil_add_months(jan31, 1).day, 28);
    static const struct {
        int year, month, day, lunar_month, lunar_day;
    } days[] = {{2026, 2, 17, 1, 1}, {2027, 2, 6, 1, 1},   {2025, 1, 29, 1, 1}, {2024, 2, 10, 1, 1}, {2026, 9, 25, 8, 15},
                {2026, 6, 19, 5, 5}, {2025, 10, 6, 8, 15}, {2033, 1, 31, 1, 1}, {2026, 10, 18, 9, 9}};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int64_t got = 0, want = civil_days(days[i].year, days[i].month, days[i].day);
        struct lunar l;
        assert_true(lunar_day(days[i].year, days[i].lunar_month, days[i].lunar_day, &got));
        if (got != want)
            fail_msg("%d-%d of %d is %lld days off", days[i].lunar_month, days[i].lunar_day, days[i].year, (long long)(got - want));
        assert_true(lunar_of_day(want, &l));
        assert_int_equal(l.month, days[i].lunar_month);
        assert_int_equal(l.day, days[i].lunar_day);
    }
    struct lunar leap;
    assert_true(lunar_of_day(civil_days(2025, 8, 1), &leap));
    assert_true(leap.leap && leap.month == 6); /* 2025 has a second sixth month */
}

static void holidays(void **state)
{
    (void)state;
    int64_t day, today = civil_days(2026, 11, 25);
    static const struct {
        const char *name;
        int year, month, day;
    } all[] = {{"christmas", 2026, 12, 25}, {"春节", 2027, 2, 6},         {"easter", 2027, 3, 28}, {"Thanksgiving", 2026, 11, 26},
               {"清明节", 2027, 4, 5},      {"good friday", 2027, 3, 26}, {"除夕", 2027, 2, 5},    {"mother's day", 2027, 5, 9}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(holiday_named(str_of(all[i].name), 0, today, &day));
        if (day != civil_days(all[i].year, all[i].month, all[i].day))
            fail_msg("%s is %lld days off", all[i].name, (long long)(day - civil_days(all[i].year, all[i].month, all[i].day)));
    }
    struct holiday list[HOLIDAYS_MAX];
    assert_int_equal(holidays_of("DE", 2026, list), 9);
    assert_string_equal(list[0].en, "New Year's Day");
    assert_int_equal(holidays_of("XX", 2026, list), 0);
}

static void zones(void **state)
{
    (void)state;
    struct tz *z;
    if (tz_load("/usr/share/zoneinfo", STR("Europe/Berlin"), &z, NULL))
        skip();
    assert_int_equal(tz_offset(z, 1784073600, NULL), 7200); /* July 2026 */
    assert_int_equal(tz_offset(z, 1768435200, NULL), 3600);
    assert_int_equal(tz_offset(z, 4102444800 + 200 * 86400, NULL), 7200); /* July 2100: by the rule at the file's end */
    struct civil noon = {2026, 11, 25, 12, 0, 0}, skipped = {2026, 3, 29, 2, 30, 0}, twice = {2026, 10, 25, 2, 30, 0};
    assert_true(tz_utc(z, noon) == civil_seconds(noon) - 3600);
    assert_int_equal(tz_local(z, tz_utc(z, skipped)).hour, 3);
    assert_true(tz_utc(z, twice) == civil_seconds(twice) - 7200); /* the first of the two */
    tz_free(z);
    assert_int_equal(tz_load("/usr/share/zoneinfo", STR("../../etc/passwd"), &z, NULL), ERR_NOENT);
    static const char *const hostile[] = {"TZif", "TZif2", "x"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tz_parse(str_of(hostile[i]), STR("x"), &z, NULL), ERR_CORRUPT);
    char zeros[200] = "TZif2";
    memset(zeros + 20, 0xff, 24);
    assert_int_equal(tz_parse(str_from(zeros, sizeof zeros), STR("x"), &z, NULL), ERR_CORRUPT);
}

static void units(void **state)
{
    (void)state;
    double v;
    const struct unit *km = unit_find(STR("kilometres")), *mi = unit_find(STR("miles")), *kg = unit_find(STR("公斤")),
                      *c = unit_find(STR("celsius")), *f = unit_find(STR("华氏度"));
    assert_non_null(km && mi && kg && c && f ? km : NULL);
    assert_true(unit_convert(mi, km, 26.2, &v) && fabs(v - 42.1648128) < 1e-9);
    assert_true(unit_convert(c, f, 100, &v) && fabs(v - 212) < 1e-9);
    assert_false(unit_convert(km, kg, 1, &v));
    assert_ptr_not_equal(unit_find(STR("MB")), unit_find(STR("Mbit")));
    assert_null(unit_find(STR("bananas")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),   cmocka_unit_test(sums),     cmocka_unit_test(expressions_are_bounded),
        cmocka_unit_test(calendars), cmocka_unit_test(holidays), cmocka_unit_test(zones),
        cmocka_unit_test(units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
