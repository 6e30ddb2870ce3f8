/*
 * wake.c - from "somebody waits" to "the upstream answers", or to a failure with its reason.
 *
 * Thread:    whoever steps the trace.
 * Invariant: single flight: a trace that is waking ignores further WAKEs; it knows nobody who
 *            waits, and has no timer for any of them.
 * Invariant: every wake ends: served, failed, or called off by an operator, at the latest at
 *            wake_timeout.
 * Invariant: during the backoff after a failure nothing is started but on an operator's order.
 * Not here:  what starting a part takes (op.c); what happens once it serves (serve.c).
 */
#include "internal.h"

void wp_engine_wake_begin(struct wp_trace *trace, const char *cause)
{
    wp_engine_drain_drop(trace);
    trace->goal = WP_ENGINE_UP;
    trace->is_adopting = false;
    trace->is_forced_stop = false;
    trace->may_cut = false;
    trace->is_wake_pending = false;
    trace->is_sleep_asked = false;
    trace->is_failed = false;
    trace->is_leftover = false;
    trace->is_wake_measured = false;
    trace->wake_since_ms = trace->now_ms;
    trace->upstream_since_ms = 0;
    trace->is_again = true;
    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        /* What was not told to stop yet is kept; what was told is started when it has stopped. */
        part->must_stop = false;
        part->is_start_failed = false;
        part->tries = 0;
        part->retry_at_ms = 0;
        part->stage_since_ms = 0;
    }
    wp_engine_text_set(&trace->cause, "%s", cause);
    wp_engine_record(trace, "wake", "%s", cause);
    if (trace->view != WP_WANT_HOLD) {
        wp_engine_publish(trace, WP_WANT_HOLD);
    }
}

static void ask_while_down(struct wp_trace *trace, const char *cause)
{
    if (trace->is_failed && trace->now_ms < trace->retry_at_ms) {
        if (!trace->is_wake_asked) {
            trace->is_wake_asked = true;
            wp_engine_record(trace, "wake.asked", "%s", cause);
        }
        return;
    }
    if (trace->is_forced_stop && wp_engine_plan_any_stopping(trace)) {
        if (!trace->is_wake_pending) {
            trace->is_wake_pending = true;
            wp_engine_record(trace, "wake.asked", "%s", cause);
        }
        return;
    }
    wp_engine_wake_begin(trace, cause);
}

static void ask_while_served(struct wp_trace *trace, const char *cause)
{
    switch (trace->drain.kind) {
    case WP_ENGINE_DRAIN_NONE: /* it crossed the AWAKE view on its way */
        wp_engine_deadline_touch(trace);
        return;
    case WP_ENGINE_DRAIN_IDLE:
    case WP_ENGINE_DRAIN_OPERATOR:
        wp_engine_deadline_touch(trace);
        wp_engine_drain_abort(trace, cause);
        return;
    case WP_ENGINE_DRAIN_FORCED:
        if (!trace->is_wake_pending) {
            trace->is_wake_pending = true;
            wp_engine_record(trace, "wake.asked", "%s", cause);
        }
        return;
    case WP_ENGINE_DRAIN_LEFTOVER:
    case WP_ENGINE_DRAIN_CLEANUP:
    case WP_ENGINE_DRAIN_REMOVE:
        return;
    }
}

void wp_engine_wake_ask(struct wp_trace *trace, const char *cause, bool is_operator)
{
    if (trace->is_removing) {
        return;
    }
    if (cause == NULL || cause[0] == '\0') {
        cause = "a request";
    }
    if (is_operator) {
        trace->is_sleep_asked = false;
        trace->failure_count = 0;
        trace->retry_at_ms = trace->now_ms;
    }
    if (trace->goal == WP_ENGINE_DOWN || trace->is_adopting) {
        ask_while_down(trace, cause);
    } else if (trace->is_served) {
        ask_while_served(trace, cause);
    }
}

void wp_engine_wake_adopt(struct wp_trace *trace)
{
    trace->goal = WP_ENGINE_UP;
    trace->is_adopting = true;
    trace->is_wake_measured = false;
    trace->wake_since_ms = trace->now_ms;
    trace->upstream_since_ms = 0;
    trace->is_again = true;
    wp_engine_text_set(&trace->cause, "found running");
    wp_engine_record(trace, "adopt", "all parts were found running");
}

/* Found running, but it does not serve: nobody waits, so nothing failed. It may run on for the idle
 * time like everything that runs without a session. */
static void give_up_adoption(struct wp_trace *trace, const char *reason)
{
    trace->goal = WP_ENGINE_DOWN;
    trace->is_adopting = false;
    trace->is_adopt_blocked = true;
    trace->is_again = true;
    wp_engine_text_set(&trace->cause, "found running, but not ready: %s", reason);
    wp_engine_record(trace, "adopt.failed", "%s", reason);
}

void wp_engine_wake_fail(struct wp_trace *trace, const char *reason)
{
    bool stops = false;

    trace->goal = WP_ENGINE_DOWN;
    trace->is_adopting = false;
    trace->is_adopt_blocked = true;
    trace->is_failed = true;
    trace->is_wake_asked = false;
    trace->is_wake_pending = false;
    trace->is_again = true;
    trace->failure_count++;
    trace->retry_at_ms = trace->now_ms + wp_engine_backoff_wake(trace->failure_count);
    wp_engine_text_set(&trace->failure_reason, "%s", reason);
    wp_engine_record(trace, "wake.failed", "%s", trace->failure_reason);
    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        if (!part->is_ours || wp_engine_part_is_down(part)) {
            continue;
        }
        if (trace->conf->dry_run) {
            wp_engine_record(trace, "dry_run", "would stop %s", part->conf->name);
            continue;
        }
        part->must_stop = true;
        part->tries = 0;
        part->retry_at_ms = 0;
        stops = true;
    }
    if (stops && !trace->is_quiet) {
        wp_engine_drain_begin(trace, WP_ENGINE_DRAIN_CLEANUP);
    }
    wp_engine_publish(trace, WP_WANT_BROKEN);
}

static bool check_parts(struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        if (part->is_start_failed) {
            char *text = NULL;

            wp_engine_text_set(&text, "%s: %s", part->conf->name,
                               part->detail == NULL ? "stopped before it was ready" : part->detail);
            wp_engine_wake_fail(trace, text);
            wp_engine_text_set(&text, NULL);
            return false;
        }
        if (trace->is_adopting && wp_engine_part_state(part) != WP_PART_RUNNING) {
            give_up_adoption(trace, part->conf->name);
            return false;
        }
    }
    return true;
}

static void start_parts(struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        if (wp_engine_part_is_down(part) && part->blurred_since_ms == 0 &&
            wp_engine_plan_may_start(trace, i)) {
            wp_engine_op_start(trace, i);
        }
    }
}

static void time_out(struct wp_trace *trace)
{
    char *text = NULL;

    wp_engine_plan_blocker(trace, &text);
    if (trace->is_adopting) {
        give_up_adoption(trace, text);
    } else {
        wp_engine_wake_fail(trace, text);
    }
    wp_engine_text_set(&text, NULL);
}

void wp_engine_wake_pass(struct wp_trace *trace)
{
    uint64_t timeout_ms = wp_engine_add(trace->wake_since_ms, trace->conf->wake_timeout_ms);
    bool is_ready;

    if (trace->goal != WP_ENGINE_UP || trace->is_served || !check_parts(trace)) {
        return;
    }
    if (wp_engine_plan_all_seen(trace) && !trace->is_adopting && trace->now_ms < timeout_ms) {
        start_parts(trace);
    }
    is_ready = wp_engine_plan_all_ready(trace);
    if (is_ready && trace->upstream_since_ms == 0) {
        trace->upstream_since_ms = trace->now_ms;
    }
    if (is_ready && trace->is_upstream_ok) {
        if (trace->now_ms >= trace->reopen_at_ms) {
            wp_engine_serve_open(trace);
            return;
        }
        wp_engine_want_tick(trace, trace->reopen_at_ms);
    }
    if (trace->now_ms >= timeout_ms) {
        time_out(trace);
    } else {
        wp_engine_want_tick(trace, timeout_ms);
    }
}

void wp_engine_wake_probed(struct wp_trace *trace, bool ok, const char *reason)
{
    if (trace->upstream_cadence == WP_ENGINE_NO_CADENCE ||
        trace->upstream_cadence == (int)WP_CADENCE_OFF) {
        return; /* told before the probe was switched off */
    }
    trace->is_upstream_ok = ok;
    if (ok) {
        wp_engine_text_set(&trace->upstream_reason, NULL);
    } else if (reason != NULL) {
        wp_engine_text_set(&trace->upstream_reason, "%s", reason);
    }
}

void wp_engine_wake_cadence(struct wp_trace *trace)
{
    enum wp_cadence cadence = WP_CADENCE_OFF;

    if (trace->goal == WP_ENGINE_UP && !trace->is_served) {
        cadence = wp_engine_plan_cadence(trace);
    } else if (trace->part_count == 0 && trace->view == WP_WANT_BROKEN) {
        cadence = WP_CADENCE_SPARSE; /* nothing of it can be started: it comes back by itself */
    }
    if (cadence == WP_CADENCE_OFF) {
        trace->is_upstream_ok = false;
    }
    if (trace->upstream_cadence == (int)cadence ||
        (trace->upstream_cadence == WP_ENGINE_NO_CADENCE && cadence == WP_CADENCE_OFF)) {
        return;
    }
    trace->upstream_cadence = (int)cadence;
    wp_engine_emit(trace, &(struct wp_action){.type = WP_ACTION_PROBE,
                                              .part = WP_TARGET_UPSTREAM,
                                              .cadence = cadence});
}
