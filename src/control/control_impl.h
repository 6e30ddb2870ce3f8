/*
 * control_impl.h - the structs the files of this room share. Everything here belongs to the
 * control thread.
 */
#ifndef WAKEPROXY_CONTROL_IMPL_H
#define WAKEPROXY_CONTROL_IMPL_H

#include <pthread.h>

#include "wakeproxy/base/list.h"
#include "wakeproxy/base/map.h"
#include "wakeproxy/control/control.h"
#include "wakeproxy/engine/engine.h"
#include "wakeproxy/net/loop.h"
#include "wakeproxy/provider/provider.h"

#define WP_PROVIDER_KINDS 3u

struct wp_resolver;
struct wp_store;
struct wp_target;
struct wp_control_trace;

/* One part of a trace, as control sees it. Its address is the provider's token for it. */
struct wp_control_part {
    struct wp_control_trace *trace;
    const struct wp_conf_part *conf;
    uint32_t index;                  /* in the engine's current definition */
    struct wp_provider_part *handle; /* NULL: the provider refused it, and `fault` says why */
    char *fault;
    bool is_released;  /* completions that still come are not the engine's business */
    bool is_watched;   /* the engine asked to WATCH */
    bool is_changing;  /* ... at the quick interval */
    bool is_observing; /* an observe is out */
    bool want_observe; /* asked for again meanwhile */
    bool has_failed;   /* the last observe */
    struct wp_timer observe_timer;
    struct wp_list due_link; /* on control->due[kind] while waiting for the end of the turn */
    struct wp_addr *addresses;
    uint32_t address_count;
    struct wp_target *target; /* its own readiness check, while the engine wants it probed */
};

/* What was last asked to be published. */
struct wp_wanted_view {
    enum wp_want_view status;
    uint64_t epoch; /* the engine's */
    uint64_t retry_at_ms, settle_until_ms;
    bool is_set;
};

/* A drain that waits for the answers of all workers. */
struct wp_drain {
    uint64_t epoch; /* the bus's */
    uint32_t missing;
    bool is_busy;
    bool *has_acked; /* one per worker; NULL: no drain is out */
};

/* One trace. Its index is its place in control->traces, by name and for ever. */
struct wp_control_trace {
    struct wp_control *control;
    char *name;
    uint32_t id;
    bool is_removing;           /* REMOVE was fed, REMOVED has not come */
    bool is_gone;               /* REMOVED came; freed at the end of the turn */
    struct wp_trace *engine;    /* NULL: not in the configuration */
    struct wp_conf *conf_owner; /* keeps `conf` alive */
    const struct wp_conf_trace *conf;
    struct wp_conf *readd_owner; /* it came back in the turn in which REMOVED came */
    const struct wp_conf_trace *readd_conf;
    uint64_t epoch_base; /* bus epoch = base + engine epoch; grows with each engine */
    uint64_t epoch_last; /* the newest bus epoch told to workers */
    struct wp_timer tick;
    struct wp_deferred deferred;
    struct wp_control_part **parts; /* as in conf->parts */
    uint32_t part_count;
    struct wp_target *target; /* readiness of the upstream, while it is probed or resolved */
    struct wp_addr *ready;    /* where to forward: what was last found ready */
    uint32_t ready_count;
    struct wp_wanted_view wanted;
    struct wp_view *view; /* what workers have */
    struct wp_drain drain;
    uint64_t logged;         /* newest ledger entry that was logged */
    uint64_t stored_wall_ms; /* last activity as kept in the store; 0: none */
};

struct wp_control {
    struct wp_bus *bus;
    struct wp_conf *conf;
    struct wp_loop *loop;
    struct wp_mailbox *commands; /* from app */
    pthread_t thread;
    bool is_started;

    struct wp_control_trace **traces;
    size_t trace_count, trace_capacity;
    struct wp_map *by_name;

    struct wp_provider *providers[WP_PROVIDER_KINDS];
    struct wp_list due[WP_PROVIDER_KINDS]; /* parts to observe at the end of the turn */
    struct wp_deferred flush;
    bool is_flush_planned;

    struct wp_actions actions; /* of the step under way */
    struct wp_list events;     /* fed while a step was under way */
    bool is_stepping;

    struct wp_resolver *resolver;
    struct wp_store *store;
    char *state_dir; /* of the first configuration; NULL: nothing is kept */
    uint64_t jitter; /* state of a small generator, for spreading observations */

    /* The end. */
    bool is_quitting;
    bool *has_stopped; /* one per worker */
    uint32_t running_workers;
    struct wp_timer quit_timer;
    void (*on_stopped)(void *context);
    void *on_stopped_context;
};

/* trace_table.c */
/* The trace of a name, made with a new index when it was never seen; NULL when there are
 * WP_TRACES_MAX names already. */
struct wp_control_trace *wp_table_intern(struct wp_control *control, const char *name);
/* NULL when no such index was given out, or the trace has no engine now. */
struct wp_control_trace *wp_table_live(struct wp_control *control, uint32_t id);
/* Gives `trace` an engine and its parts for a definition; the engine's first TICK is fed. */
void wp_table_begin(struct wp_control_trace *trace, struct wp_conf *owner,
                    const struct wp_conf_trace *conf);
/* Gives up parts, probes, timers and engine; the index stays. Not inside a step of the trace. */
void wp_table_end(struct wp_control_trace *trace);
/* Ends and frees all. */
void wp_table_free(struct wp_control *control);

/* driver.c */
/* Steps the trace's engine and carries out its actions. From inside another step the event is
 * queued and fed after it; `event->text` is copied then, other pointers must not be used. */
void wp_driver_feed(struct wp_control_trace *trace, const struct wp_event *event);
/* ACTIVITY as counted now, then `event`. */
void wp_driver_feed_active(struct wp_control_trace *trace, const struct wp_event *event);
void wp_driver_tick(struct wp_timer *timer);

/* part.c: parts and their providers */
struct wp_control_part *wp_part_new(struct wp_control_trace *trace, const struct wp_conf_part *conf,
                                    uint32_t index);
void wp_part_free(struct wp_control_part **part);
/* The equal definition of a new configuration, at a new index. */
void wp_part_replace_conf(struct wp_control_part *part, const struct wp_conf_part *conf,
                          uint32_t index);
void wp_part_start(struct wp_control_part *part);
void wp_part_stop(struct wp_control_part *part);
void wp_part_free_providers(struct wp_control *control);
/* observe.c */
void wp_observe_now(struct wp_control_part *part);
void wp_observe_watch(struct wp_control_part *part, bool is_changing);
/* An observe ended: `retry_after_ms` (0: none) is a lower bound for the next. */
void wp_observe_done(struct wp_control_part *part, uint64_t retry_after_ms);
void wp_observe_timer(struct wp_timer *timer);

/* drain.c */
void wp_drain_begin(struct wp_control_trace *trace, uint64_t engine_epoch);
void wp_drain_ack(struct wp_control_trace *trace, uint32_t worker, uint64_t epoch, bool is_busy);
/* A worker ended: whatever waits for its answer has it now. */
void wp_drain_worker_gone(struct wp_control *control, uint32_t worker);
void wp_drain_cancel(struct wp_control_trace *trace);

/* idle.c */
/* The counters of a trace as an ACTIVITY event. */
struct wp_event wp_idle_read(struct wp_control_trace *trace);

/* publish.c */
void wp_publish(struct wp_control_trace *trace, const struct wp_action *action);
/* The same view again after its upstreams changed; nothing when it never was published. */
void wp_publish_again(struct wp_control_trace *trace);
/* Tells the engine that an AWAKE view cannot be trusted (any more): it probes anew. */
void wp_publish_distrust(struct wp_control_trace *trace, const char *reason);

/* ledger.c */
void wp_ledger_log(struct wp_control_trace *trace);
/* "GET shop.example/path from 127.0.0.1 (curl/8.0)"; at most `size` bytes with the NUL. */
void wp_cause_text(const struct wp_cause *cause, char *ret_text, size_t size);

/* reload.c */
/* Swaps to `conf` (owned by the caller): 0, or -E2BIG when there are too many names. */
int wp_reload_apply(struct wp_control *control, struct wp_conf *conf,
                    struct wp_listener_fd **listeners, uint32_t listener_count);

#endif
