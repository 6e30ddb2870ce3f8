/*
 * serve.c - while a trace serves: opening, distrust, drift, and noticing that it is time to sleep.
 *
 * Thread:    whoever steps the trace.
 * Invariant: counters start a drain, never a stop; and only in a TICK, at whose side they were read.
 * Invariant: a trace that serves is not probed and has one thing to wait for: its deadline.
 * Invariant: a part that others stopped ends the session; nothing is restarted by itself.
 * Not here:  the handshake (drain.c), the deadline's arithmetic (deadline.c).
 */
#include "internal.h"

#define BAD_FORGET_MS 10000u
#define BAD_FIRST_MS  50u
#define BAD_CAP_MS    2000u
#define WARN_MS       300000u

void wp_engine_serve_open(struct wp_trace *trace)
{
    if (trace->session_since_ms == 0) {
        trace->session_since_ms = trace->now_ms;
        trace->is_max_warned = false;
    }
    if (trace->is_adopting) {
        wp_engine_deadline_touch(trace); /* a session is seeded: idle rules apply */
    }
    if (trace->is_wake_measured) {
        wp_engine_eta_add(trace);
    }
    trace->goal = WP_ENGINE_UP;
    trace->is_served = true;
    trace->is_adopting = false;
    trace->is_wake_measured = false;
    trace->is_wake_pending = false;
    trace->is_failed = false;
    trace->is_leftover = false;
    trace->failure_count = 0;
    trace->active = 0;
    trace->held = 0;
    trace->is_again = true;
    wp_engine_text_set(&trace->failure_reason, NULL);
    wp_engine_text_set(&trace->upstream_reason, NULL);
    for (uint32_t i = 0; i < trace->part_count; i++) {
        trace->parts[i].is_ours = false;
    }
    wp_engine_record(trace, "awake", "%s", trace->cause);
    wp_engine_publish(trace, WP_WANT_AWAKE);
    trace->open_epoch = trace->epoch;
}

static void distrust(struct wp_trace *trace, const char *reason)
{
    if (trace->now_ms - trace->bad_last_ms > BAD_FORGET_MS) {
        trace->bad_streak = 0;
    }
    /* A probe that succeeds where workers fail must not make a hot loop. */
    trace->reopen_at_ms = trace->now_ms;
    if (trace->bad_streak > 0) {
        trace->reopen_at_ms +=
            wp_engine_backoff_doubled(BAD_FIRST_MS, trace->bad_streak, BAD_CAP_MS);
    }
    trace->bad_streak++;
    trace->bad_last_ms = trace->now_ms;
    trace->is_served = false;
    trace->is_wake_measured = false;
    trace->wake_since_ms = trace->now_ms;
    trace->upstream_since_ms = 0;
    wp_engine_text_set(&trace->upstream_reason, "%s", reason);
    wp_engine_text_set(&trace->cause, "the upstream did not answer: %s", reason);
    wp_engine_record(trace, "upstream.bad", "%s", reason);
    for (uint32_t i = 0; i < trace->part_count; i++) {
        trace->parts[i].stage_since_ms = 0;
        trace->parts[i].observe_at_ms = trace->now_ms;
    }
    wp_engine_publish(trace, WP_WANT_HOLD);
}

void wp_engine_serve_bad(struct wp_trace *trace, uint64_t epoch, const char *reason)
{
    if (reason == NULL || reason[0] == '\0') {
        reason = "connect failed";
    }
    if (!trace->is_served || trace->drain.kind != WP_ENGINE_DRAIN_NONE) {
        wp_engine_wake_ask(trace, "a request found the upstream gone", false);
        return;
    }
    if (epoch >= trace->open_epoch) {
        distrust(trace, reason);
        return;
    }
    /* Old news: that worker may have stopped trusting the view it has, so it gets a newer one. */
    wp_engine_deadline_touch(trace);
    wp_engine_publish(trace, WP_WANT_AWAKE);
}

static bool notice_drift(struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        const struct wp_engine_part *part = &trace->parts[i];
        const char *detail = part->detail == NULL ? "not by wakeproxy" : part->detail;

        /* As seen, whatever calls are still out: what serves had come up. */
        if (part->state != WP_PART_STOPPED && part->state != WP_PART_MISSING) {
            continue;
        }
        wp_engine_text_set(&trace->cause, "%s stopped: %s", part->conf->name, detail);
        wp_engine_record(trace, "drift", "%s", trace->cause);
        wp_engine_drain_drop(trace);
        trace->is_adopt_blocked = false;
        trace->is_leftover = true;
        trace->leftover_since_ms = trace->session_since_ms;
        wp_engine_sleep_begin(trace, false);
        wp_engine_publish(trace, WP_WANT_HOLD);
        return true;
    }
    return false;
}

static void warn_of_max_awake(struct wp_trace *trace)
{
    uint64_t max_ms = trace->conf->max_awake_ms;
    uint64_t ahead_ms = max_ms / 10 < WARN_MS ? max_ms / 10 : WARN_MS;
    uint64_t at_ms = wp_engine_add(trace->session_since_ms, max_ms);

    if (trace->is_max_warned || at_ms == WP_NEVER) {
        return;
    }
    at_ms -= ahead_ms;
    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return;
    }
    trace->is_max_warned = true;
    wp_engine_record(trace, "max_awake.soon", "forced to sleep in %llu s",
                     (unsigned long long)(ahead_ms / 1000));
}

/* Whether an operator's order is being followed now, so that the deadline does not matter. */
static bool obey_sleep(struct wp_trace *trace)
{
    if (!trace->is_sleep_asked) {
        return false;
    }
    if (trace->conf->dry_run) {
        trace->is_sleep_asked = false;
        wp_engine_record(trace, "dry_run", "would sleep: %s", trace->cause);
        return false;
    }
    if (trace->now_ms < trace->drain.again_ms) {
        wp_engine_want_tick(trace, trace->drain.again_ms);
        return false;
    }
    if (!trace->is_tick) {
        wp_engine_want_tick(trace, trace->now_ms);
        return true;
    }
    if (trace->active > 0 || trace->held > 0) {
        trace->drain.again_ms = trace->now_ms + WP_ENGINE_POLL_MS;
        wp_engine_want_tick(trace, trace->drain.again_ms);
        return false;
    }
    wp_engine_text_set(&trace->cause, "%s", trace->order);
    wp_engine_drain_begin(trace, WP_ENGINE_DRAIN_OPERATOR);
    return true;
}

static void fall_asleep(struct wp_trace *trace, const struct wp_engine_deadline *deadline)
{
    char *text = NULL;

    wp_engine_deadline_text(trace, deadline, &text);
    if (trace->conf->dry_run) {
        wp_engine_record(trace, "dry_run", "would sleep: %s", text);
        trace->rearm_ms = wp_engine_add(
            trace->now_ms, trace->conf->idle_ms > 0 ? trace->conf->idle_ms : WP_ENGINE_POLL_MS);
        wp_engine_want_tick(trace, trace->rearm_ms);
    } else {
        wp_engine_text_set(&trace->cause, "%s", text);
        wp_engine_drain_begin(trace,
                              deadline->is_forced ? WP_ENGINE_DRAIN_FORCED : WP_ENGINE_DRAIN_IDLE);
    }
    wp_engine_text_set(&text, NULL);
}

/* Nobody has come yet as far as is known, but only a tick reads the counters: whoever came in the
 * meantime has moved the deadline to within `idle` of then, so that is how often to look. */
static void look_for_first_use(struct wp_trace *trace)
{
    uint64_t since_ms =
        trace->counted_ms > trace->session_since_ms ? trace->counted_ms : trace->session_since_ms;
    uint64_t at_ms = wp_engine_add(since_ms, trace->conf->idle_ms);

    wp_engine_want_tick(trace, at_ms > trace->now_ms ? at_ms : trace->now_ms + 1);
}

void wp_engine_serve_pass(struct wp_trace *trace)
{
    struct wp_engine_deadline deadline;

    if (!trace->is_served || trace->part_count == 0 || notice_drift(trace) ||
        trace->drain.kind != WP_ENGINE_DRAIN_NONE) {
        return;
    }
    warn_of_max_awake(trace);
    if (obey_sleep(trace)) {
        return;
    }
    deadline = wp_engine_deadline(trace);
    if (trace->now_ms < deadline.at_ms) {
        wp_engine_want_tick(trace, deadline.at_ms);
        if (deadline.reason == WP_ENGINE_REASON_FIRST_USE) {
            look_for_first_use(trace);
        }
    } else if (!trace->is_tick) {
        wp_engine_want_tick(trace, trace->now_ms);
    } else {
        fall_asleep(trace, &deadline);
    }
}
