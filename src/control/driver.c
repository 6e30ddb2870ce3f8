/*
 * driver.c - feeds engines with events and carries out the actions they return.
 *
 * Thread:    control.
 * Owns:      events queued while a step is under way, and the one array of actions.
 * Invariant: steps never nest. What an action causes at once (a provider that refuses, a probe
 *            that is freed) is queued and fed when the actions before it have been carried out, in
 *            order.
 * Invariant: a trace's timer is armed exactly for the time its engine asked for; an engine that
 *            asks for none costs nothing.
 * Not here:  what to do (engine) and how each action is done (part.c, observe.c, target.c,
 *            drain.c, publish.c, ledger.c).
 */
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/log.h"

#include "control_impl.h"
#include "store.h"
#include "target.h"

struct queued_event {
    struct wp_list link;
    struct wp_control_trace *trace;
    struct wp_event event;
    char text[];
};

/* The provider's callback that led here must return before its part is freed. */
static void end_removed(struct wp_deferred *deferred)
{
    struct wp_control_trace *trace = WP_CONTAINER_OF(deferred, struct wp_control_trace, deferred);
    struct wp_conf *owner = trace->readd_owner;
    const struct wp_conf_trace *conf = trace->readd_conf;

    trace->readd_owner = NULL;
    trace->readd_conf = NULL;
    wp_table_end(trace);
    if (owner) {
        wp_table_begin(trace, owner, conf);
        wp_conf_unref(&owner);
    }
}

static void removed(struct wp_control_trace *trace)
{
    if (!trace->is_gone) {
        trace->is_gone = true;
        wp_loop_defer(trace->control->loop, &trace->deferred, end_removed);
    }
}

static void probe_part(struct wp_control_trace *trace, uint32_t index, enum wp_cadence cadence)
{
    struct wp_control_part *part = trace->parts[index];

    if (cadence == WP_CADENCE_OFF) {
        wp_target_free(&part->target);
        return;
    }
    if (!part->target) {
        part->target = wp_target_new(trace, part);
    }
    wp_target_probe(part->target, cadence);
}

static void probe_upstream(struct wp_control_trace *trace, enum wp_cadence cadence)
{
    if (cadence == WP_CADENCE_OFF) {
        if (trace->target && !wp_target_linger(trace->target)) {
            wp_target_free(&trace->target);
        }
        return;
    }
    if (!trace->target) {
        trace->target = wp_target_new(trace, NULL);
    }
    wp_target_probe(trace->target, cadence);
}

static void carry_out(struct wp_control_trace *trace, const struct wp_action *action)
{
    switch (action->type) {
    case WP_ACTION_START:
        wp_part_start(trace->parts[action->part]);
        break;
    case WP_ACTION_STOP:
        wp_part_stop(trace->parts[action->part]);
        break;
    case WP_ACTION_OBSERVE:
        wp_observe_now(trace->parts[action->part]);
        break;
    case WP_ACTION_WATCH:
        wp_observe_watch(trace->parts[action->part], action->changing);
        break;
    case WP_ACTION_PROBE:
        if (action->part == WP_TARGET_UPSTREAM) {
            probe_upstream(trace, action->cadence);
        } else {
            probe_part(trace, action->part, action->cadence);
        }
        break;
    case WP_ACTION_DRAIN:
        wp_drain_begin(trace, action->epoch);
        break;
    case WP_ACTION_PUBLISH:
        wp_publish(trace, action);
        break;
    case WP_ACTION_RECORD:
        wp_ledger_log(trace);
        break;
    case WP_ACTION_REMOVED:
        removed(trace);
        break;
    }
}

static void step(struct wp_control_trace *trace, const struct wp_event *event)
{
    struct wp_control *control = trace->control;
    uint64_t next_ms;

    if (!trace->engine || trace->is_gone) {
        return;
    }
    control->actions.count = 0;
    next_ms = wp_trace_step(trace->engine, event, wp_loop_now_ms(control->loop), &control->actions);
    for (size_t i = 0; i < control->actions.count; i++) {
        struct wp_action action = control->actions.items[i];
        carry_out(trace, &action);
    }
    wp_timer_set(&trace->tick, trace->is_gone ? WP_NEVER : next_ms);
}

static void queue(struct wp_control_trace *trace, const struct wp_event *event)
{
    size_t length = event->text ? strlen(event->text) + 1 : 0;
    struct queued_event *queued = wp_malloc(sizeof(*queued) + length);

    wp_list_init(&queued->link);
    queued->trace = trace;
    queued->event = *event;
    if (event->text) {
        memcpy(queued->text, event->text, length);
        queued->event.text = queued->text;
    }
    wp_list_append(&trace->control->events, &queued->link);
}

void wp_driver_feed(struct wp_control_trace *trace, const struct wp_event *event)
{
    struct wp_control *control = trace->control;
    struct wp_list *link;

    if (control->is_stepping) {
        queue(trace, event);
        return;
    }
    control->is_stepping = true;
    step(trace, event);
    while ((link = wp_list_first(&control->events)) != NULL) {
        struct queued_event *queued = WP_CONTAINER_OF(link, struct queued_event, link);
        wp_list_remove(link);
        step(queued->trace, &queued->event);
        free(queued);
    }
    control->is_stepping = false;
    wp_store_touch(control->store);
}

void wp_driver_feed_active(struct wp_control_trace *trace, const struct wp_event *event)
{
    struct wp_event activity = wp_idle_read(trace);

    wp_driver_feed(trace, &activity);
    wp_driver_feed(trace, event);
}

void wp_driver_tick(struct wp_timer *timer)
{
    struct wp_control_trace *trace = WP_CONTAINER_OF(timer, struct wp_control_trace, tick);
    struct wp_event tick = {.type = WP_EVENT_TICK};

    wp_driver_feed_active(trace, &tick);
}
