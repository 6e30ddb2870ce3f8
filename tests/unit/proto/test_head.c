/*
 * test_head.c - limits, known names, the scan, and what a parsed head offers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "feed.h"
#include "wakeproxy/base/mem.h"

#define LINE "GET / HTTP/1.1\r\nHost: a.test\r\n"

static struct wp_head head;

static void parse_ok(const char *text)
{
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), feed_limits()), WP_PARSE_OK);
}

static void every_known_name_is_known(void **state)
{
    static const struct {
        const char *name;
        enum wp_field_id id;
    } names[] = {
        {"Accept", WP_FIELD_ACCEPT},
        {"Connection", WP_FIELD_CONNECTION},
        {"Content-Length", WP_FIELD_CONTENT_LENGTH},
        {"Date", WP_FIELD_DATE},
        {"Expect", WP_FIELD_EXPECT},
        {"Forwarded", WP_FIELD_FORWARDED},
        {"Host", WP_FIELD_HOST},
        {"Keep-Alive", WP_FIELD_KEEP_ALIVE},
        {"Max-Forwards", WP_FIELD_MAX_FORWARDS},
        {"Proxy-Authenticate", WP_FIELD_PROXY_AUTHENTICATE},
        {"Proxy-Authentication-Info", WP_FIELD_PROXY_AUTHENTICATION_INFO},
        {"Proxy-Authorization", WP_FIELD_PROXY_AUTHORIZATION},
        {"Proxy-Connection", WP_FIELD_PROXY_CONNECTION},
        {"Sec-Fetch-Mode", WP_FIELD_SEC_FETCH_MODE},
        {"TE", WP_FIELD_TE},
        {"Trailer", WP_FIELD_TRAILER},
        {"Transfer-Encoding", WP_FIELD_TRANSFER_ENCODING},
        {"Upgrade", WP_FIELD_UPGRADE},
        {"User-Agent", WP_FIELD_USER_AGENT},
        {"Via", WP_FIELD_VIA},
        {"X-Forwarded-For", WP_FIELD_X_FORWARDED_FOR},
        {"X-Forwarded-Host", WP_FIELD_X_FORWARDED_HOST},
        {"X-Forwarded-Proto", WP_FIELD_X_FORWARDED_PROTO},
        {"X-Request-Id", WP_FIELD_X_REQUEST_ID},
    };
    assert_int_equal(WP_ARRAY_SIZE(names), WP_FIELD_COUNT - 1);
    for (size_t i = 0; i < WP_ARRAY_SIZE(names); i++) {
        struct wp_slice name = wp_slice_cstr(names[i].name);
        /* As written, in the other case, and with each byte changed: only the first two match. */
        for (size_t change = 0; change < name.len + 2; change++) {
            char text[128];
            int used =
                snprintf(text, sizeof(text), "HTTP/1.1 304 x\r\n%s: 0\r\n\r\n", names[i].name);
            char *at = text + 16;
            for (size_t k = 0; change == 1 && k < name.len; k++) {
                at[k] = at[k] == '-' ? '-' : (char)(at[k] ^ 0x20);
            }
            if (change >= 2) {
                at[change - 2] = at[change - 2] == '-' ? '+' : '_';
            }
            (void)wp_head_parse_response(&head, (struct wp_slice){text, (size_t)used},
                                         WP_METHOD_GET, feed_limits());
            assert_int_equal(head.fields[0].id, change < 2 ? names[i].id : WP_FIELD_OTHER);
        }
    }
}

static void first_and_repeated_are_kept(void **state)
{
    parse_ok(LINE "Accept: a\r\nX: 1\r\nAccept: b\r\nX: 2\r\nVia: c\r\n\r\n");
    assert_true(wp_slice_eq(wp_head_get(&head, WP_FIELD_ACCEPT), WP_SLICE("a")));
    assert_true(wp_slice_eq(wp_head_get(&head, WP_FIELD_VIA), WP_SLICE("c")));
    assert_null(wp_head_get(&head, WP_FIELD_DATE).ptr);
    assert_null(wp_head_get(&head, WP_FIELD_OTHER).ptr);
    assert_int_equal(head.repeated, 1u << WP_FIELD_ACCEPT);
    assert_int_equal(head.field_count, 6);
    assert_true(wp_slice_eq(wp_head_name(&head, &head.fields[2]), WP_SLICE("X")));
    assert_true(wp_slice_eq(wp_head_value(&head, &head.fields[4]), WP_SLICE("2")));
}

/* A request with a target of `target` bytes and `fields` more fields; the caller frees it. */
static char *build(size_t target, size_t fields)
{
    char *text = wp_malloc(target + fields * 6 + 64);
    char *at = text + sprintf(text, "GET /");
    memset(at, 'a', target - 1);
    at += target - 1;
    at += sprintf(at, " HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 0; i < fields; i++) {
        at += sprintf(at, "X: 1\r\n");
    }
    sprintf(at, "\r\n");
    return text;
}

static void check_limit(size_t target, size_t fields, const struct wp_head_limits *limits,
                        uint16_t status)
{
    char *text = build(target, fields);
    struct feed_result result = feed_request(wp_slice_cstr(text), limits);
    assert_int_equal(result.parse, status == 0 ? WP_PARSE_OK : WP_PARSE_BAD);
    assert_int_equal(result.status, status);
    free(text);
}

static void limits_are_kept_to_the_byte(void **state)
{
    const struct wp_head_limits limits = {.head_bytes = 300, .target_bytes = 100, .fields = 10};
    const struct wp_head_limits tight = {.head_bytes = 60, .target_bytes = 100, .fields = 10};
    check_limit(100, 0, &limits, 0);
    check_limit(101, 0, &limits, 414);
    check_limit(150, 0, &limits, 414);
    check_limit(10, 9, &limits, 0);
    check_limit(10, 10, &limits, 431);
    check_limit(28, 1, &tight, 0); /* exactly 60 bytes */
    check_limit(29, 1, &tight, 431);
    check_limit(90, 0, &tight, 431);
}

static void limits_beyond_the_greatest_are_lowered(void **state)
{
    const struct wp_head_limits limits = {
        .head_bytes = UINT32_MAX, .target_bytes = UINT32_MAX, .fields = UINT32_MAX};
    char *text = build(10, WP_HEAD_FIELDS_MAX - 1);
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), &limits), WP_PARSE_OK);
    assert_int_equal(head.field_count, WP_HEAD_FIELDS_MAX);
    free(text);
    text = build(10, WP_HEAD_FIELDS_MAX);
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), &limits), WP_PARSE_BAD);
    assert_int_equal(head.status, 431);
    free(text);
    text = build(WP_HEAD_MAX_BYTES - 26, 0); /* the greatest head there is */
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), &limits), WP_PARSE_OK);
    free(text);
    text = build(WP_HEAD_MAX_BYTES - 25, 0);
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), &limits), WP_PARSE_BAD);
    assert_int_equal(head.status, 431);
    free(text);
}

static void response_limits_are_bad(void **state)
{
    const struct wp_head_limits limits = {.head_bytes = 40, .target_bytes = 1, .fields = 1};
    struct wp_slice many = WP_SLICE("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n");
    struct wp_slice long_one = WP_SLICE("HTTP/1.1 200 OK\r\nA: 1234567890123456789012345\r\n\r\n");
    assert_int_equal(feed_response(many, WP_METHOD_GET, &limits).status, 502);
    assert_int_equal(feed_response(long_one, WP_METHOD_GET, &limits).status, 502);
}

/* Connection may not make a head cost the square of its size. */
static void connection_options_are_bounded(void **state)
{
    char text[1024] = LINE "Connection: ";
    for (int i = 0; i < 100; i++) {
        strcat(text, i == 0 ? "a" : ",a");
    }
    size_t length = strlen(text);
    strcat(text, "\r\n\r\n");
    parse_ok(text);
    strcpy(text + length, ",a\r\n\r\n");
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(text), feed_limits()),
                     WP_PARSE_BAD);
    assert_int_equal(head.status, 400);
}

static void a_parsed_head_can_move(void **state)
{
    static const char text[] = "GET http://a.test HTTP/1.1\r\nHost: a.test\r\nX: y\r\n\r\n";
    char first[sizeof(text)];
    char second[sizeof(text)];
    char before[512];
    char after[512];
    memcpy(first, text, sizeof(text));
    parse_ok(first);
    feed_describe(&head, true, before, sizeof(before));
    memcpy(second, first, sizeof(text));
    wp_head_rebase(&head, second);
    memset(first, '#', sizeof(first));
    feed_describe(&head, true, after, sizeof(after));
    assert_string_equal(before, after);
    assert_string_equal(before, "GET absolute / host=a.test 1.1 none=0 f2/0 keep");
    assert_true(wp_slice_eq(wp_head_value(&head, &head.fields[1]), WP_SLICE("y")));
    assert_true(wp_slice_eq(head.target, WP_SLICE("http://a.test")));
    assert_null(head.phrase.ptr);
}

/* The scan goes on where it was: bytes it has passed may even change. */
static void the_scan_does_not_look_back(void **state)
{
    char text[] = "GET / HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\r\n";
    uint32_t scan = 0;
    uint32_t length = 0;
    assert_int_equal(wp_head_scan((struct wp_slice){text, 24}, &scan, &length), WP_PARSE_MORE);
    assert_int_equal(scan, 24);
    text[3] = '\n';
    assert_int_equal(wp_head_scan(wp_slice_cstr(text), &scan, &length), WP_PARSE_OK);
    assert_int_equal(length, sizeof(text) - 1);
}

static void the_scan_refuses(void **state)
{
    static const struct wp_slice rows[] = {
        WP_SLICE("\r\n\r\n"),
        WP_SLICE("\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        WP_SLICE("GET / HTTP/1.1\n\n"),
        WP_SLICE("GET / HTTP/1.1\r\r\n"),
        WP_SLICE("GET / HTTP/1.1\r\n\n"),
        WP_SLICE("GET / HTTP/1.1\r\nX: \0"),
        WP_SLICE("GET / HTTP/1.1\r\nX: \x1f"),
        WP_SLICE("GET / HTTP/1.1\r\nX: \x7f"),
        WP_SLICE("\n"),
        WP_SLICE("\rx"),
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        for (size_t split = 0; split <= rows[i].len; split++) {
            uint32_t scan = 0;
            uint32_t length = 77;
            struct wp_slice part = {rows[i].ptr, split};
            if (wp_head_scan(part, &scan, &length) == WP_PARSE_MORE) {
                assert_int_equal(wp_head_scan(rows[i], &scan, &length), WP_PARSE_BAD);
            }
            assert_int_equal(length, 77);
        }
    }
}

static void tokens(void **state)
{
    assert_true(wp_is_token(WP_SLICE("a")));
    assert_true(wp_is_token(WP_SLICE("!#$%&'*+-.^_`|~09azAZ")));
    assert_false(wp_is_token(WP_SLICE("")));
    assert_false(wp_is_token(WP_SLICE("a b")));
    assert_false(wp_is_token(WP_SLICE("a,b")));
    assert_false(wp_is_token(WP_SLICE("\x80")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_name_is_known),
        cmocka_unit_test(first_and_repeated_are_kept),
        cmocka_unit_test(limits_are_kept_to_the_byte),
        cmocka_unit_test(limits_beyond_the_greatest_are_lowered),
        cmocka_unit_test(response_limits_are_bad),
        cmocka_unit_test(connection_options_are_bounded),
        cmocka_unit_test(a_parsed_head_can_move),
        cmocka_unit_test(the_scan_does_not_look_back),
        cmocka_unit_test(the_scan_refuses),
        cmocka_unit_test(tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
