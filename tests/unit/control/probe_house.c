/*
 * probe_house.c - the server and the prober of the tests, on one loop and one thread.
 */
#include "probe_house.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"

#define PATIENCE_MS 20000

static void on_change(void *context, bool is_ok, const char *reason)
{
    struct probe_house *f = context;

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
    struct probe_server *server = argument;
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

/* Binds without listening: until probe_house_listen() the port refuses, and is nobody else's. */
static void server_init(struct probe_server *server, struct wp_addr *ret_addr)
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

void probe_house_listen(struct probe_house *f)
{
    struct probe_server *server = &f->server;

    assert_int_equal(listen(server->fd, 64), 0);
    (void)event_assign(&server->event, wp_loop_base(f->loop), server->fd, EV_READ | EV_PERSIST,
                       accept_ready, server);
    (void)event_add(&server->event, NULL);
    server->is_listening = true;
}

size_t probe_house_count_open(const struct probe_server *server)
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
    struct probe_house *f = WP_CONTAINER_OF(timer, struct probe_house, look);

    f->is_fulfilled = f->holds != NULL && f->holds(f);
    if (f->is_fulfilled || wp_clock_mono_ms() >= f->deadline_ms) {
        wp_loop_stop(f->loop);
        return;
    }
    wp_timer_set(timer, wp_loop_now_ms(f->loop) + 1);
}

bool probe_house_run(struct probe_house *f, bool (*holds)(struct probe_house *f), uint64_t for_ms)
{
    f->holds = holds;
    f->deadline_ms = wp_clock_mono_ms() + for_ms;
    wp_loop_touch_clock(f->loop);
    wp_timer_set(&f->look, wp_loop_now_ms(f->loop));
    wp_loop_run(f->loop);
    return f->is_fulfilled;
}

void probe_house_wait(struct probe_house *f, bool (*holds)(struct probe_house *f))
{
    if (!probe_house_run(f, holds, PATIENCE_MS)) {
        fail_msg("waited in vain: %zu reports, ok %d, \"%s\", %zu accepted", f->reports, f->is_ok,
                 f->reason, f->server.accepted);
    }
}

void probe_house_open(struct probe_house *f, enum wp_probe_kind kind)
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

void probe_house_close(struct probe_house *f)
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

bool probe_is_reported(struct probe_house *f)
{
    return f->reports >= f->wanted;
}

bool probe_house_is_ok(struct probe_house *f)
{
    return f->is_ok;
}

bool probe_has_attempts(struct probe_house *f)
{
    return wp_probe_attempts(f->probe) >= f->wanted;
}

bool probe_has_accepted(struct probe_house *f)
{
    return f->server.accepted >= f->wanted;
}

void probe_expect_reason(struct probe_house *f, const char *format)
{
    char wanted[256], address[WP_ADDR_SIZE];

    (void)wp_addr_text(&f->addr, address);
    (void)snprintf(wanted, sizeof(wanted), "%s%s", format, address);
    assert_string_equal(f->reason, wanted);
}
