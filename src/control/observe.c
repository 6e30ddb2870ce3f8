/*
 * observe.c - when parts are observed.
 *
 * Thread:    control.
 * Owns:      one timer per watched part; the list of parts that are due in this turn.
 * Invariant: parts that are due in the same turn go to their provider in one call.
 * Invariant: at most one observe of a part is out; one asked for meanwhile follows it.
 * Invariant: a part whose provider tells changes by itself has no timer.
 * Not here:  what was seen (part.c).
 */
#include <stdlib.h>

#include "wakeproxy/base/clock.h"

#include "control_impl.h"

/* +-10 %, so that parts watched since the same moment do not stay in step. xorshift64. */
static uint64_t spread(struct wp_control *control, uint64_t interval_ms)
{
    uint64_t width = interval_ms / 5;

    control->jitter |= 1;
    control->jitter ^= control->jitter << 13;
    control->jitter ^= control->jitter >> 7;
    control->jitter ^= control->jitter << 17;
    return interval_ms - width / 2 + (width > 0 ? control->jitter % width : 0);
}

static void observe_kind(struct wp_control *control, unsigned kind)
{
    struct wp_provider *provider = control->providers[kind];
    struct wp_provider_part **handles = NULL;
    size_t count = 0, capacity = 0;
    struct wp_list *link;

    while ((link = wp_list_first(&control->due[kind])) != NULL) {
        struct wp_control_part *part = WP_CONTAINER_OF(link, struct wp_control_part, due_link);
        wp_list_remove(link);
        part->is_observing = true;
        part->want_observe = false;
        handles = wp_grow(handles, &capacity, count + 1, sizeof(*handles));
        handles[count++] = part->handle;
    }
    if (count > 0) {
        provider->ops->observe(provider, handles, count);
    }
    free(handles);
}

static void flush(struct wp_deferred *deferred)
{
    struct wp_control *control = WP_CONTAINER_OF(deferred, struct wp_control, flush);

    control->is_flush_planned = false;
    for (unsigned kind = 0; kind < WP_PROVIDER_KINDS; kind++) {
        observe_kind(control, kind);
    }
}

static void plan(struct wp_control_part *part, uint64_t least_ms)
{
    uint64_t interval_ms;

    if (!part->is_watched || !part->handle) {
        return;
    }
    interval_ms = part->trace->control->providers[part->conf->provider]->ops->interval_ms(
        part->handle, part->is_changing);
    if (interval_ms == WP_NEVER) {
        wp_timer_set(&part->observe_timer, WP_NEVER);
        return;
    }
    interval_ms = interval_ms > least_ms ? interval_ms : least_ms;
    wp_timer_set(&part->observe_timer, wp_loop_now_ms(part->trace->control->loop) +
                                           spread(part->trace->control, interval_ms));
}

void wp_observe_now(struct wp_control_part *part)
{
    struct wp_control *control = part->trace->control;

    if (!part->handle) {
        struct wp_event event = {
            .type = WP_EVENT_OBSERVED,
            .part = part->index,
            .state = WP_PART_MISSING,
            .text = part->fault,
        };
        wp_driver_feed(part->trace, &event);
        return;
    }
    if (part->is_observing) {
        part->want_observe = true;
        return;
    }
    wp_timer_set(&part->observe_timer, WP_NEVER);
    if (wp_list_is_empty(&part->due_link)) {
        wp_list_append(&control->due[part->conf->provider], &part->due_link);
    }
    if (!control->is_flush_planned) {
        control->is_flush_planned = true;
        wp_loop_defer(control->loop, &control->flush, flush);
    }
}

void wp_observe_watch(struct wp_control_part *part, bool is_changing)
{
    part->is_watched = true;
    part->is_changing = is_changing;
    if (part->handle && !part->is_observing && wp_list_is_empty(&part->due_link)) {
        plan(part, 0);
    }
}

void wp_observe_done(struct wp_control_part *part, uint64_t retry_after_ms)
{
    part->is_observing = false;
    if (part->want_observe && retry_after_ms == 0) {
        wp_observe_now(part);
        return;
    }
    plan(part, retry_after_ms);
}

void wp_observe_timer(struct wp_timer *timer)
{
    wp_observe_now(WP_CONTAINER_OF(timer, struct wp_control_part, observe_timer));
}
