/*
 * routes.h - immutable lookup from host to trace, and the verdict of a trace's rules on a request.
 * Built per configuration, counted, read by every worker. Pure after construction.
 */
#ifndef WAKEPROXY_ROUTE_ROUTES_H
#define WAKEPROXY_ROUTE_ROUTES_H

#include "wakeproxy/conf/conf.h"
#include "wakeproxy/proto/http1_head.h"

#define WP_TRACE_NONE UINT32_MAX

struct wp_routes;

/*
 * `ids[i]` is the process-wide index of conf->traces[i]: indexes are append-only and survive
 * reloads, positions in a file do not. Holds a reference to `conf`.
 */
struct wp_routes *wp_routes_new(struct wp_conf *conf, const uint32_t *ids);
struct wp_routes *wp_routes_ref(struct wp_routes *routes);
void wp_routes_unref(struct wp_routes **routes);

const struct wp_conf *wp_routes_conf(const struct wp_routes *routes);
/* The configuration of a trace by its index; NULL when this configuration has no such trace. */
const struct wp_conf_trace *wp_routes_trace(const struct wp_routes *routes, uint32_t trace);

/*
 * The trace of a host as received (any case, a trailing dot, without port). An exact host wins over
 * a wildcard, a longer wildcard over a shorter one; "*.a" matches "x.a" and "y.x.a", not "a".
 * WP_TRACE_NONE when there is none. Cost does not grow with the number of traces.
 */
uint32_t wp_routes_find(const struct wp_routes *routes, struct wp_slice host);

struct wp_verdict {
    bool wake, count;
    enum wp_answer answer;
    uint16_t status;
    int32_t rule; /* index of the rule that decided, -1 for the default */
};

struct wp_verdict wp_verdict_of(const struct wp_conf_trace *trace, const struct wp_head *head,
                                const struct wp_addr *client);

#endif
