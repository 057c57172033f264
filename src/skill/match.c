/* Do two texts mean the same thing? By words, since people do not repeat themselves letter by letter. */
#include "base/utf8.h"
#include "skill/fns.h"
#include "store/words.h"

struct str plain_form(struct str s, struct arena *a)
{
    static const char *const dropped[] = {"a", "an", "the", "my", "our", "your", "to", "some"};
    struct buf b = buf_make(2 * THING_TEXT_MAX), word = buf_make(THING_TEXT_MAX);
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : ' ';
        bool letter = (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (letter)
            buf_putc(&word, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
        if (c != ' ' || !word.len)
            continue;
        bool drop = false;
        for (size_t k = 0; k < sizeof dropped / sizeof *dropped; k++)
            drop |= str_eq(buf_str(&word), str_of(dropped[k]));
        if (!drop)
            buf_printf(&b, "%s" STR_FMT, b.len ? " " : "", STR_ARG(buf_str(&word)));
        buf_clear(&word);
    }
    struct str r = arena_dup(a, b.len ? buf_str(&b) : s);
    buf_free(&b);
    buf_free(&word);
    return r;
}

static bool says_nothing(struct str w)
{
    static const char *const words[] = {"a",   "an",   "the",  "my",   "is",    "are",  "was", "of",    "to",  "in",   "on",
                                        "for", "what", "s",    "i",    "me",    "you",  "do",  "did",   "it",  "that", "about",
                                        "and", "have", "am",   "does", "where", "when", "who", "which", "how", "我的", "我",
                                        "的",  "是",   "什么", "了",   "吗",    "多少", "在",  "哪"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(w, str_of(words[i])))
            return true;
    return false;
}

struct counting {
    struct str text, query;
    double all, found;
    bool inner; /* looking for one word in the text */
    struct str word;
    bool hit;
};

static int look(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct counting *c = ctx;
    (void)begin;
    (void)end;
    (void)beside;
    c->hit |= str_eq(token, c->word);
    /* router, routers */
    if (!c->hit && token.len > 3 && c->word.len > 3)
        c->hit = (token.len == c->word.len + 1 && str_starts(token, c->word) && token.ptr[token.len - 1] == 's') ||
                 (c->word.len == token.len + 1 && str_starts(c->word, token) && c->word.ptr[c->word.len - 1] == 's');
    return OK;
}

static int count(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct counting *c = ctx;
    (void)begin;
    (void)end;
    (void)beside;
    if (says_nothing(token))
        return OK;
    char copy[WORDS_TOKEN_MAX + 1];
    str_copy(copy, sizeof copy, token);
    struct counting inner = {.word = str_of(copy)};
    words_cut(c->text, WORDS_TEXT, look, &inner);
    c->all++;
    c->found += inner.hit;
    return OK;
}

double overlap(struct str query, struct str text)
{
    struct counting c = {.text = text};
    words_cut(query, WORDS_QUERY, count, &c);
    return c.all > 0 ? c.found / c.all : 0;
}

bool no_store(struct skill_call *c)
{
    if (c->db)
        return false;
    reply(c, "Nothing can be kept here: the store is not open.", "这里没有打开存储，什么都存不下来。");
    return true;
}

int begin_action(struct skill_call *c)
{
    return c->action ? OK : things_action(c->db, c->owner, c->intent->skill->name, c->now_ms, &c->action, c->e);
}
