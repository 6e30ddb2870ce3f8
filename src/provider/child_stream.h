/*
 * child_stream.h - the output pipes of a child; private to child.c and child_stream.c.
 */
#ifndef WP_PROVIDER_CHILD_STREAM_H
#define WP_PROVIDER_CHILD_STREAM_H

#include "child.h"

void wp_child_stream_init(struct wp_child *child);
/* Takes the read ends (-1: none) and starts reading. */
void wp_child_stream_open(struct wp_child *child, const int fds[2]);
/* Reads a bounded amount of what is there now. */
void wp_child_stream_drain(struct wp_child *child);
/* The child has ended: tells what is left, closes. */
void wp_child_stream_finish(struct wp_child *child);
/* Closes without telling. */
void wp_child_stream_fini(struct wp_child *child);

/* Waits at most `timeout_ms` for output or the end of any child of the list. */
void wp_child_streams_poll(const struct wp_list *children, uint64_t timeout_ms);
/* Whether the process behind a pidfd has ended. */
bool wp_child_pidfd_is_ready(int pidfd);

#endif
