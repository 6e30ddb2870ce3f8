/*
 * config.c - a new definition for a running trace, and the end of a trace.
 *
 * Thread:    whoever steps the trace.
 * Invariant: parts are matched by name; an unchanged one keeps all that is known of it and its call
 *            that is out. A new or changed one is unknown until it was observed.
 * Invariant: REMOVE ends: what cannot be drained or stopped in time is given up with an entry.
 * Not here:  reconfiguring and releasing parts at their providers (control).
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static struct wp_engine_part *find_part(struct wp_engine_part *parts, uint32_t count,
                                        const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(parts[i].conf->name, name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

/* Returns whether anything of the parts differs. */
static bool replace_parts(struct wp_trace *trace, const struct wp_conf_trace *conf,
                          const bool *part_changed)
{
    struct wp_engine_part *parts = wp_calloc(conf->part_count + 1, sizeof(parts[0]));
    uint32_t kept = 0;

    for (uint32_t i = 0; i < conf->part_count; i++) {
        struct wp_engine_part *old =
            find_part(trace->parts, trace->part_count, conf->parts[i].name);

        if (old != NULL && (part_changed == NULL || !part_changed[i])) {
            parts[i] = *old;
            old->detail = old->probe_reason = old->retry_reason = NULL;
            parts[i].conf = &conf->parts[i];
            kept++;
        } else {
            wp_engine_part_init(&parts[i], &conf->parts[i]);
        }
        /* Indexes may have moved and probes been defined anew: say again what is wanted. */
        parts[i].is_watched = false;
        parts[i].cadence = WP_ENGINE_NO_CADENCE;
    }
    for (uint32_t i = 0; i < trace->part_count; i++) {
        wp_engine_part_fini(&trace->parts[i]);
    }
    free(trace->parts);
    bool differs = kept != conf->part_count || kept != trace->part_count;
    trace->parts = parts;
    trace->part_count = (uint32_t)conf->part_count;
    return differs;
}

static bool upstream_eq(const struct wp_conf_trace *a, const struct wp_conf_trace *b)
{
    if (a->upstream.part != b->upstream.part || a->upstream.port != b->upstream.port ||
        a->upstream.addresses.count != b->upstream.addresses.count) {
        return false;
    }
    for (size_t i = 0; i < a->upstream.addresses.count; i++) {
        if (strcmp(a->upstream.addresses.items[i], b->upstream.addresses.items[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* What was not told to stop yet is not told any more. */
static void forget_stops(struct wp_trace *trace)
{
    wp_engine_drain_drop(trace);
    trace->may_cut = false;
    trace->is_sleep_asked = false;
    for (uint32_t i = 0; i < trace->part_count; i++) {
        trace->parts[i].must_stop = false;
        trace->parts[i].is_given_up = false;
    }
}

/* From now on only talk. */
static void stop_nothing(struct wp_trace *trace)
{
    if (trace->drain.kind != WP_ENGINE_DRAIN_NONE && trace->is_served) {
        wp_engine_drain_abort(trace, "a dry run stops nothing");
    }
    forget_stops(trace);
}

void wp_engine_config(struct wp_trace *trace, const struct wp_conf_trace *conf,
                      const bool *part_changed)
{
    bool differs = !upstream_eq(trace->conf, conf);

    differs = replace_parts(trace, conf, part_changed) || differs;
    trace->conf = conf;
    /* A shorter idle window counts at once, also for the wait after a restart. */
    if (trace->not_before_ms > wp_engine_add(trace->now_ms, conf->idle_ms)) {
        trace->not_before_ms = wp_engine_add(trace->now_ms, conf->idle_ms);
    }
    trace->upstream_cadence = WP_ENGINE_NO_CADENCE;
    trace->is_upstream_ok = false;
    trace->is_max_warned = false;
    trace->rearm_ms = 0;
    wp_engine_record(trace, "config", differs ? "the definition changed" : "loaded again");
    if (trace->is_removing) {
        trace->is_removing = false;
        forget_stops(trace);
        wp_engine_text_set(&trace->cause, "configured again");
        wp_engine_publish(trace, WP_WANT_HOLD);
    }
    if (conf->dry_run) {
        stop_nothing(trace);
    }
    if (!differs) {
        return;
    }
    if (trace->is_served && trace->drain.kind == WP_ENGINE_DRAIN_NONE) {
        /* The view carries the upstream's addresses. */
        wp_engine_publish(trace, WP_WANT_AWAKE);
    }
    if (trace->is_failed) {
        trace->failure_count = 0; /* what failed may be what was changed */
        trace->retry_at_ms = trace->now_ms;
    }
}

void wp_engine_remove(struct wp_trace *trace)
{
    if (trace->is_removing) {
        return;
    }
    trace->is_removing = true;
    trace->remove_since_ms = trace->now_ms;
    wp_engine_text_set(&trace->cause, "removed from the configuration");
    wp_engine_record(trace, "remove", "%s", trace->cause);
    wp_engine_drain_drop(trace);
    wp_engine_sleep_begin(trace, false);
    trace->is_failed = false;
    trace->view = WP_WANT_GONE;
    if (trace->is_quiet || trace->may_cut || trace->conf->dry_run || trace->part_count == 0) {
        wp_engine_publish(trace, WP_WANT_GONE);
    } else {
        wp_engine_drain_begin(trace, WP_ENGINE_DRAIN_REMOVE);
    }
    if (!trace->conf->dry_run) {
        wp_engine_sleep_mark_all(trace);
    }
}

/* How long stopping may take in all: a part after the other, each within its time. */
static uint64_t remove_limit_ms(const struct wp_trace *trace)
{
    uint64_t at_ms = wp_engine_add(trace->remove_since_ms, trace->conf->drain_timeout_ms);

    for (uint32_t i = 0; i <= trace->part_count; i++) {
        at_ms = wp_engine_add(at_ms, trace->conf->stop_timeout_ms);
    }
    return at_ms;
}

/* Whether nothing of the part is waited for any more. */
static bool is_gone(struct wp_trace *trace, struct wp_engine_part *part)
{
    uint64_t at_ms = remove_limit_ms(trace);

    if (part->is_given_up || (wp_engine_part_is_down(part) && part->op == WP_ENGINE_OP_NONE)) {
        return true;
    }
    if (part->stop_since_ms != 0) {
        uint64_t since_ms = part->stop_since_ms > trace->remove_since_ms ? part->stop_since_ms
                                                                         : trace->remove_since_ms;
        uint64_t part_ms = wp_engine_add(since_ms, trace->conf->stop_timeout_ms);

        at_ms = part_ms < at_ms ? part_ms : at_ms;
    }
    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return false;
    }
    part->is_given_up = true;
    trace->is_again = true;
    wp_engine_record(trace, "part.given_up", "%s could not be stopped in time", part->conf->name);
    return true;
}

void wp_engine_remove_pass(struct wp_trace *trace)
{
    bool is_done = true;

    if (!trace->conf->dry_run && trace->part_count > 0) {
        if (trace->drain.kind == WP_ENGINE_DRAIN_REMOVE) {
            return; /* bounded by itself */
        }
        wp_engine_sleep_mark_all(trace);
        wp_engine_stop_pass(trace);
        for (uint32_t i = 0; i < trace->part_count; i++) {
            is_done = is_gone(trace, &trace->parts[i]) && is_done;
        }
    }
    if (is_done) {
        trace->is_removed = true;
        wp_engine_record(trace, "removed", "nothing of it is left to do");
        wp_engine_emit(trace, &(struct wp_action){.type = WP_ACTION_REMOVED});
    }
}
