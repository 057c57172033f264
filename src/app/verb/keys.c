/* hearth keys [list | add NAME | revoke ID|NAME] */
#include <time.h>

#include "app/keyring.h"
#include "app/span.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"

/* ---- list */

static void put_json(struct json *j, const struct people_key *k)
{
    json_obj(j);
    json_kint(j, "id", k->id);
    json_kcstr(j, "name", k->name);
    json_kcstr(j, "hint", k->hint);
    json_kcstr(j, "scope", k->scope == PEOPLE_ADMIN ? "admin" : "user");
    json_kint(j, "created_ms", k->created_ms);
    json_kint(j, "expires_ms", k->expires_ms);
    json_kint(j, "used_ms", k->used_ms);
    json_kbool(j, "revoked", k->revoked);
    json_obj_end(j);
}

struct moment {
    char text[32];
};

static struct moment moment_of(const struct app *a, int64_t ms)
{
    struct moment m = {{0}};
    struct tm tm;
    time_t s = (time_t)(ms / 1000);
    if (!ms)
        str_copy(m.text, sizeof m.text, str_of(T(a->lang, KEYS_NEVER)));
    else if (localtime_r(&s, &tm))
        strftime(m.text, sizeof m.text, "%Y-%m-%d %H:%M", &tm);
    return m;
}

static void print_row(const struct app *a, const struct people_key *k)
{
    bool expired = k->expires_ms && k->expires_ms <= clock_wall_ms(a->clock);
    printf("%6lld  ", (long long)k->id);
    write_text(stdout, str_of(k->name), a->out_tty);
    printf("  %s…  %s  ", k->hint, k->scope == PEOPLE_ADMIN ? "admin" : "user");
    if (k->revoked)
        printf("%s", T(a->lang, KEYS_GONE));
    else if (expired)
        printf("%s", T(a->lang, KEYS_EXPIRED));
    else
        printf(T(a->lang, KEYS_TIMES), moment_of(a, k->expires_ms).text, moment_of(a, k->used_ms).text);
    putchar('\n');
}

static int list(struct app *a, struct keyring *ring, struct err *e)
{
    const struct people_key *keys = NULL;
    size_t n = 0;
    int r = keyring_list(ring, &keys, &n, e);
    if (r)
        return r;
    struct buf out = buf_make(16 << 20);
    struct json j = json_to(&out);
    if (!n && !a->args.json)
        fputs(T(a->lang, KEYS_NONE), stdout);
    json_arr(&j);
    for (size_t i = 0; i < n; i++)
        if (a->args.json)
            put_json(&j, &keys[i]);
        else
            print_row(a, &keys[i]);
    json_arr_end(&j);
    if (a->args.json)
        printf("%s\n", buf_cstr(&out));
    buf_free(&out);
    return OK;
}

/* ---- add */

static int add(struct app *a, struct keyring *ring, struct err *e)
{
    char secret[PEOPLE_SECRET_MAX];
    int64_t span_ms = 0;
    struct people_new_key k = {.name = str_of(a->args.words[1]), .scope = a->args.admin ? PEOPLE_ADMIN : PEOPLE_USER};
    if (a->args.expires && !span_read(str_of(a->args.expires), &span_ms))
        return err_set(e, ERR_INVAL, T(a->lang, KEYS_EXPIRES), a->args.expires);
    if (span_ms)
        k.expires_ms = clock_wall_ms(a->clock) + span_ms;
    int r = keyring_add(ring, &k, secret, e);
    if (r)
        return r;
    printf("%s\n", secret);
    fflush(stdout);
    fprintf(stderr, T(a->lang, KEYS_MADE_HINT), a->args.words[1]);
    explicit_bzero(secret, sizeof secret);
    return OK;
}

/* ---- revoke */

static int revoke(struct app *a, struct keyring *ring, struct err *e)
{
    const char *wanted = a->args.words[1];
    const struct people_key *keys = NULL, *found = NULL;
    size_t n = 0;
    int64_t id;
    bool by_id = !str_to_i64(str_of(wanted), &id);
    int r = keyring_list(ring, &keys, &n, e);
    for (size_t i = 0; !r && i < n; i++)
        if (!keys[i].revoked && (!strcmp(keys[i].name, wanted) || (by_id && !found && keys[i].id == id)))
            found = &keys[i];
    if (r)
        return r;
    if (!found)
        return err_set(e, ERR_NOENT, T(a->lang, KEYS_UNKNOWN), wanted);
    struct people_key k = *found;
    r = keyring_revoke(ring, k.id, e);
    if (!r)
        printf(T(a->lang, KEYS_REVOKED), k.name);
    return r;
}

int verb_keys(struct app *a)
{
    static const struct {
        const char *word;
        size_t n_words;
        int (*run)(struct app *a, struct keyring *ring, struct err *e);
    } commands[] = {{"list", 1, list}, {"add", 2, add}, {"revoke", 2, revoke}};
    const char *word = a->args.n_words ? a->args.words[0] : "list";
    struct err e = {0};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(word, commands[i].word) != 0)
            continue;
        if (a->args.n_words < commands[i].n_words && commands[i].n_words > 1) {
            complain(a, T(a->lang, KEYS_WANTS_NAME), word);
            return EXIT_USAGE;
        }
        struct keyring *ring = NULL;
        int r = keyring_open(a, &ring, &e);
        if (!r)
            r = commands[i].run(a, ring, &e);
        keyring_close(ring);
        return r ? complain(a, "%s", e.text) : EXIT_OK;
    }
    complain(a, T(a->lang, KEYS_WHAT), word);
    return EXIT_USAGE;
}
