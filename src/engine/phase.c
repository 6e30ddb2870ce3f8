/*
 * phase.c - the phase people see, derived from what is wanted and what was observed.
 *
 * Thread:    whoever steps the trace.
 * Invariant: nothing sets a phase; wp_engine_phase() is the only source, so it cannot be forgotten.
 * Not here:  the transitions themselves (docs/states.md has the table; wake.c, serve.c, drain.c and
 *            sleep.c the code).
 */
#include "internal.h"

const char *wp_phase_name(enum wp_phase phase)
{
    switch (phase) {
    case WP_PHASE_UNKNOWN:
        return "unknown";
    case WP_PHASE_ASLEEP:
        return "asleep";
    case WP_PHASE_WAKING:
        return "waking";
    case WP_PHASE_AWAKE:
        return "awake";
    case WP_PHASE_DRAINING:
        return "draining";
    case WP_PHASE_STOPPING:
        return "stopping";
    case WP_PHASE_BROKEN:
        return "broken";
    }
    return "unknown";
}

enum wp_phase wp_engine_phase(const struct wp_trace *trace)
{
    bool is_draining = trace->drain.kind != WP_ENGINE_DRAIN_NONE;

    if (trace->is_removed) {
        return WP_PHASE_ASLEEP;
    }
    if (trace->goal == WP_ENGINE_UP && trace->is_served) {
        return is_draining ? WP_PHASE_DRAINING : WP_PHASE_AWAKE;
    }
    if (trace->is_failed && trace->goal == WP_ENGINE_DOWN) {
        return WP_PHASE_BROKEN;
    }
    if (is_draining) {
        return WP_PHASE_DRAINING;
    }
    if (!wp_engine_plan_all_seen(trace)) {
        return WP_PHASE_UNKNOWN;
    }
    if (trace->goal == WP_ENGINE_UP) {
        return WP_PHASE_WAKING;
    }
    return wp_engine_plan_any_stopping(trace) ? WP_PHASE_STOPPING : WP_PHASE_ASLEEP;
}

void wp_engine_phase_reason(struct wp_trace *trace)
{
    const char *cause = trace->cause == NULL ? "" : trace->cause;
    char *blocker = NULL;

    switch (wp_engine_phase(trace)) {
    case WP_PHASE_BROKEN:
        wp_engine_text_set(&trace->reason, "%s",
                           trace->failure_reason == NULL ? cause : trace->failure_reason);
        return;
    case WP_PHASE_WAKING:
        wp_engine_plan_blocker(trace, &blocker);
        wp_engine_text_set(&trace->reason, "%s; %s", cause, blocker);
        wp_engine_text_set(&blocker, NULL);
        return;
    case WP_PHASE_UNKNOWN:
        wp_engine_plan_blocker(trace, &blocker);
        wp_engine_text_set(&trace->reason, "%s", blocker);
        wp_engine_text_set(&blocker, NULL);
        return;
    case WP_PHASE_ASLEEP:
    case WP_PHASE_AWAKE:
    case WP_PHASE_DRAINING:
    case WP_PHASE_STOPPING:
        wp_engine_text_set(&trace->reason, "%s", cause);
        return;
    }
}
