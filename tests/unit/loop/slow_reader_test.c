/* What the kernel takes for a reader that does not read is small: the rest stays where the sender sees it, as pending. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "loop/loop.h"

enum { PIECE = 16 << 10, PIECES_MAX = 4096, TAKEN_MAX = 512 << 10 };

struct sender {
    struct listener *listener;
    size_t taken;
};

static void on_data(void *ctx, struct str bytes)
{
    (void)ctx;
    (void)bytes;
}
static void on_nothing(void *ctx)
{
    (void)ctx;
}
static void on_closed(void *ctx, int reason)
{
    (void)ctx;
    (void)reason;
}
static const struct stream_events events = {on_data, on_nothing, on_nothing, on_closed};

static void on_accepted(void *ctx, struct stream *s)
{
    static const char piece[PIECE];
    struct sender *w = ctx;
    stream_set_handler(s, &events, w);
    for (int i = 0; i < PIECES_MAX && !stream_pending(s); i++) {
        assert_int_equal(stream_write(s, str_from(piece, sizeof piece)), OK);
        w->taken += PIECE;
    }
    stream_close(s, true);
    listener_close(w->listener);
}

static void the_kernel_takes_little(void **state)
{
    (void)state;
    struct loop *l;
    struct sender w = {0};
    assert_int_equal(loop_create(&l, NULL), OK);
    assert_int_equal(listener_open(l, "127.0.0.1", 0, on_accepted, &w, &w.listener, NULL), OK);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(listener_port(w.listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    loop_run(l);
    close(fd);
    loop_free(l);
    assert_in_range(w.taken, PIECE, TAKEN_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_kernel_takes_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
