#include "skill/fns.h"

int skill_hello(struct skill_call *c)
{
    reply(c, "Hello! What can I do for you?", "你好！需要我做什么？");
    return OK;
}

int skill_who(struct skill_call *c)
{
    reply(
        c,
        "I'm **hearth**, the assistant that runs on this machine. I'm a program with a set of skills, not a person, and without a language "
        "model I only do what those skills cover. Nothing you say leaves this machine. Say “help” to see what I can do.",
        "我是 "
        "**hearth**，运行在这台机器上的助手。我是一个有若干技能的程序，不是人；没有语言模型时，我只会这些技能。你说的话不会离开这台机器。"
        "说“帮助”看看我会做什么。");
    return OK;
}

int skill_thanks(struct skill_call *c)
{
    reply(c, "You're welcome.", "不客气。");
    return OK;
}

int skill_bye(struct skill_call *c)
{
    reply(c, "Bye! Reminders and timers go on without you.", "再见！提醒和计时器会继续运行。");
    return OK;
}

/* One line a skill that has an example, from the table. */
int skill_help(struct skill_call *c)
{
    struct str topic = intent_text(c->intent, "topic");
    reply(c, "This is what I can do; each line is something you can say:\n\n", "我会做这些，每一行都可以照着说：\n\n");
    for (const struct skill *s = skill_table; s < skill_table + skill_count; s++) {
        const char *example = c->zh ? s->example_zh : s->example_en;
        if (!example || (topic.len && str_find(str_of(s->name), topic, 0) < 0 && str_find(str_of(s->about), topic, 0) < 0 &&
                         str_find(str_of(example), topic, 0) < 0))
            continue;
        buf_printf(c->out, "- %s\n", example);
    }
    reply(c, "\nI understand corrections (“no, at nine”), “undo”, and several things joined by “and”.",
          "\n可以更正（“不，九点”）、“撤销”，也可以一句话说几件事。");
    return OK;
}
