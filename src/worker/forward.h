/*
 * forward.h - the second half of an exchange: bytes both ways, and how it ends.
 */
#ifndef WAKEPROXY_WORKER_FORWARD_H
#define WAKEPROXY_WORKER_FORWARD_H

#include "state.h"

/* The upstream connection is there and worker->head is this exchange's: sends the request. */
void wp_forward_begin(struct wp_exchange *exchange);
/* The upstream died before a response: tries again where that is allowed, or answers 502. */
void wp_forward_lost(struct wp_exchange *exchange, const char *reason);
/* The response is through: the connection goes back, the exchange ends. */
void wp_forward_finish(struct wp_exchange *exchange);
/* Answers with a status when no response has begun; cuts the conn otherwise. */
void wp_exchange_fail(struct wp_exchange *exchange, uint16_t status, const char *reason);
/* The exchange is over, for better or worse: access line, counters, conn goes on or closes. */
void wp_exchange_end(struct wp_exchange *exchange);
/* Notes activity of the trace, if this exchange counts. */
void wp_exchange_touch(struct wp_exchange *exchange);

/* stream.c: what upgraded connections and event streams do differently. */
/* The upstream answered 101 and its head was written: relays bytes both ways from now on. */
void wp_stream_begin(struct wp_exchange *exchange, bool is_websocket);
/* Payload moved, or did not: keeps the quiet clock. Also for event streams. */
void wp_stream_note(struct wp_exchange *exchange);
/* Moves bytes of a tunnel after an event on either side. */
void wp_stream_run(struct wp_exchange *exchange);

#endif
