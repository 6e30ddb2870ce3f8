/*
 * upstream.h - connections to a trace's upstream: opened, reused, counted, closed.
 */
#ifndef WAKEPROXY_WORKER_UPSTREAM_H
#define WAKEPROXY_WORKER_UPSTREAM_H

#include "state.h"

enum wp_upstream_take {
    WP_TAKE_READY,      /* connected; exchange->upstream is set */
    WP_TAKE_CONNECTING, /* exchange->upstream is set; wp_exchange_connected() follows */
    WP_TAKE_FULL,       /* as many connections are open as may be: wait for one */
    WP_TAKE_FAILED,     /* connect failed at once; *ret_error tells */
};

/*
 * Finds an upstream connection for the exchange under the trace's current (awake) view: an idle one
 * of the endpoint with the least outstanding exchanges, or a new one. `fresh` refuses idle ones:
 * for trying again after a reused connection died.
 */
enum wp_upstream_take wp_upstream_take(struct wp_exchange *exchange, bool fresh, int *ret_error);

/* The exchange has used its connection up to the last byte: to the pool with it, or to the next
 * waiter. */
void wp_upstream_give_back(struct wp_upstream *upstream);
/* Closes it, whatever its state, and separates it from its exchange. */
void wp_upstream_close(struct wp_upstream *upstream);
/* Closes one or all idle connections of a trace; returns how many were closed. */
unsigned wp_upstream_close_idle(struct wp_trace_slot *trace, unsigned most);
/* Another worker found no permit: gives one up, now or at the next chance, and says so. */
void wp_upstream_permit_wanted(struct wp_trace_slot *trace);
/* Makes endpoints match the trace's view: keeps those whose address stays. */
void wp_upstream_set_endpoints(struct wp_trace_slot *trace, const struct wp_view *view);
/* Derives event interest from state and buffers. */
void wp_upstream_update(struct wp_upstream *upstream);

#endif
