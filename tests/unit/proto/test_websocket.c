/*
 * test_websocket.c - which bytes of a WebSocket stream count as payload. Each stream is fed whole,
 * byte by byte and split at each offset.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/websocket.h"

static bool feed_part(struct wp_websocket_meter *meter, struct wp_slice bytes, size_t at,
                      size_t count)
{
    char *copy = wp_malloc(count == 0 ? 1 : count);
    memcpy(copy, bytes.ptr + at, count);
    bool has_payload = wp_websocket_feed(meter, (struct wp_slice){copy, count});
    free(copy);
    return has_payload;
}

/* Whether any part held payload; fails when the answer depends on the parts. */
static bool feed(struct wp_slice bytes, struct wp_websocket_meter *ret_meter)
{
    struct wp_websocket_meter whole = {0};
    bool has_payload = feed_part(&whole, bytes, 0, bytes.len);
    for (size_t split = 0; split <= bytes.len; split++) {
        struct wp_websocket_meter meter = {0};
        bool first = feed_part(&meter, bytes, 0, split);
        bool second = feed_part(&meter, bytes, split, bytes.len - split);
        assert_int_equal(first || second, has_payload);
        assert_int_equal(meter.left, whole.left);
        assert_int_equal(meter.is_lost, whole.is_lost);
    }
    struct wp_websocket_meter meter = {0};
    bool any = false;
    for (size_t i = 0; i < bytes.len; i++) {
        any = feed_part(&meter, bytes, i, 1) || any;
    }
    assert_int_equal(any, has_payload);
    assert_int_equal(meter.left, whole.left);
    *ret_meter = whole;
    return has_payload;
}

struct row {
    bool has_payload, is_lost;
    uint64_t left;
    struct wp_slice bytes;
};

#define MASK "\x01\x02\x03\x04"

static const struct row rows[] = {
    {false, false, 0, WP_SLICE("")},
    {true, false, 0, WP_SLICE("\x81\x02hi")},
    {true, false, 0, WP_SLICE("\x82\x82" MASK "hi")},
    {true, false, 0, WP_SLICE("\x81\x00")},
    {true, false, 0,
     WP_SLICE("\x01\x01"
              "a\x00\x01"
              "b\x80\x01"
              "c")},
    {true, false, 0, WP_SLICE("\xc1\x02hi")}, /* RSV1: compressed */
    {false, false, 0, WP_SLICE("\x89\x00")},
    {false, false, 0, WP_SLICE("\x8a\x00")},
    {false, false, 0, WP_SLICE("\x89\x04ping\x8a\x04pong\x88\x02\x03\xe8")},
    {false, false, 0, WP_SLICE("\x89\x84" MASK "ping\x8a\x84" MASK "pong\x88\x82" MASK "\x03\xe8")},
    {true, false, 0, WP_SLICE("\x89\x04ping\x81\x01x\x8a\x00")},
    {true, false, 0, WP_SLICE("\x81\x01x\x89\x00")},
    {false, false, 2, WP_SLICE("\x89\x04pi")},
    {true, false, 98, WP_SLICE("\x81\x64hi")},
    {true, false, 126, WP_SLICE("\x82\x7e\x00\x7e")},
    {true, false, 65535, WP_SLICE("\x82\x7e\xff\xff")},
    {true, false, 65534, WP_SLICE("\x82\xfe\xff\xff" MASK "x")},
    {true, false, 65536, WP_SLICE("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")},
    {true, false, 65535, WP_SLICE("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" MASK "x")},
    {true, false, INT64_MAX, WP_SLICE("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff")},
    {true, false, 0, WP_SLICE("\x81")}, /* the opcode tells already */
    {false, false, 0, WP_SLICE("\x89")},
    /* not WebSocket: everything counts */
    {true, true, 0, WP_SLICE("GET / HTTP/1.1\r\n")},
    {true, true, 0, WP_SLICE("\x83\x00")},
    {true, true, 0, WP_SLICE("\x8b\x00")},
    {true, true, 0, WP_SLICE("\x8f\x00")},
    {true, true, 0, WP_SLICE("\x09\x00")},           /* a fragmented ping */
    {true, true, 126, WP_SLICE("\x89\x7e\x00\x7e")}, /* a ping of 126 bytes */
    {true, true, 125, WP_SLICE("\x82\x7e\x00\x7d")}, /* not the shortest length */
    {true, true, 65535, WP_SLICE("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff")},
    {true, true, 1ull << 63, WP_SLICE("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00")},
};

static void payload_is_told_from_control(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        struct wp_websocket_meter meter;
        bool has_payload = feed(rows[i].bytes, &meter);
        if (has_payload != rows[i].has_payload || meter.is_lost != rows[i].is_lost ||
            meter.left != rows[i].left) {
            print_error("row %zu: payload %d, lost %d, left %llu\n", i, has_payload, meter.is_lost,
                        (unsigned long long)meter.left);
            fail();
        }
    }
}

/* Pings between fragments and after long frames do not count, however the bytes are cut. */
static void pings_after_payload_do_not_count(void **state)
{
    struct wp_websocket_meter meter = {0};
    char payload[300];
    memset(payload, 'x', sizeof(payload));
    assert_true(wp_websocket_feed(&meter, WP_SLICE("\x82\x7e\x01\x2c")));
    assert_true(wp_websocket_feed(&meter, (struct wp_slice){payload, 300}));
    for (int i = 0; i < 10; i++) {
        assert_false(wp_websocket_feed(&meter, WP_SLICE("\x89\x04pi")));
        assert_false(wp_websocket_feed(&meter, WP_SLICE("ng\x8a")));
        assert_false(wp_websocket_feed(&meter, WP_SLICE("\x00")));
    }
    assert_true(wp_websocket_feed(&meter, WP_SLICE("\x80\x00")));
    assert_false(wp_websocket_feed(&meter, WP_SLICE("\x88\x00")));
}

static void once_lost_everything_counts(void **state)
{
    struct wp_websocket_meter meter = {0};
    assert_true(wp_websocket_feed(&meter, WP_SLICE("\x8f")));
    assert_true(wp_websocket_feed(&meter, WP_SLICE("\x89\x00")));
    assert_false(wp_websocket_feed(&meter, WP_SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_is_told_from_control),
        cmocka_unit_test(pings_after_payload_do_not_count),
        cmocka_unit_test(once_lost_everything_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
