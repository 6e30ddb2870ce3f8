/*
 * routes.c - which trace a host belongs to: one hash for exact names, one for wildcards.
 *
 * Thread:    built by one; read by every worker, which hold references.
 * Owns:      the maps and a reference to the configuration, whose traces the maps point to.
 * Invariant: nothing changes after construction but the reference count.
 * Invariant: a lookup probes a map at most once per label of the host, however many traces there
 *            are.
 * Not here:  parsing Host (room proto), rules (verdict.c), what a trace's index means (control).
 */
#include "wakeproxy/route/routes.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "routes.h"
#include "wakeproxy/base/map.h"
#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/host.h"

/* What the maps point to. */
struct route {
    const struct wp_conf_trace *trace;
    uint32_t id;
};

struct wp_routes {
    atomic_uint refs;
    struct wp_conf *conf;
    struct wp_map *exact;    /* host -> struct route */
    struct wp_map *wildcard; /* "example.com" of "*.example.com" -> struct route */
    struct route *routes;    /* in the order of conf->traces */
    const struct wp_conf_trace **by_id;
    size_t id_count;
};

static void add_host(struct wp_routes *routes, const char *host, struct route *route)
{
    struct wp_slice name = wp_slice_cstr(host);

    if (name.len > 2 && name.ptr[0] == '*' && name.ptr[1] == '.') {
        name.ptr += 2;
        name.len -= 2;
        wp_map_put(routes->wildcard, name, route);
    } else {
        wp_map_put(routes->exact, name, route);
    }
}

struct wp_routes *wp_routes_new(struct wp_conf *conf, const uint32_t *ids)
{
    struct wp_routes *routes = wp_calloc(1, sizeof(*routes));
    size_t i, j;

    atomic_init(&routes->refs, 1);
    routes->conf = wp_conf_ref(conf);
    routes->exact = wp_map_new();
    routes->wildcard = wp_map_new();
    routes->routes = wp_calloc(conf->trace_count + 1, sizeof(routes->routes[0]));
    for (i = 0; i < conf->trace_count; i++) {
        if (ids[i] >= routes->id_count) {
            routes->id_count = (size_t)ids[i] + 1;
        }
    }
    routes->by_id = wp_calloc(routes->id_count + 1, sizeof(routes->by_id[0]));
    for (i = 0; i < conf->trace_count; i++) {
        const struct wp_conf_trace *trace = &conf->traces[i];

        routes->routes[i] = (struct route){trace, ids[i]};
        routes->by_id[ids[i]] = trace;
        for (j = 0; j < trace->hosts.count; j++) {
            add_host(routes, trace->hosts.items[j], &routes->routes[i]);
        }
    }
    return routes;
}

struct wp_routes *wp_routes_ref(struct wp_routes *routes)
{
    atomic_fetch_add_explicit(&routes->refs, 1, memory_order_relaxed);
    return routes;
}

void wp_routes_unref(struct wp_routes **routes)
{
    struct wp_routes *gone = *routes;

    *routes = NULL;
    if (!gone || atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    wp_map_free(&gone->exact);
    wp_map_free(&gone->wildcard);
    free(gone->routes);
    free(gone->by_id);
    wp_conf_unref(&gone->conf);
    free(gone);
}

const struct wp_conf *wp_routes_conf(const struct wp_routes *routes)
{
    return routes->conf;
}

const struct wp_conf_trace *wp_routes_trace(const struct wp_routes *routes, uint32_t trace)
{
    return trace < routes->id_count ? routes->by_id[trace] : NULL;
}

uint32_t wp_routes_find_counted(const struct wp_routes *routes, struct wp_slice host,
                                unsigned *ret_probes)
{
    char name[WP_HOST_MAX + 1];
    struct wp_slice rest = {name, wp_host_normalize(host, name)};
    const struct route *route;
    const char *dot;

    *ret_probes = 0;
    if (rest.len == 0 || rest.ptr[0] == '.') {
        return WP_TRACE_NONE;
    }
    ++*ret_probes;
    route = wp_map_get(routes->exact, rest);
    /* Label after label off the front: the longest wildcard comes first. */
    while (!route && wp_map_count(routes->wildcard) > 0 &&
           (dot = memchr(rest.ptr, '.', rest.len))) {
        rest.len -= (size_t)(dot + 1 - rest.ptr);
        rest.ptr = dot + 1;
        ++*ret_probes;
        route = wp_map_get(routes->wildcard, rest);
    }
    return route ? route->id : WP_TRACE_NONE;
}

uint32_t wp_routes_find(const struct wp_routes *routes, struct wp_slice host)
{
    unsigned probes;

    return wp_routes_find_counted(routes, host, &probes);
}
