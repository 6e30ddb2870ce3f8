/*
 * listener.h - accepting conns, and pausing when there is no room for more.
 */
#ifndef WAKEPROXY_WORKER_LISTENER_H
#define WAKEPROXY_WORKER_LISTENER_H

#include "state.h"

struct wp_listeners *wp_listeners_new(struct wp_worker *worker);
/* Closes all. */
void wp_listeners_free(struct wp_listeners **listeners);
/* Takes over the descriptors of a WP_MSG_ROUTES as bus.h describes. */
void wp_listeners_set(struct wp_listeners *listeners, const struct wp_listener_fd *fds,
                      uint32_t count);

#endif
