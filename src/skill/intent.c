#include "skill/skill.h"

#include <stdio.h>

const struct skill *skill_find(struct str name)
{
    for (const struct skill *s = skill_table; s < skill_table + skill_count; s++)
        if (str_eq(str_of(s->name), name))
            return s;
    return NULL;
}

size_t skill_index(const struct skill *s)
{
    return (size_t)(s - skill_table);
}

const struct slot *intent_slot(const struct intent *i, const char *name)
{
    for (size_t n = 0; n < i->n_slots; n++)
        if (!strcmp(i->slots[n].name, name))
            return &i->slots[n];
    return NULL;
}

struct str intent_text(const struct intent *i, const char *name)
{
    const struct slot *s = intent_slot(i, name);
    return s ? s->text : (struct str){0};
}

bool intent_put(struct intent *i, const char *name, struct slot value)
{
    size_t n = 0;
    while (n < i->n_slots && strcmp(i->slots[n].name, name) != 0)
        n++;
    if (n == SKILL_SLOTS_MAX)
        return false;
    i->slots[n] = value;
    i->slots[n].name = name;
    i->n_slots += n == i->n_slots;
    return true;
}

bool intent_put_text(struct intent *i, const char *name, struct str text)
{
    return intent_put(i, name, (struct slot){.kind = SLOT_TEXT, .text = text});
}

bool intent_put_number(struct intent *i, const char *name, double v)
{
    return intent_put(i, name, (struct slot){.kind = SLOT_NUMBER, .number = v});
}

void intent_drop(struct intent *i, const char *name)
{
    for (size_t n = 0; n < i->n_slots; n++) {
        if (strcmp(i->slots[n].name, name) != 0)
            continue;
        memmove(&i->slots[n], &i->slots[n + 1], (i->n_slots - n - 1) * sizeof *i->slots);
        i->n_slots--;
        return;
    }
}

void intent_check(struct intent *i)
{
    i->missing = NULL;
    for (const struct slot_def *d = i->skill->slots; d->name && !i->missing; d++)
        if (d->required && !intent_slot(i, d->name) && !(!strcmp(d->name, "at") && intent_slot(i, "in_s")))
            i->missing = d;
}

void reply(struct skill_call *c, const char *en, const char *zh, ...)
{
    va_list ap;
    va_start(ap, zh);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* both were checked at the call, as its attributes say */
    buf_vprintf(c->out, c->zh ? zh : en, ap);
#pragma GCC diagnostic pop
    va_end(ap);
}
