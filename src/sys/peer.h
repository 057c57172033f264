/* Who is at the other end of a TCP connection within this machine: the user whose process holds the socket. */
#ifndef SYS_PEER_H
#define SYS_PEER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/str.h"

struct peer {
    bool loopback; /* both ends are loopback addresses */
    bool known;    /* and uid is the user of the process there */
    uid_t uid;
};

/* Whatever cannot be found out is not known. Any thread; a few system calls (about 10 µs): once a connection is enough. */
void peer_of(int fd, struct peer *ret);

/* ---- for this file and its tests */
struct peer_ends {
    struct sockaddr_storage from, to; /* of the other side's socket: its own address, and ours */
};
/* 127.0.0.0/8, ::1, and ::ffff:127.0.0.0/104. */
bool peer_is_loopback(const struct sockaddr_storage *a);
/* ::ffff:1.2.3.4 becomes 1.2.3.4. */
void peer_unmap(struct sockaddr_storage *a);
/* The kernel's answer by netlink, and by the tables of /proc/net below `root`. */
bool peer_ask_kernel(const struct peer_ends *ends, uid_t *ret);
bool peer_read_tables(const char *root, const struct peer_ends *ends, uid_t *ret);

#endif
