/*
 * check.c - what must never happen, judged from outside: by the truth in the model, by what was
 * told to the engine and by what it asked for; never by its own flags.
 *
 * Thread:    one.
 * Not here:  anything the engine could be excused with. The exceptions are those docs/states.md
 *            states: forced sleeps, removal, dry runs, orders.
 */
#include "sim.h"

#include <string.h>

#define MESSAGES_MS  15000u  /* a few messages, each up to 2.5 s, and late ticks */
#define LOST_CALL_MS 600000u /* least time before a call may count as lost */
#define STOP_AGAIN_MS                                                                              \
    5400000u /* the rarest repetition of a stop that shows no effect, and more                     \
              */

void sim_check_reset(struct sim *sim, uint64_t not_before_ms)
{
    sim->epoch_last = 0;
    sim->broken_until_ms = 0;
    sim->session_ms = 0;
    sim->stage_since_ms = sim->now_ms;
    sim->stirred_ms = sim->now_ms;
    sim->same_time_ticks = 0;
    sim->extend_until_ms = 0;
    sim->sleep_asked_ms = 0;
    sim->not_before_ms = not_before_ms;
    sim->is_fresh = false;
    sim->is_cut = false;
    sim->is_broken_shown = false;
    sim->phase = wp_trace_phase(sim->trace);
}

static uint32_t active_now(const struct sim *sim)
{
    uint32_t active = 0;

    for (uint32_t i = 0; i < sim->worker_count; i++) {
        active += sim->workers[i].active;
    }
    return active;
}

static uint64_t last_use(const struct sim *sim)
{
    uint64_t last_ms = 0;

    for (uint32_t i = 0; i < sim->worker_count; i++) {
        last_ms = sim->workers[i].last_ms > last_ms ? sim->workers[i].last_ms : last_ms;
    }
    return last_ms;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    return b >= WP_NEVER - a ? WP_NEVER : a + b;
}

static void check_call(struct sim *sim, const struct sim_thing *thing, const char *what)
{
    if (thing->op != 0 &&
        !(thing->is_op_lost && sim->now_ms >= thing->op_since_ms + LOST_CALL_MS)) {
        sim_fail(sim, "%s of %s while a call of it is out", what, thing->name);
    }
    if (sim->conf->dry_run && strcmp(what, "STOP") == 0) {
        sim_fail(sim, "STOP of %s in a dry run", thing->name);
    }
}

static void check_start(struct sim *sim, uint32_t part)
{
    const struct wp_conf_part *conf = &sim->conf->parts[part];
    struct sim_thing *thing = &sim->things[sim->things_of[part]];

    check_call(sim, thing, "START");
    if (thing->told != WP_PART_STOPPED && thing->told != WP_PART_MISSING) {
        sim_fail(sim, "START of %s which was last seen %s", thing->name,
                 wp_part_state_name(thing->told));
    }
    for (size_t i = 0; i < conf->after_count; i++) {
        const struct sim_thing *other = &sim->things[sim->things_of[conf->after[i]]];

        if (other->told != WP_PART_RUNNING ||
            (sim->conf->parts[conf->after[i]].ready != NULL && !other->is_told_ready)) {
            sim_fail(sim, "START of %s before %s is ready", thing->name, other->name);
        }
    }
    if (sim->now_ms < sim->broken_until_ms && !sim->is_fresh) {
        sim_fail(sim, "START of %s during the backoff", thing->name);
    }
    if (sim->is_quitting) {
        sim_fail(sim, "START of %s which is to be removed", thing->name);
    }
    sim->session_ms = 0;
    thing->is_started_here = true;
}

/* The only stops that may cut an exchange. */
static bool may_cut(const struct sim *sim)
{
    const struct wp_conf_trace *conf = sim->conf;

    if (sim->is_quitting) {
        return sim->now_ms >= plus(sim->removed_at_ms, conf->drain_timeout_ms);
    }
    return sim->session_ms != 0 &&
           sim->now_ms >= plus(plus(sim->session_ms, conf->max_awake_ms), conf->drain_timeout_ms);
}

static void check_stop(struct sim *sim, uint32_t part)
{
    struct sim_thing *thing = &sim->things[sim->things_of[part]];
    bool gives_up =
        sim->is_quitting && sim->now_ms >= plus(sim->removed_at_ms, sim->conf->stop_timeout_ms);

    check_call(sim, thing, "STOP");
    if (active_now(sim) > 0 && !sim->is_cut) {
        sim_fail(sim, "STOP of %s under %u active exchanges", thing->name, active_now(sim));
    }
    for (uint32_t i = 0; i < sim->conf->part_count && !gives_up; i++) {
        const struct wp_conf_part *other = &sim->conf->parts[i];
        enum wp_part_state told = sim->things[sim->things_of[i]].told;

        for (size_t j = 0; j < other->after_count; j++) {
            if (other->after[j] == part && told != WP_PART_STOPPED && told != WP_PART_MISSING) {
                sim_fail(sim, "STOP of %s before %s, which needs it", thing->name, other->name);
            }
        }
    }
    if (strncmp(wp_trace_reason(sim->trace), "no activity", 11) == 0 &&
        wp_trace_phase(sim->trace) == WP_PHASE_STOPPING &&
        sim->now_ms - last_use(sim) < sim->conf->idle_ms &&
        sim->now_ms - last_use(sim) < sim->idle_then_ms) {
        sim_fail(sim, "STOP of %s %llu ms after its last use", thing->name,
                 (unsigned long long)(sim->now_ms - last_use(sim)));
    }
    if (sim->now_ms < sim->not_before_ms && !sim->is_quitting && sim->sleep_asked_ms == 0 &&
        !thing->is_started_here) {
        sim_fail(sim, "STOP of %s too soon after a restart", thing->name);
    }
    thing->stop_said_ms = sim->now_ms;
    sim->total_stops++;
}

static void check_publish(struct sim *sim, const struct wp_action *action)
{
    if (action->epoch <= sim->epoch_last) {
        sim_fail(sim, "epoch %llu after %llu", (unsigned long long)action->epoch,
                 (unsigned long long)sim->epoch_last);
    }
    sim->epoch_last = action->epoch;
    sim->stirred_ms = sim->now_ms;
    sim->is_broken_shown =
        action->type == WP_ACTION_PUBLISH && action->view_status == WP_WANT_BROKEN;
    if (action->type == WP_ACTION_DRAIN) {
        sim->idle_then_ms = sim->conf->idle_ms; /* a reload changes later decisions only */
        return;
    }
    if (sim->is_quitting && action->view_status != WP_WANT_GONE) {
        sim_fail(sim, "a view of a removed trace");
    }
    if (action->view_status == WP_WANT_BROKEN && action->retry_at_ms > sim->now_ms) {
        sim->broken_until_ms = action->retry_at_ms;
        sim->is_cut = false;
        sim->is_fresh = false;
        sim->total_failures++;
    }
    if (action->view_status != WP_WANT_AWAKE) {
        return;
    }
    sim->broken_until_ms = 0;
    sim->is_cut = false;
    if (sim->session_ms == 0) {
        sim->session_ms = sim->now_ms;
        sim->total_wakes++;
    }
    for (uint32_t i = 0; i < sim->conf->part_count; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];

        if (thing->told == WP_PART_STOPPED || thing->told == WP_PART_MISSING) {
            sim_fail(sim, "AWAKE while %s is down", thing->name);
        }
    }
}

void sim_check_action(struct sim *sim, const struct wp_action *action)
{
    switch (action->type) {
    case WP_ACTION_START:
        check_start(sim, action->part);
        sim->stirred_ms = sim->now_ms;
        return;
    case WP_ACTION_STOP:
        check_stop(sim, action->part);
        sim->stirred_ms = sim->now_ms;
        return;
    case WP_ACTION_DRAIN:
    case WP_ACTION_PUBLISH:
        check_publish(sim, action);
        return;
    case WP_ACTION_RECORD: {
        const struct wp_ledger_entry *entry = wp_trace_ledger(sim->trace, action->epoch);

        if (entry == NULL || entry->sequence != action->epoch || entry->at_ms != sim->now_ms) {
            sim_fail(sim, "a ledger entry that is not there");
        }
        sim->total_aborts += strcmp(entry->what, "drain.aborted") == 0;
        if (strcmp(entry->what, "drain.forced") == 0) {
            if (!may_cut(sim)) {
                sim_fail(sim, "a forced stop before its time");
            }
            sim->is_cut = true;
            sim->total_forced++;
        }
        sim->total_drifts += strcmp(entry->what, "drift") == 0;
        sim->total_adopted += strcmp(entry->what, "adopt") == 0;
        return;
    }
    case WP_ACTION_OBSERVE:
    case WP_ACTION_WATCH:
    case WP_ACTION_PROBE:
    case WP_ACTION_REMOVED:
        return;
    }
}

static void check_phase(struct sim *sim)
{
    const struct wp_conf_trace *conf = sim->conf;
    enum wp_phase phase = wp_trace_phase(sim->trace);
    uint64_t stayed_ms;

    if (phase != sim->phase) {
        sim->phase = phase;
        sim->stage_since_ms = sim->now_ms;
    }
    stayed_ms = sim->now_ms - sim->stage_since_ms;
    if (phase == WP_PHASE_WAKING && stayed_ms > 3 * 120000u + MESSAGES_MS) {
        sim_fail(sim, "a wake that does not end");
    }
    if (phase == WP_PHASE_DRAINING && stayed_ms > conf->drain_timeout_ms + 60000u + MESSAGES_MS &&
        !sim->is_quitting) {
        sim_fail(sim, "a drain that does not end");
    }
    if (sim->is_quitting && sim->now_ms > sim->removed_at_ms + conf->drain_timeout_ms + 10000u +
                                              MESSAGES_MS +
                                              (conf->part_count + 1) * conf->stop_timeout_ms) {
        sim_fail(sim, "a removal that does not end");
    }
}

static void check_holders(struct sim *sim)
{
    uint64_t bound_ms = 60000u + 2 * 60000u + 2 * 120000u + MESSAGES_MS;

    for (uint32_t i = 0; i < sim->worker_count; i++) {
        const struct sim_worker *worker = &sim->workers[i];

        if (worker->held > 0 && worker->view != WP_WANT_AWAKE &&
            sim->now_ms - worker->waits_since[0] > bound_ms &&
            sim->now_ms - worker->awake_until_ms > bound_ms) {
            sim_fail(sim, "worker %u holds somebody nobody thinks of", i);
        }
    }
}

static void check_time(struct sim *sim, uint64_t next_ms)
{
    bool is_at_rest = wp_trace_phase(sim->trace) == WP_PHASE_ASLEEP && !sim->is_quitting &&
                      sim->now_ms - sim->stage_since_ms > MESSAGES_MS;

    if (next_ms < sim->now_ms) {
        sim_fail(sim, "a tick in the past");
    }
    if (sim->same_time_ticks > 20) {
        sim_fail(sim, "ticks without end at one moment");
    }
    for (uint32_t i = 0; i < sim->conf->part_count && is_at_rest; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];

        is_at_rest =
            thing->op == 0 && (thing->told == WP_PART_STOPPED || thing->told == WP_PART_MISSING);
    }
    if (is_at_rest && next_ms != WP_NEVER && sim->faults == 0) {
        sim_fail(sim, "a tick at %llu while nothing is due", (unsigned long long)next_ms);
    }
    if (sim->is_broken_shown && sim->now_ms > sim->broken_until_ms + 100) {
        sim_fail(sim, "workers refuse requests after the backoff has ended");
    }
    if (wp_trace_phase(sim->trace) == WP_PHASE_AWAKE && next_ms > sim->now_ms &&
        next_ms > wp_trace_deadline_ms(sim->trace)) {
        sim_fail(sim, "the deadline %llu has no tick but %llu",
                 (unsigned long long)wp_trace_deadline_ms(sim->trace), (unsigned long long)next_ms);
    }
}

/* Running, known to be running, and nobody did anything about it for longer than any rule allows.
 */
static void check_running(struct sim *sim)
{
    const struct wp_conf_trace *conf = sim->conf;
    uint64_t since_ms = last_use(sim);
    uint64_t limit_ms = conf->idle_ms + conf->first_use_ms + conf->min_awake_ms +
                        2 * conf->wake_timeout_ms + 75000u + MESSAGES_MS;

    if (conf->dry_run || sim->is_quitting || active_now(sim) > 0) {
        return;
    }
    since_ms = sim->stirred_ms > since_ms ? sim->stirred_ms : since_ms;
    since_ms = sim->extend_until_ms > since_ms ? sim->extend_until_ms : since_ms;
    since_ms = sim->not_before_ms > since_ms ? sim->not_before_ms : since_ms;
    for (uint32_t i = 0; i < conf->part_count; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];

        if (thing->op != 0 && thing->is_op_lost) {
            limit_ms = STOP_AGAIN_MS; /* others have to wait until it counts as lost */
        }
    }
    for (uint32_t i = 0; i < conf->part_count; i++) {
        const struct sim_thing *thing = &sim->things[sim->things_of[i]];
        uint64_t part_ms = thing->running_since_ms > since_ms ? thing->running_since_ms : since_ms;
        uint64_t most_ms = thing->stop_said_ms != 0 || thing->op != 0 ? STOP_AGAIN_MS : limit_ms;

        if (thing->state == WP_PART_RUNNING && thing->told == WP_PART_RUNNING &&
            sim->now_ms > part_ms && sim->now_ms - part_ms > most_ms) {
            sim_fail(sim, "%s runs without a reason", thing->name);
        }
    }
}

void sim_check_step(struct sim *sim, uint64_t next_ms)
{
    check_phase(sim);
    check_holders(sim);
    check_time(sim, next_ms);
    check_running(sim);
}
