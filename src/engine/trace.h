/*
 * trace.h - the state of one trace, shared by the files of the engine and nobody else.
 *
 * Who writes what: each group of fields names its file. Everything else reads. The phase is not
 * here but for the ledger's sake: it is derived (phase.c).
 */
#ifndef WAKEPROXY_SRC_ENGINE_TRACE_H
#define WAKEPROXY_SRC_ENGINE_TRACE_H

#include "wakeproxy/base/mem.h"
#include "wakeproxy/engine/engine.h"

#define WP_ENGINE_START_GRACE_MS  2000u   /* a "stopped" this soon after a start may be old news */
#define WP_ENGINE_ACK_TIMEOUT_MS  10000u  /* a worker that does not answer DRAIN */
#define WP_ENGINE_POLL_MS         1000u   /* while exchanges delay an ordered sleep */
#define WP_ENGINE_BLURRED_STOP_MS 60000u  /* stop what cannot be observed after so long */
#define WP_ENGINE_OP_TIMEOUT_MS   600000u /* least time before an unanswered call counts as lost */
#define WP_ENGINE_LEDGER_MAX      64u
#define WP_ENGINE_ETA_MAX         16u
#define WP_ENGINE_NO_CADENCE      (-1)

enum wp_engine_op { WP_ENGINE_OP_NONE, WP_ENGINE_OP_START, WP_ENGINE_OP_STOP };

/* part.c */
struct wp_engine_part {
    const struct wp_conf_part *conf;
    enum wp_part_state state;  /* last known; UNKNOWN until first seen */
    uint64_t blurred_since_ms; /* the provider cannot tell since then; 0: it can */
    char *detail;              /* of the last observation */
    char *probe_reason;        /* why its own check does not pass */
    char *retry_reason;        /* why its last call was not accepted */
    uint64_t op_since_ms;      /* with `op` */
    uint64_t accepted_ms;      /* with is_started and is_stop_accepted */
    uint64_t stop_since_ms;    /* the first STOP of this stop; 0: none */
    uint64_t retry_at_ms;      /* no call before */
    uint64_t observe_at_ms;    /* ask for an observation then; WP_NEVER: no need */
    uint64_t stage_since_ms;   /* START of this wake; 0: it ran already */
    uint64_t stage_ms;         /* from START to ready */
    enum wp_engine_op op;      /* the call that is out */
    uint32_t tries, observe_tries, stop_tries;
    int cadence;                  /* as last emitted; WP_ENGINE_NO_CADENCE: never */
    bool is_watched, is_changing; /* as last emitted */
    bool is_ready;                /* its own check passed since it came up */
    bool is_up_seen;              /* since the last START */
    bool is_started;              /* START accepted, not yet seen coming up */
    bool is_stop_accepted;        /* STOP accepted, not yet seen stopped */
    bool is_start_failed;         /* came up and went down again within this wake */
    bool is_ours;                 /* started by a wake that has not ended well yet */
    bool must_stop;
    bool retries_on_change; /* the last call has to WAIT for another state */
    bool is_given_up;       /* REMOVE: could not be stopped in time */
};

enum wp_engine_goal { WP_ENGINE_DOWN, WP_ENGINE_UP };

/* Why workers were asked to let go; see drain.c. */
enum wp_engine_drain_kind {
    WP_ENGINE_DRAIN_NONE,
    WP_ENGINE_DRAIN_IDLE,     /* abortable */
    WP_ENGINE_DRAIN_OPERATOR, /* abortable, tried again */
    WP_ENGINE_DRAIN_FORCED,   /* max_awake: waits for exchanges up to drain_timeout */
    WP_ENGINE_DRAIN_LEFTOVER, /* parts that run without a session */
    WP_ENGINE_DRAIN_CLEANUP,  /* parts of a failed wake */
    WP_ENGINE_DRAIN_REMOVE,   /* the trace left the configuration; like FORCED */
};

struct wp_engine_drain {
    enum wp_engine_drain_kind kind;
    uint64_t epoch;
    uint64_t since_ms, sent_ms; /* of the first and of the latest DRAIN */
    uint64_t again_ms;          /* CLEANUP: not before, after a busy answer */
    bool is_acked, is_busy;
};

enum wp_engine_reason {
    WP_ENGINE_REASON_NEVER,
    WP_ENGINE_REASON_IDLE,
    WP_ENGINE_REASON_ACTIVE,
    WP_ENGINE_REASON_FIRST_USE,
    WP_ENGINE_REASON_MIN_AWAKE,
    WP_ENGINE_REASON_EXTEND,
    WP_ENGINE_REASON_RESTART,
    WP_ENGINE_REASON_MAX_AWAKE,
    WP_ENGINE_REASON_DRY_RUN,
};

struct wp_engine_deadline {
    uint64_t at_ms;
    enum wp_engine_reason reason;
    bool is_forced;
};

struct wp_trace {
    const struct wp_conf_trace *conf;
    struct wp_engine_part *parts;
    uint32_t part_count;
    /* trace.c: the step under way */
    uint64_t now_ms, next_ms;
    struct wp_actions *actions;
    bool is_tick, is_begun, is_again;
    /* what is wanted: wake.c and sleep.c */
    enum wp_engine_goal goal;
    bool is_served;        /* found ready; the workers forward, or drain */
    bool is_quiet;         /* every worker promised to hold since the last AWAKE view */
    bool may_cut;          /* a forced stop: exchanges had all of drain_timeout to end */
    bool is_adopting;      /* goal UP because all parts were found running */
    bool is_adopt_blocked; /* tried without success; until another part comes up */
    bool is_upstream_ok, is_forced_stop;
    bool is_wake_pending; /* asked for during a forced sleep */
    bool is_sleep_asked;  /* by an operator */
    bool is_removing, is_removed;
    bool is_wake_measured; /* this wake started something */
    bool is_max_warned, is_leftover;
    char *cause;           /* what made it want what it wants */
    char *order;           /* whose order to sleep, in words */
    char *upstream_reason; /* why the upstream does not count as ready */
    uint64_t wake_since_ms, upstream_since_ms, reopen_at_ms, bad_last_ms;
    uint32_t bad_streak;
    int upstream_cadence;
    uint64_t remove_since_ms;
    /* failure: wake.c */
    bool is_failed, is_wake_asked; /* since the failure */
    uint32_t failure_count;
    uint64_t retry_at_ms;
    char *failure_reason;
    /* view and drain: drain.c */
    enum wp_want_view view;
    uint64_t epoch, open_epoch;
    struct wp_engine_drain drain;
    /* deadline.c */
    uint64_t session_since_ms; /* 0: no session */
    uint64_t activity_ms;      /* the latest known */
    uint64_t counted_ms;       /* when the counters were read */
    uint32_t active, held;
    uint64_t extend_until_ms, not_before_ms, rearm_ms, leftover_since_ms;
    /* ledger.c */
    struct wp_ledger_entry *ledger;
    uint32_t ledger_capacity;
    uint64_t ledger_last, ledger_step;
    enum wp_phase phase; /* at the end of the last step */
    char *reason;
    /* eta.c */
    uint64_t eta_ms[WP_ENGINE_ETA_MAX];
    uint32_t eta_count;
    char *stages;
};

#endif
