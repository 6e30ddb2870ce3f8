/*
 * sock.c - sockets with the options we always want.
 *
 * Thread:    any; no state.
 * Owns:      nothing: descriptors returned are the caller's; on failure none is left open.
 * Invariant: every descriptor is non-blocking and closed on exec.
 * Invariant: TCP_NODELAY is set on listeners, from which Linux hands it to every accepted socket:
 *            that saves a system call per conn.
 * Not here:  when to accept, connect or retry (worker, control); names (no resolver anywhere near
 *            a loop).
 */
#include "wakeproxy/net/sock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel lowers it to net.core.somaxconn */

static int set_flag(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int wp_sock_keepalive(int fd)
{
    int error = set_flag(fd, SOL_SOCKET, SO_KEEPALIVE, 1);

    error = error == 0 ? set_flag(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60) : error;
    error = error == 0 ? set_flag(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15) : error;
    return error == 0 ? set_flag(fd, IPPROTO_TCP, TCP_KEEPCNT, 4) : error;
}

/* 0 with *ret_fd bound, or -errno. */
static int open_bound(const struct wp_addr *addr, bool reuse_port, int *ret_fd)
{
    int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0;

    if (fd < 0) {
        return -errno;
    }
    error = set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && reuse_port) {
        error = set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (error == 0 && addr->sa.sa_family == AF_INET6) {
        /* Whatever net.ipv6.bindv6only says: "[::]:80" serves IPv4 too. */
        error = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (error == 0) {
        error = set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (error == 0 && bind(fd, &addr->sa, wp_addr_len(addr)) < 0) {
        error = -errno;
    }
    if (error < 0) {
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

/*
 * Two sockets with SO_REUSEPORT share an address in silence; one without it is refused while any
 * other listens. It only binds: listening, even for a moment, would take in conns and reset them.
 */
static int check_free(const struct wp_addr *addr)
{
    int fd = -1;
    int error = open_bound(addr, false, &fd);

    if (error == 0) {
        close(fd);
    }
    return error;
}

static int open_listening(const struct wp_addr *addr, int *ret_fd)
{
    int fd = -1;
    int error = open_bound(addr, true, &fd);

    if (error < 0) {
        return error;
    }
    error = wp_sock_keepalive(fd); /* inherited by accepted conns, as TCP_NODELAY is */
    if (error == 0 && listen(fd, BACKLOG) < 0) {
        error = -errno;
    }
    if (error < 0) {
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

static int explain_listen(struct wp_err *err, const struct wp_addr *addr, int error)
{
    char text[WP_ADDR_SIZE];

    wp_addr_text(addr, text);
    switch (-error) {
    case EADDRINUSE:
        return wp_err_set(err, error, "%s: address already in use", text);
    case EADDRNOTAVAIL:
        return wp_err_set(err, error, "%s: this machine does not have that address", text);
    case EACCES:
        if (wp_addr_port(addr) < 1024) {
            return wp_err_set(err, error,
                              "%s: permission denied: ports below 1024 need root or the capability "
                              "CAP_NET_BIND_SERVICE",
                              text);
        }
        return wp_err_set(err, error, "%s: permission denied", text);
    case EAFNOSUPPORT:
        return wp_err_set(err, error, "%s: address family not supported here", text);
    default:
        return wp_err_errno(err, -error, "%s: cannot listen", text);
    }
}

int wp_sock_listen(const struct wp_addr *addr, unsigned count, int *ret_fds,
                   struct wp_addr *ret_bound, struct wp_err *err)
{
    struct wp_addr bound = *addr;
    unsigned opened = 0;
    int error = 0;

    if (wp_addr_port(addr) != 0) {
        error = check_free(addr);
    }
    while (error == 0 && opened < count) {
        error = open_listening(&bound, &ret_fds[opened]);
        if (error == 0) {
            opened++;
        }
        if (error == 0 && wp_addr_port(&bound) == 0) {
            socklen_t length = sizeof(bound);

            error = getsockname(ret_fds[0], &bound.sa, &length) < 0 ? -errno : 0;
        }
    }
    if (error < 0) {
        while (opened > 0) {
            close(ret_fds[--opened]);
        }
        return explain_listen(err, &bound, error);
    }
    *ret_bound = bound;
    return 0;
}

/*
 * Connecting to a port of this machine on which nobody listens may be given that very port as its
 * source and then meets itself (TCP's simultaneous open). For us it is a refused connect.
 */
static bool is_self_connect(int fd, const struct wp_addr *addr)
{
    struct wp_addr own;
    socklen_t length = sizeof(own);

    memset(&own, 0, sizeof(own));
    return getsockname(fd, &own.sa, &length) == 0 && wp_addr_port(&own) == wp_addr_port(addr) &&
           wp_addr_eq(&own, addr);
}

int wp_sock_connect(const struct wp_addr *addr, int *ret_fd, bool *ret_connected)
{
    int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_connected;
    int error;

    if (fd < 0) {
        return -errno;
    }
    error = set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (error < 0) {
        close(fd);
        return error;
    }
    is_connected = connect(fd, &addr->sa, wp_addr_len(addr)) == 0;
    /* An interrupted connect goes on by itself. */
    if (!is_connected && errno != EINPROGRESS && errno != EINTR) {
        error = -errno;
        close(fd);
        return error;
    }
    if (is_self_connect(fd, addr)) {
        wp_sock_reset(fd); /* a FIN would leave the upstream's port in TIME_WAIT */
        return -ECONNREFUSED;
    }
    *ret_fd = fd;
    *ret_connected = is_connected;
    return 0;
}

int wp_sock_connect_result(int fd)
{
    socklen_t length = sizeof(int);
    int error = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) {
        return -errno;
    }
    return -error;
}

/* Errors of one conn that died in the queue, or of its network: the next one may be fine. */
static bool is_passing(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

int wp_sock_accept(int listen_fd, int *ret_fd, struct wp_addr *ret_peer)
{
    for (;;) {
        struct wp_addr peer;
        socklen_t length = sizeof(peer);
        int fd;

        memset(&peer, 0, sizeof(peer));
        fd = accept4(listen_fd, &peer.sa, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            *ret_fd = fd;
            *ret_peer = peer;
            return 0;
        }
        if (!is_passing(errno)) {
            return -errno;
        }
    }
}

void wp_sock_reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}
