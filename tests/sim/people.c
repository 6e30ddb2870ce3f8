/*
 * people.c - clients, operators, other people's hands, restarts, reloads: chance.
 *
 * Thread:    one.
 * Owns:      the definitions of one episode.
 * Not here:  what any of it does to the engine.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t pick(struct sim *sim, const uint64_t *choices, size_t count)
{
    return choices[sim_random(sim, count)];
}

static void draw_times(struct sim *sim, struct wp_conf_trace *conf)
{
    static const uint64_t idle[] = {0, 2000, 10000, 30000, 60000};
    static const uint64_t first_use[] = {1000, 10000, 60000};
    static const uint64_t min_awake[] = {0, 0, 5000, 40000};
    static const uint64_t max_awake[] = {WP_NEVER, WP_NEVER, 60000, 300000};
    static const uint64_t wake_timeout[] = {5000, 30000, 120000};
    static const uint64_t stop_timeout[] = {3000, 20000, 60000};
    static const uint64_t drain_timeout[] = {0, 5000, 60000};

    conf->idle_ms = pick(sim, idle, WP_ARRAY_SIZE(idle));
    conf->first_use_ms = pick(sim, first_use, WP_ARRAY_SIZE(first_use));
    conf->min_awake_ms = pick(sim, min_awake, WP_ARRAY_SIZE(min_awake));
    conf->max_awake_ms = pick(sim, max_awake, WP_ARRAY_SIZE(max_awake));
    conf->wake_timeout_ms = pick(sim, wake_timeout, WP_ARRAY_SIZE(wake_timeout));
    conf->stop_timeout_ms = pick(sim, stop_timeout, WP_ARRAY_SIZE(stop_timeout));
    conf->drain_timeout_ms = pick(sim, drain_timeout, WP_ARRAY_SIZE(drain_timeout));
    conf->settle_ms = 1000;
    conf->upstream.part = -1;
    conf->upstream.port = (uint16_t)(8000 + sim_random(sim, 2));
}

static void draw_edges(struct sim *sim, struct wp_conf_trace *conf)
{
    uint32_t rank[SIM_PARTS_MAX];

    for (uint32_t i = 0; i < conf->part_count; i++) {
        uint32_t other = (uint32_t)sim_random(sim, i + 1);

        rank[i] = rank[other];
        rank[other] = i;
    }
    for (uint32_t i = 0; i < conf->part_count; i++) {
        struct wp_conf_part *part = &conf->parts[i];

        part->after = wp_calloc(SIM_PARTS_MAX, sizeof(part->after[0]));
        part->ready = sim_chance(sim, 25) ? wp_calloc(1, sizeof(*part->ready)) : NULL;
        for (uint32_t j = 0; j < conf->part_count; j++) {
            if (rank[j] < rank[i] && sim_chance(sim, 45)) {
                part->after[part->after_count++] = j;
            }
        }
    }
}

/* The parts of `old` that stay, in any order, and new ones; things_of follows. */
static void draw_parts(struct sim *sim, struct wp_conf_trace *conf, const struct wp_conf_trace *old,
                       bool *ret_changed)
{
    uint32_t things[SIM_PARTS_MAX];
    uint32_t wanted = sim_chance(sim, 4) ? 0 : 1 + (uint32_t)sim_random(sim, SIM_PARTS_MAX - 1);

    conf->parts = wp_calloc(SIM_PARTS_MAX, sizeof(conf->parts[0]));
    for (size_t i = 0; old != NULL && i < old->part_count; i++) {
        uint32_t thing = sim->things_of[i];

        if (sim_chance(sim, 15)) {
            sim_world_release(sim, thing);
            sim->things[thing].in_use = false;
            continue;
        }
        ret_changed[conf->part_count] = sim_chance(sim, 15);
        if (ret_changed[conf->part_count]) {
            sim_world_release(sim, thing);
        }
        things[conf->part_count] = thing;
        conf->parts[conf->part_count++].name = wp_strdup(old->parts[i].name);
    }
    while (conf->part_count < wanted && (old == NULL || sim_chance(sim, 30))) {
        char name[8];

        (void)snprintf(name, sizeof(name), "p%u", sim->thing_count);
        things[conf->part_count] = sim_world_add(sim, name);
        ret_changed[conf->part_count] = true;
        conf->parts[conf->part_count++].name = wp_strdup(name);
    }
    if (conf->part_count > 1 && sim_chance(sim, 50)) {
        size_t last = conf->part_count - 1;
        struct wp_conf_part part = conf->parts[0];
        uint32_t thing = things[0];
        bool is_changed = ret_changed[0];

        conf->parts[0] = conf->parts[last];
        conf->parts[last] = part;
        things[0] = things[last];
        things[last] = thing;
        ret_changed[0] = ret_changed[last];
        ret_changed[last] = is_changed;
    }
    for (size_t i = 0; i < conf->part_count; i++) {
        sim->things_of[i] = things[i];
    }
}

struct wp_conf_trace *sim_people_conf(struct sim *sim, const struct wp_conf_trace *old,
                                      bool *ret_changed)
{
    struct wp_conf_trace *conf = wp_calloc(1, sizeof(*conf));

    conf->name = wp_strdup("trace");
    draw_times(sim, conf);
    draw_parts(sim, conf, old, ret_changed);
    draw_edges(sim, conf);
    conf->dry_run = sim_chance(sim, 4);
    sim->confs = wp_grow(sim->confs, &sim->conf_capacity, sim->conf_count + 1,
                         sizeof(struct wp_conf_trace *));
    sim->confs[sim->conf_count++] = conf;
    return conf;
}

void sim_people_free_conf(struct wp_conf_trace *conf)
{
    for (size_t i = 0; i < conf->part_count; i++) {
        free(conf->parts[i].name);
        free(conf->parts[i].after);
        free(conf->parts[i].ready);
    }
    free(conf->parts);
    free(conf->name);
    free(conf);
}

void sim_people_schedule(struct sim *sim)
{
    uint64_t deadline_ms = wp_trace_deadline_ms(sim->trace);
    uint64_t delay_ms = sim_random(sim, 2 * sim->request_mean_ms);

    /* The interesting moment is when the deadline passes. */
    if (deadline_ms != WP_NEVER && deadline_ms > sim->now_ms + 10 && sim_chance(sim, 40)) {
        delay_ms = deadline_ms - sim->now_ms - 8 + sim_random(sim, 30);
    }
    sim_schedule(sim, delay_ms, &(struct sim_event){.kind = SIM_REQUEST});
}

static void operate(struct sim *sim)
{
    struct wp_event event = {.type = WP_EVENT_OPERATOR, .text = "alice"};

    switch (sim_random(sim, 3)) {
    case 0:
        event.verb = WP_OPERATOR_WAKE;
        sim->is_fresh = true;
        sim->stirred_ms = sim->now_ms; /* somebody wants it */
        break;
    case 1:
        event.verb = WP_OPERATOR_SLEEP;
        sim->sleep_asked_ms = sim->now_ms;
        break;
    default:
        event.verb = WP_OPERATOR_EXTEND;
        event.until_ms = sim->now_ms + sim_random(sim, 60000);
        sim->extend_until_ms = event.until_ms;
        break;
    }
    sim_driver_step(sim, &event);
}

static void reload(struct sim *sim)
{
    bool changed[SIM_PARTS_MAX] = {false};
    struct wp_conf_trace *conf = sim_people_conf(sim, sim->conf, changed);

    sim->conf = conf;
    sim->cadence = WP_CADENCE_OFF;
    sim->probes++;
    for (size_t i = 0; i < conf->part_count; i++) {
        struct sim_thing *thing = &sim->things[sim->things_of[i]];

        /* Probers are made anew; the engine says again how. */
        thing->cadence = WP_CADENCE_OFF;
        thing->probes++;
        thing->is_told_ready = thing->is_told_ready && !changed[i];
    }
    sim->is_fresh = true;
    sim->stirred_ms = sim->now_ms;
    sim->is_quitting = false;
    if (sim->not_before_ms > sim->now_ms + conf->idle_ms) {
        sim->not_before_ms = sim->now_ms + conf->idle_ms;
    }
    sim_driver_step(
        sim, &(struct wp_event){.type = WP_EVENT_CONFIG, .conf = conf, .part_changed = changed});
}

static void restart(struct sim *sim)
{
    sim->total_restarts++;
    for (size_t i = 0; i < sim->conf->part_count; i++) {
        if (sim->things[sim->things_of[i]].pushes && sim_chance(sim, 50)) {
            sim_world_drift(sim, sim->things_of[i], false); /* a child that must not outlive us */
        }
    }
    sim_driver_new(sim, sim->now_ms + sim->conf->idle_ms);
}

static void drift(struct sim *sim)
{
    if (sim->conf->part_count > 0) {
        uint32_t part = (uint32_t)sim_random(sim, sim->conf->part_count);

        sim_world_drift(sim, sim->things_of[part], sim_chance(sim, 50));
    }
}

static void lose_part(struct sim *sim)
{
    if (sim->conf->part_count > 0) {
        uint32_t part = (uint32_t)sim_random(sim, sim->conf->part_count);
        struct sim_thing *thing = &sim->things[sim->things_of[part]];
        bool is_lost = thing->state == WP_PART_MISSING;

        sim_schedule(sim, 0,
                     &(struct sim_event){.kind = SIM_THING_MOVES,
                                         .target = sim->things_of[part],
                                         .generation = ++thing->moves,
                                         .state = is_lost ? WP_PART_STOPPED : WP_PART_MISSING});
    }
}

void sim_people_chance(struct sim *sim)
{
    static const uint64_t means[] = {150, 2000, 20000, 90000, 600000};

    sim_schedule(sim, 1 + sim_random(sim, 60000), &(struct sim_event){.kind = SIM_CHANCE});
    switch (sim_random(sim, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        sim->request_mean_ms = pick(sim, means, WP_ARRAY_SIZE(means));
        sim_crew_request(sim, (uint32_t)sim_random(sim, sim->worker_count));
        return;
    case 4:
    case 5:
    case 6:
        operate(sim);
        return;
    case 7:
    case 8:
    case 9:
        drift(sim);
        return;
    case 10:
        sim->is_wedged = !sim->is_wedged && sim_random(sim, 50) < sim->faults;
        return;
    case 11:
        if (sim_chance(sim, 40)) {
            restart(sim);
        }
        return;
    case 12:
        if (sim_chance(sim, 40)) {
            reload(sim);
        }
        return;
    case 13:
        if (!sim->is_quitting && sim_chance(sim, 30)) {
            sim->is_quitting = true;
            sim->removed_at_ms = sim->now_ms;
            sim_driver_step(sim, &(struct wp_event){.type = WP_EVENT_REMOVE});
        }
        return;
    case 14:
        if (sim_random(sim, 100) < sim->faults) {
            lose_part(sim);
        }
        return;
    default:
        sim->is_wedged = false;
        for (uint32_t i = 0; i < sim->thing_count; i++) {
            sim->things[i].is_app_ready = sim->things[i].state == WP_PART_RUNNING;
        }
        return;
    }
}

void sim_people_episode(struct sim *sim)
{
    static const uint64_t faults[] = {0, 0, 10, 30, 60};
    bool changed[SIM_PARTS_MAX];

    sim->now_ms = 1000;
    sim->thing_count = 0;
    sim->note_count = 0;
    sim->is_wedged = false;
    sim->faults = (uint32_t)pick(sim, faults, WP_ARRAY_SIZE(faults));
    sim->request_mean_ms = 5000;
    sim->worker_count = 1 + (uint32_t)sim_random(sim, SIM_WORKERS_MAX);
    sim->permits = 1 + (uint32_t)sim_random(sim, 20);
    sim->conf = sim_people_conf(sim, NULL, changed);
    sim_driver_new(sim, sim->now_ms + sim->conf->idle_ms);
    sim_people_schedule(sim);
    sim_schedule(sim, sim_random(sim, 30000), &(struct sim_event){.kind = SIM_CHANCE});
}
