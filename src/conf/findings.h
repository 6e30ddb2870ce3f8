/*
 * findings.h - what is wrong with a configuration, gathered while it is read. Private to the room.
 */
#ifndef WP_CONF_FINDINGS_H
#define WP_CONF_FINDINGS_H

#include "wakeproxy/conf/conf.h"

/* More than so many problems help nobody; the rest is only counted. */
#define WP_CONF_FINDINGS_MAX 500

struct wp_conf_finding {
    struct wp_conf_place place;
    size_t order; /* of discovery: keeps the sort stable */
    char *text;
};

struct wp_conf_findings {
    const char *name; /* of the file */
    struct wp_conf_finding *items;
    size_t count, capacity, dropped;
};

/* Adds "message; cure" for a place ({0, 0}: the file as a whole). Control characters are shown as
 * '?', so that a problem is always one line. */
void wp_conf_findings_add(struct wp_conf_findings *findings, struct wp_conf_place place,
                          const char *format, ...) WP_PRINTF(3, 4);
/* Whether another finding would still be kept: costly advice is not worth giving otherwise. */
bool wp_conf_findings_has_room(const struct wp_conf_findings *findings);
/* Moves everything, sorted by place, into the lines people read; `findings` is empty afterwards. */
void wp_conf_findings_finish(struct wp_conf_findings *findings,
                             struct wp_conf_problems *ret_problems);

/* At most 80 bytes of `text`, cut between characters, for showing in a message. */
struct wp_slice wp_conf_shown(struct wp_slice text);

#endif
