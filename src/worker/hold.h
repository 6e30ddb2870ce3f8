/*
 * hold.h - exchanges that wait for their trace: entering, leaving, release in order of arrival.
 */
#ifndef WAKEPROXY_WORKER_HOLD_H
#define WAKEPROXY_WORKER_HOLD_H

#include "state.h"

/* Whether exchanges of this trace may be forwarded now. */
static inline bool wp_trace_is_open(const struct wp_trace_slot *trace)
{
    return trace->view != NULL && trace->view->status == WP_VIEW_AWAKE && !trace->is_distrusted &&
           trace->conf != NULL; /* routes may tell of its end before its view does */
}

/*
 * Lets the exchange wait: at the end of the queue, or at its front when it has waited before.
 * False when a budget is exhausted (the caller answers 503). Asks for a wake when it may.
 */
bool wp_hold_enter(struct wp_exchange *exchange, bool at_front) WP_MUST_CHECK;
/* Takes it off the queue: released, timed out or gone. */
void wp_hold_leave(struct wp_exchange *exchange);
/* Starts held exchanges in order of arrival, as far as connections allow. */
void wp_hold_release(struct wp_trace_slot *trace);
/* wp_hold_release() at the end of this turn, if anybody waits. */
void wp_hold_schedule(struct wp_trace_slot *trace);
/* Answers every held exchange of the trace with a problem. */
void wp_hold_refuse_all(struct wp_trace_slot *trace, uint16_t status, const char *reason);
/* Tells control once per view that somebody waits. */
void wp_hold_ask(struct wp_trace_slot *trace, const struct wp_exchange *exchange);
/* Seconds for Retry-After, from what the view says. At least 1. */
unsigned wp_hold_retry_after(const struct wp_trace_slot *trace);

#endif
