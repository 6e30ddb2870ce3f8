/*
 * test_probe.c - when the prober tries and what it tells: hosts that refuse, drop packets, come and
 * go; cadences, new addresses and definitions, freeing inside a report.
 */
#include "probe_house.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_refused_then_accepted(void **state)
{
    struct probe_house f;
    uint64_t before;

    probe_house_open(&f, WP_PROBE_TCP);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    assert_int_equal(wp_probe_attempts(f.probe), 0); /* nothing happens inside a call */
    f.wanted = 30;
    probe_house_wait(&f, probe_has_attempts);
    assert_int_equal(f.reports, 1); /* thirty refusals are one piece of news */
    assert_false(f.is_ok);
    probe_expect_reason(&f, "connection refused by ");

    probe_house_listen(&f);
    before = wp_probe_attempts(f.probe);
    probe_house_wait(&f, probe_house_is_ok);
    assert_int_equal(f.reports, 2);
    assert_int_equal(wp_probe_attempts(f.probe), before + 1); /* the very next attempt */
    assert_true(wp_probe_is_ok(f.probe));
    probe_house_close(&f);
}

static void test_dropped_then_accepted(void **state)
{
    struct probe_house f;
    char wanted[256], address[WP_ADDR_SIZE];
    int fill[4], i, fd;
    uint64_t before;

    probe_house_open(&f, WP_PROBE_TCP);
    assert_int_equal(listen(f.server.fd, 0), 0);
    for (i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fill[i], &f.addr.sa, sizeof(f.addr.in));
    }
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    probe_house_wait(&f, probe_is_reported);
    (void)wp_addr_text(&f.addr, address);
    (void)snprintf(wanted, sizeof(wanted), "no answer from %s (packets dropped?)", address);
    assert_string_equal(f.reason, wanted);
    f.wanted = 40; /* well into the silence */
    probe_house_wait(&f, probe_has_attempts);
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
    probe_house_wait(&f, probe_house_is_ok);
    assert_in_range(wp_probe_attempts(f.probe), before, before + 2);
    probe_house_close(&f);
}

static void test_off_does_nothing(void **state)
{
    struct probe_house f;
    uint64_t attempts;
    size_t reports;

    probe_house_open(&f, WP_PROBE_HTTP);
    f.server.answers[0] = NULL;
    probe_house_listen(&f);
    (void)probe_house_run(&f, NULL, 50);
    assert_int_equal(wp_probe_attempts(f.probe), 0);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 1;
    probe_house_wait(&f, probe_has_accepted);
    assert_int_equal(probe_house_count_open(&f.server), 1);
    wp_probe_set_cadence(f.probe, WP_CADENCE_OFF);
    assert_int_equal(probe_house_count_open(&f.server), 0);
    attempts = wp_probe_attempts(f.probe);
    reports = f.reports;
    (void)probe_house_run(&f, NULL, 400);
    assert_int_equal(wp_probe_attempts(f.probe), attempts);
    assert_int_equal(f.reports, reports);
    probe_house_close(&f);
}

static void test_result_is_told_again_after_off(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_TCP);
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_SPARSE);
    f.wanted = 1;
    probe_house_wait(&f, probe_is_reported);
    assert_true(f.is_ok);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST); /* what is known stays */
    (void)probe_house_run(&f, NULL, 30);
    assert_int_equal(f.reports, 1);
    wp_probe_set_cadence(f.probe, WP_CADENCE_OFF);
    assert_false(wp_probe_is_ok(f.probe));
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 2;
    probe_house_wait(&f, probe_is_reported);
    assert_true(f.is_ok);
    probe_house_close(&f);
}

static void test_sparse_is_sparse(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_TCP);
    wp_probe_set_cadence(f.probe, WP_CADENCE_SPARSE);
    (void)probe_house_run(&f, NULL, 300);
    assert_int_equal(wp_probe_attempts(f.probe), 1);
    assert_int_equal(f.reports, 1);
    /* And from sparse to fast without waiting for the second to pass. */
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 10;
    assert_true(probe_house_run(&f, probe_has_attempts, 700));
    probe_house_close(&f);
}

static void test_new_address_and_definition(void **state)
{
    struct probe_house f;
    struct wp_addr nowhere = {0};
    struct wp_conf_ready same, other;
    uint64_t attempts;

    probe_house_open(&f, WP_PROBE_TCP);
    probe_house_listen(&f);
    wp_probe_set_address(f.probe, &nowhere);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    (void)probe_house_run(&f, NULL, 30);
    assert_int_equal(wp_probe_attempts(f.probe), 0);
    wp_probe_set_address(f.probe, &f.addr);
    probe_house_wait(&f, probe_house_is_ok);
    attempts = wp_probe_attempts(f.probe);
    wp_probe_set_address(f.probe, &f.addr); /* the same: nothing is forgotten */
    same = f.ready;
    wp_probe_set_ready(f.probe, &same, NULL);
    assert_true(wp_probe_is_ok(f.probe));
    (void)probe_house_run(&f, NULL, 30);
    assert_int_equal(wp_probe_attempts(f.probe), attempts);

    other = f.ready;
    other.kind = WP_PROBE_HTTP;
    f.server.answers[0] = "HTTP/1.1 404 No\r\n\r\n";
    f.is_ok = false;
    wp_probe_set_ready(f.probe, &other, NULL);
    assert_false(wp_probe_is_ok(f.probe));
    f.wanted = f.reports + 1;
    probe_house_wait(&f, probe_is_reported);
    assert_string_equal(f.reason, "GET /healthz answered 404");
    probe_house_close(&f);
}

static bool is_freed(struct probe_house *f)
{
    return f->probe == NULL;
}

static void test_freed_inside_a_report(void **state)
{
    struct probe_house f;

    probe_house_open(&f, WP_PROBE_TCP); /* a failure frees */
    f.want_free = true;
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, is_freed);
    probe_house_close(&f);

    probe_house_open(&f, WP_PROBE_HTTP); /* a success frees, with another attempt under way */
    f.want_free = true;
    f.ready.timeout_ms = 60000;
    f.server.answers[0] = NULL;
    f.server.answers[1] = "HTTP/1.1 200 OK\r\n\r\n";
    f.server.answer_count = 2;
    probe_house_listen(&f);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    probe_house_wait(&f, is_freed);
    assert_true(f.is_ok);
    probe_house_close(&f);
}

static int probe_own_port(void)
{
    struct probe_house f;
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
    probe_house_open(&f, WP_PROBE_TCP);
    (void)close(f.server.fd); /* nobody is there at all */
    f.server.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    wp_addr_set_port(&f.addr, 40000);
    wp_probe_set_address(f.probe, &f.addr);
    wp_probe_set_cadence(f.probe, WP_CADENCE_FAST);
    f.wanted = 60;
    probe_house_wait(&f, probe_has_attempts);
    result = f.is_ok || f.reports != 1 ? 1 : 0;
    probe_house_close(&f);
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
        cmocka_unit_test(test_off_does_nothing),
        cmocka_unit_test(test_result_is_told_again_after_off),
        cmocka_unit_test(test_sparse_is_sparse),
        cmocka_unit_test(test_new_address_and_definition),
        cmocka_unit_test(test_freed_inside_a_report),
        cmocka_unit_test(test_does_not_meet_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
