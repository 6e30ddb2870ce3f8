/*
 * websocket.c - follows the frames of one direction of a relayed WebSocket (RFC 6455 section 5.2).
 *
 * Thread: any; pure. The meter is the caller's, zeroed before the first byte.
 *
 * It looks at frame headers and skips payload by its length, so it costs per frame, not per byte.
 * Bytes that cannot be WebSocket set is_lost: from then on everything counts as payload, because
 * the error must be on the side of keeping a trace awake. RSV bits belong to extensions and are not
 * judged.
 */
#include "wakeproxy/proto/websocket.h"

#define OPCODE_BINARY 0x2
#define OPCODE_CLOSE  0x8
#define OPCODE_PONG   0xA
#define CONTROL_MAX   125

static bool is_control(const struct wp_websocket_meter *meter)
{
    return (meter->head[0] & 0x08) != 0;
}

/* Bytes of the frame header, as far as the first two tell. */
static uint8_t head_size(const struct wp_websocket_meter *meter)
{
    if (meter->head_len < 2) {
        return 2;
    }
    uint8_t code = meter->head[1] & 0x7f;
    uint8_t size = code == 126 ? 4 : code == 127 ? 10 : 2;
    return (meter->head[1] & 0x80) != 0 ? (uint8_t)(size + 4) : size;
}

static bool first_byte_is_valid(uint8_t byte)
{
    uint8_t opcode = byte & 0x0f;
    if ((opcode > OPCODE_BINARY && opcode < OPCODE_CLOSE) || opcode > OPCODE_PONG) {
        return false;
    }
    return opcode < OPCODE_CLOSE || (byte & 0x80) != 0; /* control frames are never fragmented */
}

/* The payload length of a complete header; false when it breaks RFC 6455. */
static bool read_length(const struct wp_websocket_meter *meter, uint64_t *ret_length)
{
    uint64_t length = meter->head[1] & 0x7f;
    if (length < 126) {
        *ret_length = length;
        return true;
    }
    int count = length == 126 ? 2 : 8;
    uint64_t least = length == 126 ? 126 : 65536; /* the shortest form must be used */
    length = 0;
    for (int i = 0; i < count; i++) {
        length = length << 8 | meter->head[2 + i];
    }
    *ret_length = length;
    return length >= least && length <= INT64_MAX && !is_control(meter);
}

/* Takes header bytes; returns how many. */
static size_t take_head(struct wp_websocket_meter *meter, const uint8_t *bytes, size_t count)
{
    size_t used = 0;
    while (used < count && meter->head_len < head_size(meter)) {
        meter->head[meter->head_len++] = bytes[used++];
        if (meter->head_len == 1 && !first_byte_is_valid(meter->head[0])) {
            meter->is_lost = true;
            return used;
        }
    }
    if (meter->head_len >= 2 && meter->head_len == head_size(meter)) {
        meter->is_lost = !read_length(meter, &meter->left);
        if (meter->left == 0) {
            meter->head_len = 0;
        }
    }
    return used;
}

bool wp_websocket_feed(struct wp_websocket_meter *meter, struct wp_slice bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    size_t count = bytes.len;
    bool has_payload = false;
    while (count > 0 && !meter->is_lost) {
        size_t used;
        if (meter->left > 0) {
            used = meter->left < count ? (size_t)meter->left : count;
            meter->left -= used;
            if (meter->left == 0) {
                meter->head_len = 0;
            }
        } else {
            used = take_head(meter, at, count);
        }
        has_payload = has_payload || !is_control(meter);
        at += used;
        count -= used;
    }
    return has_payload || (meter->is_lost && bytes.len > 0);
}
