/*
 * drain.c - control's side of the drain handshake: one DRAIN to every worker, one answer from each.
 *
 * Thread:    control.
 * Owns:      the set of workers whose answer is missing, while a drain is out.
 * Invariant: the engine hears DRAIN_ACKED only after every worker has answered for this very
 *            epoch. Answers for another epoch are ignored: they promise nothing about this one.
 * Invariant: a worker that has ended has no exchange and will start none, so it counts as an idle
 *            answer.
 * Not here:  what follows from the answer (engine).
 */
#include <stdlib.h>

#include "control_impl.h"

void wp_drain_cancel(struct wp_control_trace *trace)
{
    free(trace->drain.has_acked);
    trace->drain = (struct wp_drain){.has_acked = NULL};
}

static void complete(struct wp_control_trace *trace)
{
    struct wp_event event = {
        .type = WP_EVENT_DRAIN_ACKED,
        .epoch = trace->drain.epoch - trace->epoch_base,
        .busy = trace->drain.is_busy,
    };

    wp_drain_cancel(trace);
    /* The counters first: what moved the deadline meanwhile must be known to the decision. */
    wp_driver_feed_active(trace, &event);
}

static void answer(struct wp_control_trace *trace, uint32_t worker, bool is_busy)
{
    struct wp_drain *drain = &trace->drain;

    if (drain->has_acked[worker]) {
        return;
    }
    drain->has_acked[worker] = true;
    drain->is_busy |= is_busy;
    if (--drain->missing == 0) {
        complete(trace);
    }
}

void wp_drain_begin(struct wp_control_trace *trace, uint64_t engine_epoch)
{
    struct wp_control *control = trace->control;
    unsigned workers = control->bus->worker_count;

    wp_drain_cancel(trace);
    trace->drain.epoch = trace->epoch_base + engine_epoch;
    trace->drain.missing = workers;
    trace->drain.has_acked = wp_calloc(workers, sizeof(bool));
    trace->epoch_last = trace->drain.epoch;
    for (unsigned i = 0; i < workers; i++) {
        if (!control->has_stopped[i]) {
            struct wp_msg *msg = wp_msg_new(WP_MSG_DRAIN, trace->id);
            msg->epoch = trace->drain.epoch;
            wp_bus_to_worker(control->bus, i, msg);
        }
    }
    for (unsigned i = 0; i < workers && trace->drain.has_acked; i++) {
        if (control->has_stopped[i]) {
            answer(trace, i, false);
        }
    }
}

void wp_drain_ack(struct wp_control_trace *trace, uint32_t worker, uint64_t epoch, bool is_busy)
{
    if (!trace->drain.has_acked || epoch != trace->drain.epoch ||
        worker >= trace->control->bus->worker_count) {
        return;
    }
    answer(trace, worker, is_busy);
}

void wp_drain_worker_gone(struct wp_control *control, uint32_t worker)
{
    for (size_t i = 0; i < control->trace_count; i++) {
        if (control->traces[i]->drain.has_acked) {
            answer(control->traces[i], worker, false);
        }
    }
}
