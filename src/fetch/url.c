#include "fetch/url.h"

#include <curl/curl.h>
#include <stdlib.h>

/* One part as a string of ours, so that a struct url has one way to be freed. A part that is absent is NULL. */
static int part(CURLU *h, CURLUPart what, unsigned flags, char **ret)
{
    char *text = NULL;
    CURLUcode rc = curl_url_get(h, what, &text, flags);
    if (rc == CURLUE_OUT_OF_MEMORY)
        return ERR_NOMEM;
    if (rc)
        return OK;
    *ret = str_dup(str_of(text));
    curl_free(text);
    return *ret ? OK : ERR_NOMEM;
}

static int take_apart(CURLU *h, struct url *ret)
{
    static const struct {
        CURLUPart what;
        unsigned flags;
        size_t at;
    } rows[] = {
        {CURLUPART_URL, 0, offsetof(struct url, text)},  {CURLUPART_SCHEME, 0, offsetof(struct url, scheme)},
        {CURLUPART_HOST, 0, offsetof(struct url, host)}, {CURLUPART_PORT, CURLU_DEFAULT_PORT, offsetof(struct url, port)},
        {CURLUPART_PATH, 0, offsetof(struct url, path)}, {CURLUPART_QUERY, 0, offsetof(struct url, query)},
    };
    curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = part(h, rows[i].what, rows[i].flags, (char **)((char *)ret + rows[i].at));
        if (rc)
            return rc;
    }
    return ret->text && ret->scheme && ret->host && ret->port && ret->path ? OK : ERR_INVAL;
}

/* Sets `text` into h, where it is resolved against what is there already. */
static int set(CURLU *h, struct str text, struct err *e)
{
    if (text.len > URL_BYTES_MAX)
        return err_set(e, ERR_INVAL, "the address is longer than %d bytes", URL_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return err_set(e, ERR_INVAL, "an address holds no spaces and no control characters");
    char *copy = str_dup(text);
    if (!copy)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    CURLUcode rc = curl_url_set(h, CURLUPART_URL, copy, CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
    free(copy);
    if (rc == CURLUE_OUT_OF_MEMORY)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    return rc ? err_set(e, ERR_INVAL, "\"" STR_FMT "\" is no address that can be fetched: %s", STR_ARG(str_head(text, 200)),
                        curl_url_strerror(rc))
              : OK;
}

static int finish(CURLU *h, struct url *ret, struct err *e)
{
    struct url u = {0};
    int rc = take_apart(h, &u);
    if (!rc && strcmp(u.scheme, "http") != 0 && strcmp(u.scheme, "https") != 0)
        rc = err_set(e, ERR_INVAL, "only http and https addresses are fetched, not %.20s:", u.scheme);
    else if (rc)
        err_set(e, rc, "%s", rc == ERR_INVAL ? "the address has no host" : err_text(rc));
    if (rc) {
        url_deinit(&u);
        return rc;
    }
    *ret = u;
    return OK;
}

int url_parse(struct str text, struct url *ret, struct err *e)
{
    CURLU *h = curl_url();
    if (!h)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    int rc = set(h, text, e);
    if (!rc)
        rc = finish(h, ret, e);
    curl_url_cleanup(h);
    return rc;
}

int url_join(const struct url *base, struct str location, struct url *ret, struct err *e)
{
    CURLU *h = curl_url();
    if (!h)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    int rc = set(h, str_of(base->text), e);
    if (!rc)
        rc = set(h, location, e);
    if (!rc)
        rc = finish(h, ret, e);
    curl_url_cleanup(h);
    return rc;
}

void url_deinit(struct url *u)
{
    free(u->text);
    free(u->scheme);
    free(u->host);
    free(u->port);
    free(u->path);
    free(u->query);
    *u = (struct url){0};
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return !strcmp(a->scheme, b->scheme) && str_ieq(str_of(a->host), str_of(b->host)) && !strcmp(a->port, b->port);
}

bool url_is_https(const struct url *u)
{
    return !strcmp(u->scheme, "https");
}

/* libcurl has normalised numeric forms such as 127.1 or 0x7f000001. */
bool url_is_loopback(const struct url *u)
{
    struct str host = str_of(u->host), block = STR("127.");
    if (str_ieq(host, STR("localhost")) || str_eq(host, STR("[::1]")))
        return true;
    if (!str_starts(host, block))
        return false;
    for (size_t i = 0; i < host.len; i++) /* "127.example.org" is a name like any other */
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
    return true;
}

void url_put_encoded(struct buf *out, struct str text, bool slashes)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || (c && strchr("-._~", c)) || (slashes && c == '/'))
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}
