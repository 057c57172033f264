#include "fetch/hub.h"

#include <stdio.h>
#include <stdlib.h>

#include "fetch/download_internal.h"
#include "fetch/url.h"

enum { PAGE_BYTES_MAX = 8 << 20 };

void hub_file_deinit(struct hub_file *f)
{
    free(f->url);
    free(f->file);
    *f = (struct hub_file){0};
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Percent-decodes; what is malformed stays as it is, and then does not pass for a name. */
static void put_decoded(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 && hex(s.ptr[i + 2]) >= 0) {
            buf_putc(b, (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2])));
            i += 2;
        } else {
            buf_putc(b, s.ptr[i]);
        }
    }
}

/* The hub's address, to which a path is added. */
static struct str home_of(const struct hub *h)
{
    struct str home = str_of(h->address);
    while (str_ends(home, STR("/")))
        home.len--;
    return home;
}

/* ---- asking */

/* One page; the sentences of 401, 403 and 404 are the caller's. */
static int get(const struct hub *h, struct transfer *t, const char *url, struct err *e)
{
    char bearer[600];
    const char *headers[3] = {"Accept: application/json"};
    if (h->token && *h->token) {
        snprintf(bearer, sizeof bearer, "Authorization: Bearer %.500s", h->token);
        headers[1] = bearer;
    }
    struct transfer_request q = {.url = url,
                                 .headers = headers,
                                 .stall_ms_max = 30000,
                                 .answer_bytes_max = PAGE_BYTES_MAX,
                                 .ca_file = h->ca_file,
                                 .cancel = h->cancel};
    uint32_t most = h->attempts_max ? h->attempts_max : 4;
    for (uint32_t failures = 1;; failures++) {
        int rc = transfer_run(t, &q, e);
        int status = rc ? 0 : transfer_status(t);
        if (!rc && status != 200)
            rc = download_refusal(status, url, e);
        uint32_t asked = rc == ERR_AGAIN ? download_retry_after(transfer_header(t, "retry-after")) : 0;
        if (!download_later(rc) || failures >= most || !download_pause(h->retry_ms, failures, asked, h->cancel, NULL))
            return rc == ERR_AGAIN ? ERR_CLOSED : rc;
    }
}

/* What the hub has answered; without an answer (a certificate that is not trusted, say) the transfer's own sentence stands. */
static int explain(const struct hub *h, const struct hub_name *n, const char *revision, int rc, int status, struct err *e)
{
    if (status == 401 || status == 403)
        return err_set(e, rc,
                       STR_FMT "/" STR_FMT " is gated, private, or not there. %s Accept its terms at %s/" STR_FMT "/" STR_FMT
                               ", make a token at %s/settings/tokens, and give it as HF_TOKEN or models.hub_token_file",
                       STR_ARG(n->org), STR_ARG(n->repo), h->token && *h->token ? "The token does not open it." : "No token was given.",
                       h->address, STR_ARG(n->org), STR_ARG(n->repo), h->address);
    if (status == 404 || status == 410)
        return err_set(e, rc, "there is no " STR_FMT "/" STR_FMT " with a revision \"%s\" on %s", STR_ARG(n->org), STR_ARG(n->repo),
                       revision, h->address);
    return rc;
}

/* The address of the next page, or "" after the last. */
static int next_page(const struct url *page, struct transfer *t, struct url *ret, struct err *e)
{
    struct str link = hub_next_link(transfer_header(t, "link"));
    if (!link.len)
        return ERR_NOENT;
    int rc = url_join(page, link, ret, e);
    if (!rc && !url_same_origin(page, ret)) {
        url_deinit(ret);
        rc = err_set(e, ERR_CORRUPT, "the hub's list of files goes on at another host");
    }
    return rc;
}

static int list_pages(const struct hub *h, struct transfer *t, struct url *page, struct hub_list *list, struct err *e)
{
    for (int pages = 0; pages < HUB_PAGES_MAX; pages++) {
        int rc = get(h, t, page->text, e);
        if (rc || (rc = hub_list_read(transfer_body(t), list, e)))
            return rc;
        struct url next = {0};
        rc = next_page(page, t, &next, e);
        if (rc)
            return rc == ERR_NOENT ? OK : rc;
        url_deinit(page);
        *page = next;
    }
    return err_set(e, ERR_LIMIT, "the hub's list of files does not end");
}

static int list(const struct hub *h, const struct hub_name *n, const char *revision, struct hub_list *list, struct err *e)
{
    struct transfer *t = NULL;
    struct url page = {0};
    struct buf address = buf_make(URL_BYTES_MAX);
    buf_printf(&address, STR_FMT "/api/models/" STR_FMT "/" STR_FMT "/tree/", STR_ARG(home_of(h)), STR_ARG(n->org), STR_ARG(n->repo));
    url_put_encoded(&address, str_of(revision), false);
    buf_puts(&address, "?recursive=1");
    int rc = transfer_create(&t, e);
    if (!rc)
        rc = url_parse(str_of(buf_cstr(&address)), &page, e);
    if (!rc)
        rc = list_pages(h, t, &page, list, e);
    if (rc && t)
        rc = explain(h, n, revision, rc, transfer_status(t), e);
    transfer_free(t);
    url_deinit(&page);
    buf_free(&address);
    return rc;
}

/* ---- results */

static struct str base_name(struct str path)
{
    return str_skip(path, (size_t)(str_rchr(path, '/') + 1));
}

static int found(const struct hub *h, const struct hub_name *n, const char *revision, const struct hub_entry *entry, struct hub_file *ret)
{
    struct buf address = buf_make(URL_BYTES_MAX);
    buf_printf(&address, STR_FMT "/" STR_FMT "/" STR_FMT "/resolve/", STR_ARG(home_of(h)), STR_ARG(n->org), STR_ARG(n->repo));
    url_put_encoded(&address, str_of(revision), false);
    buf_putc(&address, '/');
    url_put_encoded(&address, str_of(entry->path), true);
    struct hub_file f = {.url = str_dup(str_of(buf_cstr(&address))), .file = str_dup(base_name(str_of(entry->path))), .size = entry->size};
    f.wants_token = true;
    memcpy(f.sha256, entry->sha256, sizeof f.sha256);
    buf_free(&address);
    if (!f.url || !f.file) {
        hub_file_deinit(&f);
        return ERR_NOMEM;
    }
    *ret = f;
    return OK;
}

static int pick(const struct hub_list *all, const struct hub_name *n, const struct hub_entry **ret, struct err *e)
{
    if (!n->file.len)
        return hub_choose(all, n->quant, ret, e);
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(str_of(all->items[i].path), n->file)) {
            struct hub_list one = {.items = &all->items[i], .n = 1};
            return hub_choose(&one, hub_quant_of(n->file), ret, e); /* says so when it is one of several parts */
        }
    return err_set(e, ERR_NOENT, "there is no file " STR_FMT " in the repository", STR_ARG(n->file));
}

static int resolve_name(const struct hub *h, const struct hub_name *n, const char *revision, struct hub_file *ret, struct err *e)
{
    struct hub_list all = {0};
    const struct hub_entry *entry;
    int rc = list(h, n, revision, &all, e);
    if (!rc)
        rc = pick(&all, n, &entry, e);
    if (!rc && (rc = found(h, n, revision, entry, ret)))
        err_set(e, rc, "%s", err_text(rc));
    hub_list_free(&all);
    return rc;
}

/* ---- addresses */

/* /ORG/REPO, /ORG/REPO/blob/REVISION/FILE and the like, as a name; false for anything else. `revision` is left alone when none is said. */
static bool name_of_page(const struct url *u, struct buf *text, struct buf *revision)
{
    struct str rest = str_skip(str_of(u->path), 1), org, repo, kind, rev;
    if (!str_split(&rest, '/', &org) || !rest.len || !str_split(&rest, '/', &repo))
        return false;
    buf_printf(text, STR_FMT "/" STR_FMT, STR_ARG(org), STR_ARG(repo));
    if (!rest.len)
        return true;
    if (!str_split(&rest, '/', &kind) || !rest.len || !str_split(&rest, '/', &rev))
        return false;
    if (!str_eq(kind, STR("blob")) && !str_eq(kind, STR("resolve")) && !str_eq(kind, STR("tree")))
        return false;
    put_decoded(revision, rev);
    if (rest.len) {
        buf_putc(text, '/');
        put_decoded(text, rest);
    }
    return true;
}

static int resolve_address(const struct url *u, const char *sha256, struct hub_file *ret, struct err *e)
{
    struct buf name = buf_make(HUB_NAME_MAX);
    put_decoded(&name, base_name(str_of(u->path)));
    int rc = OK;
    if (name.failed || str_chr(buf_str(&name), '/') >= 0 || !hub_path_fit(buf_str(&name)))
        rc = err_set(e, ERR_INVAL, "the address must end in the name of a .gguf file");
    else if (!url_is_https(u) && !url_is_loopback(u) && !sha256)
        rc = err_set(e, ERR_INVAL, "over http anybody on the way could change the file: use https, or give its SHA-256");
    struct hub_file f = {0};
    if (!rc) {
        f.url = str_dup(str_of(u->text));
        f.file = str_dup(buf_str(&name));
        if (!f.url || !f.file)
            rc = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    if (rc)
        hub_file_deinit(&f);
    else
        *ret = f;
    buf_free(&name);
    return rc;
}

static int resolve_url(const struct hub *h, struct str text, const char *revision, const char *sha256, struct hub_file *ret, struct err *e)
{
    struct url u = {0}, home = {0};
    struct buf name = buf_make(HUB_NAME_MAX), rev = buf_make(256);
    struct hub_name n;
    int rc = url_parse(text, &u, e);
    if (!rc)
        rc = url_parse(str_of(h->address), &home, e);
    if (rc)
        goto out;
    bool page = url_same_origin(&u, &home) && name_of_page(&u, &name, &rev) && !name.failed && hub_name_parse(buf_str(&name), &n);
    const char *at = revision ? revision : rev.len ? buf_cstr(&rev) : "main";
    if (!page)
        rc = resolve_address(&u, sha256, ret, e);
    else if (!hub_revision_fit(str_of(at)))
        rc = err_set(e, ERR_INVAL, "that is no revision");
    else
        rc = resolve_name(h, &n, at, ret, e);
out:
    url_deinit(&u);
    url_deinit(&home);
    buf_free(&name);
    buf_free(&rev);
    return rc;
}

int hub_resolve(const struct hub *h, struct str name, const char *revision, const char *sha256, struct hub_file *ret, struct err *e)
{
    char digest[DIGEST_HEX + 1] = "";
    struct hub_file f = {0};
    struct hub_name n;
    int rc;
    if (sha256 && !digest_parse(str_of(sha256), digest))
        return err_set(e, ERR_INVAL, "a SHA-256 is written as 64 hexadecimal digits");
    if (revision && !hub_revision_fit(str_of(revision)))
        return err_set(e, ERR_INVAL, "\"%.100s\" is no revision: a branch, a tag or a commit", revision);
    if (str_find(str_head(name, 10), STR("://"), 0) >= 0)
        rc = resolve_url(h, name, revision, sha256, &f, e);
    else if (hub_name_parse(name, &n))
        rc = resolve_name(h, &n, revision ? revision : "main", &f, e);
    else
        rc = err_set(e, ERR_INVAL, "a model is named ORG/REPO, ORG/REPO:QUANT, ORG/REPO/FILE.gguf, or by an https address");
    if (!rc && *digest && *f.sha256 && strcmp(digest, f.sha256) != 0)
        rc = err_set(e, ERR_CORRUPT, "the hub lists another SHA-256 for %s: %s", f.file, f.sha256);
    if (rc) {
        hub_file_deinit(&f);
        return rc;
    }
    if (*digest)
        memcpy(f.sha256, digest, sizeof digest);
    *ret = f;
    return OK;
}
