/*
 * reply.h - answers the proxy gives itself: problem+json (RFC 9457) or a small page.
 */
#ifndef WAKEPROXY_WORKER_REPLY_H
#define WAKEPROXY_WORKER_REPLY_H

#include "state.h"

/*
 * Answers the exchange, whatever it was doing: its upstream connection is closed. `detail` is plain
 * text, copied. `retry_after_s` 0 sends no Retry-After. The conn closes afterwards unless the whole
 * request has been read.
 */
void wp_reply_problem(struct wp_exchange *exchange, uint16_t status, const char *detail,
                      unsigned retry_after_s);
/* An answer without a body: 2xx of OPTIONS with Max-Forwards: 0, and fixed statuses of rules. */
void wp_reply_status(struct wp_exchange *exchange, uint16_t status, const char *field_lines);

/* Now as IMF-fixdate, made once a second. */
const char *wp_reply_date(struct wp_worker *worker);

/* The whole response for a conn that is turned away before it is one. */
extern const char wp_reply_busy[];
extern const unsigned wp_reply_busy_len;

#endif
