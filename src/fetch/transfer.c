/* One easy handle of libcurl in a multi handle of its own, so that the waiting is ours: a few times a second we look whether the
 * transfer was canceled, whether it stalls, and whether a head dribbles in byte by byte.
 *
 * Redirects are followed here and not by libcurl, which would take headers such as x-api-key along to a host that they were not meant for:
 *
 *     run ──► exchange ──► final answer ──► done
 *              ▲    └──── 301 302 303 307 308 with a Location ──► join ──► allowed? ──┐
 *              └───────────────── at most REDIRECTS_MAX times ────────────────────────┘
 *
 * Allowed is http → http, http → https, https → https. To another origin go only the headers of a list (`travels`) and no body. Nobody
 * elsewhere may lead us to what only this machine reaches (`open_socket`): its own services take us for one of theirs, hearth itself
 * among them. */
#include "fetch/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "fetch/transfer_head.h"
#include "fetch/url.h"

enum {
    REDIRECTS_MAX = 8,
    REDIRECT_BODY_MAX = 64 << 10, /* the page that says "see there"; more than that and the connection is not worth keeping */
    CONNECT_MS_DEFAULT = 10000,
    STALL_MS_DEFAULT = 60000,
    ANSWER_BYTES_DEFAULT = 64 << 20,
    WAIT_MS = 100,
};

struct transfer {
    CURL *easy;
    CURLM *multi;
    struct url url; /* of the exchange that runs, or ran last */
    struct head head;
    struct buf body;

    /* of the run */
    const struct transfer_request *q;
    struct err *e;
    uint64_t body_bytes, sent_bytes;
    uint64_t moved_ns, head_ns; /* when the last byte moved; when the first byte of a head came, or 0 */
    bool redirect;              /* the answer's body is not the caller's */
    bool near, refused;         /* the run began on this machine; a redirect has led to it from elsewhere */
    int stopped;                /* why a callback ended the transfer */
};

static const struct {
    CURLcode curl;
    int code;
    const char *why;
} causes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_IO, "its name is not known (is this machine connected?)"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_IO, "the proxy's name is not known"},
    {CURLE_COULDNT_CONNECT, ERR_CLOSED, "it does not accept connections"},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, "it did not answer in time"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED, "its certificate is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, ERR_NOENT, "the file of trusted certificates cannot be read"},
    {CURLE_SSL_CONNECT_ERROR, ERR_IO, "no encrypted connection could be made"},
    {CURLE_PARTIAL_FILE, ERR_CLOSED, "it ended before the answer was complete"},
    {CURLE_GOT_NOTHING, ERR_CLOSED, "it ended without an answer"},
    {CURLE_RECV_ERROR, ERR_CLOSED, "the connection broke"},
    {CURLE_SEND_ERROR, ERR_CLOSED, "the connection broke"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_CORRUPT, "its answer is not HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_CORRUPT, "its answer is not HTTP that is understood"},
    {CURLE_OUT_OF_MEMORY, ERR_NOMEM, "out of memory"},
};

static uint64_t now_ns(void)
{
    return clock_ns(&clock_system);
}

static int fail(struct transfer *t, int code, const char *why)
{
    return err_set(t->e, code, "%s: %s", t->url.host, why);
}

static int fail_curl(struct transfer *t, CURLcode rc)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].curl == rc)
            return fail(t, causes[i].code, causes[i].why);
    return fail(t, ERR_IO, curl_easy_strerror(rc));
}

/* ---- creation */

int transfer_create(struct transfer **ret, struct err *e)
{
    /* Counted and thread-safe since libcurl 7.84. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return err_set(e, ERR_NOMEM, "libcurl cannot be used");
    struct transfer *t = calloc(1, sizeof *t);
    if (!t)
        goto fail;
    t->head = head_make();
    t->easy = curl_easy_init();
    t->multi = curl_multi_init();
    if (!t->easy || !t->multi)
        goto fail;
    *ret = t;
    return OK;
fail:
    if (t)
        transfer_free(t);
    else
        curl_global_cleanup();
    return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    curl_multi_cleanup(t->multi);
    head_free(&t->head);
    buf_free(&t->body);
    url_deinit(&t->url);
    free(t);
    curl_global_cleanup();
}

/* ---- what comes */

static bool canceled(const struct transfer *t)
{
    return t->q->cancel && atomic_load_explicit(t->q->cancel, memory_order_relaxed); /* a wish: nothing else hangs on it */
}

static bool redirects(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Ends the exchange with a code; the sentence is the callback's own when it has set one. */
static size_t stop(struct transfer *t, int code)
{
    t->stopped = code;
    return 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    bool done;
    t->moved_ns = now_ns();
    if (!t->head_ns)
        t->head_ns = t->moved_ns;
    int rc = head_line(&t->head, str_from(bytes, size * n), &done);
    if (rc)
        return stop(t, fail(t, rc, rc == ERR_LIMIT ? "the head of its answer is too long" : err_text(rc)));
    if (!done)
        return size * n;
    t->redirect = redirects(t->head.status) && transfer_header(t, "location").len;
    if (!t->redirect && t->q->head && (rc = t->q->head(t->q->ctx, t)))
        return stop(t, rc);
    return size * n;
}

static size_t on_data(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    struct str s = str_from(bytes, size * n);
    if (canceled(t))
        return stop(t, ERR_CANCELED);
    t->body_bytes += s.len;
    if (t->redirect)
        return t->body_bytes > REDIRECT_BODY_MAX ? stop(t, OK) : s.len;
    if (t->body_bytes > t->body.max)
        return stop(t, fail(t, ERR_LIMIT, "its answer is longer than it may be"));
    int rc = t->q->data ? t->q->data(t->q->ctx, t, s) : buf_put(&t->body, s);
    t->moved_ns = now_ns(); /* after the callback: a slow disk is no stall of the server */
    return rc ? stop(t, rc) : s.len;
}

/* ---- one exchange */

/* What another origin may be told. */
static bool travels(struct str name)
{
    static const char *const names[] = {"accept", "accept-language", "user-agent", "range", "if-range", "if-match", "if-none-match"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq(name, str_of(names[i])))
            return true;
    return false;
}

static int add_headers(const struct transfer_request *q, bool foreign, struct curl_slist **list)
{
    /* "Expect:" without a value: no pause before a body is sent. */
    struct curl_slist *grown = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; grown && q->headers && q->headers[i]; i++) {
        struct str rest = str_of(q->headers[i]), name;
        *list = grown;
        if (str_chr(rest, '\n') >= 0 || str_chr(rest, '\r') >= 0 || str_chr(rest, ':') <= 0)
            return ERR_INVAL;
        str_split(&rest, ':', &name);
        if (!foreign || travels(name))
            grown = curl_slist_append(*list, q->headers[i]);
    }
    if (!grown)
        return ERR_NOMEM;
    *list = grown;
    return OK;
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value ? value : fallback;
}

/* This machine, or its link: loopback, link-local (where clouds keep their secrets), unspecified. */
static bool is_near(const struct sockaddr *a)
{
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    uint32_t v4 = a->sa_family == AF_INET ? ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) : 0;
    if (a->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
        v4 = ntohl(v6->s6_addr32[3]);
    else if (a->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_LINKLOCAL(v6) || IN6_IS_ADDR_UNSPECIFIED(v6);
    return v4 >> 24 == 127 || v4 >> 24 == 0 || v4 >> 16 == (169 << 8 | 254);
}

/* After the first exchange. What a proxy on this machine has fetched counts as near: where that one goes is its own affair. */
static bool began_near(struct transfer *t)
{
    char *text = NULL;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {0};
    if (t->q->unix_socket || curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &text) || !text || !*text)
        return true;
    a.any.sa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(a.any.sa_family, text, a.any.sa_family == AF_INET6 ? (void *)&a.v6.sin6_addr : (void *)&a.v4.sin_addr) == 1 &&
           is_near(&a.any);
}

/* After the name was resolved, so that no name can lie about where it leads. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = arg;
    (void)purpose;
    t->refused = t->refused || is_near(&a->addr);
    return is_near(&a->addr) ? CURL_SOCKET_BAD : socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static void set_common(struct transfer *t, bool redirected)
{
    CURL *c = t->easy;
    const struct transfer_request *q = t->q;
    curl_easy_reset(c); /* keeps connections */
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L); /* canceled while a name is looked up: that thread is left behind, not waited for */
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* a connection for each range is the point of ranges */
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "hearth/" HEARTH_VERSION);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)or_default(q->connect_ms_max, CONNECT_MS_DEFAULT));
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    if (redirected && !t->near) {
        curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
        curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L); /* none that an earlier run has opened */
    }
    if (q->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, q->ca_file);
    if (q->unix_socket)
        curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, q->unix_socket);
    if (q->unix_socket || url_is_loopback(&t->url))
        curl_easy_setopt(c, CURLOPT_PROXY, ""); /* a proxy of the environment has no business between us and ourselves */
}

static int set_request(struct transfer *t, const char *method, bool with_body, struct curl_slist *headers)
{
    CURL *c = t->easy;
    const struct transfer_request *q = t->q;
    char range[48];
    CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, t->url.text);
    if (with_body) {
        rc = rc ? rc : curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body.ptr ? q->body.ptr : "");
        rc = rc ? rc : curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
    }
    if (!strcmp(method, "HEAD"))
        rc = rc ? rc : curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    if (q->to > q->from) {
        snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)q->from, (unsigned long long)q->to - 1);
        rc = rc ? rc : curl_easy_setopt(c, CURLOPT_RANGE, range);
    }
    return rc ? fail_curl(t, rc) : OK;
}

/* Canceled, stalled, or a head that never ends? */
static int look(struct transfer *t)
{
    if (canceled(t))
        return fail(t, ERR_CANCELED, "canceled");
    curl_off_t sent = 0;
    uint64_t now = now_ns(), stall_ns = or_default(t->q->stall_ms_max, STALL_MS_DEFAULT) * 1000000;
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if ((uint64_t)sent != t->sent_bytes) {
        t->sent_bytes = (uint64_t)sent;
        t->moved_ns = now;
    }
    if (now - t->moved_ns > stall_ns || (t->head_ns && !t->head.complete && now - t->head_ns > stall_ns))
        return fail(t, ERR_TIMEOUT, "it has gone silent");
    return OK;
}

static int result(struct transfer *t)
{
    int left;
    CURLMsg *m = curl_multi_info_read(t->multi, &left);
    if (t->stopped) {
        if (t->e && t->e->code != t->stopped)
            fail(t, t->stopped, err_text(t->stopped));
        return t->stopped;
    }
    CURLcode rc = m ? m->data.result : CURLE_RECV_ERROR;
    if (rc == CURLE_WRITE_ERROR && t->redirect)
        return OK; /* cut by ourselves: its Location is known */
    return rc ? fail_curl(t, rc) : OK;
}

static int drive(struct transfer *t)
{
    int running = 1;
    t->moved_ns = now_ns();
    t->head_ns = t->sent_bytes = t->body_bytes = 0;
    t->stopped = OK;
    t->redirect = false;
    head_clear(&t->head);
    if (curl_multi_add_handle(t->multi, t->easy))
        return fail(t, ERR_NOMEM, err_text(ERR_NOMEM));
    int rc = OK;
    for (;;) {
        CURLMcode mc = curl_multi_perform(t->multi, &running);
        if (mc)
            rc = fail(t, ERR_IO, curl_multi_strerror(mc));
        if (rc || !running || (rc = look(t)))
            break;
        curl_multi_poll(t->multi, NULL, 0, WAIT_MS, NULL);
    }
    if (!rc)
        rc = result(t);
    curl_multi_remove_handle(t->multi, t->easy);
    return rc;
}

static int exchange(struct transfer *t, const char *method, bool with_body, bool foreign, bool redirected)
{
    struct curl_slist *headers = NULL;
    set_common(t, redirected);
    int rc = add_headers(t->q, foreign, &headers);
    if (rc)
        fail(t, rc, rc == ERR_INVAL ? "a header of the request is malformed" : err_text(rc));
    else
        rc = set_request(t, method, with_body, headers);
    if (!rc)
        rc = drive(t);
    curl_slist_free_all(headers);
    return rc;
}

/* ---- the run */

/* Moves t->url to where the answer points. */
static int follow(struct transfer *t, bool with_body, bool *foreign)
{
    struct url next = {0};
    struct err why = {0};
    int rc = url_join(&t->url, transfer_header(t, "location"), &next, &why);
    if (rc == ERR_NOMEM)
        return fail(t, rc, why.text);
    if (rc)
        return err_set(t->e, ERR_CORRUPT, "%s redirects to where nobody can go: %s", t->url.host, why.text);
    bool same = url_same_origin(&t->url, &next);
    if (url_is_https(&t->url) && !url_is_https(&next))
        rc = fail(t, ERR_DENIED, "it redirects from https to http, which is not followed");
    else if (!same && with_body)
        rc = fail(t, ERR_DENIED, "it redirects what was sent to another host, which is not followed");
    if (rc) {
        url_deinit(&next);
        return rc;
    }
    *foreign = *foreign || !same; /* once away, a credential does not come back either: the way was chosen by others */
    url_deinit(&t->url);
    t->url = next;
    return OK;
}

static int run(struct transfer *t)
{
    const struct transfer_request *q = t->q;
    bool with_body = q->body.ptr != NULL, foreign = false;
    const char *method = q->method ? q->method : with_body ? "POST" : "GET";
    for (int hops = 0;; hops++) {
        int rc = exchange(t, method, with_body, foreign, hops > 0);
        if (rc && t->refused)
            return fail(t, ERR_DENIED, "a redirect has led there, which only this machine reaches: that is not followed");
        if (rc || !t->redirect)
            return rc;
        if (!hops)
            t->near = began_near(t);
        if (hops == REDIRECTS_MAX)
            return fail(t, ERR_LIMIT, "it redirects in circles");
        bool keeps = t->head.status == 307 || t->head.status == 308;
        if (!keeps && strcmp(method, "HEAD") != 0) {
            method = "GET"; /* RFC 9110, 15.4: what every client does with 301 and 302, and must with 303 */
            with_body = false;
        }
        if ((rc = follow(t, with_body, &foreign)))
            return rc;
    }
}

/* OpenSSL writes to sockets without MSG_NOSIGNAL: a SIGPIPE of ours must not end the program. */
static int run_without_sigpipe(struct transfer *t)
{
    static const struct timespec at_once = {0};
    sigset_t pipe, old, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) == 1) /* somebody else's, and blocked already */
        return run(t);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    int rc = run(t);
    sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

int transfer_run(struct transfer *t, const struct transfer_request *q, struct err *e)
{
    struct url url = {0};
    int rc = url_parse(str_of(q->url), &url, e);
    if (rc)
        return rc;
    url_deinit(&t->url);
    t->url = url;
    t->q = q;
    t->e = e;
    t->near = t->refused = false;
    if (e)
        e->code = OK; /* so that a callback's own sentence can be told from an old one */
    buf_clear(&t->body);
    t->body.max = (size_t)or_default(q->answer_bytes_max, ANSWER_BYTES_DEFAULT);
    rc = run_without_sigpipe(t);
    t->q = NULL;
    t->e = NULL;
    return rc;
}

int transfer_status(const struct transfer *t)
{
    return t->head.status;
}

struct str transfer_header(struct transfer *t, const char *name)
{
    return head_find(&t->head, name);
}

struct str transfer_body(const struct transfer *t)
{
    return buf_str(&t->body);
}

const char *transfer_url(const struct transfer *t)
{
    return t->url.text ? t->url.text : "";
}
