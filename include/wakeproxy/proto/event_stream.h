/*
 * event_stream.h - tells payload from keep-alive comments in a relayed text/event-stream body
 * (WHATWG HTML, "Server-sent events"). Reads only. Pure; any thread.
 */
#ifndef WAKEPROXY_PROTO_EVENT_STREAM_H
#define WAKEPROXY_PROTO_EVENT_STREAM_H

#include "wakeproxy/base/slice.h"

/* Zeroed is the start of a stream. */
struct wp_event_stream_meter {
    bool is_in_line;    /* some of the current line was seen */
    bool is_in_comment; /* ... and it began with a colon */
};

/* Feeds the next bytes of the body; true when they hold (part of) a line that is neither empty nor
 * a comment. */
bool wp_event_stream_feed(struct wp_event_stream_meter *meter, struct wp_slice bytes);

#endif
