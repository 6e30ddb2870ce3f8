/*
 * crew.c - workers that follow the worker rules: forward under an AWAKE view, hold under HOLD, ask
 * once per epoch, promise at DRAIN, distrust a view under which a connect failed.
 *
 * Thread:    one.
 * Invariant: messages between a worker and control arrive in order, after any delay.
 * Invariant: a counter that control reads may be old, but not older than the worker's latest
 *            message (posting a message publishes what was written before it).
 * Not here:  bytes.
 */
#include "sim.h"

#include <string.h>

#define LONG_EXCHANGE_MS 240000u
#define STALE_MS         20u /* no store stays unseen for longer */

static void publish_slot(struct sim_worker *worker)
{
    worker->slot_active = worker->active;
    worker->slot_held = worker->held;
    worker->slot_last_ms = worker->last_ms;
}

static void touch(struct sim *sim, struct sim_worker *worker)
{
    worker->last_ms = sim->now_ms;
    if (sim_chance(sim, 80)) {
        publish_slot(worker);
    }
}

static void post(struct sim *sim, uint32_t index, enum sim_msg_type type, uint64_t epoch,
                 bool is_busy)
{
    struct sim_worker *worker = &sim->workers[index];
    uint64_t at_ms =
        sim->now_ms + (sim_chance(sim, 3) ? sim_random(sim, 2500) : sim_random(sim, 4));

    publish_slot(worker);
    at_ms = at_ms < worker->to_control_ms ? worker->to_control_ms : at_ms;
    worker->to_control_ms = at_ms;
    sim_schedule(sim, at_ms - sim->now_ms,
                 &(struct sim_event){.kind = SIM_TO_CONTROL,
                                     .target = index,
                                     .msg = {.type = type, .epoch = epoch, .busy = is_busy}});
}

static void ask(struct sim *sim, uint32_t index)
{
    struct sim_worker *worker = &sim->workers[index];

    if (worker->asked_epoch != worker->epoch) {
        worker->asked_epoch = worker->epoch;
        post(sim, index, SIM_MSG_WAKE, worker->epoch, false);
    }
}

static void hold(struct sim *sim, uint32_t index)
{
    struct sim_worker *worker = &sim->workers[index];

    if (worker->held < SIM_HOLDERS_MAX) {
        worker->waits_since[worker->held++] = sim->now_ms;
        if (sim_chance(sim, 5)) {
            sim_schedule(sim, sim_random(sim, 10000),
                         &(struct sim_event){.kind = SIM_HOLD_ENDS, .target = index});
        }
    }
}

static void unhold(struct sim_worker *worker)
{
    worker->held--;
    memmove(worker->waits_since, worker->waits_since + 1,
            worker->held * sizeof(worker->waits_since[0]));
}

static void could_not_connect(struct sim *sim, uint32_t index, uint64_t epoch)
{
    struct sim_worker *worker = &sim->workers[index];

    if (worker->view == WP_WANT_HOLD || worker->view == WP_WANT_AWAKE) {
        hold(sim, index); /* otherwise it is answered like a new one */
    }
    post(sim, index, SIM_MSG_BAD, epoch, false);
    if (worker->epoch == epoch && worker->view == WP_WANT_AWAKE) {
        worker->awake_until_ms = sim->now_ms;
        worker->view = WP_WANT_HOLD; /* its own distrust; the message asks like a WAKE */
        worker->asked_epoch = epoch;
    } else if (worker->view == WP_WANT_HOLD) {
        ask(sim, index);
    }
}

static uint64_t exchange_length(struct sim *sim)
{
    if (sim_chance(sim, 3)) {
        return sim_random(sim, LONG_EXCHANGE_MS);
    }
    return 1 + sim_skewed(sim, 3000);
}

static void begin_exchange(struct sim *sim, uint32_t index)
{
    struct sim_worker *worker = &sim->workers[index];
    bool is_slow = sim_chance(sim, 30);

    worker->active++;
    touch(sim, worker);
    sim->total_exchanges++;
    sim_note(sim, "exchange begins", index, worker->epoch, worker->active);
    if (is_slow || !sim_world_answers(sim)) {
        sim_schedule(sim, is_slow ? 1 + sim_random(sim, 300) : 1,
                     &(struct sim_event){.kind = SIM_EXCHANGE_ENDS,
                                         .target = index,
                                         .generation = worker->epoch,
                                         .is_start = true});
        return;
    }
    sim_schedule(sim, exchange_length(sim),
                 &(struct sim_event){.kind = SIM_EXCHANGE_ENDS, .target = index});
}

static uint32_t all_active(const struct sim *sim)
{
    uint32_t active = 0;

    for (uint32_t i = 0; i < sim->worker_count; i++) {
        active += sim->workers[i].active;
    }
    return active;
}

static void release(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->worker_count; i++) {
        struct sim_worker *worker = &sim->workers[i];

        while (worker->view == WP_WANT_AWAKE && worker->held > 0 &&
               all_active(sim) < sim->permits) {
            unhold(worker);
            begin_exchange(sim, i);
        }
    }
}

void sim_crew_reset(struct sim *sim)
{
    for (uint32_t i = 0; i < SIM_WORKERS_MAX; i++) {
        sim->workers[i] = (struct sim_worker){.view = WP_WANT_HOLD, .asked_epoch = UINT64_MAX};
    }
}

void sim_crew_request(struct sim *sim, uint32_t index)
{
    struct sim_worker *worker = &sim->workers[index];

    sim_note(sim, "request", index, worker->epoch, worker->view);
    switch (worker->view) {
    case WP_WANT_AWAKE:
        if (all_active(sim) < sim->permits && worker->held == 0) {
            begin_exchange(sim, index);
        } else {
            hold(sim, index);
            release(sim);
        }
        return;
    case WP_WANT_HOLD:
        hold(sim, index);
        ask(sim, index);
        return;
    case WP_WANT_BROKEN:
        ask(sim, index); /* and is answered 503 */
        return;
    case WP_WANT_GONE:
        return;
    }
}

static void take_view(struct sim *sim, uint32_t index, const struct sim_msg *msg)
{
    struct sim_worker *worker = &sim->workers[index];

    if (msg->epoch <= worker->epoch) {
        sim_fail(sim, "worker %u got epoch %llu after %llu", index, (unsigned long long)msg->epoch,
                 (unsigned long long)worker->epoch);
    }
    worker->epoch = msg->epoch;
    if (worker->view == WP_WANT_AWAKE) {
        worker->awake_until_ms = sim->now_ms;
    }
    if (msg->type == SIM_MSG_DRAIN) {
        worker->view = WP_WANT_HOLD;
        sim_note(sim, "worker promises", index, msg->epoch, worker->active);
        post(sim, index, SIM_MSG_ACK, msg->epoch, worker->active > 0);
    } else {
        worker->view = msg->view;
        sim_note(sim, "worker sees view", index, msg->epoch, msg->view);
    }
    switch (worker->view) {
    case WP_WANT_AWAKE:
        for (uint32_t i = 0; i < worker->held; i++) {
            worker->waits_since[i] = sim->now_ms; /* for a permit, from now on */
        }
        release(sim);
        return;
    case WP_WANT_HOLD:
        if (worker->held > 0) {
            ask(sim, index);
        }
        return;
    case WP_WANT_BROKEN:
    case WP_WANT_GONE:
        worker->held = 0; /* all answered */
        return;
    }
}

static void exchange_ends(struct sim *sim, const struct sim_event *event)
{
    struct sim_worker *worker = &sim->workers[event->target];

    if (event->is_start && sim_world_answers(sim)) { /* connected */
        touch(sim, worker);
        sim_schedule(sim, exchange_length(sim),
                     &(struct sim_event){.kind = SIM_EXCHANGE_ENDS, .target = event->target});
        return;
    }
    worker->active--;
    touch(sim, worker);
    sim_note(sim, event->is_start ? "connect fails" : "exchange ends", event->target, worker->epoch,
             worker->active);
    if (event->is_start) {
        could_not_connect(sim, event->target, event->generation);
    }
    release(sim);
}

void sim_crew_handle(struct sim *sim, const struct sim_event *event)
{
    struct sim_worker *worker = &sim->workers[event->target];

    if (event->era != sim->era) {
        return;
    }
    if (event->kind == SIM_TO_WORKER) {
        take_view(sim, event->target, &event->msg);
    } else if (event->kind == SIM_EXCHANGE_ENDS) {
        exchange_ends(sim, event);
    } else if (worker->held > 0) {
        unhold(worker); /* the client went away */
    }
}

void sim_crew_read(struct sim *sim, uint32_t *ret_active, uint32_t *ret_held, uint64_t *ret_last_ms)
{
    *ret_active = *ret_held = 0;
    *ret_last_ms = 0;
    for (uint32_t i = 0; i < sim->worker_count; i++) {
        struct sim_worker *worker = &sim->workers[i];

        if (sim->now_ms > worker->last_ms + STALE_MS) {
            publish_slot(worker);
        }
        *ret_active += worker->slot_active;
        *ret_held += worker->slot_held;
        if (worker->slot_last_ms > *ret_last_ms) {
            *ret_last_ms = worker->slot_last_ms;
        }
    }
}
