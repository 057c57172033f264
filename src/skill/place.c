#include "skill/place.h"

#include <stdio.h>
#include <stdlib.h>

#include "skill/file.h"

struct places {
    struct buf tab; /* zone.tab as it is */
    const struct iso *iso;
};

/* clang-format off */
static const struct { const char *names, *zone; } cities[] = {
    {"beijing|peking|北京|shenzhen|深圳|guangzhou|广州|hangzhou|杭州|chengdu|成都|wuhan|武汉|nanjing|南京|xi'an|xian|西安|tianjin|天津|chongqing|重庆|suzhou|苏州|上海|harbin|哈尔滨|qingdao|青岛|china|中国|北京时间", "Asia/Shanghai"},
    {"香港", "Asia/Hong_Kong"}, {"澳门|macao", "Asia/Macau"}, {"台北|台湾|taiwan|高雄", "Asia/Taipei"}, {"东京|osaka|大阪|kyoto|京都|札幌|sapporo|横滨|yokohama|日本", "Asia/Tokyo"}, {"首尔|汉城|韩国|釜山|busan", "Asia/Seoul"}, {"平壤", "Asia/Pyongyang"},
    {"新加坡", "Asia/Singapore"}, {"曼谷|泰国|phuket|普吉", "Asia/Bangkok"}, {"河内|hanoi|越南|ho chi minh city|saigon|胡志明市?|胡志明", "Asia/Ho_Chi_Minh"}, {"吉隆坡", "Asia/Kuala_Lumpur"}, {"雅加达", "Asia/Jakarta"}, {"bali|巴厘岛", "Asia/Makassar"}, {"马尼拉", "Asia/Manila"},
    {"德里|新德里|new delhi|delhi|mumbai|bombay|孟买|bangalore|bengaluru|班加罗尔|chennai|calcutta|hyderabad|印度|加尔各答", "Asia/Kolkata"}, {"kathmandu|加德满都|尼泊尔", "Asia/Kathmandu"}, {"伊斯兰堡|卡拉奇|islamabad|lahore|巴基斯坦", "Asia/Karachi"}, {"达卡|孟加拉国?", "Asia/Dhaka"}, {"仰光|缅甸|yangon|rangoon", "Asia/Yangon"},
    {"迪拜|阿布扎比|abu dhabi|阿联酋", "Asia/Dubai"}, {"德黑兰|伊朗", "Asia/Tehran"}, {"利雅得|沙特|沙特阿拉伯|mecca", "Asia/Riyadh"}, {"多哈|doha|卡塔尔", "Asia/Qatar"}, {"tel aviv|耶路撒冷|以色列|特拉维夫", "Asia/Jerusalem"}, {"巴格达", "Asia/Baghdad"}, {"喀布尔", "Asia/Kabul"}, {"塔什干", "Asia/Tashkent"}, {"阿拉木图|astana|阿斯塔纳|哈萨克斯坦", "Asia/Almaty"}, {"乌兰巴托|蒙古", "Asia/Ulaanbaatar"},
    {"伦敦|england|scotland|edinburgh|manchester|liverpool|birmingham|glasgow|oxford|cambridge|wales|cardiff|belfast|英国|爱丁堡|曼彻斯特", "Europe/London"}, {"都柏林|爱尔兰", "Europe/Dublin"}, {"巴黎|法国|lyon|marseille|nice|里昂|马赛", "Europe/Paris"}, {"柏林|德国|munich|慕尼黑|hamburg|汉堡|frankfurt|法兰克福|cologne|科隆|stuttgart|düsseldorf|leipzig|dresden|bonn", "Europe/Berlin"}, {"马德里|西班牙|barcelona|巴塞罗那|seville|valencia", "Europe/Madrid"}, {"里斯本|葡萄牙|porto", "Europe/Lisbon"},
    {"罗马|意大利|milan|米兰|venice|威尼斯|florence|naples|turin|佛罗伦萨", "Europe/Rome"}, {"苏黎世|瑞士|geneva|日内瓦|bern|basel|伯尔尼", "Europe/Zurich"}, {"维也纳|奥地利|salzburg", "Europe/Vienna"}, {"阿姆斯特丹|荷兰|rotterdam|the hague", "Europe/Amsterdam"}, {"布鲁塞尔|比利时|antwerp", "Europe/Brussels"}, {"哥本哈根|丹麦", "Europe/Copenhagen"}, {"斯德哥尔摩|瑞典|gothenburg", "Europe/Stockholm"}, {"奥斯陆|挪威|bergen", "Europe/Oslo"}, {"赫尔辛基|芬兰", "Europe/Helsinki"}, {"雷克雅未克|冰岛", "Atlantic/Reykjavik"},
    {"华沙|波兰|krakow|kraków", "Europe/Warsaw"}, {"布拉格|捷克", "Europe/Prague"}, {"布达佩斯|匈牙利", "Europe/Budapest"}, {"雅典|希腊", "Europe/Athens"}, {"伊斯坦布尔|土耳其|ankara|安卡拉", "Europe/Istanbul"}, {"莫斯科|俄罗斯|st petersburg|saint petersburg|圣彼得堡", "Europe/Moscow"}, {"基辅|kiev|乌克兰", "Europe/Kyiv"}, {"布加勒斯特|罗马尼亚", "Europe/Bucharest"}, {"索非亚", "Europe/Sofia"}, {"贝尔格莱德", "Europe/Belgrade"}, {"萨格勒布", "Europe/Zagreb"}, {"里加", "Europe/Riga"}, {"卢森堡", "Europe/Luxembourg"},
    {"纽约|new york city|nyc|boston|波士顿|washington|washington dc|washington d.c.|华盛顿|miami|迈阿密|philadelphia|费城|atlanta|亚特兰大|orlando|pittsburgh|baltimore|美国|united states|usa|us|america|the us|the states|美东|美国东部|est|edt|eastern|eastern time|et", "America/New_York"},
    {"芝加哥|dallas|达拉斯|houston|休斯顿|austin|奥斯汀|new orleans|minneapolis|st louis|kansas city|nashville|memphis|cst us|cdt|central time|san antonio|milwaukee", "America/Chicago"}, {"丹佛|salt lake city|盐湖城|mst|mdt|mountain time|albuquerque", "America/Denver"}, {"菲尼克斯|凤凰城|arizona", "America/Phoenix"},
    {"洛杉矶|la|san francisco|sf|旧金山|三藩市|seattle|西雅图|san diego|圣地亚哥市|las vegas|拉斯维加斯|portland|silicon valley|硅谷|california|加州|加利福尼亚|hollywood|sacramento|san jose|美西|美国西部|pst|pdt|pacific time|pacific|pt", "America/Los_Angeles"}, {"檀香山|夏威夷|hawaii", "Pacific/Honolulu"}, {"安克雷奇|alaska|阿拉斯加", "America/Anchorage"}, {"底特律", "America/Detroit"},
    {"多伦多|ottawa|渥太华|montreal|蒙特利尔|montréal|quebec|魁北克|加拿大|canada", "America/Toronto"}, {"温哥华", "America/Vancouver"}, {"calgary|卡尔加里|埃德蒙顿", "America/Edmonton"}, {"哈利法克斯", "America/Halifax"}, {"墨西哥城|墨西哥|mexico", "America/Mexico_City"}, {"哈瓦那|古巴", "America/Havana"}, {"圣保罗|sao paulo|são paulo|里约|里约热内卢|rio|rio de janeiro|brasilia|brasília|巴西利亚|巴西|brazil", "America/Sao_Paulo"}, {"布宜诺斯艾利斯|buenos aires|阿根廷|argentina", "America/Argentina/Buenos_Aires"}, {"利马|秘鲁", "America/Lima"}, {"波哥大|哥伦比亚", "America/Bogota"}, {"智利|chile", "America/Santiago"}, {"加拉加斯", "America/Caracas"}, {"quito|ecuador|厄瓜多尔", "America/Guayaquil"},
    {"悉尼|canberra|堪培拉|澳大利亚|澳洲|australia|雪梨", "Australia/Sydney"}, {"墨尔本", "Australia/Melbourne"}, {"布里斯班|gold coast|黄金海岸", "Australia/Brisbane"}, {"珀斯", "Australia/Perth"}, {"阿德莱德", "Australia/Adelaide"}, {"达尔文", "Australia/Darwin"}, {"奥克兰|惠灵顿|wellington|新西兰|new zealand|christchurch", "Pacific/Auckland"}, {"斐济", "Pacific/Fiji"},
    {"开罗|埃及|alexandria", "Africa/Cairo"}, {"约翰内斯堡|南非|cape town|开普敦|south africa|pretoria|durban", "Africa/Johannesburg"}, {"内罗毕|肯尼亚", "Africa/Nairobi"}, {"拉各斯|尼日利亚|abuja", "Africa/Lagos"}, {"卡萨布兰卡|摩洛哥|marrakesh|rabat", "Africa/Casablanca"}, {"亚的斯亚贝巴|埃塞俄比亚", "Africa/Addis_Ababa"}, {"阿克拉|加纳", "Africa/Accra"}, {"阿尔及尔", "Africa/Algiers"}, {"突尼斯", "Africa/Tunis"}, {"kinshasa|congo", "Africa/Kinshasa"},
    {"utc|gmt|greenwich|zulu|格林尼治|格林威治|世界时|协调世界时|格林尼治时间|格林威治时间|世界标准时间", "UTC"}, {"cet|cest|central european time|中欧|欧洲中部|中欧时间", "Europe/Berlin"}, {"bst", "Europe/London"}, {"eet", "Europe/Helsinki"}, {"jst", "Asia/Tokyo"}, {"kst", "Asia/Seoul"}, {"ist", "Asia/Kolkata"}, {"hkt", "Asia/Hong_Kong"}, {"sgt", "Asia/Singapore"}, {"aest|aedt", "Australia/Sydney"}, {"nzst|nzdt", "Pacific/Auckland"}, {"msk", "Europe/Moscow"}, {"cst", "Asia/Shanghai"},
};
/* Countries whose first zone in the table is not their capital's. */
static const char capitals[] = "AU Australia/Sydney;BR America/Sao_Paulo;CA America/Toronto;RU Europe/Moscow;UZ Asia/Tashkent;KZ Asia/Almaty;MX America/Mexico_City;CD Africa/Kinshasa;"
                               "ID Asia/Jakarta;MY Asia/Kuala_Lumpur;ES Europe/Madrid;PT Europe/Lisbon;US America/New_York;MN Asia/Ulaanbaatar;AR America/Argentina/Buenos_Aires;UA Europe/Kyiv";
/* clang-format on */

int places_load(const char *zoneinfo, const struct iso *iso, struct places **ret, struct err *e)
{
    char path[512];
    struct places *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "out of memory");
    p->tab = buf_make(1 << 20);
    p->iso = iso;
    snprintf(path, sizeof path, "%s/zone.tab", zoneinfo);
    int r = file_load(path, &p->tab, e);
    if (r) {
        places_free(p);
        return r;
    }
    *ret = p;
    return OK;
}

void places_free(struct places *p)
{
    if (p)
        buf_free(&p->tab);
    free(p);
}

/* country, zone of each line of zone.tab: "DE\t+5230+01322\tEurope/Berlin\tmost of Germany" */
static bool next_zone(struct str *tab, struct str *country, struct str *zone)
{
    struct str line, field;
    while (str_split(tab, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#' || !str_split(&line, '\t', country) || !str_split(&line, '\t', &field) ||
            !str_split(&line, '\t', zone))
            continue;
        return country->len == 2;
    }
    return false;
}

/* "new york" is the last part of America/New_York. */
static bool names_city(struct str zone, struct str name)
{
    struct str city = str_skip(zone, (size_t)(str_rchr(zone, '/') + 1));
    if (city.len != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char a = city.ptr[i] == '_' ? ' ' : city.ptr[i], b = name.ptr[i];
        if ((a >= 'A' && a <= 'Z' ? a + 32 : a) != (b >= 'A' && b <= 'Z' ? b + 32 : b))
            return false;
    }
    return true;
}

static bool by_city(const struct places *p, struct str name, char ret[TZ_NAME_MAX])
{
    for (size_t i = 0; i < sizeof cities / sizeof *cities; i++) {
        struct str all = str_of(cities[i].names), one;
        while (str_split(&all, '|', &one))
            if (str_ieq(one, name))
                return str_copy(ret, TZ_NAME_MAX, str_of(cities[i].zone));
    }
    struct str tab = buf_str(&p->tab), country, zone;
    while (next_zone(&tab, &country, &zone))
        if (names_city(zone, name) || str_ieq(zone, name))
            return str_copy(ret, TZ_NAME_MAX, zone);
    return false;
}

static bool by_country(const struct places *p, struct str name, char ret[TZ_NAME_MAX])
{
    const struct iso_entry *c = p->iso ? iso_find(p->iso, ISO_COUNTRY, name) : NULL;
    struct str all = str_of(capitals), one, tab = buf_str(&p->tab), country, zone;
    if (!c)
        return false;
    while (str_split(&all, ';', &one))
        if (str_starts(one, c->code2))
            return str_copy(ret, TZ_NAME_MAX, str_skip(one, 3));
    while (next_zone(&tab, &country, &zone))
        if (str_eq(country, c->code2))
            return str_copy(ret, TZ_NAME_MAX, zone);
    return false;
}

bool place_zone(const struct places *p, struct str name, char ret[TZ_NAME_MAX])
{
    static const char *const tails[] = {" time", " right now", "时间", "市", "当地", "那边", "那里", "这边"};
    name = str_trim(name);
    if (str_ieq(str_head(name, 4), STR("the ")))
        name = str_skip(name, 4);
    if (!name.len || name.len >= 60)
        return false;
    if (by_city(p, name, ret) || by_country(p, name, ret))
        return true;
    ptrdiff_t comma = str_chr(name, ','); /* Paris, France */
    if (comma > 0 && place_zone(p, str_head(name, (size_t)comma), ret))
        return true;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (str_ends(name, str_of(tails[i])) && name.len > strlen(tails[i]))
            return place_zone(p, str_head(name, name.len - strlen(tails[i])), ret);
    return false;
}

bool place_country(const struct places *p, struct str zone, char ret[3])
{
    struct str tab = buf_str(&p->tab), country, one;
    while (next_zone(&tab, &country, &one))
        if (str_eq(one, zone))
            return str_copy(ret, 3, country);
    return false;
}
