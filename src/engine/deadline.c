/*
 * deadline.c - when a trace goes to sleep: one absolute time with the name of its reason, computed
 * anew from typed facts whenever it is asked for. No elapsed counters.
 *
 * Precedence, low to high: idle or first_use; exchanges in flight; min_awake, extend and the
 * window after a restart as floors; max_awake as a cap over all of these but extend and restart.
 *
 * Thread:    whoever steps the trace.
 * Invariant: what is shown (wp_trace_deadline_ms) is computed by what acts.
 * Not here:  acting on it (serve.c, sleep.c).
 */
#include "internal.h"

static void raise_to(struct wp_engine_deadline *deadline, uint64_t at_ms,
                     enum wp_engine_reason reason)
{
    if (at_ms > deadline->at_ms) {
        deadline->at_ms = at_ms;
        deadline->reason = reason;
    }
}

static struct wp_engine_deadline of_activity(const struct wp_trace *trace)
{
    const struct wp_conf_trace *conf = trace->conf;

    if (trace->active > 0 || trace->held > 0) {
        return (struct wp_engine_deadline){wp_engine_add(trace->counted_ms, conf->idle_ms),
                                           WP_ENGINE_REASON_ACTIVE, false};
    }
    if (trace->activity_ms < trace->session_since_ms) {
        return (struct wp_engine_deadline){
            wp_engine_add(trace->session_since_ms, conf->first_use_ms), WP_ENGINE_REASON_FIRST_USE,
            false};
    }
    return (struct wp_engine_deadline){wp_engine_add(trace->activity_ms, conf->idle_ms),
                                       WP_ENGINE_REASON_IDLE, false};
}

uint64_t wp_engine_deadline_forced(const struct wp_trace *trace)
{
    uint64_t at_ms = wp_engine_add(trace->session_since_ms, trace->conf->max_awake_ms);

    if (at_ms < trace->extend_until_ms) {
        at_ms = trace->extend_until_ms;
    }
    return at_ms < trace->not_before_ms ? trace->not_before_ms : at_ms;
}

struct wp_engine_deadline wp_engine_deadline(const struct wp_trace *trace)
{
    struct wp_engine_deadline deadline = {WP_NEVER, WP_ENGINE_REASON_NEVER, false};
    uint64_t forced_ms;

    if (trace->part_count == 0 || !trace->is_served) {
        return deadline;
    }
    deadline = of_activity(trace);
    raise_to(&deadline, wp_engine_add(trace->session_since_ms, trace->conf->min_awake_ms),
             WP_ENGINE_REASON_MIN_AWAKE);
    raise_to(&deadline, trace->extend_until_ms, WP_ENGINE_REASON_EXTEND);
    raise_to(&deadline, trace->not_before_ms, WP_ENGINE_REASON_RESTART);
    forced_ms = wp_engine_deadline_forced(trace);
    if (forced_ms < deadline.at_ms) {
        deadline = (struct wp_engine_deadline){forced_ms, WP_ENGINE_REASON_MAX_AWAKE, true};
    }
    raise_to(&deadline, trace->rearm_ms, WP_ENGINE_REASON_DRY_RUN);
    return deadline;
}

uint64_t wp_engine_deadline_leftover(const struct wp_trace *trace)
{
    uint64_t since_ms = trace->leftover_since_ms;
    uint64_t at_ms;

    if (trace->is_sleep_asked) {
        return trace->now_ms;
    }
    if (trace->activity_ms > since_ms) {
        since_ms = trace->activity_ms;
    }
    at_ms = wp_engine_add(since_ms, trace->conf->idle_ms);
    if (at_ms < trace->extend_until_ms) {
        at_ms = trace->extend_until_ms;
    }
    if (at_ms < trace->not_before_ms) {
        at_ms = trace->not_before_ms;
    }
    return at_ms < trace->rearm_ms ? trace->rearm_ms : at_ms;
}

void wp_engine_deadline_text(const struct wp_trace *trace,
                             const struct wp_engine_deadline *deadline, char **text)
{
    char duration[WP_DURATION_SIZE];

    switch (deadline->reason) {
    case WP_ENGINE_REASON_FIRST_USE:
        wp_clock_duration_text(trace->conf->first_use_ms, duration);
        wp_engine_text_set(text, "woken, but nobody came within %s", duration);
        return;
    case WP_ENGINE_REASON_IDLE:
    case WP_ENGINE_REASON_ACTIVE:
        wp_clock_duration_text(trace->conf->idle_ms, duration);
        wp_engine_text_set(text, "no activity for %s", duration);
        return;
    case WP_ENGINE_REASON_MAX_AWAKE:
        wp_clock_duration_text(trace->conf->max_awake_ms, duration);
        wp_engine_text_set(text, "awake for %s, the longest allowed (max_awake)", duration);
        return;
    case WP_ENGINE_REASON_MIN_AWAKE:
        wp_engine_text_set(text, "idle, and awake for as long as min_awake asks");
        return;
    case WP_ENGINE_REASON_EXTEND:
        wp_engine_text_set(text, "idle, and the extension has ended");
        return;
    case WP_ENGINE_REASON_RESTART:
        wp_engine_text_set(text, "idle since wakeproxy started");
        return;
    case WP_ENGINE_REASON_DRY_RUN:
        wp_engine_text_set(text, "idle again (dry run)");
        return;
    case WP_ENGINE_REASON_NEVER:
        break;
    }
    wp_engine_text_set(text, "always on");
}

void wp_engine_deadline_touch(struct wp_trace *trace)
{
    if (trace->now_ms > trace->activity_ms) {
        trace->activity_ms = trace->now_ms;
    }
}

uint64_t wp_trace_deadline_ms(const struct wp_trace *trace)
{
    return wp_engine_deadline(trace).at_ms;
}

uint64_t wp_trace_last_activity_ms(const struct wp_trace *trace)
{
    return trace->activity_ms;
}
