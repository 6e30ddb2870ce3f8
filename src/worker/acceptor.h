/*
 * acceptor.h - accepting conns, and pausing when there is no room for more.
 */
#ifndef WAKEPROXY_WORKER_ACCEPTOR_H
#define WAKEPROXY_WORKER_ACCEPTOR_H

#include "state.h"

struct wp_acceptors *wp_acceptors_new(struct wp_worker *worker);
/* Closes all. */
void wp_acceptors_free(struct wp_acceptors **listeners);
/* Takes over the descriptors of a WP_MSG_ROUTES as bus.h describes. */
void wp_acceptors_set(struct wp_acceptors *listeners, const struct wp_listener_fd *fds,
                      uint32_t count);

#endif
