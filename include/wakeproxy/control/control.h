/*
 * control.h - the thread that owns traces: feeds the engine with observations, probes and time, and
 * carries out what it decides.
 */
#ifndef WAKEPROXY_CONTROL_CONTROL_H
#define WAKEPROXY_CONTROL_CONTROL_H

#include "wakeproxy/bus/bus.h"
#include "wakeproxy/conf/conf.h"

struct wp_control;

/* Makes control and its loop for a first configuration (a reference is taken). `bus` outlives it.
 */
struct wp_control *wp_control_new(struct wp_bus *bus, struct wp_conf *conf, struct wp_err *err);
/* Starts the thread. 0 or -errno. */
int wp_control_start(struct wp_control *control) WP_MUST_CHECK;

/* Opens the listeners of a configuration (see wp_sock_listen); app owns this table. Implemented in
 * app and handed to control, because a reload changes listeners together with routes. */
struct wp_listener_table;

/*
 * Any thread: asks control to swap to `conf` (a reference is taken). Posts routes, listeners and
 * views to the workers in an order in which no request finds a route without its view. `listeners`
 * is one array per worker, as in struct wp_msg; ownership passes on.
 */
void wp_control_reload(struct wp_control *control, struct wp_conf *conf,
                       struct wp_listener_fd **listeners, uint32_t listener_count);

/*
 * Any thread: graceful end. Workers get QUIT with the deadline; when all have STOPPED, children
 * that must not outlive us are ended, the store is written, the thread ends and
 * `on_stopped(context)` runs on it.
 */
void wp_control_quit(struct wp_control *control, uint64_t deadline_ms,
                     void (*on_stopped)(void *context), void *context);
/* Waits for the thread and frees everything. */
void wp_control_join(struct wp_control **control);

#endif
