/* The kernel knows the other socket by the same four numbers as ours, with the ends exchanged, and whose it is. It is asked by
 * sock_diag(7) for exactly this socket, and where that is not there /proc/net/tcp and tcp6 are read.
 *
 * What must not be believed:
 *   - A socket that its process has closed lives on without an owner while the last bytes are on their way, and is then
 *     shown as root's. It has no inode either: without an inode there is no answer.
 *   - sock_diag falls back to a listening socket at that port: the four numbers of the answer must be those of the question.
 *   - Between our accept and the question the connection may be reset, and its port taken by somebody else. So afterwards our own
 *     socket must still be connected: then it was this very connection that the kernel spoke of. */
#include "sys/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

enum { TABLE_BYTES_MAX = 4 << 20, TABLE_LINE_MAX = 512 };

/* ---- addresses */

union address {
    struct sockaddr_storage any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static union address address_of(const struct sockaddr_storage *a)
{
    return (union address){.any = *a};
}

void peer_unmap(struct sockaddr_storage *a)
{
    union address from = address_of(a);
    if (a->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&from.v6.sin6_addr))
        return;
    union address to = {.v4 = {.sin_family = AF_INET, .sin_port = from.v6.sin6_port}};
    memcpy(&to.v4.sin_addr, &from.v6.sin6_addr.s6_addr[12], 4);
    *a = to.any;
}

bool peer_is_loopback(const struct sockaddr_storage *address)
{
    union address a = address_of(address);
    peer_unmap(&a.any);
    if (a.any.ss_family == AF_INET)
        return ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
    return a.any.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
}

/* ---- sock_diag */

/* In the kernel's form: network order, an IPv4 address in the first word. */
static void put_end(const struct sockaddr_storage *address, __be16 *ret_port, __be32 ret_words[4])
{
    union address a = address_of(address);
    bool v4 = a.any.ss_family == AF_INET;
    memset(ret_words, 0, 16);
    *ret_port = v4 ? a.v4.sin_port : a.v6.sin6_port;
    if (v4)
        memcpy(ret_words, &a.v4.sin_addr, 4);
    else
        memcpy(ret_words, &a.v6.sin6_addr, 16);
}

/* A socket that is connected and belongs to a process. */
static bool is_held(unsigned state, unsigned long inode)
{
    return inode && (state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSE_WAIT);
}

/* An IPv4 connection of an IPv6 socket is asked for as IPv4, and answered as ::ffff:1.2.3.4. */
static bool same_address(const __be32 asked[4], int asked_family, const __be32 got[4], int got_family)
{
    if (asked_family == got_family)
        return !memcmp(asked, got, asked_family == AF_INET ? 4 : 16);
    return asked_family == AF_INET && got_family == AF_INET6 && !got[0] && !got[1] && got[2] == htonl(0xffff) && got[3] == asked[0];
}

static bool same_socket(const struct inet_diag_sockid *asked, int asked_family, const struct inet_diag_msg *got)
{
    return asked->idiag_sport == got->id.idiag_sport && asked->idiag_dport == got->id.idiag_dport &&
           same_address(asked->idiag_src, asked_family, got->id.idiag_src, got->idiag_family) &&
           same_address(asked->idiag_dst, asked_family, got->id.idiag_dst, got->idiag_family);
}

bool peer_ask_kernel(const struct peer_ends *ends, uid_t *ret)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 body;
    } question = {
        .head = {.nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = (__u8)ends->from.ss_family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u},
    };
    struct inet_diag_sockid *id = &question.body.id;
    put_end(&ends->from, &id->idiag_sport, id->idiag_src);
    put_end(&ends->to, &id->idiag_dport, id->idiag_dst);
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;

    struct {
        struct nlmsghdr head;
        struct inet_diag_msg body;
        char attributes[1024];
    } answer = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return false;
    /* The answer is there when send returns: the kernel makes it within the call. */
    ssize_t n = send(fd, &question, sizeof question, 0) == sizeof question ? recv(fd, &answer, sizeof answer, MSG_DONTWAIT) : -1;
    close(fd);
    if (n < (ssize_t)(sizeof answer.head + sizeof answer.body) || answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        !same_socket(id, ends->from.ss_family, &answer.body) || !is_held(answer.body.idiag_state, answer.body.idiag_inode))
        return false;
    *ret = answer.body.idiag_uid;
    return true;
}

/* ---- /proc/net */

/* "0100007F:1F90": words of the address as the processor reads them, port in the usual order. */
static void write_end(const struct sockaddr_storage *address, bool in_v6_table, char *text, size_t cap)
{
    union address a = address_of(address);
    uint32_t words[4] = {0, 0, htonl(0xffff), 0};
    bool v4 = a.any.ss_family == AF_INET;
    if (v4)
        memcpy(&words[3], &a.v4.sin_addr, 4);
    else
        memcpy(words, &a.v6.sin6_addr, 16);
    unsigned port = ntohs(v4 ? a.v4.sin_port : a.v6.sin6_port);
    if (in_v6_table)
        snprintf(text, cap, "%08X%08X%08X%08X:%04X", words[0], words[1], words[2], words[3], port);
    else
        snprintf(text, cap, "%08X:%04X", words[3], port);
}

static struct str next_word(struct str *line)
{
    struct str word;
    *line = str_trim(*line);
    if (!str_split(line, ' ', &word))
        word = (struct str){0};
    return word;
}

/* "sl local remote state queues timer retransmits uid timeout inode …" */
static bool line_says(struct str line, struct str local, struct str remote, uid_t *ret)
{
    struct str words[10];
    for (size_t i = 0; i < 10; i++)
        words[i] = next_word(&line);
    uint64_t uid, inode;
    if (!str_ieq(words[1], local) || !str_ieq(words[2], remote) || words[3].len != 2)
        return false;
    unsigned state = (unsigned)(words[3].ptr[1] - '0'); /* the states that count have one digit */
    if (words[3].ptr[0] != '0' || str_to_u64(words[7], &uid) || uid > UINT32_MAX || str_to_u64(words[9], &inode) || !is_held(state, inode))
        return false;
    *ret = (uid_t)uid;
    return true;
}

static bool search(int fd, struct str local, struct str remote, uid_t *ret)
{
    char text[8192];
    size_t len = 0, total = 0;
    for (ssize_t n; total < TABLE_BYTES_MAX && (n = read(fd, text + len, sizeof text - len)) > 0; total += (size_t)n) {
        struct str rest = str_from(text, len + (size_t)n), line;
        for (ptrdiff_t end; (end = str_chr(rest, '\n')) >= 0; rest = str_skip(rest, (size_t)end + 1)) {
            line = str_head(rest, (size_t)end);
            if (line_says(line, local, remote, ret))
                return true;
        }
        if (rest.len > TABLE_LINE_MAX)
            return false; /* not the table that we know */
        len = rest.len;
        memmove(text, rest.ptr, len);
    }
    return false;
}

bool peer_read_tables(const char *root, const struct peer_ends *ends, uid_t *ret)
{
    /* An IPv4 connection may stand in both: a socket of IPv6 can make one, too. */
    bool v4 = ends->from.ss_family == AF_INET, found = false;
    for (int in_v6 = !v4; in_v6 < 2 && !found; in_v6++) {
        char path[256], local[48], remote[48];
        write_end(&ends->from, in_v6, local, sizeof local);
        write_end(&ends->to, in_v6, remote, sizeof remote);
        snprintf(path, sizeof path, "%s/proc/net/tcp%s", root, in_v6 ? "6" : "");
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        found = search(fd, str_of(local), str_of(remote), ret);
        close(fd);
    }
    return found;
}

/* ---- both */

static bool still_connected(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) && (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT);
}

void peer_of(int fd, struct peer *ret)
{
    struct peer_ends ends = {0};
    socklen_t from_len = sizeof ends.from, to_len = sizeof ends.to;
    *ret = (struct peer){0};
    if (getpeername(fd, (struct sockaddr *)&ends.from, &from_len) || getsockname(fd, (struct sockaddr *)&ends.to, &to_len))
        return;
    ret->loopback = peer_is_loopback(&ends.from) && peer_is_loopback(&ends.to);
    if (!ret->loopback)
        return;
    peer_unmap(&ends.from);
    peer_unmap(&ends.to);
    uid_t uid;
    ret->known = (peer_ask_kernel(&ends, &uid) || peer_read_tables("", &ends, &uid)) && still_connected(fd);
    if (ret->known)
        ret->uid = uid;
}
