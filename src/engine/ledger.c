/*
 * ledger.c - the record of what moved a trace, with causes: a ring of the latest entries.
 *
 * Thread:    whoever steps the trace.
 * Owns:      the ring. It grows on demand (2, 4, ... 64), because most of many configured traces
 *            sleep and have next to no history.
 * Invariant: sequence numbers have no gaps; the kept ones are the newest `ledger_capacity`.
 * Invariant: each change of phase is told by exactly one entry: the first one of its step that is
 *            not mere news of a part, or one named "phase" when there is none.
 * Not here:  writing entries to logs or disk (control).
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct wp_ledger_entry *slot(const struct wp_trace *trace, uint64_t sequence)
{
    return &trace->ledger[(sequence - 1) % trace->ledger_capacity];
}

static void reserve(struct wp_trace *trace)
{
    /* Until the ring has its full size it has not wrapped, so entries keep their places. */
    if (trace->ledger_last < trace->ledger_capacity ||
        trace->ledger_capacity == WP_ENGINE_LEDGER_MAX) {
        return;
    }
    trace->ledger_capacity = trace->ledger_capacity == 0 ? 2 : trace->ledger_capacity * 2;
    trace->ledger =
        wp_reallocarray(trace->ledger, trace->ledger_capacity, sizeof(trace->ledger[0]));
}

void wp_engine_record(struct wp_trace *trace, const char *what, const char *format, ...)
{
    struct wp_ledger_entry *entry;
    va_list args;

    reserve(trace);
    entry = slot(trace, ++trace->ledger_last);
    *entry = (struct wp_ledger_entry){
        .sequence = trace->ledger_last,
        .at_ms = trace->now_ms,
        .from = trace->phase,
        .to = trace->phase,
    };
    (void)snprintf(entry->what, sizeof(entry->what), "%s", what);
    va_start(args, format);
    (void)vsnprintf(entry->cause, sizeof(entry->cause), format, args);
    va_end(args);
    /* The sequence travels in `epoch`, so that the reader need not guess which entry is meant. */
    wp_engine_emit(trace,
                   &(struct wp_action){.type = WP_ACTION_RECORD, .epoch = trace->ledger_last});
}

/* News of a part may come first in a step; what the trace makes of it is what changed the phase. */
static bool is_mover(const struct wp_ledger_entry *entry)
{
    return strncmp(entry->what, "part.", 5) != 0;
}

void wp_engine_ledger_settle(struct wp_trace *trace)
{
    enum wp_phase before = trace->phase;
    enum wp_phase phase = wp_engine_phase(trace);
    uint64_t first = trace->ledger_step + 1;
    uint64_t mover = 0;

    if (trace->ledger_last - trace->ledger_step > trace->ledger_capacity) {
        first = trace->ledger_last - trace->ledger_capacity + 1;
    }
    for (uint64_t i = first; i <= trace->ledger_last && mover == 0; i++) {
        mover = is_mover(slot(trace, i)) ? i : 0;
    }
    if (phase != before && mover == 0) {
        wp_engine_record(trace, "phase", "%s", trace->reason == NULL ? "" : trace->reason);
        mover = trace->ledger_last;
    }
    trace->phase = phase;
    for (uint64_t i = first; i <= trace->ledger_last; i++) {
        struct wp_ledger_entry *entry = slot(trace, i);

        entry->from = mover != 0 && i > mover ? phase : before;
        entry->to = mover != 0 && i >= mover ? phase : before;
        entry->deadline_ms = wp_trace_deadline_ms(trace);
    }
}

const struct wp_ledger_entry *wp_trace_ledger(const struct wp_trace *trace, uint64_t sequence)
{
    if (sequence == 0 || sequence > trace->ledger_last ||
        trace->ledger_last - sequence >= trace->ledger_capacity) {
        return NULL;
    }
    return slot(trace, sequence);
}

uint64_t wp_trace_ledger_last(const struct wp_trace *trace)
{
    return trace->ledger_last;
}
