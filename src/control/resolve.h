/*
 * resolve.h - names to addresses without blocking: evdns, /etc/hosts first. Control thread.
 */
#ifndef WAKEPROXY_CONTROL_RESOLVE_H
#define WAKEPROXY_CONTROL_RESOLVE_H

#include "wakeproxy/base/addr.h"
#include "wakeproxy/net/loop.h"

struct wp_resolver;
struct wp_resolve; /* one question */

/* `addrs` is borrowed. On failure count is 0 and `error` says why in plain words. */
typedef void (*wp_resolve_fn)(void *context, const struct wp_addr *addrs, size_t count,
                              const char *error);

struct wp_resolver *wp_resolver_new(struct wp_loop *loop);
/* Questions still open are dropped without an answer. The loop must not run afterwards. */
void wp_resolver_free(struct wp_resolver **resolver);

/* Asks; `done` runs exactly once, in a later callback of the loop, unless cancelled before. */
struct wp_resolve *wp_resolve_start(struct wp_resolver *resolver, struct wp_slice host,
                                    uint16_t port, wp_resolve_fn done, void *context);
/* Forgets a question that has not been answered; `done` will not run. */
void wp_resolve_cancel(struct wp_resolve **resolve);

#endif
