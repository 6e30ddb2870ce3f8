/*
 * feed.c - every way of feeding a head must give the same result.
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

const struct wp_head_limits *feed_limits(void)
{
    static const struct wp_head_limits limits = {
        .head_bytes = 16384, .target_bytes = 8000, .fields = 100};
    return &limits;
}

static const char *form_name(enum wp_target_form form)
{
    switch (form) {
    case WP_TARGET_ORIGIN:
        return "origin";
    case WP_TARGET_ABSOLUTE:
        return "absolute";
    case WP_TARGET_ASTERISK:
        return "asterisk";
    }
    return "?";
}

static const char *framing_name(enum wp_framing framing)
{
    switch (framing) {
    case WP_FRAMING_NONE:
        return "none";
    case WP_FRAMING_LENGTH:
        return "length";
    case WP_FRAMING_CHUNKED:
        return "chunked";
    case WP_FRAMING_TO_CLOSE:
        return "to-close";
    }
    return "?";
}

static unsigned count_hop_by_hop(const struct wp_head *head)
{
    unsigned count = 0;
    for (unsigned i = 0; i < head->field_count; i++) {
        count += head->fields[i].is_hop_by_hop;
    }
    return count;
}

void feed_describe(const struct wp_head *head, bool is_request, char *ret_text, size_t size)
{
    int used;
    if (is_request) {
        used = snprintf(ret_text, size, "%.*s %s %.*s host=%.*s", WP_SLICE_ARG(head->method_text),
                        form_name(head->target_form), WP_SLICE_ARG(head->path),
                        WP_SLICE_ARG(head->authority));
    } else {
        used = snprintf(ret_text, size, "%u [%.*s]", head->status, WP_SLICE_ARG(head->phrase));
    }
    snprintf(ret_text + used, size - (size_t)used, " 1.%u %s=%llu f%u/%u%s%s%s%s",
             head->minor_version, framing_name(head->framing),
             (unsigned long long)head->content_length, head->field_count, count_hop_by_hop(head),
             head->is_persistent ? " keep" : "", head->has_upgrade ? " upgrade" : "",
             head->expects_continue ? " continue" : "",
             head->has_body_fields ? " body-fields" : "");
}

/* What is fed, and as what. */
struct subject {
    struct wp_slice bytes;
    bool is_request;
    enum wp_http_method request_method;
    const struct wp_head_limits *limits;
};

static struct feed_result parse_prefix(const struct subject *subject, size_t count,
                                       uint32_t *ret_length)
{
    static struct wp_head head;
    struct feed_result result = {0};
    char *copy = wp_malloc(count == 0 ? 1 : count);
    memcpy(copy, subject->bytes.ptr, count);
    struct wp_slice prefix = {copy, count};
    memset(&head, 0xa5, sizeof(head)); /* a parse must not depend on what was there */
    result.parse =
        subject->is_request
            ? wp_head_parse_request(&head, prefix, subject->limits)
            : wp_head_parse_response(&head, prefix, subject->request_method, subject->limits);
    if (result.parse == WP_PARSE_BAD) {
        assert_non_null(head.reason);
        result.status = head.status;
        result.reason = head.reason;
    } else if (result.parse == WP_PARSE_OK) {
        assert_ptr_equal(head.base, copy);
        assert_in_range(head.length, 1, count);
        *ret_length = head.length;
        feed_describe(&head, subject->is_request, result.description, sizeof(result.description));
    }
    free(copy);
    return result;
}

static void check_prefixes(const struct subject *subject, const struct feed_result *whole,
                           uint32_t length)
{
    bool is_decided = false;
    for (size_t count = 0; count <= subject->bytes.len; count++) {
        uint32_t prefix_length = 0;
        struct feed_result result = parse_prefix(subject, count, &prefix_length);
        if (result.parse == WP_PARSE_MORE) {
            assert_false(is_decided);
            continue;
        }
        is_decided = true;
        assert_int_equal(result.parse, whole->parse);
        if (result.parse == WP_PARSE_OK) {
            assert_true(count >= length);
            assert_int_equal(prefix_length, length);
            assert_string_equal(result.description, whole->description);
        } else {
            assert_int_equal(result.status, whole->status);
            assert_string_equal(result.reason, whole->reason);
        }
    }
    assert_true(is_decided || whole->parse == WP_PARSE_MORE);
}

static enum wp_parse scan_prefix(struct wp_slice bytes, size_t count, uint32_t *scan,
                                 uint32_t *ret_length)
{
    char *copy = wp_malloc(count == 0 ? 1 : count);
    memcpy(copy, bytes.ptr, count);
    enum wp_parse parse = wp_head_scan((struct wp_slice){copy, count}, scan, ret_length);
    free(copy);
    return parse;
}

/* The scan in pieces of `step` bytes; it must find what the parser finds. */
static void check_scan(const struct subject *subject, const struct feed_result *whole,
                       uint32_t length, size_t first, size_t step)
{
    uint32_t scan = 0;
    uint32_t found = 0;
    enum wp_parse parse = WP_PARSE_MORE;
    for (size_t count = first; parse == WP_PARSE_MORE; count += step) {
        if (count > subject->bytes.len) {
            count = subject->bytes.len;
        }
        parse = scan_prefix(subject->bytes, count, &scan, &found);
        assert_true(scan <= count);
        if (count == subject->bytes.len) {
            break;
        }
    }
    if (whole->parse == WP_PARSE_OK) {
        assert_int_equal(parse, WP_PARSE_OK);
        assert_int_equal(found, length);
    } else if (whole->parse == WP_PARSE_MORE) {
        assert_int_equal(parse, WP_PARSE_MORE);
    }
    if (parse == WP_PARSE_BAD) {
        assert_int_equal(whole->parse, WP_PARSE_BAD);
    }
}

static struct feed_result feed(const struct subject *subject)
{
    uint32_t length = 0;
    struct feed_result whole = parse_prefix(subject, subject->bytes.len, &length);
    check_prefixes(subject, &whole, length);
    check_scan(subject, &whole, length, 0, 1);
    for (size_t split = 0; split <= subject->bytes.len; split++) {
        check_scan(subject, &whole, length, split, subject->bytes.len);
    }
    return whole;
}

struct feed_result feed_request(struct wp_slice bytes, const struct wp_head_limits *limits)
{
    const struct subject subject = {
        .bytes = bytes, .is_request = true, .limits = limits != NULL ? limits : feed_limits()};
    return feed(&subject);
}

struct feed_result feed_response(struct wp_slice bytes, enum wp_http_method request_method,
                                 const struct wp_head_limits *limits)
{
    const struct subject subject = {.bytes = bytes,
                                    .request_method = request_method,
                                    .limits = limits != NULL ? limits : feed_limits()};
    return feed(&subject);
}
