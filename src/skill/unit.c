#include "skill/unit.h"

#include "base/utf8.h"

struct unit {
    const char *name, *en, *zh; /* the first of each list is what it is called */
    char what;                  /* what it measures */
    double factor;              /* to the base of its kind; of a temperature see below */
    const char *other;          /* counterpart */
};

/* clang-format off */
static const struct unit units[] = {
    {"mm", "millimetres|millimetre|millimeters|millimeter|mm|mms", "毫米", 'L', 1e-3, "in"}, {"cm", "centimetres|centimetre|centimeters|centimeter|cm|cms", "厘米|公分", 'L', 0.01, "in"},
    {"m", "metres|metre|meters|meter|m", "米|公尺", 'L', 1, "ft"}, {"km", "kilometres|kilometre|kilometers|kilometer|km|kms|k's", "公里|千米", 'L', 1000, "mi"},
    {"in", "inches|inch|in|\"|''", "英寸|吋", 'L', 0.0254, "cm"}, {"ft", "feet|foot|ft|'", "英尺|呎", 'L', 0.3048, "m"}, {"yd", "yards|yard|yd|yds", "码", 'L', 0.9144, "m"},
    {"mi", "miles|mile|mi", "英里|哩|迈", 'L', 1609.344, "km"}, {"nmi", "nautical miles|nautical mile|nmi", "海里", 'L', 1852, "km"}, {"li", "li", "里|华里|里地|市里", 'L', 500, "km"}, {"chi", "chi", "尺|市尺", 'L', 1.0 / 3, "cm"}, {"cun", "cun", "寸|市寸", 'L', 1.0 / 30, "cm"},
    {"m2", "square metres|square metre|square meters|square meter|m2|m²|sqm|sq m", "平方米|平米|平", 'A', 1, "ft2"}, {"km2", "square kilometres|square kilometre|square kilometers|square kilometer|km2|sq km", "平方公里|平方千米", 'A', 1e6, "acre"}, {"ha", "hectares|hectare|ha", "公顷", 'A', 1e4, "acre"},
    {"acre", "acres|acre", "英亩", 'A', 4046.8564224, "ha"}, {"ft2", "square feet|square foot|ft2|sq ft|sqft", "平方英尺", 'A', 0.09290304, "m2"}, {"mu", "mu", "亩", 'A', 2000.0 / 3, "m2"},
    {"ml", "millilitres|millilitre|milliliters|milliliter|ml|mls", "毫升", 'V', 1e-6, "floz"}, {"l", "litres|litre|liters|liter|l", "升|公升", 'V', 1e-3, "gal"}, {"m3", "cubic metres|cubic metre|cubic meters|cubic meter|m3", "立方米|立方", 'V', 1, "l"},
    {"tsp", "teaspoons|teaspoon|tsp|tsps", "茶匙", 'V', 4.92892159375e-6, "ml"}, {"tbsp", "tablespoons|tablespoon|tbsp|tbsps", "汤匙|大勺", 'V', 14.78676478125e-6, "ml"}, {"cup", "cups|cup", "杯", 'V', 236.5882365e-6, "ml"},
    {"floz", "fluid ounces|fluid ounce|fl oz|floz|fl. oz.", "液体盎司|液盎司|液量盎司", 'V', 29.5735295625e-6, "ml"}, {"pt", "pints|pint|pt|pts", "品脱", 'V', 473.176473e-6, "ml"}, {"qt", "quarts|quart|qt|qts", "夸脱", 'V', 946.352946e-6, "l"}, {"gal", "gallons|gallon|gal|gals|us gallons", "加仑", 'V', 3785.411784e-6, "l"},
    {"mg", "milligrams|milligram|mg|mgs", "毫克", 'M', 1e-6, "g"}, {"g", "grams|gram|grammes|gramme|g|gr", "克", 'M', 1e-3, "oz"}, {"kg", "kilograms|kilogram|kilos|kilo|kg|kgs|kilogrammes", "公斤|千克", 'M', 1, "lb"}, {"t", "tonnes|tonne|tons|ton|t|metric tons|metric ton", "吨|公吨", 'M', 1000, "lb"},
    {"oz", "ounces|ounce|oz", "盎司|安士", 'M', 0.028349523125, "g"}, {"lb", "pounds|pound|lb|lbs|#", "磅", 'M', 0.45359237, "kg"}, {"st", "stone|stones|st", "英石", 'M', 6.35029318, "kg"}, {"jin", "jin|catty|catties", "斤|市斤", 'M', 0.5, "kg"}, {"liang", "liang|tael|taels", "两|市两", 'M', 0.05, "g"},
    {"C", "degrees celsius|degree celsius|celsius|centigrade|degrees c|degrees centigrade|deg c|c|°c|℃", "摄氏度|摄氏|度|℃", 'T', 1, "F"}, {"F", "degrees fahrenheit|degree fahrenheit|fahrenheit|degrees f|deg f|f|°f|℉", "华氏度|华氏|℉", 'T', 2, "C"}, {"K", "kelvin|kelvins|degrees kelvin|k", "开尔文|开氏度|开", 'T', 3, "C"},
    {"m/s", "metres per second|meters per second|m/s|mps|metre per second", "米每秒|米/秒", 'S', 1, "km/h"}, {"km/h", "kilometres per hour|kilometers per hour|kilometres an hour|kilometers an hour|km/h|kmh|kph|kmph|km per hour|km an hour", "公里每小时|公里/小时|千米每小时|公里时速|千米/小时", 'S', 1 / 3.6, "mph"}, {"mph", "miles per hour|miles an hour|mph|mi/h", "英里每小时|英里/小时", 'S', 0.44704, "km/h"}, {"kn", "knots|knot|kn|kts", "节", 'S', 1852.0 / 3600, "km/h"},
    {"s", "seconds|second|secs|sec|s", "秒|秒钟", 't', 1, "min"}, {"min", "minutes|minute|mins|min", "分钟|分", 't', 60, "h"}, {"h", "hours|hour|hrs|hr|h", "小时|个小时|钟头|个钟头", 't', 3600, "min"}, {"d", "days|day|d", "天|日", 't', 86400, "h"}, {"week", "weeks|week|wk|wks", "周|星期|个星期|礼拜|个礼拜", 't', 604800, "d"}, {"month", "months|month", "个月|月", 't', 2629746, "d"}, {"year", "years|year|yrs|yr", "年", 't', 31556952, "d"},
    {"bit", "bits|bit", "比特|位", 'B', 0.125, "B"}, {"B", "bytes|byte|b", "字节", 'B', 1, "bit"}, {"kB", "kilobytes|kilobyte|kb", "千字节", 'B', 1e3, "KiB"}, {"MB", "megabytes|megabyte|mb|megs|meg", "兆字节|兆", 'B', 1e6, "MiB"}, {"GB", "gigabytes|gigabyte|gb|gigs|gig", "吉字节|g", 'B', 1e9, "GiB"}, {"TB", "terabytes|terabyte|tb", "太字节", 'B', 1e12, "TiB"},
    {"KiB", "kibibytes|kibibyte|kib", "KiB", 'B', 1024, "kB"}, {"MiB", "mebibytes|mebibyte|mib", "MiB", 'B', 1048576, "MB"}, {"GiB", "gibibytes|gibibyte|gib", "GiB", 'B', 1073741824, "GB"}, {"TiB", "tebibytes|tebibyte|tib", "TiB", 'B', 1099511627776, "TB"}, {"Mbit", "megabits|megabit|mbit|mbits", "兆比特|兆位", 'B', 125000, "MB"},
    {"J", "joules|joule|j", "焦耳|焦", 'E', 1, "cal"}, {"kJ", "kilojoules|kilojoule|kj", "千焦|千焦耳", 'E', 1000, "kcal"}, {"cal", "small calories|cal|calories|calorie", "卡路里|卡", 'E', 4.184, "J"}, {"kcal", "kilocalories|kilocalorie|kcal|kcals", "千卡|大卡", 'E', 4184, "kJ"}, {"Wh", "watt hours|watt hour|watt-hours|wh", "瓦时|瓦特小时", 'E', 3600, "kJ"}, {"kWh", "kilowatt hours|kilowatt hour|kilowatt-hours|kwh", "千瓦时|度电", 'E', 3.6e6, "kJ"},
    {"W", "watts|watt|w", "瓦|瓦特", 'P', 1, "hp"}, {"kW", "kilowatts|kilowatt|kw", "千瓦", 'P', 1000, "hp"}, {"hp", "horsepower|hp|horse power", "马力", 'P', 745.69987158227022, "kW"},
    {"Pa", "pascals|pascal|pa", "帕斯卡|帕", 'p', 1, "bar"}, {"hPa", "hectopascals|hectopascal|hpa", "百帕", 'p', 100, "bar"}, {"bar", "bars|bar", "巴", 'p', 1e5, "psi"}, {"psi", "pounds per square inch|psi", "磅每平方英寸|psi", 'p', 6894.757293168361, "bar"}, {"atm", "atmospheres|atmosphere|atm|atms|standard atmospheres", "标准大气压|大气压|个大气压|个标准大气压", 'p', 101325, "bar"},
    {"deg", "degrees|degree|deg|°", "角度", 'a', 0.017453292519943295, "rad"}, {"rad", "radians|radian|rad|rads", "弧度", 'a', 1, "deg"}, {"mpg", "miles per gallon|mpg", "英里每加仑", 'f', 1, NULL},
    /* Currencies: what money is worth changes, so they have no factor here. */
#define MONEY(code, en, zh) {code, en, zh, '$', 0, NULL}
    MONEY("USD", "us dollars|us dollar|dollars|dollar|usd|bucks|buck|$|american dollars|american dollar", "美元|美金|刀"), MONEY("EUR", "euros|euro|eur|€", "欧元"), MONEY("GBP", "british pounds|british pound|pounds sterling|pound sterling|gbp|quid|£|sterling", "英镑"),
    MONEY("CNY", "chinese yuan|yuan|cny|rmb|renminbi", "人民币|块钱|块|元人民币|元"), MONEY("JPY", "japanese yen|yen|jpy|¥", "日元|日圆|日币"), MONEY("CHF", "swiss francs|swiss franc|chf|francs|franc", "瑞士法郎|瑞郎"), MONEY("KRW", "korean won|won|krw|south korean won", "韩元|韩币|韩圆"), MONEY("HKD", "hong kong dollars|hong kong dollar|hkd", "港币|港元"),
    MONEY("TWD", "taiwan dollars|taiwan dollar|new taiwan dollars|twd", "新台币|台币"), MONEY("AUD", "australian dollars|australian dollar|aussie dollars|aud", "澳元|澳币|澳大利亚元"), MONEY("CAD", "canadian dollars|canadian dollar|cad", "加元|加币|加拿大元"), MONEY("NZD", "new zealand dollars|new zealand dollar|kiwi dollars|nzd", "新西兰元|纽币"), MONEY("SGD", "singapore dollars|singapore dollar|sgd", "新加坡元|新元|新币|坡币"),
    MONEY("SEK", "swedish kronor|swedish krona|swedish crowns|sek|kronor|krona", "瑞典克朗"), MONEY("NOK", "norwegian kroner|norwegian krone|norwegian crowns|nok", "挪威克朗"), MONEY("DKK", "danish kroner|danish krone|danish crowns|dkk", "丹麦克朗"), MONEY("PLN", "polish zloty|polish zlotys|zloty|zlotys|zlotych|pln", "波兰兹罗提|兹罗提"), MONEY("CZK", "czech koruna|czech crowns|koruna|czk", "捷克克朗"), MONEY("HUF", "hungarian forint|hungarian forints|forint|forints|huf", "匈牙利福林|福林"),
    MONEY("INR", "indian rupees|indian rupee|rupees|rupee|inr|₹", "印度卢比|卢比"), MONEY("RUB", "russian rubles|russian ruble|russian roubles|rubles|ruble|roubles|rub", "俄罗斯卢布|卢布"), MONEY("TRY", "turkish lira|turkish liras|lira|try", "土耳其里拉|里拉"), MONEY("THB", "thai baht|baht|thb", "泰铢"), MONEY("MXN", "mexican pesos|mexican peso|pesos|peso|mxn", "墨西哥比索|比索"), MONEY("BRL", "brazilian reais|brazilian real|brazilian reals|reais|brl", "巴西雷亚尔|雷亚尔"), MONEY("ZAR", "south african rand|rand|zar", "南非兰特|兰特"), MONEY("ILS", "israeli shekels|shekels|shekel|ils", "以色列谢克尔|谢克尔"), MONEY("VND", "vietnamese dong|dong|vnd", "越南盾"), MONEY("MYR", "malaysian ringgit|ringgit|myr", "马来西亚林吉特|林吉特|马币"), MONEY("IDR", "indonesian rupiah|rupiah|idr", "印尼盾|印尼卢比"), MONEY("PHP", "philippine pesos|philippine peso|php", "菲律宾比索"), MONEY("AED", "uae dirhams|dirhams|dirham|aed", "迪拉姆"), MONEY("SAR", "saudi riyals|riyals|sar", "沙特里亚尔"), MONEY("MOP", "macanese patacas|patacas|mop", "澳门元|澳门币"), MONEY("EGP", "egyptian pounds|egyptian pound|egp", "埃及镑"),
};
/* clang-format on */
enum { N_UNITS = sizeof units / sizeof *units };

static bool same(struct str a, struct str b, bool exact)
{
    return exact ? str_eq(a, b) : str_ieq(a, b);
}

/* Exact names first: MB is not mb of something else. */
static const struct unit *find(struct str name, bool exact)
{
    for (const struct unit *u = units; u < units + N_UNITS; u++) {
        struct str lists[] = {str_of(u->name), str_of(u->en), str_of(u->zh)}, one;
        for (int i = 0; i < 3; i++)
            while (str_split(&lists[i], '|', &one))
                if (same(one, name, exact))
                    return u;
    }
    return NULL;
}

const struct unit *unit_find(struct str name)
{
    name = str_trim(name);
    const struct unit *u = name.len ? find(name, true) : NULL;
    return u || !name.len ? u : find(name, false);
}

size_t unit_scan(struct str s, const struct unit **ret)
{
    size_t best = 0;
    for (const struct unit *u = units; u < units + N_UNITS; u++) {
        struct str lists[] = {str_of(u->name), str_of(u->en), str_of(u->zh)}, one;
        for (int i = 0; i < 3; i++)
            while (str_split(&lists[i], '|', &one)) {
                bool letters = one.len && (unsigned char)one.ptr[one.len - 1] < 0x80 && (one.ptr[one.len - 1] | 32) >= 'a';
                bool goes_on = letters && one.len < s.len && (s.ptr[one.len] | 32) >= 'a' && (s.ptr[one.len] | 32) <= 'z';
                if (one.len > best && one.len <= s.len && !goes_on && str_ieq(str_head(s, one.len), one)) {
                    best = one.len;
                    *ret = u;
                }
            }
    }
    return best;
}

const char *unit_name(const struct unit *u)
{
    return u->name;
}

const char *unit_spoken(const struct unit *u, bool zh, char text[UNIT_TEXT_MAX])
{
    struct str list = str_of(zh ? u->zh : u->name), first = list;
    if (zh)
        str_split(&list, '|', &first);
    str_copy(text, UNIT_TEXT_MAX, first);
    return text;
}

static double to_kelvin(const struct unit *u, double v)
{
    return u->factor == 1 ? v + 273.15 : u->factor == 2 ? (v - 32) * 5 / 9 + 273.15 : v;
}

bool unit_convert(const struct unit *from, const struct unit *to, double v, double *ret)
{
    if (from->what != to->what || from->what == '$')
        return false;
    if (from == to)
        *ret = v;
    else if (from->what == 'T') {
        double k = to_kelvin(from, v);
        *ret = to->factor == 1 ? k - 273.15 : to->factor == 2 ? (k - 273.15) * 9 / 5 + 32 : k;
    } else
        *ret = v * from->factor / to->factor;
    return true;
}

const struct unit *unit_counterpart(const struct unit *u)
{
    return u->other ? find(str_of(u->other), true) : NULL;
}

bool unit_is_money(const struct unit *u)
{
    return u->what == '$';
}
