/*
 * idle.c - reads what workers counted for a trace.
 *
 * Thread:    control; the counters are written by workers with relaxed atomics.
 * Owns:      nothing.
 * Invariant: what is read here may be stale. It can start a drain, never a stop: the answers to
 *            DRAIN decide that.
 * Not here:  deadlines (engine).
 */
#include "control_impl.h"

struct wp_event wp_idle_read(struct wp_control_trace *trace)
{
    struct wp_activity_sum sum = wp_activity_read(trace->control->bus->activity, trace->id);

    return (struct wp_event){
        .type = WP_EVENT_ACTIVITY,
        .active = sum.active,
        .held = sum.held,
        .last_ms = sum.last_ms,
    };
}
