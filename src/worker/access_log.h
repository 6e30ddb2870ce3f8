/*
 * access_log.h - one line per exchange.
 */
#ifndef WAKEPROXY_WORKER_ACCESS_LOG_H
#define WAKEPROXY_WORKER_ACCESS_LOG_H

#include "state.h"

/* Notes host and path of the parsed request for the line to come (cut at WP_LABEL_BYTES). */
void wp_access_label(struct wp_exchange *exchange, const struct wp_head *head);
/* Writes the line of an exchange that ends now, if access lines are wanted. */
void wp_access_write(const struct wp_exchange *exchange, uint64_t now_us);

#endif
