/*
 * sim.c - the clock, the dice, the queue of things to come, and the main loop of the random walk.
 *
 * Thread:    one.
 * Invariant: everything follows from the seed: same seed, same walk. A violation prints the seed,
 *            the definition, the latest events and the engine's own ledger, and ends with status 1.
 * Settings:  WP_SIM_STEPS (steps in all), WP_SIM_SEED, WP_SIM_EPISODE (steps of one trace).
 * Not here:  what the models do (world.c, crew.c, driver.c, people.c) or may not do (check.c).
 */
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STEPS_DEFAULT   2000000u
#define EPISODE_DEFAULT 4000u
#define SEED_DEFAULT    1u

uint64_t sim_random(struct sim *sim, uint64_t below)
{
    uint64_t x = sim->rng;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    sim->rng = x;
    return below == 0 ? 0 : (x * UINT64_C(2685821657736338717) >> 11) % below;
}

bool sim_chance(struct sim *sim, uint32_t percent)
{
    return sim_random(sim, 100) < percent;
}

uint64_t sim_skewed(struct sim *sim, uint64_t most)
{
    switch (sim_random(sim, 4)) {
    case 0:
        return 0;
    case 1:
        return sim_random(sim, most / 100 + 1);
    case 2:
        return sim_random(sim, most / 10 + 1);
    default:
        return sim_random(sim, most + 1);
    }
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void sim_schedule(struct sim *sim, uint64_t delay_ms, const struct sim_event *event)
{
    size_t at = sim->count;

    sim->heap = wp_grow(sim->heap, &sim->capacity, sim->count + 1, sizeof(sim->heap[0]));
    struct sim_event item = *event;
    item.at_ms = sim->now_ms + delay_ms;
    item.order = sim->order++;
    item.era = sim->era;
    sim->count++;
    while (at > 0 && is_before(&item, &sim->heap[(at - 1) / 2])) {
        sim->heap[at] = sim->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sim->heap[at] = item;
}

static struct sim_event pop(struct sim *sim)
{
    struct sim_event first = sim->heap[0];
    struct sim_event last = sim->heap[--sim->count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= sim->count) {
            break;
        }
        if (child + 1 < sim->count && is_before(&sim->heap[child + 1], &sim->heap[child])) {
            child++;
        }
        if (!is_before(&sim->heap[child], &last)) {
            break;
        }
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    sim->heap[at] = last;
    return first;
}

void sim_note(struct sim *sim, const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    sim->notes[sim->note_count++ % SIM_HISTORY] =
        (struct sim_note){.at_ms = sim->now_ms, .what = what, .a = a, .b = b, .c = c};
}

static void print_conf(const struct wp_conf_trace *conf)
{
    printf("idle %" PRIu64 " first_use %" PRIu64 " min_awake %" PRIu64 " max_awake %" PRId64
           " wake_timeout %" PRIu64 " stop_timeout %" PRIu64 " drain_timeout %" PRIu64
           " dry_run %d\n",
           conf->idle_ms, conf->first_use_ms, conf->min_awake_ms, (int64_t)conf->max_awake_ms,
           conf->wake_timeout_ms, conf->stop_timeout_ms, conf->drain_timeout_ms, conf->dry_run);
    for (size_t i = 0; i < conf->part_count; i++) {
        printf("  part %zu %s%s after", i, conf->parts[i].name,
               conf->parts[i].ready != NULL ? " (own check)" : "");
        for (size_t j = 0; j < conf->parts[i].after_count; j++) {
            printf(" %s", conf->parts[conf->parts[i].after[j]].name);
        }
        printf("\n");
    }
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    uint64_t first = sim->note_count > SIM_HISTORY ? sim->note_count - SIM_HISTORY : 0;
    va_list args;

    print_conf(sim->conf);
    for (uint64_t i = first; i < sim->note_count; i++) {
        const struct sim_note *note = &sim->notes[i % SIM_HISTORY];

        printf("%10" PRIu64 "  %-28s %" PRIu64 " %" PRIu64 " %" PRId64 "\n", note->at_ms,
               note->what, note->a, note->b, (int64_t)note->c);
    }
    for (uint64_t i = 1; i <= wp_trace_ledger_last(sim->trace); i++) {
        const struct wp_ledger_entry *entry = wp_trace_ledger(sim->trace, i);

        if (entry != NULL) {
            printf("%10" PRIu64 "  ledger %" PRIu64 " %s: %s -> %s: %s\n", entry->at_ms,
                   entry->sequence, entry->what, wp_phase_name(entry->from),
                   wp_phase_name(entry->to), entry->cause);
        }
    }
    for (size_t i = 0; i < sim->conf->part_count; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];

        printf("  thing %u %s: %s, told %s, op %d since %" PRIu64 "%s\n", sim->things_of[i],
               thing->name, wp_part_state_name(thing->state), wp_part_state_name(thing->told),
               thing->op, thing->op_since_ms, thing->is_op_lost ? " lost" : "");
    }
    printf("now %" PRIu64 ", phase %s, reason: %s\n", sim->now_ms,
           wp_phase_name(wp_trace_phase(sim->trace)), wp_trace_reason(sim->trace));
    printf("VIOLATION at step %" PRIu64 " with WP_SIM_SEED=%" PRIu64 ": ", sim->steps, sim->seed);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    printf("\n");
    (void)fflush(stdout);
    exit(1);
}

static void dispatch(struct sim *sim, const struct sim_event *event)
{
    switch (event->kind) {
    case SIM_TICK:
    case SIM_TO_CONTROL:
    case SIM_DONE:
    case SIM_OBSERVED:
        sim_driver_handle(sim, event);
        return;
    case SIM_TO_WORKER:
    case SIM_EXCHANGE_ENDS:
    case SIM_HOLD_ENDS:
        sim_crew_handle(sim, event);
        return;
    case SIM_THING_MOVES:
    case SIM_SAMPLE:
    case SIM_WATCH:
    case SIM_PROBE:
    case SIM_APP_READY:
        sim_world_handle(sim, event);
        return;
    case SIM_REQUEST:
        sim_crew_request(sim, (uint32_t)sim_random(sim, sim->worker_count));
        sim_people_schedule(sim);
        return;
    case SIM_CHANCE:
        sim_people_chance(sim);
        return;
    }
}

static void run_episode(struct sim *sim, uint64_t steps)
{
    uint64_t until = sim->steps + steps;

    sim_people_episode(sim);
    while (sim->steps < until && sim->count > 0) {
        struct sim_event event = pop(sim);

        sim->now_ms = event.at_ms;
        dispatch(sim, &event);
    }
    wp_trace_free(&sim->trace);
    for (size_t i = 0; i < sim->conf_count; i++) {
        sim_people_free_conf(sim->confs[i]);
    }
    sim->conf_count = 0;
    sim->count = 0;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL || text[0] == '\0' ? otherwise : strtoull(text, NULL, 10);
}

int main(void)
{
    static struct sim sim;
    uint64_t episode = setting("WP_SIM_EPISODE", EPISODE_DEFAULT);
    uint64_t seed = setting("WP_SIM_SEED", SEED_DEFAULT);
    uint64_t episodes = 0;
    clock_t began = clock();

    sim.steps_max = setting("WP_SIM_STEPS", STEPS_DEFAULT);
    while (sim.steps < sim.steps_max) {
        /* Each episode has a seed of its own, so that a violation is found again in one episode. */
        sim.seed = seed + episodes++;
        sim.rng = sim.seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
        run_episode(&sim, episode);
    }
    printf("seed %" PRIu64 ", %" PRIu64 " traces, %" PRIu64 " steps in %.1f s: %" PRIu64
           " wakes, %" PRIu64 " failed, %" PRIu64 " stops, %" PRIu64 " aborted drains, %" PRIu64
           " forced, %" PRIu64 " drifts, %" PRIu64 " adopted, %" PRIu64 " removed, %" PRIu64
           " restarts, %" PRIu64 " exchanges; no violation\n",
           seed, episodes, sim.steps, (double)(clock() - began) / CLOCKS_PER_SEC, sim.total_wakes,
           sim.total_failures, sim.total_stops, sim.total_aborts, sim.total_forced,
           sim.total_drifts, sim.total_adopted, sim.total_removed, sim.total_restarts,
           sim.total_exchanges);
    free(sim.heap);
    free(sim.confs);
    wp_actions_fini(&sim.actions);
    return 0;
}
