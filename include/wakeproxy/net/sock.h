/*
 * sock.h - sockets with the options we always want. All descriptors are O_NONBLOCK and
 * O_CLOEXEC. Any thread.
 */
#ifndef WAKEPROXY_NET_SOCK_H
#define WAKEPROXY_NET_SOCK_H

#include <stdbool.h>

#include "wakeproxy/base/addr.h"
#include "wakeproxy/base/err.h"

/*
 * Opens `count` listening sockets on one address with SO_REUSEPORT, one per worker, so that the
 * kernel spreads new conns. With port 0 the first picks a port and the others follow. An address
 * that any other socket already listens on is -EADDRINUSE (SO_REUSEPORT alone would silently
 * share it with another process of the same user). TCP_DEFER_ACCEPT is not set: callers decide.
 * On failure nothing is left open.
 */
int wp_sock_listen(const struct wp_addr *addr, unsigned count, int *ret_fds,
                   struct wp_addr *ret_bound, struct wp_err *err) WP_MUST_CHECK;

/*
 * Starts a TCP connect. Returns 0 with *ret_fd set when it is connected or under way
 * (*ret_connected tells), or -errno (nothing left open). TCP_NODELAY is set. A connect that met
 * itself (a free port of this machine, used as its own source) is -ECONNREFUSED.
 */
int wp_sock_connect(const struct wp_addr *addr, int *ret_fd, bool *ret_connected) WP_MUST_CHECK;

/* A peer that vanished without a word is noticed after two minutes (RFC 9293 section 3.8.4).
 * Accepted conns have it from their listener. 0 or -errno. */
int wp_sock_keepalive(int fd) WP_MUST_CHECK;

/* The result of a connect that was under way: 0 or -errno (SO_ERROR). */
int wp_sock_connect_result(int fd) WP_MUST_CHECK;

/* Accepts one conn, non-blocking and TCP_NODELAY (inherited from a listener of wp_sock_listen()).
 * -EAGAIN when there is none. */
int wp_sock_accept(int listen_fd, int *ret_fd, struct wp_addr *ret_peer) WP_MUST_CHECK;

/* Closes with RST instead of FIN: frees the port and tells the peer at once. */
void wp_sock_reset(int fd);

#endif
