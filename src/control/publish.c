/*
 * publish.c - makes views and posts them to every worker.
 *
 * Thread:    control makes them; workers only read them, and drop them.
 * Owns:      one reference to the current view per trace.
 * Invariant: a view that says AWAKE has at least one upstream. While the addresses of an upstream
 *            without parts are being resolved the view says HOLD.
 * Invariant: epochs on the bus never go back for one index (see trace_table.c).
 * Not here:  when to publish (engine), which upstreams are ready (target.c).
 */
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/log.h"

#include "control_impl.h"
#include "target.h"

static void post(struct wp_control_trace *trace, struct wp_view *view)
{
    struct wp_bus *bus = trace->control->bus;

    for (unsigned i = 0; i < bus->worker_count; i++) {
        if (!trace->control->has_stopped[i]) {
            struct wp_msg *msg = wp_msg_new(WP_MSG_VIEW, trace->id);
            msg->epoch = view->epoch;
            msg->view = wp_view_ref(view);
            wp_bus_to_worker(bus, i, msg);
        }
    }
    wp_view_unref(&trace->view);
    trace->view = view;
    trace->epoch_last = view->epoch;
}

static enum wp_view_status bus_status(const struct wp_control_trace *trace)
{
    switch (trace->wanted.status) {
    case WP_WANT_HOLD:
        return WP_VIEW_HOLD;
    case WP_WANT_AWAKE:
        return trace->ready_count > 0 ? WP_VIEW_AWAKE : WP_VIEW_HOLD;
    case WP_WANT_BROKEN:
        return WP_VIEW_BROKEN;
    case WP_WANT_GONE:
        return WP_VIEW_GONE;
    }
    return WP_VIEW_HOLD;
}

static struct wp_view *make(struct wp_control_trace *trace)
{
    enum wp_view_status status = bus_status(trace);
    uint32_t count = status == WP_VIEW_AWAKE ? trace->ready_count : 0;
    uint64_t epoch = trace->epoch_base + trace->wanted.epoch;
    struct wp_view *view = wp_view_new(trace->id, status, epoch, count);
    const char *reason = wp_trace_reason(trace->engine);
    const char *stages = wp_trace_wake_stages(trace->engine);

    view->retry_at_ms = trace->wanted.retry_at_ms;
    view->settle_until_ms = trace->wanted.settle_until_ms;
    view->wake_estimate_ms = wp_trace_wake_estimate_ms(trace->engine);
    view->phase = wp_strdup(wp_phase_name(wp_trace_phase(trace->engine)));
    if (reason && reason[0] != '\0') {
        view->reason = wp_strdup(reason);
    }
    /* The first response after a wake tells its stages; a view that only changes, or that ends an
     * aborted drain, begins no wake. */
    if (status == WP_VIEW_AWAKE && stages && stages[0] != '\0' &&
        !(trace->view && trace->view->status == WP_VIEW_AWAKE)) {
        view->wake_stages = wp_strdup(stages);
    }
    if (count > 0) {
        memcpy(view->upstreams, trace->ready, count * sizeof(*view->upstreams));
    }
    return view;
}

void wp_publish_distrust(struct wp_control_trace *trace, const char *reason)
{
    struct wp_event event = {
        .type = WP_EVENT_UPSTREAM_BAD,
        .epoch = trace->wanted.epoch,
        .text = reason,
    };

    if (trace->wanted.is_set && trace->wanted.status == WP_WANT_AWAKE) {
        wp_driver_feed(trace, &event);
    }
}

/* The engine wants it awake and no address is known: find one. With parts that takes a probe. */
static void find_upstreams(struct wp_control_trace *trace)
{
    if (trace->part_count > 0) {
        wp_publish_distrust(trace, "the upstream's address is not known");
        return;
    }
    if (!trace->target) {
        trace->target = wp_target_new(trace, NULL);
    }
    wp_target_resolve_only(trace->target);
}

void wp_publish(struct wp_control_trace *trace, const struct wp_action *action)
{
    trace->wanted = (struct wp_wanted_view){
        .status = action->view_status,
        .epoch = action->epoch,
        .retry_at_ms = action->retry_at_ms,
        .settle_until_ms = action->settle_until_ms,
        .is_set = true,
    };
    if (trace->target && wp_target_is_lingering(trace->target) &&
        trace->wanted.status != WP_WANT_AWAKE) {
        wp_target_free(&trace->target);
    }
    if (trace->wanted.status == WP_WANT_AWAKE && trace->ready_count == 0) {
        find_upstreams(trace); /* numeric addresses are known at once */
    }
    post(trace, make(trace));
}

/* Whether what was published last is still what workers act on: not while they hold for a drain.
 * Publishing then would break the promise their answers give. */
static bool is_current(const struct wp_control_trace *trace)
{
    return trace->wanted.is_set && trace->view && !trace->drain.has_acked &&
           trace->epoch_last == trace->epoch_base + trace->wanted.epoch;
}

void wp_publish_again(struct wp_control_trace *trace)
{
    if (!is_current(trace)) {
        return;
    }
    if (trace->wanted.status == WP_WANT_AWAKE && trace->ready_count == 0) {
        find_upstreams(trace);
        return;
    }
    if (trace->wanted.status == WP_WANT_AWAKE) {
        post(trace, make(trace));
    }
}
