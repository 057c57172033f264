#include "fetch/pull.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/transfer.h"

static void on_progress(void *ctx, const struct download_progress *p)
{
    const struct pull_request *q = ctx;
    if (q->progress)
        q->progress(q->ctx, &(struct pull_progress){p->phase == DOWNLOAD_CHECKING ? PULL_CHECKING : PULL_LOADING, p->done, p->total,
                                                    p->rate_bps, p->eta_s});
}

static int on_check(void *ctx, const char *path, struct err *e)
{
    const struct pull_request *q = ctx;
    return q->check ? q->check(q->ctx, path, e) : OK;
}

/* Is what stands at the path already what is to be loaded? Without a digest nobody can tell. */
static int same_file(const struct pull_request *q, const struct hub_file *f, const char *path, struct err *e)
{
    char digest[DIGEST_HEX + 1] = "";
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = OK;
    bool same = false;
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && *f->sha256 && (!f->size || (uint64_t)st.st_size == f->size)) {
        if (q->progress)
            q->progress(q->ctx, &(struct pull_progress){PULL_CHECKING, 0, (uint64_t)st.st_size, 0, -1});
        rc = digest_file(fd, (uint64_t)st.st_size, q->cancel, NULL, NULL, digest, e);
        same = !rc && !strcmp(digest, f->sha256);
    }
    if (fd >= 0)
        close(fd);
    if (rc || same)
        return rc;
    return err_set(e, ERR_EXISTS, "%s is there already%s; hearth rm removes it", path, *f->sha256 ? ", and is another file" : "");
}

/* ---- the first bytes */

static int on_head(void *ctx, struct transfer *t)
{
    (void)ctx;
    int status = transfer_status(t);
    return status == 200 || status == 206 ? OK : ERR_UNSUPPORTED;
}

static int on_head_bytes(void *ctx, struct transfer *t, struct str bytes)
{
    struct buf *head = ctx;
    (void)t;
    buf_put(head, str_head(bytes, PULL_HEAD_BYTES - head->len));
    return head->failed || head->len == PULL_HEAD_BYTES ? ERR_EXISTS : OK; /* a server without ranges would go on */
}

/* OK also when the bytes could not be had: the download, which is more patient, then says why. */
static int look_at_head(const struct pull_request *q, const struct hub_file *f, const char *const *headers, struct err *e)
{
    struct transfer *t = NULL;
    struct buf head = buf_make(PULL_HEAD_BYTES + 1);
    struct transfer_request r = {.url = f->url,
                                 .headers = headers,
                                 .from = 0,
                                 .to = PULL_HEAD_BYTES,
                                 .stall_ms_max = q->stall_ms_max ? q->stall_ms_max : 30000,
                                 .answer_bytes_max = UINT64_MAX,
                                 .ca_file = q->hub.ca_file,
                                 .cancel = q->cancel,
                                 .head = on_head,
                                 .data = on_head_bytes,
                                 .ctx = &head};
    int rc = q->accept ? transfer_create(&t, e) : OK;
    if (!rc && t) {
        struct err ignored = {0};
        int got = transfer_run(t, &r, &ignored);
        if (got == ERR_CANCELED)
            rc = err_set(e, got, "%s", err_text(got));
        else if ((!got || got == ERR_EXISTS) && !head.failed && head.len)
            rc = q->accept(q->ctx, buf_str(&head), e);
    }
    transfer_free(t);
    buf_free(&head);
    return rc;
}

static int load(const struct pull_request *q, const struct hub_file *f, const char *path, struct err *e)
{
    char bearer[600];
    const char *headers[2] = {0};
    if (f->wants_token && q->hub.token && *q->hub.token) {
        snprintf(bearer, sizeof bearer, "Authorization: Bearer %.500s", q->hub.token);
        headers[0] = bearer;
    }
    int rc = look_at_head(q, f, headers, e);
    if (rc)
        return rc;
    struct download_request d = {.url = f->url,
                                 .headers = headers,
                                 .path = path,
                                 .size = f->size,
                                 .sha256 = *f->sha256 ? f->sha256 : NULL,
                                 .ca_file = q->hub.ca_file,
                                 .attempts_max = q->attempts_max,
                                 .retry_ms = q->retry_ms,
                                 .stall_ms_max = q->stall_ms_max,
                                 .cancel = q->cancel,
                                 .check = on_check,
                                 .progress = on_progress,
                                 .ctx = (void *)(uintptr_t)q};
    return download_run(&d, e);
}

int pull_run(const struct pull_request *q, char *ret_file, bool *ret_already, struct err *e)
{
    struct hub_file f = {0};
    char *path = NULL;
    if (q->progress)
        q->progress(q->ctx, &(struct pull_progress){PULL_RESOLVING, 0, 0, 0, -1});
    int rc = hub_resolve(&q->hub, q->name, q->revision, q->sha256, &f, e);
    if (rc)
        return rc;
    bool already = false;
    if (strlen(f.file) > HUB_FILE_MAX || asprintf(&path, "%s/%s", q->dir, f.file) < 0) {
        path = NULL;
        rc = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    } else if (!access(path, F_OK)) {
        rc = same_file(q, &f, path, e);
        already = !rc;
    } else {
        rc = load(q, &f, path, e);
    }
    if (!rc) {
        str_copy(ret_file, HUB_FILE_MAX + 1, str_of(f.file));
        *ret_already = already;
    }
    free(path);
    hub_file_deinit(&f);
    return rc;
}
