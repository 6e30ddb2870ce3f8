/*
 * probe.h - our own readiness check of one address: TCP connects or small HTTP requests, as often
 * as is sane, until the first success.
 *
 * One prober per address, whatever the number of holders; control aggregates when a trace has
 * several. Control loop only. A prober at WP_CADENCE_OFF has no timer and no socket.
 *
 *   OFF     nothing
 *   SPARSE  one attempt a second
 *   FAST    overlapping attempts: every 3 ms while a near host refuses, every 10 ms while a far
 *           one does, every 16 ms while nothing answers; slower after one and three minutes. Once
 *           the check has succeeded it is repeated once a second until it fails again.
 *
 * A lost SYN costs the gap to the next attempt and never a retransmission.
 */
#ifndef WP_CONTROL_PROBE_H
#define WP_CONTROL_PROBE_H

#include "wakeproxy/base/addr.h"
#include "wakeproxy/conf/conf.h"
#include "wakeproxy/engine/engine.h"
#include "wakeproxy/net/loop.h"

struct wp_probe;

/*
 * Told on changes only: the first result after OFF or a new address, success after failure, failure
 * after success, and another failure reason (at most one a second). `reason` is in plain words
 * ("connection refused by 127.0.0.1:9001"), NULL when ok; borrowed. Runs from the loop, never
 * inside a call to the prober; it may call every function below, wp_probe_free() included.
 */
typedef void (*wp_probe_fn)(void *context, bool is_ok, const char *reason);

/*
 * A prober that is OFF and has no address. `ready` is borrowed and must outlive the prober or be
 * replaced by wp_probe_set_ready(). `host` is the Host field when `ready->host` is NULL (copied;
 * NULL: the address itself).
 */
struct wp_probe *wp_probe_new(struct wp_loop *loop, const struct wp_conf_ready *ready,
                              const char *host, wp_probe_fn on_change, void *context);
void wp_probe_free(struct wp_probe **probe);

/* A new definition (reload): attempts under way are dropped and what was known is forgotten when
 * the check differs from the former; otherwise only the pointers change. */
void wp_probe_set_ready(struct wp_probe *probe, const struct wp_conf_ready *ready,
                        const char *host);

/* Where to probe, with the port; family AF_UNSPEC: nowhere yet (nothing is sent). The same address
 * again changes nothing. */
void wp_probe_set_address(struct wp_probe *probe, const struct wp_addr *addr);

/* How often from now on. From OFF the result is told anew; between SPARSE and FAST what is known
 * stays. The first attempt is made at once. */
void wp_probe_set_cadence(struct wp_probe *probe, enum wp_cadence cadence);

/* The last result: whether the check succeeded, and attempts made since wp_probe_new(). */
bool wp_probe_is_ok(const struct wp_probe *probe);
uint64_t wp_probe_attempts(const struct wp_probe *probe);

#endif
