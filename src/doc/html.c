/* HTML by gumbo, which reads it as HTML5 says that browsers do. Its tree is walked without recursion, since how deep it is
 * is the document's to say. Memory that runs out ends the process: gumbo knows no other way, and it is a confined child's. */
#include <gumbo.h>

#include <stdio.h>
#include <stdlib.h>

#include "doc/charset.h"
#include "doc/parse.h"

enum { CHARSET_HEAD_BYTES = 2048 };

enum role { ROLE_INLINE, ROLE_BLOCK, ROLE_LINE, ROLE_CELL, ROLE_ITEM, ROLE_HEADING, ROLE_PRE, ROLE_BREAK, ROLE_DROPPED };

/* Elements that are not here are inline. */
static const unsigned char roles[GUMBO_TAG_LAST] = {
    [GUMBO_TAG_P] = ROLE_BLOCK,        [GUMBO_TAG_DIV] = ROLE_BLOCK,        [GUMBO_TAG_SECTION] = ROLE_BLOCK,
    [GUMBO_TAG_ARTICLE] = ROLE_BLOCK,  [GUMBO_TAG_BLOCKQUOTE] = ROLE_BLOCK, [GUMBO_TAG_UL] = ROLE_BLOCK,
    [GUMBO_TAG_OL] = ROLE_BLOCK,       [GUMBO_TAG_DL] = ROLE_BLOCK,         [GUMBO_TAG_TABLE] = ROLE_BLOCK,
    [GUMBO_TAG_FIGURE] = ROLE_BLOCK,   [GUMBO_TAG_HEADER] = ROLE_BLOCK,     [GUMBO_TAG_FOOTER] = ROLE_BLOCK,
    [GUMBO_TAG_MAIN] = ROLE_BLOCK,     [GUMBO_TAG_ASIDE] = ROLE_BLOCK,      [GUMBO_TAG_NAV] = ROLE_BLOCK,
    [GUMBO_TAG_FORM] = ROLE_BLOCK,     [GUMBO_TAG_FIELDSET] = ROLE_BLOCK,   [GUMBO_TAG_ADDRESS] = ROLE_BLOCK,
    [GUMBO_TAG_HR] = ROLE_BLOCK,       [GUMBO_TAG_DETAILS] = ROLE_BLOCK,    [GUMBO_TAG_FIGCAPTION] = ROLE_BLOCK,
    [GUMBO_TAG_CAPTION] = ROLE_BLOCK,  [GUMBO_TAG_CENTER] = ROLE_BLOCK,     [GUMBO_TAG_DT] = ROLE_LINE,
    [GUMBO_TAG_DD] = ROLE_LINE,        [GUMBO_TAG_TR] = ROLE_LINE,          [GUMBO_TAG_OPTION] = ROLE_LINE,
    [GUMBO_TAG_SUMMARY] = ROLE_LINE,   [GUMBO_TAG_TD] = ROLE_CELL,          [GUMBO_TAG_TH] = ROLE_CELL,
    [GUMBO_TAG_LI] = ROLE_ITEM,        [GUMBO_TAG_BR] = ROLE_BREAK,         [GUMBO_TAG_H1] = ROLE_HEADING,
    [GUMBO_TAG_H2] = ROLE_HEADING,     [GUMBO_TAG_H3] = ROLE_HEADING,       [GUMBO_TAG_H4] = ROLE_HEADING,
    [GUMBO_TAG_H5] = ROLE_HEADING,     [GUMBO_TAG_H6] = ROLE_HEADING,       [GUMBO_TAG_PRE] = ROLE_PRE,
    [GUMBO_TAG_TEXTAREA] = ROLE_PRE,   [GUMBO_TAG_SCRIPT] = ROLE_DROPPED,   [GUMBO_TAG_STYLE] = ROLE_DROPPED,
    [GUMBO_TAG_HEAD] = ROLE_DROPPED,   [GUMBO_TAG_TEMPLATE] = ROLE_DROPPED, [GUMBO_TAG_SVG] = ROLE_DROPPED,
    [GUMBO_TAG_IFRAME] = ROLE_DROPPED, [GUMBO_TAG_OBJECT] = ROLE_DROPPED,   [GUMBO_TAG_CANVAS] = ROLE_DROPPED,
};

static enum role role_of(const GumboNode *n)
{
    if (n->type == GUMBO_NODE_TEMPLATE)
        return ROLE_DROPPED;
    return n->type == GUMBO_NODE_ELEMENT ? (enum role)roles[n->v.element.tag] : ROLE_INLINE;
}

struct walk {
    struct text *t;
    size_t pre; /* how many <pre> are open */
};

static void edge(struct walk *w, enum role role)
{
    if (role == ROLE_BLOCK || role == ROLE_PRE)
        text_block(w->t);
    else if (role == ROLE_LINE || role == ROLE_ITEM || role == ROLE_BREAK)
        text_line(w->t);
}

static void begin(struct walk *w, const GumboNode *n, enum role role)
{
    edge(w, role);
    if (role == ROLE_HEADING)
        text_heading_begin(w->t, (int)(n->v.element.tag - GUMBO_TAG_H1) + 1);
    else if (role == ROLE_ITEM)
        text_flow(w->t, STR("- "));
    else if (role == ROLE_CELL && n->index_within_parent > 0)
        text_space(w->t);
    w->pre += role == ROLE_PRE;
}

static void end(struct walk *w, enum role role)
{
    edge(w, role);
    if (role == ROLE_HEADING)
        text_heading_end(w->t);
    else if (role == ROLE_CELL)
        text_flow(w->t, STR(" | "));
    w->pre -= role == ROLE_PRE;
}

static void put_text(struct walk *w, const GumboNode *n)
{
    struct str s = str_of(n->v.text.text);
    if (w->pre)
        text_exact(w->t, s);
    else
        text_flow(w->t, s);
}

static const GumboVector *children_of(const GumboNode *n)
{
    static const GumboVector none = {0};
    if (n->type == GUMBO_NODE_DOCUMENT)
        return &n->v.document.children;
    return n->type == GUMBO_NODE_ELEMENT ? &n->v.element.children : &none;
}

static const GumboNode *visit(struct walk *w, const GumboNode *n)
{
    enum role role = role_of(n);
    if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA)
        put_text(w, n);
    if (role == ROLE_DROPPED)
        return NULL;
    begin(w, n, role);
    const GumboVector *children = children_of(n);
    return children->length ? children->data[0] : NULL;
}

static void walk_tree(struct walk *w, const GumboNode *root)
{
    const GumboNode *n = root;
    while (!text_failed(w->t)) {
        const GumboNode *child = visit(w, n);
        if (child) {
            n = child;
            continue;
        }
        while (true) { /* up, until there is a sibling */
            if (role_of(n) != ROLE_DROPPED)
                end(w, role_of(n));
            if (n == root)
                return;
            const GumboVector *siblings = children_of(n->parent);
            if (n->index_within_parent + 1 < siblings->length) {
                n = siblings->data[n->index_within_parent + 1];
                break;
            }
            n = n->parent;
        }
    }
}

/* ---- the head */

static void take_title(struct text *t, const GumboNode *root)
{
    const GumboVector *of_root = children_of(root);
    for (unsigned i = 0; i < of_root->length; i++) {
        const GumboNode *head = of_root->data[i];
        if (head->type != GUMBO_NODE_ELEMENT || head->v.element.tag != GUMBO_TAG_HEAD)
            continue;
        const GumboVector *of_head = children_of(head);
        for (unsigned k = 0; k < of_head->length; k++) {
            const GumboNode *n = of_head->data[k];
            if (n->type == GUMBO_NODE_ELEMENT && n->v.element.tag == GUMBO_TAG_TITLE && n->v.element.children.length) {
                const GumboNode *words = n->v.element.children.data[0];
                if (words->type == GUMBO_NODE_TEXT)
                    text_title(t, str_of(words->v.text.text));
            }
        }
    }
}

/* <meta charset="…">, <meta … content="…; charset=…">, <?xml … encoding="…"?>: the name behind the first of them. */
static bool declared_charset(struct str bytes, char *dst, size_t cap)
{
    static const struct str keys[] = {{"charset=", 8}, {"CHARSET=", 8}, {"encoding=", 9}};
    bytes = str_head(bytes, CHARSET_HEAD_BYTES);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ptrdiff_t at = str_find(bytes, keys[i], 0);
        if (at < 0)
            continue;
        struct str rest = str_skip(bytes, (size_t)at + keys[i].len);
        size_t n = 0;
        while (rest.len && (rest.ptr[0] == '"' || rest.ptr[0] == '\'' || rest.ptr[0] == ' '))
            rest = str_skip(rest, 1);
        while (n < rest.len && !strchr("\"' ;>/?", rest.ptr[n]))
            n++;
        if (n && str_copy(dst, cap, str_head(rest, n)))
            return true;
    }
    return false;
}

static void *take(void *arg, size_t n)
{
    (void)arg;
    void *p = malloc(n ? n : 1);
    if (!p)
        abort();
    return p;
}

static void give_back(void *arg, void *p)
{
    (void)arg;
    free(p);
}

int parse_html(const struct source *s, struct text *t, struct err *e)
{
    char charset[64];
    struct buf utf8;
    int r = source_decode(s, declared_charset(s->bytes, charset, sizeof charset) ? charset : NULL, &utf8, t, e);
    if (!r) {
        GumboOptions options = kGumboDefaultOptions;
        options.allocator = take;
        options.deallocator = give_back;
        options.max_errors = 0;
        GumboOutput *tree = gumbo_parse_with_options(&options, utf8.len ? utf8.ptr : "", utf8.len);
        struct walk w = {.t = t};
        take_title(t, tree->root);
        walk_tree(&w, tree->root);
        text_heading_end(t);
        gumbo_destroy_output(&options, tree);
    }
    buf_free(&utf8);
    return r;
}
