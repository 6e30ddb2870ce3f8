/*
 * reload.c - swaps the running configuration for another, by the names of traces and parts.
 *
 * Thread:    control.
 * Owns:      nothing; traces hold their reference to the configuration they point into.
 * Invariant: a configuration lives until every engine, part and provider that pointed into it
 *            points into the new one.
 * Invariant: order to the workers: activity slots, views of new traces, routes, and only then the
 *            removal of what left. A worker never finds a route whose view was not posted before.
 * Not here:  reading the file and opening listeners (app), what changed deadlines mean (engine).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_impl.h"
#include "target.h"

/* Whether requests go elsewhere from now on. */
static bool has_upstream_moved(const struct wp_conf_trace *old, const struct wp_conf_trace *new)
{
    const struct wp_conf_upstream *a = &old->upstream, *b = &new->upstream;

    if (a->addresses.count != b->addresses.count || a->port != b->port ||
        (a->part < 0) != (b->part < 0)) {
        return true;
    }
    for (size_t i = 0; i < a->addresses.count; i++) {
        if (strcmp(a->addresses.items[i], b->addresses.items[i]) != 0) {
            return true;
        }
    }
    return a->part >= 0 && strcmp(old->parts[a->part].name, new->parts[b->part].name) != 0;
}

static struct wp_control_part *take_part(struct wp_control_part **parts, uint32_t count,
                                         const struct wp_conf_part *conf)
{
    for (uint32_t i = 0; i < count; i++) {
        struct wp_control_part *part = parts[i];
        if (part && strcmp(part->conf->name, conf->name) == 0 && part->handle &&
            wp_conf_part_eq(part->conf, conf)) {
            parts[i] = NULL;
            return part;
        }
    }
    return NULL;
}

/* The parts of the new definition: kept where they are alike, made anew otherwise. What is left
 * of the old ones is released first, so that a successor never meets its predecessor. */
static void swap_parts(struct wp_control_trace *trace, const struct wp_conf_trace *conf,
                       bool *ret_changed)
{
    struct wp_control_part **old = trace->parts;
    uint32_t old_count = trace->part_count;
    struct wp_control_part **parts = wp_calloc(conf->part_count + 1, sizeof(*parts));

    for (uint32_t i = 0; i < conf->part_count; i++) {
        parts[i] = take_part(old, old_count, &conf->parts[i]);
        ret_changed[i] = parts[i] == NULL;
    }
    for (uint32_t i = 0; i < old_count; i++) {
        wp_part_free(&old[i]);
    }
    free(old);
    for (uint32_t i = 0; i < conf->part_count; i++) {
        if (parts[i]) {
            wp_part_replace_conf(parts[i], &conf->parts[i], i);
        } else {
            parts[i] = wp_part_new(trace, &conf->parts[i], i);
        }
    }
    trace->parts = parts;
    trace->part_count = (uint32_t)conf->part_count;
}

/* Probes point into the old definition. The engine says again what it wants probed; it does not
 * know of addresses of the same upstream that may still join the view. */
static void forget_targets(struct wp_control_trace *trace, bool has_moved)
{
    for (uint32_t i = 0; i < trace->part_count; i++) {
        wp_target_free(&trace->parts[i]->target);
    }
    if (trace->target && (has_moved || !wp_target_is_lingering(trace->target))) {
        wp_target_free(&trace->target);
    }
}

static void keep(struct wp_control_trace *trace, struct wp_conf *owner,
                 const struct wp_conf_trace *conf)
{
    struct wp_conf *old_owner = trace->conf_owner;
    const struct wp_conf_trace *old = trace->conf;
    bool has_moved = has_upstream_moved(old, conf);
    bool *changed = wp_calloc(conf->part_count + 1, sizeof(*changed));
    struct wp_event event = {.type = WP_EVENT_CONFIG, .conf = conf, .part_changed = changed};

    trace->is_removing = false;
    trace->conf_owner = wp_conf_ref(owner);
    forget_targets(trace, has_moved);
    swap_parts(trace, conf, changed);
    trace->conf = conf;
    if (trace->target) {
        wp_target_redefined(trace->target);
    }
    if (has_moved) {
        trace->ready_count = 0; /* an AWAKE view must find the new ones first */
    }
    wp_driver_feed(trace, &event);
    if (trace->ready_count == 0) {
        wp_publish_again(trace);
    }
    free(changed);
    wp_conf_unref(&old_owner);
}

static void adopt(struct wp_control_trace *trace, struct wp_conf *owner,
                  const struct wp_conf_trace *conf)
{
    if (trace->engine && trace->conf != conf) {
        /* Every step does what is due, and names parts by the indexes the engine knows: so the
         * counters go in while those are the parts at hand. The trace may be gone afterwards. */
        struct wp_event activity = wp_idle_read(trace);
        wp_driver_feed(trace, &activity);
    }
    if (!trace->engine) {
        wp_table_begin(trace, owner, conf);
    } else if (trace->is_gone) {
        wp_conf_unref(&trace->readd_owner);
        trace->readd_owner = wp_conf_ref(owner);
        trace->readd_conf = conf;
    } else if (trace->conf != conf) {
        keep(trace, owner, conf);
    }
}

static void post_routes(struct wp_control *control, struct wp_conf *conf, const uint32_t *ids,
                        struct wp_listener_fd **listeners, uint32_t listener_count)
{
    struct wp_routes *routes = wp_routes_new(conf, ids);

    for (unsigned i = 0; i < control->bus->worker_count; i++) {
        struct wp_msg *msg = wp_msg_new(WP_MSG_ROUTES, WP_TRACE_NONE);
        msg->routes = wp_routes_ref(routes);
        msg->listeners = listeners[i];
        msg->listener_count = listener_count;
        wp_bus_to_worker(control->bus, i, msg);
    }
    free(listeners);
    wp_routes_unref(&routes);
}

static void remove_missing(struct wp_control *control, const bool *is_listed, size_t count)
{
    struct wp_event event = {
        .type = WP_EVENT_REMOVE,
        .text = "the trace left the configuration",
    };

    for (size_t i = 0; i < count; i++) {
        struct wp_control_trace *trace = control->traces[i];
        if (is_listed[i] || !trace->engine) {
            continue;
        }
        wp_conf_unref(&trace->readd_owner);
        if (!trace->is_removing) {
            trace->is_removing = true;
            wp_driver_feed_active(trace, &event);
        }
    }
}

int wp_reload_apply(struct wp_control *control, struct wp_conf *conf,
                    struct wp_listener_fd **listeners, uint32_t listener_count)
{
    uint32_t *ids = wp_calloc(conf->trace_count + 1, sizeof(*ids));
    struct wp_conf *old = control->conf;
    bool *is_listed;
    size_t count;
    int result = 0;

    for (size_t i = 0; i < conf->trace_count; i++) {
        struct wp_control_trace *trace = wp_table_intern(control, conf->traces[i].name);
        if (!trace) {
            result = -E2BIG;
            goto out;
        }
        ids[i] = trace->id;
    }
    count = control->trace_count;
    wp_activity_reserve(control->bus->activity, (uint32_t)count);
    is_listed = wp_calloc(count + 1, sizeof(*is_listed));
    for (size_t i = 0; i < conf->trace_count; i++) {
        is_listed[ids[i]] = true;
        adopt(control->traces[ids[i]], conf, &conf->traces[i]);
    }
    if (listeners) {
        post_routes(control, conf, ids, listeners, listener_count);
    }
    remove_missing(control, is_listed, count);
    free(is_listed);
    control->conf = wp_conf_ref(conf);
    wp_conf_unref(&old);
out:
    free(ids);
    return result;
}
