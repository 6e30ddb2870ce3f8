/*
 * view.h - what a worker knows of a trace: one immutable, counted object per change, shared by all
 * workers. Control makes them, workers drop them.
 */
#ifndef WAKEPROXY_BUS_VIEW_H
#define WAKEPROXY_BUS_VIEW_H

#include <stdatomic.h>
#include <stdint.h>

#include "wakeproxy/base/addr.h"

enum wp_view_status {
    WP_VIEW_HOLD,   /* not awake: hold, and send one WAKE per epoch */
    WP_VIEW_AWAKE,  /* forward to `upstreams` */
    WP_VIEW_BROKEN, /* the wake failed: answer held and new exchanges with 503 and `reason`; a WAKE
                       still tells control that somebody asked */
    WP_VIEW_GONE,   /* removed from the configuration: answer 404, close idle upstream conns */
};

struct wp_view {
    atomic_uint refs;
    uint32_t trace;
    enum wp_view_status status;
    uint64_t epoch;
    uint64_t settle_until_ms; /* monotonic; see wp_conf_trace.settle_ms */
    uint64_t retry_at_ms; /* monotonic: when a retry is worthwhile, for Retry-After; 0 unknown */
    uint64_t wake_estimate_ms; /* how long its wakes take; 0: not known. For Retry-After too */
    char *phase;               /* name of the phase, for people */
    char *reason;              /* plain words, or NULL */
    char *wake_stages; /* Server-Timing value for the first response after a wake, or NULL */
    uint32_t upstream_count;
    struct wp_addr upstreams[]; /* ready ones; at least one when AWAKE */
};

/* One reference, owned by the caller; strings NULL, upstreams zeroed. */
struct wp_view *wp_view_new(uint32_t trace, enum wp_view_status status, uint64_t epoch,
                            uint32_t upstream_count);
struct wp_view *wp_view_ref(struct wp_view *view);
void wp_view_unref(struct wp_view **view);

#endif
