/* Certificates: made here, served by a small Python program, trusted only by way of ca_file. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "fetch/hub.h"
#include "fetch/transfer.h"

enum which { GOOD, OTHER_NAME, EXPIRED, SERVERS };

static const struct {
    const char *names; /* subjectAltName */
    long ends_s;       /* from now */
} certificates[SERVERS] = {
    [GOOD] = {"DNS:localhost,IP:127.0.0.1", 3600},
    [OTHER_NAME] = {"DNS:elsewhere.test", 3600},
    [EXPIRED] = {"DNS:localhost", -60},
};

struct ctx {
    char dir[32], ca[64];
    int ports[SERVERS], to_server;
    pid_t pid;
    struct transfer *t;
    struct err e;
};

static void add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX v3;
    X509V3_set_ctx_nodb(&v3);
    X509V3_set_ctx(&v3, x, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &v3, nid, value);
    assert_non_null(extension);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, enum which which)
{
    X509 *x = X509_new();
    char subject[32];
    snprintf(subject, sizeof subject, "test %d", (int)which); /* of their own, so that each finds itself among the trusted */
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + (int)which);
    X509_gmtime_adj(X509_getm_notBefore(x), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x), certificates[which].ends_s);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (unsigned char *)subject, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    add_extension(x, NID_subject_alt_name, certificates[which].names);
    add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static void place(const struct ctx *c, enum which which, const char *suffix, char ret[64])
{
    snprintf(ret, 64, "%s/%d.%s", c->dir, (int)which, suffix);
}

static void write_certificate(const struct ctx *c, enum which which)
{
    char path[64];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *x = make_certificate(key, which);
    place(c, which, "key", path);
    FILE *f = fopen(path, "w");
    assert_true(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) && !fclose(f));
    place(c, which, "crt", path);
    f = fopen(path, "w");
    assert_true(f && PEM_write_X509(f, x) && !fclose(f));
    f = fopen(c->ca, "a");
    assert_true(f && PEM_write_X509(f, x) && !fclose(f));
    X509_free(x);
    EVP_PKEY_free(key);
}

static void start(struct ctx *c)
{
    char paths[2 * SERVERS][64], server[] = TLS_SERVER;
    char *argv[] = {(char[]){"python3"}, server, paths[0], paths[1], paths[2], paths[3], paths[4], paths[5], NULL};
    int in[2], out[2];
    for (int i = 0; i < SERVERS; i++) {
        write_certificate(c, (enum which)i);
        place(c, (enum which)i, "crt", paths[2 * i]);
        place(c, (enum which)i, "key", paths[2 * i + 1]);
    }
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    c->pid = fork();
    if (!c->pid) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    c->to_server = in[1];
    FILE *f = fdopen(out[0], "r");
    char line[16];
    for (int i = 0; i < SERVERS; i++)
        c->ports[i] = fgets(line, sizeof line, f) ? (int)strtol(line, NULL, 10) : 0;
    fclose(f);
}

static int setup(void **state)
{
    static struct ctx c;
    c = (struct ctx){.dir = "/tmp/hearth-tls-XXXXXX"};
    assert_non_null(mkdtemp(c.dir));
    snprintf(c.ca, sizeof c.ca, "%s/ca", c.dir);
    start(&c);
    *state = &c;
    return transfer_create(&c.t, &c.e);
}

static int teardown(void **state)
{
    struct ctx *c = *state;
    char path[64];
    transfer_free(c->t);
    close(c->to_server);
    waitpid(c->pid, NULL, 0);
    for (int i = 0; i < SERVERS; i++) {
        place(c, (enum which)i, "crt", path);
        unlink(path);
        place(c, (enum which)i, "key", path);
        unlink(path);
    }
    unlink(c->ca);
    return rmdir(c->dir);
}

static int ask(struct ctx *c, enum which which, const char *host, const char *path, bool trusting)
{
    static const char *const headers[] = {"Authorization: Bearer secret", NULL};
    char url[200];
    if (!c->ports[GOOD])
        skip(); /* no python3 here */
    snprintf(url, sizeof url, "https://%s:%d%s", host, c->ports[which], path);
    struct transfer_request q = {.url = url, .headers = headers, .ca_file = trusting ? c->ca : NULL};
    return transfer_run(c->t, &q, &c->e);
}

static void test_whom_to_trust(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(ask(c, GOOD, "localhost", "/told", true), OK);
    assert_true(str_eq(transfer_body(c->t), STR("Bearer secret")));
    struct transfer *warm = c->t; /* a connection that was trusted is not used for who does not trust */
    assert_int_equal(ask(c, GOOD, "localhost", "/told", false), ERR_DENIED);
    assert_non_null(strstr(c->e.text, "certificate"));
    assert_ptr_equal(warm, c->t);
    assert_int_equal(ask(c, OTHER_NAME, "localhost", "/told", true), ERR_DENIED);
    assert_int_equal(ask(c, EXPIRED, "localhost", "/told", true), ERR_DENIED);
}

static void test_where_a_credential_goes(void **state)
{
    struct ctx *c = *state;
    char path[100];
    assert_int_equal(ask(c, GOOD, "localhost", "/go?/told", true), OK);
    assert_true(str_eq(transfer_body(c->t), STR("Bearer secret")));
    snprintf(path, sizeof path, "/go?https://127.0.0.1:%d/told", c->ports[GOOD]);
    assert_int_equal(ask(c, GOOD, "localhost", path, true), OK);
    assert_true(str_eq(transfer_body(c->t), STR("none")));
    snprintf(path, sizeof path, "/go?http://localhost:%d/told", c->ports[GOOD]);
    assert_int_equal(ask(c, GOOD, "localhost", path, true), ERR_DENIED);
    assert_non_null(strstr(c->e.text, "https to http"));
}

/* A hub that is not trusted has not said that anything is gated. */
static void test_a_hub_that_is_not_trusted(void **state)
{
    struct ctx *c = *state;
    char address[64];
    struct hub_file f = {0};
    if (!c->ports[GOOD])
        skip();
    snprintf(address, sizeof address, "https://localhost:%d", c->ports[GOOD]);
    const struct hub h = {.address = address, .attempts_max = 1, .retry_ms = 1};
    assert_int_equal(hub_resolve(&h, STR("a/b:Q8_0"), NULL, NULL, &f, &c->e), ERR_DENIED);
    assert_non_null(strstr(c->e.text, "certificate"));
    assert_null(strstr(c->e.text, "gated"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_whom_to_trust), T(test_where_a_credential_goes), T(test_a_hub_that_is_not_trusted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
