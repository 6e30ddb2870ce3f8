/*
 * probe.c - when to try, and what to tell of it.
 *
 * Thread:    the control loop.
 * Owns:      its attempts and one timer; neither exists at WP_CADENCE_OFF or without an address.
 * Why fast:  held clients wait for the first success. A packet sent before the host was up is lost,
 *            and TCP repeats it only after a second: so a new attempt is made every few
 *            milliseconds and old ones are given up early, and what is lost is one gap.
 * Cost:      a refused attempt on loopback takes about 15 us of this thread. Silence costs a socket
 *            and a SYN per gap, and a bounded number of sockets.
 * Invariant: `on_change` is the last thing a callback does, since it may free the prober.
 * Invariant: a success drops every other attempt, so no older failure can undo it.
 * Not here:  sockets (probe_attempt.c), judging answers (probe_http.c), what readiness is good for
 *            (the engine).
 */
#include "probe_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"

#define SPARSE_GAP_MS      1000
#define NEAR_GAP_MS        3  /* a refusal that came within NEAR_RTT_US */
#define FAR_GAP_MS         10 /* a refusal from afar, or "not ready" over HTTP */
#define SILENCE_GAP_MS     16
#define NO_ROUTE_GAP_MS    20
#define NEAR_RTT_US        1000
#define TIRED_AFTER_MS     60000 /* tried fast for so long: at least FAR_GAP_MS */
#define TIRED_GAP_MS       10
#define WEARY_AFTER_MS     180000
#define WEARY_GAP_MS       25
#define MAX_CONNECTING     64
#define MAX_CONNECTED_FAST 4
#define SILENT_COUNT       4 /* so many unanswered at once are silence, whatever was met before */
#define OVERLAP_MS         250
#define TELL_GAP_MS        1000

static uint64_t gap_ms(const struct wp_probe *probe, uint64_t now_ms)
{
    uint64_t fast_ms = now_ms - probe->fast_since_ms, gap = SILENCE_GAP_MS;

    if (probe->cadence == WP_CADENCE_SPARSE || probe->is_ok) {
        return SPARSE_GAP_MS;
    }
    switch (probe->met) {
    case WP_PROBE_MET_REFUSAL:
        gap = probe->rtt_us < NEAR_RTT_US ? NEAR_GAP_MS : FAR_GAP_MS;
        break;
    case WP_PROBE_MET_ANSWER:
        gap = FAR_GAP_MS;
        break;
    case WP_PROBE_MET_NO_ROUTE:
        gap = NO_ROUTE_GAP_MS;
        break;
    case WP_PROBE_MET_NOTHING:
    case WP_PROBE_MET_SILENCE:
        break;
    }
    if (probe->connecting >= SILENT_COUNT && gap < SILENCE_GAP_MS) {
        gap = SILENCE_GAP_MS;
    }
    if (fast_ms > WEARY_AFTER_MS && gap < WEARY_GAP_MS) {
        return WEARY_GAP_MS;
    }
    return fast_ms > TIRED_AFTER_MS && gap < TIRED_GAP_MS ? TIRED_GAP_MS : gap;
}

/* When the next attempt may start: WP_NEVER while one that is under way has to end first. */
static uint64_t next_start_ms(const struct wp_probe *probe)
{
    uint64_t quarter_ms = probe->ready->timeout_ms / MAX_CONNECTED_FAST, overlap_ms;

    if (probe->connecting >= MAX_CONNECTING) {
        return WP_NEVER;
    }
    if (probe->connected == 0) {
        return probe->next_ms;
    }
    /* The host accepts and is thinking: a booting application is not to be stampeded, but one that
     * will never answer this request may well answer the next. */
    if (probe->cadence == WP_CADENCE_SPARSE || probe->is_ok ||
        probe->connected >= MAX_CONNECTED_FAST || probe->connecting > 0) {
        return WP_NEVER;
    }
    overlap_ms = probe->connected > 1 && quarter_ms > OVERLAP_MS ? quarter_ms : OVERLAP_MS;
    return probe->last_start_ms + overlap_ms;
}

static bool is_active(const struct wp_probe *probe)
{
    return probe->cadence != WP_CADENCE_OFF && probe->addr.sa.sa_family != AF_UNSPEC;
}

static void plan(struct wp_probe *probe)
{
    uint64_t due_ms;
    struct wp_list *node;

    if (!is_active(probe)) {
        wp_timer_set(&probe->timer, WP_NEVER);
        return;
    }
    due_ms = next_start_ms(probe);
    for (node = probe->attempts.next; node != &probe->attempts; node = node->next) {
        struct wp_probe_attempt *attempt = WP_CONTAINER_OF(node, struct wp_probe_attempt, link);

        due_ms = attempt->expires_ms < due_ms ? attempt->expires_ms : due_ms;
    }
    wp_timer_set(&probe->timer, due_ms);
}

void wp_probe_settle(struct wp_probe *probe)
{
    plan(probe);
    if (probe->want_tell) {
        probe->want_tell = false;
        probe->told_ms = wp_loop_now_ms(probe->loop);
        /* The last use of the prober: it may be freed here. */
        probe->on_change(probe->context, probe->is_ok, probe->is_ok ? NULL : probe->reason);
    }
}

static void timer_fired(struct wp_timer *timer)
{
    struct wp_probe *probe = WP_CONTAINER_OF(timer, struct wp_probe, timer);
    uint64_t now_ms = wp_loop_now_ms(probe->loop);

    wp_probe_attempts_expire(probe, now_ms);
    if (next_start_ms(probe) <= now_ms) {
        probe->last_start_ms = now_ms;
        probe->attempts_made++;
        wp_probe_attempt_start(probe);
        probe->next_ms = now_ms + gap_ms(probe, now_ms);
    }
    wp_probe_settle(probe);
}

/* A result moves the plan: the gap to the next attempt depends on it. */
static void replan(struct wp_probe *probe)
{
    uint64_t now_ms = wp_loop_now_ms(probe->loop);

    if (probe->met == WP_PROBE_MET_ANSWER || probe->successes > 0) {
        probe->next_ms = now_ms + gap_ms(probe, now_ms);
    } else {
        probe->next_ms = probe->last_start_ms + gap_ms(probe, now_ms);
    }
}

void wp_probe_succeeded(struct wp_probe *probe)
{
    wp_probe_attempts_drop(probe, false);
    probe->successes++;
    probe->met = WP_PROBE_MET_ANSWER;
    if (probe->successes >= probe->ready->consecutive && !(probe->has_result && probe->is_ok)) {
        probe->has_result = probe->is_ok = probe->want_tell = true;
    }
    replan(probe);
}

void wp_probe_failed(struct wp_probe *probe, enum wp_probe_met met, const char *reason)
{
    uint64_t now_ms = wp_loop_now_ms(probe->loop);
    bool is_change = !probe->has_result || probe->is_ok;

    probe->met = met;
    probe->successes = 0;
    if (is_change) {
        probe->fast_since_ms = now_ms;
    }
    if (is_change || (strcmp(reason, probe->reason) != 0 && !probe->want_tell &&
                      now_ms - probe->told_ms >= TELL_GAP_MS)) {
        (void)snprintf(probe->reason, sizeof(probe->reason), "%s", reason);
        probe->want_tell = true;
    }
    probe->has_result = true;
    probe->is_ok = false;
    replan(probe);
}

static void forget(struct wp_probe *probe)
{
    wp_probe_attempts_drop(probe, false);
    probe->has_result = probe->is_ok = probe->want_tell = false;
    probe->successes = 0;
    probe->met = WP_PROBE_MET_NOTHING;
    probe->rtt_us = 0;
    probe->reason[0] = '\0';
}

/* Begins (or ends) trying, from a call: attempts start in the loop's next turn. */
static void begin(struct wp_probe *probe)
{
    probe->fast_since_ms = probe->next_ms = wp_loop_now_ms(probe->loop);
    plan(probe);
}

static void make_request(struct wp_probe *probe)
{
    free(probe->request);
    probe->request = NULL;
    if (probe->ready->kind == WP_PROBE_HTTP) {
        probe->request = wp_probe_http_request(
            probe->ready, probe->host != NULL ? probe->host : probe->addr_text);
    }
}

struct wp_probe *wp_probe_new(struct wp_loop *loop, const struct wp_conf_ready *ready,
                              const char *host, wp_probe_fn on_change, void *context)
{
    struct wp_probe *probe = wp_calloc(1, sizeof(*probe));

    probe->loop = loop;
    probe->ready = ready;
    probe->host = host != NULL ? wp_strdup(host) : NULL;
    probe->on_change = on_change;
    probe->context = context;
    probe->cadence = WP_CADENCE_OFF;
    wp_list_init(&probe->attempts);
    wp_timer_init(&probe->timer, loop, timer_fired);
    make_request(probe);
    return probe;
}

void wp_probe_free(struct wp_probe **pointer)
{
    struct wp_probe *probe = *pointer;

    *pointer = NULL;
    if (probe == NULL) {
        return;
    }
    wp_probe_attempts_drop(probe, false);
    wp_timer_fini(&probe->timer);
    free(probe->request);
    free(probe->host);
    free(probe);
}

static bool text_eq(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool ready_eq(const struct wp_conf_ready *a, const struct wp_conf_ready *b)
{
    return a->kind == b->kind && text_eq(a->method, b->method) && text_eq(a->path, b->path) &&
           text_eq(a->host, b->host) && a->status_min == b->status_min &&
           a->status_max == b->status_max && text_eq(a->header_name, b->header_name) &&
           text_eq(a->header_value, b->header_value) && text_eq(a->body, b->body) &&
           a->consecutive == b->consecutive && a->timeout_ms == b->timeout_ms;
}

void wp_probe_set_ready(struct wp_probe *probe, const struct wp_conf_ready *ready, const char *host)
{
    bool is_same = ready_eq(probe->ready, ready) && text_eq(probe->host, host);

    if (is_same) {
        struct wp_list *node;

        /* Attempts under way judge by the old object, which may go away with its configuration. */
        for (node = probe->attempts.next; node != &probe->attempts; node = node->next) {
            WP_CONTAINER_OF(node, struct wp_probe_attempt, link)->http.ready = ready;
        }
        probe->ready = ready;
        return;
    }
    forget(probe);
    probe->ready = ready;
    free(probe->host);
    probe->host = host != NULL ? wp_strdup(host) : NULL;
    make_request(probe);
    begin(probe);
}

void wp_probe_set_address(struct wp_probe *probe, const struct wp_addr *addr)
{
    if (wp_addr_eq(&probe->addr, addr)) {
        return;
    }
    forget(probe);
    probe->addr = *addr;
    probe->addr_text[0] = '\0';
    if (addr->sa.sa_family != AF_UNSPEC) {
        (void)wp_addr_text(addr, probe->addr_text);
    }
    make_request(probe);
    begin(probe);
}

void wp_probe_set_cadence(struct wp_probe *probe, enum wp_cadence cadence)
{
    if (probe->cadence == cadence) {
        return;
    }
    if (cadence == WP_CADENCE_OFF || probe->cadence == WP_CADENCE_OFF) {
        forget(probe);
    }
    probe->cadence = cadence;
    begin(probe);
}

bool wp_probe_is_ok(const struct wp_probe *probe)
{
    return probe->is_ok;
}

uint64_t wp_probe_attempts(const struct wp_probe *probe)
{
    return probe->attempts_made;
}
