/* The least that a server can do: whatever arrives on a connection is one request, and gets the bytes that hearth answers to /health.
 * Nothing is parsed, nothing is bounded; one read and one write a request, so its rate is what the system's sockets allow.
 *
 *     http_floor          prints its port; ends with its standard input */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 10:48:20 GMT\r\nServer: hearth\r\nContent-Type: application/json\r\n"
    "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}";

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 128) || getsockname(fd, (struct sockaddr *)&address, &len))
        return -1;
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void serve(int fd)
{
    char bytes[4096];
    if (read(fd, bytes, sizeof(bytes)) <= 0 || write(fd, answer, sizeof(answer) - 1) < 0)
        close(fd);
}

int main(void)
{
    int listener = listen_somewhere(), epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || epoll < 0) {
        perror("http_floor");
        return 1;
    }
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd, one = 1;
            if (fd == STDIN_FILENO)
                return 0;
            if (fd != listener) {
                serve(fd);
                continue;
            }
            int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
            watch(epoll, peer);
        }
    }
}
