/* From an utterance to a skill and its slots, said on Wednesday 2026-11-25 at 10:30 in Berlin. */
#include "../check.h"

#include <stdio.h>

#include "skill/civil.h"
#include "skill/dict.h"
#include "skill/tz.h"
#include "skill/understand.h"
#include "skill/when.h"

static struct skill_env *env;

static int setup(void **state)
{
    (void)state;
    struct err e = {0};
    if (skill_env_create(&clock_system, NULL, STR("Europe/Berlin"), &env, &e))
        fail_msg("%s", e.text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    skill_env_free(env);
    return 0;
}

static int64_t now(void)
{
    return tz_utc(env->home, (struct civil){2026, 11, 25, 10, 30, 0}) * 1000;
}

/* "skill slot=value …; skill …" */
static const char *meaning(const char *said, char text[600])
{
    struct arena a = arena_make(SKILL_TURN_BYTES_MAX);
    struct intent in[SKILL_INTENTS_MAX];
    size_t n = understand_all(env, str_of(said), now(), &a, in), at = 0;
    text[0] = 0;
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, 600 - at, "%s%s", i ? "; " : "", in[i].skill->name);
        for (size_t k = 0; k < in[i].n_slots; k++) {
            const struct slot *s = &in[i].slots[k];
            if (s->kind == SLOT_NUMBER)
                at += (size_t)snprintf(text + at, 600 - at, " %s=%g", s->name, s->number);
            else
                at += (size_t)snprintf(text + at, 600 - at, " %s=" STR_FMT, s->name, STR_ARG(s->text));
        }
        if (in[i].missing)
            at += (size_t)snprintf(text + at, 600 - at, " ?%s", in[i].missing->name);
    }
    for (char *c = text; *c; c++)
        *c = *c == '\n' ? '|' : *c;
    arena_free(&a);
    return text;
}

static void utterances(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"hi", "hello"},
        {"who are you?", "who"},
        {"what time is it", "time"},
        {"东京现在几点", "time place=Asia/Tokyo"},
        {"what's 17.5% of 1,240?", "calculate expression=(1240*17.5/100)"},
        {"how many km is 26.2 miles", "convert value=26.2 from=mi to=km"},
        {"remind me in 10 seconds to stretch", "reminder_set in_s=10 text=stretch"},
        {"提醒我明天早上八点开会", "reminder_set at=2026-11-26T08:00 text=开会"},
        {"remind me to call mum", "reminder_set text=call mum ?at"},
        {"remind me every weekday at 8 to stand up",
         "reminder_set every=FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR at=2026-11-26T08:00 text=stand up"},
        {"半小时后提醒我关火", "reminder_set in_s=1800 text=关火"},
        {"set a timer for ten minutes", "timer_set duration_s=600"},
        {"wake me at 6:45 tomorrow", "alarm_set at=2026-11-26T06:45"},
        {"put oat milk and eggs on the shopping list and read it to me", "list_add items=oat milk|eggs list=shopping; list_show"},
        {"what does serendipity mean", "define word=serendipity"},
        {"remember that my router is 192.168.7.1", "remember what=router fact=192.168.7.1"},
        {"what is my router's address?", "recall what=router's address"},
        {"what's Anna's phone number", "contact_find what=phone name=Anna"},
        {"how do I list open ports?", "kb_ask query=how do I list open ports"},
        {"undo", "undo"},
        {"write me a poem", ""},
        {"what's the weather like", ""},
        {"", ""},
        {"\xff\xfe", ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[600];
        if (strcmp(meaning(all[i][0], text), all[i][1]) != 0)
            fail_msg("\"%s\" is \"%s\", not \"%s\"", all[i][0], text, all[i][1]);
    }
}

static void times(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"tomorrow at nine", "2026-11-26T09:00"},
        {"tonight", "2026-11-25T20:00"},
        {"friday", "2026-11-27T09:00"},
        {"next friday", "2026-12-04T09:00"},
        {"in an hour and a half", "2026-11-25T12:00"},
        {"noon", "2026-11-25T12:00"},
        {"the 1st at 3pm", "2026-12-01T15:00"},
        {"a week from friday", "2026-12-04T09:00"},
        {"midnight", "2026-11-26T00:00"},
        {"half past seven", "2026-11-26T07:30"},
        {"25 december at 18:00", "2026-12-25T18:00"},
        {"in 3 days", "2026-11-28T10:30"},
        {"下周三下午三点半", "2026-12-02T15:30"},
        {"后天晚上八点一刻", "2026-11-27T20:15"},
        {"两个小时后", "2026-11-25T12:30"},
        {"12月1号", "2026-12-01T09:00"},
        {"明年春节", "2027-02-06T09:00"},
        {"月底", "2026-11-30T09:00"},
        {"christmas", "2026-12-25T09:00"},
        {"明早7点", "2026-11-26T07:00"},
    };
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct saying s = saying_make(env, now(), false, &a);
        struct when w;
        struct civil at;
        char text[CIVIL_TEXT_MAX] = "nothing";
        if (when_read(&s, str_of(all[i][0]), &w) && when_instant(&s, &w, false, &at))
            text[civil_text(at, text).len] = 0;
        if (strcmp(text, all[i][1]) != 0)
            fail_msg("\"%s\" is %s, not %s", all[i][0], text, all[i][1]);
    }
    arena_free(&a);
}

static void recurrences(void **state)
{
    (void)state;
    struct rule r;
    struct civil first = {2026, 11, 30, 8, 0, 0}, next;
    char text[CIVIL_TEXT_MAX];
    assert_true(rule_parse(STR("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"), &r));
    assert_true(rule_next(&r, first, first, &next));
    assert_str(civil_text(next, text), "2026-12-14T08:00");
    assert_true(rule_parse(STR("FREQ=MONTHLY;BYMONTHDAY=-1"), &r));
    assert_true(rule_next(&r, first, first, &next));
    assert_str(civil_text(next, text), "2026-12-31T08:00");
    assert_true(rule_parse(STR("FREQ=MONTHLY;BYDAY=1MO"), &r));
    assert_true(rule_next(&r, first, first, &next));
    assert_str(civil_text(next, text), "2026-12-07T08:00");
    static const char *const bad[] = {"",
                                      "FREQ=",
                                      "FREQ=NEVER",
                                      "FREQ=DAILY;INTERVAL=0",
                                      "FREQ=WEEKLY;BYDAY=XX",
                                      "FREQ=WEEKLY;BYDAY=",
                                      "BYDAY=MO",
                                      "FREQ=MONTHLY;BYMONTHDAY=99"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rule_parse(str_of(bad[i]), &r));
}

/* WordNet's lines, also cut and lying ones. */
static void wordnet_lines(void **state)
{
    (void)state;
    struct dict_entry e;
    struct str words[DICT_WORDS_MAX], gloss;
    size_t n;
    assert_true(dict_parse_index(STR("serendipity n 1 1 @ 1 0 05153414  "), &e));
    assert_int_equal(e.n, 1);
    assert_int_equal(e.offsets[0], 5153414);
    static const char *const bad[] = {"", "x", "x n 1 1 @ 1", "x n 99999999999 0", "x n 1 0 1 0 99999999999", "x n 5 0 5 0 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(dict_parse_index(str_of(bad[i]), &e));
    assert_true(dict_parse_data(STR("05153414 07 n 02 serendipity 0 luck 1 001 @ 05152904 n 0000 | good luck"), words, &n, &gloss));
    assert_int_equal(n, 2);
    assert_str(words[1], "luck");
    assert_str(gloss, "good luck");
    assert_false(dict_parse_data(STR("05153414 07 n ff a | b"), words, &n, &gloss));
    assert_false(dict_parse_data(STR("no gloss"), words, &n, &gloss));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(utterances), cmocka_unit_test(times), cmocka_unit_test(recurrences),
                                       cmocka_unit_test(wordnet_lines)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
