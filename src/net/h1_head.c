/* What a request's head must be before its body is read: RFC 9112 §3.2 (Host), §6 (length), RFC 9110 §10.1.1 (Expect).
 * Anything by which two readers could disagree where a request ends is refused and ends the connection. */
#include "net/conn.h"
#include "net/uri.h"

/* Method, headers and target as the handler sees them; the memory is the exchange's. */
static int resolve(struct http_exchange *x, const llhttp_t *p)
{
    struct http_header *list = arena_alloc(&x->arena, (x->n_headers + 1) * sizeof *list);
    if (!list)
        return ERR_NOMEM;
    const char *at = x->head.ptr;
    x->req.method = str_of(llhttp_method_name((llhttp_method_t)p->method));
    x->req.target = str_of(at);
    at += x->req.target.len + 1;
    for (size_t i = 0; i < x->n_headers; i++) {
        list[i].name = str_of(at);
        at += list[i].name.len + 1;
        struct str value = str_of(at);
        at += value.len + 1;
        list[i].value = str_trim(value);
    }
    x->req.headers = list;
    x->req.n_headers = x->n_headers;
    return OK;
}

static size_t occurrences(const struct http_exchange *x, const char *name)
{
    size_t n = 0;
    struct str want = str_of(name);
    for (size_t i = 0; i < x->req.n_headers; i++)
        n += str_ieq(x->req.headers[i].name, want);
    return n;
}

static int check_line(struct h1 *h, const char **ret_sentence)
{
    const unsigned long long known = 1ull << HTTP_GET | 1ull << HTTP_HEAD | 1ull << HTTP_POST | 1ull << HTTP_PUT | 1ull << HTTP_PATCH |
                                     1ull << HTTP_DELETE | 1ull << HTTP_OPTIONS;
    const llhttp_t *p = &h->parser;
    *ret_sentence = "This server speaks HTTP/1.1 and HTTP/1.0.";
    if (p->http_major != 1 || p->http_minor > 1)
        return 505;
    *ret_sentence = "The method of the request is not known here.";
    return known >> p->method & 1 ? 0 : 501;
}

static int check_target(struct h1 *h, const char **ret_sentence)
{
    struct http_exchange *x = h->x;
    struct uri u;
    int r = uri_parse(&x->arena, x->req.target, &u);
    *ret_sentence = r == ERR_NOMEM ? "The server is out of memory." : "The address of the request is malformed.";
    if (r)
        return r == ERR_NOMEM ? 503 : 400;
    if (u.asterisk && h->parser.method != HTTP_OPTIONS)
        return 400;
    *ret_sentence = "The Host of the request is not that of its address.";
    if (u.authority.len && !str_ieq(u.authority, http_header(x, "Host")))
        return 400;
    x->req.path = u.path;
    x->req.query = u.query;
    h->asterisk = u.asterisk;
    return 0;
}

static int check_headers(struct h1 *h, const char **ret_sentence)
{
    const struct http_exchange *x = h->x;
    size_t hosts = occurrences(x, "Host"), encodings = occurrences(x, "Transfer-Encoding");
    *ret_sentence = "The request needs exactly one Host header.";
    if (hosts > 1 || (hosts == 0 && h->minor1))
        return 400;
    *ret_sentence = "A header of the request has no name.";
    if (occurrences(x, ""))
        return 400;
    *ret_sentence = "The Transfer-Encoding of the request is not \"chunked\".";
    if (encodings && (encodings > 1 || !h->minor1))
        return 400;
    struct str encoding = http_header(x, "Transfer-Encoding");
    if (encodings && !str_ieq(encoding, STR("chunked")))
        return h->parser.flags & F_CHUNKED ? 501 : 400; /* another coding before it, or none that ends */
    return 0;
}

/* Limits and Expect, once the gate has had its say. */
static int check_body(struct conn *c, size_t body_bytes_max, const char **ret_sentence)
{
    struct h1 *h = &c->h1;
    bool chunked = h->parser.flags & F_CHUNKED, has_body = chunked || h->parser.content_length > 0;
    struct str expect = h->minor1 ? http_header(h->x, "Expect") : (struct str){0};
    h->x->body_bytes_max = body_bytes_max;
    h->x->body.max = body_bytes_max > h->x->body.cap ? body_bytes_max : h->x->body.cap;
    *ret_sentence = "The body of the request is too large.";
    if (!chunked && h->parser.content_length > body_bytes_max)
        return 413;
    *ret_sentence = "The server cannot do what the Expect header asks.";
    if (expect.ptr && !str_ieq(expect, STR("100-continue")))
        return 417;
    if (expect.ptr && has_body)
        conn_write(c, STR("HTTP/1.1 100 Continue\r\n\r\n"), (struct str){0});
    return 0;
}

/* The gate's refusal needs the whole request when no body follows, and then the connection can go on. */
static int ask_gate(struct conn *c, size_t *body_bytes_max, const char **ret_sentence)
{
    struct h1 *h = &c->h1;
    const struct http_config *config = &c->server->config;
    int status = config->gate ? config->gate(config->ctx, h->x, body_bytes_max) : 0;
    if (!status)
        return 0;
    h->x->gated = true;
    bool has_body = h->parser.flags & F_CHUNKED || h->parser.content_length > 0;
    *ret_sentence = http_status_text(status);
    if (has_body)
        return status;
    h->x->refused = status;
    h->x->sentence = *ret_sentence;
    return 0;
}

int h1_check_head(struct conn *c, const char **ret_sentence)
{
    struct h1 *h = &c->h1;
    h->minor1 = h->parser.http_major == 1 && h->parser.http_minor == 1;
    h->close = !llhttp_should_keep_alive(&h->parser);
    if (resolve(h->x, &h->parser)) {
        *ret_sentence = "The server is out of memory.";
        return 503;
    }
    int status = check_line(h, ret_sentence);
    if (!status)
        status = check_headers(h, ret_sentence);
    if (!status)
        status = check_target(h, ret_sentence);
    if (status)
        return status;
    size_t body_bytes_max = c->server->config.limits.body_bytes_max;
    if (!h->asterisk)
        status = ask_gate(c, &body_bytes_max, ret_sentence);
    return status ? status : check_body(c, body_bytes_max, ret_sentence);
}
