/*
 * routes.h - a lookup that tells its cost, for tests. Private to the room.
 */
#ifndef WP_ROUTE_ROUTES_H
#define WP_ROUTE_ROUTES_H

#include "wakeproxy/route/routes.h"

/* As wp_routes_find(), and how often a map was probed. */
uint32_t wp_routes_find_counted(const struct wp_routes *routes, struct wp_slice host,
                                unsigned *ret_probes);

#endif
