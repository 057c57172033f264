/* A rule is a short text: "12-25" a date; "E-2" days from Easter Sunday; "4/11" with a weekday "4": see rule_day. Rows of one country stand
 * together; days that every country of the table keeps are said by each. */
#include "skill/holiday.h"

#include <stdio.h>
#include <stdlib.h>

#include "skill/civil.h"
#include "skill/lunar.h"

/* Easter Sunday by the Gregorian computus (Meeus, chapter 8). */
static int64_t easter(int y)
{
    int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, g = (8 * b + 13) / 25, h = (19 * a + b - d - g + 15) % 30;
    int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return civil_days(y, n / 31, n % 31 + 1);
}

static int64_t nth_weekday(int year, int month, int nth, int weekday)
{
    int64_t first = civil_days(year, month, 1);
    int64_t day = first + (weekday - civil_weekday(first) + 7) % 7 + 7 * (nth - 1);
    if (nth > 0)
        return day;
    day = first + civil_month_days(year, month) - 1; /* the last */
    return day - (civil_weekday(day) - weekday + 7) % 7;
}

/* M-D · E±n · Wmonth,nth,weekday(0 Monday)±n · Lmonth-day±n of the Chinese calendar · Sdegrees of the sun */
static bool rule_day(const char *rule, int year, int64_t *ret)
{
    int a, b, c, n = 0;
    int64_t day;
    if (sscanf(rule, "E%d", &n) == 1)
        day = easter(year) + n;
    else if (sscanf(rule, "W%d,%d,%d%d", &a, &b, &c, &n) >= 3)
        day = nth_weekday(year, a, b, c) + n;
    else if (sscanf(rule, "S%d", &a) == 1)
        day = solar_term(year, a);
    else if (sscanf(rule, "L%d.%d%d", &a, &b, &n) >= 2) {
        if (!lunar_day(a >= 11 ? year - 1 : year, a, b, &day))
            return false;
        day += n;
    } else if (sscanf(rule, "%d-%d", &a, &b) == 2)
        day = civil_days(year, a, b);
    else
        return false;
    *ret = day;
    return true;
}

/* clang-format off */
static const struct { const char *names, *rule; } named[] = {
    {"christmas eve|平安夜", "12-24"}, {"christmas|christmas day|xmas|圣诞|圣诞节", "12-25"}, {"boxing day", "12-26"},
    {"new years eve", "12-31"}, {"new years|new years day|new year|元旦|元旦节", "1-1"},
    {"easter|easter sunday|复活节", "E0"}, {"easter monday", "E1"}, {"good friday", "E-2"}, {"palm sunday", "E-7"}, {"ash wednesday", "E-46"},
    {"whit monday", "E50"}, {"pentecost", "E49"}, {"ascension|ascension day", "E39"}, {"corpus christi", "E60"},
    {"halloween|万圣节", "10-31"}, {"thanksgiving|thanksgiving day|感恩节", "W11,4,3"}, {"black friday", "W11,4,3+1"}, {"cyber monday", "W11,4,3+4"},
    {"valentines|valentines day|情人节", "2-14"}, {"st patricks|st. patricks|st patricks day|st. patricks day|saint patricks|saint patricks day", "3-17"},
    {"independence day", "7-4"}, {"labor day", "W9,1,0"}, {"labour day|may day|五一|五一劳动节|劳动节", "5-1"}, {"memorial day", "W5,0,0"},
    {"martin luther king day|martin luther king jr day|martin luther king|mlk day", "W1,3,0"}, {"veterans day", "11-11"}, {"columbus day", "W10,2,0"},
    {"presidents day", "W2,3,0"}, {"juneteenth", "6-19"}, {"mothers day|母亲节", "W5,2,6"}, {"fathers day|父亲节", "W6,3,6"},
    {"german unity day", "10-3"}, {"reformation day", "10-31"}, {"bastille day", "7-14"}, {"epiphany", "1-6"}, {"all saints|all saints day", "11-1"},
    {"chinese new year|lunar new year|spring festival|春节|大年初一|年初一", "L1.1"}, {"除夕|大年三十|年三十", "L1.1-1"},
    {"lantern festival|元宵|元宵节", "L1.15"}, {"qingming|qingming festival|tomb-sweeping day|tomb sweeping day|清明|清明节", "S15"},
    {"dragon boat|dragon boat festival|端午|端午节", "L5.5"}, {"qixi|七夕|七夕节", "L7.7"}, {"中元节", "L7.15"},
    {"mid-autumn|mid-autumn festival|midautumn|midautumn festival|中秋|中秋节", "L8.15"}, {"double ninth|double ninth festival|重阳|重阳节", "L9.9"},
    {"腊八|腊八节", "L12.8"}, {"小年", "L12.23"}, {"winter solstice|冬至", "S270"}, {"summer solstice|夏至", "S90"},
    {"chinese national day|国庆|国庆节", "10-1"}, {"三八节|三八妇女节|妇女节", "3-8"}, {"植树节", "3-12"}, {"april fools|april fools day|愚人节", "4-1"},
    {"青年节|五四|五四青年节", "5-4"}, {"儿童节|六一|六一儿童节", "6-1"}, {"建党节", "7-1"}, {"建军节", "8-1"}, {"教师节", "9-10"}, {"光棍节|双十一", "11-11"},
    {"groundhog day", "2-2"}, {"guy fawkes|guy fawkes night", "11-5"}, {"earth day", "4-22"},
};

static const struct { char country[3]; const char *en, *zh, *rule; } public_days[] = {
    {"CN", "New Year's Day", "元旦", "1-1"}, {"CN", "Spring Festival", "春节", "L1.1"}, {"CN", "Qingming Festival", "清明节", "S15"},
    {"CN", "Labour Day", "劳动节", "5-1"}, {"CN", "Dragon Boat Festival", "端午节", "L5.5"}, {"CN", "Mid-Autumn Festival", "中秋节", "L8.15"},
    {"CN", "National Day", "国庆节", "10-1"},
    {"DE", "New Year's Day", "元旦", "1-1"}, {"DE", "Good Friday", "耶稣受难日", "E-2"}, {"DE", "Easter Monday", "复活节星期一", "E1"},
    {"DE", "Labour Day", "劳动节", "5-1"}, {"DE", "Ascension Day", "耶稣升天节", "E39"}, {"DE", "Whit Monday", "圣灵降临节星期一", "E50"},
    {"DE", "German Unity Day", "德国统一日", "10-3"}, {"DE", "Christmas Day", "圣诞节", "12-25"}, {"DE", "Boxing Day", "节礼日", "12-26"},
    {"US", "New Year's Day", "元旦", "1-1"}, {"US", "Martin Luther King Jr. Day", "马丁·路德·金纪念日", "W1,3,0"}, {"US", "Presidents' Day", "总统日", "W2,3,0"},
    {"US", "Memorial Day", "阵亡将士纪念日", "W5,0,0"}, {"US", "Juneteenth", "六月节", "6-19"}, {"US", "Independence Day", "独立日", "7-4"},
    {"US", "Labor Day", "劳动节", "W9,1,0"}, {"US", "Columbus Day", "哥伦布日", "W10,2,0"}, {"US", "Veterans Day", "退伍军人节", "11-11"},
    {"US", "Thanksgiving", "感恩节", "W11,4,3"}, {"US", "Christmas Day", "圣诞节", "12-25"},
    {"GB", "New Year's Day", "元旦", "1-1"}, {"GB", "Good Friday", "耶稣受难日", "E-2"}, {"GB", "Easter Monday", "复活节星期一", "E1"},
    {"GB", "Early May bank holiday", "五月初银行假日", "W5,1,0"}, {"GB", "Spring bank holiday", "春季银行假日", "W5,0,0"},
    {"GB", "Summer bank holiday", "夏季银行假日", "W8,0,0"}, {"GB", "Christmas Day", "圣诞节", "12-25"}, {"GB", "Boxing Day", "节礼日", "12-26"},
    {"FR", "New Year's Day", "元旦", "1-1"}, {"FR", "Easter Monday", "复活节星期一", "E1"}, {"FR", "Labour Day", "劳动节", "5-1"},
    {"FR", "Victory Day", "胜利日", "5-8"}, {"FR", "Ascension Day", "耶稣升天节", "E39"}, {"FR", "Whit Monday", "圣灵降临节星期一", "E50"},
    {"FR", "Bastille Day", "国庆日", "7-14"}, {"FR", "Assumption Day", "圣母升天节", "8-15"}, {"FR", "All Saints' Day", "诸圣节", "11-1"},
    {"FR", "Armistice Day", "停战日", "11-11"}, {"FR", "Christmas Day", "圣诞节", "12-25"},
    {"AT", "New Year's Day", "元旦", "1-1"}, {"AT", "Epiphany", "主显节", "1-6"}, {"AT", "Easter Monday", "复活节星期一", "E1"}, {"AT", "Labour Day", "劳动节", "5-1"},
    {"AT", "Ascension Day", "耶稣升天节", "E39"}, {"AT", "Whit Monday", "圣灵降临节星期一", "E50"}, {"AT", "Corpus Christi", "基督圣体节", "E60"},
    {"AT", "Assumption Day", "圣母升天节", "8-15"}, {"AT", "National Day", "国庆日", "10-26"}, {"AT", "All Saints' Day", "诸圣节", "11-1"},
    {"AT", "Immaculate Conception", "圣母无染原罪日", "12-8"}, {"AT", "Christmas Day", "圣诞节", "12-25"}, {"AT", "St Stephen's Day", "圣斯德望日", "12-26"},
    {"CH", "New Year's Day", "元旦", "1-1"}, {"CH", "Good Friday", "耶稣受难日", "E-2"}, {"CH", "Easter Monday", "复活节星期一", "E1"}, {"CH", "Ascension Day", "耶稣升天节", "E39"},
    {"CH", "Whit Monday", "圣灵降临节星期一", "E50"}, {"CH", "Swiss National Day", "瑞士国庆日", "8-1"}, {"CH", "Christmas Day", "圣诞节", "12-25"}, {"CH", "St Stephen's Day", "圣斯德望日", "12-26"},
    {"IT", "New Year's Day", "元旦", "1-1"}, {"IT", "Epiphany", "主显节", "1-6"}, {"IT", "Easter Monday", "复活节星期一", "E1"}, {"IT", "Liberation Day", "解放日", "4-25"}, {"IT", "Labour Day", "劳动节", "5-1"},
    {"IT", "Republic Day", "共和国日", "6-2"}, {"IT", "Assumption Day", "圣母升天节", "8-15"}, {"IT", "All Saints' Day", "诸圣节", "11-1"}, {"IT", "Immaculate Conception", "圣母无染原罪日", "12-8"},
    {"IT", "Christmas Day", "圣诞节", "12-25"}, {"IT", "St Stephen's Day", "圣斯德望日", "12-26"},
    {"ES", "New Year's Day", "元旦", "1-1"}, {"ES", "Epiphany", "主显节", "1-6"}, {"ES", "Good Friday", "耶稣受难日", "E-2"}, {"ES", "Labour Day", "劳动节", "5-1"}, {"ES", "Assumption Day", "圣母升天节", "8-15"},
    {"ES", "National Day", "国庆日", "10-12"}, {"ES", "All Saints' Day", "诸圣节", "11-1"}, {"ES", "Constitution Day", "宪法日", "12-6"}, {"ES", "Immaculate Conception", "圣母无染原罪日", "12-8"}, {"ES", "Christmas Day", "圣诞节", "12-25"},
    {"NL", "New Year's Day", "元旦", "1-1"}, {"NL", "Easter Monday", "复活节星期一", "E1"}, {"NL", "King's Day", "国王节", "4-27"}, {"NL", "Ascension Day", "耶稣升天节", "E39"}, {"NL", "Whit Monday", "圣灵降临节星期一", "E50"},
    {"NL", "Christmas Day", "圣诞节", "12-25"}, {"NL", "Second Christmas Day", "圣诞节次日", "12-26"},
    {"CA", "New Year's Day", "元旦", "1-1"}, {"CA", "Good Friday", "耶稣受难日", "E-2"}, {"CA", "Canada Day", "加拿大日", "7-1"}, {"CA", "Labour Day", "劳动节", "W9,1,0"},
    {"CA", "Truth and Reconciliation Day", "真相与和解日", "9-30"}, {"CA", "Thanksgiving", "感恩节", "W10,2,0"}, {"CA", "Remembrance Day", "阵亡将士纪念日", "11-11"}, {"CA", "Christmas Day", "圣诞节", "12-25"},
    {"AU", "New Year's Day", "元旦", "1-1"}, {"AU", "Australia Day", "澳大利亚日", "1-26"}, {"AU", "Good Friday", "耶稣受难日", "E-2"}, {"AU", "Easter Monday", "复活节星期一", "E1"}, {"AU", "Anzac Day", "澳新军团日", "4-25"},
    {"AU", "Christmas Day", "圣诞节", "12-25"}, {"AU", "Boxing Day", "节礼日", "12-26"},
    {"JP", "New Year's Day", "元旦", "1-1"}, {"JP", "Coming of Age Day", "成人之日", "W1,2,0"}, {"JP", "National Foundation Day", "建国纪念日", "2-11"}, {"JP", "Emperor's Birthday", "天皇诞生日", "2-23"},
    {"JP", "Vernal Equinox Day", "春分之日", "S0"}, {"JP", "Shōwa Day", "昭和之日", "4-29"}, {"JP", "Constitution Memorial Day", "宪法纪念日", "5-3"}, {"JP", "Greenery Day", "绿之日", "5-4"}, {"JP", "Children's Day", "儿童之日", "5-5"},
    {"JP", "Marine Day", "海之日", "W7,3,0"}, {"JP", "Mountain Day", "山之日", "8-11"}, {"JP", "Respect for the Aged Day", "敬老之日", "W9,3,0"}, {"JP", "Autumnal Equinox Day", "秋分之日", "S180"},
    {"JP", "Sports Day", "体育之日", "W10,2,0"}, {"JP", "Culture Day", "文化之日", "11-3"}, {"JP", "Labour Thanksgiving Day", "勤劳感谢日", "11-23"},
};
/* clang-format on */
const char holiday_countries[] = "AT AU CA CH CN DE ES FR GB IT JP NL US";

/* Without apostrophes, which people leave out, in small letters. */
static struct str plain(struct str s, char text[64])
{
    size_t n = 0;
    for (size_t i = 0; i < s.len && n < 63; i++)
        if (s.ptr[i] != '\'')
            text[n++] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    return str_from(text, n);
}

static const char *find_rule(struct str name)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        struct str all = str_of(named[i].names), one;
        while (str_split(&all, '|', &one))
            if (str_eq(one, name))
                return named[i].rule;
    }
    return NULL;
}

bool holiday_named(struct str name, int year, int64_t today, int64_t *ret)
{
    char text[64];
    int64_t day;
    const char *rule = find_rule(plain(name, text));
    if (!rule)
        return false;
    int y = year ? year : civil_of_days(today).year;
    if (!rule_day(rule, y, &day) || (!year && day < today && !rule_day(rule, y + 1, &day)))
        return false;
    *ret = day;
    return true;
}

static int by_day(const void *a, const void *b)
{
    const struct holiday *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

size_t holidays_of(const char country[2], int year, struct holiday ret[HOLIDAYS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof public_days / sizeof *public_days && n < HOLIDAYS_MAX; i++) {
        int64_t day;
        if (memcmp(public_days[i].country, country, 2) != 0 || !rule_day(public_days[i].rule, year, &day))
            continue;
        ret[n++] = (struct holiday){public_days[i].en, public_days[i].zh, day};
    }
    if (n)
        qsort(ret, n, sizeof *ret, by_day);
    return n;
}
