/*
 * fuzz_websocket.c - the WebSocket meter.
 *
 * Properties: whole, byte by byte and in two pieces end in the same place with the same answer;
 * once lost, everything counts.
 */
#include "fuzz.h"
#include "wakeproxy/proto/websocket.h"

static bool feed(struct wp_slice bytes, size_t first, size_t step,
                 struct wp_websocket_meter *ret_meter)
{
    struct wp_websocket_meter meter = {0};
    bool any = false;
    size_t at = 0;
    for (size_t count = first; at < bytes.len; count = step) {
        count = count < bytes.len - at ? count : bytes.len - at;
        bool has_payload = wp_websocket_feed(&meter, (struct wp_slice){bytes.ptr + at, count});
        fuzz_require(!meter.is_lost || count == 0 || has_payload, "once lost, everything counts");
        any = any || has_payload;
        at += count;
    }
    *ret_meter = meter;
    return any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_slice bytes = {(const char *)data, size};
    struct wp_websocket_meter whole;
    struct wp_websocket_meter other;
    bool has_payload = feed(bytes, size, 1, &whole);
    fuzz_require(whole.head_len <= sizeof(whole.head), "the header fits");
    for (size_t split = 0; split <= size; split += size / 8 + 1) {
        fuzz_require(feed(bytes, split, size + 1, &other) == has_payload,
                     "pieces do not change the answer");
        fuzz_require(other.left == whole.left && other.is_lost == whole.is_lost,
                     "pieces do not change where it stands");
    }
    fuzz_require(feed(bytes, 0, 1, &other) == has_payload && other.left == whole.left &&
                     other.is_lost == whole.is_lost && other.head_len == whole.head_len,
                 "single bytes do not change the answer");
    return 0;
}
