/*
 * world.c - the truth about parts, and the providers and probes that look at it badly.
 *
 * A provider may be slow, answer twice, never answer, refuse, be out of capacity, do the thing and
 * say it failed, say it worked and do nothing, or see old news. Truth changes also by itself
 * (crashes) and by others (drift).
 *
 * Thread:    one.
 * Invariant: what is told of one part is told in the order in which it was seen; answers to calls
 *            travel apart and may overtake it.
 * Not here:  what the engine makes of it.
 */
#include "sim.h"

#include <stdio.h>

#define REST_INTERVAL_MS   20000u
#define CHANGE_INTERVAL_MS 700u

uint32_t sim_world_add(struct sim *sim, const char *name)
{
    uint32_t index = sim->thing_count++;
    struct sim_thing *thing = &sim->things[index];

    if (index >= SIM_THINGS_MAX) {
        sim_fail(sim, "the model ran out of things");
    }
    *thing = (struct sim_thing){
        .in_use = true,
        .pushes = sim_chance(sim, 50),
        .state = sim_chance(sim, 15) ? WP_PART_RUNNING : WP_PART_STOPPED,
        .boot_ms = 50 + sim_skewed(sim, 15000),
        .stop_ms = 10 + sim_skewed(sim, 8000),
        .token = ++sim->order,
        .cadence = WP_CADENCE_OFF,
        .reported = -1,
        .running_since_ms = sim->now_ms,
    };
    thing->is_app_ready = thing->state == WP_PART_RUNNING;
    (void)snprintf(thing->name, sizeof(thing->name), "%s", name);
    return index;
}

/* Whether the upstream would answer now. */
bool sim_world_answers(const struct sim *sim)
{
    if (sim->is_wedged) {
        return false;
    }
    for (size_t i = 0; i < sim->conf->part_count; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];

        if (thing->state != WP_PART_RUNNING || !thing->is_app_ready) {
            return false;
        }
    }
    return true;
}

static void poke_probe(struct sim *sim, uint32_t target, int cadence, uint64_t generation)
{
    if (cadence != (int)WP_CADENCE_OFF) {
        sim_schedule(
            sim, sim_random(sim, cadence == (int)WP_CADENCE_FAST ? 40 : 1200),
            &(struct sim_event){.kind = SIM_PROBE, .target = target, .generation = generation});
    }
}

static void poke_probes(struct sim *sim)
{
    poke_probe(sim, WP_TARGET_UPSTREAM, sim->cadence, sim->probes);
    for (size_t i = 0; i < sim->conf->part_count; i++) {
        struct sim_thing *thing = &sim->things[sim->things_of[i]];

        poke_probe(sim, sim->things_of[i], thing->cadence, thing->probes);
    }
}

void sim_world_probe(struct sim *sim, uint32_t target, enum wp_cadence cadence)
{
    if (target == WP_TARGET_UPSTREAM) {
        if (sim->cadence == (int)WP_CADENCE_OFF) {
            sim->reported = -1;
        }
        sim->cadence = (int)cadence;
        sim->probes++;
        poke_probe(sim, target, sim->cadence, sim->probes);
        return;
    }
    struct sim_thing *thing = &sim->things[target];
    if (thing->cadence == (int)WP_CADENCE_OFF) {
        thing->reported = -1;
    }
    thing->cadence = (int)cadence;
    thing->probes++;
    poke_probe(sim, target, thing->cadence, thing->probes);
}

static uint32_t part_of(const struct sim *sim, uint32_t target)
{
    for (uint32_t i = 0; i < sim->conf->part_count; i++) {
        if (sim->things_of[i] == target) {
            return i;
        }
    }
    return WP_TARGET_UPSTREAM;
}

static void probe(struct sim *sim, const struct sim_event *event)
{
    bool is_upstream = event->target == WP_TARGET_UPSTREAM;
    struct sim_thing *thing = is_upstream ? NULL : &sim->things[event->target];
    int *reported = is_upstream ? &sim->reported : &thing->reported;
    bool ok = is_upstream ? sim_world_answers(sim)
                          : thing->state == WP_PART_RUNNING && thing->is_app_ready;

    if (event->generation != (is_upstream ? sim->probes : thing->probes) || *reported == (int)ok) {
        return;
    }
    *reported = (int)ok;
    if (!is_upstream) {
        thing->is_told_ready = ok;
    }
    sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_PROBE,
                                            .part = is_upstream ? WP_TARGET_UPSTREAM
                                                                : part_of(sim, event->target),
                                            .ok = ok,
                                            .text = ok ? NULL : "connection refused"});
}

static void move(struct sim *sim, uint32_t target, uint64_t delay_ms, enum wp_part_state state,
                 const char *detail)
{
    sim_schedule(sim, delay_ms,
                 &(struct sim_event){.kind = SIM_THING_MOVES,
                                     .target = target,
                                     .generation = sim->things[target].moves,
                                     .state = state,
                                     .text = detail});
}

static void boot(struct sim *sim, uint32_t target, uint64_t delay_ms)
{
    struct sim_thing *thing = &sim->things[target];
    uint64_t boot_ms = thing->boot_ms + sim_random(sim, thing->boot_ms / 4 + 1);

    thing->moves++;
    move(sim, target, delay_ms, WP_PART_STARTING, NULL);
    if (sim_random(sim, 200) < sim->faults) {
        move(sim, target, delay_ms + sim_random(sim, boot_ms + 1), WP_PART_STOPPED,
             "exited with status 1");
        return;
    }
    move(sim, target, delay_ms + boot_ms, WP_PART_RUNNING, NULL);
    if (sim_random(sim, 400) < sim->faults) {
        move(sim, target, delay_ms + boot_ms + sim_random(sim, 100000), WP_PART_STOPPED,
             "killed by signal 9");
    }
}

static void halt(struct sim *sim, uint32_t target, uint64_t delay_ms)
{
    struct sim_thing *thing = &sim->things[target];

    thing->moves++;
    move(sim, target, delay_ms, WP_PART_STOPPING, NULL);
    move(sim, target, delay_ms + thing->stop_ms + sim_random(sim, thing->stop_ms / 4 + 1),
         WP_PART_STOPPED, NULL);
}

void sim_world_drift(struct sim *sim, uint32_t target, bool is_start)
{
    struct sim_thing *thing = &sim->things[target];

    sim_note(sim, is_start ? "others start" : "others stop", target, 0, 0);
    if (is_start && (thing->state == WP_PART_STOPPED || thing->state == WP_PART_MISSING)) {
        boot(sim, target, 0);
    } else if (!is_start && thing->state == WP_PART_RUNNING) {
        halt(sim, target, 0);
    }
}

/* How a call ends, and whether it has its effect: a faulty provider may say one and do the other.
 */
struct fate {
    enum wp_outcome outcome;
    uint64_t retry_after_ms;
    bool has_effect, is_lost, is_twice;
};

static struct fate draw_fate(struct sim *sim)
{
    struct fate fate = {.outcome = WP_OUTCOME_OK, .has_effect = true};

    if (!sim_chance(sim, sim->faults / 2)) {
        fate.is_twice = sim_random(sim, 200) < sim->faults;
        return fate;
    }
    switch (sim_random(sim, 9)) {
    case 0:
        fate.outcome = WP_OUTCOME_RETRY;
        fate.has_effect = sim_chance(sim, 50);
        return fate;
    case 1:
        fate.outcome = WP_OUTCOME_THROTTLED;
        fate.retry_after_ms = sim_skewed(sim, 20000);
        break;
    case 2:
        fate.outcome = WP_OUTCOME_CAPACITY;
        break;
    case 3:
        fate.outcome = WP_OUTCOME_WAIT;
        break;
    case 4:
        fate.is_lost = sim_chance(sim, 30);
        fate.has_effect = sim_chance(sim, 50);
        return fate;
    case 5:
        fate.outcome = sim_chance(sim, 50) ? WP_OUTCOME_DENIED : WP_OUTCOME_FATAL;
        break;
    case 6:
        fate.outcome = WP_OUTCOME_CANCELLED;
        break;
    case 7:
        fate.has_effect = false; /* says it worked */
        return fate;
    default:
        fate.outcome = WP_OUTCOME_RETRY;
        break;
    }
    fate.has_effect = false;
    return fate;
}

static void apply(struct sim *sim, uint32_t target, bool is_start, uint64_t answer_ms,
                  struct fate *fate)
{
    struct sim_thing *thing = &sim->things[target];
    bool is_late = sim_chance(sim, 10);
    uint64_t delay_ms =
        is_late ? answer_ms + sim_random(sim, 1200) : sim_random(sim, answer_ms + 1);

    if (fate->outcome != WP_OUTCOME_OK && fate->outcome != WP_OUTCOME_RETRY) {
        return;
    }
    switch (thing->state) {
    case WP_PART_STOPPED:
        if (is_start && fate->has_effect) {
            boot(sim, target, delay_ms);
        }
        return;
    case WP_PART_MISSING:
        if (is_start) {
            fate->outcome = WP_OUTCOME_MISSING;
        }
        return;
    case WP_PART_STARTING:
    case WP_PART_RUNNING:
        if (!is_start && fate->has_effect) {
            halt(sim, target, delay_ms);
        }
        return;
    case WP_PART_STOPPING:
        if (is_start && fate->outcome == WP_OUTCOME_OK) {
            fate->outcome = WP_OUTCOME_WAIT;
        }
        return;
    case WP_PART_UNKNOWN:
        return;
    }
}

void sim_world_call(struct sim *sim, uint32_t target, bool is_start)
{
    struct sim_thing *thing = &sim->things[target];
    struct fate fate = draw_fate(sim);
    uint64_t answer_ms = 1 + sim_skewed(sim, 3000);
    struct sim_event done = {.kind = SIM_DONE,
                             .target = target,
                             .generation = thing->token,
                             .is_start = is_start,
                             .text = "the provider's reason"};

    apply(sim, target, is_start, answer_ms, &fate);
    thing->op = is_start ? 1 : 2;
    thing->op_since_ms = sim->now_ms;
    thing->is_op_lost = fate.is_lost;
    done.outcome = fate.outcome;
    done.retry_after_ms = fate.retry_after_ms;
    if (fate.is_lost) {
        return;
    }
    sim_schedule(sim, answer_ms, &done);
    if (fate.is_twice) {
        sim_schedule(sim, answer_ms, &done);
    }
}

void sim_world_observe(struct sim *sim, uint32_t target)
{
    if (sim_random(sim, 400) < sim->faults) {
        return; /* lost */
    }
    sim_schedule(sim, sim_skewed(sim, 500),
                 &(struct sim_event){.kind = SIM_SAMPLE,
                                     .target = target,
                                     .generation = sim->things[target].token});
}

static void tell(struct sim *sim, uint32_t target, uint64_t delay_ms)
{
    struct sim_thing *thing = &sim->things[target];
    uint64_t at_ms = sim->now_ms + delay_ms;
    bool is_blurred = sim_random(sim, 600) < sim->faults;

    at_ms = at_ms < thing->told_last_ms ? thing->told_last_ms : at_ms;
    thing->told_last_ms = at_ms;
    sim_schedule(sim, at_ms - sim->now_ms,
                 &(struct sim_event){.kind = SIM_OBSERVED,
                                     .target = target,
                                     .generation = thing->token,
                                     .state = is_blurred ? WP_PART_UNKNOWN : thing->state,
                                     .text = is_blurred ? "status call failed" : thing->detail});
}

void sim_world_watch(struct sim *sim, uint32_t target, bool is_changing)
{
    struct sim_thing *thing = &sim->things[target];

    thing->is_watched = true;
    thing->is_changing = is_changing;
    thing->watches++;
    if (!thing->pushes) {
        sim_schedule(
            sim, is_changing ? CHANGE_INTERVAL_MS : REST_INTERVAL_MS,
            &(struct sim_event){.kind = SIM_WATCH, .target = target, .generation = thing->watches});
    }
}

void sim_world_release(struct sim *sim, uint32_t target)
{
    struct sim_thing *thing = &sim->things[target];

    thing->token = ++sim->order;
    thing->op = 0;
    thing->is_watched = false;
    thing->watches++;
    thing->probes++;
    thing->cadence = WP_CADENCE_OFF;
    thing->reported = -1;
    thing->told = WP_PART_UNKNOWN;
    thing->is_told_ready = false;
    thing->is_started_here = false;
    thing->told_last_ms = 0;
    thing->stop_said_ms = 0;
}

static void moves(struct sim *sim, const struct sim_event *event)
{
    struct sim_thing *thing = &sim->things[event->target];

    if (event->generation != thing->moves) {
        return;
    }
    thing->state = event->state;
    thing->detail = event->text;
    thing->is_app_ready = false;
    sim_note(sim, wp_part_state_name(event->state), event->target, 0, 0);
    if (event->state == WP_PART_RUNNING) {
        thing->running_since_ms = sim->now_ms;
        if (!(sim_random(sim, 300) < sim->faults)) {
            sim_schedule(sim, sim_skewed(sim, 2000),
                         &(struct sim_event){.kind = SIM_APP_READY,
                                             .target = event->target,
                                             .generation = thing->moves});
        }
    }
    if (thing->pushes && thing->in_use) {
        tell(sim, event->target, sim_random(sim, 10));
    }
    poke_probes(sim);
}

void sim_world_handle(struct sim *sim, const struct sim_event *event)
{
    struct sim_thing *thing =
        event->target == WP_TARGET_UPSTREAM ? NULL : &sim->things[event->target];

    if (event->kind == SIM_THING_MOVES) {
        moves(sim, event);
    } else if (event->kind == SIM_APP_READY) {
        if (event->generation == thing->moves && thing->state == WP_PART_RUNNING) {
            thing->is_app_ready = true;
            poke_probes(sim);
        }
    } else if (event->era != sim->era || sim->trace == NULL) {
        return;
    } else if (event->kind == SIM_SAMPLE) {
        if (event->generation == thing->token) {
            tell(sim, event->target, sim_skewed(sim, 1500));
        }
    } else if (event->kind == SIM_WATCH) {
        if (event->generation == thing->watches && thing->is_watched) {
            sim_world_observe(sim, event->target);
            sim_world_watch(sim, event->target, thing->is_changing);
        }
    } else if (event->kind == SIM_PROBE) {
        probe(sim, event);
    }
}
