/*
 * plan.c - the DAG of parts: what may start now, what may stop now, what a wake waits for.
 *
 * Thread:    whoever steps the trace.
 * Invariant: a part starts only when every part it is `after` is ready, and stops only when every
 *            part that is `after` it is down. The graph is acyclic (checked with the
 *            configuration), so neither can wait for itself.
 * Not here:  whether anything should start or stop at all (wake.c, sleep.c); calls (op.c).
 */
#include "internal.h"

bool wp_engine_plan_may_start(const struct wp_trace *trace, uint32_t index)
{
    const struct wp_conf_part *conf = trace->parts[index].conf;

    for (size_t i = 0; i < conf->after_count; i++) {
        if (!wp_engine_part_is_ready(&trace->parts[conf->after[i]])) {
            return false;
        }
    }
    return true;
}

static bool is_after(const struct wp_conf_part *conf, uint32_t index)
{
    for (size_t i = 0; i < conf->after_count; i++) {
        if (conf->after[i] == index) {
            return true;
        }
    }
    return false;
}

bool wp_engine_plan_may_stop(const struct wp_trace *trace, uint32_t index)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        const struct wp_engine_part *other = &trace->parts[i];

        if (is_after(other->conf, index) && !wp_engine_part_is_down(other) && !other->is_given_up) {
            return false;
        }
    }
    return true;
}

bool wp_engine_plan_all_seen(const struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        if (!wp_engine_part_is_seen(&trace->parts[i])) {
            return false;
        }
    }
    return true;
}

bool wp_engine_plan_all_ready(const struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        if (!wp_engine_part_is_ready(&trace->parts[i])) {
            return false;
        }
    }
    return true;
}

bool wp_engine_plan_any_stopping(const struct wp_trace *trace)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        if (trace->parts[i].must_stop || trace->parts[i].op == WP_ENGINE_OP_STOP) {
            return true;
        }
    }
    return false;
}

enum wp_cadence wp_engine_plan_cadence(const struct wp_trace *trace)
{
    enum wp_cadence cadence = WP_CADENCE_FAST;

    /* While anything of it is down or on its way down, an answer could come from a process that is
     * about to go: not a sign of readiness. */
    for (uint32_t i = 0; i < trace->part_count; i++) {
        switch (wp_engine_part_state(&trace->parts[i])) {
        case WP_PART_RUNNING:
            break;
        case WP_PART_STARTING:
            cadence = WP_CADENCE_SPARSE;
            break;
        case WP_PART_UNKNOWN:
        case WP_PART_STOPPED:
        case WP_PART_STOPPING:
        case WP_PART_MISSING:
            return WP_CADENCE_OFF;
        }
    }
    return cadence;
}

static bool describe_part(const struct wp_trace *trace, uint32_t index, char **text)
{
    const struct wp_engine_part *part = &trace->parts[index];
    const char *name = part->conf->name;
    const char *detail = part->detail;

    if (wp_engine_part_is_ready(part)) {
        return false;
    }
    if (part->blurred_since_ms != 0 || !wp_engine_part_is_seen(part)) {
        wp_engine_text_set(text, "%s could not be observed yet%s%s", name,
                           detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
        return true;
    }
    switch (wp_engine_part_state(part)) {
    case WP_PART_STARTING:
        wp_engine_text_set(text, "%s is still starting%s%s", name, detail == NULL ? "" : ": ",
                           detail == NULL ? "" : detail);
        return true;
    case WP_PART_STOPPING:
        wp_engine_text_set(text, "%s is still stopping", name);
        return true;
    case WP_PART_STOPPED:
    case WP_PART_MISSING:
        if (part->retry_reason != NULL) {
            wp_engine_text_set(text, "%s could not be started yet: %s", name, part->retry_reason);
            return true;
        }
        if (!wp_engine_plan_may_start(trace, index)) {
            return false; /* the part it waits for says more */
        }
        wp_engine_text_set(text, "%s is about to start", name);
        return true;
    case WP_PART_RUNNING:
        wp_engine_text_set(text, "%s runs but its readiness check does not pass: %s", name,
                           part->probe_reason == NULL ? "no answer yet" : part->probe_reason);
        return true;
    case WP_PART_UNKNOWN:
        break;
    }
    wp_engine_text_set(text, "%s could not be observed yet", name);
    return true;
}

void wp_engine_plan_blocker(const struct wp_trace *trace, char **text)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        if (describe_part(trace, i, text)) {
            return;
        }
    }
    if (trace->part_count == 1) {
        wp_engine_text_set(text, "%s runs but the upstream's readiness check does not pass: %s",
                           trace->parts[0].conf->name,
                           trace->upstream_reason == NULL ? "no answer yet"
                                                          : trace->upstream_reason);
        return;
    }
    wp_engine_text_set(text, "%sthe upstream's readiness check does not pass: %s",
                       trace->part_count == 0 ? "" : "all parts run but ",
                       trace->upstream_reason == NULL ? "no answer yet" : trace->upstream_reason);
}
