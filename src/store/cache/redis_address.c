#include <sys/un.h>

#include "store/cache/redis.h"

enum { REDIS_PORT = 6379, REDIS_DB_MAX = 65535 };
#define WANTED "cache.redis: expected redis://host:port/db or unix:///path?db=N, found \"" STR_FMT "\""

static bool read_number(struct str text, uint64_t max, uint64_t *ret)
{
    uint64_t n;
    if (str_to_u64(text, &n) || n > max)
        return false;
    *ret = n;
    return true;
}

static bool parse_local(struct str path, struct redis_address *a)
{
    uint64_t db = 0;
    ptrdiff_t at = str_find(path, STR("?db="), 0);
    if (at >= 0 && !read_number(str_skip(path, (size_t)at + 4), REDIS_DB_MAX, &db))
        return false;
    if (at >= 0)
        path = str_head(path, (size_t)at);
    a->local = true;
    a->db = (uint32_t)db;
    return path.len > 1 && path.ptr[0] == '/' && path.len < sizeof((struct sockaddr_un *)0)->sun_path &&
           str_copy(a->host, sizeof a->host, path);
}

static bool parse_remote(struct str text, struct redis_address *a)
{
    uint64_t port = REDIS_PORT, db = 0;
    ptrdiff_t slash = str_chr(text, '/');
    if (slash >= 0 && text.len > (size_t)slash + 1 && !read_number(str_skip(text, (size_t)slash + 1), REDIS_DB_MAX, &db))
        return false;
    if (slash >= 0)
        text = str_head(text, (size_t)slash);
    bool v6 = str_starts(text, STR("["));
    ptrdiff_t end = str_chr(text, v6 ? ']' : ':');
    if (v6 && end < 0)
        return false;
    struct str host = end < 0 ? text : str_head(text, (size_t)end), rest = end < 0 ? (struct str){0} : str_skip(text, (size_t)end + v6);
    if (v6)
        host = str_skip(host, 1);
    if (rest.len && (rest.ptr[0] != ':' || !read_number(str_skip(rest, 1), UINT16_MAX, &port) || !port))
        return false;
    a->port = (uint16_t)port;
    a->db = (uint32_t)db;
    /* '@': a password belongs into a file of its own, since settings are shown. */
    return host.len && str_chr(host, '@') < 0 && str_copy(a->host, sizeof a->host, host);
}

int redis_address_parse(struct str text, struct redis_address *ret, struct err *e)
{
    struct redis_address a = {0};
    bool ok = false;
    if (memchr(text.ptr ? text.ptr : "", 0, text.len) == NULL) {
        if (str_starts(text, STR("redis://")))
            ok = parse_remote(str_skip(text, 8), &a);
        else
            ok = parse_local(str_starts(text, STR("unix://")) ? str_skip(text, 7) : text, &a);
    }
    if (!ok)
        return err_set(e, ERR_INVAL, WANTED, STR_ARG(str_head(text, 200)));
    *ret = a;
    return OK;
}
