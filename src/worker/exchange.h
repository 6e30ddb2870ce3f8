/*
 * exchange.h - one request and its response, from the parsed head to the access line.
 */
#ifndef WAKEPROXY_WORKER_EXCHANGE_H
#define WAKEPROXY_WORKER_EXCHANGE_H

#include "state.h"

/* A head was parsed into worker->head: routes it, judges it, and forwards, holds or answers it. */
void wp_exchange_begin(struct wp_conn *conn);
/* A head that cannot be served: answers `status` and closes the conn. `method` as far as known. */
void wp_exchange_refuse(struct wp_conn *conn, enum wp_http_method method, uint16_t status,
                        const char *reason);
/* It was on its way and could not be forwarded: waits at the front, under its first deadline, or
 * gets the answer that its trace's state gives by now. */
void wp_exchange_wait_again(struct wp_exchange *exchange);
/* Forwards an exchange whose trace is open. False when no connection was free: it is held again. */
bool wp_exchange_start(struct wp_exchange *exchange);
/* The upstream connection came up, or did not. */
void wp_exchange_connected(struct wp_exchange *exchange);
void wp_exchange_connect_failed(struct wp_exchange *exchange, int error);
/* Events of its client and of its upstream. */
void wp_exchange_client_event(struct wp_exchange *exchange, short what);
void wp_exchange_upstream_event(struct wp_exchange *exchange, short what);
/* What the two ends should wait for. */
short wp_exchange_client_interest(const struct wp_exchange *exchange);
short wp_exchange_upstream_interest(const struct wp_exchange *exchange);
/* The reply of the proxy itself is in the client's buffer: write it out. */
void wp_exchange_run_reply(struct wp_exchange *exchange);
/* The client is gone, or the conn is closed by us: ends everything without another byte. */
void wp_exchange_abort(struct wp_exchange *exchange, const char *why);
/* Counts it as active, or no longer. */
void wp_exchange_set_active(struct wp_exchange *exchange, bool is_active);
/* A frozen stream may go on: its trace is awake. */
void wp_exchange_thaw(struct wp_exchange *exchange);

#endif
