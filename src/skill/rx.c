#define PCRE2_CODE_UNIT_WIDTH 8
#include "skill/rx.h"

#include <pcre2.h>
#include <stdlib.h>

struct rx {
    pcre2_code *code;
    pcre2_match_context *limits;
    const char *names[RX_GROUPS_MAX];
};

static void read_names(struct rx *rx)
{
    uint32_t n = 0, size = 0;
    PCRE2_SPTR table;
    pcre2_pattern_info(rx->code, PCRE2_INFO_NAMECOUNT, &n);
    pcre2_pattern_info(rx->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(rx->code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < n; i++, table += size) {
        unsigned number = (unsigned)table[0] << 8 | table[1];
        if (number < RX_GROUPS_MAX)
            rx->names[number] = (const char *)table + 2;
    }
}

int rx_compile(const char *pattern, bool whole, struct rx **ret, struct err *e)
{
    int code;
    PCRE2_SIZE at;
    struct rx *rx = calloc(1, sizeof *rx);
    uint32_t groups = 0, options = PCRE2_UTF | PCRE2_CASELESS | PCRE2_DUPNAMES | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
    if (whole)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (!rx)
        return err_set(e, ERR_NOMEM, "out of memory");
    rx->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
    if (!rx->code) {
        PCRE2_UCHAR text[200];
        pcre2_get_error_message(code, text, sizeof text);
        free(rx);
        return err_set(e, ERR_INVAL, "%s, at byte %zu of the pattern, before \"%.60s\"", (const char *)text, (size_t)at, pattern + at);
    }
    rx->limits = pcre2_match_context_create(NULL);
    pcre2_pattern_info(rx->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (!rx->limits || groups >= RX_GROUPS_MAX) {
        rx_free(rx);
        return err_set(e, groups >= RX_GROUPS_MAX ? ERR_LIMIT : ERR_NOMEM, "a pattern may have at most %d groups", RX_GROUPS_MAX - 1);
    }
    pcre2_set_match_limit(rx->limits, RX_STEPS_MAX);
    pcre2_set_depth_limit(rx->limits, RX_STEPS_MAX);
    pcre2_jit_compile(rx->code, PCRE2_JIT_COMPLETE); /* where it is refused the interpreter does the same, slower */
    read_names(rx);
    *ret = rx;
    return OK;
}

void rx_free(struct rx *rx)
{
    if (!rx)
        return;
    pcre2_code_free(rx->code);
    pcre2_match_context_free(rx->limits);
    free(rx);
}

const char *rx_name(const struct rx *rx, size_t n)
{
    return n < RX_GROUPS_MAX ? rx->names[n] : NULL;
}

bool rx_find(const struct rx *rx, struct str subject, size_t from, bool here, struct rx_match *ret)
{
    /* Made on each call rather than kept: the expressions are shared by threads, and this is 100 ns. */
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(rx->code, NULL);
    if (!data || !subject.ptr) {
        pcre2_match_data_free(data);
        return false;
    }
    int n = pcre2_match(rx->code, (PCRE2_SPTR)subject.ptr, subject.len, from, PCRE2_NO_UTF_CHECK | (here ? PCRE2_ANCHORED : 0), data,
                        rx->limits);
    if (n > 0) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
        *ret = (struct rx_match){.begin = at[0], .end = at[1], .all = str_from(subject.ptr + at[0], at[1] - at[0])};
        for (int i = 0; i < n && i < RX_GROUPS_MAX; i++)
            if (at[2 * i] != PCRE2_UNSET)
                ret->group[i] = str_from(subject.ptr + at[2 * i], at[2 * i + 1] - at[2 * i]);
    }
    pcre2_match_data_free(data);
    return n > 0;
}

int rx_replace(const struct rx *rx, struct str subject, const char *replacement, struct buf *out)
{
    PCRE2_SIZE room = subject.len * 4 + 256;
    if (buf_reserve(out, room))
        return out->failed;
    int n = pcre2_substitute(rx->code, (PCRE2_SPTR)(subject.ptr ? subject.ptr : ""), subject.len, 0,
                             PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED | PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_NO_UTF_CHECK, NULL,
                             rx->limits, (PCRE2_SPTR)replacement, PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)out->ptr + out->len, &room);
    if (n < 0)
        return ERR_LIMIT;
    out->len += room;
    return OK;
}
