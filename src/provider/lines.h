/*
 * lines.h - cuts a stream of bytes into lines of bounded length.
 */
#ifndef WP_PROVIDER_LINES_H
#define WP_PROVIDER_LINES_H

#include "wakeproxy/base/slice.h"

#define WP_LINE_MAX_BYTES 4096

/* The unfinished last line. Zeroed: empty. */
struct wp_lines {
    char *partial; /* NULL while there is none; WP_LINE_MAX_BYTES otherwise */
    size_t used;
    bool is_cut; /* the line was too long: the rest of it is skipped */
};

typedef void (*wp_lines_fn)(void *context, struct wp_slice line, bool is_cut);

/* Calls `each` for every line that `bytes` ends, without "\n" or "\r\n". A longer line is told
 * once, with its first WP_LINE_MAX_BYTES. */
void wp_lines_feed(struct wp_lines *lines, struct wp_slice bytes, wp_lines_fn each, void *context);
/* The stream ended: tells what is left without a newline, and frees the memory. */
void wp_lines_end(struct wp_lines *lines, wp_lines_fn each, void *context);

#endif
