/*
 * sim.h - a random walk of one trace after another through the engine under virtual time.
 *
 * The engine is the real one. Around it stand models: a world of parts behind faulty providers
 * (world.c), workers that follow the worker rules (crew.c), control (driver.c), people and chance
 * (people.c). check.c holds what must never happen. Everything follows from one seed.
 */
#ifndef WAKEPROXY_TESTS_SIM_SIM_H
#define WAKEPROXY_TESTS_SIM_SIM_H

#include "wakeproxy/engine/engine.h"

#define SIM_WORKERS_MAX 4
#define SIM_PARTS_MAX   6
#define SIM_THINGS_MAX  256
#define SIM_HOLDERS_MAX 64
#define SIM_HISTORY     400
#define SIM_NEVER_START UINT64_MAX

enum sim_kind {
    SIM_TICK,
    SIM_TO_CONTROL,
    SIM_TO_WORKER,
    SIM_THING_MOVES, /* the truth about a part changes */
    SIM_DONE,
    SIM_SAMPLE, /* a provider looks */
    SIM_OBSERVED,
    SIM_WATCH,
    SIM_PROBE,
    SIM_APP_READY,
    SIM_REQUEST,
    SIM_EXCHANGE_ENDS,
    SIM_HOLD_ENDS,
    SIM_CHANCE,
};

enum sim_msg_type { SIM_MSG_WAKE, SIM_MSG_ACK, SIM_MSG_BAD, SIM_MSG_VIEW, SIM_MSG_DRAIN };

struct sim_msg {
    enum sim_msg_type type;
    enum wp_want_view view;
    bool busy;
    uint64_t epoch;
};

/* One thing that will happen. Which fields mean something depends on `kind`. */
struct sim_event {
    uint64_t at_ms, order;
    enum sim_kind kind;
    uint32_t era;    /* of the proxy: what a dead one had under way is dropped */
    uint32_t target; /* thing, worker */
    uint64_t generation;
    enum wp_part_state state;
    enum wp_outcome outcome;
    uint64_t retry_after_ms;
    bool is_start;
    const char *text;
    struct sim_msg msg;
};

/* What a part stands for in the world: a machine, a process. Survives the proxy. */
struct sim_thing {
    char name[8];
    bool in_use; /* a part of the current definition */
    bool pushes; /* its provider tells changes by itself */
    enum wp_part_state state;
    uint64_t moves; /* generation of scheduled changes */
    uint64_t boot_ms, stop_ms;
    bool is_app_ready;
    const char *detail;
    /* the provider's and control's side */
    uint64_t token; /* changes when the part is configured anew */
    int op;         /* 0 none, 1 start, 2 stop */
    bool is_op_lost;
    uint64_t op_since_ms, told_last_ms;
    bool is_watched, is_changing;
    uint64_t watches;
    int cadence, reported;
    uint64_t probes;
    /* what the engine was told */
    enum wp_part_state told;
    bool is_told_ready, is_started_here;
    uint64_t stop_said_ms, running_since_ms;
};

struct sim_worker {
    enum wp_want_view view;
    uint64_t epoch, asked_epoch;
    uint32_t active, held;
    uint64_t waits_since[SIM_HOLDERS_MAX]; /* held ones, oldest first */
    uint64_t last_ms, awake_until_ms;
    /* the slot as control may read it: exact after any message */
    uint32_t slot_active, slot_held;
    uint64_t slot_last_ms;
    uint64_t to_worker_ms, to_control_ms; /* the latest delivery on each way: first in, first out */
};

struct sim_note {
    uint64_t at_ms;
    const char *what;
    uint64_t a, b, c;
};

struct sim {
    uint64_t seed, rng;
    uint64_t now_ms, order, steps, steps_max;
    struct sim_event *heap;
    size_t count, capacity;
    uint32_t era;
    /* the trace */
    struct wp_trace *trace;
    struct wp_conf_trace *conf; /* current; old ones are kept in `confs` until the episode ends */
    struct wp_conf_trace **confs;
    size_t conf_count, conf_capacity;
    struct wp_actions actions;
    uint64_t ticks, tick_at_ms;
    uint32_t things_of[SIM_PARTS_MAX]; /* part index -> thing */
    struct sim_thing things[SIM_THINGS_MAX];
    uint32_t thing_count;
    struct sim_worker workers[SIM_WORKERS_MAX];
    uint32_t worker_count, permits;
    /* control */
    uint64_t drain_epoch;
    uint32_t drain_missing;
    bool is_drain_busy;
    bool is_quitting; /* the trace left the configuration */
    /* the upstream */
    int cadence, reported;
    uint64_t probes;
    bool is_wedged; /* runs, and does not answer */
    /* chance */
    uint32_t faults; /* 0..100: how often a provider misbehaves */
    uint64_t request_mean_ms;
    /* what check.c remembers */
    uint64_t epoch_last, broken_until_ms, session_ms, removed_at_ms, waking_since_ms;
    uint64_t draining_since_ms, reason_ms, stirred_ms, same_time_ticks, last_tick_ms,
        stage_since_ms;
    uint64_t idle_then_ms, extend_until_ms, not_before_ms, sleep_asked_ms;
    bool is_cut;          /* a forced sleep is under way: its stops may cut exchanges */
    bool is_broken_shown; /* by the latest view */
    bool is_fresh;        /* an operator or a reload cleared the backoff */
    enum wp_phase phase;
    /* totals over all episodes */
    uint64_t total_wakes, total_stops, total_failures, total_aborts, total_forced, total_restarts;
    uint64_t total_exchanges, total_drifts, total_adopted, total_removed;
    struct sim_note notes[SIM_HISTORY];
    uint64_t note_count;
};

/* sim.c */
uint64_t sim_random(struct sim *sim, uint64_t below);
bool sim_chance(struct sim *sim, uint32_t percent);
/* Mostly small, sometimes near `most`. */
uint64_t sim_skewed(struct sim *sim, uint64_t most);
void sim_schedule(struct sim *sim, uint64_t delay_ms, const struct sim_event *event);
void sim_note(struct sim *sim, const char *what, uint64_t a, uint64_t b, uint64_t c);
void sim_fail(struct sim *sim, const char *format, ...) WP_PRINTF(2, 3) __attribute__((noreturn));

/* world.c */
uint32_t sim_world_add(struct sim *sim, const char *name);
void sim_world_call(struct sim *sim, uint32_t thing, bool is_start);
void sim_world_observe(struct sim *sim, uint32_t thing);
void sim_world_watch(struct sim *sim, uint32_t thing, bool is_changing);
void sim_world_probe(struct sim *sim, uint32_t thing, enum wp_cadence cadence);
void sim_world_drift(struct sim *sim, uint32_t thing, bool is_start);
void sim_world_handle(struct sim *sim, const struct sim_event *event);
bool sim_world_answers(const struct sim *sim);
/* The proxy died, or a part left the configuration: nobody is told anything any more. */
void sim_world_release(struct sim *sim, uint32_t thing);

/* crew.c: the workers */
void sim_crew_reset(struct sim *sim);
void sim_crew_request(struct sim *sim, uint32_t worker);
void sim_crew_handle(struct sim *sim, const struct sim_event *event);
void sim_crew_read(struct sim *sim, uint32_t *ret_active, uint32_t *ret_held,
                   uint64_t *ret_last_ms);

/* driver.c: control */
void sim_driver_new(struct sim *sim, uint64_t not_before_ms);
void sim_driver_step(struct sim *sim, const struct wp_event *event);
void sim_driver_handle(struct sim *sim, const struct sim_event *event);

/* people.c */
struct wp_conf_trace *sim_people_conf(struct sim *sim, const struct wp_conf_trace *old,
                                      bool *ret_changed);
void sim_people_chance(struct sim *sim);
void sim_people_schedule(struct sim *sim);
void sim_people_episode(struct sim *sim);
void sim_people_free_conf(struct wp_conf_trace *conf);

/* check.c */
void sim_check_action(struct sim *sim, const struct wp_action *action);
void sim_check_step(struct sim *sim, uint64_t next_ms);
void sim_check_reset(struct sim *sim, uint64_t not_before_ms);

#endif
