/*
 * id.h - request ids: unique without coordination, cheap enough for every exchange.
 */
#ifndef WAKEPROXY_BASE_ID_H
#define WAKEPROXY_BASE_ID_H

#include <stdint.h>

/* One per worker; owned and used by one thread. */
struct wp_id_source {
    uint64_t prefix;
    uint64_t counter;
};

#define WP_ID_LEN 32 /* lower-case hex digits */

/* Seeds from getrandom(2). */
void wp_id_source_init(struct wp_id_source *source);
/* Writes WP_ID_LEN characters and no NUL. Ids are unique, not secret. */
void wp_id_next(struct wp_id_source *source, char ret_id[WP_ID_LEN]);

#endif
