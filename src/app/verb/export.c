/* hearth export [FILE]: all conversations, as the server that runs sends them, or else from the data folder itself. */
#include <errno.h>
#include <sys/stat.h>

#include "app/client.h"
#include "app/client_server.h"
#include "app/home.h"
#include "app/interrupt.h"
#include "app/outfile.h"
#include "app/term.h"
#include "app/text.h"
#include "base/utf8.h"
#include "people/people.h"
#include "talk/exchange.h"

enum { PIECE_BYTES = 256 << 10, PIECE_BYTES_MAX = 512 << 20, REST_BYTES_MAX = 64 << 20 };

/* Where it goes. */
struct sink {
    FILE *out;
    bool tty;
    uint64_t bytes;
    struct buf rest; /* of a terminal: what waits for the rest of a character */
};

static int put_on_terminal(struct sink *s, struct str bytes)
{
    char tail[4];
    if (buf_put(&s->rest, bytes))
        return s->rest.failed;
    struct str all = buf_str(&s->rest);
    size_t whole = utf8_complete_prefix(all.ptr, all.len), left = all.len - whole;
    write_text(s->out, str_head(all, whole), true);
    memcpy(tail, all.ptr + whole, left);
    buf_clear(&s->rest);
    return buf_put(&s->rest, str_from(tail, left));
}

static int put(void *ctx, struct str bytes)
{
    struct sink *s = ctx;
    s->bytes += bytes.len;
    if (s->tty)
        return put_on_terminal(s, bytes);
    return !bytes.len || fwrite(bytes.ptr, 1, bytes.len, s->out) == bytes.len ? OK : ERR_IO;
}

/* ---- from the server */

static int send_of_server(struct app *a, enum talk_format f, struct sink *s, struct err *e)
{
    struct client *c = NULL;
    int r = client_open(a, NULL, &c, e);
    if (!r)
        r = client_stream(c, f == TALK_JSON ? "/api/export?format=json" : "/api/export?format=markdown", put, s, e);
    client_close(c);
    return r;
}

/* ---- from the folder */

struct piece {
    struct talk_export export;
    struct buf out;
};

static int read_piece(struct store_db *db, void *ctx, struct err *e)
{
    struct piece *p = ctx;
    return talk_export_some(db, PEOPLE_OWNER, &p->export, PIECE_BYTES, &p->out, e);
}

static int send_of_folder(struct app *a, enum talk_format f, struct sink *s, struct err *e)
{
    struct piece p = {.export = {.format = f}, .out = buf_make(PIECE_BYTES_MAX)};
    struct store *store = NULL;
    struct stat st;
    if (stat(a->store_dir, &st)) /* to be read, not to be made */
        return err_set(e, ERR_NOENT, T(a->lang, FILE_WANTED), a->store_dir, strerror(errno));
    int r = home_open(a, &store, e);
    while (!r && !p.export.ended) {
        buf_clear(&p.out);
        r = interrupted() ? ERR_CANCELED : store_read(store, read_piece, &p, e);
        if (!r)
            r = put(s, buf_str(&p.out));
    }
    store_free(store);
    buf_free(&p.out);
    return r;
}

/* ---- both */

static bool read_format(const struct app *a, enum talk_format *ret)
{
    static const char *const names[] = {[TALK_JSON] = "json", [TALK_MARKDOWN] = "markdown"};
    const char *wanted = a->args.format ? a->args.format : names[TALK_JSON];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(wanted, names[i])) {
            *ret = (enum talk_format)i;
            return true;
        }
    complain(a, T(a->lang, EXPORT_FORMAT), wanted);
    return false;
}

static int send_all(struct app *a, enum talk_format f, struct sink *s, struct err *e)
{
    char address[256];
    s->rest = buf_make(REST_BYTES_MAX);
    int r = server_running(a, address, sizeof address) ? send_of_server(a, f, s, e) : send_of_folder(a, f, s, e);
    buf_free(&s->rest);
    if (!r && fflush(s->out))
        r = ERR_IO;
    if (ferror(s->out))
        err_set(e, r = ERR_IO, "%s", T(a->lang, OUTPUT_FAILED));
    return r;
}

/* Nothing is printed but the export. */
static int to_standard_output(struct app *a, enum talk_format f, struct err *e)
{
    struct sink s = {.out = stdout, .tty = a->out_tty};
    return send_all(a, f, &s, e);
}

static int to_file(struct app *a, enum talk_format f, const char *path, struct err *e)
{
    struct out_file file;
    int r = out_file_open(a, path, a->args.yes, &file, e);
    if (r)
        return r;
    struct sink s = {.out = file.file};
    r = send_all(a, f, &s, e);
    if (r)
        out_file_drop(&file);
    else
        r = out_file_finish(&file, e);
    if (!r)
        printf(T(a->lang, EXPORTED), path, bytes_text(s.bytes).text);
    return r;
}

int verb_export(struct app *a)
{
    enum talk_format f;
    struct err e = {0};
    if (!read_format(a, &f))
        return EXIT_USAGE;
    interrupt_watch();
    int r = a->args.n_words ? to_file(a, f, a->args.words[0], &e) : to_standard_output(a, f, &e);
    if (r && interrupted())
        return EXIT_INTERRUPTED;
    return r ? complain(a, "%s", e.text[0] ? e.text : err_text(r)) : EXIT_OK;
}
