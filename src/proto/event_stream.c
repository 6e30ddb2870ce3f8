/*
 * event_stream.c - follows the lines of a server-sent event stream.
 *
 * Pure: no I/O, no allocation; any thread. A line that begins with a colon is a comment, which
 * servers send to keep connections open; it must not keep an environment awake. Lines end with CR,
 * LF or both.
 */
#include "wakeproxy/proto/event_stream.h"

bool wp_event_stream_feed(struct wp_event_stream_meter *meter, struct wp_slice bytes)
{
    bool has_payload = false;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        if (c == '\n' || c == '\r') {
            meter->is_in_line = meter->is_in_comment = false;
        } else if (!meter->is_in_line) {
            meter->is_in_line = true;
            meter->is_in_comment = c == ':';
            has_payload = has_payload || c != ':';
        } else {
            has_payload = has_payload || !meter->is_in_comment;
        }
    }
    return has_payload;
}
