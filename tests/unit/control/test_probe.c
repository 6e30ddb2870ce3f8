/*
 * test_probe.c - the prober against real sockets: hosts that refuse, drop, hang, answer wrongly and
 * then rightly. Server and prober share the test's loop, so what happens between two attempts is
 * under the test's control; nothing here waits for a length of time to prove that something worked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "wakeproxy/base/clock.h"

#define PATIENCE_MS 20000
#define ANSWERS_MAX 16
#define HUNG_MAX    64

struct server {
    int fd;
    struct event event;
    bool is_listening;
    /* What the n-th conn gets; the last one goes on for ever. NULL: nothing, it hangs. */
    const char *answers[ANSWERS_MAX];
    size_t answer_count, accepted;
    int hung[HUNG_MAX];
    size_t hung_count;
};

struct fixture {
    struct wp_loop *loop;
    struct wp_conf_ready ready;
    struct wp_probe *probe;
    struct wp_addr addr;
    struct server server;
    struct wp_timer look;
    bool (*holds)(struct fixture *f);
    uint64_t deadline_ms;
    bool is_fulfilled;
    bool want_free; /* free the prober in the next report */
    size_t reports;
    bool is_ok;
    char reason[256];
    uint64_t wanted; /* for conditions */
};

static void on_change(void *context, bool is_ok, const char *reason)
{
    struct fixture *f = context;

    f->reports++;
    f->is_ok = is_ok;
    assert_true(is_ok == (reason == NULL));
    (void)snprintf(f->reason, sizeof(f->reason), "%s", reason != NULL ? reason : "");
    if (f->want_free) {
        wp_probe_free(&f->probe);
    }
}

static void accept_ready(evutil_socket_t listen_fd, short what, void *argument)
{
    struct server *server = argument;
    size_t nth =
        server->accepted < server->answer_count ? server->accepted : server->answer_count - 1;
    const char *answer = server->answers[nth];
    char request[2048];
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

    assert_true(fd >= 0);
    server->accepted++;
    if (answer == NULL) {
        assert_true(server->hung_count < HUNG_MAX);
        server->hung[server->hung_count++] = fd;
        return;
    }
    if (answer[0] != '\0') {
        /* Loopback: the request is there or will be in a moment. */
        assert_true(recv(fd, request, sizeof(request), 0) > 0);
        assert_true(send(fd, answer, strlen(answer), MSG_NOSIGNAL) > 0);
    }
    (void)close(fd);
}

/* Binds without listening: until server_listen() the port refuses, and is nobody else's. */
static void server_init(struct server *server, struct wp_addr *ret_addr)
{
    socklen_t length = sizeof(*ret_addr);

    memset(server, 0, sizeof(*server));
    memset(ret_addr, 0, sizeof(*ret_addr));
    ret_addr->in.sin_family = AF_INET;
    ret_addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, &ret_addr->sa, sizeof(ret_addr->in)), 0);
    assert_int_equal(getsockname(server->fd, &ret_addr->sa, &length), 0);
}

static void server_listen(struct fixture *f)
{
    struct server *server = &f->server;

    assert_int_equal(listen(server->fd, 64), 0);
    (void)event_assign(&server->event, wp_loop_base(f->loop), server->fd, EV_READ | EV_PERSIST,
                       accept_ready, server);
    (void)event_add(&server->event, NULL);
    server->is_listening = true;
}

/* Conns that hang and were not closed by the prober. */
static size_t count_open(const struct server *server)
{
    size_t open = 0, i;
    char bytes[2048];

    for (i = 0; i < server->hung_count; i++) {
        ssize_t got;

        do {
            got = recv(server->hung[i], bytes, sizeof(bytes), MSG_DONTWAIT);
        } while (got > 0);
        open += got < 0 && errno == EAGAIN;
    }
    return open;
}

static void look(struct wp_timer *timer)
{
    struct fixture *f = WP_CONTAINER_OF(timer, struct fixture, look);

    f->is_fulfilled = f->holds != NULL && f->holds(f);
    if (f->is_fulfilled || wp_clock_mono_ms() >= f->deadline_ms) {
        wp_loop_stop(f->loop);
        return;
    }
    wp_timer_set(timer, wp_loop_now_ms(f->loop) + 1);
}

static bool run_until(struct fixture *f, bool (*holds)(struct fixture *f), uint64_t for_ms)
{
    f->holds = holds;
    f->deadline_ms = wp_clock_mono_ms() + for_ms;
    wp_loop_touch_clock(f->loop);
    wp_timer_set(&f->look, wp_loop_now_ms(f->loop));
    wp_loop_run(f->loop);
    return f->is_fulfilled;
}

static void wait_for(struct fixture *f, bool (*holds)(struct fixture *f))
{
    if (!run_until(f, holds, PATIENCE_MS)) {
        fail_msg("waited in vain: %zu reports, ok %d, \"%s\", %zu accepted", f->reports, f->is_ok,
                 f->reason, f->server.accepted);
    }
}

static void open_fixture(struct fixture *f, enum wp_probe_kind kind)
{
    memset(f, 0, sizeof(*f));
    f->loop = wp_loop_new();
    f->ready = (struct wp_conf_ready){.kind = kind,
                                      .method = (char *)"GET",
                                      .path = (char *)"/healthz",
                                      .status_min = 200,
                                      .status_max = 399,
                                      .consecutive = 1,
                                      .timeout_ms = 2000};
    wp_timer_init(&f->look, f->loop, look);
    server_init(&f->server, &f->addr);
    f->server.answers[0] = kind == WP_PROBE_TCP ? "" : "HTTP/1.1 200 OK\r\n\r\n";
    f->server.answer_count = 1;
    f->probe = wp_probe_new(f->loop, &f->ready, NULL, on_change, f);
    wp_probe_set_address(f->probe, &f->addr);
}

static void close_fixture(struct fixture *f)
{
    size_t i;

    wp_probe_free(&f->probe);
    if (f->server.is_listening) {
        (void)event_del(&f->server.event);
    }
    (void)close(f->server.fd);
    for (i = 0; i < f->server.hung_count; i++) {
        (void)close(f->server.hung[i]);
    }
    wp_timer_fini(&f->look);
    wp_loop_free(&f->loop);
}

static bool is_reported(struct fixture *f)
{
    return f->reports >= f->wanted;
}

static bool is_ok(struct fixture *f)
{
    return f->is_ok;
}

static bool has_attempts(struct fixture *f)
{
    return wp_probe_attempts(f->probe) >= f->wanted;
}

static bool has_accepted(struct fixture *f)
{
    return f->server.accepted >= f->wanted;
}

static void expect_reason(struct fixture *f, const char *format)
{
    char wanted[256], address[WP_ADDR_SIZE];

    (void)wp_addr_text(&f->addr, address);
    (void)snprintf(wanted, sizeof(wanted), "%s%s", format, address);
    assert_string_equal(f->reason, wanted);
}

static void test_refused_then_accepted(void **state)
{
    struct fixture f;
    uint64_t before;

    open_fixture(&f, WP_PROBE_TCP);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    assert_int_equal(wp_probe_attempts(f.probe), 0); /* nothing happens inside a call */
    f.wanted = 30;
    wait_for(&f, has_attempts);
    assert_int_equal(f.reports, 1); /* thirty refusals are one piece of news */
    assert_false(f.is_ok);
    expect_reason(&f, "connection refused by ");

    server_listen(&f);
    before = wp_probe_attempts(f.probe);
    wait_for(&f, is_ok);
    assert_int_equal(f.reports, 2);
    assert_int_equal(wp_probe_attempts(f.probe), before + 1); /* the very next attempt */
    assert_true(wp_probe_is_ok(f.probe));
    close_fixture(&f);
}

/* A full accept queue drops SYNs, as a host does that is not up yet. */
static void test_dropped_then_accepted(void **state)
{
    struct fixture f;
    char wanted[256], address[WP_ADDR_SIZE];
    int fill[4], i, fd;
    uint64_t before;

    open_fixture(&f, WP_PROBE_TCP);
    assert_int_equal(listen(f.server.fd, 0), 0);
    for (i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fill[i], &f.addr.sa, sizeof(f.addr.in));
    }
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    wait_for(&f, is_reported);
    (void)wp_addr_text(&f.addr, address);
    (void)snprintf(wanted, sizeof(wanted), "no answer from %s (packets dropped?)", address);
    assert_string_equal(f.reason, wanted);
    f.wanted = 40; /* well into the silence */
    wait_for(&f, has_attempts);
    assert_int_equal(f.reports, 1);

    /* Room again: the next attempt gets through, without waiting for TCP to repeat a SYN. */
    for (i = 0; i < 4; i++) {
        (void)close(fill[i]);
    }
    assert_int_equal(fcntl(f.server.fd, F_SETFL, O_NONBLOCK), 0);
    while ((fd = accept4(f.server.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        (void)close(fd);
    }
    before = wp_probe_attempts(f.probe);
    wait_for(&f, is_ok);
    assert_in_range(wp_probe_attempts(f.probe), before, before + 2);
    close_fixture(&f);
}

static void test_http_ready(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_ok);
    assert_int_equal(f.reports, 1);
    assert_int_equal(f.server.accepted, 1);
    close_fixture(&f);
}

static void test_http_wrong_then_right(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 503 Booting\r\n\r\n";
    f.server.answers[1] = "HTTP/1.1 503 Booting\r\n\r\n";
    f.server.answers[2] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 3;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    wait_for(&f, is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 503");
    wait_for(&f, is_ok);
    assert_int_equal(f.server.accepted, 3); /* one at a time: no stampede */
    close_fixture(&f);
}

static void test_http_body(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.ready.body = (char *)"\"status\":\"up\"";
    f.server.answers[0] = "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"starting\"}";
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"up\"}";
    f.server.answer_count = 2;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_ok);
    assert_int_equal(f.server.accepted, 2);
    close_fixture(&f);
}

static void test_http_closed_without_answer(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "";
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    wait_for(&f, is_reported);
    assert_false(f.is_ok);
    /* Closed with or without having read the request: end of stream or reset. */
    assert_true(strstr(f.reason, "the connection was closed") != NULL ||
                strstr(f.reason, "connection reset by ") != NULL);
    close_fixture(&f);
}

/* An application that will never answer what it accepted while booting, but answers the next. */
static void test_first_request_hangs(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.ready.timeout_ms = 60000;
    f.server.answers[0] = NULL;
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 2;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_ok);
    assert_int_equal(f.server.accepted, 2);
    assert_int_equal(count_open(&f.server), 0); /* the success dropped the other */
    close_fixture(&f);
}

static size_t most_open;

static bool watches_open(struct fixture *f)
{
    size_t open = count_open(&f->server);

    most_open = open > most_open ? open : most_open;
    return f->reports > 0 && f->server.accepted >= 6;
}

static void test_all_requests_hang(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.ready.timeout_ms = 1200;
    f.server.answers[0] = NULL;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    most_open = 0;
    wait_for(&f, watches_open);
    assert_string_equal(f.reason, "GET /healthz was not answered within 1s200ms");
    assert_in_range(most_open, 2, 4);
    close_fixture(&f);
}

static void test_consecutive(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.ready.consecutive = 3;
    f.server.answers[0] = f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answers[2] = "HTTP/1.1 500 Oops\r\n\r\n";
    f.server.answers[3] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 4;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_ok);
    assert_int_equal(f.server.accepted, 6);
    close_fixture(&f);
}

static void test_off_does_nothing(void **state)
{
    struct fixture f;
    uint64_t attempts;
    size_t reports;

    open_fixture(&f, WP_PROBE_HTTP);
    f.server.answers[0] = NULL;
    server_listen(&f);
    (void)run_until(&f, NULL, 50);
    assert_int_equal(wp_probe_attempts(f.probe), 0);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    wait_for(&f, has_accepted);
    assert_int_equal(count_open(&f.server), 1);
    wp_probe_set_cadence(f.probe, WP_CADENCE_OFF);
    assert_int_equal(count_open(&f.server), 0);
    attempts = wp_probe_attempts(f.probe);
    reports = f.reports;
    (void)run_until(&f, NULL, 400);
    assert_int_equal(wp_probe_attempts(f.probe), attempts);
    assert_int_equal(f.reports, reports);
    close_fixture(&f);
}

static void test_result_is_told_again_after_off(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_TCP);
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_SPARSE);
    f.wanted = 1;
    wait_for(&f, is_reported);
    assert_true(f.is_ok);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST); /* what is known stays */
    (void)run_until(&f, NULL, 30);
    assert_int_equal(f.reports, 1);
    wp_probe_set_cadence(f.probe, WP_CADENCE_OFF);
    assert_false(wp_probe_is_ok(f.probe));
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 2;
    wait_for(&f, is_reported);
    assert_true(f.is_ok);
    close_fixture(&f);
}

static void test_failure_after_success(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answers[1] = "HTTP/1.1 500 Oops\r\n\r\n";
    f.server.answer_count = 2;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_ok);
    f.wanted = 2;
    wait_for(&f, is_reported);
    assert_false(f.is_ok);
    assert_string_equal(f.reason, "GET /healthz answered 500");
    close_fixture(&f);
}

static void test_sparse_is_sparse(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_TCP);
    wp_probe_set_cadence(f.probe, WP_CADENCE_SPARSE);
    (void)run_until(&f, NULL, 300);
    assert_int_equal(wp_probe_attempts(f.probe), 1);
    assert_int_equal(f.reports, 1);
    /* And from sparse to fast without waiting for the second to pass. */
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 10;
    assert_true(run_until(&f, has_attempts, 700));
    close_fixture(&f);
}

static void test_another_reason_is_told(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_HTTP);
    f.server.answers[0] = "HTTP/1.1 503 Booting\r\n\r\n";
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    wait_for(&f, is_reported);
    expect_reason(&f, "connection refused by ");
    server_listen(&f);
    f.wanted = 2;
    wait_for(&f, is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 503");
    assert_false(f.is_ok);
    close_fixture(&f);
}

static void test_new_address_and_definition(void **state)
{
    struct fixture f;
    struct wp_addr nowhere = {0};
    struct wp_conf_ready same, other;
    uint64_t attempts;

    open_fixture(&f, WP_PROBE_TCP);
    server_listen(&f);
    wp_probe_set_address(f.probe, &nowhere);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    (void)run_until(&f, NULL, 30);
    assert_int_equal(wp_probe_attempts(f.probe), 0);
    wp_probe_set_address(f.probe, &f.addr);
    wait_for(&f, is_ok);
    attempts = wp_probe_attempts(f.probe);
    wp_probe_set_address(f.probe, &f.addr); /* the same: nothing is forgotten */
    same = f.ready;
    wp_probe_set_ready(f.probe, &same, NULL);
    assert_true(wp_probe_is_ok(f.probe));
    (void)run_until(&f, NULL, 30);
    assert_int_equal(wp_probe_attempts(f.probe), attempts);

    other = f.ready;
    other.kind = WP_PROBE_HTTP;
    f.server.answers[0] = "HTTP/1.1 404 No\r\n\r\n";
    f.is_ok = false;
    wp_probe_set_ready(f.probe, &other, NULL);
    assert_false(wp_probe_is_ok(f.probe));
    f.wanted = f.reports + 1;
    wait_for(&f, is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 404");
    close_fixture(&f);
}

static bool is_freed(struct fixture *f)
{
    return f->probe == NULL;
}

static void test_freed_inside_a_report(void **state)
{
    struct fixture f;

    open_fixture(&f, WP_PROBE_TCP); /* a failure frees */
    f.want_free = true;
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_freed);
    close_fixture(&f);

    open_fixture(&f, WP_PROBE_HTTP); /* a success frees, with another attempt under way */
    f.want_free = true;
    f.ready.timeout_ms = 60000;
    f.server.answers[0] = NULL;
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 2;
    server_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    wait_for(&f, is_freed);
    assert_true(f.is_ok);
    close_fixture(&f);
}

/* In a network namespace with two ephemeral ports a connect to one of them meets itself (net/sock.c
 * tells that apart): it must not make a trace ready. */
static int probe_own_port(void)
{
    struct fixture f;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) {
        return 77;
    }
    (void)close(fd);
    fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "40000 40001", 11) != 11) {
        return 77;
    }
    (void)close(fd);
    open_fixture(&f, WP_PROBE_TCP);
    (void)close(f.server.fd); /* nobody is there at all */
    f.server.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    wp_addr_set_port(&f.addr, 40000);
    wp_probe_set_address(f.probe, &f.addr);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 60;
    wait_for(&f, has_attempts);
    result = f.is_ok || f.reports != 1 ? 1 : 0;
    close_fixture(&f);
    return result;
}

static void test_does_not_meet_itself(void **state)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
            _exit(77);
        }
        _exit(probe_own_port());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("no network namespace here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_then_accepted),
        cmocka_unit_test(test_dropped_then_accepted),
        cmocka_unit_test(test_http_ready),
        cmocka_unit_test(test_http_wrong_then_right),
        cmocka_unit_test(test_http_body),
        cmocka_unit_test(test_http_closed_without_answer),
        cmocka_unit_test(test_first_request_hangs),
        cmocka_unit_test(test_all_requests_hang),
        cmocka_unit_test(test_consecutive),
        cmocka_unit_test(test_off_does_nothing),
        cmocka_unit_test(test_result_is_told_again_after_off),
        cmocka_unit_test(test_failure_after_success),
        cmocka_unit_test(test_sparse_is_sparse),
        cmocka_unit_test(test_another_reason_is_told),
        cmocka_unit_test(test_new_address_and_definition),
        cmocka_unit_test(test_freed_inside_a_report),
        cmocka_unit_test(test_does_not_meet_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
