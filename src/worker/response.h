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

#endif
