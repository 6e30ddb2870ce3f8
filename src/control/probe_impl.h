/*
 * probe_impl.h - what probe.c (when to try, what to tell) and probe_attempt.c (one try) share.
 */
#ifndef WP_CONTROL_PROBE_IMPL_H
#define WP_CONTROL_PROBE_IMPL_H

#include "probe.h"
#include "probe_http.h"

/* What the last answered (or given up) attempt met: decides the cadence. */
enum wp_probe_met {
    WP_PROBE_MET_NOTHING, /* not known yet */
    WP_PROBE_MET_REFUSAL,
    WP_PROBE_MET_SILENCE,
    WP_PROBE_MET_NO_ROUTE, /* an immediate error: no route, no descriptor */
    WP_PROBE_MET_ANSWER,   /* it accepts, but is not ready */
};

/* One try. On the prober's list from its start until its end. */
struct wp_probe_attempt {
    struct wp_list link;
    struct wp_probe *probe;
    int fd;
    struct event event;
    uint64_t started_us;
    uint64_t expires_ms;
    bool is_connected; /* HTTP only: the request is on its way or the answer is awaited */
    size_t sent;
    struct wp_probe_http http;
};

struct wp_probe {
    struct wp_loop *loop;
    const struct wp_conf_ready *ready;
    char *host; /* NULL: the address */
    wp_probe_fn on_change;
    void *context;
    struct wp_addr addr;
    char addr_text[WP_ADDR_SIZE];
    char *request; /* HTTP only */
    enum wp_cadence cadence;
    struct wp_timer timer;

    struct wp_list attempts; /* oldest first */
    uint32_t connecting, connected;
    uint64_t attempts_made;
    uint64_t next_ms;       /* the next attempt, when nothing speaks against it */
    uint64_t last_start_ms; /* of the newest attempt */
    uint64_t fast_since_ms; /* how long it has been tried fast without success */
    uint64_t rtt_us;        /* smoothed time of a handshake or refusal; 0: not known */
    enum wp_probe_met met;

    uint32_t successes; /* in a row */
    bool has_result, is_ok;
    bool want_tell; /* a change to be told at the end of the callback */
    char reason[WP_PROBE_REASON_SIZE];
    uint64_t told_ms;
};

/* Starts one attempt; its end may be known at once. */
void wp_probe_attempt_start(struct wp_probe *probe);
/* Drops an attempt without a result. */
void wp_probe_attempt_drop(struct wp_probe_attempt *attempt);
void wp_probe_attempts_drop(struct wp_probe *probe, bool connecting_only);
/* Ends the attempts whose time is over. */
void wp_probe_attempts_expire(struct wp_probe *probe, uint64_t now_ms);

/* Results, from probe_attempt.c. The attempt is gone already. */
void wp_probe_succeeded(struct wp_probe *probe);
void wp_probe_failed(struct wp_probe *probe, enum wp_probe_met met, const char *reason);
/* The end of every callback: plans the next attempt, and tells. `probe` may be gone afterwards. */
void wp_probe_settle(struct wp_probe *probe);

#endif
