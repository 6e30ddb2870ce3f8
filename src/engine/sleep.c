/*
 * sleep.c - while a trace is not wanted: stopping in reverse order, retrying after failures, and
 * what is found running without a session.
 *
 * Thread:    whoever steps the trace.
 * Invariant: a STOP needs the workers' promise (is_quiet) or the end of a forced drain (may_cut);
 *            without either a drain comes first.
 * Invariant: nothing runs without a reason for longer than the idle time: parts started by others,
 *            left over from a session that drifted, or kept after a failure are adopted when all
 *            of them run, and stopped when the idle time has passed otherwise.
 * Not here:  when a session ends (serve.c, drain.c).
 */
#include "internal.h"

#define STOP_AGAIN_CAP_MS 3600000u

static bool is_leftover(const struct wp_engine_part *part)
{
    return wp_engine_part_is_seen(part) && !wp_engine_part_is_down(part) && !part->must_stop &&
           wp_engine_part_state(part) != WP_PART_STOPPING;
}

void wp_engine_sleep_mark_all(struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        if (!wp_engine_part_is_down(part) && !part->must_stop) {
            part->must_stop = true;
            part->tries = 0;
            part->retry_at_ms = 0;
            if (part->op != WP_ENGINE_OP_STOP && !part->is_stop_accepted) {
                part->stop_since_ms = 0;
                part->stop_tries = 0;
            }
        }
    }
}

void wp_engine_sleep_begin(struct wp_trace *trace, bool stops_parts)
{
    trace->goal = WP_ENGINE_DOWN;
    trace->is_served = false;
    trace->is_adopting = false;
    trace->session_since_ms = 0;
    trace->is_again = true;
    if (stops_parts) {
        trace->is_leftover = false;
        wp_engine_sleep_mark_all(trace);
    }
}

void wp_engine_sleep_ask(struct wp_trace *trace, const char *who)
{
    if (who == NULL || who[0] == '\0') {
        who = "an operator";
    }
    if (trace->part_count == 0 || trace->is_removing) {
        wp_engine_record(trace, "sleep.ignored", "%s: there is nothing to stop", who);
        return;
    }
    bool is_wake_dropped = trace->is_wake_pending;

    trace->is_sleep_asked = true;
    trace->is_wake_pending = false;
    trace->drain.again_ms = 0;
    wp_engine_text_set(&trace->order, "put to sleep by %s", who);
    if (trace->goal == WP_ENGINE_UP || !trace->is_failed) {
        wp_engine_text_set(&trace->cause, "%s", trace->order);
    }
    wp_engine_record(trace, "sleep", "%s", trace->order);
    if (trace->goal == WP_ENGINE_UP && !trace->is_served) {
        is_wake_dropped = !trace->is_adopting; /* nobody waits for an adoption */
        wp_engine_sleep_begin(trace, false);
        trace->is_adopt_blocked = true;
    }
    if (is_wake_dropped) {
        /* Whoever waits is told why; whoever comes later may wake it again. */
        trace->retry_at_ms = 0;
        wp_engine_publish(trace, WP_WANT_BROKEN);
        wp_engine_publish(trace, WP_WANT_HOLD);
    }
}

/* A stop that was accepted and shows no effect is said again, ever more rarely. */
static void stop_again(struct wp_trace *trace, struct wp_engine_part *part)
{
    uint64_t wait_ms = trace->conf->stop_timeout_ms;
    uint64_t at_ms;

    if (wait_ms < STOP_AGAIN_CAP_MS) {
        wait_ms = wp_engine_backoff_doubled(wait_ms == 0 ? 1 : wait_ms, part->stop_tries + 1,
                                            STOP_AGAIN_CAP_MS);
    }
    at_ms = wp_engine_add(part->accepted_ms, wait_ms);
    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return;
    }
    part->stop_tries++;
    part->is_stop_accepted = false;
    part->observe_at_ms = trace->now_ms;
    trace->is_again = true;
    wp_engine_record(trace, "part.stop.slow", "%s did not stop in time", part->conf->name);
}

static void stop_part(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (part->blurred_since_ms != 0) {
        uint64_t at_ms = part->blurred_since_ms + WP_ENGINE_BLURRED_STOP_MS;

        if (trace->now_ms < at_ms) {
            wp_engine_want_tick(trace, at_ms);
            return;
        }
    }
    switch (wp_engine_part_state(part)) {
    case WP_PART_STARTING:
    case WP_PART_RUNNING:
        wp_engine_op_stop(trace, index);
        return;
    case WP_PART_STOPPING:
        if (part->is_stop_accepted) {
            stop_again(trace, part);
        }
        return;
    case WP_PART_UNKNOWN:
    case WP_PART_STOPPED:
    case WP_PART_MISSING:
        return;
    }
}

void wp_engine_stop_pass(struct wp_trace *trace)
{
    bool is_waiting = false;

    for (uint32_t i = 0; i < trace->part_count; i++) {
        struct wp_engine_part *part = &trace->parts[i];

        if (wp_engine_part_is_down(part)) {
            part->is_ours = false;
            part->is_start_failed = false;
            if (part->must_stop) {
                wp_engine_op_forget_stop(part);
            }
        }
        if (!trace->conf->dry_run && (part->is_stop_accepted || part->op == WP_ENGINE_OP_STOP) &&
            !wp_engine_part_is_down(part)) {
            part->must_stop = true; /* told so, and a wake in between came to nothing */
        }
        is_waiting = is_waiting || part->must_stop;
    }
    if (!is_waiting) {
        trace->may_cut = false;
        return;
    }
    if (!trace->is_quiet && !trace->may_cut) {
        if (trace->drain.kind != WP_ENGINE_DRAIN_NONE) {
            return;
        }
        if (trace->now_ms < trace->drain.again_ms) {
            wp_engine_want_tick(trace, trace->drain.again_ms);
            return;
        }
        wp_engine_drain_begin(trace, WP_ENGINE_DRAIN_CLEANUP);
        return;
    }
    for (uint32_t i = 0; i < trace->part_count; i++) {
        if (trace->parts[i].must_stop && !trace->parts[i].is_given_up &&
            wp_engine_plan_may_stop(trace, i)) {
            stop_part(trace, i);
        }
    }
}

/* After the backoff: one attempt if anybody asked; otherwise the next request may make one. */
static bool retry_wake(struct wp_trace *trace)
{
    if (!trace->is_failed || trace->view != WP_WANT_BROKEN) {
        return false;
    }
    if (trace->part_count == 0 && trace->is_upstream_ok) {
        wp_engine_text_set(&trace->cause, "the upstream answers again");
        wp_engine_serve_open(trace);
        return true;
    }
    if (trace->now_ms < trace->retry_at_ms) {
        wp_engine_want_tick(trace, trace->retry_at_ms);
        return false;
    }
    if (trace->is_wake_asked) {
        wp_engine_wake_begin(trace, "tried again after a failed wake");
        return true;
    }
    wp_engine_publish(trace, WP_WANT_HOLD);
    return false;
}

/* A wake that came during a forced sleep begins when all has stopped, or when a part takes too
 * long over it. */
static bool resume_wake(struct wp_trace *trace)
{
    uint64_t at_ms = 0;

    if (!trace->is_wake_pending) {
        return false;
    }
    for (uint32_t i = 0; i < trace->part_count; i++) {
        const struct wp_engine_part *part = &trace->parts[i];

        if (part->must_stop || part->op == WP_ENGINE_OP_STOP) {
            uint64_t since_ms = part->op == WP_ENGINE_OP_STOP ? part->op_since_ms
                                : part->stop_since_ms == 0    ? trace->drain.sent_ms
                                                              : part->stop_since_ms;
            uint64_t until_ms = wp_engine_add(since_ms, trace->conf->stop_timeout_ms);

            at_ms = until_ms > at_ms ? until_ms : at_ms;
        }
    }
    if (wp_engine_plan_any_stopping(trace) && trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return false;
    }
    wp_engine_wake_begin(trace, "asked for during the forced sleep");
    return true;
}

static void stop_leftovers(struct wp_trace *trace)
{
    uint64_t at_ms = wp_engine_deadline_leftover(trace);

    if (at_ms < trace->drain.again_ms) {
        at_ms = trace->drain.again_ms;
    }
    if (trace->now_ms < at_ms || !trace->is_tick) {
        wp_engine_want_tick(trace, at_ms < trace->now_ms ? trace->now_ms : at_ms);
        return;
    }
    if (trace->active > 0) {
        wp_engine_deadline_touch(trace);
        trace->drain.again_ms = trace->now_ms + WP_ENGINE_POLL_MS;
        wp_engine_want_tick(trace, trace->drain.again_ms);
        return;
    }
    if (trace->conf->dry_run) {
        trace->is_sleep_asked = false;
        trace->rearm_ms = wp_engine_add(
            trace->now_ms, trace->conf->idle_ms > 0 ? trace->conf->idle_ms : WP_ENGINE_POLL_MS);
        wp_engine_record(trace, "dry_run", "would stop what runs without a reason");
        wp_engine_want_tick(trace, trace->rearm_ms);
        return;
    }
    wp_engine_text_set(&trace->cause, "%s",
                       trace->is_sleep_asked ? trace->order : "parts ran without being used");
    if (trace->is_quiet) {
        wp_engine_record(trace, "stop", "%s", trace->cause);
        wp_engine_sleep_mark_all(trace);
        trace->is_again = true;
    } else {
        wp_engine_drain_begin(trace, WP_ENGINE_DRAIN_LEFTOVER);
    }
}

static void pass_leftovers(struct wp_trace *trace)
{
    uint32_t count = 0, running = 0;

    for (uint32_t i = 0; i < trace->part_count; i++) {
        const struct wp_engine_part *part = &trace->parts[i];

        if (is_leftover(part)) {
            count++;
            running += wp_engine_part_state(part) == WP_PART_RUNNING;
        }
    }
    if (count == 0) {
        trace->is_leftover = false;
        if (!wp_engine_plan_any_stopping(trace)) {
            trace->is_sleep_asked = false;
        }
        return;
    }
    if (!trace->is_leftover) {
        trace->is_leftover = true;
        trace->leftover_since_ms = trace->now_ms;
        wp_engine_record(trace, "leftover", "%u of %u parts run without a session", count,
                         trace->part_count);
    }
    if (running == trace->part_count && !trace->is_adopt_blocked && !trace->is_sleep_asked) {
        wp_engine_wake_adopt(trace);
        return;
    }
    if (trace->drain.kind == WP_ENGINE_DRAIN_NONE) {
        stop_leftovers(trace);
    }
}

void wp_engine_sleep_pass(struct wp_trace *trace)
{
    if (trace->is_removing || (trace->goal == WP_ENGINE_UP && !trace->is_adopting)) {
        return;
    }
    if (retry_wake(trace) || trace->goal == WP_ENGINE_UP) {
        return;
    }
    if (trace->part_count == 0 && !trace->is_failed) {
        wp_engine_text_set(&trace->cause, "always on");
        wp_engine_serve_open(trace);
        return;
    }
    if (resume_wake(trace)) {
        return;
    }
    wp_engine_stop_pass(trace);
    if (!wp_engine_plan_any_stopping(trace)) {
        trace->is_forced_stop = false;
    }
    if (wp_engine_plan_all_seen(trace)) {
        pass_leftovers(trace);
    }
}
