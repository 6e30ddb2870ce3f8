/*
 * outcome.h - the words in which providers report and the engine decides. Providers classify; the
 * engine decides what a class means for a trace.
 */
#ifndef WAKEPROXY_BASE_OUTCOME_H
#define WAKEPROXY_BASE_OUTCOME_H

/* What a provider last saw of a part. */
enum wp_part_state {
    WP_PART_UNKNOWN, /* never observed, or the provider could not tell: "wait", never "error" */
    WP_PART_STOPPED,
    WP_PART_STARTING,
    WP_PART_RUNNING,
    WP_PART_STOPPING,
    WP_PART_MISSING, /* does not exist (deleted, executable gone) */
};

/* How one provider call ended. */
enum wp_outcome {
    WP_OUTCOME_OK,        /* accepted; what it led to is told by observations */
    WP_OUTCOME_WAIT,      /* the part's state does not allow it yet (start while stopping) */
    WP_OUTCOME_RETRY,     /* transient: network, 5xx */
    WP_OUTCOME_THROTTLED, /* retry no sooner than retry_after_ms */
    WP_OUTCOME_CAPACITY,  /* no capacity now: retried slowly, shown to people */
    WP_OUTCOME_DENIED,    /* not permitted */
    WP_OUTCOME_MISSING,   /* no such part */
    WP_OUTCOME_FATAL,     /* will not work until something is changed */
    WP_OUTCOME_CANCELLED, /* the caller gave the part up */
};

/* Stable lower-case names for logs and people. */
const char *wp_part_state_name(enum wp_part_state state);
const char *wp_outcome_name(enum wp_outcome outcome);

#endif
