/*
 * test_text.c - method properties, reason phrases, dates, and what an Accept prefers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/http1_write.h"

static void accept_is_weighed(void **state)
{
    static const struct {
        const char *accept;
        bool is_html;
    } rows[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true},
        {"text/html", true},
        {"TEXT/HTML", true},
        {"text/*", true},
        {"text/html, application/json;q=0.9", true},
        {"text/html;q=0.5, application/json;q=0.4", true},
        {"text/html;level=1;q=0.5, */*;q=0.1", true},
        {"*/*;q=0.9, application/*;q=0.1", true},
        {"*/*, application/json;q=0, application/problem+json;q=0", true},
        {" text/html ; q=1.000 , */* ; q=0.999", true},
        {"text/html;Q=0.9, */*;q=0.8", true},
        {"", false},
        {"*/*", false},
        {"application/json", false},
        {"application/json, text/plain, */*", false},
        {"text/html, application/json", false},
        {"text/html, application/problem+json", false},
        {"text/html;q=0.4, application/json;q=0.5", false},
        {"text/html;q=0, */*;q=0.1", false},
        {"text/html;q=0", false},
        {"text/html;q=0.000", false},
        {"text/plain", false},
        {"text/htmlx", false},
        {"xtext/html", false},
        {"application/*, text/*;q=0.5", false},
        {"text/*;q=0.3, */*;q=0.5", false},
        {"application/problem+json, text/html;q=0.9", false},
        {";;;,,;q=,q=1", false},
        {"image/*", false},
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        if (wp_accept_prefers_html(wp_slice_cstr(rows[i].accept)) != rows[i].is_html) {
            print_error("Accept: %s\n", rows[i].accept);
            fail();
        }
    }
    assert_false(wp_accept_prefers_html((struct wp_slice){NULL, 0}));
}

static void dates_are_written(void **state)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, /* the example of RFC 9110 */
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {951868799, "Tue, 29 Feb 2000 23:59:59 GMT"},
        {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
        {1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"},
        {1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"},
        {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
        {253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    char text[WP_HTTP_DATE_SIZE];
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        wp_http_date(rows[i].seconds * 1000 + 999, text);
        assert_string_equal(text, rows[i].text);
    }
    wp_http_date(UINT64_MAX, text);
    assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
}

/* Every day of four centuries, against the C library. */
static void dates_agree_with_the_library(void **state)
{
    for (time_t day = 0; day < 146097; day++) {
        char text[WP_HTTP_DATE_SIZE];
        char expected[WP_HTTP_DATE_SIZE];
        time_t seconds = day * 86400 + day % 86400;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        wp_http_date((uint64_t)seconds * 1000, text);
        assert_string_equal(text, expected);
    }
}

static void phrases(void **state)
{
    assert_string_equal(wp_status_phrase(200), "OK");
    assert_string_equal(wp_status_phrase(101), "Switching Protocols");
    assert_string_equal(wp_status_phrase(308), "Permanent Redirect");
    assert_string_equal(wp_status_phrase(431), "Request Header Fields Too Large");
    assert_string_equal(wp_status_phrase(503), "Service Unavailable");
    assert_string_equal(wp_status_phrase(505), "HTTP Version Not Supported");
    assert_string_equal(wp_status_phrase(299), "Unknown");
    assert_string_equal(wp_status_phrase(418), "Unknown");
    assert_string_equal(wp_status_phrase(599), "Unknown");
    assert_string_equal(wp_status_phrase(0), "Unknown");
}

static void method_properties(void **state)
{
    static const struct {
        enum wp_http_method method;
        bool is_safe, is_idempotent;
    } rows[] = {
        {WP_METHOD_OTHER, false, false},   {WP_METHOD_GET, true, true},
        {WP_METHOD_HEAD, true, true},      {WP_METHOD_POST, false, false},
        {WP_METHOD_PUT, false, true},      {WP_METHOD_DELETE, false, true},
        {WP_METHOD_OPTIONS, true, true},   {WP_METHOD_PATCH, false, false},
        {WP_METHOD_CONNECT, false, false}, {WP_METHOD_TRACE, true, true},
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        assert_int_equal(wp_method_is_safe(rows[i].method), rows[i].is_safe);
        assert_int_equal(wp_method_is_idempotent(rows[i].method), rows[i].is_idempotent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_is_weighed),
        cmocka_unit_test(dates_are_written),
        cmocka_unit_test(dates_agree_with_the_library),
        cmocka_unit_test(phrases),
        cmocka_unit_test(method_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
