#include "app/home.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/text.h"
#include "kb/kb.h"
#include "people/people.h"
#include "skill/things.h"
#include "talk/response.h"
#include "talk/talk.h"

/* Rooms add their tables here. */
static const struct store_schema *const schemas[] = {
    &people_schema, &talk_schema, &response_schema, &kb_schema, &skill_schema, NULL,
};

int home_passphrase(const struct app *a, const char *path, char ret[PASSPHRASE_BYTES_MAX], struct err *e)
{
    char text[PASSPHRASE_BYTES_MAX + 1];
    struct str rest, line;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 || fstat(fd, &st) ? -1 : read(fd, text, sizeof text);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return err_set(e, why == ENOENT ? ERR_NOENT : ERR_IO, T(a->lang, FILE_WANTED), path, strerror(why));
    if (S_ISREG(st.st_mode) && st.st_mode & 077)
        return err_set(e, ERR_DENIED, T(a->lang, PASSPHRASE_OPEN), path, path);
    rest = str_from(text, (size_t)n);
    bool ok = str_split(&rest, '\n', &line) && line.len;
    if (ok && line.ptr[line.len - 1] == '\r')
        line.len--;
    ok = ok && line.len && str_copy(ret, PASSPHRASE_BYTES_MAX, line);
    explicit_bzero(text, sizeof text);
    return ok ? OK : err_set(e, ERR_INVAL, T(a->lang, PASSPHRASE_WRONG), path, PASSPHRASE_BYTES_MAX - 1);
}

int home_config(const struct app *a, struct home *ret, struct err *e)
{
    *ret = (struct home){
        .config =
            {
                .dir = a->store_dir,
                .key_file = a->key_file,
                .schemas = schemas,
                .n_schemas = sizeof schemas / sizeof *schemas - 1,
                .clock = a->clock,
                .log = &a->log,
            },
    };
    if (!*a->config.store.passphrase_file)
        return OK;
    int r = home_passphrase(a, a->config.store.passphrase_file, ret->passphrase, e);
    if (!r)
        ret->config.passphrase = str_of(ret->passphrase);
    return r;
}

void home_wipe(struct home *h)
{
    explicit_bzero(h->passphrase, sizeof h->passphrase);
}

void home_journal(const struct app *a, const struct store *s, char *ret_dir, size_t cap, uint8_t ret_key[32])
{
    snprintf(ret_dir, cap, "%s/%s", a->store_dir, STORE_JOURNAL_DIR);
    store_subkey(s, HOME_JOURNAL_KEY, ret_key);
}

int home_open(const struct app *a, struct store **ret, struct err *e)
{
    struct home h;
    int r = home_config(a, &h, e);
    if (!r)
        r = store_open(&h.config, ret, e);
    home_wipe(&h);
    return r;
}
