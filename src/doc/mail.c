/* A mail (RFC 5322 and MIME): who, to whom, when and about what as a heading of its own, then the text. Of alternatives the
 * plain one is taken, or else HTML. Attachments are named, and left out. */
#include "doc/mail.h"

#include "doc/parse.h"

enum { DEPTH_MAX = 20, PARTS_MAX = 1000, FIELD_BYTES_MAX = 16 << 10 };

struct mail {
    const struct source *s;
    struct text *t;
    struct err *e;
    int parts;
};

struct entity {
    struct str head, body;
    struct buf type; /* the field Content-Type */
};

static void open_entity(struct entity *en, struct str bytes)
{
    mail_split(bytes, &en->head, &en->body);
    en->type = buf_make(FIELD_BYTES_MAX);
    if (!mail_field(en->head, STR("Content-Type"), &en->type)) {
        buf_clear(&en->type);
        buf_puts(&en->type, "text/plain");
    }
}

static struct str type_of(const struct entity *en)
{
    return mail_value(buf_str(&en->type));
}

static bool is_type(const struct entity *en, const char *head)
{
    return str_ieq(str_head(type_of(en), strlen(head)), str_of(head));
}

/* ---- the text of a part */

static void put_attachment(struct mail *m, const struct entity *en)
{
    struct buf field = buf_make(FIELD_BYTES_MAX), name = buf_make(FIELD_BYTES_MAX), utf8 = buf_make(FIELD_BYTES_MAX);
    bool named = (mail_field(en->head, STR("Content-Disposition"), &field) && mail_parameter(buf_str(&field), STR("filename"), &name)) ||
                 mail_parameter(buf_str(&en->type), STR("name"), &name);
    m->t->notes |= DOC_NOTE_PARTS;
    if (named) {
        mail_words(buf_str(&name), &utf8);
        text_block(m->t);
        text_flow(m->t, STR("Attachment: "));
        text_flow(m->t, buf_str(&utf8));
        text_block(m->t);
    }
    buf_free(&field);
    buf_free(&name);
    buf_free(&utf8);
}

static bool is_attached(const struct entity *en)
{
    struct buf field = buf_make(FIELD_BYTES_MAX);
    bool attached = mail_field(en->head, STR("Content-Disposition"), &field) && str_ieq(mail_value(buf_str(&field)), STR("attachment"));
    buf_free(&field);
    return attached;
}

static int put_plain(struct mail *m, const struct source *part)
{
    struct buf utf8;
    int r = source_decode(part, NULL, &utf8, m->t, m->e);
    if (!r) {
        text_block(m->t);
        text_exact(m->t, buf_str(&utf8));
        text_block(m->t);
    }
    buf_free(&utf8);
    return r;
}

static int put_text(struct mail *m, const struct entity *en)
{
    struct buf encoding = buf_make(FIELD_BYTES_MAX), charset = buf_make(FIELD_BYTES_MAX), bytes = buf_make(m->s->bytes_max);
    mail_field(en->head, STR("Content-Transfer-Encoding"), &encoding);
    mail_decode(en->body, mail_value(buf_str(&encoding)), &bytes);
    bool named = mail_parameter(buf_str(&en->type), STR("charset"), &charset);
    const struct source part = {.bytes = buf_str(&bytes), .charset = named ? buf_cstr(&charset) : NULL, .bytes_max = m->s->bytes_max};
    text_block(m->t);
    int r = is_type(en, "text/html") ? parse_html(&part, m->t, m->e) : put_plain(m, &part);
    buf_free(&encoding);
    buf_free(&charset);
    buf_free(&bytes);
    return r;
}

/* ---- parts */

static int put_entity(struct mail *m, struct str bytes, int depth);

/* The next part between two boundaries; false: there is none. */
static bool next_part(struct str *rest, struct str boundary, struct str *ret)
{
    size_t from = SIZE_MAX, at = 0;
    while (at < rest->len) {
        struct str line = str_skip(*rest, at);
        ptrdiff_t end = str_chr(line, '\n');
        line = end < 0 ? line : str_head(line, (size_t)end + 1);
        if (str_starts(line, STR("--")) && str_starts(str_skip(line, 2), boundary)) {
            if (from != SIZE_MAX) {
                *ret = str_head(str_skip(*rest, from), at - from);
                *rest = str_skip(*rest, at);
                return true;
            }
            if (str_starts(str_skip(line, 2 + boundary.len), STR("--")))
                return false;
            from = at + line.len;
        }
        at += line.len;
    }
    if (from == SIZE_MAX || from >= rest->len)
        return false;
    *ret = str_skip(*rest, from); /* a mail that was cut off */
    *rest = (struct str){0};
    return true;
}

/* The best of them: the first that is plain text, else the last that has any. */
static struct str choose(struct str body, struct str boundary)
{
    struct str part, best = {0};
    for (int i = 0; i < PARTS_MAX && next_part(&body, boundary, &part); i++) {
        struct entity en;
        open_entity(&en, part);
        bool plain = is_type(&en, "text/plain"), some = plain || is_type(&en, "text/html") || is_type(&en, "multipart/");
        buf_free(&en.type);
        if (some)
            best = part;
        if (plain)
            break;
    }
    return best;
}

static int put_parts(struct mail *m, const struct entity *en, int depth)
{
    struct buf boundary = buf_make(FIELD_BYTES_MAX);
    struct str rest = en->body, part;
    int r = OK;
    if (!mail_parameter(buf_str(&en->type), STR("boundary"), &boundary) || !boundary.len) {
        m->t->notes |= DOC_NOTE_PARTS;
    } else if (is_type(en, "multipart/alternative")) {
        part = choose(rest, buf_str(&boundary));
        r = part.len ? put_entity(m, part, depth + 1) : OK;
    } else {
        while (!r && !text_failed(m->t) && next_part(&rest, buf_str(&boundary), &part))
            r = put_entity(m, part, depth + 1);
    }
    buf_free(&boundary);
    return r;
}

static void put_head(struct mail *m, struct str head, int depth)
{
    static const struct str fields[] = {{"From", 4}, {"To", 2}, {"Cc", 2}, {"Date", 4}};
    struct buf value = buf_make(FIELD_BYTES_MAX), utf8 = buf_make(FIELD_BYTES_MAX);
    if (mail_field(head, STR("Subject"), &value) && value.len) {
        mail_words(buf_str(&value), &utf8);
        text_title(m->t, buf_str(&utf8));
        text_heading_begin(m->t, depth ? 2 : 1);
        text_flow(m->t, buf_str(&utf8));
        text_heading_end(m->t);
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        buf_clear(&utf8);
        if (!mail_field(head, fields[i], &value))
            continue;
        mail_words(buf_str(&value), &utf8);
        text_line(m->t);
        text_flow(m->t, fields[i]);
        text_flow(m->t, STR(": "));
        text_flow(m->t, buf_str(&utf8));
    }
    text_block(m->t);
    buf_free(&value);
    buf_free(&utf8);
}

static int put_mail(struct mail *m, struct str bytes, int depth)
{
    struct str head, body;
    mail_split(bytes, &head, &body);
    put_head(m, head, depth);
    return put_entity(m, bytes, depth);
}

static int put_entity(struct mail *m, struct str bytes, int depth)
{
    struct entity en;
    int r = OK;
    if (depth > DEPTH_MAX || ++m->parts > PARTS_MAX) {
        m->t->notes |= DOC_NOTE_PARTS;
        return OK;
    }
    open_entity(&en, bytes);
    if (is_type(&en, "multipart/"))
        r = put_parts(m, &en, depth);
    else if (is_type(&en, "message/rfc822"))
        r = put_mail(m, en.body, depth + 1);
    else if (is_type(&en, "text/") && !is_attached(&en))
        r = put_text(m, &en);
    else
        put_attachment(m, &en);
    buf_free(&en.type);
    return r;
}

int parse_mail(const struct source *s, struct text *t, struct err *e)
{
    struct mail m = {.s = s, .t = t, .e = e};
    struct str bytes = s->bytes;
    if (str_starts(bytes, STR("From "))) { /* the line before a mail of a mailbox */
        struct str line;
        str_split(&bytes, '\n', &line);
    }
    return put_mail(&m, bytes, 0);
}
