/* hearth.yaml by libyaml's events: there is no document tree, so nothing grows with the file but the values themselves.
 *
 *   TOP ──{──► SECTION_NAME ──name──► SECTION_BODY ──{──► KEY ──key──► VALUE ──scalar──► KEY
 *                  ▲  └──}──► END                          └──}──► SECTION_NAME     └──[──► ITEMS ──]──► KEY
 *
 * Any event that the present state does not expect is refused where it stands, which also bounds the nesting: the second
 * level that nobody asked for ends the reading. Anchors, aliases and tags are refused outright. */
#include <stdio.h>
#include <yaml.h>

#include "app/config_value.h"
#include "app/near.h"
#include "app/text.h"
#include "base/utf8.h"

enum state { TOP, SECTION_NAME, SECTION_BODY, KEY, VALUE, ITEMS, END };

struct reading {
    struct config *c;
    const char *name; /* of the file */
    struct str text;
    enum state state;
    const struct setting_section *section;
    const struct setting *setting;
    bool seen_setting[SETTINGS_MAX], seen_section[SETTINGS_MAX];
    struct str items[CONFIG_LIST_MAX];
    size_t n_items;
    struct err *e;
};

static int at(struct reading *r, yaml_mark_t mark, int code)
{
    return err_prefix(r->e, code, T(r->c->lang, AT_POSITION), r->name, mark.line + 1, mark.column + 1);
}

/* Refuses with one sentence at a place in the file. */
#define REFUSE(r, mark, id, ...) (err_set((r)->e, ERR_INVAL, T((r)->c->lang, id) __VA_OPT__(, ) __VA_ARGS__), at((r), (mark), ERR_INVAL))

static struct str scalar_of(const yaml_event_t *ev)
{
    return str_from(ev->data.scalar.value, ev->data.scalar.length);
}

struct shown {
    char text[64];
};
static struct shown shown(struct str s)
{
    struct shown r;
    str_copy(r.text, sizeof r.text, s);
    r.text[utf8_complete_prefix(r.text, strlen(r.text))] = 0;
    for (char *p = r.text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return r;
}

static int on_top(struct reading *r, const yaml_event_t *ev)
{
    if (ev->type == YAML_SCALAR_EVENT && !ev->data.scalar.length && ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        r->state = END; /* an empty document, or one of comments */
        return OK;
    }
    if (ev->type != YAML_MAPPING_START_EVENT)
        return REFUSE(r, ev->start_mark, YAML_TOP);
    r->state = SECTION_NAME;
    return OK;
}

static int unknown_section(struct reading *r, const yaml_event_t *ev)
{
    struct str name = scalar_of(ev);
    struct near near = near_to(name);
    for (size_t i = 0; i < setting_sections_count; i++)
        near_try(&near, setting_sections[i].name);
    if (near.best)
        return REFUSE(r, ev->start_mark, YAML_SECTION_NEAR, shown(name).text, near.best);
    struct buf all = buf_make(512);
    for (size_t i = 0; i < setting_sections_count; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", setting_sections[i].name);
    int code = REFUSE(r, ev->start_mark, YAML_SECTION_UNKNOWN, shown(name).text, buf_cstr(&all));
    buf_free(&all);
    return code;
}

static int on_section_name(struct reading *r, const yaml_event_t *ev)
{
    if (ev->type == YAML_MAPPING_END_EVENT) {
        r->state = END;
        return OK;
    }
    if (ev->type != YAML_SCALAR_EVENT)
        return REFUSE(r, ev->start_mark, YAML_TOP);
    for (size_t i = 0; i < setting_sections_count; i++) {
        if (!str_eq(scalar_of(ev), str_of(setting_sections[i].name)))
            continue;
        if (r->seen_section[i])
            return REFUSE(r, ev->start_mark, YAML_TWICE, setting_sections[i].name);
        r->seen_section[i] = true;
        r->section = &setting_sections[i];
        r->state = SECTION_BODY;
        return OK;
    }
    return unknown_section(r, ev);
}

static int on_section_body(struct reading *r, const yaml_event_t *ev)
{
    bool empty = ev->type == YAML_SCALAR_EVENT && !ev->data.scalar.length && ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!empty && ev->type != YAML_MAPPING_START_EVENT) {
        const struct setting *first = settings;
        while (strcmp(first->section, r->section->name) != 0)
            first++;
        return REFUSE(r, ev->start_mark, YAML_SECTION_BODY, r->section->name, first->key);
    }
    r->state = empty ? SECTION_NAME : KEY; /* a section whose settings are all comments is fine */
    return OK;
}

static int unknown_key(struct reading *r, const yaml_event_t *ev)
{
    struct str name = scalar_of(ev);
    struct near near = near_to(name);
    for (size_t i = 0; i < settings_count; i++)
        if (!strcmp(settings[i].section, r->section->name))
            near_try(&near, settings[i].key);
    return near.best ? REFUSE(r, ev->start_mark, KEY_NEAR, shown(name).text, r->section->name, near.best)
                     : REFUSE(r, ev->start_mark, KEY_UNKNOWN, shown(name).text, r->section->name);
}

static int on_key(struct reading *r, const yaml_event_t *ev)
{
    if (ev->type == YAML_MAPPING_END_EVENT) {
        r->state = SECTION_NAME;
        return OK;
    }
    if (ev->type != YAML_SCALAR_EVENT)
        return REFUSE(r, ev->start_mark, YAML_KEY);
    r->setting = setting_in(str_of(r->section->name), scalar_of(ev));
    if (!r->setting)
        return unknown_key(r, ev);
    bool *seen = &r->seen_setting[r->setting - settings];
    if (*seen)
        return REFUSE(r, ev->start_mark, YAML_TWICE, r->setting->key);
    *seen = true;
    r->state = VALUE;
    return OK;
}

static int wrong_kind(struct reading *r, const yaml_event_t *ev, const char *found)
{
    struct buf want = buf_make(1024);
    value_expected(r->c->lang, r->setting, &want);
    int code = REFUSE(r, ev->start_mark, SETTING_WRONG_KIND, r->setting->section, r->setting->key, buf_cstr(&want), found);
    buf_free(&want);
    return code;
}

static struct config_origin origin_at(const struct reading *r, yaml_mark_t mark)
{
    return (struct config_origin){FROM_FILE, (uint32_t)mark.line + 1, r->c->file};
}

static int on_scalar(struct reading *r, const yaml_event_t *ev)
{
    enum lang lang = r->c->lang;
    enum setting_kind kind = r->setting->kind;
    struct str text = scalar_of(ev);
    bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (!text.len || str_eq(text, STR("null")) || str_eq(text, STR("~"))))
        return wrong_kind(r, ev, T(lang, FOUND_NOTHING));
    if (!plain && kind != SETTING_STRING && kind != SETTING_ENUM && kind != SETTING_LIST)
        return wrong_kind(r, ev, T(lang, FOUND_QUOTED));
    struct config_origin origin = origin_at(r, ev->start_mark);
    int code =
        kind == SETTING_LIST ? value_set_list(r->c, r->setting, &text, 1, origin, r->e) : value_set(r->c, r->setting, text, origin, r->e);
    if (code)
        return at(r, ev->start_mark, code);
    r->state = KEY;
    return OK;
}

static int on_value(struct reading *r, const yaml_event_t *ev)
{
    switch ((int)ev->type) {
    case YAML_SCALAR_EVENT: return on_scalar(r, ev);
    case YAML_SEQUENCE_START_EVENT:
        if (r->setting->kind != SETTING_LIST)
            return wrong_kind(r, ev, T(r->c->lang, FOUND_LIST));
        r->n_items = 0;
        r->state = ITEMS;
        return OK;
    default: return wrong_kind(r, ev, T(r->c->lang, FOUND_SECTION));
    }
}

static int on_items(struct reading *r, const yaml_event_t *ev)
{
    if (ev->type == YAML_SEQUENCE_END_EVENT) {
        int code = value_set_list(r->c, r->setting, r->items, r->n_items, origin_at(r, ev->start_mark), r->e);
        r->state = KEY;
        return code ? at(r, ev->start_mark, code) : OK;
    }
    if (ev->type != YAML_SCALAR_EVENT || r->n_items == CONFIG_LIST_MAX)
        return wrong_kind(r, ev, ev->type == YAML_MAPPING_START_EVENT ? T(r->c->lang, FOUND_SECTION) : T(r->c->lang, FOUND_LIST));
    struct str copy = arena_dup(&r->c->arena, scalar_of(ev)); /* the event's bytes are gone before the list ends */
    if (!copy.ptr)
        return err_set(r->e, ERR_NOMEM, "%s", T(r->c->lang, NO_MEMORY));
    r->items[r->n_items++] = copy;
    return OK;
}

static int on_end(struct reading *r, const yaml_event_t *ev)
{
    return REFUSE(r, ev->start_mark, YAML_SECOND_DOC);
}

static int on_event(struct reading *r, const yaml_event_t *ev)
{
    static int (*const handlers[])(struct reading *, const yaml_event_t *) = {
        [TOP] = on_top,
        [SECTION_NAME] = on_section_name,
        [SECTION_BODY] = on_section_body,
        [KEY] = on_key,
        [VALUE] = on_value,
        [ITEMS] = on_items,
        [END] = on_end,
    };
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (ev->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: return OK;
    case YAML_DOCUMENT_START_EVENT: return r->state == END ? REFUSE(r, ev->start_mark, YAML_SECOND_DOC) : OK;
    case YAML_ALIAS_EVENT: return REFUSE(r, ev->start_mark, YAML_ALIAS);
    case YAML_SCALAR_EVENT: anchor = ev->data.scalar.anchor, tag = ev->data.scalar.tag; break;
    case YAML_SEQUENCE_START_EVENT: anchor = ev->data.sequence_start.anchor, tag = ev->data.sequence_start.tag; break;
    case YAML_MAPPING_START_EVENT: anchor = ev->data.mapping_start.anchor, tag = ev->data.mapping_start.tag; break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: break;
    }
    if (anchor)
        return REFUSE(r, ev->start_mark, YAML_ALIAS);
    if (tag)
        return REFUSE(r, ev->start_mark, YAML_TAG);
    return handlers[r->state](r, ev);
}

/* libyaml's marks count characters, not bytes: walk there. */
static bool tab_at(struct str text, yaml_mark_t mark)
{
    size_t line = 0, column = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (line == mark.line && column == mark.column)
            return text.ptr[i] == '\t';
        if (text.ptr[i] == '\n')
            line++, column = 0;
        else
            column += (text.ptr[i] & 0xc0) != 0x80;
    }
    return false;
}

static int syntax_error(struct reading *r, const yaml_parser_t *p)
{
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->e, ERR_NOMEM, "%s", T(r->c->lang, NO_MEMORY));
    if (tab_at(r->text, p->problem_mark))
        return REFUSE(r, p->problem_mark, YAML_TAB);
    return REFUSE(r, p->problem_mark, YAML_SYNTAX, p->problem ? p->problem : "?");
}

static int run(struct reading *r, yaml_parser_t *p)
{
    for (bool more = true; more;) {
        yaml_event_t ev;
        if (!yaml_parser_parse(p, &ev))
            return syntax_error(r, p);
        more = ev.type != YAML_STREAM_END_EVENT;
        int code = on_event(r, &ev);
        yaml_event_delete(&ev);
        if (code)
            return code;
    }
    return OK;
}

/* libyaml would take UTF-16, too, and reports wrong bytes by offset only: find the place ourselves. */
static int check_utf8(struct reading *r)
{
    size_t bad;
    if (utf8_valid(r->text.ptr, r->text.len, &bad))
        return OK;
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < bad; i++) {
        bool newline = r->text.ptr[i] == '\n';
        mark.line += newline;
        mark.column = newline ? 0 : mark.column + 1;
    }
    return REFUSE(r, mark, YAML_NOT_UTF8);
}

int config_read_yaml(struct config *c, const char *name, struct str text, struct err *e)
{
    struct reading r = {.c = c, .name = name, .text = text, .e = e};
    if (text.len > CONFIG_FILE_BYTES_MAX) {
        err_set(e, ERR_LIMIT, T(c->lang, YAML_TOO_LARGE), CONFIG_FILE_BYTES_MAX >> 10);
        return err_prefix(e, ERR_LIMIT, "%s", name);
    }
    int code = check_utf8(&r);
    if (code)
        return code;
    c->file = arena_dup(&c->arena, str_of(name)).ptr;
    yaml_parser_t p;
    if (!c->file || !yaml_parser_initialize(&p))
        return err_set(e, ERR_NOMEM, "%s", T(c->lang, NO_MEMORY));
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = r.text = str_skip(text, 3);
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
    code = run(&r, &p);
    yaml_parser_delete(&p);
    return code;
}
