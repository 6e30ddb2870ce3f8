/*
 * test_probe_http.c - judging answers of readiness checks: whole, byte by byte, and in odd pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probe_http.h"

static struct wp_conf_ready plain = {.kind = WP_PROBE_HTTP,
                                     .method = (char *)"GET",
                                     .path = (char *)"/healthz",
                                     .status_min = 200,
                                     .status_max = 399,
                                     .consecutive = 1,
                                     .timeout_ms = 1000};

/* Feeds in pieces; the end of the stream follows when nothing was decided. */
static enum wp_probe_verdict judge(const struct wp_conf_ready *ready, const char *bytes,
                                   size_t length, size_t piece, bool *ret_early,
                                   char reason[WP_PROBE_REASON_SIZE])
{
    struct wp_probe_http http;
    enum wp_probe_verdict verdict = WP_PROBE_MORE;
    size_t at;

    wp_probe_http_init(&http, ready);
    for (at = 0; at < length && verdict == WP_PROBE_MORE; at += piece) {
        size_t left = length - at;

        verdict =
            wp_probe_http_feed(&http, (struct wp_slice){bytes + at, left < piece ? left : piece});
    }
    *ret_early = verdict != WP_PROBE_MORE;
    if (verdict == WP_PROBE_MORE) {
        verdict = wp_probe_http_end(&http);
    }
    memcpy(reason, http.reason, WP_PROBE_REASON_SIZE);
    wp_probe_http_fini(&http);
    return verdict;
}

static void check(const struct wp_conf_ready *ready, const char *answer,
                  enum wp_probe_verdict verdict, bool is_early, const char *wanted)
{
    size_t length = strlen(answer), piece;

    for (piece = 1; piece <= length + 1; piece++) {
        char reason[WP_PROBE_REASON_SIZE];
        bool was_early;

        assert_int_equal(judge(ready, answer, length, piece, &was_early, reason), verdict);
        assert_int_equal(was_early, is_early);
        assert_string_equal(reason, wanted);
    }
}

static void test_status(void **state)
{
    check(&plain, "HTTP/1.1 200 OK\r\n\r\n", WP_PROBE_GOOD, true, "");
    check(&plain, "HTTP/1.0 204 No Content\n\n", WP_PROBE_GOOD, true, "");
    check(&plain, "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", WP_PROBE_GOOD, true, "");
    check(&plain, "HTTP/1.1 200\r\n\r\n", WP_PROBE_GOOD, true, "");
    check(&plain, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz answered 503");
    check(&plain, "HTTP/1.1 404 Not Found\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz answered 404");
}

static void test_interim_answers_are_skipped(void **state)
{
    check(&plain, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
          WP_PROBE_GOOD, true, "");
    check(&plain, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz answered 500");
}

static void test_no_http(void **state)
{
    check(&plain, "SSH-2.0-OpenSSH_9.2\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz was not answered with HTTP");
    check(&plain, "HTTP/1.1 2xx OK\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz was not answered with HTTP");
    check(&plain, "HTTP/1.1 2000 OK\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz was not answered with HTTP");
    check(&plain, "HTTP/1.1 200 OK\r\nServ", WP_PROBE_BAD, false,
          "GET /healthz was answered with half a head");
    check(&plain, "", WP_PROBE_BAD, false,
          "GET /healthz was not answered: the connection was closed");
}

static void test_header(void **state)
{
    struct wp_conf_ready ready = plain;

    ready.header_name = (char *)"X-Ready";
    check(&ready, "HTTP/1.1 200 OK\r\nx-ready:\r\n\r\n", WP_PROBE_GOOD, true, "");
    check(&ready, "HTTP/1.1 200 OK\r\nx-not-ready: 1\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz answered 200 without the header X-Ready");
    ready.header_value = (char *)"yes";
    check(&ready, "HTTP/1.1 200 OK\r\nX-READY : oh yes, it is\r\n\r\n", WP_PROBE_GOOD, true, "");
    check(&ready, "HTTP/1.1 200 OK\r\nX-Ready: no\r\nX-Ready: yes\r\n\r\n", WP_PROBE_GOOD, true,
          "");
    check(&ready, "HTTP/1.1 200 OK\r\nX-Ready: no\r\nother: yes\r\n\r\n", WP_PROBE_BAD, true,
          "GET /healthz answered 200 without the header X-Ready: yes");
}

static void test_body(void **state)
{
    struct wp_conf_ready ready = plain;
    static const char missing[] =
        "GET /healthz answered 200, and its body does not hold the wanted text";

    ready.body = (char *)"all systems go";
    check(&ready, "HTTP/1.1 200 OK\r\n\r\nnow all systems go!", WP_PROBE_GOOD, true, "");
    check(&ready, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nall systems go", WP_PROBE_GOOD,
          true, "");
    /* Complete and wrong: known without waiting for the connection to close. */
    check(&ready, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nno luck", WP_PROBE_BAD, true,
          missing);
    check(&ready, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WP_PROBE_BAD, true, missing);
    check(&ready, "HTTP/1.1 200 OK\r\n\r\nall systems g", WP_PROBE_BAD, false, missing);
    /* The end of the body is the end, whatever follows. */
    check(&ready, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nnoall systems go", WP_PROBE_BAD,
          true, missing);
    /* The status decides before the body is read. */
    check(&ready, "HTTP/1.1 500 Oops\r\n\r\nall systems go", WP_PROBE_BAD, true,
          "GET /healthz answered 500");
}

static void test_chunked_body(void **state)
{
    struct wp_conf_ready ready = plain;

    ready.body = (char *)"all systems go";
    check(&ready,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "4;x=12\r\nall \r\n7\r\nsystems\r\n0C\r\n go and more\r\n0\r\n\r\n",
          WP_PROBE_GOOD, true, "");
    check(&ready,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "4\r\nall \r\n7\r\nsYstems\r\n0\r\n\r\n",
          WP_PROBE_BAD, true,
          "GET /healthz answered 200, and its body does not hold the wanted text");
    check(&ready, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
          WP_PROBE_BAD, true, "GET /healthz answered with an absurd chunk");
}

static void test_bounds(void **state)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    struct wp_conf_ready ready = plain;
    char reason[WP_PROBE_REASON_SIZE], *big = wp_malloc(200000);
    size_t body_at = sizeof(head) - 1;
    bool is_early;

    ready.body = (char *)"needle";
    memset(big, 'x', 200000);
    memcpy(big, head, body_at);
    memcpy(big + body_at + 65536 - 6, "needle", 6); /* the last place that counts */
    assert_int_equal(judge(&ready, big, 200000, 1500, &is_early, reason), WP_PROBE_GOOD);
    memset(big + body_at + 65536 - 6, 'x', 6);
    memcpy(big + body_at + 65536 - 5, "needle", 6); /* one byte further */
    assert_int_equal(judge(&ready, big, 200000, 1500, &is_early, reason), WP_PROBE_BAD);
    assert_true(is_early);

    memset(big, 'x', 200000); /* a head without end */
    memcpy(big, "HTTP/1.1 200 OK\r\nX: ", 20);
    assert_int_equal(judge(&plain, big, 200000, 1500, &is_early, reason), WP_PROBE_BAD);
    assert_true(is_early);
    assert_string_equal(reason, "GET /healthz was answered with a head over 16384 bytes");
    free(big);
}

static void test_request(void **state)
{
    struct wp_conf_ready ready = plain;
    char *request = wp_probe_http_request(&ready, "127.0.0.1:9001");

    assert_string_equal(request, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n"
                                 "User-Agent: wakeproxy-probe\r\nAccept: */*\r\n"
                                 "Connection: close\r\n\r\n");
    free(request);
    ready.host = (char *)"shop.example";
    ready.method = (char *)"HEAD";
    request = wp_probe_http_request(&ready, "127.0.0.1:9001");
    assert_non_null(strstr(request, "HEAD /healthz HTTP/1.1\r\nHost: shop.example\r\n"));
    free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),  cmocka_unit_test(test_interim_answers_are_skipped),
        cmocka_unit_test(test_no_http), cmocka_unit_test(test_header),
        cmocka_unit_test(test_body),    cmocka_unit_test(test_chunked_body),
        cmocka_unit_test(test_bounds),  cmocka_unit_test(test_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
