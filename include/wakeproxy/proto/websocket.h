/*
 * websocket.h - follows frame boundaries of a relayed WebSocket stream to tell payload from ping
 * and pong (RFC 6455 section 5). Reads headers only, changes nothing. Pure; any thread.
 */
#ifndef WAKEPROXY_PROTO_WEBSOCKET_H
#define WAKEPROXY_PROTO_WEBSOCKET_H

#include "wakeproxy/base/slice.h"

struct wp_websocket_meter {
    uint64_t left; /* payload bytes of the current frame still to come */
    uint8_t head[14];
    uint8_t head_len;
    bool is_lost; /* not WebSocket after all: every byte counts as payload from here on */
};

/* Feeds the next bytes of one direction; true when they hold (part of) a frame that is neither
 * ping, pong nor close. */
bool wp_websocket_feed(struct wp_websocket_meter *meter, struct wp_slice bytes);

#endif
