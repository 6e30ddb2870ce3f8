/*
 * op.c - the calls to a part's provider: START and STOP, their answers, their retries.
 *
 * Thread:    whoever steps the trace.
 * Invariant: at most one call of a part is out until its DONE. A DONE that never comes counts as
 *            RETRY after a time longer than any provider may take, so a lost answer cannot wedge a
 *            trace.
 * Invariant: STOP is issued only by wp_engine_op_stop(), which only wp_engine_stop_pass() calls,
 *            which needs the workers' promise (sleep.c).
 * Not here:  which part, and when (plan.c, wake.c, sleep.c).
 */
#include "internal.h"

static void retry_later(struct wp_trace *trace, struct wp_engine_part *part,
                        enum wp_outcome outcome, uint64_t retry_after_ms, const char *reason)
{
    part->tries++;
    part->retry_at_ms =
        trace->now_ms + wp_engine_backoff_call(outcome, part->tries, retry_after_ms);
    wp_engine_text_set(&part->retry_reason, "%s",
                       reason != NULL && reason[0] != '\0' ? reason : wp_outcome_name(outcome));
}

static void accepted(struct wp_engine_part *part)
{
    part->tries = 0;
    part->retry_at_ms = 0;
    part->retries_on_change = false;
    wp_engine_text_set(&part->retry_reason, NULL);
}

static void start_accepted(struct wp_trace *trace, struct wp_engine_part *part)
{
    bool is_down = part->state == WP_PART_STOPPED || part->state == WP_PART_MISSING;

    accepted(part);
    if (!is_down) {
        return;
    }
    if (part->is_up_seen) {
        part->is_start_failed = part->is_ours; /* came and went while the call was out */
        return;
    }
    part->is_started = true;
    part->accepted_ms = trace->now_ms;
    part->observe_at_ms = trace->now_ms + WP_ENGINE_START_GRACE_MS;
}

static void stop_accepted(struct wp_trace *trace, struct wp_engine_part *part)
{
    accepted(part);
    part->is_started = false;
    if (part->state == WP_PART_STOPPED || part->state == WP_PART_MISSING) {
        wp_engine_op_forget_stop(part);
        return;
    }
    part->is_stop_accepted = true;
    part->accepted_ms = trace->now_ms;
}

static void refused(struct wp_trace *trace, struct wp_engine_part *part,
                    const struct wp_event *event)
{
    const char *reason = event->text != NULL ? event->text : wp_outcome_name(event->outcome);

    wp_engine_record(trace, event->is_start ? "part.start.refused" : "part.stop.refused", "%s: %s",
                     part->conf->name, reason);
    if (event->is_start && trace->goal == WP_ENGINE_UP && !trace->is_served) {
        char *text = NULL;

        wp_engine_text_set(&text, "%s could not be started: %s", part->conf->name, reason);
        wp_engine_wake_fail(trace, text);
        wp_engine_text_set(&text, NULL);
    }
}

void wp_engine_op_done(struct wp_trace *trace, const struct wp_event *event)
{
    struct wp_engine_part *part = &trace->parts[event->part];
    enum wp_engine_op op = event->is_start ? WP_ENGINE_OP_START : WP_ENGINE_OP_STOP;

    if (part->op != op) {
        return; /* told twice, or given up as lost */
    }
    part->op = WP_ENGINE_OP_NONE;
    if (event->outcome == WP_OUTCOME_OK) {
        if (event->is_start) {
            start_accepted(trace, part);
        } else {
            stop_accepted(trace, part);
        }
        return;
    }
    retry_later(trace, part, event->outcome, event->retry_after_ms, event->text);
    switch (event->outcome) {
    case WP_OUTCOME_WAIT:
        part->retries_on_change = true;
        part->observe_at_ms = trace->now_ms;
        break;
    case WP_OUTCOME_CAPACITY:
    case WP_OUTCOME_THROTTLED:
    case WP_OUTCOME_RETRY:
    case WP_OUTCOME_CANCELLED:
        wp_engine_record(trace, "part.retry", "%s: %s: %s", part->conf->name,
                         wp_outcome_name(event->outcome), part->retry_reason);
        break;
    case WP_OUTCOME_MISSING:
        part->observe_at_ms = trace->now_ms;
        refused(trace, part, event);
        break;
    case WP_OUTCOME_DENIED:
    case WP_OUTCOME_FATAL:
        refused(trace, part, event);
        break;
    case WP_OUTCOME_OK:
        break;
    }
}

static uint64_t op_timeout_ms(const struct wp_trace *trace)
{
    uint64_t timeout_ms = WP_ENGINE_OP_TIMEOUT_MS;

    if (trace->conf->wake_timeout_ms != WP_NEVER && trace->conf->wake_timeout_ms > timeout_ms) {
        timeout_ms = trace->conf->wake_timeout_ms;
    }
    if (trace->conf->stop_timeout_ms != WP_NEVER && trace->conf->stop_timeout_ms > timeout_ms) {
        timeout_ms = trace->conf->stop_timeout_ms;
    }
    return timeout_ms + timeout_ms / 8;
}

static void expire_call(struct wp_trace *trace, struct wp_engine_part *part)
{
    uint64_t at_ms = part->op_since_ms + op_timeout_ms(trace);

    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return;
    }
    wp_engine_record(trace, "part.lost", "%s: its %s was never answered", part->conf->name,
                     part->op == WP_ENGINE_OP_START ? "start" : "stop");
    part->op = WP_ENGINE_OP_NONE;
    part->observe_at_ms = trace->now_ms;
    retry_later(trace, part, WP_OUTCOME_RETRY, 0, "the call was never answered");
}

/* A stop that was accepted, is not wanted any more, and had no effect: the part just runs. */
static void expire_stop(struct wp_trace *trace, struct wp_engine_part *part)
{
    uint64_t at_ms = wp_engine_add(part->accepted_ms, trace->conf->stop_timeout_ms);

    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
    } else {
        wp_engine_op_forget_stop(part);
    }
}

void wp_engine_op_expire(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (part->op != WP_ENGINE_OP_NONE) {
        expire_call(trace, part);
    } else if (part->is_stop_accepted && !part->must_stop && part->state == WP_PART_RUNNING) {
        expire_stop(trace, part);
    }
}

void wp_engine_op_forget_stop(struct wp_engine_part *part)
{
    part->is_stop_accepted = false;
    part->stop_since_ms = 0;
    part->stop_tries = 0;
    if (part->op != WP_ENGINE_OP_START && !part->is_started) {
        part->must_stop = false;
        part->is_given_up = false;
    }
}

static bool may_call(struct wp_trace *trace, const struct wp_engine_part *part)
{
    if (part->op != WP_ENGINE_OP_NONE) {
        return false;
    }
    if (trace->now_ms < part->retry_at_ms) {
        wp_engine_want_tick(trace, part->retry_at_ms);
        return false;
    }
    return true;
}

void wp_engine_op_start(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (!may_call(trace, part)) {
        return;
    }
    part->op = WP_ENGINE_OP_START;
    part->op_since_ms = trace->now_ms;
    part->is_up_seen = false;
    part->is_ready = false;
    part->is_start_failed = false;
    part->is_ours = true;
    part->stop_tries = 0;
    if (part->stage_since_ms == 0) {
        part->stage_since_ms = trace->now_ms;
        part->stage_ms = 0;
    }
    trace->is_wake_measured = true;
    trace->session_since_ms = 0;
    wp_engine_text_set(&part->probe_reason, NULL);
    wp_engine_record(trace, "part.start", "%s", part->conf->name);
    wp_engine_emit_part(trace, WP_ACTION_START, index);
}

void wp_engine_op_stop(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (!may_call(trace, part)) {
        return;
    }
    part->op = WP_ENGINE_OP_STOP;
    part->op_since_ms = trace->now_ms;
    part->is_ours = false;
    part->is_ready = false;
    if (part->stop_since_ms == 0) {
        part->stop_since_ms = trace->now_ms;
    }
    wp_engine_record(trace, "part.stop", "%s", part->conf->name);
    wp_engine_emit_part(trace, WP_ACTION_STOP, index);
}
