/*
 * drain.c - the handshake before anything is stopped.
 *
 * DRAIN(epoch) asks every worker to hold new requests and to say whether exchanges are active. All
 * idle, in this epoch: the promise that makes a stop safe (is_quiet), kept until the next AWAKE
 * view. The deadline is read once more after the promise, in a TICK with fresh counters.
 *
 *   kind      busy answer                    no more reason to        drain_timeout
 *   IDLE      awake again                    awake again              -
 *   OPERATOR  awake again, tried in a second awake again              -
 *   FORCED    asked again every second       awake again              stops all the same
 *   LEFTOVER  after another idle time        dropped                  -
 *   CLEANUP   asked again in 5 seconds       -                        -
 *   REMOVE    asked again every second       -                        stops all the same
 *
 * Thread:    whoever steps the trace.
 * Invariant: an answer of another epoch than the latest DRAIN's is ignored.
 * Invariant: is_quiet is set here and nowhere else (but at creation: new workers know nothing).
 *            A stop by force (may_cut) is no promise: it ends with that stop.
 * Not here:  collecting the workers' answers (control).
 */
#include "internal.h"

#define CLEANUP_AGAIN_MS 5000u
#define REARM_MIN_MS     60000u

static void send_drain(struct wp_trace *trace)
{
    struct wp_engine_drain *drain = &trace->drain;

    drain->epoch = ++trace->epoch;
    drain->sent_ms = trace->now_ms;
    drain->is_acked = false;
    drain->is_busy = false;
    wp_engine_emit(trace,
                   &(struct wp_action){.type = WP_ACTION_DRAIN, .epoch = trace->drain.epoch});
    if (trace->view == WP_WANT_BROKEN || trace->view == WP_WANT_GONE) {
        wp_engine_publish(trace, trace->view); /* DRAIN turns every view into HOLD */
    } else {
        trace->view = WP_WANT_HOLD;
    }
}

void wp_engine_drain_begin(struct wp_trace *trace, enum wp_engine_drain_kind kind)
{
    trace->drain.kind = kind;
    trace->drain.since_ms = trace->now_ms;
    trace->is_again = true;
    wp_engine_record(trace, "drain", "%s", trace->cause == NULL ? "" : trace->cause);
    send_drain(trace);
}

void wp_engine_drain_acked(struct wp_trace *trace, uint64_t epoch, bool is_busy)
{
    struct wp_engine_drain *drain = &trace->drain;

    if (drain->kind == WP_ENGINE_DRAIN_NONE || drain->is_acked || epoch != drain->epoch) {
        return;
    }
    drain->is_acked = true;
    drain->is_busy = is_busy;
}

void wp_engine_drain_drop(struct wp_trace *trace)
{
    trace->drain.kind = WP_ENGINE_DRAIN_NONE;
}

void wp_engine_drain_abort(struct wp_trace *trace, const char *cause)
{
    wp_engine_drain_drop(trace);
    trace->is_again = true;
    trace->is_wake_pending = false; /* the view answers them */
    wp_engine_text_set(&trace->cause, "%s", cause);
    wp_engine_record(trace, "drain.aborted", "%s", cause);
    wp_engine_publish(trace, WP_WANT_AWAKE);
    trace->open_epoch = trace->epoch;
}

static void grant(struct wp_trace *trace, bool by_force)
{
    enum wp_engine_drain_kind kind = trace->drain.kind;

    wp_engine_drain_drop(trace);
    trace->is_quiet = trace->is_quiet || !by_force;
    trace->may_cut = by_force;
    trace->is_again = true;
    switch (kind) {
    case WP_ENGINE_DRAIN_IDLE:
    case WP_ENGINE_DRAIN_OPERATOR:
    case WP_ENGINE_DRAIN_FORCED:
        trace->is_forced_stop = kind == WP_ENGINE_DRAIN_FORCED;
        wp_engine_record(trace, "stop", "%s", trace->cause == NULL ? "" : trace->cause);
        wp_engine_sleep_begin(trace, true);
        break;
    case WP_ENGINE_DRAIN_LEFTOVER:
    case WP_ENGINE_DRAIN_REMOVE:
        wp_engine_sleep_mark_all(trace);
        break;
    case WP_ENGINE_DRAIN_CLEANUP:
    case WP_ENGINE_DRAIN_NONE:
        break;
    }
}

/* FORCED and REMOVE wait for exchanges only so long. */
static bool grant_by_force(struct wp_trace *trace)
{
    uint64_t at_ms = wp_engine_add(trace->drain.since_ms, trace->conf->drain_timeout_ms);

    if (trace->drain.kind != WP_ENGINE_DRAIN_FORCED &&
        trace->drain.kind != WP_ENGINE_DRAIN_REMOVE) {
        return false;
    }
    if (trace->drain.kind == WP_ENGINE_DRAIN_FORCED &&
        trace->now_ms < wp_engine_deadline_forced(trace)) {
        /* A reload took the reason away: from now on it may sleep only as an idle one. */
        trace->drain.kind = WP_ENGINE_DRAIN_IDLE;
        if (trace->now_ms < wp_engine_deadline(trace).at_ms) {
            wp_engine_drain_abort(trace, "the deadline moved");
        }
        return trace->drain.kind == WP_ENGINE_DRAIN_NONE;
    }
    if (!trace->drain.is_acked && at_ms < trace->drain.since_ms + WP_ENGINE_ACK_TIMEOUT_MS) {
        /* However short the time, the workers must have had a chance to let go. */
        at_ms = trace->drain.since_ms + WP_ENGINE_ACK_TIMEOUT_MS;
    }
    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return false;
    }
    wp_engine_record(trace, "drain.forced", "exchanges were still active at the drain_timeout");
    grant(trace, true);
    return true;
}

static void await_answer(struct wp_trace *trace)
{
    uint64_t at_ms = trace->drain.sent_ms + WP_ENGINE_ACK_TIMEOUT_MS;
    uint64_t idle_ms = trace->conf->idle_ms;

    if (trace->now_ms < at_ms) {
        wp_engine_want_tick(trace, at_ms);
        return;
    }
    wp_engine_record(trace, "drain.unanswered", "a worker did not answer in time");
    if (trace->is_served && trace->drain.kind != WP_ENGINE_DRAIN_FORCED) {
        trace->rearm_ms =
            wp_engine_add(trace->now_ms, idle_ms > REARM_MIN_MS ? idle_ms : REARM_MIN_MS);
        trace->drain.again_ms = trace->now_ms + REARM_MIN_MS;
        wp_engine_drain_abort(trace, "a worker did not answer in time");
        return;
    }
    send_drain(trace);
    wp_engine_want_tick(trace, trace->now_ms + WP_ENGINE_ACK_TIMEOUT_MS);
}

static void handle_busy(struct wp_trace *trace)
{
    uint64_t again_ms = trace->drain.sent_ms + WP_ENGINE_POLL_MS;

    switch (trace->drain.kind) {
    case WP_ENGINE_DRAIN_NONE:
        return;
    case WP_ENGINE_DRAIN_IDLE:
    case WP_ENGINE_DRAIN_OPERATOR:
        wp_engine_deadline_touch(trace);
        trace->drain.again_ms = trace->now_ms + WP_ENGINE_POLL_MS;
        wp_engine_drain_abort(trace, "exchanges are active");
        return;
    case WP_ENGINE_DRAIN_FORCED:
    case WP_ENGINE_DRAIN_REMOVE:
        if (trace->is_tick && trace->now_ms >= again_ms) {
            send_drain(trace);
            again_ms = trace->now_ms + WP_ENGINE_ACK_TIMEOUT_MS;
        }
        wp_engine_want_tick(trace, again_ms < trace->now_ms ? trace->now_ms : again_ms);
        return;
    case WP_ENGINE_DRAIN_LEFTOVER:
    case WP_ENGINE_DRAIN_CLEANUP:
        wp_engine_deadline_touch(trace);
        trace->drain.again_ms = trace->now_ms + CLEANUP_AGAIN_MS;
        wp_engine_drain_drop(trace);
        trace->is_again = true;
        return;
    }
}

static void handle_idle(struct wp_trace *trace)
{
    struct wp_engine_deadline deadline = wp_engine_deadline(trace);

    if (!trace->is_tick) {
        wp_engine_want_tick(trace, trace->now_ms); /* first the counters, read after the promise */
        return;
    }
    switch (trace->drain.kind) {
    case WP_ENGINE_DRAIN_IDLE:
    case WP_ENGINE_DRAIN_FORCED:
        if (trace->now_ms < deadline.at_ms) {
            wp_engine_drain_abort(trace, "the deadline moved");
            return;
        }
        if (deadline.is_forced && trace->drain.kind == WP_ENGINE_DRAIN_IDLE) {
            /* Used in the meantime, and meanwhile max_awake has come. */
            trace->drain.kind = WP_ENGINE_DRAIN_FORCED;
            wp_engine_deadline_text(trace, &deadline, &trace->cause);
        }
        break;
    case WP_ENGINE_DRAIN_OPERATOR:
        if (!trace->is_sleep_asked) {
            wp_engine_drain_abort(trace, "the order to sleep was taken back");
            return;
        }
        break;
    case WP_ENGINE_DRAIN_LEFTOVER:
        if (trace->now_ms < wp_engine_deadline_leftover(trace)) {
            wp_engine_drain_drop(trace);
            trace->is_again = true;
            return;
        }
        break;
    case WP_ENGINE_DRAIN_CLEANUP:
    case WP_ENGINE_DRAIN_REMOVE:
    case WP_ENGINE_DRAIN_NONE:
        break;
    }
    grant(trace, false);
}

void wp_engine_drain_pass(struct wp_trace *trace)
{
    if (trace->drain.kind == WP_ENGINE_DRAIN_NONE) {
        return;
    }
    if (trace->drain.is_acked && !trace->drain.is_busy) {
        handle_idle(trace);
    } else if (!grant_by_force(trace)) {
        if (trace->drain.is_acked) {
            handle_busy(trace);
        } else {
            await_answer(trace);
        }
    }
}
