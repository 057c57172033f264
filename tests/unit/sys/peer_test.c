/* Connections of this very process, and of another user's where the test may become one. */
#include "tree.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "sys/peer.h"

struct pair {
    int listener, client, server;
};

static struct sockaddr_storage address(const char *host, uint16_t port)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {0};
    if (strchr(host, ':')) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, host, &a.v6.sin6_addr), 1);
    } else {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
        assert_int_equal(inet_pton(AF_INET, host, &a.v4.sin_addr), 1);
    }
    return a.any;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    return ntohs(((struct sockaddr_in *)&a)->sin_port); /* at the same place in both */
}

static int listen_at(const char *host)
{
    struct sockaddr_storage a = address(host, 0);
    int fd = socket(a.ss_family, SOCK_STREAM, 0), off = 0;
    if (fd < 0)
        return -1;
    if (a.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 4)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_to(const char *host, uint16_t port)
{
    struct sockaddr_storage a = address(host, port);
    int fd = socket(a.ss_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* False: this machine has no such address. */
static bool pair_open(struct pair *p, const char *listen_host, const char *host)
{
    p->listener = listen_at(listen_host);
    if (p->listener < 0)
        return false;
    p->client = connect_to(host, port_of(p->listener));
    p->server = accept(p->listener, NULL, NULL);
    assert_true(p->server >= 0);
    return true;
}

static void pair_close(struct pair *p)
{
    close(p->client);
    close(p->server);
    close(p->listener);
}

static void own_connections(void **state)
{
    static const char *const rows[][2] = {
        {"127.0.0.1", "127.0.0.1"},
        {"0.0.0.0", "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1"},
        {"::1", "::1"},
        {"::", "::1"},
        {"::", "127.0.0.1"},
        {"::", "::ffff:127.0.0.1"},
        {"127.0.0.1", "::ffff:127.0.0.1"},
        {"127.7.7.7", "127.7.7.7"},
    };
    (void)state;
    int tried = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;
        if (!pair_open(&p, rows[i][0], rows[i][1])) {
            print_message("no %s here\n", rows[i][0]);
            continue;
        }
        struct peer peer;
        peer_of(p.server, &peer);
        if (!peer.known)
            print_error("listening at %s, called as %s\n", rows[i][0], rows[i][1]);
        assert_true(peer.loopback && peer.known);
        assert_int_equal(peer.uid, geteuid());
        pair_close(&p);
        tried++;
    }
    assert_true(tried > 0);
}

/* Each way for itself. */
static void both_ways_say_the_same(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"::", "::ffff:127.0.0.1"}};
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        if (!pair_open(&p, rows[i][0], rows[i][1]))
            continue;
        struct peer_ends ends = {0};
        socklen_t len = sizeof ends.from;
        getpeername(p.server, (struct sockaddr *)&ends.from, &len);
        len = sizeof ends.to;
        getsockname(p.server, (struct sockaddr *)&ends.to, &len);
        peer_unmap(&ends.from);
        peer_unmap(&ends.to);
        uid_t uid = 12345;
        if (peer_ask_kernel(&ends, &uid))
            assert_int_equal(uid, geteuid());
        else
            print_message("no sock_diag here\n");
        uid = 12345;
        if (access("/proc/net/tcp", R_OK) == 0) {
            assert_true(peer_read_tables("", &ends, &uid));
            assert_int_equal(uid, geteuid());
        }
        pair_close(&p);
    }
}

/* A closed socket is shown as root's: nobody may gain by closing early. */
static void a_closed_socket_is_nobodys(void **state)
{
    (void)state;
    struct pair p;
    struct peer peer;
    assert_true(pair_open(&p, "127.0.0.1", "127.0.0.1"));
    assert_int_equal(write(p.client, "x", 1), 1);
    close(p.client); /* FIN_WAIT2 on its side: the bytes have been sent */
    peer_of(p.server, &peer);
    assert_true(peer.loopback);
    assert_false(peer.known);
    close(p.server);
    close(p.listener);

    assert_true(pair_open(&p, "127.0.0.1", "127.0.0.1"));
    assert_int_equal(write(p.client, "x", 1), 1);
    struct linger reset = {.l_onoff = 1};
    setsockopt(p.client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(p.client);
    peer_of(p.server, &peer);
    assert_false(peer.known);
    close(p.server);
    close(p.listener);

    assert_true(pair_open(&p, "127.0.0.1", "127.0.0.1"));
    shutdown(p.client, SHUT_WR); /* it only has nothing more to say */
    peer_of(p.server, &peer);
    assert_true(peer.known);
    pair_close(&p);
}

static void another_user_is_seen(void **state)
{
    enum { NOBODY = 65534 };
    (void)state;
    if (geteuid() != 0) {
        print_message("not root: nobody else to be\n");
        skip();
    }
    int listener = listen_at("127.0.0.1"), ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        char c;
        if (setresuid(NOBODY, NOBODY, NOBODY))
            _exit(1);
        close(ready[1]);
        int fd = connect_to("127.0.0.1", port_of(listener));
        _exit(read(ready[0], &c, 1) < 0 || fd < 0);
    }
    close(ready[0]);
    int server = accept(listener, NULL, NULL);
    struct peer peer;
    peer_of(server, &peer);
    assert_true(peer.loopback && peer.known);
    assert_int_equal(peer.uid, NOBODY);
    close(ready[1]);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    close(server);
    close(listener);
}

static void what_is_no_connection_is_unknown(void **state)
{
    (void)state;
    struct peer peer = {.known = true};
    int ends[2], listener = listen_at("127.0.0.1");
    peer_of(-1, &peer);
    assert_false(peer.known || peer.loopback);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    peer_of(ends[0], &peer);
    assert_false(peer.known || peer.loopback);
    peer_of(listener, &peer);
    assert_false(peer.known || peer.loopback);
    close(ends[0]);
    close(ends[1]);
    /* a port where somebody only listens */
    struct peer_ends nobody = {address("127.0.0.1", port_of(listener)), address("127.0.0.1", 1)};
    uid_t uid;
    assert_false(peer_ask_kernel(&nobody, &uid));
    assert_false(peer_read_tables("", &nobody, &uid));
    close(listener);
}

static void loopback(void **state)
{
    static const struct {
        const char *host;
        bool loopback;
    } rows[] = {
        {"127.0.0.1", true}, {"127.255.0.9", true},         {"::1", true},          {"::ffff:127.0.0.1", true}, {"128.0.0.1", false},
        {"0.0.0.0", false},  {"192.168.1.1", false},        {"::", false},          {"::ffff:10.0.0.1", false}, {"::127.0.0.1", false},
        {"fe80::1", false},  {"::ffff:0:127.0.0.1", false}, {"2001:db8::1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockaddr_storage a = address(rows[i].host, 1);
        if (peer_is_loopback(&a) != rows[i].loopback)
            print_error("%s\n", rows[i].host);
        assert_int_equal(peer_is_loopback(&a), rows[i].loopback);
    }
}

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define LINE(local, remote, state, uid, inode) \
    "   0: " local " " remote " " state " 00000000:00000000 00:00000000 00000000 " uid "        0 " inode " 1 0000 20 4 30 10 -1\n"

static void the_tables_of_proc(void **state)
{
    struct tree *t = *state;
    struct peer_ends ends = {address("127.0.0.1", 40000), address("127.0.0.1", 8080)};
    uid_t uid = 7;
    assert_false(peer_read_tables(t->root, &ends, &uid));

    tree_write(t, "/proc/net/tcp",
               HEAD LINE("0100007F:1F90", "0100007F:9C40", "01", "1", "11")     /* our own end */
               LINE("0100007F:9C40", "0100007F:1F91", "01", "2", "12")          /* another port */
               LINE("0100007F:9C40", "0200007F:1F90", "01", "3", "13")          /* another address */
               LINE("0100007F:9C40", "0100007F:1F90", "06", "0", "0")           /* the end of an earlier one */
               LINE("0100007F:9C40", "0100007F:1F90", "01", "0", "0")           /* nobody's */
               LINE("0100007F:9C40", "0100007F:1F90", "01", "99999999999", "1") /* no number of a user */
               LINE("0100007F:9C40", "0100007F:1F90", "0A", "5", "15") "short\n" LINE("0100007F:9C40", "0100007F:1F90", "01", "1000",
                                                                                      "16"));
    assert_true(peer_read_tables(t->root, &ends, &uid));
    assert_int_equal(uid, 1000);

    uid = 7;
    tree_write(t, "/proc/net/tcp", HEAD LINE("0100007F:9C40", "0100007F:1F90", "06", "0", "0"));
    assert_false(peer_read_tables(t->root, &ends, &uid));
    assert_int_equal(uid, 7);
    tree_write(t, "/proc/net/tcp6",
               HEAD LINE("0000000000000000FFFF00000100007F:9C40", "0000000000000000FFFF00000100007F:1F90", "08", "1001", "17")
                   LINE("00000000000000000000000001000000:9C40", "00000000000000000000000001000000:1F90", "04", "1002", "18"));
    assert_true(peer_read_tables(t->root, &ends, &uid));
    assert_int_equal(uid, 1001);
    ends = (struct peer_ends){address("::1", 40000), address("::1", 8080)};
    assert_true(peer_read_tables(t->root, &ends, &uid));
    assert_int_equal(uid, 1002);
}

static void a_long_table_is_searched_in_pieces(void **state)
{
    struct tree *t = *state;
    char path[128];
    tree_write(t, "/proc/net/tcp", HEAD);
    snprintf(path, sizeof path, "%s/proc/net/tcp", t->root);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    for (int i = 0; i < 2000; i++)
        fprintf(f, LINE("0100007F:%04X", "0100007F:1F90", "01", "%d", "9"), 20000 + i, i);
    fclose(f);
    struct peer_ends ends = {address("127.0.0.1", 21777), address("127.0.0.1", 8080)};
    uid_t uid = 0;
    assert_true(peer_read_tables(t->root, &ends, &uid));
    assert_int_equal(uid, 1777);

    /* not a table at all */
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 20000; i++)
        fputs("x", f);
    fclose(f);
    assert_false(peer_read_tables(t->root, &ends, &uid));
}

#define T(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_connections),
        cmocka_unit_test(both_ways_say_the_same),
        cmocka_unit_test(a_closed_socket_is_nobodys),
        cmocka_unit_test(another_user_is_seen),
        cmocka_unit_test(what_is_no_connection_is_unknown),
        cmocka_unit_test(loopback),
        T(the_tables_of_proc),
        T(a_long_table_is_searched_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
