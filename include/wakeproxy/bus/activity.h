/*
 * activity.h - per-worker, per-trace counters: the owning worker writes with relaxed atomics,
 * control reads. Stale values may start a drain, never a stop (DRAIN's answer decides that).
 * Also the process-wide admission counters, the only other memory that threads share.
 */
#ifndef WAKEPROXY_BUS_ACTIVITY_H
#define WAKEPROXY_BUS_ACTIVITY_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/addr.h"

struct wp_activity_slot {
    alignas(64) atomic_uint active; /* exchanges forwarded now, and streams that are not quiet */
    atomic_uint held;               /* exchanges waiting */
    _Atomic uint64_t last_ms;       /* monotonic: when an activity last began, moved or ended */
    _Atomic uint64_t exchanges;     /* ended, ever */
};

struct wp_activity; /* chunked, so that slots never move while traces are added */

#define WP_TRACES_MAX 65536u

struct wp_activity *wp_activity_new(unsigned workers);
void wp_activity_free(struct wp_activity **activity);
/* Makes slots for traces 0..count-1. Control only, before the traces are announced. */
void wp_activity_reserve(struct wp_activity *activity, uint32_t count);
/* The slot of (worker, trace); valid for ever. Any thread. */
struct wp_activity_slot *wp_activity_slot(struct wp_activity *activity, unsigned worker,
                                          uint32_t trace);

struct wp_activity_sum {
    uint32_t active, held;
    uint64_t last_ms; /* the newest of all workers; 0 when there was none */
    uint64_t exchanges;
};
/* Adds the slots of all workers up. */
struct wp_activity_sum wp_activity_read(struct wp_activity *activity, uint32_t trace);

/* Upstream connections open to a trace, all workers together. Takes a permit when fewer than
 * `limit` are out (0: no limit). Any thread. */
bool wp_activity_permit_take(struct wp_activity *activity, uint32_t trace, uint32_t limit);
void wp_activity_permit_give(struct wp_activity *activity, uint32_t trace);

/* Admission of client conns: total, and per client address (hashed: two clients that share a bucket
 * share its limit). A limit of 0 is none. Any thread. */
enum wp_admission { WP_ADMIT_OK, WP_ADMIT_FULL, WP_ADMIT_CLIENT_FULL };
enum wp_admission wp_admit_conn(struct wp_activity *activity, const struct wp_addr *client,
                                uint32_t limit, uint32_t limit_per_client);
void wp_admit_conn_end(struct wp_activity *activity, const struct wp_addr *client);
/* Held exchanges of all traces and workers together. */
bool wp_admit_hold(struct wp_activity *activity, uint32_t limit);
void wp_admit_hold_end(struct wp_activity *activity);

#endif
