/*
 * worker.h - one data-path thread: accept, parse, hold, connect, relay, log.
 */
#ifndef WAKEPROXY_WORKER_WORKER_H
#define WAKEPROXY_WORKER_WORKER_H

#include "wakeproxy/bus/bus.h"

struct wp_worker;

/* Makes the worker and its loop; `bus` outlives it. It learns routes, listeners and views from its
 * mailbox, so post a WP_MSG_ROUTES before or after it starts. On the starting thread. */
struct wp_worker *wp_worker_new(struct wp_bus *bus, unsigned index);
/* Starts the thread. 0 or -errno. */
int wp_worker_start(struct wp_worker *worker) WP_MUST_CHECK;
/* Waits for the thread to end (after a WP_MSG_QUIT) and frees everything it owned. */
void wp_worker_join(struct wp_worker **worker);

#endif
