/* What a connection stands on: a socket in the server (server.c), memory in the fuzz target. Later also TLS. */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/str.h"

struct transport_ops {
    /* Takes both whole (what the other side cannot take yet is kept), or fails and closes. */
    int (*write)(void *io, struct str a, struct str b);
    void (*read)(void *io, bool on);
    void (*end)(void *io); /* no more is written; reading goes on */
    /* conn_closed follows later, never from within the call. */
    void (*close)(void *io, bool abort);
    void (*detach)(void *io); /* aborts, and conn_closed does not follow */
    size_t (*pending)(const void *io);
    int (*socket)(const void *io); /* NULL: there is none */
};

struct transport {
    const struct transport_ops *ops;
    void *io;
};

#endif
