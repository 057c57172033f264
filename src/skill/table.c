#include "skill/fns.h"

/* clang-format off */
const struct skill skill_table[] = {
    {"time", "the current time, here or elsewhere", skill_time, 0,
     {{"place", TYPE_ZONE, false, NULL, "IANA time zone, such as Asia/Tokyo; leave out for here", NULL, NULL}},
     "what time is it in Tokyo?", "东京现在几点？"},
    {"calculate", "arithmetic, percentages, roots and powers", skill_calculate, 0,
     {{"expression", TYPE_EXPRESSION, true, NULL, "with + - * / ^ % ( ) sqrt() cbrt() log() ln() abs() !", "What should I calculate?", "要算什么？"}},
     "what's 17.5% of 1,240?", "一百二十乘以三"},
    {"hello", "a greeting", skill_hello, 0, {{0}}, NULL, NULL},
    {"who", "who or what the assistant is", skill_who, 0, {{0}}, "who are you?", "你是谁？"},
    {"thanks", "thanks", skill_thanks, 0, {{0}}, NULL, NULL},
    {"bye", "goodbye", skill_bye, 0, {{0}}, NULL, NULL},
    {"help", "what the assistant can do", skill_help, 0, {{"topic", TYPE_TEXT, false, NULL, "a skill", NULL, NULL}}, NULL, NULL},
};
/* clang-format on */
const size_t skill_count = sizeof skill_table / sizeof *skill_table;
