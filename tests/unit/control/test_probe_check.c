/*
 * test_probe_check.c - HTTP checks against a real socket: wrong answers, none, late ones, several
 * in a row.
 */
#include "probe_house.h"

#include <string.h>

static void test_http_ready(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.reports, 1);
    assert_int_equal(f.server.accepted, 1);
    probe_house_close(&f);
}

static void test_http_wrong_then_right(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 503 Booting\r\n\r\n";
    f.server.answers[1] = "HTTP/1.1 503 Booting\r\n\r\n";
    f.server.answers[2] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 3;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    probe_house_wait(&f, probe_is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 503");
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.server.accepted, 3); /* one at a time: no stampede */
    probe_house_close(&f);
}

static void test_http_body(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.ready.body = (char *)"\"status\":\"up\"";
    f.server.answers[0] = "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"starting\"}";
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"up\"}";
    f.server.answer_count = 2;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.server.accepted, 2);
    probe_house_close(&f);
}

static void test_http_closed_without_answer(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "";
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    probe_house_wait(&f, probe_is_reported);
    assert_false(f.is_ok);
    /* Closed with or without having read the request: end of stream or reset. */
    assert_true(strstr(f.reason, "the connection was closed") != NULL ||
                strstr(f.reason, "connection reset by ") != NULL);
    probe_house_close(&f);
}

static void test_first_request_hangs(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.ready.timeout_ms = 60000;
    f.server.answers[0] = NULL;
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 2;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.server.accepted, 2);
    assert_int_equal(probe_house_count_open(&f.server), 0); /* the success dropped the other */
    probe_house_close(&f);
}

static size_t most_open;

static bool watches_open(struct probe_house *f)
{
    size_t open = probe_house_count_open(&f->server);

    most_open = open > most_open ? open : most_open;
    return f->reports > 0 && f->server.accepted >= 6;
}

static void test_all_requests_hang(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.ready.timeout_ms = 1200;
    f.server.answers[0] = NULL;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    most_open = 0;
    probe_house_wait(&f, watches_open);
    assert_string_equal(f.reason, "GET /healthz was not answered within 1s200ms");
    assert_in_range(most_open, 2, 4);
    probe_house_close(&f);
}

static void test_consecutive(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.ready.consecutive = 3;
    f.server.answers[0] = f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answers[2] = "HTTP/1.1 500 Oops\r\n\r\n";
    f.server.answers[3] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 4;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.server.accepted, 6);
    probe_house_close(&f);
}

static void test_failure_after_success(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answers[1] = "HTTP/1.1 500 Oops\r\n\r\n";
    f.server.answer_count = 2;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, probe_house_is_ok);
    f.wanted = 2;
    probe_house_wait(&f, probe_is_reported);
    assert_false(f.is_ok);
    assert_string_equal(f.reason, "GET /healthz answered 500");
    probe_house_close(&f);
}

static void test_another_reason_is_told(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 503 Booting\r\n\r\n";
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    probe_house_wait(&f, probe_is_reported);
    probe_expect_reason(&f, "connection refused by ");
    probe_house_listen(&f);
    f.wanted = 2;
    probe_house_wait(&f, probe_is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 503");
    assert_false(f.is_ok);
    probe_house_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_ready),
        cmocka_unit_test(test_http_wrong_then_right),
        cmocka_unit_test(test_http_body),
        cmocka_unit_test(test_http_closed_without_answer),
        cmocka_unit_test(test_first_request_hangs),
        cmocka_unit_test(test_all_requests_hang),
        cmocka_unit_test(test_consecutive),
        cmocka_unit_test(test_failure_after_success),
        cmocka_unit_test(test_another_reason_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
