/*
 * test_write_response.c - the response head the client gets, byte for byte.
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

#define WHEN "Fri, 20 Nov 2026 18:37:00 GMT"
#define DATE "Date: " WHEN "\r\n"
#define OK   "HTTP/1.1 200 OK\r\n"
#define VIA  "Via: 1.1 wakeproxy\r\n"
#define END  "\r\n"

enum client {
    KEEP_11,
    CLOSE_11,
    KEEP_10,
    CLOSE_10,
};

struct row {
    const char *name;
    enum client client;
    enum wp_http_method method;
    enum wp_framing framing;
    bool keep_upgrade, has_no_date;
    const char *extra;
    const char *head;
    const char *expected;
};

static const struct row rows[] = {
    {"length", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "Content-Type: text/plain\r\ncontent-length:  007\r\nX: y\r\n" END,
     .expected = OK "Content-Type: text/plain\r\nX: y\r\n" VIA DATE "Content-Length: 7\r\n" END},
    {"a Date that is there stays", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "Date: then\r\nContent-Length: 0\r\n" END,
     .expected = OK "Date: then\r\n" VIA "Content-Length: 0\r\n" END},
    {"a Date named by Connection is replaced", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "Date: then\r\nConnection: date\r\nContent-Length: 0\r\n" END,
     .expected = OK VIA DATE "Content-Length: 0\r\n" END},
    {"closing", CLOSE_11, WP_METHOD_GET, WP_FRAMING_LENGTH, .head = OK "Content-Length: 1\r\n" END,
     .expected = OK VIA DATE "Content-Length: 1\r\nConnection: close\r\n" END},
    {"an HTTP/1.0 client that keeps alive", KEEP_10, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "Content-Length: 1\r\n" END,
     .expected = OK VIA DATE "Content-Length: 1\r\nConnection: keep-alive\r\n" END},
    {"an HTTP/1.0 client never gets chunks", CLOSE_10, WP_METHOD_GET, WP_FRAMING_TO_CLOSE,
     .head = OK "Transfer-Encoding: chunked\r\nTrailer: X\r\n" END,
     .expected = OK VIA DATE "Connection: close\r\n" END},
    {"chunked stays chunked, with its Trailer", KEEP_11, WP_METHOD_GET, WP_FRAMING_CHUNKED,
     .head = OK "transfer-encoding: CHUNKED\r\nTrailer: X\r\n" END,
     .expected = OK "Trailer: X\r\n" VIA DATE "Transfer-Encoding: chunked\r\n" END},
    {"a body to the end of the connection gets chunks", KEEP_11, WP_METHOD_GET, WP_FRAMING_CHUNKED,
     .head = "HTTP/1.0 200 Fine\r\nX: y\r\n" END,
     .expected = "HTTP/1.1 200 Fine\r\nX: y\r\nVia: 1.0 wakeproxy\r\n" DATE
                 "Transfer-Encoding: chunked\r\n" END},
    {"a body to the end always closes", KEEP_11, WP_METHOD_GET, WP_FRAMING_TO_CLOSE, .head = OK END,
     .expected = OK VIA DATE "Connection: close\r\n" END},
    {"hop-by-hop fields stay here", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "A: 1\r\nConnection: keep-alive, x-a\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\n"
                "Proxy-Authenticate: x\r\nProxy-Connection: x\r\nUpgrade: h2\r\nB: 2\r\n"
                "Content-Length: 0\r\n" END,
     .expected = OK "A: 1\r\nB: 2\r\n" VIA DATE "Content-Length: 0\r\n" END},
    {"repeated fields stay apart and in order", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head =
         OK "Set-Cookie: a\r\nX:1\r\nSet-Cookie: b\r\nContent-Length: 0\r\nset-cookie: c\r\n" END,
     .expected = OK "Set-Cookie: a\r\nX: 1\r\nSet-Cookie: b\r\nset-cookie: c\r\n" VIA DATE
                    "Content-Length: 0\r\n" END},
    {"via grows", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = OK "Via: 1.1 x\r\nContent-Length: 0\r\n" END,
     .expected = OK "Via: 1.1 x, 1.1 wakeproxy\r\n" DATE "Content-Length: 0\r\n" END},
    {"HEAD keeps the length", KEEP_11, WP_METHOD_HEAD, WP_FRAMING_NONE,
     .head = OK "Content-Length: 9\r\n" END, .expected = OK VIA DATE "Content-Length: 9\r\n" END},
    {"HEAD keeps chunked", KEEP_11, WP_METHOD_HEAD, WP_FRAMING_NONE,
     .head = OK "Transfer-Encoding: chunked\r\n" END,
     .expected = OK VIA DATE "Transfer-Encoding: chunked\r\n" END},
    {"HEAD of HTTP/1.0 has no chunked", KEEP_10, WP_METHOD_HEAD, WP_FRAMING_NONE,
     .head = OK "Transfer-Encoding: chunked\r\n" END,
     .expected = OK VIA DATE "Connection: keep-alive\r\n" END},
    {"HEAD without framing", KEEP_11, WP_METHOD_HEAD, WP_FRAMING_NONE, .head = OK END,
     .expected = OK VIA DATE END},
    {"304 keeps the length", KEEP_11, WP_METHOD_GET, WP_FRAMING_NONE,
     .head = "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n" END,
     .expected =
         "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n" VIA DATE "Content-Length: 9\r\n" END},
    {"204 has no length", KEEP_11, WP_METHOD_GET, WP_FRAMING_NONE,
     .head = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n" END,
     .expected = "HTTP/1.1 204 No Content\r\n" VIA DATE END},
    {"interim responses say nothing of framing or connection", CLOSE_11, WP_METHOD_GET,
     WP_FRAMING_NONE, .has_no_date = true,
     .head = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Length: 0\r\n"
             "Connection: close\r\n" END,
     .expected = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n" VIA END},
    {"switching protocols", KEEP_11, WP_METHOD_GET, WP_FRAMING_NONE, .keep_upgrade = true,
     .head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: x\r\n" END,
     .expected = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n" VIA DATE
                 "Connection: upgrade\r\nUpgrade: websocket\r\n" END},
    {"no reason phrase", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .head = "HTTP/1.1 200\r\nContent-Length: 0\r\n" END,
     .expected = "HTTP/1.1 200 \r\n" VIA DATE "Content-Length: 0\r\n" END},
    {"extra lines come last", KEEP_11, WP_METHOD_GET, WP_FRAMING_LENGTH,
     .extra = "Server-Timing: wake;dur=5\r\n", .head = OK "Content-Length: 0\r\n" END,
     .expected = OK VIA DATE "Content-Length: 0\r\nServer-Timing: wake;dur=5\r\n" END},
    {"request fields in a response are nobody's business", KEEP_11, WP_METHOD_GET,
     WP_FRAMING_LENGTH, .head = OK "Host: x\r\nX-Request-Id: y\r\nContent-Length: 0\r\n" END,
     .expected = OK "Host: x\r\nX-Request-Id: y\r\n" VIA DATE "Content-Length: 0\r\n" END},
};

static struct wp_head head;

static void parse_row(const struct row *row)
{
    assert_int_equal(
        wp_head_parse_response(&head, wp_slice_cstr(row->head), row->method, feed_limits()),
        WP_PARSE_OK);
}

static size_t write_row(const struct row *row, char *out, size_t size, bool *ret_is_full)
{
    struct wp_writer writer;
    const struct wp_response_out response = {
        .framing = row->framing,
        .keep_alive = row->client == KEEP_11 || row->client == KEEP_10,
        .client_minor_version = row->client == KEEP_11 || row->client == CLOSE_11,
        .keep_upgrade = row->keep_upgrade,
        .date = row->has_no_date ? (struct wp_slice){0} : WP_SLICE(WHEN),
        .extra = row->extra != NULL ? wp_slice_cstr(row->extra) : (struct wp_slice){0},
    };
    wp_writer_init(&writer, out, size);
    wp_write_response(&writer, &head, &response);
    *ret_is_full = writer.is_full;
    return writer.used;
}

static void responses_are_written(void **state)
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

static void what_is_written_parses_to_the_same(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        assert_int_equal(wp_head_parse_response(&head, wp_slice_cstr(rows[i].expected),
                                                rows[i].method, feed_limits()),
                         WP_PARSE_OK);
        assert_int_equal(head.length, strlen(rows[i].expected));
        assert_int_equal(head.framing, rows[i].framing);
        assert_true((head.is_persistent) == (rows[i].framing != WP_FRAMING_TO_CLOSE &&
                                             (rows[i].client != CLOSE_11 || head.status < 200)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_written),
        cmocka_unit_test(nothing_is_written_past_the_end),
        cmocka_unit_test(what_is_written_parses_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
