/*
 * probe_attempt.c - one try: a connect, and for HTTP a request and its answer.
 *
 * Thread:    the control loop.
 * Owns:      one socket per attempt, closed at its end; the attempt is freed with it.
 * Invariant: an attempt ends in exactly one of success, failure, or being dropped.
 * Invariant: only the event callbacks here and the prober's timer lead to wp_probe_settle();
 *            results found inside wp_probe_attempt_start() are settled by the timer that called.
 * Patience:  a connect is given up after 250 ms, or four times the measured round trip if that is
 *            longer. While no round trip is known every 16th attempt may take three seconds, or a
 *            host further away than 250 ms would never be found.
 * Given:     a connect that meets itself on loopback is a refusal (net/sock.c); at hundreds of
 *            attempts a second that does happen.
 * Not here:  when to try (probe.c).
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe_impl.h"
#include "wakeproxy/base/clock.h"
#include "wakeproxy/net/sock.h"

#define CONNECT_MS     250
#define SCOUT_MS       3000
#define SCOUT_EVERY    16
#define RTT_MAX_US     1000000
#define RTT_WEIGHT     8
#define READ_BYTES     16384
#define READS_PER_TURN 4

void wp_probe_attempt_drop(struct wp_probe_attempt *attempt)
{
    struct wp_probe *probe = attempt->probe;

    if (attempt->is_connected) {
        probe->connected--;
    } else {
        probe->connecting--;
    }
    wp_list_remove(&attempt->link);
    if (event_initialized(&attempt->event)) {
        (void)event_del(&attempt->event);
    }
    (void)close(attempt->fd);
    wp_probe_http_fini(&attempt->http);
    free(attempt);
}

void wp_probe_attempts_drop(struct wp_probe *probe, bool connecting_only)
{
    struct wp_list *node, *next;

    for (node = probe->attempts.next; node != &probe->attempts; node = next) {
        struct wp_probe_attempt *attempt = WP_CONTAINER_OF(node, struct wp_probe_attempt, link);

        next = node->next;
        if (!connecting_only || !attempt->is_connected) {
            wp_probe_attempt_drop(attempt);
        }
    }
}

static void fail(struct wp_probe_attempt *attempt, enum wp_probe_met met, const char *reason)
{
    struct wp_probe *probe = attempt->probe;
    char text[WP_PROBE_REASON_SIZE];

    /* The reason may live in the attempt. */
    (void)snprintf(text, sizeof(text), "%s", reason);
    wp_probe_attempt_drop(attempt);
    wp_probe_failed(probe, met, text);
}

static void succeed(struct wp_probe_attempt *attempt)
{
    wp_probe_succeeded(attempt->probe); /* drops every attempt, this one too */
}

/* What a connect's errno means, in plain words. */
static enum wp_probe_met describe_error(const struct wp_probe *probe, int error,
                                        char ret_text[WP_PROBE_REASON_SIZE])
{
    switch (error) {
    case ECONNREFUSED:
        (void)snprintf(ret_text, WP_PROBE_REASON_SIZE, "connection refused by %s",
                       probe->addr_text);
        return WP_PROBE_MET_REFUSAL;
    case ECONNRESET:
        (void)snprintf(ret_text, WP_PROBE_REASON_SIZE, "connection reset by %s", probe->addr_text);
        return WP_PROBE_MET_REFUSAL;
    case ETIMEDOUT:
        (void)snprintf(ret_text, WP_PROBE_REASON_SIZE, "no answer from %s (packets dropped?)",
                       probe->addr_text);
        return WP_PROBE_MET_SILENCE;
    default:
        (void)snprintf(ret_text, WP_PROBE_REASON_SIZE, "cannot connect to %s: %s", probe->addr_text,
                       strerror(error));
        return WP_PROBE_MET_NO_ROUTE;
    }
}

static void measure(struct wp_probe_attempt *attempt)
{
    struct wp_probe *probe = attempt->probe;
    uint64_t took_us = wp_clock_mono_us() - attempt->started_us;

    took_us = took_us > RTT_MAX_US ? RTT_MAX_US : took_us + (took_us == 0);
    if (probe->rtt_us == 0) {
        probe->rtt_us = took_us;
    } else {
        probe->rtt_us += took_us / RTT_WEIGHT;
        probe->rtt_us -= probe->rtt_us / (RTT_WEIGHT + 1);
    }
}

/* Reads what is there. True when the attempt ended. */
static bool read_answer(struct wp_probe_attempt *attempt)
{
    char bytes[READ_BYTES], text[WP_PROBE_REASON_SIZE];
    enum wp_probe_verdict verdict = WP_PROBE_MORE;
    int rounds = READS_PER_TURN;

    while (verdict == WP_PROBE_MORE && rounds-- > 0) {
        ssize_t got = recv(attempt->fd, bytes, sizeof(bytes), 0);

        if (got > 0) {
            verdict = wp_probe_http_feed(&attempt->http, (struct wp_slice){bytes, (size_t)got});
        } else if (got == 0) {
            verdict = wp_probe_http_end(&attempt->http);
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            (void)describe_error(attempt->probe, errno, text);
            fail(attempt, WP_PROBE_MET_ANSWER, text);
            return true;
        }
    }
    switch (verdict) {
    case WP_PROBE_MORE:
        return false;
    case WP_PROBE_GOOD:
        succeed(attempt);
        return true;
    case WP_PROBE_BAD:
        fail(attempt, WP_PROBE_MET_ANSWER, attempt->http.reason);
        return true;
    }
    return false;
}

static void attempt_ready(evutil_socket_t fd, short what, void *argument);

static void listen_for(struct wp_probe_attempt *attempt, short what)
{
    if (event_initialized(&attempt->event)) {
        if (event_get_events(&attempt->event) == (what | EV_PERSIST)) {
            return;
        }
        (void)event_del(&attempt->event);
    }
    (void)event_assign(&attempt->event, wp_loop_base(attempt->probe->loop), attempt->fd,
                       (short)(what | EV_PERSIST), attempt_ready, attempt);
    (void)event_add(&attempt->event, NULL);
}

/* Sends the request, then waits for the answer. */
static void converse(struct wp_probe_attempt *attempt)
{
    const char *request = attempt->probe->request;
    size_t length = strlen(request);
    char text[WP_PROBE_REASON_SIZE];

    while (attempt->sent < length) {
        ssize_t sent =
            send(attempt->fd, request + attempt->sent, length - attempt->sent, MSG_NOSIGNAL);

        if (sent >= 0) {
            attempt->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            listen_for(attempt, EV_WRITE);
            return;
        } else if (errno != EINTR) {
            (void)describe_error(attempt->probe, errno, text);
            fail(attempt, WP_PROBE_MET_ANSWER, text);
            return;
        }
    }
    if (!read_answer(attempt)) {
        listen_for(attempt, EV_READ);
    }
}

/* The handshake is over: with 0 or an errno. */
static void connected(struct wp_probe_attempt *attempt, int error)
{
    struct wp_probe *probe = attempt->probe;
    char text[WP_PROBE_REASON_SIZE];
    enum wp_probe_met met;

    if (error != 0) {
        met = describe_error(probe, error, text);
        if (met == WP_PROBE_MET_REFUSAL) {
            measure(attempt);
        }
        fail(attempt, met, text);
        return;
    }
    measure(attempt);
    if (probe->ready->kind == WP_PROBE_TCP) {
        succeed(attempt);
        return;
    }
    probe->connecting--;
    probe->connected++;
    attempt->is_connected = true;
    attempt->expires_ms = wp_loop_now_ms(probe->loop) + probe->ready->timeout_ms;
    wp_probe_http_init(&attempt->http, probe->ready);
    /* The host is up now: the other handshakes would only be a stampede. */
    wp_probe_attempts_drop(probe, true);
    converse(attempt);
}

static void attempt_ready(evutil_socket_t fd, short what, void *argument)
{
    struct wp_probe_attempt *attempt = argument;
    struct wp_probe *probe = attempt->probe;

    if (attempt->is_connected) {
        converse(attempt);
    } else {
        connected(attempt, -wp_sock_connect_result(attempt->fd));
    }
    wp_probe_settle(probe);
}

static uint64_t patience_ms(const struct wp_probe *probe)
{
    uint64_t rtt_ms = 4 * probe->rtt_us / 1000;

    if (probe->rtt_us == 0 && probe->attempts_made % SCOUT_EVERY == 0) {
        return SCOUT_MS;
    }
    return rtt_ms > CONNECT_MS ? rtt_ms : CONNECT_MS;
}

void wp_probe_attempt_start(struct wp_probe *probe)
{
    struct wp_probe_attempt *attempt;
    char text[WP_PROBE_REASON_SIZE];
    struct pollfd at_once = {.events = POLLOUT};
    uint64_t started_us = wp_clock_mono_us();
    bool is_connected;
    int fd, r;

    r = wp_sock_connect(&probe->addr, &fd, &is_connected);
    if (r < 0) {
        enum wp_probe_met met = describe_error(probe, -r, text);

        wp_probe_failed(probe, met, text);
        return;
    }
    attempt = wp_calloc(1, sizeof(*attempt));
    attempt->probe = probe;
    attempt->fd = fd;
    attempt->started_us = started_us;
    attempt->expires_ms = wp_loop_now_ms(probe->loop) + patience_ms(probe);
    wp_list_init(&attempt->link);
    wp_list_append(&probe->attempts, &attempt->link);
    probe->connecting++;
    /* On loopback the answer is there already: no need for the event loop then. */
    at_once.fd = fd;
    if (is_connected || poll(&at_once, 1, 0) > 0) {
        connected(attempt, is_connected ? 0 : -wp_sock_connect_result(fd));
        return;
    }
    listen_for(attempt, EV_WRITE);
}

void wp_probe_attempts_expire(struct wp_probe *probe, uint64_t now_ms)
{
    struct wp_list *node, *next;
    char text[WP_PROBE_REASON_SIZE], duration[WP_DURATION_SIZE];

    for (node = probe->attempts.next; node != &probe->attempts; node = next) {
        struct wp_probe_attempt *attempt = WP_CONTAINER_OF(node, struct wp_probe_attempt, link);

        next = node->next;
        if (attempt->expires_ms > now_ms) {
            continue;
        }
        if (attempt->is_connected) {
            wp_clock_duration_text(probe->ready->timeout_ms, duration);
            (void)snprintf(text, sizeof(text), "%s %.100s was not answered within %s",
                           probe->ready->method, probe->ready->path, duration);
            fail(attempt, WP_PROBE_MET_ANSWER, text);
        } else {
            (void)describe_error(probe, ETIMEDOUT, text);
            fail(attempt, WP_PROBE_MET_SILENCE, text);
        }
    }
}
