/*
 * engine.h - pure decisions: (trace state, event, now) -> new state and actions.
 *
 * No I/O, no clock, no thread, no logging. Control feeds one trace at a time with events and
 * carries the actions out; tests/sim does the same under virtual time. Level-triggered: on every
 * step what is wanted is compared with what was last observed, so a lost answer, a restart or a
 * wake during a stop cannot be forgotten. State diagram: docs/states.md, and beside enum wp_phase.
 */
#ifndef WAKEPROXY_ENGINE_ENGINE_H
#define WAKEPROXY_ENGINE_ENGINE_H

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/outcome.h"
#include "wakeproxy/conf/conf.h"

/*
 * Derived on every step from what is wanted and what was observed; never set and forgotten.
 *
 *   unknown -> asleep <-> waking -> awake -> draining -> stopping -> asleep
 *                           |                    |
 *                         broken              awake (a request, or exchanges still active)
 */
enum wp_phase {
    WP_PHASE_UNKNOWN, /* just started: not all parts observed yet */
    WP_PHASE_ASLEEP,
    WP_PHASE_WAKING,
    WP_PHASE_AWAKE,
    WP_PHASE_DRAINING, /* workers were asked to hold; nothing was stopped yet */
    WP_PHASE_STOPPING,
    WP_PHASE_BROKEN, /* the last wake failed; the reason is kept */
};
const char *wp_phase_name(enum wp_phase phase);

enum wp_event_type {
    WP_EVENT_TICK,        /* the time asked for has come; also the first event of a new trace */
    WP_EVENT_WAKE,        /* somebody waits; `text` describes who, for the ledger */
    WP_EVENT_ACTIVITY,    /* counters as read: `active`, `held`, `last_ms`; at every TICK's side */
    WP_EVENT_OBSERVED,    /* a part was seen: `part`, `state`, `text` detail */
    WP_EVENT_DONE,        /* a START or STOP ended: `part`, `is_start`, `outcome`,
                             `retry_after_ms`, `text` reason */
    WP_EVENT_PROBE,       /* readiness changed: `part` or WP_TARGET_UPSTREAM, `ok`, `text` reason */
    WP_EVENT_DRAIN_ACKED, /* every worker answered DRAIN `epoch`; `busy`: at least one was. The
                             epoch is DRAIN's, which may be older than the trace's by now */
    WP_EVENT_UPSTREAM_BAD, /* a worker could not connect under `epoch`; `text` reason */
    WP_EVENT_OPERATOR,     /* `verb`, `until_ms`; `text` says who */
    WP_EVENT_CONFIG,       /* `conf` replaces the definition; same name, parts matched by name;
                              `part_changed[i]`: new part i is new or defined differently */
    WP_EVENT_REMOVE,       /* the trace left the configuration: drain, stop its parts, end */
};

#define WP_TARGET_UPSTREAM UINT32_MAX

enum wp_operator_verb {
    WP_OPERATOR_WAKE,   /* also clears a broken wake's backoff */
    WP_OPERATOR_SLEEP,  /* drain and stop now, as soon as no exchange is active */
    WP_OPERATOR_EXTEND, /* not idle before until_ms */
};

struct wp_event {
    enum wp_event_type type;
    uint32_t part;
    enum wp_part_state state;
    bool is_start;
    enum wp_outcome outcome;
    uint64_t retry_after_ms;
    bool ok, busy;
    uint32_t active, held;
    uint64_t last_ms;
    uint64_t epoch;
    enum wp_operator_verb verb;
    uint64_t until_ms;
    const struct wp_conf_trace *conf;
    const bool *part_changed;
    const char *text; /* borrowed for the step */
};

enum wp_action_type {
    WP_ACTION_START,   /* `part`; at most one START or STOP of a part is out at a time, until its
                          DONE */
    WP_ACTION_STOP,    /* `part` */
    WP_ACTION_OBSERVE, /* `part`: observe now */
    WP_ACTION_WATCH,   /* `part`, `changing`: observe at the provider's interval from now on */
    WP_ACTION_PROBE,   /* `part` or WP_TARGET_UPSTREAM: probe at `cadence` from now on */
    WP_ACTION_DRAIN,   /* send DRAIN `epoch` to every worker; a DRAIN_ACKED must come back. A newer
                          DRAIN replaces one that is not answered yet */
    WP_ACTION_PUBLISH, /* send a view: `view_status`, `epoch`, `retry_at_ms`, `settle_until_ms`,
                          reason and phase as in the trace */
    WP_ACTION_RECORD,  /* a ledger entry was added: wp_trace_ledger() has it; `epoch` is its
                          sequence number */
    WP_ACTION_REMOVED, /* the answer to REMOVE: nothing of the trace is left; free it */
};

enum wp_cadence {
    WP_CADENCE_OFF,
    WP_CADENCE_SPARSE, /* the provider says pending: about once a second */
    WP_CADENCE_FAST,   /* it runs: as fast as a probe may go; report the first success and every
                          change */
};

/* The view statuses the engine can ask for; control maps them to the bus. */
enum wp_want_view { WP_WANT_HOLD, WP_WANT_AWAKE, WP_WANT_BROKEN, WP_WANT_GONE };

struct wp_action {
    enum wp_action_type type;
    uint32_t part;
    bool changing;
    enum wp_cadence cadence;
    enum wp_want_view view_status;
    uint64_t epoch;
    uint64_t retry_at_ms, settle_until_ms;
};

/* Actions of one step, in the order to carry them out. Owned by the caller, reused. */
struct wp_actions {
    struct wp_action *items;
    size_t count, capacity;
};
void wp_actions_fini(struct wp_actions *actions);

struct wp_trace; /* the state of one trace */

/*
 * A trace that has not been observed: phase unknown (awake at once when it has no parts). Nothing
 * is stopped before `not_before_ms` has passed (a restart: now + idle, or what the store says).
 * `conf` must outlive the trace or be replaced by a CONFIG event.
 */
struct wp_trace *wp_trace_new(const struct wp_conf_trace *conf, uint64_t now_ms,
                              uint64_t not_before_ms);
void wp_trace_free(struct wp_trace **trace);

/*
 * The one entry point. Appends to `actions` (which the caller has emptied) and returns the absolute
 * time at which it wants a TICK, or WP_NEVER. Times never go back; `now_ms` may repeat. The time
 * returned replaces the one of the step before; it may be `now_ms` itself: a TICK (with ACTIVITY
 * read right before it) is wanted at once, for instance after DRAIN_ACKED, where the deadline is
 * read again before anything is stopped.
 */
uint64_t wp_trace_step(struct wp_trace *trace, const struct wp_event *event, uint64_t now_ms,
                       struct wp_actions *actions);

/* Reading a trace, between steps. Strings live until the next step. */
enum wp_phase wp_trace_phase(const struct wp_trace *trace);
uint64_t wp_trace_epoch(const struct wp_trace *trace);
/* When it goes to sleep if nothing happens; WP_NEVER when it is not awake or never will. */
uint64_t wp_trace_deadline_ms(const struct wp_trace *trace);
/* The latest activity it knows of, for the store. */
uint64_t wp_trace_last_activity_ms(const struct wp_trace *trace);
/* Why it is in its phase, in plain words. */
const char *wp_trace_reason(const struct wp_trace *trace);
/* Median duration of recent wakes, 0 when there was none. */
uint64_t wp_trace_wake_estimate_ms(const struct wp_trace *trace);
/* "db;dur=1200, app;dur=3400": the stages of the last wake as a Server-Timing value, or "". */
const char *wp_trace_wake_stages(const struct wp_trace *trace);

/* One line of a trace's history: what changed and why. */
struct wp_ledger_entry {
    uint64_t sequence;      /* 1, 2, 3, ... per trace */
    uint64_t at_ms;         /* monotonic, as given to the step */
    enum wp_phase from, to; /* equal when it is not a change of phase */
    char what[64];          /* "wake", "part.start", "drain.aborted", ... */
    char cause[192];        /* plain words */
    uint64_t deadline_ms;   /* after the change */
};
/* The entry with the given sequence number, or NULL when it is no longer (or not yet) kept. */
const struct wp_ledger_entry *wp_trace_ledger(const struct wp_trace *trace, uint64_t sequence);
/* The newest sequence number; 0 when there is none. */
uint64_t wp_trace_ledger_last(const struct wp_trace *trace);

#endif
