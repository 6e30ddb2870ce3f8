/*
 * trace.c - one trace: its life, and the step that turns an event into actions.
 *
 * A step (1) notes what the event says, (2) compares what is wanted with what is known and acts on
 * the difference, again while that changed what is wanted, and (3) says when time alone will make
 * a difference. Nothing happens because of an event that would not also happen at the next step,
 * so that nothing is lost with a lost event.
 *
 * Thread:    whoever steps the trace (control, a test); never two at once.
 * Owns:      the trace and all its texts; borrows the definition.
 * Invariant: a TICK leaves nothing due at its own time, unless control has to be heard first.
 * Not here:  the decisions (wake.c, serve.c, drain.c, sleep.c, config.c).
 */
#include "internal.h"

#include <stdlib.h>

#define ROUNDS_MAX 8u

struct wp_trace *wp_trace_new(const struct wp_conf_trace *conf, uint64_t now_ms,
                              uint64_t not_before_ms)
{
    struct wp_trace *trace = wp_calloc(1, sizeof(*trace));

    trace->conf = conf;
    trace->part_count = (uint32_t)conf->part_count;
    trace->parts = wp_calloc(conf->part_count + 1, sizeof(trace->parts[0]));
    for (uint32_t i = 0; i < trace->part_count; i++) {
        wp_engine_part_init(&trace->parts[i], &conf->parts[i]);
    }
    trace->now_ms = now_ms;
    trace->not_before_ms = not_before_ms;
    trace->goal = WP_ENGINE_DOWN;
    trace->is_quiet = true; /* no worker has a view of it yet */
    trace->view = WP_WANT_HOLD;
    trace->upstream_cadence = WP_ENGINE_NO_CADENCE;
    wp_engine_text_set(&trace->cause, "not used since wakeproxy started");
    if (trace->part_count == 0) {
        trace->goal = WP_ENGINE_UP;
        trace->is_served = true;
        wp_engine_text_set(&trace->cause, "always on");
    }
    trace->phase = wp_engine_phase(trace);
    wp_engine_phase_reason(trace);
    return trace;
}

void wp_trace_free(struct wp_trace **trace)
{
    struct wp_trace *gone = *trace;

    if (gone == NULL) {
        return;
    }
    *trace = NULL;
    for (uint32_t i = 0; i < gone->part_count; i++) {
        wp_engine_part_fini(&gone->parts[i]);
    }
    free(gone->parts);
    free(gone->cause);
    free(gone->order);
    free(gone->upstream_reason);
    free(gone->failure_reason);
    free(gone->ledger);
    free(gone->reason);
    free(gone->stages);
    free(gone);
}

static void begin(struct wp_trace *trace)
{
    if (trace->is_begun) {
        return;
    }
    trace->is_begun = true;
    if (trace->part_count == 0) {
        trace->is_served = false;
        wp_engine_serve_open(trace);
    } else {
        wp_engine_publish(trace, WP_WANT_HOLD);
    }
}

static void note_activity(struct wp_trace *trace, const struct wp_event *event)
{
    uint64_t last_ms = event->last_ms < trace->now_ms ? event->last_ms : trace->now_ms;

    trace->active = event->active;
    trace->held = event->held;
    trace->counted_ms = trace->now_ms;
    if (last_ms > trace->activity_ms) {
        trace->activity_ms = last_ms;
    }
    if (event->active > 0) {
        wp_engine_deadline_touch(trace);
    }
}

static void obey_operator(struct wp_trace *trace, const struct wp_event *event)
{
    const char *who = event->text == NULL ? "an operator" : event->text;

    switch (event->verb) {
    case WP_OPERATOR_WAKE:
        wp_engine_wake_ask(trace, who, true);
        return;
    case WP_OPERATOR_SLEEP:
        wp_engine_sleep_ask(trace, who);
        return;
    case WP_OPERATOR_EXTEND:
        trace->extend_until_ms = event->until_ms;
        trace->is_sleep_asked = false;
        wp_engine_record(trace, "extend", "%s", who);
        if (trace->is_served &&
            (trace->drain.kind == WP_ENGINE_DRAIN_IDLE ||
             trace->drain.kind == WP_ENGINE_DRAIN_OPERATOR ||
             trace->drain.kind == WP_ENGINE_DRAIN_FORCED) &&
            trace->now_ms < wp_engine_deadline(trace).at_ms) {
            wp_engine_drain_abort(trace, who);
        }
        return;
    }
}

static void note_event(struct wp_trace *trace, const struct wp_event *event)
{
    switch (event->type) {
    case WP_EVENT_TICK:
        return;
    case WP_EVENT_WAKE:
        wp_engine_wake_ask(trace, event->text, false);
        return;
    case WP_EVENT_ACTIVITY:
        note_activity(trace, event);
        return;
    case WP_EVENT_OBSERVED:
        if (event->part < trace->part_count) {
            wp_engine_part_observed(trace, event->part, event->state, event->text);
        }
        return;
    case WP_EVENT_DONE:
        if (event->part < trace->part_count) {
            wp_engine_op_done(trace, event);
        }
        return;
    case WP_EVENT_PROBE:
        if (event->part == WP_TARGET_UPSTREAM) {
            wp_engine_wake_probed(trace, event->ok, event->text);
        } else if (event->part < trace->part_count) {
            wp_engine_part_probed(trace, event->part, event->ok, event->text);
        }
        return;
    case WP_EVENT_DRAIN_ACKED:
        wp_engine_drain_acked(trace, event->epoch, event->busy);
        return;
    case WP_EVENT_UPSTREAM_BAD:
        wp_engine_serve_bad(trace, event->epoch, event->text);
        return;
    case WP_EVENT_OPERATOR:
        obey_operator(trace, event);
        return;
    case WP_EVENT_CONFIG:
        wp_engine_config(trace, event->conf, event->part_changed);
        return;
    case WP_EVENT_REMOVE:
        wp_engine_remove(trace);
        return;
    }
}

static void compare(struct wp_trace *trace)
{
    trace->is_again = false;
    trace->next_ms = WP_NEVER;
    for (uint32_t i = 0; i < trace->part_count; i++) {
        wp_engine_op_expire(trace, i);
    }
    wp_engine_serve_pass(trace);
    wp_engine_drain_pass(trace);
    wp_engine_wake_pass(trace);
    wp_engine_sleep_pass(trace);
    if (trace->is_removing) {
        wp_engine_remove_pass(trace);
    }
}

uint64_t wp_trace_step(struct wp_trace *trace, const struct wp_event *event, uint64_t now_ms,
                       struct wp_actions *actions)
{
    uint32_t rounds = 0;

    if (trace->is_removed) {
        return WP_NEVER;
    }
    if (now_ms > trace->now_ms) {
        trace->now_ms = now_ms;
    }
    trace->actions = actions;
    trace->is_tick = event->type == WP_EVENT_TICK;
    trace->ledger_step = trace->ledger_last;
    begin(trace);
    note_event(trace, event);
    do {
        compare(trace);
    } while (trace->is_again && !trace->is_removed && ++rounds < ROUNDS_MAX);
    if (trace->is_again) {
        wp_engine_want_tick(trace, trace->now_ms);
    }
    if (trace->is_removed) {
        trace->next_ms = WP_NEVER;
    } else {
        for (uint32_t i = 0; i < trace->part_count; i++) {
            wp_engine_part_pass(trace, i);
        }
        wp_engine_wake_cadence(trace);
    }
    wp_engine_phase_reason(trace);
    wp_engine_ledger_settle(trace);
    trace->actions = NULL;
    return trace->next_ms;
}

enum wp_phase wp_trace_phase(const struct wp_trace *trace)
{
    return wp_engine_phase(trace);
}

uint64_t wp_trace_epoch(const struct wp_trace *trace)
{
    return trace->epoch;
}

const char *wp_trace_reason(const struct wp_trace *trace)
{
    return trace->reason == NULL ? "" : trace->reason;
}
