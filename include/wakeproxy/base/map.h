/*
 * map.h - a hash map from byte strings to pointers. Keys are copied. One owner, no locks; an
 * immutable map may be read from many threads. Seeded per process against chosen collisions.
 */
#ifndef WAKEPROXY_BASE_MAP_H
#define WAKEPROXY_BASE_MAP_H

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

struct wp_map;

struct wp_map *wp_map_new(void);
/* Frees the map, not the values. */
void wp_map_free(struct wp_map **map);
/* NULL when absent. */
void *wp_map_get(const struct wp_map *map, struct wp_slice key);
/* Inserts or replaces; returns the previous value or NULL. `value` is not NULL. */
void *wp_map_put(struct wp_map *map, struct wp_slice key, void *value);
/* Returns the removed value or NULL. */
void *wp_map_remove(struct wp_map *map, struct wp_slice key);
size_t wp_map_count(const struct wp_map *map);
/* Walks in no particular order: start with *cursor = 0; false at the end. Not while inserting. */
bool wp_map_next(const struct wp_map *map, size_t *cursor, struct wp_slice *ret_key,
                 void **ret_value);

#endif
