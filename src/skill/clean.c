#include "skill/clean.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "skill/rx.h"

/* Taken away at the beginning, again and again, and at the end. */
static const char *const heads[] = {
    "(?:(?:hey|hi|ok|okay|yo)[, ]+)?hearth[,:;! ]+(?=.)",
    "(?:please|pls|kindly|um+|uh+|well|ok(?:ay)?|alright|hey|so|oh|now|then|just|quick(?:ly)?(?: question)?|sorry|excuse me)[,:]? +(?=\\S)",
    "(?:can|could|would|will|might) (?:you|u) (?:please |kindly |quickly |also |just )*(?=\\w)(?!do\\b)",
    "(?:i(?:'d| would) (?:like|love)|i (?:want|need|wish)|i'd want) (?:you |for you )?to (?=\\w)(?!know\\b)",
    "(?:(?:would|could) you mind|do you mind) (?=\\w+ing)",
    "(?:go ahead and|do me a favou?r and|be a dear and|help me(?: to)?(?! with)(?= \\w)|let's|let us) *",
    "(?:i(?:'d| would) (?:like|love)|i (?:want|need)) to know(?: if| whether)? ",
    "(?:请问一下|请问|请您?|麻烦你?您?|劳驾|拜托|帮我|帮忙|帮|能不能|能否|可不可以|可以|你能|你可以|能|我想要?知道|我想问一?下?|我想请你|"
    "想问一?下?|告诉我|跟我说说?|那个|嗯|喂|哎|好的?(?=[,，])|那(?=我|就|帮)|再帮我|快)[,，、 ]*(?=.)",
};
static const char *const tails[] = {
    "[ .!?;,~。！？；，、…～]+",
    "[, ]+(?:please|pls|thanks|thank you|thx|cheers|for me|would you|will you|could you|can you|if you can|if "
    "possible|ok(?:ay)?|buddy|mate|hearth)",
    "[,， ]*(?:谢谢你?您?|多谢|拜托了?|好吗|好不好|行吗|可以吗|行不行|吧|啊|呀|呢|哦|喔|啦|嘛|哈|哟)",
};
/* What people write for the same thing. */
static const struct {
    const char *pattern, *instead;
} spellings[] = {
    {"\\b(what|when|where|who|how)s\\b(?= )", "$1's"},
    {"\\b(wanna|gonna)\\b", "want to"},
    {"\\b(?:im)\\b", "i'm"},
    {"\\b(remid|remindme)\\b", "remind"},
    {"\\b(?:tmrw|tmr|tomorow|tommorow|tommorrow)\\b", "tomorrow"},
    {"\\b(?:mornign|moring)\\b", "morning"},
    {"\\bu\\b(?! ?\\.)", "you"},
    {"\\brn\\b", "right now"},
    {"啥(?=[^子])|啥$", "什么"},
    {"咱们?", "我们"},
    {"([这那哪])儿", "$1里"},
    {"俺", "我"},
};
enum { N_SPELLINGS = sizeof spellings / sizeof *spellings };
enum { N_HEADS = sizeof heads / sizeof *heads, N_TAILS = sizeof tails / sizeof *tails, ROUNDS = 5 };

struct cleaner {
    struct rx *heads[N_HEADS], *tails[N_TAILS], *spellings[N_SPELLINGS];
};

int cleaner_create(struct cleaner **ret, struct err *e)
{
    struct cleaner *c = calloc(1, sizeof *c);
    int r = c ? OK : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !r && i < N_HEADS; i++)
        r = rx_compile(heads[i], false, &c->heads[i], e);
    for (size_t i = 0; !r && i < N_TAILS; i++) {
        char pattern[600];
        struct buf b = buf_make(sizeof pattern);
        buf_printf(&b, "(?:%s)$", tails[i]);
        str_copy(pattern, sizeof pattern, buf_str(&b));
        buf_free(&b);
        r = rx_compile(pattern, false, &c->tails[i], e);
    }
    for (size_t i = 0; !r && i < N_SPELLINGS; i++)
        r = rx_compile(spellings[i].pattern, false, &c->spellings[i], e);
    if (r)
        cleaner_free(c);
    else
        *ret = c;
    return r;
}

void cleaner_free(struct cleaner *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < N_HEADS; i++)
        rx_free(c->heads[i]);
    for (size_t i = 0; i < N_TAILS; i++)
        rx_free(c->tails[i]);
    for (size_t i = 0; i < N_SPELLINGS; i++)
        rx_free(c->spellings[i]);
    free(c);
}

/* NFKC on one line; ’ becomes ', and a number's full stop of Chinese, 。, stays for the tails. */
static struct str normalise(struct str text, struct arena *a)
{
    struct buf b = buf_make((size_t)4 * CLEAN_BYTES_MAX);
    utf8proc_uint8_t *nfkc = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text.ptr, (utf8proc_ssize_t)text.len, &nfkc,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (n - i >= 3 && !memcmp(nfkc + i, "\xe2\x80\x99", 3)) {
            buf_putc(&b, '\'');
            i += 2;
        } else if (nfkc[i] <= ' ') {
            if (b.len && b.ptr[b.len - 1] != ' ')
                buf_putc(&b, ' ');
        } else {
            buf_putc(&b, (char)nfkc[i]);
        }
    }
    struct str r = b.failed ? (struct str){0} : arena_dup(a, str_trim(buf_str(&b)));
    free(nfkc);
    buf_free(&b);
    return r;
}

static struct str rewrite(const struct cleaner *c, struct str s, struct arena *a)
{
    struct rx_match m;
    for (size_t i = 0; i < N_SPELLINGS && s.len; i++) {
        if (!rx_find(c->spellings[i], s, 0, false, &m))
            continue;
        struct buf b = buf_make((size_t)16 * CLEAN_BYTES_MAX);
        if (!rx_replace(c->spellings[i], s, spellings[i].instead, &b))
            s = arena_dup(a, buf_str(&b));
        buf_free(&b);
    }
    return s;
}

struct str clean(const struct cleaner *c, struct str text, struct arena *a, struct str *ret_plain)
{
    struct rx_match m;
    text = str_trim(text);
    if (!text.len || text.len > CLEAN_BYTES_MAX || !utf8_valid(text.ptr, text.len, NULL))
        return (struct str){0};
    struct str s = rewrite(c, normalise(text, a), a);
    if (ret_plain)
        *ret_plain = rx_find(c->tails[0], s, 0, false, &m) && m.begin ? str_head(s, m.begin) : s;
    bool more = s.len > 0;
    for (int round = 0; more && round < ROUNDS; round++) {
        more = false;
        for (size_t i = 0; i < N_TAILS; i++)
            if (rx_find(c->tails[i], s, 0, false, &m) && m.begin > 0) {
                s.len = m.begin;
                more = true;
            }
        for (size_t i = 0; i < N_HEADS; i++)
            if (rx_find(c->heads[i], s, 0, true, &m) && m.end < s.len) {
                s = str_skip(s, m.end);
                more = true;
            }
    }
    return str_trim(s);
}

bool has_han(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t cp = 0;
        int n = utf8_decode(s.ptr + i, s.len - i, &cp);
        if (n <= 0)
            return false;
        if ((cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0x20000 && cp <= 0x3fffd))
            return true;
        i += (size_t)n;
    }
    return false;
}
