/*
 * trace_table.c - which traces there are: an append-only table from index to trace.
 *
 * Thread:    control.
 * Owns:      the traces, and through them engines, parts, probes and timers.
 * Invariant: a name keeps its index for ever, also while it is not in the configuration, so that
 *            a message about a trace never means another one.
 * Invariant: bus epochs of one index only grow: each new engine begins above the last epoch any
 *            worker has heard, whatever the engine counts by itself.
 * Not here:  which traces a configuration adds or removes (reload.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"

#include "control_impl.h"
#include "store.h"
#include "target.h"

struct wp_control_trace *wp_table_intern(struct wp_control *control, const char *name)
{
    struct wp_slice key = wp_slice_cstr(name);
    struct wp_control_trace *trace = wp_map_get(control->by_name, key);

    if (trace) {
        return trace;
    }
    if (control->trace_count >= WP_TRACES_MAX) {
        return NULL;
    }
    trace = wp_calloc(1, sizeof(*trace));
    trace->control = control;
    trace->name = wp_strdup(name);
    trace->id = (uint32_t)control->trace_count;
    wp_timer_init(&trace->tick, control->loop, wp_driver_tick);
    control->traces = wp_grow(control->traces, &control->trace_capacity, control->trace_count + 1,
                              sizeof(*control->traces));
    control->traces[control->trace_count++] = trace;
    wp_map_put(control->by_name, key, trace);
    return trace;
}

struct wp_control_trace *wp_table_live(struct wp_control *control, uint32_t id)
{
    struct wp_control_trace *trace;

    if (id >= control->trace_count) {
        return NULL;
    }
    trace = control->traces[id];
    return trace->engine ? trace : NULL;
}

/* When it may be stopped at the earliest: one idle window after its last use, which is now unless
 * the store knows better (semantics section 7). */
static uint64_t not_before(const struct wp_control_trace *trace, uint64_t now_ms)
{
    uint64_t idle_ms = trace->conf->idle_ms;
    uint64_t last_wall_ms = wp_store_last_activity(trace->control->store, trace->name);
    uint64_t wall_ms = wp_clock_wall_ms();
    uint64_t age_ms;

    if (idle_ms == WP_NEVER) {
        return now_ms;
    }
    if (last_wall_ms == 0 || last_wall_ms >= wall_ms) {
        return now_ms + idle_ms;
    }
    age_ms = wall_ms - last_wall_ms;
    return age_ms >= idle_ms ? now_ms : now_ms + (idle_ms - age_ms);
}

void wp_table_begin(struct wp_control_trace *trace, struct wp_conf *owner,
                    const struct wp_conf_trace *conf)
{
    struct wp_event tick = {.type = WP_EVENT_TICK};
    uint64_t now_ms = wp_loop_now_ms(trace->control->loop);

    trace->conf_owner = wp_conf_ref(owner);
    trace->conf = conf;
    trace->is_removing = trace->is_gone = false;
    trace->wanted = (struct wp_wanted_view){.is_set = false};
    trace->logged = 0;
    trace->epoch_base = trace->view ? trace->epoch_last + 1 : 0;
    trace->part_count = (uint32_t)conf->part_count;
    trace->parts = wp_calloc(conf->part_count + 1, sizeof(*trace->parts));
    trace->engine = wp_trace_new(conf, now_ms, not_before(trace, now_ms));
    for (uint32_t i = 0; i < trace->part_count; i++) {
        trace->parts[i] = wp_part_new(trace, &conf->parts[i], i);
    }
    wp_driver_feed(trace, &tick);
}

void wp_table_end(struct wp_control_trace *trace)
{
    wp_timer_set(&trace->tick, WP_NEVER);
    wp_drain_cancel(trace);
    wp_target_free(&trace->target);
    for (uint32_t i = 0; i < trace->part_count; i++) {
        wp_part_free(&trace->parts[i]);
    }
    free(trace->parts);
    trace->parts = NULL;
    trace->part_count = 0;
    free(trace->ready);
    trace->ready = NULL;
    trace->ready_count = 0;
    trace->is_removing = trace->is_gone = false;
    trace->conf = NULL;
    wp_trace_free(&trace->engine);
    wp_conf_unref(&trace->conf_owner);
}

void wp_table_free(struct wp_control *control)
{
    for (size_t i = 0; i < control->trace_count; i++) {
        struct wp_control_trace *trace = control->traces[i];
        wp_table_end(trace);
        wp_conf_unref(&trace->readd_owner);
        wp_timer_fini(&trace->tick);
        wp_view_unref(&trace->view);
        free(trace->name);
        free(trace);
    }
    control->trace_count = 0;
}
