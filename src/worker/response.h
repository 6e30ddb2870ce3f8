/*
 * response.h - the upstream's answer on its way to the client.
 */
#ifndef WAKEPROXY_WORKER_RESPONSE_H
#define WAKEPROXY_WORKER_RESPONSE_H

#include "state.h"

/* Reads and acts on what the upstream has sent: heads, then the body. */
void wp_response_run(struct wp_exchange *exchange);
/* Moves body bytes after either end became ready. */
void wp_response_run_body(struct wp_exchange *exchange);
/* A trace that has just woken says "not ready" in its own words, or by closing: a safe request asks
 * again in a moment (semantics of `settle`). False when that is not allowed (any more). */
bool wp_response_pause_if_settling(struct wp_exchange *exchange);

#endif
