/*
 * test_response.c - responses: what is refused (the proxy answers 502), what is accepted and how
 * its body is framed for the request it answers (RFC 9112 section 6.3). Each row is fed in every
 * possible way; the expected text is that of feed_describe().
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed.h"
#include "wakeproxy/base/mem.h"

struct good_row {
    enum wp_http_method method;
    const char *expected;
    const char *head;
};

#define OK  "HTTP/1.1 200 OK\r\n"
#define END "\r\n"
#define GET WP_METHOD_GET

static const struct good_row good_rows[] = {
    /* the status line */
    {GET, "200 [OK] 1.1 to-close=0 f0/0", OK END},
    {GET, "200 [] 1.1 to-close=0 f0/0", "HTTP/1.1 200 \r\n" END},
    {GET, "200 [] 1.1 to-close=0 f0/0", "HTTP/1.1 200\r\n" END},
    {GET, "200 [A  B\tC] 1.1 to-close=0 f0/0", "HTTP/1.1 200 A  B\tC\r\n" END},
    {GET, "200 [\xc3\xa4] 1.1 to-close=0 f0/0", "HTTP/1.1 200 \xc3\xa4\r\n" END},
    {GET, "200 [ OK] 1.1 to-close=0 f0/0", "HTTP/1.1 200  OK\r\n" END},
    {GET, "599 [x] 1.1 to-close=0 f0/0", "HTTP/1.1 599 x\r\n" END},
    {GET, "200 [OK] 1.0 to-close=0 f0/0", "HTTP/1.0 200 OK\r\n" END},
    {GET, "200 [OK] 1.1 to-close=0 f0/0", "HTTP/1.5 200 OK\r\n" END},
    /* length */
    {GET, "200 [OK] 1.1 length=5 f1/0 keep", OK "Content-Length: 5\r\n" END},
    {GET, "200 [OK] 1.1 length=0 f1/0 keep", OK "Content-Length: 0\r\n" END},
    {GET, "200 [OK] 1.1 length=5 f2/1", OK "Content-Length: 5\r\nConnection: close\r\n" END},
    {GET, "200 [OK] 1.0 length=5 f1/0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n" END},
    {GET, "200 [OK] 1.0 length=5 f2/1 keep",
     "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n" END},
    {GET, "200 [OK] 1.1 length=9223372036854775807 f1/0 keep",
     OK "Content-Length: 9223372036854775807\r\n" END},
    {GET, "205 [Reset] 1.1 length=0 f1/0 keep", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n" END},
    {GET, "205 [Reset] 1.1 to-close=0 f0/0", "HTTP/1.1 205 Reset\r\n" END},
    /* chunked */
    {GET, "200 [OK] 1.1 chunked=0 f1/1 keep", OK "Transfer-Encoding: chunked\r\n" END},
    {GET, "200 [OK] 1.1 chunked=0 f1/1 keep", OK "transfer-encoding: CHUNKED\r\n" END},
    {GET, "200 [OK] 1.1 chunked=0 f2/2 keep",
     OK "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n" END},
    /* no body whatever is said */
    {WP_METHOD_HEAD, "200 [OK] 1.1 none=5 f1/0 keep body-fields", OK "Content-Length: 5\r\n" END},
    {WP_METHOD_HEAD, "200 [OK] 1.1 none=0 f1/1 keep body-fields",
     OK "Transfer-Encoding: chunked\r\n" END},
    {WP_METHOD_HEAD, "200 [OK] 1.1 none=0 f0/0 keep", OK END},
    {WP_METHOD_HEAD, "200 [OK] 1.0 none=0 f0/0", "HTTP/1.0 200 OK\r\n" END},
    {GET, "304 [x] 1.1 none=5 f1/0 keep body-fields",
     "HTTP/1.1 304 x\r\nContent-Length: 5\r\n" END},
    {GET, "304 [x] 1.1 none=0 f1/1 keep body-fields",
     "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n" END},
    {GET, "304 [x] 1.1 none=0 f0/0 keep", "HTTP/1.1 304 x\r\n" END},
    {GET, "204 [x] 1.1 none=0 f0/0 keep", "HTTP/1.1 204 x\r\n" END},
    {GET, "204 [x] 1.1 none=0 f1/0 keep", "HTTP/1.1 204 x\r\nContent-Length: 0\r\n" END},
    {GET, "204 [x] 1.1 none=0 f1/0", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n" END},
    {GET, "100 [Continue] 1.1 none=0 f0/0 keep", "HTTP/1.1 100 Continue\r\n" END},
    {GET, "103 [Early Hints] 1.1 none=0 f1/0 keep",
     "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n" END},
    {GET, "199 [] 1.1 none=0 f0/0 keep", "HTTP/1.1 199\r\n" END},
    {WP_METHOD_POST, "200 [OK] 1.1 to-close=0 f0/0", OK END},
    {WP_METHOD_OTHER, "200 [OK] 1.1 length=1 f1/0 keep", OK "Content-Length: 1\r\n" END},
    /* upgrade */
    {GET, "101 [x] 1.1 none=0 f2/2 keep upgrade",
     "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" END},
    {GET, "101 [x] 1.1 none=0 f1/1 keep", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n" END},
    {GET, "426 [x] 1.1 length=0 f3/2 keep upgrade",
     "HTTP/1.1 426 x\r\nConnection: upgrade\r\nUpgrade: TLS/1.3\r\nContent-Length: 0\r\n" END},
    /* other fields */
    {GET, "200 [OK] 1.1 length=0 f4/2 keep",
     OK "Connection: keep-alive, timeout=5\r\nKeep-Alive: timeout=5\r\nX: \xff\r\n"
        "Content-Length: 0\r\n" END},
    {GET, "200 [OK] 1.1 length=0 f3/2 keep",
     OK "Connection: date\r\nDate: x\r\nContent-Length: 0\r\n" END},
    {GET, "200 [OK] 1.1 length=0 f3/0 keep",
     OK "Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n" END},
    {GET, "200 [OK] 1.1 length=0 f2/0 keep",
     OK "Host: odd but harmless\r\nContent-Length: 0\r\n" END},
};

struct bad_row {
    enum wp_http_method method;
    struct wp_slice head;
};

#define BAD(method, text)                                                                          \
    {                                                                                              \
        method,                                                                                    \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }

static const struct bad_row bad_rows[] = {
    /* the status line */
    BAD(GET, "\r\n" OK END),
    BAD(GET, "\r\n\r\n"),
    BAD(GET, " HTTP/1.1 200 OK\r\n" END),
    BAD(GET, "HTTP/1.1  200 OK\r\n" END),
    BAD(GET, "HTTP/1.1\t200 OK\r\n" END),
    BAD(GET, "HTTP/1.1 200\tOK\r\n" END),
    BAD(GET, "HTTP/1.1\r\n" END),
    BAD(GET, "HTTP/1.1 \r\n" END),
    BAD(GET, "HTTP/1.1 OK\r\n" END),
    BAD(GET, "HTTP/1.1 20 OK\r\n" END),
    BAD(GET, "HTTP/1.1 2000 OK\r\n" END),
    BAD(GET, "HTTP/1.1 0200 OK\r\n" END),
    BAD(GET, "HTTP/1.1 -20 OK\r\n" END),
    BAD(GET, "HTTP/1.1 +20 OK\r\n" END),
    BAD(GET, "HTTP/1.1 2x0 OK\r\n" END),
    BAD(GET, "HTTP/1.1 099 x\r\n" END),
    BAD(GET, "HTTP/1.1 000 x\r\n" END),
    BAD(GET, "HTTP/1.1 600 x\r\n" END),
    BAD(GET, "HTTP/1.1 999 x\r\n" END),
    BAD(GET, "HTTP/1.1 200 a\0b\r\n" END),
    BAD(GET, "HTTP/1.1 200 a\x01\r\n" END),
    BAD(GET, "HTTP/1.1 200 a\x7f\r\n" END),
    BAD(GET, "HTTP/1.1 200 OK\n" END),
    BAD(GET, "HTTP/1.1 200 OK\r" END),
    BAD(GET, "HTTP/1.1 200 O\rK\r\n" END),
    BAD(GET, "HTTP/1.1 200\n" END),
    BAD(GET, "HTTP/2.0 200 OK\r\n" END),
    BAD(GET, "HTTP/0.9 200 OK\r\n" END),
    BAD(GET, "HTTP/1 200 OK\r\n" END),
    BAD(GET, "http/1.1 200 OK\r\n" END),
    BAD(GET, "HTTP/11.1 200 OK\r\n" END),
    BAD(GET, "ICY 200 OK\r\n" END),
    BAD(GET, "<html><body>It works!</body></html>\r\n"),
    BAD(GET, "SSH-2.0-OpenSSH_9.2\r\n"),
    BAD(GET, "\x15\x03\x01\x00\x02\x02\x46"),
    /* fields */
    BAD(GET, OK " X: 1\r\n" END),
    BAD(GET, OK "X: 1\r\n 2\r\n" END),
    BAD(GET, OK "X : 1\r\n" END),
    BAD(GET, OK ": 1\r\n" END),
    BAD(GET, OK "X\r\n" END),
    BAD(GET, OK "X Y: 1\r\n" END),
    BAD(GET, OK "X: a\0b\r\n" END),
    BAD(GET, OK "X: a\x08\r\n" END),
    BAD(GET, OK "X: a\nY: b\r\n" END),
    BAD(GET, OK "X: a\rY: b\r\n" END),
    BAD(GET, OK "\n"),
    /* framing */
    BAD(GET, OK "Content-Length: x\r\n" END),
    BAD(GET, OK "Content-Length:\r\n" END),
    BAD(GET, OK "Content-Length: -5\r\n" END),
    BAD(GET, OK "Content-Length: 5, 5\r\n" END),
    BAD(GET, OK "Content-Length: 9223372036854775808\r\n" END),
    BAD(GET, OK "Content-Length: 5\r\nContent-Length: 5\r\n" END),
    BAD(GET, OK "Content-Length: 5\r\nContent-Length: 6\r\n" END),
    BAD(GET, OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(GET, OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
    BAD(GET, OK "Transfer-Encoding: gzip\r\n" END),
    BAD(GET, OK "Transfer-Encoding: gzip, chunked\r\n" END),
    BAD(GET, OK "Transfer-Encoding: chunked, chunked\r\n" END),
    BAD(GET, OK "Transfer-Encoding: identity\r\n" END),
    BAD(GET, OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(GET, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(WP_METHOD_HEAD, OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(WP_METHOD_HEAD, OK "Content-Length: 5\r\nContent-Length: 6\r\n" END),
    BAD(GET, "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(GET, "HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(GET, "HTTP/1.1 101 x\r\nTransfer-Encoding: chunked\r\n" END),
    BAD(GET, "HTTP/1.1 304 x\r\nContent-Length: x\r\n" END),
    /* Connection */
    BAD(GET, OK "Connection: content-length\r\nContent-Length: 5\r\n" END),
    BAD(GET, OK "Connection: via\r\n" END),
};

static void responses_are_accepted(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(good_rows); i++) {
        const struct good_row *row = &good_rows[i];
        struct feed_result result = feed_response(wp_slice_cstr(row->head), row->method, NULL);
        if (result.parse != WP_PARSE_OK || strcmp(result.description, row->expected) != 0) {
            print_error("row %zu: parse %d (%s)\n  got    %s\n  wanted %s\n%s\n", i, result.parse,
                        result.reason != NULL ? result.reason : "", result.description,
                        row->expected, row->head);
            fail();
        }
    }
}

static void responses_are_refused(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(bad_rows); i++) {
        struct feed_result result = feed_response(bad_rows[i].head, bad_rows[i].method, NULL);
        if (result.parse != WP_PARSE_BAD || result.status != 502) {
            print_error("row %zu: parse %d: %.*s\n", i, result.parse,
                        WP_SLICE_ARG(bad_rows[i].head));
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_accepted),
        cmocka_unit_test(responses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
