/*
 * test_request_good.c - requests that are accepted, and everything the parser decides about them.
 * Each row is fed in every possible way. The expected text is that of feed_describe():
 * method, form, path, host, version, framing=length, fields/hop-by-hop, facts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "feed.h"
#include "wakeproxy/base/mem.h"

struct row {
    const char *expected;
    const char *head;
};

#define HOST "Host: a.test\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST
#define POST "POST / HTTP/1.1\r\n" HOST
#define END  "\r\n"

static const struct row line_rows[] = {
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", GET END},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", "\r\n" GET END},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", GET END "GET / HTTP/1.1\r\n\r\n"},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", "GET / HTTP/1.2\r\n" HOST END},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", "GET / HTTP/1.9\r\n" HOST END},
    {"GET origin / host= 1.0 none=0 f0/0", "GET / HTTP/1.0\r\n" END},
    {"GET origin / host=a.test 1.0 none=0 f1/0", "GET / HTTP/1.0\r\n" HOST END},
    {"HEAD origin /x host=a.test 1.1 none=0 f1/0 keep", "HEAD /x HTTP/1.1\r\n" HOST END},
    {"PUT origin /x host=a.test 1.1 none=0 f1/0 keep", "PUT /x HTTP/1.1\r\n" HOST END},
    {"DELETE origin /x host=a.test 1.1 none=0 f1/0 keep", "DELETE /x HTTP/1.1\r\n" HOST END},
    {"PATCH origin /x host=a.test 1.1 none=0 f1/0 keep", "PATCH /x HTTP/1.1\r\n" HOST END},
    {"get origin / host=a.test 1.1 none=0 f1/0 keep", "get / HTTP/1.1\r\n" HOST END},
    {"M-SEARCH origin / host=a.test 1.1 none=0 f1/0 keep", "M-SEARCH / HTTP/1.1\r\n" HOST END},
    {"!#$%&'*+-.^_`|~ origin / host=a.test 1.1 none=0 f1/0 keep",
     "!#$%&'*+-.^_`|~ / HTTP/1.1\r\n" HOST END},
    {"X origin / host=a.test 1.1 none=0 f1/0 keep", "X / HTTP/1.1\r\n" HOST END},
    /* targets */
    {"GET origin /a/b?c=d&e=%20 host=a.test 1.1 none=0 f1/0 keep",
     "GET /a/b?c=d&e=%20 HTTP/1.1\r\n" HOST END},
    {"GET origin //a host=a.test 1.1 none=0 f1/0 keep", "GET //a HTTP/1.1\r\n" HOST END},
    {"GET origin /*:*?? host=a.test 1.1 none=0 f1/0 keep", "GET /*:*?? HTTP/1.1\r\n" HOST END},
    {"GET origin /{|}^`\"<>[]\\ host=a.test 1.1 none=0 f1/0 keep",
     "GET /{|}^`\"<>[]\\ HTTP/1.1\r\n" HOST END},
    {"GET origin /http://b.test/ host=a.test 1.1 none=0 f1/0 keep",
     "GET /http://b.test/ HTTP/1.1\r\n" HOST END},
    {"OPTIONS asterisk * host=a.test 1.1 none=0 f1/0 keep", "OPTIONS * HTTP/1.1\r\n" HOST END},
    {"OPTIONS origin / host=a.test 1.1 none=0 f1/0 keep", "OPTIONS / HTTP/1.1\r\n" HOST END},
    {"GET absolute /x?y host=a.test 1.1 none=0 f1/0 keep",
     "GET http://a.test/x?y HTTP/1.1\r\n" HOST END},
    {"GET absolute / host=a.test 1.1 none=0 f1/0 keep", "GET http://a.test HTTP/1.1\r\n" HOST END},
    {"GET absolute ?q=/a host=a.test 1.1 none=0 f1/0 keep",
     "GET http://a.test?q=/a HTTP/1.1\r\n" HOST END},
    {"GET absolute / host=A.Test 1.1 none=0 f1/0 keep",
     "GET HTTP://A.Test/ HTTP/1.1\r\nHost: a.tEST\r\n" END},
    {"GET absolute / host=a.test:80 1.1 none=0 f1/0 keep",
     "GET http://a.test:80/ HTTP/1.1\r\n" HOST END},
    {"GET absolute / host=a.test 1.1 none=0 f1/0 keep",
     "GET http://a.test/ HTTP/1.1\r\nHost: a.test:80\r\n" END},
    {"GET absolute / host=a.test 1.1 none=0 f1/0 keep",
     "GET https://a.test/ HTTP/1.1\r\nHost: a.test:443\r\n" END},
    {"GET absolute / host=a.test: 1.1 none=0 f1/0 keep",
     "GET https://a.test:/ HTTP/1.1\r\n" HOST END},
    {"GET absolute / host=[::1]:8080 1.1 none=0 f1/0 keep",
     "GET http://[::1]:8080/ HTTP/1.1\r\nHost: [::1]:8080\r\n" END},
    {"GET absolute /x host=a.test 1.0 none=0 f0/0", "GET http://a.test/x HTTP/1.0\r\n" END},
    {"OPTIONS absolute * host=a.test 1.1 none=0 f1/0 keep",
     "OPTIONS http://a.test HTTP/1.1\r\n" HOST END},
    {"OPTIONS absolute / host=a.test 1.1 none=0 f1/0 keep",
     "OPTIONS http://a.test/ HTTP/1.1\r\n" HOST END},
    {"OPTIONS absolute ?x host=a.test 1.1 none=0 f1/0 keep",
     "OPTIONS http://a.test?x HTTP/1.1\r\n" HOST END},
};

static const struct row field_rows[] = {
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X:\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X: \t \r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X:a\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X: \xc3\xa4 \x80\xff\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X: a\tb\t\tc d\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "X: :::\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/0 keep", GET "!#$%&'*+-.^_`|~: x\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/0 keep", GET "X: 1\r\nX: 2\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep", "GET / HTTP/1.1\r\nhost:a.test\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f1/0 keep",
     "GET / HTTP/1.1\r\nHOST: \t a.test \t\r\n" END},
    {"GET origin / host=a.test:8080 1.1 none=0 f1/0 keep",
     "GET / HTTP/1.1\r\nHost: a.test:8080\r\n" END},
    {"GET origin / host=[fe80::1:2] 1.1 none=0 f1/0 keep",
     "GET / HTTP/1.1\r\nHost: [fe80::1:2]\r\n" END},
    {"GET origin / host=127.0.0.1:80 1.1 none=0 f1/0 keep",
     "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n" END},
    {"GET origin / host=a_b-c.test. 1.1 none=0 f1/0 keep",
     "GET / HTTP/1.1\r\nHost: a_b-c.test.\r\n" END},
    /* framing */
    {"POST origin / host=a.test 1.1 none=0 f1/0 keep", POST END},
    {"POST origin / host=a.test 1.1 none=0 f2/0 keep", POST "Content-Length: 0\r\n" END},
    {"POST origin / host=a.test 1.1 none=0 f2/0 keep", POST "Content-Length: 00\r\n" END},
    {"POST origin / host=a.test 1.1 length=5 f2/0 keep", POST "Content-Length: 5\r\n" END "hello"},
    {"POST origin / host=a.test 1.1 length=5 f2/0 keep", POST "content-length:005 \r\n" END},
    {"POST origin / host=a.test 1.1 length=9223372036854775807 f2/0 keep",
     POST "Content-Length: 9223372036854775807\r\n" END},
    {"GET origin / host=a.test 1.1 length=1 f2/0 keep", GET "Content-Length: 1\r\n" END},
    {"POST origin / host= 1.0 length=5 f1/0", "POST / HTTP/1.0\r\nContent-Length: 5\r\n" END},
    {"POST origin / host=a.test 1.1 chunked=0 f2/1 keep",
     POST "Transfer-Encoding: chunked\r\n" END},
    {"POST origin / host=a.test 1.1 chunked=0 f2/1 keep",
     POST "transfer-encoding:\t ChUnKeD \t\r\n" END},
    {"GET origin / host=a.test 1.1 chunked=0 f2/1 keep", GET "Transfer-Encoding: chunked\r\n" END},
    /* Expect */
    {"POST origin / host=a.test 1.1 length=5 f3/0 keep continue",
     POST "Content-Length: 5\r\nExpect: 100-continue\r\n" END},
    {"POST origin / host=a.test 1.1 length=5 f3/0 keep continue",
     POST "Content-Length: 5\r\nExpect: 100-CONTINUE\r\n" END},
    {"POST origin / host=a.test 1.1 none=0 f2/0 keep", POST "Expect:\r\n" END},
    {"POST origin / host=a.test 1.0 none=0 f2/1",
     "POST / HTTP/1.0\r\n" HOST "Expect: 100-continue\r\n" END},
    {"POST origin / host=a.test 1.0 none=0 f2/1",
     "POST / HTTP/1.0\r\n" HOST "Expect: something-else\r\n" END},
    {"POST origin / host=a.test 1.1 none=0 f3/2 keep",
     POST "Expect: 100-continue\r\nConnection: expect\r\n" END},
};

static const struct row connection_rows[] = {
    {"GET origin / host=a.test 1.1 none=0 f2/1", GET "Connection: close\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1", GET "Connection: CLOSE\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1", GET "Connection: keep-alive, close\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1", GET "Connection: ,, close ,\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/2",
     GET "Connection: keep-alive\r\nConnection: close\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Connection: keep-alive\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Connection: closed\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Connection:\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Proxy-Connection: close\r\n" END},
    {"GET origin / host=a.test 1.0 none=0 f2/1 keep",
     "GET / HTTP/1.0\r\n" HOST "Connection: Keep-Alive\r\n" END},
    {"GET origin / host=a.test 1.0 none=0 f2/1",
     "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive, close\r\n" END},
    {"GET origin / host=a.test 1.0 none=0 f2/1",
     "GET / HTTP/1.0\r\n" HOST "Proxy-Connection: keep-alive\r\n" END},
    /* fields it names */
    {"GET origin / host=a.test 1.1 none=0 f4/3 keep",
     GET "Connection: x-a, X-B\r\nX-A: 1\r\nx-b: 2\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f5/3 keep",
     GET "X-A: 1\r\nConnection: x-a\r\nX-A: 2\r\nX-AB: 3\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/2 keep",
     GET "Connection: cookie\r\nCookie: a=b\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/2 keep",
     GET "Connection: user-agent\r\nUser-Agent: x\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/2 keep",
     GET "Connection: accept\r\nAccept: x\r\n" END},
    /* hop-by-hop always */
    {"GET origin / host=a.test 1.1 none=0 f9/7 keep",
     GET "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: x\r\nProxy-Authorization: x\r\n"
         "Proxy-Authenticate: x\r\nProxy-Connection: x\r\nProxy-Authentication-Info: x\r\n"
         "Trailer: x\r\n" END},
    /* Upgrade */
    {"GET origin / host=a.test 1.1 none=0 f3/2 keep upgrade",
     GET "Connection: Upgrade\r\nUpgrade: websocket\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f3/2 keep upgrade",
     GET "Upgrade: a/1, b/2\r\nConnection: keep-alive, upgrade\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Upgrade: websocket\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f2/1 keep", GET "Connection: upgrade\r\n" END},
    {"GET origin / host=a.test 1.0 none=0 f3/2",
     "GET / HTTP/1.0\r\n" HOST "Connection: upgrade\r\nUpgrade: websocket\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f4/3 keep",
     "GET / HTTP/1.1\r\n" HOST "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
     "HTTP2-Settings: x\r\n" END},
    {"GET origin / host=a.test 1.1 none=0 f4/3 keep",
     GET "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: x, H2C\r\n" END},
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct feed_result result = feed_request(wp_slice_cstr(rows[i].head), NULL);
        if (result.parse != WP_PARSE_OK || strcmp(result.description, rows[i].expected) != 0) {
            print_error("row %zu: parse %d (%s)\n  got    %s\n  wanted %s\n%s\n", i, result.parse,
                        result.reason != NULL ? result.reason : "", result.description,
                        rows[i].expected, rows[i].head);
            fail();
        }
    }
}

static void request_lines_are_accepted(void **state)
{
    check(line_rows, WP_ARRAY_SIZE(line_rows));
}

static void fields_are_accepted(void **state)
{
    check(field_rows, WP_ARRAY_SIZE(field_rows));
}

static void connection_is_understood(void **state)
{
    check(connection_rows, WP_ARRAY_SIZE(connection_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_lines_are_accepted),
        cmocka_unit_test(fields_are_accepted),
        cmocka_unit_test(connection_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
