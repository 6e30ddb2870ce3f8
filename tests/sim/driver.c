/*
 * driver.c - control: feeds the engine and carries out what it decides, in order.
 *
 * Thread:    one.
 * Invariant: a TICK comes with the counters right before it, never early, perhaps a little late.
 * Invariant: completions of a part that was given up are dropped (the token).
 * Not here:  judging (check.c sees every action before it is carried out).
 */
#include "sim.h"

#include <stdlib.h>

void sim_driver_new(struct sim *sim, uint64_t not_before_ms)
{
    wp_trace_free(&sim->trace);
    sim->era++;
    sim->trace = wp_trace_new(sim->conf, sim->now_ms, not_before_ms);
    sim->tick_at_ms = WP_NEVER;
    sim->drain_missing = 0;
    sim->drain_epoch = 0;
    sim->cadence = WP_CADENCE_OFF;
    sim->reported = -1;
    sim->probes++;
    sim->is_quitting = false;
    for (uint32_t i = 0; i < sim->thing_count; i++) {
        sim_world_release(sim, i);
    }
    sim_crew_reset(sim);
    sim_check_reset(sim, not_before_ms);
    sim_note(sim, "a new trace", not_before_ms, 0, 0);
    sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_TICK});
}

static void to_workers(struct sim *sim, const struct sim_msg *msg)
{
    for (uint32_t i = 0; i < sim->worker_count; i++) {
        struct sim_worker *worker = &sim->workers[i];
        uint64_t at_ms =
            sim->now_ms + (sim_chance(sim, 3) ? sim_random(sim, 2500) : sim_random(sim, 4));

        at_ms = at_ms < worker->to_worker_ms ? worker->to_worker_ms : at_ms;
        worker->to_worker_ms = at_ms;
        sim_schedule(sim, at_ms - sim->now_ms,
                     &(struct sim_event){.kind = SIM_TO_WORKER, .target = i, .msg = *msg});
    }
}

static void carry_out(struct sim *sim, const struct wp_action *action)
{
    uint32_t target =
        action->part < sim->conf->part_count ? sim->things_of[action->part] : WP_TARGET_UPSTREAM;

    switch (action->type) {
    case WP_ACTION_START:
    case WP_ACTION_STOP:
        sim_note(sim, action->type == WP_ACTION_START ? "START" : "STOP", target, 0, 0);
        sim_world_call(sim, target, action->type == WP_ACTION_START);
        return;
    case WP_ACTION_OBSERVE:
        sim_world_observe(sim, target);
        return;
    case WP_ACTION_WATCH:
        sim_world_watch(sim, target, action->changing);
        return;
    case WP_ACTION_PROBE:
        sim_note(sim, "PROBE", target, action->cadence, 0);
        sim_world_probe(sim, target, action->cadence);
        return;
    case WP_ACTION_DRAIN:
        sim_note(sim, "DRAIN", action->epoch, 0, 0);
        sim->drain_epoch = action->epoch;
        sim->drain_missing = sim->worker_count;
        sim->is_drain_busy = false;
        to_workers(sim, &(struct sim_msg){.type = SIM_MSG_DRAIN, .epoch = action->epoch});
        return;
    case WP_ACTION_PUBLISH:
        sim_note(sim, "PUBLISH", action->epoch, action->view_status, 0);
        to_workers(sim, &(struct sim_msg){.type = SIM_MSG_VIEW,
                                          .view = action->view_status,
                                          .epoch = action->epoch});
        return;
    case WP_ACTION_RECORD:
    case WP_ACTION_REMOVED:
        return;
    }
}

static void ask_for_tick(struct sim *sim, uint64_t next_ms)
{
    if (next_ms == sim->tick_at_ms) {
        return;
    }
    sim->ticks++;
    sim->tick_at_ms = next_ms;
    if (next_ms != WP_NEVER) {
        sim_schedule(sim, next_ms - sim->now_ms + (sim_chance(sim, 10) ? sim_random(sim, 40) : 0),
                     &(struct sim_event){.kind = SIM_TICK, .generation = sim->ticks});
    }
}

static const char *event_name(const struct wp_event *event)
{
    switch (event->type) {
    case WP_EVENT_TICK:
        return "> tick";
    case WP_EVENT_WAKE:
        return "> wake";
    case WP_EVENT_ACTIVITY:
        return "> activity";
    case WP_EVENT_OBSERVED:
        return "> observed";
    case WP_EVENT_DONE:
        return event->is_start ? "> start done" : "> stop done";
    case WP_EVENT_PROBE:
        return "> probe";
    case WP_EVENT_DRAIN_ACKED:
        return "> drain acked";
    case WP_EVENT_UPSTREAM_BAD:
        return "> upstream bad";
    case WP_EVENT_OPERATOR:
        return "> operator";
    case WP_EVENT_CONFIG:
        return "> config";
    case WP_EVENT_REMOVE:
        return "> remove";
    }
    return "?";
}

static void note_event(struct sim *sim, const struct wp_event *event)
{
    uint64_t b = event->type == WP_EVENT_OBSERVED       ? event->state
                 : event->type == WP_EVENT_DONE         ? event->outcome
                 : event->type == WP_EVENT_DRAIN_ACKED  ? event->busy
                 : event->type == WP_EVENT_UPSTREAM_BAD ? event->epoch
                 : event->type == WP_EVENT_OPERATOR     ? event->verb
                                                        : event->ok;

    sim_note(sim, event_name(event), event->part, b, event->active);
}

void sim_driver_step(struct sim *sim, const struct wp_event *event)
{
    uint64_t next_ms;
    bool is_removed = false;

    sim->steps++;
    note_event(sim, event);
    sim->actions.count = 0;
    next_ms = wp_trace_step(sim->trace, event, sim->now_ms, &sim->actions);
    for (size_t i = 0; i < sim->actions.count; i++) {
        sim_check_action(sim, &sim->actions.items[i]);
        carry_out(sim, &sim->actions.items[i]);
        is_removed = is_removed || sim->actions.items[i].type == WP_ACTION_REMOVED;
    }
    sim_check_step(sim, next_ms);
    ask_for_tick(sim, next_ms);
    if (is_removed) {
        sim->total_removed++;
        sim_driver_new(sim, sim->now_ms); /* somebody writes it into the file again */
    }
}

static void tick(struct sim *sim)
{
    struct wp_event activity = {.type = WP_EVENT_ACTIVITY};
    uint32_t era = sim->era;

    if (sim->now_ms != sim->last_tick_ms) {
        sim->last_tick_ms = sim->now_ms;
        sim->same_time_ticks = 0;
    }
    sim->same_time_ticks++;
    sim->tick_at_ms = WP_NEVER;
    sim_crew_read(sim, &activity.active, &activity.held, &activity.last_ms);
    sim_driver_step(sim, &activity);
    if (era == sim->era) {
        sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_TICK});
    }
}

static void from_worker(struct sim *sim, const struct sim_msg *msg)
{
    switch (msg->type) {
    case SIM_MSG_WAKE:
        sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_WAKE, .text = "GET / from a"});
        return;
    case SIM_MSG_BAD:
        sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_UPSTREAM_BAD,
                                                .epoch = msg->epoch,
                                                .text = "connection refused"});
        return;
    case SIM_MSG_ACK:
        if (msg->epoch != sim->drain_epoch || sim->drain_missing == 0) {
            return;
        }
        sim->is_drain_busy = sim->is_drain_busy || msg->busy;
        if (--sim->drain_missing == 0) {
            sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_DRAIN_ACKED,
                                                    .epoch = msg->epoch,
                                                    .busy = sim->is_drain_busy});
        }
        return;
    case SIM_MSG_VIEW:
    case SIM_MSG_DRAIN:
        return;
    }
}

static bool find_part(const struct sim *sim, const struct sim_event *event, uint32_t *ret_part)
{
    if (event->generation != sim->things[event->target].token) {
        return false;
    }
    for (uint32_t i = 0; i < sim->conf->part_count; i++) {
        if (sim->things_of[i] == event->target) {
            *ret_part = i;
            return true;
        }
    }
    return false;
}

void sim_driver_handle(struct sim *sim, const struct sim_event *event)
{
    struct sim_thing *thing = &sim->things[event->target];
    uint32_t part = 0;

    if (event->era != sim->era) {
        return;
    }
    if (event->kind == SIM_TICK) {
        if (event->generation == sim->ticks) {
            tick(sim);
        }
    } else if (event->kind == SIM_TO_CONTROL) {
        from_worker(sim, &event->msg);
    } else if (!find_part(sim, event, &part)) {
        return;
    } else if (event->kind == SIM_DONE) {
        if (thing->op == (event->is_start ? 1 : 2)) {
            thing->op = 0; /* not when it is the same answer once more */
        }
        sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_DONE,
                                                .part = part,
                                                .is_start = event->is_start,
                                                .outcome = event->outcome,
                                                .retry_after_ms = event->retry_after_ms,
                                                .text = event->text});
    } else {
        if (event->state != WP_PART_UNKNOWN) {
            thing->told = event->state;
        }
        if (event->state == WP_PART_STOPPED || event->state == WP_PART_MISSING) {
            thing->is_told_ready = false;
        }
        sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_OBSERVED,
                                                .part = part,
                                                .state = event->state,
                                                .text = event->text});
    }
}
