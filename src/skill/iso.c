#include "skill/iso.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "skill/file.h"

enum { JSON_BYTES_MAX = 4 << 20, NAMES_BYTES_MAX = 1 << 20, ENTRIES_MAX = 10000 };

struct iso {
    struct arena arena;
    struct iso_entry *all[ISO_KIND_COUNT];
    size_t n[ISO_KIND_COUNT];
};

static const struct {
    const char *file, *key, *domain;
} kinds[ISO_KIND_COUNT] = {
    [ISO_COUNTRY] = {"iso_3166-1.json", "3166-1", "iso_3166-1"},
    [ISO_LANGUAGE] = {"iso_639-2.json", "639-2", "iso_639-2"},
    [ISO_CURRENCY] = {"iso_4217.json", "4217", "iso_4217"},
};

/* ---- loading */

static struct str text_of(struct arena *a, json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? arena_dup(a, str_of(s)) : (struct str){0};
}

static struct str first_part(struct str s)
{
    ptrdiff_t cut = str_chr(s, ';');
    return cut > 0 ? str_head(s, (size_t)cut) : s;
}

static void add(struct iso *iso, enum iso_kind k, json_t *o, struct str mo)
{
    struct arena *a = &iso->arena;
    struct iso_entry e = {text_of(a, o, "alpha_2"),
                          text_of(a, o, "alpha_3"),
                          text_of(a, o, "numeric"),
                          text_of(a, o, "name"),
                          text_of(a, o, "common_name"),
                          text_of(a, o, "official_name"),
                          {0}};
    struct str zh = mo_find(mo, e.common.len ? e.common : e.name);
    if (!zh.len)
        zh = mo_find(mo, e.name);
    e.zh = zh.len ? arena_dup(a, first_part(zh)) : (struct str){0};
    if (e.code3.len && e.name.len)
        iso->all[k][iso->n[k]++] = e;
}

static int load_kind(struct iso *iso, enum iso_kind k, const char *json_dir, const char *locale_dir, struct err *e)
{
    char path[512];
    struct buf text = buf_make(JSON_BYTES_MAX), mo = buf_make(JSON_BYTES_MAX);
    snprintf(path, sizeof path, "%s/%s", json_dir, kinds[k].file);
    int r = file_load(path, &text, e);
    snprintf(path, sizeof path, "%s/zh_CN/LC_MESSAGES/%s.mo", locale_dir, kinds[k].domain);
    file_load(path, &mo, NULL); /* without it there are English names only */
    json_t *root = r ? NULL : json_loadb(text.ptr, text.len, 0, NULL), *list = json_object_get(root, kinds[k].key), *o;
    size_t n = json_array_size(list), i;
    if (!r && (!n || n > ENTRIES_MAX || !(iso->all[k] = arena_calloc(&iso->arena, n, sizeof **iso->all))))
        r = err_set(e, ERR_CORRUPT, "%s is not a list of ISO codes", kinds[k].file);
    if (!r)
        json_array_foreach(list, i, o) add(iso, k, o, buf_str(&mo));
    json_decref(root);
    buf_free(&text);
    buf_free(&mo);
    return r;
}

int iso_load(const char *json_dir, const char *locale_dir, struct iso **ret, struct err *e)
{
    struct iso *iso = calloc(1, sizeof *iso);
    int r = iso ? OK : err_set(e, ERR_NOMEM, "out of memory");
    if (iso)
        iso->arena = arena_make(NAMES_BYTES_MAX);
    for (enum iso_kind k = 0; !r && k < ISO_KIND_COUNT; k++)
        r = load_kind(iso, k, json_dir, locale_dir, e);
    if (r)
        iso_free(iso);
    else
        *ret = iso;
    return r;
}

void iso_free(struct iso *i)
{
    if (i)
        arena_free(&i->arena);
    free(i);
}

size_t iso_all(const struct iso *i, enum iso_kind kind, const struct iso_entry **ret)
{
    *ret = i->all[kind];
    return i->n[kind];
}

/* ---- finding */

/* What people say and ISO does not. */
static const struct {
    const char *said, *code3;
    enum iso_kind kind;
} aliases[] = {
    {"uk", "GBR", ISO_COUNTRY},
    {"britain", "GBR", ISO_COUNTRY},
    {"great britain", "GBR", ISO_COUNTRY},
    {"england", "GBR", ISO_COUNTRY},
    {"scotland", "GBR", ISO_COUNTRY},
    {"wales", "GBR", ISO_COUNTRY},
    {"英格兰", "GBR", ISO_COUNTRY},
    {"us", "USA", ISO_COUNTRY},
    {"america", "USA", ISO_COUNTRY},
    {"states", "USA", ISO_COUNTRY},
    {"u.s.", "USA", ISO_COUNTRY},
    {"u.s", "USA", ISO_COUNTRY},
    {"u.k", "GBR", ISO_COUNTRY},
    {"united states of america", "USA", ISO_COUNTRY},
    {"美利坚", "USA", ISO_COUNTRY},
    {"south korea", "KOR", ISO_COUNTRY},
    {"korea", "KOR", ISO_COUNTRY},
    {"韩国", "KOR", ISO_COUNTRY},
    {"南韩", "KOR", ISO_COUNTRY},
    {"north korea", "PRK", ISO_COUNTRY},
    {"朝鲜", "PRK", ISO_COUNTRY},
    {"russia", "RUS", ISO_COUNTRY},
    {"俄国", "RUS", ISO_COUNTRY},
    {"俄罗斯", "RUS", ISO_COUNTRY},
    {"vietnam", "VNM", ISO_COUNTRY},
    {"iran", "IRN", ISO_COUNTRY},
    {"伊朗", "IRN", ISO_COUNTRY},
    {"syria", "SYR", ISO_COUNTRY},
    {"叙利亚", "SYR", ISO_COUNTRY},
    {"taiwan", "TWN", ISO_COUNTRY},
    {"台湾", "TWN", ISO_COUNTRY},
    {"holland", "NLD", ISO_COUNTRY},
    {"uae", "ARE", ISO_COUNTRY},
    {"emirates", "ARE", ISO_COUNTRY},
    {"阿联酋", "ARE", ISO_COUNTRY},
    {"czech republic", "CZE", ISO_COUNTRY},
    {"捷克", "CZE", ISO_COUNTRY},
    {"turkey", "TUR", ISO_COUNTRY},
    {"土耳其", "TUR", ISO_COUNTRY},
    {"laos", "LAO", ISO_COUNTRY},
    {"老挝", "LAO", ISO_COUNTRY},
    {"moldova", "MDA", ISO_COUNTRY},
    {"bolivia", "BOL", ISO_COUNTRY},
    {"venezuela", "VEN", ISO_COUNTRY},
    {"委内瑞拉", "VEN", ISO_COUNTRY},
    {"玻利维亚", "BOL", ISO_COUNTRY},
    {"tanzania", "TZA", ISO_COUNTRY},
    {"坦桑尼亚", "TZA", ISO_COUNTRY},
    {"brunei", "BRN", ISO_COUNTRY},
    {"文莱", "BRN", ISO_COUNTRY},
    {"ivory coast", "CIV", ISO_COUNTRY},
    {"科特迪瓦", "CIV", ISO_COUNTRY},
    {"cape verde", "CPV", ISO_COUNTRY},
    {"macedonia", "MKD", ISO_COUNTRY},
    {"swaziland", "SWZ", ISO_COUNTRY},
    {"burma", "MMR", ISO_COUNTRY},
    {"缅甸", "MMR", ISO_COUNTRY},
    {"vatican", "VAT", ISO_COUNTRY},
    {"vatican city", "VAT", ISO_COUNTRY},
    {"梵蒂冈", "VAT", ISO_COUNTRY},
    {"palestine", "PSE", ISO_COUNTRY},
    {"congo", "COD", ISO_COUNTRY},
    {"香港", "HKG", ISO_COUNTRY},
    {"澳门", "MAC", ISO_COUNTRY},
    {"macau", "MAC", ISO_COUNTRY},
    {"沙特", "SAU", ISO_COUNTRY},
    {"新西兰", "NZL", ISO_COUNTRY},
    {"澳洲", "AUS", ISO_COUNTRY},
    {"中华人民共和国", "CHN", ISO_COUNTRY},
    {"prc", "CHN", ISO_COUNTRY},
    {"波黑", "BIH", ISO_COUNTRY},
    {"bosnia", "BIH", ISO_COUNTRY},
    {"mandarin", "zho", ISO_LANGUAGE},
    {"mandarin chinese", "zho", ISO_LANGUAGE},
    {"中文", "zho", ISO_LANGUAGE},
    {"华语", "zho", ISO_LANGUAGE},
    {"普通话", "zho", ISO_LANGUAGE},
    {"greek", "ell", ISO_LANGUAGE},
    {"希腊语", "ell", ISO_LANGUAGE},
    {"chi", "zho", ISO_LANGUAGE},
    {"英文", "eng", ISO_LANGUAGE},
    {"日文", "jpn", ISO_LANGUAGE},
    {"韩文", "kor", ISO_LANGUAGE},
    {"法文", "fra", ISO_LANGUAGE},
    {"德文", "deu", ISO_LANGUAGE},
    {"韩语", "kor", ISO_LANGUAGE},
    {"朝鲜语", "kor", ISO_LANGUAGE},
    {"farsi", "fas", ISO_LANGUAGE},
    {"波斯语", "fas", ISO_LANGUAGE},
    {"俄文", "rus", ISO_LANGUAGE},
    {"西班牙文", "spa", ISO_LANGUAGE},
    {"dollar", "USD", ISO_CURRENCY},
    {"dollars", "USD", ISO_CURRENCY},
    {"us dollars", "USD", ISO_CURRENCY},
    {"american dollar", "USD", ISO_CURRENCY},
    {"buck", "USD", ISO_CURRENCY},
    {"bucks", "USD", ISO_CURRENCY},
    {"$", "USD", ISO_CURRENCY},
    {"美金", "USD", ISO_CURRENCY},
    {"美元", "USD", ISO_CURRENCY},
    {"刀", "USD", ISO_CURRENCY},
    {"euros", "EUR", ISO_CURRENCY},
    {"€", "EUR", ISO_CURRENCY},
    {"欧", "EUR", ISO_CURRENCY},
    {"欧元", "EUR", ISO_CURRENCY},
    {"pound", "GBP", ISO_CURRENCY},
    {"pounds", "GBP", ISO_CURRENCY},
    {"british pound", "GBP", ISO_CURRENCY},
    {"british pounds", "GBP", ISO_CURRENCY},
    {"sterling", "GBP", ISO_CURRENCY},
    {"quid", "GBP", ISO_CURRENCY},
    {"£", "GBP", ISO_CURRENCY},
    {"英镑", "GBP", ISO_CURRENCY},
    {"yuan", "CNY", ISO_CURRENCY},
    {"rmb", "CNY", ISO_CURRENCY},
    {"renminbi", "CNY", ISO_CURRENCY},
    {"chinese yuan", "CNY", ISO_CURRENCY},
    {"人民币", "CNY", ISO_CURRENCY},
    {"块", "CNY", ISO_CURRENCY},
    {"块钱", "CNY", ISO_CURRENCY},
    {"元人民币", "CNY", ISO_CURRENCY},
    {"元", "CNY", ISO_CURRENCY},
    {"yen", "JPY", ISO_CURRENCY},
    {"japanese yen", "JPY", ISO_CURRENCY},
    {"日元", "JPY", ISO_CURRENCY},
    {"日圆", "JPY", ISO_CURRENCY},
    {"円", "JPY", ISO_CURRENCY},
    {"won", "KRW", ISO_CURRENCY},
    {"korean won", "KRW", ISO_CURRENCY},
    {"韩元", "KRW", ISO_CURRENCY},
    {"韩币", "KRW", ISO_CURRENCY},
    {"swiss francs", "CHF", ISO_CURRENCY},
    {"franc", "CHF", ISO_CURRENCY},
    {"francs", "CHF", ISO_CURRENCY},
    {"瑞郎", "CHF", ISO_CURRENCY},
    {"rupee", "INR", ISO_CURRENCY},
    {"rupees", "INR", ISO_CURRENCY},
    {"卢比", "INR", ISO_CURRENCY},
    {"印度卢比", "INR", ISO_CURRENCY},
    {"rouble", "RUB", ISO_CURRENCY},
    {"ruble", "RUB", ISO_CURRENCY},
    {"rubles", "RUB", ISO_CURRENCY},
    {"卢布", "RUB", ISO_CURRENCY},
    {"港币", "HKD", ISO_CURRENCY},
    {"港元", "HKD", ISO_CURRENCY},
    {"港纸", "HKD", ISO_CURRENCY},
    {"台币", "TWD", ISO_CURRENCY},
    {"新台币", "TWD", ISO_CURRENCY},
    {"澳元", "AUD", ISO_CURRENCY},
    {"澳币", "AUD", ISO_CURRENCY},
    {"加元", "CAD", ISO_CURRENCY},
    {"加币", "CAD", ISO_CURRENCY},
    {"加拿大元", "CAD", ISO_CURRENCY},
    {"新元", "SGD", ISO_CURRENCY},
    {"新币", "SGD", ISO_CURRENCY},
    {"新加坡元", "SGD", ISO_CURRENCY},
    {"泰铢", "THB", ISO_CURRENCY},
    {"baht", "THB", ISO_CURRENCY},
    {"krona", "SEK", ISO_CURRENCY},
    {"kronor", "SEK", ISO_CURRENCY},
    {"swedish kronor", "SEK", ISO_CURRENCY},
    {"swedish crown", "SEK", ISO_CURRENCY},
    {"norwegian kroner", "NOK", ISO_CURRENCY},
    {"danish kroner", "DKK", ISO_CURRENCY},
    {"pesos", "MXN", ISO_CURRENCY},
    {"mexican pesos", "MXN", ISO_CURRENCY},
    {"zloty", "PLN", ISO_CURRENCY},
    {"zlotys", "PLN", ISO_CURRENCY},
    {"polish zloty", "PLN", ISO_CURRENCY},
    {"lira", "TRY", ISO_CURRENCY},
    {"real", "BRL", ISO_CURRENCY},
    {"reais", "BRL", ISO_CURRENCY},
    {"shekel", "ILS", ISO_CURRENCY},
    {"shekels", "ILS", ISO_CURRENCY},
    {"澳大利亚元", "AUD", ISO_CURRENCY},
    {"新西兰元", "NZD", ISO_CURRENCY},
    {"纽币", "NZD", ISO_CURRENCY},
    {"澳门元", "MOP", ISO_CURRENCY},
    {"forint", "HUF", ISO_CURRENCY},
    {"koruna", "CZK", ISO_CURRENCY},
    {"越南盾", "VND", ISO_CURRENCY},
    {"林吉特", "MYR", ISO_CURRENCY},
    {"马币", "MYR", ISO_CURRENCY},
    {"australian dollars", "AUD", ISO_CURRENCY},
    {"canadian dollars", "CAD", ISO_CURRENCY},
    {"hong kong dollars", "HKD", ISO_CURRENCY},
    {"singapore dollars", "SGD", ISO_CURRENCY},
    {"new zealand dollars", "NZD", ISO_CURRENCY},
    {"indian rupees", "INR", ISO_CURRENCY},
};

/* One of several names of an ISO entry: "Spanish; Castilian", "Congo, The Democratic Republic of the", "Welsh (modern)". */
static bool one_name(struct str names, struct str name)
{
    struct str one;
    while (str_split(&names, ';', &one)) {
        one = str_trim(one);
        ptrdiff_t cut = str_chr(one, ',') > 0 ? str_chr(one, ',') : str_find(one, STR(" ("), 0);
        if (str_ieq(one, name) || (cut > 0 && str_ieq(str_head(one, (size_t)cut), name)))
            return true;
    }
    return false;
}

static const struct iso_entry *by_code(const struct iso *i, enum iso_kind kind, struct str code)
{
    for (const struct iso_entry *e = i->all[kind]; e < i->all[kind] + i->n[kind]; e++)
        if (str_ieq(e->code3, code) || (e->code2.len && str_ieq(e->code2, code)) || (e->numeric.len && str_eq(e->numeric, code)))
            return e;
    return NULL;
}

static const struct iso_entry *by_name(const struct iso *i, enum iso_kind kind, struct str name)
{
    for (const struct iso_entry *e = i->all[kind]; e < i->all[kind] + i->n[kind]; e++)
        if (one_name(e->name, name) || str_ieq(e->common, name) || str_ieq(e->official, name) || (e->zh.len && str_eq(e->zh, name)))
            return e;
    return NULL;
}

const struct iso_entry *iso_find(const struct iso *i, enum iso_kind kind, struct str name)
{
    static const char *const suffixes[ISO_KIND_COUNT][4] = {
        [ISO_COUNTRY] = {"国", NULL}, [ISO_LANGUAGE] = {" language", "语言", "话", NULL}, [ISO_CURRENCY] = {"s", "币", NULL}};
    name = str_trim(name);
    if (str_ieq(str_head(name, 4), STR("the ")))
        name = str_trim(str_skip(name, 4));
    if (!name.len)
        return NULL;
    for (size_t k = 0; k < sizeof aliases / sizeof *aliases; k++)
        if (aliases[k].kind == kind && str_ieq(str_of(aliases[k].said), name))
            return by_code(i, kind, str_of(aliases[k].code3));
    const struct iso_entry *e = by_name(i, kind, name);
    if (!e && name.len <= 3)
        e = by_code(i, kind, name);
    for (const char *const *s = suffixes[kind]; !e && *s; s++)
        if (str_ends(name, str_of(*s)) && name.len > strlen(*s) && !(e = by_name(i, kind, str_head(name, name.len - strlen(*s)))))
            for (size_t k = 0; !e && k < sizeof aliases / sizeof *aliases; k++)
                if (aliases[k].kind == kind && str_ieq(str_of(aliases[k].said), str_head(name, name.len - strlen(*s))))
                    e = by_code(i, kind, str_of(aliases[k].code3));
    return e;
}

/* ---- what a country pays with and speaks (official languages, ISO 639-1) */

static const char facts[] = "AD EUR ca;AE AED ar;AF AFN fa ps;AL ALL sq;AM AMD hy;AR ARS es;AT EUR de;AU AUD en;AZ AZN az;BA BAM bs hr "
                            "sr;BD BDT bn;BE EUR nl fr de;BG BGN bg;"
                            "BH BHD ar;BO BOB es;BR BRL pt;BY BYN be ru;CA CAD en fr;CH CHF de fr it rm;CL CLP es;CN CNY zh;CO COP es;CR "
                            "CRC es;CU CUP es;CY EUR el tr;CZ CZK cs;"
                            "DE EUR de;DK DKK da;DO DOP es;DZ DZD ar;EC USD es;EE EUR et;EG EGP ar;ES EUR es;ET ETB am;FI EUR fi sv;FJ FJD "
                            "en fj;FR EUR fr;GB GBP en;GE GEL ka;"
                            "GH GHS en;GR EUR el;GT GTQ es;HK HKD zh en;HN HNL es;HR EUR hr;HU HUF hu;ID IDR id;IE EUR ga en;IL ILS he;IN "
                            "INR hi en;IQ IQD ar ku;IR IRR fa;IS ISK is;"
                            "IT EUR it;JM JMD en;JO JOD ar;JP JPY ja;KE KES sw en;KG KGS ky ru;KH KHR km;KP KPW ko;KR KRW ko;KW KWD ar;KZ "
                            "KZT kk ru;LA LAK lo;LB LBP ar;LI CHF de;"
                            "LK LKR si ta;LT EUR lt;LU EUR lb fr de;LV EUR lv;LY LYD ar;MA MAD ar;MC EUR fr;MD MDL ro;ME EUR sr;MG MGA mg "
                            "fr;MK MKD mk sq;MM MMK my;MN MNT mn;"
                            "MO MOP zh pt;MT EUR mt en;MU MUR en fr;MV MVR dv;MX MXN es;MY MYR ms;NA NAD en;NG NGN en;NI NIO es;NL EUR "
                            "nl;NO NOK no;NP NPR ne;NZ NZD en mi;OM OMR ar;"
                            "PA PAB es;PE PEN es;PH PHP tl en;PK PKR ur en;PL PLN pl;PT EUR pt;PY PYG es gn;QA QAR ar;RO RON ro;RS RSD "
                            "sr;RU RUB ru;RW RWF rw en fr;SA SAR ar;"
                            "SE SEK sv;SG SGD en zh ms ta;SI EUR sl;SK EUR sk;SM EUR it;SN XOF fr;SO SOS so ar;SV USD es;SY SYP ar;TH THB "
                            "th;TJ TJS tg;TM TMT tk;TN TND ar;TR TRY tr;"
                            "TW TWD zh;TZ TZS sw en;UA UAH uk;UG UGX en sw;US USD en;UY UYU es;UZ UZS uz;VA EUR it la;VE VES es;VN VND "
                            "vi;YE YER ar;ZA ZAR zu xh af en;ZM ZMW en;ZW ZWL en sn nd";

bool country_facts(struct str code2, struct str *ret_currency, struct str *ret_languages)
{
    struct str all = str_of(facts), one;
    while (str_split(&all, ';', &one)) {
        if (!str_starts(one, code2) || code2.len != 2)
            continue;
        *ret_currency = str_from(one.ptr + 3, 3);
        *ret_languages = str_skip(one, 7);
        return true;
    }
    return false;
}
