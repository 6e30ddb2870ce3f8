/*
 * test_request_bad.c - requests that are refused, and with which status (DESIGN section 7, RFC 9112
 * sections 2, 3, 5, 6). Each row is fed in every possible way.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed.h"
#include "wakeproxy/base/mem.h"

struct row {
    uint16_t status;
    struct wp_slice head;
};

#define ROW(status, text)                                                                          \
    {                                                                                              \
        status,                                                                                    \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }
#define HOST "Host: a.test\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST
#define POST "POST / HTTP/1.1\r\n" HOST
#define END  "\r\n"
#define FILL "Fill: 0123456789abcdef0123456789abcdef\r\n"

static const struct row request_line_rows[] = {
    /* the request line */
    ROW(400, "GET /\r\n" HOST END),
    ROW(400, "GET / \r\n" HOST END),
    ROW(400, "GET  / HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /  HTTP/1.1\r\n" HOST END),
    ROW(400, "GET / HTTP/1.1 \r\n" HOST END),
    ROW(400, "GET\t/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /\tHTTP/1.1\r\n" HOST END),
    ROW(400, " GET / HTTP/1.1\r\n" HOST END),
    ROW(400, "\tGET / HTTP/1.1\r\n" HOST END),
    ROW(400, "GET / HTTP/1.1 junk\r\n" HOST END),
    ROW(400, "GET / a HTTP/1.1\r\n" HOST END),
    ROW(400, "GET\r\n" HOST END),
    ROW(400, "G@T / HTTP/1.1\r\n" HOST END),
    ROW(400, "G(T) / HTTP/1.1\r\n" HOST END),
    ROW(400, "G\x01T / HTTP/1.1\r\n" HOST END),
    ROW(400, "G\0T / HTTP/1.1\r\n" HOST END),
    ROW(400, "G\x80T / HTTP/1.1\r\n" HOST END),
    ROW(400, "GET: / HTTP/1.1\r\n" HOST END),
    ROW(400, "\"GET\" / HTTP/1.1\r\n" HOST END),
    ROW(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ROW(400, "SSH-2.0-OpenSSH_9.2\r\n"),
    /* empty lines before it */
    ROW(400, "\r\n\r\nGET / HTTP/1.1\r\n" HOST END),
    ROW(400, "\r\n\r\n\r\n\r\n"),
    ROW(400, "\n\nGET / HTTP/1.1\r\n" HOST END),
    ROW(400, "\nGET / HTTP/1.1\r\n" HOST END),
    ROW(400, "\rGET / HTTP/1.1\r\n" HOST END),
    ROW(400, "\r\n GET / HTTP/1.1\r\n" HOST END),
    /* the version */
    ROW(400, "GET / HTTP/1.1\n" HOST END),
    ROW(400, "GET / HTTP/1.1\r" HOST END),
    ROW(400, "GET / HTTP/1.1\r\r\n" HOST END),
    ROW(400, "GET / HTTP/1\r\n" HOST END),
    ROW(400, "GET / HTTP/1.\r\n" HOST END),
    ROW(400, "GET / HTTP/.1\r\n" HOST END),
    ROW(400, "GET / HTTP/1.10\r\n" HOST END),
    ROW(400, "GET / HTTP/01.1\r\n" HOST END),
    ROW(400, "GET / HTTP/11.1\r\n" HOST END),
    ROW(400, "GET / HTTP/1,1\r\n" HOST END),
    ROW(400, "GET / HTTP/1.x\r\n" HOST END),
    ROW(400, "GET / HTTP/-1.1\r\n" HOST END),
    ROW(400, "GET / http/1.1\r\n" HOST END),
    ROW(400, "GET / Http/1.1\r\n" HOST END),
    ROW(400, "GET / HTTPS/1.1\r\n" HOST END),
    ROW(400, "GET / HTTP /1.1\r\n" HOST END),
    ROW(400, "GET / ICY/1.1\r\n" HOST END),
    ROW(505, "GET / HTTP/2.0\r\n" HOST END),
    ROW(505, "GET / HTTP/0.9\r\n" HOST END),
    ROW(505, "GET / HTTP/3.1\r\n" HOST END),
    ROW(505, "GET / HTTP/9.9\r\n" HOST END),
    ROW(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    /* methods that are not offered */
    ROW(405, "CONNECT a.test:443 HTTP/1.1\r\n" HOST END),
    ROW(405, "CONNECT / HTTP/1.1\r\n" HOST END),
    ROW(405, "TRACE / HTTP/1.1\r\n" HOST END),
    ROW(405, "TRACE / HTTP/1.0\r\n" END),
};

static const struct row target_rows[] = {
    ROW(400, "GET * HTTP/1.1\r\n" HOST END),
    ROW(400, "POST * HTTP/1.1\r\n" HOST END),
    ROW(400, "OPTIONS ** HTTP/1.1\r\n" HOST END),
    ROW(400, "OPTIONS *? HTTP/1.1\r\n" HOST END),
    ROW(400, "GET a.test:80 HTTP/1.1\r\n" HOST END),
    ROW(400, "GET a.test HTTP/1.1\r\n" HOST END),
    ROW(400, "GET index.html HTTP/1.1\r\n" HOST END),
    ROW(400, "GET ?x HTTP/1.1\r\n" HOST END),
    ROW(400, "GET \\ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /#top HTTP/1.1\r\n" HOST END),
    ROW(400, "GET # HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a b HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\tb HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\x7f HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\0b HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\x1f HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /\xc3\xa4 HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /\xff HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\rb HTTP/1.1\r\n" HOST END),
    ROW(400, "GET /a\nb HTTP/1.1\r\n" HOST END),
    /* absolute form */
    ROW(400, "GET ftp://a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET ws://a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http:/a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http:a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http:// HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http:///x HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://?x HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://u@a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://u:p@a.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://b.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://a.test:81/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET https://a.test:80/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://a.test/ HTTP/1.1\r\nHost: a.test:443\r\n" END),
    ROW(400, "GET http://a.test:x/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://a.test:99999/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://a.test./ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://[::1/ HTTP/1.1\r\nHost: [::1]\r\n" END),
    ROW(400, "GET http://a.test/ HTTP/1.1\r\n" END),
    ROW(400, "GET http://a.test/ HTTP/1.1\r\nHost:\r\n" END),
    ROW(400, "GET http://a.test\\@b.test/ HTTP/1.1\r\n" HOST END),
    ROW(400, "GET http://u@a.test/ HTTP/1.0\r\n" END),
    ROW(400, "GET http://b.test/ HTTP/1.0\r\n" HOST END),
};

static const struct row field_rows[] = {
    /* lines */
    ROW(400, GET " X: folded first line\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\n Host: a.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\n\tHost: a.test\r\n" END),
    ROW(400, GET "X: 1\r\n 2\r\n" END),
    ROW(400, GET "X: 1\r\n\t2\r\n" END),
    ROW(400, GET "X: 1\r\n \r\n" END),
    ROW(400, GET "X : 1\r\n" END),
    ROW(400, GET "X\t: 1\r\n" END),
    ROW(400, GET "Content-Length : 1\r\n" END "x"),
    ROW(400, GET ": 1\r\n" END),
    ROW(400, GET ":\r\n" END),
    ROW(400, GET "X\r\n" END),
    ROW(400, GET "X 1\r\n" END),
    ROW(400, GET "X\n" END),
    ROW(400, GET "X(1): 1\r\n" END),
    ROW(400, GET "X@: 1\r\n" END),
    ROW(400, GET "X\"Y: 1\r\n" END),
    ROW(400, GET "X/Y: 1\r\n" END),
    ROW(400, GET "X[0]: 1\r\n" END),
    ROW(400, GET "X,Y: 1\r\n" END),
    ROW(400, GET "X;: 1\r\n" END),
    ROW(400, GET "X=Y: 1\r\n" END),
    ROW(400, GET "X{}: 1\r\n" END),
    ROW(400, GET "X\x80: 1\r\n" END),
    ROW(400, GET "\xef\xbb\xbfX: 1\r\n" END),
    ROW(400, GET "X\0: 1\r\n" END),
    ROW(400, GET "X\x7f: 1\r\n" END),
    /* values */
    ROW(400, GET "X: a\0b\r\n" END),
    ROW(400, GET "X: a\x01\r\n" END),
    ROW(400, GET "X: a\x0b\r\n" END),
    ROW(400, GET "X: a\x1b[0m\r\n" END),
    ROW(400, GET "X: a\x7f\r\n" END),
    ROW(400, GET "X: a\rb\r\n" END),
    ROW(400, GET "X: a\r\r\n" END),
    ROW(400, GET "X: a\nb: c\r\n" END),
    ROW(400, GET "X: a\n" END),
    ROW(400, GET "X:\n" END),
    ROW(400, GET "X:\r" END),
    ROW(400, GET "X: 0123456789abcdef0123456789abcdef\x02\r\n" END),
    ROW(400, GET "X: 0123456789abcdef0123456789abcde\nY: 1\r\n" END),
    ROW(400, GET "X: \xff\xff\xff\xff\xff\xff\xff\x7f\r\n" END),
    /* the end */
    ROW(400, GET "\rX: 1\r\n" END),
    ROW(400, GET "\r\r\n"),
    ROW(400, GET "\n"),
    ROW(400, "GET / HTTP/1.1\n"
             "Host: a.test\n\n"),
};

static const struct row host_rows[] = {
    ROW(400, "GET / HTTP/1.1\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nX: 1\r\n" END),
    ROW(400, GET HOST END),
    ROW(400, GET "Host: b.test\r\n" END),
    ROW(400, GET "hOST: a.test\r\n" END),
    ROW(400, "GET / HTTP/1.0\r\n" HOST HOST END),
    ROW(400, "GET / HTTP/1.1\r\nHost:\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: \r\n" END),
    ROW(400, "GET / HTTP/1.0\r\nHost:\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a b\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test, b.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test/x\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: http://a.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: u@a.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test:\xff\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test:80:80\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test:80a\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test:-80\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a.test:65536\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: :80\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: ::1\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: [::1\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: [a.test]\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a%zz.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a%4\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: \xc3\xa4.test\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\\b\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a?b\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: a#b\r\n" END),
    ROW(400, "GET / HTTP/1.1\r\nHost: \"a\"\r\n" END),
};

static const struct row framing_rows[] = {
    /* Content-Length */
    ROW(400, POST "Content-Length:\r\n" END),
    ROW(400, POST "Content-Length: -1\r\n" END),
    ROW(400, POST "Content-Length: +1\r\n" END),
    ROW(400, POST "Content-Length: 0x10\r\n" END),
    ROW(400, POST "Content-Length: 1e3\r\n" END),
    ROW(400, POST "Content-Length: 1.0\r\n" END),
    ROW(400, POST "Content-Length: 1 2\r\n" END),
    ROW(400, POST "Content-Length: 5, 5\r\n" END),
    ROW(400, POST "Content-Length: 5,\r\n" END),
    ROW(400, POST "Content-Length: ,5\r\n" END),
    ROW(400, POST "Content-Length: \"5\"\r\n" END),
    ROW(400, POST "Content-Length: 5;\r\n" END),
    ROW(400, POST "Content-Length: five\r\n" END),
    ROW(400, POST "Content-Length: \xb2\r\n" END),
    ROW(400, POST "Content-Length: 9223372036854775808\r\n" END),
    ROW(400, POST "Content-Length: 18446744073709551616\r\n" END),
    ROW(400, POST "Content-Length: 99999999999999999999999\r\n" END),
    ROW(400, POST "Content-Length: 5\r\nContent-Length: 5\r\n" END),
    ROW(400, POST "Content-Length: 5\r\ncontent-length: 6\r\n" END),
    ROW(400, POST "Content-Length: 0\r\nContent-Length: 0\r\n" END),
    ROW(400, "GET / HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 5\r\n" END),
    /* both */
    ROW(400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n" END),
    ROW(400, POST "Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n" END),
    ROW(400, POST "Transfer-Encoding: identity\r\nContent-Length: 5\r\n" END),
    ROW(400, POST "tRANSFER-eNCODING: chunked\r\ncONTENT-lENGTH: 5\r\n" END),
    /* Transfer-Encoding: the final coding is not chunked */
    ROW(400, POST "Transfer-Encoding:\r\n" END),
    ROW(400, POST "Transfer-Encoding: gzip\r\n" END),
    ROW(400, POST "Transfer-Encoding: identity\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked, gzip\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked, identity\r\n" END),
    ROW(400, POST "Transfer-Encoding: xchunked\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunke\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunkedx\r\n" END),
    ROW(400, POST "Transfer-Encoding: \"chunked\"\r\n" END),
    ROW(400, POST "Transfer-Encoding: 'chunked'\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked;q=1\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked x\r\n" END),
    ROW(400, POST "Transfer-Encoding: x chunked\r\n" END),
    ROW(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n" END),
    ROW(400, POST "Transfer-Encoding: \xe2\x80\x8b"
                  "chunked\r\n" END),
    ROW(400, POST "Transfer-Encoding: \x0b"
                  "chunked\r\n" END),
    /* ... or is, but not alone */
    ROW(501, POST "Transfer-Encoding: gzip, chunked\r\n" END),
    ROW(501, POST "Transfer-Encoding: identity, chunked\r\n" END),
    ROW(501, POST "Transfer-Encoding: chunked, chunked\r\n" END),
    ROW(501, POST "Transfer-Encoding: , chunked\r\n" END),
    ROW(501, POST "Transfer-Encoding: chunked,\r\n" END),
    ROW(501, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END),
    ROW(501, POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END),
    ROW(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END),
    ROW(400, "POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n" END),
    /* Expect */
    ROW(417, POST "Expect: 200-ok\r\n" END),
    ROW(417, POST "Expect: 100-continue, x\r\n" END),
    ROW(417, POST "Expect: 100-continue;x\r\n" END),
    ROW(417, POST "Expect: 100-continue\r\nExpect: y\r\n" END),
    /* Connection */
    ROW(400, GET "Connection: Host\r\n" END),
    ROW(400, GET "Connection: close, content-length\r\n" END),
    ROW(400, GET "Connection: Transfer-Encoding\r\n" END),
    ROW(400, GET "Connection: x-forwarded-for\r\n" END),
    ROW(400, GET "Connection: X-Forwarded-Proto\r\n" END),
    ROW(400, GET "Connection: X-Forwarded-Host\r\n" END),
    ROW(400, GET "Connection: X-Request-Id\r\n" END),
    ROW(400, GET "Connection: close\r\nConnection: via\r\n" END),
    ROW(400, GET "Connection: Forwarded\r\n" END),
    ROW(400, GET "Connection: a b\r\n" END),
    ROW(400, GET "Connection: \"x\r\n" END),
    ROW(400, GET "Connection: \"x, close\"\r\n" END),
    ROW(400, GET "Connection: close;\r\n" END),
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct feed_result result = feed_request(rows[i].head, NULL);
        if (result.parse != WP_PARSE_BAD || result.status != rows[i].status) {
            print_error("row %zu: parse %d, status %u (%s), wanted %u: %.*s\n", i, result.parse,
                        result.status, result.reason != NULL ? result.reason : "no reason",
                        rows[i].status, WP_SLICE_ARG(rows[i].head));
            fail();
        }
    }
}

static void request_lines_are_refused(void **state)
{
    check(request_line_rows, WP_ARRAY_SIZE(request_line_rows));
}

static void targets_are_refused(void **state)
{
    check(target_rows, WP_ARRAY_SIZE(target_rows));
}

static void fields_are_refused(void **state)
{
    check(field_rows, WP_ARRAY_SIZE(field_rows));
}

static void hosts_are_refused(void **state)
{
    check(host_rows, WP_ARRAY_SIZE(host_rows));
}

static void framings_are_refused(void **state)
{
    check(framing_rows, WP_ARRAY_SIZE(framing_rows));
}

/* Every byte, in each place of a head, is either allowed by the grammar or refused. Enough follows
 * that whole blocks are looked at; the prefixes of the feed exercise what is left of a block. */
static void each_byte_is_judged(void **state)
{
    static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (unsigned byte = 0; byte < 256; byte++) {
        char in_name[] = GET "X?Y: 1\r\n" FILL END;
        char in_value[] = GET "X: a?b\r\n" FILL END;
        char in_target[] = "GET /a?b HTTP/1.1\r\n" HOST FILL END;
        char in_method[] = "G?T / HTTP/1.1\r\n" HOST FILL END;
        bool is_tchar = byte != 0 && strchr(tchars, (int)byte) != NULL;
        bool is_text = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        *strchr(in_name, '?') = *strchr(in_value, '?') = (char)byte;
        *strchr(in_target, '?') = *strchr(in_method, '?') = (char)byte;
        enum wp_parse name =
            feed_request((struct wp_slice){in_name, sizeof(in_name) - 1}, NULL).parse;
        enum wp_parse value =
            feed_request((struct wp_slice){in_value, sizeof(in_value) - 1}, NULL).parse;
        enum wp_parse target =
            feed_request((struct wp_slice){in_target, sizeof(in_target) - 1}, NULL).parse;
        enum wp_parse method =
            feed_request((struct wp_slice){in_method, sizeof(in_method) - 1}, NULL).parse;
        assert_int_equal(name, is_tchar || byte == ':' ? WP_PARSE_OK : WP_PARSE_BAD);
        assert_int_equal(value, is_text ? WP_PARSE_OK : WP_PARSE_BAD);
        assert_int_equal(target,
                         byte > 0x20 && byte < 0x7f && byte != '#' ? WP_PARSE_OK : WP_PARSE_BAD);
        assert_int_equal(method, is_tchar ? WP_PARSE_OK : WP_PARSE_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_lines_are_refused), cmocka_unit_test(targets_are_refused),
        cmocka_unit_test(fields_are_refused),        cmocka_unit_test(hosts_are_refused),
        cmocka_unit_test(framings_are_refused),      cmocka_unit_test(each_byte_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
