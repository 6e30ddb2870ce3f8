/*
 * test_event_stream.c - which bytes of a server-sent event stream count as payload. Each stream is
 * fed whole and split at each offset.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/event_stream.h"

static void comments_do_not_count(void **state)
{
    static const struct {
        const char *text;
        bool has_payload;
    } rows[] = {
        {"", false},
        {"data: x\n\n", true},
        {"d", true},
        {":\n", false},
        {": ping\n\n", false},
        {": ping\r\n\r\n: ping\r: ping\n", false},
        {"\n\r\n\r", false},
        {": data: x\n", false},
        {": ping\ndata: x\n\n", true},
        {": ping\rd", true},
        {"event: a\n: ping\n", true},
        {" :\n", true},
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        struct wp_slice bytes = wp_slice_cstr(rows[i].text);
        for (size_t split = 0; split <= bytes.len; split++) {
            struct wp_event_stream_meter meter = {0};
            bool first = wp_event_stream_feed(&meter, (struct wp_slice){bytes.ptr, split});
            bool second = wp_event_stream_feed(
                &meter, (struct wp_slice){bytes.ptr + split, bytes.len - split});
            assert_int_equal(first || second, rows[i].has_payload);
        }
    }
}

/* A comment stays one when its end comes much later. */
static void a_comment_goes_on(void **state)
{
    struct wp_event_stream_meter meter = {0};
    assert_false(wp_event_stream_feed(&meter, WP_SLICE(": pi")));
    assert_false(wp_event_stream_feed(&meter, WP_SLICE("ng: data")));
    assert_false(wp_event_stream_feed(&meter, WP_SLICE("\n")));
    assert_true(wp_event_stream_feed(&meter, WP_SLICE("data")));
    assert_true(wp_event_stream_feed(&meter, WP_SLICE(":")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_do_not_count),
        cmocka_unit_test(a_comment_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
