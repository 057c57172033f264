/* What a turn means in its conversation: an answer to the question that was asked, a correction of what was done, or something new.
 *
 * The conversation is read, not remembered: the last thing that was understood is found by understanding the messages before this one
 * again, oldest first, at most DIALOGUE_TURNS of them. That costs half a millisecond each. */
#include "assistant/internal.h"
#include "skill/clean.h"

enum { DIALOGUE_TURNS = 6 };

/* "no, Friday", "I meant at nine", 不，九点: what comes after it. */
static bool correction(struct str said, struct str *ret)
{
    static const char *const heads[] = {"no, ",       "no ",        "nope, ",   "sorry, ",    "i meant ",      "i mean ",
                                        "actually, ", "actually ",  "make it ", "make that ", "change it to ", "change that to ",
                                        "rather ",    "not that, ", "wait, ",   "不是，",     "不是,",         "不对，",
                                        "不对,",      "不，",       "不,",      "我是说",     "我的意思是",    "改成",
                                        "改到",       "改为",       "应该是"};
    struct str s = str_trim(said);
    bool any = false;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
            struct str head = str_of(heads[i]);
            if (s.len > head.len && str_ieq(str_head(s, head.len), head)) {
                s = str_trim(str_skip(s, head.len));
                more = any = true;
            }
        }
    }
    *ret = s;
    return any;
}

/* Puts what the words say into the slot that they can be of: the time first, since that is what people correct. */
static bool refill(const struct skill_env *env, struct intent *i, struct str words, int64_t now_ms, struct arena *a)
{
    static const char *const prefixes[] = {"", "at ", "on "};
    for (const struct slot_def *d = i->skill->slots; d->name; d++) {
        if (d->type == TYPE_TEXT || d->type == TYPE_CHOICE || d->type == TYPE_RULE)
            continue;
        for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
            struct slot slot;
            struct buf b = buf_make(CLEAN_BYTES_MAX);
            buf_printf(&b, "%s" STR_FMT, prefixes[p], STR_ARG(words));
            bool ok = understand_slot(env, i->skill, d, arena_dup(a, buf_str(&b)), now_ms, a, &slot);
            buf_free(&b);
            if (!ok)
                continue;
            /* "at nine" keeps the day that was said before; "Friday" keeps the hour */
            const struct slot *old = intent_slot(i, d->name);
            if (d->type == TYPE_INSTANT && old)
                slot.text = understand_merge(env, old->text, words, slot.text, now_ms, a);
            intent_drop(i, "in_s");
            return intent_put(i, d->name, slot);
        }
    }
    return false;
}

/* One turn after another; `last` is what the one before came to, or has no skill. */
static enum dialogue_act step(const struct skill_env *env, struct str said, int64_t now_ms, struct arena *a, struct intent *last,
                              struct turn_meaning *ret)
{
    struct str words;
    struct slot slot;
    bool fixes = last->skill && correction(said, &words);
    if (last->skill && last->missing) {
        struct intent whole;
        bool other = understand(env, said, now_ms, a, &whole) && !whole.missing && whole.skill != last->skill;
        if (!other && understand_slot(env, last->skill, last->missing, said, now_ms, a, &slot) &&
            intent_put(last, last->missing->name, slot)) {
            intent_check(last);
            ret->intents[0] = *last;
            ret->n = 1;
            return DIALOGUE_ANSWERS;
        }
    }
    if (fixes) {
        struct intent fixed = *last;
        if (refill(env, &fixed, words, now_ms, a)) {
            ret->intents[0] = fixed;
            ret->n = 1;
            return DIALOGUE_CORRECTS;
        }
    }
    ret->n = understand_all(env, said, now_ms, a, ret->intents);
    return DIALOGUE_NEW;
}

enum dialogue_act dialogue_read(const struct skill_env *env, const struct gen_request *r, int64_t now_ms, struct arena *a,
                                struct turn_meaning *ret)
{
    size_t begin = r->n_messages, turns = 0;
    struct intent last = {0};
    enum dialogue_act act = DIALOGUE_NEW;
    while (begin > 0 && turns < DIALOGUE_TURNS)
        turns += r->messages[--begin].role == GEN_ROLE_USER;
    for (size_t i = begin; i < r->n_messages; i++) {
        if (r->messages[i].role != GEN_ROLE_USER)
            continue;
        act = step(env, r->messages[i].content, now_ms, a, &last, ret);
        last = ret->n ? ret->intents[ret->n - 1] : (struct intent){0};
    }
    return act;
}
