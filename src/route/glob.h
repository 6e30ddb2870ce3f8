/*
 * glob.h - patterns with '*'. Private to the room.
 */
#ifndef WP_ROUTE_GLOB_H
#define WP_ROUTE_GLOB_H

#include "wakeproxy/base/slice.h"

/* Whether all of `text` matches; '*' is any run of bytes, also an empty one. Case counts. */
bool wp_glob_match(struct wp_slice pattern, struct wp_slice text);

#endif
