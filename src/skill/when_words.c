/* Names of days, months and places in a row. */
#include "base/utf8.h"
#include "skill/number.h"
#include "skill/when_parts.h"

int weekday_of(struct str s)
{
    static const char *const en[] = {"mo", "tu", "we", "th", "fr", "sa", "su"};
    static const char *const zh[] = {"一", "二", "三", "四", "五", "六", "日"};
    for (int d = 0; d < 7; d++)
        if ((s.len >= 2 && str_ieq(str_head(s, 2), str_of(en[d]))) || (s.len >= 3 && str_eq(str_skip(s, s.len - 3), str_of(zh[d]))))
            return d;
    return str_ends(s, STR("天")) || str_ends(s, STR("末")) ? str_ends(s, STR("末")) ? 5 : 6 : -1;
}

int month_of(struct str s)
{
    double n;
    for (int m = 1; m <= 12; m++)
        if (s.len >= 3 && str_ieq(str_head(s, 3), str_head(str_of(civil_month_name(m, false)), 3)))
            return m;
    if (str_ends(s, STR("月")))
        s.len -= 3;
    if (str_ends(s, STR("份")))
        s.len -= str_ends(s, STR("月份")) ? 6 : 3;
    return number_parse(s, &n) && n >= 1 && n <= 12 ? (int)n : 0;
}

int ordinal_of(struct str s)
{
    static const char *const names[] = {"first",     "second",    "third",       "fourth",     "fifth",      "sixth",      "seventh",
                                        "eighth",    "ninth",     "tenth",       "eleventh",   "twelfth",    "thirteenth", "fourteenth",
                                        "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",  "thirtieth"};
    uint64_t n;
    if (str_ieq(s, STR("last")))
        return -1;
    if (s.len > 2 && s.ptr[0] >= '0' && s.ptr[0] <= '9')
        return !str_to_u64(str_head(s, s.len - 2), &n) && n >= 1 && n <= 31 ? (int)n : 0;
    for (int i = 0; i < 21; i++)
        if (str_ieq(s, str_of(names[i])))
            return i == 20 ? 30 : i + 1;
    int tens = str_ieq(str_head(s, 6), STR("twenty")) ? 20 : str_ieq(str_head(s, 6), STR("thirty")) ? 30 : 0;
    int ones = tens && s.len > 7 ? ordinal_of(str_skip(s, 7)) : 0;
    return ones > 0 && ones < 10 ? tens + ones : 0;
}
