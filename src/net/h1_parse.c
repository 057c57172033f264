/* The callbacks of llhttp, which store what they see in the exchange and refuse what they must.
 *
 * llhttp is compiled in its strict mode and no lenient flag is set. It still lets pass what h1_check_head refuses, and
 * folded header lines (RFC 9112 §5.2), which are refused here: the pieces of a folded value are not adjacent. */
#include "net/conn.h"

static struct conn *conn_of(llhttp_t *p)
{
    return p->data;
}

static int stop(struct conn *c, int status, const char *sentence)
{
    c->h1.refusal = status;
    c->h1.sentence = sentence;
    return -1;
}

static int store(struct conn *c, struct str bytes)
{
    struct buf *head = &c->h1.x->head;
    if (buf_put(head, bytes))
        return head->failed == ERR_NOMEM ? stop(c, 503, "The server is out of memory.")
                                         : stop(c, 431, "The headers of the request are too large.");
    return 0;
}

static int on_begin(llhttp_t *p)
{
    struct conn *c = conn_of(p);
    struct h1 *h = &c->h1;
    h->x = exchange_new(c->server, &h1_exchange_ops, c);
    h->phase = H1_HEAD;
    h->close = h->chunked = h->asterisk = false;
    h->minor1 = true; /* until the request says otherwise: an error may come first */
    h->head_bytes = h->n_trailers = 0;
    if (!h->x)
        return stop(c, 503, "The server is out of memory.");
    h->x->req.peer = c->peer;
    return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = conn_of(p);
    if (n > c->server->config.limits.url_bytes_max - c->h1.x->head.len)
        return stop(c, 414, "The address of the request is too long.");
    return store(c, str_from(at, n));
}

static int on_url_complete(llhttp_t *p)
{
    return store(conn_of(p), str_from("", 1));
}

/* Counts a header line's bytes; those of trailers are counted and dropped. */
static int count(struct conn *c, size_t n)
{
    c->h1.head_bytes += n;
    if (c->h1.head_bytes > c->server->config.limits.header_bytes_max)
        return stop(c, 431, "The headers of the request are too large.");
    return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = conn_of(p);
    c->h1.in_value = false;
    int r = count(c, n);
    return r || c->h1.phase != H1_HEAD ? r : store(c, str_from(at, n));
}

static int on_field_complete(llhttp_t *p)
{
    struct conn *c = conn_of(p);
    size_t *n = c->h1.phase == H1_HEAD ? &c->h1.x->n_headers : &c->h1.n_trailers;
    c->h1.in_value = false;
    if (++*n > c->server->config.limits.headers_max)
        return stop(c, 431, "The request has too many headers.");
    return c->h1.phase == H1_HEAD ? store(c, str_from("", 1)) : 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = conn_of(p);
    struct h1 *h = &c->h1;
    if (h->in_value && (at != h->input || h->last_byte == '\n'))
        return stop(c, 400, "A header of the request is folded over several lines.");
    h->in_value = true;
    int r = count(c, n);
    return r || h->phase != H1_HEAD ? r : store(c, str_from(at, n));
}

static int on_value_complete(llhttp_t *p)
{
    struct conn *c = conn_of(p);
    return c->h1.phase == H1_HEAD ? store(c, str_from("", 1)) : 0;
}

static int on_head_complete(llhttp_t *p)
{
    struct conn *c = conn_of(p);
    const char *sentence = "";
    p->upgrade = 0; /* an offer of another protocol may be ignored, and the request is answered as it stands */
    int status = h1_check_head(c, &sentence);
    if (status)
        return stop(c, status, sentence);
    c->h1.phase = H1_BODY;
    c->h1.head_bytes = 0; /* from here on: trailers */
    return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = conn_of(p);
    struct http_exchange *x = c->h1.x;
    if (n > x->body_bytes_max - x->body.len)
        return stop(c, 413, "The body of the request is too large.");
    return buf_put(&x->body, str_from(at, n)) ? stop(c, 503, "The server is out of memory.") : 0;
}

static int on_complete(llhttp_t *p)
{
    (void)p;
    return HPE_PAUSED;
}

const llhttp_settings_t h1_settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_head_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

int h1_error(const struct h1 *h, llhttp_errno_t error, const char **ret_sentence)
{
    static const struct {
        llhttp_errno_t error;
        const char *sentence;
    } table[] = {
        {HPE_INVALID_URL, "The address of the request is malformed."},
        {HPE_INVALID_HEADER_TOKEN, "A header of the request has a character that is not allowed."},
        {HPE_UNEXPECTED_SPACE, "A header of the request begins with a space."},
        {HPE_UNEXPECTED_CONTENT_LENGTH, "The request says its length more than once (Content-Length, Transfer-Encoding)."},
        {HPE_INVALID_CONTENT_LENGTH, "The Content-Length of the request is not a number."},
        {HPE_INVALID_TRANSFER_ENCODING, "The Transfer-Encoding of the request is not \"chunked\"."},
        {HPE_INVALID_CHUNK_SIZE, "A chunk of the request's body has a malformed size."},
    };
    *ret_sentence = "The request is malformed.";
    if (h->refusal) {
        *ret_sentence = h->sentence;
        return h->refusal;
    }
    if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE) {
        *ret_sentence = "This server speaks HTTP/1.1 and HTTP/1.0.";
        return 505;
    }
    if (error == HPE_INVALID_METHOD && h->first_byte >= 'A' && h->first_byte <= 'Z') {
        *ret_sentence = "The method of the request is not known here.";
        return 501;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].error == error)
            *ret_sentence = table[i].sentence;
    return 400;
}
