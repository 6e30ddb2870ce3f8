/*
 * part.c - what is known of one part: observations, its own readiness check, and time passing.
 *
 * Thread:    whoever steps the trace.
 * Owns:      the texts of its part.
 * Invariant: `state` is what was last seen; an observation that could not tell keeps it and sets
 *            blurred_since_ms. What to take the part for (wp_engine_part_state) also counts calls
 *            that are out or accepted: observations may be older than those.
 * Invariant: "stopped" soon after an accepted start is not believed until the grace has passed or
 *            the part was seen up in between; it is asked again at the grace's end.
 * Not here:  calls (op.c); what the trace makes of it (wake.c, serve.c, sleep.c).
 */
#include "internal.h"

#include <string.h>

#define OBSERVE_FIRST_MS    10000u
#define OBSERVE_CAP_MS      300000u
#define OBSERVE_BUSY_CAP_MS 30000u
#define BLURRED_FIRST_MS    2000u

void wp_engine_part_init(struct wp_engine_part *part, const struct wp_conf_part *conf)
{
    *part = (struct wp_engine_part){
        .conf = conf,
        .state = WP_PART_UNKNOWN,
        .observe_at_ms = 0,
        .cadence = WP_ENGINE_NO_CADENCE,
    };
}

void wp_engine_part_fini(struct wp_engine_part *part)
{
    wp_engine_text_set(&part->detail, NULL);
    wp_engine_text_set(&part->probe_reason, NULL);
    wp_engine_text_set(&part->retry_reason, NULL);
}

bool wp_engine_part_is_seen(const struct wp_engine_part *part)
{
    return part->state != WP_PART_UNKNOWN;
}

enum wp_part_state wp_engine_part_state(const struct wp_engine_part *part)
{
    switch (part->state) {
    case WP_PART_STOPPED:
    case WP_PART_MISSING:
        if (part->op == WP_ENGINE_OP_START || part->is_started) {
            return WP_PART_STARTING;
        }
        break;
    case WP_PART_STARTING:
    case WP_PART_RUNNING:
        if (part->op == WP_ENGINE_OP_STOP || part->is_stop_accepted) {
            return WP_PART_STOPPING;
        }
        break;
    case WP_PART_STOPPING:
    case WP_PART_UNKNOWN:
        break;
    }
    return part->state;
}

bool wp_engine_part_is_down(const struct wp_engine_part *part)
{
    enum wp_part_state state = wp_engine_part_state(part);

    return state == WP_PART_STOPPED || state == WP_PART_MISSING;
}

bool wp_engine_part_is_ready(const struct wp_engine_part *part)
{
    return wp_engine_part_state(part) == WP_PART_RUNNING &&
           (part->conf->ready == NULL || part->is_ready);
}

static bool is_up(enum wp_part_state state)
{
    return state == WP_PART_STARTING || state == WP_PART_RUNNING;
}

static void seen_up(struct wp_trace *trace, struct wp_engine_part *part, enum wp_part_state before)
{
    if (part->op == WP_ENGINE_OP_START || part->is_started) {
        part->is_up_seen = true;
    }
    part->is_started = false;
    if (before == WP_PART_STOPPED || before == WP_PART_MISSING) {
        /* Something changed that an earlier attempt to adopt could not know. */
        trace->is_adopt_blocked = false;
    }
}

static void seen_down(struct wp_trace *trace, struct wp_engine_part *part)
{
    bool was_stopping = part->is_stop_accepted || part->op == WP_ENGINE_OP_STOP;

    part->is_ready = false;
    part->is_stop_accepted = false;
    if (part->op == WP_ENGINE_OP_START) {
        return; /* its DONE will tell */
    }
    if (part->is_started) {
        if (trace->now_ms < part->accepted_ms + WP_ENGINE_START_GRACE_MS) {
            part->observe_at_ms = part->accepted_ms + WP_ENGINE_START_GRACE_MS;
            return;
        }
        part->is_started = false;
        part->is_start_failed = true;
    } else if (part->is_ours && part->is_up_seen && !was_stopping) {
        part->is_start_failed = true;
    }
    wp_engine_op_forget_stop(part);
}

static void told_state(struct wp_trace *trace, struct wp_engine_part *part,
                       enum wp_part_state before)
{
    if (before == part->state) {
        return;
    }
    wp_engine_record(trace, "part.observed", "%s is %s%s%s", part->conf->name,
                     wp_part_state_name(part->state), part->detail == NULL ? "" : ": ",
                     part->detail == NULL ? "" : part->detail);
    if (part->retries_on_change) {
        part->retries_on_change = false;
        part->retry_at_ms = trace->now_ms;
    }
}

/* Whether news of the part is worth asking for often. */
static bool is_changing(const struct wp_trace *trace, const struct wp_engine_part *part)
{
    enum wp_part_state state = wp_engine_part_state(part);

    return (trace->goal == WP_ENGINE_UP && !trace->is_served) || part->must_stop ||
           part->op != WP_ENGINE_OP_NONE || part->is_started || part->is_stop_accepted ||
           state == WP_PART_STARTING || state == WP_PART_STOPPING;
}

static uint64_t observe_again_ms(const struct wp_trace *trace, struct wp_engine_part *part,
                                 uint64_t first_ms)
{
    return trace->now_ms + wp_engine_backoff_doubled(first_ms, ++part->observe_tries,
                                                     is_changing(trace, part) ? OBSERVE_BUSY_CAP_MS
                                                                              : OBSERVE_CAP_MS);
}

void wp_engine_part_observed(struct wp_trace *trace, uint32_t index, enum wp_part_state state,
                             const char *detail)
{
    struct wp_engine_part *part = &trace->parts[index];
    enum wp_part_state before = part->state;

    if (detail != NULL && detail[0] != '\0') {
        wp_engine_text_set(&part->detail, "%s", detail);
    } else {
        wp_engine_text_set(&part->detail, NULL);
    }
    if (state == WP_PART_UNKNOWN) {
        if (part->blurred_since_ms == 0) {
            part->blurred_since_ms = trace->now_ms;
        }
        /* A provider that tells changes by itself owes nothing now: ask until it can tell. */
        part->observe_at_ms = observe_again_ms(trace, part, BLURRED_FIRST_MS);
        return;
    }
    part->blurred_since_ms = 0;
    part->observe_at_ms = WP_NEVER;
    part->observe_tries = 0;
    part->state = state;
    told_state(trace, part, before);
    if (is_up(state)) {
        seen_up(trace, part, before);
    } else if (state == WP_PART_STOPPED || state == WP_PART_MISSING) {
        seen_down(trace, part);
    } else {
        part->is_ready = false;
    }
}

void wp_engine_part_probed(struct wp_trace *trace, uint32_t index, bool ok, const char *reason)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (part->cadence == WP_ENGINE_NO_CADENCE || part->cadence == (int)WP_CADENCE_OFF) {
        return; /* told before the probe was switched off */
    }
    part->is_ready = ok;
    if (ok) {
        wp_engine_text_set(&part->probe_reason, NULL);
        wp_engine_record(trace, "part.ready", "%s passes its readiness check", part->conf->name);
    } else if (reason != NULL) {
        wp_engine_text_set(&part->probe_reason, "%s", reason);
    }
}

static void pass_cadence(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];
    enum wp_cadence cadence = WP_CADENCE_OFF;

    if (part->conf->ready == NULL) {
        return;
    }
    if (trace->goal == WP_ENGINE_UP && !trace->is_served && !part->is_ready) {
        enum wp_part_state state = wp_engine_part_state(part);

        cadence = state == WP_PART_RUNNING    ? WP_CADENCE_FAST
                  : state == WP_PART_STARTING ? WP_CADENCE_SPARSE
                                              : WP_CADENCE_OFF;
    }
    if (part->cadence != (int)cadence &&
        (part->cadence != WP_ENGINE_NO_CADENCE || cadence != WP_CADENCE_OFF)) {
        part->cadence = (int)cadence;
        wp_engine_emit(
            trace, &(struct wp_action){.type = WP_ACTION_PROBE, .part = index, .cadence = cadence});
    }
}

static void pass_watch(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];
    bool changing = is_changing(trace, part);

    if (part->is_watched && part->is_changing == changing) {
        return;
    }
    part->is_watched = true;
    part->is_changing = changing;
    wp_engine_emit(
        trace, &(struct wp_action){.type = WP_ACTION_WATCH, .part = index, .changing = changing});
}

void wp_engine_part_pass(struct wp_trace *trace, uint32_t index)
{
    struct wp_engine_part *part = &trace->parts[index];

    if (part->stage_since_ms != 0 && part->stage_ms == 0 && wp_engine_part_is_ready(part)) {
        part->stage_ms = trace->now_ms - part->stage_since_ms;
    }
    if (trace->now_ms >= part->observe_at_ms) {
        wp_engine_emit_part(trace, WP_ACTION_OBSERVE, index);
        part->observe_at_ms = WP_NEVER;
        if (!wp_engine_part_is_seen(part) || part->blurred_since_ms != 0) {
            /* Nothing is decided without it, so an observation that got lost is asked for again. */
            part->observe_at_ms = observe_again_ms(trace, part, OBSERVE_FIRST_MS);
        } else if (part->is_started) {
            part->observe_at_ms = trace->now_ms + WP_ENGINE_START_GRACE_MS;
        }
    }
    wp_engine_want_tick(trace, part->observe_at_ms);
    pass_watch(trace, index);
    pass_cadence(trace, index);
}
