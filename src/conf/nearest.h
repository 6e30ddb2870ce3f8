/*
 * nearest.h - "did you mean". Private to the room.
 */
#ifndef WP_CONF_NEAREST_H
#define WP_CONF_NEAREST_H

#include "wakeproxy/base/slice.h"

struct wp_conf_nearest {
    struct wp_slice wanted;
    const char *best; /* NULL: nothing is near enough */
    size_t distance;
};

void wp_conf_nearest_init(struct wp_conf_nearest *nearest, struct wp_slice wanted);
/* Considers one candidate, which must outlive `nearest`. Earlier ones win a tie. */
void wp_conf_nearest_offer(struct wp_conf_nearest *nearest, const char *candidate);
/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), any case.
 * Both at most WP_CONF_NEAREST_MAX bytes; SIZE_MAX otherwise. */
#define WP_CONF_NEAREST_MAX 64
size_t wp_conf_nearest_distance(struct wp_slice a, struct wp_slice b);

#endif
