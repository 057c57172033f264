/* Words, countries, languages, currencies. */
#include "skill/dict.h"
#include "skill/fns.h"
#include "skill/iso.h"

static bool no_dict(struct skill_call *c, bool meanings)
{
    if (c->env->dict && (!meanings || dict_has_meanings(c->env->dict)))
        return false;
    reply(c, "For that I need the dictionary WordNet, and it is not installed: `apt install wordnet-base`.",
          "这需要 WordNet 词典，这里没有安装：`apt install wordnet-base`。");
    return true;
}

static void suggest(struct skill_call *c, struct str word)
{
    struct buf near = buf_make(4096);
    if (dict_near(c->env->dict, word, 3, &near)) {
        struct str all = buf_str(&near), one;
        reply(c, " Did you mean ", "是不是：");
        for (size_t i = 0; str_split(&all, '\n', &one) && one.len; i++)
            buf_printf(c->out, "%s**" STR_FMT "**", i ? ", " : "", STR_ARG(one));
        buf_puts(c->out, c->zh ? "？" : "?");
    }
    buf_free(&near);
}

int skill_define(struct skill_call *c)
{
    struct str word = intent_text(c->intent, "word");
    struct dict_sense senses[DICT_SENSES_MAX];
    char base[DICT_WORD_MAX];
    if (no_dict(c, true))
        return OK;
    size_t n = dict_define(c->env->dict, word, base, senses);
    if (!n) {
        reply(c, "“%.*s” is not in my dictionary.", "词典里没有“%.*s”。", STR_ARG(word));
        suggest(c, word);
        return OK;
    }
    for (char *u = base; *u; u++)
        *u = *u == '_' ? ' ' : *u;
    buf_printf(c->out, "**%s**", base);
    for (size_t i = 0; i < n; i++)
        buf_printf(c->out, "\n- *%s*: " STR_FMT, senses[i].part, STR_ARG(senses[i].gloss));
    return OK;
}

int skill_synonyms(struct skill_call *c)
{
    struct str word = intent_text(c->intent, "word"), one;
    struct buf words = buf_make(1 << 14);
    if (no_dict(c, true))
        return OK;
    bool known = dict_synonyms(c->env->dict, word, &words);
    struct str all = buf_str(&words);
    if (!known) {
        reply(c, "“%.*s” is not in my dictionary.", "词典里没有“%.*s”。", STR_ARG(word));
        suggest(c, word);
    } else if (!all.len) {
        reply(c, "I know no other word for “%.*s”.", "“%.*s”没有查到近义词。", STR_ARG(word));
    } else {
        reply(c, "Like “%.*s”: ", "“%.*s”的近义词：", STR_ARG(word));
        for (size_t i = 0; str_split(&all, '\n', &one) && one.len; i++)
            buf_printf(c->out, "%s" STR_FMT, i ? ", " : "", STR_ARG(one));
    }
    buf_free(&words);
    return OK;
}

int skill_spell(struct skill_call *c)
{
    struct str word = intent_text(c->intent, "word");
    if (no_dict(c, false))
        return OK;
    if (dict_knows(c->env->dict, word)) {
        reply(c, "**%.*s** is right: ", "**%.*s** 拼写正确：", STR_ARG(word));
        for (size_t i = 0; i < word.len; i++)
            buf_printf(c->out, "%s%c", i ? "-" : "", word.ptr[i] >= 'a' && word.ptr[i] <= 'z' ? word.ptr[i] - 32 : word.ptr[i]);
        return OK;
    }
    reply(c, "“%.*s” is no word that I know.", "我不认识“%.*s”这个词。", STR_ARG(word));
    suggest(c, word);
    return OK;
}

/* ---- ISO */

static bool no_iso(struct skill_call *c)
{
    if (c->env->iso)
        return false;
    reply(c, "For that I need Debian's package `iso-codes`, and it is not installed.",
          "这需要 Debian 的软件包 `iso-codes`，这里没有安装。");
    return true;
}

static struct str name_of(const struct skill_call *c, const struct iso_entry *e)
{
    return c->zh && e->zh.len ? e->zh : e->common.len ? e->common : e->name;
}

static void put_languages(struct skill_call *c, struct str codes)
{
    struct str one;
    for (size_t i = 0; str_split(&codes, ' ', &one); i++) {
        const struct iso_entry *l = iso_find(c->env->iso, ISO_LANGUAGE, one);
        buf_printf(c->out, "%s**" STR_FMT "**", i ? c->zh ? "、" : ", " : "", STR_ARG(l ? name_of(c, l) : one));
    }
}

int skill_country(struct skill_call *c)
{
    struct str what = intent_text(c->intent, "what"), currency, languages;
    const struct iso_entry *e = no_iso(c) ? NULL : iso_find(c->env->iso, ISO_COUNTRY, intent_text(c->intent, "country"));
    if (!e)
        return OK;
    struct str name = name_of(c, e);
    bool facts = country_facts(e->code2, &currency, &languages);
    if (str_eq(what, STR("code"))) {
        reply(c, "%.*s: **%.*s**, %.*s", "%.*s：**%.*s**，%.*s", STR_ARG(name), STR_ARG(e->code2), STR_ARG(e->code3));
    } else if (str_eq(what, STR("name"))) {
        reply(c, "%.*s is **%.*s**.", "%.*s 是**%.*s**。", STR_ARG(e->code2), STR_ARG(name));
    } else if (!facts) {
        reply(c, "I don't know that about %.*s.", "关于%.*s我不知道这一点。", STR_ARG(name));
    } else if (str_eq(what, STR("currency"))) {
        const struct iso_entry *m = iso_find(c->env->iso, ISO_CURRENCY, currency);
        reply(c, "%.*s pays with the **%.*s** (%.*s).", "%.*s使用**%.*s**（%.*s）。", STR_ARG(name), STR_ARG(m ? name_of(c, m) : currency),
              STR_ARG(currency));
    } else {
        reply(c, "Official in %.*s: ", "%.*s的官方语言：", STR_ARG(name));
        put_languages(c, languages);
    }
    return OK;
}

static int code_of(struct skill_call *c, enum iso_kind kind)
{
    struct str said = intent_text(c->intent, "name");
    const struct iso_entry *e = no_iso(c) ? NULL : iso_find(c->env->iso, kind, said);
    if (!e)
        return OK;
    struct str name = name_of(c, e);
    reply(c, "%.*s: **%.*s**", "%.*s：**%.*s**", STR_ARG(name), STR_ARG(e->code2.len ? e->code2 : e->code3));
    if (e->code2.len)
        buf_printf(c->out, ", " STR_FMT, STR_ARG(e->code3));
    return OK;
}

int skill_language(struct skill_call *c)
{
    return code_of(c, ISO_LANGUAGE);
}

int skill_currency(struct skill_call *c)
{
    return code_of(c, ISO_CURRENCY);
}
