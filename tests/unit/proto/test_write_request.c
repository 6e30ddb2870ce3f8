/*
 * test_write_request.c - the request head the upstream gets, byte for byte.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "feed.h"
#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/http1_write.h"

struct row {
    const char *name;
    bool is_trusted, is_tls, keep_upgrade;
    const char *head;
    const char *expected;
};

#define HOST  "Host: a.test\r\n"
#define FOR   "X-Forwarded-For: 203.0.113.9\r\n"
#define PROTO "X-Forwarded-Proto: http\r\n"
#define OURS  FOR PROTO "X-Forwarded-Host: a.test\r\n" ID
#define ID    "X-Request-Id: 0123abcd\r\n"
#define VIA   "Via: 1.1 wakeproxy\r\n"
#define END   "\r\n"

static const struct row rows[] = {
    {"plain", .head = "GET /a?b HTTP/1.1\r\n" HOST END,
     .expected = "GET /a?b HTTP/1.1\r\n" HOST OURS VIA END},
    {"Host goes first, others keep their order and spelling",
     .head = "GET / HTTP/1.1\r\nx-B: 1\r\nhOST: a.test\r\nAccept: */*\r\nX-b: 2\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST "x-B: 1\r\nAccept: */*\r\nX-b: 2\r\n" OURS VIA END},
    {"odd whitespace is normalised, neighbours are not harmed",
     .head = "GET / HTTP/1.1\r\n" HOST
             "A: 1\r\nB:2\r\nC:\t3\r\nD:  4\r\nE: 5 \t\r\nE: 6 \r\nE: 7 \r\nF: 6\r\n"
             "G:\r\nH: \r\nI: a \t b\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST
                 "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nE: 6\r\nE: 7\r\nF: 6\r\n"
                 "G: \r\nH: \r\nI: a \t b\r\n" OURS VIA END},
    {"an empty line before is not passed on", .head = "\r\nGET / HTTP/1.1\r\n" HOST END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"absolute form becomes origin form", .head = "GET http://A.test:80/x?y HTTP/1.1\r\n" HOST END,
     .expected = "GET /x?y HTTP/1.1\r\nHost: A.test:80\r\n" FOR PROTO
                 "X-Forwarded-Host: A.test:80\r\n" ID VIA END},
    {"absolute form without path", .head = "GET http://a.test HTTP/1.1\r\n" HOST END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"absolute form with a query only", .head = "GET http://a.test?x HTTP/1.1\r\n" HOST END,
     .expected = "GET /?x HTTP/1.1\r\n" HOST OURS VIA END},
    {"OPTIONS of a URI without path", .head = "OPTIONS http://a.test HTTP/1.1\r\n" HOST END,
     .expected = "OPTIONS * HTTP/1.1\r\n" HOST OURS VIA END},
    {"OPTIONS of the server", .head = "OPTIONS * HTTP/1.1\r\n" HOST END,
     .expected = "OPTIONS * HTTP/1.1\r\n" HOST OURS VIA END},
    {"HTTP/1.0 is sent as ours", .head = "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS "Via: 1.0 wakeproxy\r\n" END},
    {"HTTP/1.0 without Host", .head = "GET / HTTP/1.0\r\n" END,
     .expected = "GET / HTTP/1.1\r\nHost: \r\n" FOR PROTO ID "Via: 1.0 wakeproxy\r\n" END},
    {"HTTP/1.0 cannot expect",
     .head = "PUT / HTTP/1.0\r\n" HOST "Expect: 100-continue\r\n"
             "Content-Length: 1\r\n" END,
     .expected = "PUT / HTTP/1.1\r\n" HOST OURS "Via: 1.0 wakeproxy\r\nContent-Length: 1\r\n" END},
    {"Expect is passed on",
     .head = "PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
             "Content-Length: 1\r\n" END,
     .expected =
         "PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n" OURS VIA "Content-Length: 1\r\n" END},
    {"length is written anew", .head = "PUT / HTTP/1.1\r\ncontent-length:  0042 \r\n" HOST END,
     .expected = "PUT / HTTP/1.1\r\n" HOST OURS VIA "Content-Length: 42\r\n" END},
    {"a length of zero stays", .head = "PUT / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" END,
     .expected = "PUT / HTTP/1.1\r\n" HOST OURS VIA "Content-Length: 0\r\n" END},
    {"the greatest length",
     .head = "PUT / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775807\r\n" END,
     .expected = "PUT / HTTP/1.1\r\n" HOST OURS VIA "Content-Length: 9223372036854775807\r\n" END},
    {"chunked, and its Trailer",
     .head = "PUT / HTTP/1.1\r\n" HOST "tRANSFER-eNCODING: CHUNKED\r\nTrailer: X\r\n" END,
     .expected =
         "PUT / HTTP/1.1\r\n" HOST "Trailer: X\r\n" OURS VIA "Transfer-Encoding: chunked\r\n" END},
    {"Trailer without chunks", .head = "GET / HTTP/1.1\r\n" HOST "Trailer: X\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"hop-by-hop fields stay here",
     .head = "GET / HTTP/1.1\r\n" HOST "A: 1\r\nConnection: close, x-a , Cookie\r\nX-A: 1\r\n"
             "Keep-Alive: 5\r\nTE: trailers\r\nCookie: a\r\nProxy-Connection: x\r\n"
             "Proxy-Authorization: x\r\nUpgrade: y\r\nB: 2\r\nx-a: 2\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST "A: 1\r\nB: 2\r\n" OURS VIA END},
    {"upgrade", .keep_upgrade = true,
     .head = "GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Key: x\r\nUpgrade: y/2\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST "Sec-WebSocket-Key: x\r\n" OURS VIA
                 "Connection: upgrade\r\nUpgrade: websocket, y/2\r\n" END},
    {"upgrade not wanted",
     .head = "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"via grows", .head = "GET / HTTP/1.1\r\n" HOST "Via: 1.0 x\r\nA: 1\r\nvia: 2 y, 1.1 z\r\n" END,
     .expected =
         "GET / HTTP/1.1\r\n" HOST "A: 1\r\n" OURS "Via: 1.0 x, 2 y, 1.1 z, 1.1 wakeproxy\r\n" END},
    {"an empty Via", .head = "GET / HTTP/1.1\r\n" HOST "Via:\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"https", .is_tls = true, .head = "GET / HTTP/1.1\r\n" HOST END,
     .expected = "GET / HTTP/1.1\r\n" HOST FOR "X-Forwarded-Proto: https\r\n"
                 "X-Forwarded-Host: a.test\r\n" ID VIA END},
    {"a stranger's claims are overwritten",
     .head = "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n"
             "X-Forwarded-Host: b.test\r\nForwarded: for=1.1.1.1\r\nX-Request-Id: evil\r\n"
             "x-forwarded-for: 2.2.2.2\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"a trusted peer's claims stand", .is_trusted = true,
     .head = "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
             "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b.test\r\nForwarded: for=1.1.1.1\r\n"
             "X-Request-Id: theirs\r\nx-forwarded-for: 3.3.3.3\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST "X-Forwarded-Proto: https\r\n"
                 "X-Forwarded-Host: b.test\r\nForwarded: for=1.1.1.1\r\n"
                 "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 203.0.113.9\r\n" ID VIA END},
    {"a trusted peer that claims nothing", .is_trusted = true,
     .head = "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For:\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST OURS VIA END},
    {"Max-Forwards of OPTIONS", .head = "OPTIONS * HTTP/1.1\r\n" HOST "Max-Forwards: 5\r\n" END,
     .expected = "OPTIONS * HTTP/1.1\r\n" HOST OURS VIA "Max-Forwards: 4\r\n" END},
    {"Max-Forwards beyond our numbers",
     .head = "OPTIONS * HTTP/1.1\r\n" HOST "Max-Forwards: 99999999999999999999999\r\n" END,
     .expected = "OPTIONS * HTTP/1.1\r\n" HOST OURS VIA "Max-Forwards: 4294967294\r\n" END},
    {"Max-Forwards that is no number",
     .head = "OPTIONS * HTTP/1.1\r\n" HOST "Max-Forwards: -1\r\n" END,
     .expected = "OPTIONS * HTTP/1.1\r\n" HOST OURS VIA "Max-Forwards: -1\r\n" END},
    {"Max-Forwards of others", .head = "GET / HTTP/1.1\r\n" HOST "Max-Forwards: 5\r\n" END,
     .expected = "GET / HTTP/1.1\r\n" HOST "Max-Forwards: 5\r\n" OURS VIA END},
    {"an unknown method", .head = "M-SEARCH /x HTTP/1.1\r\n" HOST END,
     .expected = "M-SEARCH /x HTTP/1.1\r\n" HOST OURS VIA END},
};

static struct wp_head head;

static size_t write_row(const struct row *row, char *out, size_t size, bool *ret_is_full)
{
    struct wp_writer writer;
    const struct wp_forward forward = {.client_ip = WP_SLICE("203.0.113.9"),
                                       .is_trusted = row->is_trusted,
                                       .is_tls = row->is_tls,
                                       .keep_upgrade = row->keep_upgrade,
                                       .request_id = WP_SLICE("0123abcd")};
    wp_writer_init(&writer, out, size);
    wp_write_request(&writer, &head, &forward);
    *ret_is_full = writer.is_full;
    return writer.used;
}

static void parse_row(const struct row *row)
{
    assert_int_equal(wp_head_parse_request(&head, wp_slice_cstr(row->head), feed_limits()),
                     WP_PARSE_OK);
}

static void requests_are_written(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        char out[1024];
        bool is_full;
        parse_row(&rows[i]);
        size_t used = write_row(&rows[i], out, sizeof(out), &is_full);
        out[used] = '\0';
        assert_false(is_full);
        if (strcmp(out, rows[i].expected) != 0) {
            print_error("%s\n--- got\n%s--- wanted\n%s", rows[i].name, out, rows[i].expected);
            fail();
        }
    }
}

/* At each size too small, the writer says so and writes nothing past it; at the exact size it
 * fits. */
static void nothing_is_written_past_the_end(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        size_t exact = strlen(rows[i].expected);
        parse_row(&rows[i]);
        for (size_t size = 0; size <= exact; size++) {
            bool is_full;
            char *out = wp_malloc(size + 1);
            out[size] = '#';
            size_t used = write_row(&rows[i], out, size, &is_full);
            assert_true(used <= size);
            assert_int_equal(is_full, size < exact);
            assert_int_equal(out[size], '#');
            free(out);
        }
    }
}

/* What we send, we would accept; and it means the same. */
static void what_is_written_parses_to_the_same(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        parse_row(&rows[i]);
        enum wp_framing framing = head.framing;
        uint64_t length = head.content_length;
        if (head.authority.len == 0) {
            continue; /* an empty Host is ours to send, not to accept */
        }
        assert_int_equal(
            wp_head_parse_request(&head, wp_slice_cstr(rows[i].expected), feed_limits()),
            WP_PARSE_OK);
        assert_int_equal(head.framing, framing);
        assert_int_equal(head.content_length, length);
        assert_int_equal(head.length, strlen(rows[i].expected));
    }
}

static void numbers_are_written(void **state)
{
    char out[64];
    struct wp_writer writer;
    wp_writer_init(&writer, out, sizeof(out));
    wp_write_u64(&writer, 0);
    wp_write_bytes(&writer, " ", 1);
    wp_write_u64(&writer, 1234567890);
    wp_write_bytes(&writer, " ", 1);
    wp_write_u64(&writer, UINT64_MAX);
    wp_write_slice(&writer, (struct wp_slice){NULL, 0});
    out[writer.used] = '\0';
    assert_string_equal(out, "0 1234567890 18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_written),
        cmocka_unit_test(nothing_is_written_past_the_end),
        cmocka_unit_test(what_is_written_parses_to_the_same),
        cmocka_unit_test(numbers_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
