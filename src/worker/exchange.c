/*
 * exchange.c - the first half of an exchange: from a parsed head to a connection upstream.
 *
 * Thread:    the owning worker only.
 * Owns:      exchanges; each belongs to one conn and borrows at most one upstream.
 * Invariant: `head` of the worker is a scratch parse result; whoever needs it checks `head_owner`
 *            and parses the kept bytes again otherwise.
 * Invariant: an exchange is counted in its trace's activity slot exactly while `is_active`.
 *
 * The second half, bytes both ways and the end, is forward.c. Waiting is hold.c.
 */
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "access_log.h"
#include "conn.h"
#include "forward.h"
#include "hold.h"
#include "reply.h"
#include "upstream.h"
#include "views.h"
#include "wakeproxy/proto/host.h"

#define SPARE_EXCHANGES_MAX 256

static struct wp_exchange *new_exchange(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    struct wp_exchange *exchange = worker->spare_exchanges;
    if (exchange != NULL) {
        worker->spare_exchanges = exchange->next_spare;
        worker->spare_count--;
    } else {
        exchange = wp_malloc(sizeof(*exchange));
    }
    /* The label at the end is written before it is read. */
    memset(exchange, 0, offsetof(struct wp_exchange, label));
    exchange->conn = conn;
    wp_list_init(&exchange->link);
    wp_timeout_init(&exchange->timeout);
    exchange->begun_us = wp_loop_now_us(worker->loop);
    exchange->verdict = "forward";
    conn->exchange = exchange;
    conn->state = WP_CONN_EXCHANGE;
    conn->exchanges++;
    wp_tick_disarm(&conn->timeout);
    return exchange;
}

static void recycle(struct wp_deferred *deferred)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(deferred, struct wp_exchange, deferred);
    struct wp_worker *worker = exchange->worker;
    if (worker->spare_count < SPARE_EXCHANGES_MAX) {
        exchange->next_spare = worker->spare_exchanges;
        worker->spare_exchanges = exchange;
        worker->spare_count++;
    } else {
        free(exchange);
    }
}

void wp_exchange_end(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    uint64_t now_us = wp_loop_now_us(worker->loop);
    if (exchange->state == WP_EXCHANGE_DONE) {
        return;
    }
    if (exchange->state == WP_EXCHANGE_HELD) {
        wp_hold_leave(exchange);
    }
    wp_upstream_close(exchange->upstream);
    if (exchange->is_active) {
        wp_exchange_touch(exchange);
        wp_exchange_set_active(exchange, false);
    }
    if (exchange->trace != NULL) {
        atomic_fetch_add_explicit(&exchange->trace->slot->exchanges, 1, memory_order_relaxed);
    }
    exchange->state = WP_EXCHANGE_DONE;
    wp_flow_fini(&exchange->request);
    wp_flow_fini(&exchange->response);
    free(exchange->upgrade);
    wp_list_remove(&exchange->link);
    wp_tick_disarm(&exchange->timeout);
    wp_access_write(exchange, now_us);
    if (worker->head_owner == exchange) {
        worker->head_owner = NULL;
    }
    conn->exchange = NULL;
    exchange->worker = worker;
    wp_loop_defer(worker->loop, &exchange->deferred, recycle);
    wp_conn_exchange_ended(conn);
}

void wp_exchange_set_active(struct wp_exchange *exchange, bool is_active)
{
    struct wp_trace_slot *trace = exchange->trace;
    if (trace == NULL || exchange->is_active == is_active) {
        return;
    }
    exchange->is_active = is_active;
    unsigned active = atomic_load_explicit(&trace->slot->active, memory_order_relaxed);
    atomic_store_explicit(&trace->slot->active, is_active ? active + 1 : active - 1,
                          memory_order_relaxed);
    if (is_active) {
        wp_exchange_touch(exchange);
    }
}

void wp_exchange_touch(struct wp_exchange *exchange)
{
    if (exchange->counts) {
        atomic_store_explicit(&exchange->trace->slot->last_ms,
                              wp_loop_now_ms(exchange->conn->worker->loop), memory_order_relaxed);
    }
}

static void take_id(struct wp_exchange *exchange, const struct wp_head *head)
{
    struct wp_conn *conn = exchange->conn;
    const struct wp_conf *conf = conn->worker->conf;
    struct wp_slice given = wp_head_get(head, WP_FIELD_X_REQUEST_ID);
    if (given.len > 0 && given.len <= sizeof(exchange->id) && wp_is_token(given) &&
        wp_cidr_list_contains(conf->trusted_proxies, conf->trusted_proxy_count, &conn->peer)) {
        memcpy(exchange->id, given.ptr, given.len);
        exchange->id_len = (uint8_t)given.len;
        return;
    }
    wp_id_next(&conn->worker->ids, exchange->id);
    exchange->id_len = WP_ID_LEN;
}

static void take_head(struct wp_exchange *exchange, const struct wp_head *head)
{
    exchange->head_bytes = head->length;
    exchange->is_head_kept = true;
    exchange->method = head->method;
    exchange->minor_version = head->minor_version;
    exchange->framing = head->framing;
    exchange->content_length = head->content_length;
    exchange->is_persistent = head->is_persistent;
    exchange->has_upgrade = head->has_upgrade;
    exchange->expects_continue = head->expects_continue;
    exchange->wants_html = wp_accept_prefers_html(wp_head_get(head, WP_FIELD_ACCEPT));
    exchange->conn->worker->head_owner = exchange;
    take_id(exchange, head);
    wp_access_label(exchange, head);
}

static struct wp_trace_slot *route(struct wp_exchange *exchange, const struct wp_head *head)
{
    struct wp_worker *worker = exchange->conn->worker;
    struct wp_slice host;
    uint16_t port;
    if (wp_authority_split(head->authority, &host, &port) < 0) {
        return NULL;
    }
    uint32_t index = wp_routes_find(worker->routes, host);
    if (index == WP_TRACE_NONE) {
        return NULL;
    }
    struct wp_trace_slot *trace = wp_trace_slot_of(worker, index);
    return trace->conf == NULL ? NULL : trace;
}

static enum wp_view_status status_of(const struct wp_trace_slot *trace)
{
    if (trace->conf == NULL) {
        return WP_VIEW_GONE;
    }
    return trace->view == NULL ? WP_VIEW_HOLD : trace->view->status;
}

static void wait_for_view(struct wp_exchange *exchange, bool at_front)
{
    struct wp_trace_slot *trace = exchange->trace;
    switch (status_of(trace)) {
    case WP_VIEW_GONE:
        exchange->verdict = "unknown_host";
        wp_reply_problem(exchange, 404, "No environment is configured for this host.", 0);
        return;
    case WP_VIEW_BROKEN:
        if (exchange->may_wake) {
            wp_hold_ask(trace, exchange);
        }
        exchange->verdict = "wake_failed";
        wp_reply_problem(exchange, 503,
                         trace->view->reason != NULL ? trace->view->reason
                                                     : "The environment could not be started.",
                         wp_hold_retry_after(trace));
        return;
    case WP_VIEW_HOLD:
    case WP_VIEW_AWAKE:
        break;
    }
    if (trace->worker->is_quitting && !wp_trace_is_open(trace)) {
        exchange->verdict = "wake_failed";
        wp_reply_problem(exchange, 503, "The proxy is shutting down.", wp_hold_retry_after(trace));
        return;
    }
    exchange->verdict = "hold";
    if (!wp_hold_enter(exchange, at_front)) {
        exchange->verdict = "hold_limit";
        wp_reply_problem(exchange, 503, "Too many requests are waiting for this environment.",
                         wp_hold_retry_after(trace));
    }
}

void wp_exchange_wait_again(struct wp_exchange *exchange)
{
    wait_for_view(exchange, true);
}

/* The trace is not awake: wait, or the answer that its rules or its state give. */
static void wait_or_answer(struct wp_exchange *exchange, const struct wp_verdict *verdict)
{
    struct wp_trace_slot *trace = exchange->trace;
    if (verdict->answer == WP_ANSWER_STATUS && status_of(trace) != WP_VIEW_AWAKE) {
        if (verdict->wake) {
            wp_hold_ask(trace, exchange);
        }
        exchange->verdict = "rule";
        wp_reply_status(exchange, verdict->status, "");
        return;
    }
    wait_for_view(exchange, false);
}

/* OPTIONS that must go no further (RFC 9110 section 7.6.2). */
static bool is_last_hop(const struct wp_head *head)
{
    uint64_t hops;
    return head->method == WP_METHOD_OPTIONS && head->first[WP_FIELD_MAX_FORWARDS] != 0 &&
           wp_slice_u64(wp_head_get(head, WP_FIELD_MAX_FORWARDS), UINT32_MAX, &hops) && hops == 0;
}

void wp_exchange_begin(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    const struct wp_head *head = &worker->head;
    struct wp_exchange *exchange = new_exchange(conn);
    take_head(exchange, head);
    if (is_last_hop(head)) {
        exchange->verdict = "last_hop";
        wp_reply_status(exchange, 200, "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n");
        return;
    }
    exchange->trace = route(exchange, head);
    if (exchange->trace == NULL) {
        exchange->verdict = "unknown_host";
        wp_reply_problem(exchange, 404, "No environment is configured for this host.", 0);
        return;
    }
    struct wp_trace_slot *trace = exchange->trace;
    struct wp_verdict verdict = wp_verdict_of(trace->conf, head, &conn->peer);
    exchange->may_wake = verdict.wake;
    exchange->counts = verdict.count;
    if (wp_trace_is_open(trace) && trace->held_count == 0) {
        (void)wp_exchange_start(exchange);
        return;
    }
    wait_or_answer(exchange, &verdict);
}

void wp_exchange_refuse(struct wp_conn *conn, enum wp_http_method method, uint16_t status,
                        const char *reason)
{
    struct wp_exchange *exchange = new_exchange(conn);
    wp_id_next(&conn->worker->ids, exchange->id);
    exchange->id_len = WP_ID_LEN;
    exchange->minor_version = 1;
    exchange->method = method;
    exchange->verdict = "refused";
    exchange->error = reason;
    conn->must_close = true;
    wp_reply_problem(exchange, status, reason, 0);
}

static void on_connect_timeout(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    wp_upstream_close(exchange->upstream);
    wp_exchange_connect_failed(exchange, ETIMEDOUT);
    wp_conn_drive(conn, false);
}

bool wp_exchange_start(struct wp_exchange *exchange)
{
    struct wp_trace_slot *trace = exchange->trace;
    struct wp_worker *worker = trace->worker;
    bool is_retry = exchange->is_sent;
    int error = 0;
    exchange->view_epoch = trace->view->epoch;
    exchange->released_us = wp_loop_now_us(worker->loop);
    wp_exchange_set_active(exchange, true);
    switch (wp_upstream_take(exchange, is_retry, &error)) {
    case WP_TAKE_READY:
        wp_exchange_connected(exchange);
        return true;
    case WP_TAKE_CONNECTING:
        exchange->state = WP_EXCHANGE_CONNECTING;
        wp_tick_arm(&worker->tick, &exchange->timeout, trace->conf->upstream.connect_timeout_ms,
                    on_connect_timeout);
        return true;
    case WP_TAKE_FULL:
        if (!wp_hold_enter(exchange, exchange->hold_until_ms != 0)) {
            exchange->verdict = "hold_limit";
            wp_reply_problem(exchange, 503, "Too many requests are waiting for this environment.",
                             wp_hold_retry_after(trace));
        }
        return false;
    case WP_TAKE_FAILED:
        break;
    }
    wp_exchange_connect_failed(exchange, error);
    return wp_trace_is_open(trace);
}

static bool is_our_own_fault(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EADDRNOTAVAIL;
}

static void report_bad(struct wp_trace_slot *trace, uint64_t epoch, int error)
{
    struct wp_msg *msg = wp_msg_new(WP_MSG_UPSTREAM_BAD, trace->index);
    msg->worker = trace->worker->index;
    msg->epoch = epoch;
    msg->error = error;
    wp_bus_to_control(trace->worker->bus, msg);
}

void wp_exchange_connect_failed(struct wp_exchange *exchange, int error)
{
    struct wp_trace_slot *trace = exchange->trace;
    wp_tick_disarm(&exchange->timeout);
    if (is_our_own_fault(error)) {
        exchange->error = strerror(error);
        exchange->verdict = "no_room";
        wp_reply_problem(exchange, 503, "The proxy has no room for another connection.", 1);
        return;
    }
    /* The view was wrong: nobody uses it until control has looked and made a new one. */
    bool is_current = trace->view->epoch == exchange->view_epoch;
    if (!is_current || !trace->is_distrusted) {
        report_bad(trace, exchange->view_epoch, error);
    }
    if (is_current) {
        trace->is_distrusted = true;
        /* The report says already that somebody waits. */
        trace->has_asked = true;
    }
    wp_exchange_wait_again(exchange);
    wp_hold_schedule(trace);
}

/* Makes worker->head the parse result of this exchange's request, from the bytes kept. */
static bool parse_again(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    wp_conn_unstash(conn);
    struct wp_slice bytes = {wp_buf_content(&conn->end.in), exchange->head_bytes};
    if (worker->head_owner == exchange) {
        wp_head_rebase(&worker->head, bytes.ptr);
        return true;
    }
    struct wp_head_limits limits = {WP_BUF_SMALL_BYTES, WP_BUF_SMALL_BYTES, WP_HEAD_FIELDS_MAX};
    worker->head_owner = exchange;
    return wp_head_parse_request(&worker->head, bytes, &limits) == WP_PARSE_OK;
}

void wp_exchange_connected(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    wp_tick_disarm(&exchange->timeout);
    exchange->connected_us = wp_loop_now_us(conn->worker->loop);
    exchange->state = WP_EXCHANGE_FORWARDING;
    if (!parse_again(exchange)) {
        wp_exchange_fail(exchange, 500, "The request could not be read again.");
        return;
    }
    wp_forward_begin(exchange);
}
