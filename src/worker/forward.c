/*
 * forward.c - bytes both ways: the request to the upstream, its response to the client, the end.
 *
 * Thread:    the owning worker only.
 * Invariant: nothing is sent twice, except a request that is safe to repeat and of which no
 *            response byte was seen: idempotent without a body on a reused connection that died
 *            (RFC 9110 section 9.2.2), or safe during the trace's settling time.
 * Invariant: a response that was cut is cut for the client too: it never looks complete.
 *
 * The request's head stays at the front of the conn's input while it may still be needed; after a
 * second of waiting it is stashed (conn.c), so that thousands of slow answers cost no buffers. Not
 * here: connections (upstream.c), streams after 101 (stream.c).
 */
#include "forward.h"

#include <errno.h>

#include "conn.h"
#include "end.h"
#include "exchange.h"
#include "hold.h"
#include "relay.h"
#include "reply.h"
#include "upstream.h"
#include "response.h"
#include "wakeproxy/base/clock.h"
#include "wakeproxy/net/sock.h"
#include "wakeproxy/proto/http1_write.h"

/* What a generated request head may be longer than the received one. */
#define HEAD_GROWTH_BYTES 1024u
/* How long an answer is waited for before the buffers of the exchange are given back. */
#define STASH_AFTER_MS 1000u

static void run_request(struct wp_exchange *exchange);

/* -- ends -------------------------------------------------------------------------------------- */

void wp_exchange_abort(struct wp_exchange *exchange, const char *why)
{
    if (exchange->state == WP_EXCHANGE_DONE) {
        return;
    }
    exchange->error = exchange->error == NULL ? why : exchange->error;
    exchange->conn->must_close = true;
    exchange->conn->is_cut = true;
    exchange->conn->must_reset =
        exchange->has_response && exchange->response.out == WP_FRAMING_TO_CLOSE;
    wp_exchange_end(exchange);
}

void wp_exchange_fail(struct wp_exchange *exchange, uint16_t status, const char *reason)
{
    exchange->error = reason;
    if (exchange->has_response || wp_buf_used(&exchange->conn->end.out) > 0) {
        wp_exchange_abort(exchange, reason);
        return;
    }
    exchange->verdict = "upstream_failed";
    wp_reply_problem(exchange, status, reason, 0);
}

/* Both directions are through. */
void wp_forward_finish(struct wp_exchange *exchange)
{
    struct wp_upstream *upstream = exchange->upstream;
    if (!exchange->request.is_done || exchange->is_cut_short) {
        /* The answer came before the whole request was taken: the rest has no reader. */
        exchange->conn->must_close = exchange->conn->must_linger = true;
    } else if (upstream != NULL && exchange->is_upstream_reusable) {
        wp_upstream_give_back(upstream);
    }
    wp_exchange_end(exchange);
}

/* -- timeouts ---------------------------------------------------------------------------------- */

static void on_client_stalled(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    if (exchange->has_response || exchange->state == WP_EXCHANGE_REPLYING) {
        wp_exchange_abort(exchange, "the client took no more bytes");
    } else {
        wp_exchange_fail(exchange, 408, "The request body did not arrive in time.");
    }
    wp_conn_drive(conn, false);
}

static void on_upstream_stalled(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    wp_exchange_fail(exchange, 504, "The upstream did not answer in time.");
    wp_conn_drive(conn, false);
}

static void on_long_wait(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_worker *worker = exchange->conn->worker;
    uint64_t limit_ms = exchange->trace->conf == NULL
                            ? STASH_AFTER_MS
                            : exchange->trace->conf->upstream.response_timeout_ms;
    wp_conn_stash(exchange->conn);
    wp_tick_arm(&worker->tick, &exchange->timeout,
                limit_ms == WP_NEVER ? WP_NEVER
                                     : (limit_ms > STASH_AFTER_MS ? limit_ms - STASH_AFTER_MS : 1),
                on_upstream_stalled);
    wp_conn_drive(exchange->conn, false);
}

/* Whom do we wait for now, and how long may that take? */
static void watch_progress(struct wp_exchange *exchange)
{
    struct wp_worker *worker = exchange->conn->worker;
    const struct wp_conf_trace *conf = exchange->trace->conf;
    uint64_t client_ms = worker->conf->limits.body_timeout_ms;
    uint64_t upstream_ms = conf == NULL ? client_ms : conf->upstream.response_timeout_ms;
    bool is_client_blocked = wp_flow_is_blocked(&exchange->response, &exchange->conn->end);
    bool is_body_awaited = wp_flow_wants_read(&exchange->request, &exchange->upstream->end);
    if (is_client_blocked ||
        (is_body_awaited && (!exchange->has_response || exchange->response.is_done))) {
        wp_tick_arm(&worker->tick, &exchange->timeout, client_ms, on_client_stalled);
    } else if (!exchange->has_response && exchange->request.is_done &&
               upstream_ms > STASH_AFTER_MS) {
        wp_tick_arm(&worker->tick, &exchange->timeout, STASH_AFTER_MS, on_long_wait);
    } else {
        wp_tick_arm(&worker->tick, &exchange->timeout, upstream_ms, on_upstream_stalled);
    }
}

/* After anything moved and the exchange is still forwarding. */
static void note_progress(struct wp_exchange *exchange)
{
    if (exchange->state != WP_EXCHANGE_FORWARDING) {
        return;
    }
    if (exchange->response.meter != WP_METER_NONE) {
        wp_stream_note(exchange);
    } else {
        watch_progress(exchange);
    }
}

/* -- the request ------------------------------------------------------------------------------- */

/* Whether the head must be kept until a response begins. */
static bool needs_head(const struct wp_exchange *exchange)
{
    if (exchange->framing != WP_FRAMING_NONE || exchange->has_upgrade) {
        return false;
    }
    uint64_t now_ms = wp_loop_now_ms(exchange->conn->worker->loop);
    bool is_settling = exchange->trace->view->settle_until_ms > now_ms;
    return (wp_method_is_idempotent(exchange->method) && exchange->upstream->exchanges > 1) ||
           (wp_method_is_safe(exchange->method) && is_settling);
}

static bool write_request_head(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    const struct wp_conf *conf = worker->conf;
    struct wp_buf *out = &exchange->upstream->end.out;
    struct wp_forward forward = {
        .client_ip = {conn->ip, conn->ip_len},
        .is_trusted =
            conf->trusted_proxy_count > 0 &&
            wp_cidr_list_contains(conf->trusted_proxies, conf->trusted_proxy_count, &conn->peer),
        .request_id = {exchange->id, exchange->id_len},
        .keep_upgrade = exchange->has_upgrade,
    };
    wp_buf_open(out, worker->bufs);
    if (exchange->head_bytes + HEAD_GROWTH_BYTES > wp_buf_room(out)) {
        wp_buf_enlarge(out, worker->bufs);
    }
    struct wp_writer writer;
    wp_writer_init(&writer, out->data + out->end, wp_buf_room(out));
    wp_write_request(&writer, &worker->head, &forward);
    out->end += (uint32_t)writer.used;
    return !writer.is_full;
}

void wp_forward_begin(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    if (!write_request_head(exchange)) {
        wp_exchange_fail(exchange, 431, "The request head is too large to forward.");
        return;
    }
    if (exchange->has_upgrade && exchange->upgrade == NULL) {
        struct wp_slice offer = wp_head_get(&conn->worker->head, WP_FIELD_UPGRADE);
        exchange->upgrade = wp_strndup(offer.ptr, offer.len);
    }
    wp_flow_init(&exchange->request, exchange->framing, exchange->content_length, exchange->framing,
                 WP_METER_NONE);
    wp_flow_hide_trailers(&exchange->request, &conn->worker->head);
    if (!needs_head(exchange)) {
        wp_conn_drop_head(conn, exchange->head_bytes);
        exchange->is_head_kept = false;
    }
    exchange->is_sent = true;
    run_request(exchange);
    note_progress(exchange);
}

/* The upstream died or stopped reading before a response: try again where that is allowed. */
void wp_forward_lost(struct wp_exchange *exchange, const char *reason)
{
    struct wp_upstream *upstream = exchange->upstream;
    bool is_reused = upstream->exchanges > 1;
    bool is_silent = exchange->first_byte_us == 0 && wp_buf_used(&upstream->end.in) == 0;
    if (exchange->is_head_kept && is_reused && is_silent &&
        wp_method_is_idempotent(exchange->method)) {
        wp_upstream_close(upstream);
        exchange->is_cut_short = false;
        if (wp_trace_is_open(exchange->trace)) {
            (void)wp_exchange_start(exchange);
        } else {
            wp_exchange_wait_again(exchange);
        }
        return;
    }
    if (is_silent && wp_response_pause_if_settling(exchange)) {
        exchange->is_cut_short = false;
        return;
    }
    wp_exchange_fail(exchange, 502, reason);
}

static void run_request(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    if (exchange->request.is_done) {
        return;
    }
    /* While the head is kept there is no body, and the input is not the flow's to take. */
    enum wp_flow_result result =
        wp_flow_run(&exchange->request, &conn->end, &exchange->upstream->end, conn->worker->bufs);
    switch (result) {
    case WP_FLOW_WAIT:
        break;
    case WP_FLOW_DONE:
        if (exchange->response.is_done) {
            wp_forward_finish(exchange);
        }
        break;
    case WP_FLOW_SOURCE_ENDED:
    case WP_FLOW_SOURCE_ERROR:
        wp_exchange_abort(exchange, "the client left before its request was complete");
        break;
    case WP_FLOW_SINK_ERROR:
        /* It may have answered before it closed: read on, send no more. */
        exchange->request.is_taken = exchange->request.is_done = true;
        exchange->is_cut_short = true;
        wp_buf_release(&exchange->upstream->end.out, conn->worker->bufs);
        if (!exchange->has_response) {
            wp_response_run(exchange);
        } else if (exchange->response.is_done) {
            wp_forward_finish(exchange);
        }
        break;
    case WP_FLOW_BAD:
        if (exchange->has_response || wp_buf_used(&conn->end.out) > 0) {
            wp_exchange_abort(exchange, exchange->request.reason);
        } else {
            exchange->conn->must_close = true;
            exchange->verdict = "refused";
            exchange->error = exchange->request.reason;
            wp_reply_problem(exchange, 400, exchange->request.reason, 0);
        }
        break;
    }
}

/* -- events ------------------------------------------------------------------------------------ */

void wp_exchange_upstream_event(struct wp_exchange *exchange, short what)
{
    if (exchange->state == WP_EXCHANGE_STREAMING) {
        wp_stream_run(exchange);
        return;
    }
    if ((what & EV_WRITE) != 0) {
        run_request(exchange);
    }
    if ((what & EV_READ) != 0 && exchange->state == WP_EXCHANGE_FORWARDING) {
        wp_response_run(exchange);
    }
    note_progress(exchange);
}

/* Bytes of the next request, or the client's end, while an answer is under way. */
static void read_ahead(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    wp_conn_unstash(conn);
    wp_buf_open(&conn->end.in, conn->worker->bufs);
    ssize_t got = wp_end_read(&conn->end, WP_BUF_SMALL_BYTES);
    if (wp_buf_used(&conn->end.in) == 0) {
        wp_buf_release(&conn->end.in, conn->worker->bufs);
    }
    if (got < 0 && got != -EAGAIN) {
        wp_exchange_abort(exchange, "the client reset the connection");
    }
}

static void forwarding_client_event(struct wp_exchange *exchange, short what)
{
    if ((what & EV_WRITE) != 0) {
        if (exchange->has_response) {
            wp_response_run_body(exchange);
        } else {
            int error = wp_end_flush(&exchange->conn->end, exchange->conn->worker->bufs);
            if (error != 0 && error != -EAGAIN) {
                wp_exchange_abort(exchange, "the client left");
            }
        }
    }
    if ((what & EV_READ) != 0 && exchange->state == WP_EXCHANGE_FORWARDING) {
        if (exchange->request.is_taken) {
            read_ahead(exchange);
        } else {
            run_request(exchange);
        }
    }
    note_progress(exchange);
}

void wp_exchange_client_event(struct wp_exchange *exchange, short what)
{
    switch (exchange->state) {
    case WP_EXCHANGE_HELD:
        /* Edge triggered: bytes of a body may have come, or the client has gone. */
        if ((what & EV_CLOSED) != 0 || wp_sock_connect_result(exchange->conn->end.stream.fd) < 0) {
            exchange->verdict = "client_left";
            wp_exchange_abort(exchange, "the client left while it was held");
        }
        break;
    case WP_EXCHANGE_CONNECTING:
    case WP_EXCHANGE_PAUSED:
        read_ahead(exchange);
        break;
    case WP_EXCHANGE_FORWARDING:
        forwarding_client_event(exchange, what);
        break;
    case WP_EXCHANGE_STREAMING:
        wp_stream_run(exchange);
        break;
    case WP_EXCHANGE_REPLYING:
        if ((what & EV_WRITE) != 0) {
            wp_exchange_run_reply(exchange);
        }
        break;
    case WP_EXCHANGE_BEGUN:
    case WP_EXCHANGE_DONE:
        break;
    }
}

void wp_exchange_run_reply(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    int error = wp_end_flush(&conn->end, worker->bufs);
    if (error == -EAGAIN) {
        wp_tick_arm(&worker->tick, &exchange->timeout, worker->conf->limits.body_timeout_ms,
                    on_client_stalled);
    } else if (error != 0) {
        wp_exchange_abort(exchange, "the client left");
    } else {
        wp_exchange_end(exchange);
    }
}

/* -- interest ---------------------------------------------------------------------------------- */

static bool can_read_ahead(const struct wp_conn *conn)
{
    if (conn->end.has_read_end) {
        return false;
    }
    /* What was stashed comes back before anything is read behind it. */
    if (conn->stash != NULL) {
        return conn->stash_bytes < WP_BUF_SMALL_BYTES;
    }
    return conn->end.in.data == NULL || wp_buf_room(&conn->end.in) > 0;
}

short wp_exchange_client_interest(const struct wp_exchange *exchange)
{
    const struct wp_conn *conn = exchange->conn;
    short want = wp_flow_is_blocked(&exchange->response, &conn->end) ? EV_WRITE : 0;
    switch (exchange->state) {
    case WP_EXCHANGE_HELD:
        /* Nothing is read while held, so readiness must not repeat itself: edges only. */
        return EV_READ | EV_CLOSED | EV_ET;
    case WP_EXCHANGE_FORWARDING:
        if (!exchange->request.is_taken) {
            if (!conn->end.has_read_end &&
                wp_flow_wants_read(&exchange->request, &exchange->upstream->end)) {
                want |= EV_READ;
            }
        } else if (can_read_ahead(conn)) {
            want |= EV_READ;
        }
        return want;
    case WP_EXCHANGE_STREAMING:
        if (!exchange->is_frozen && !conn->end.has_read_end &&
            wp_flow_wants_read(&exchange->request, &exchange->upstream->end)) {
            want |= EV_READ;
        }
        return want;
    case WP_EXCHANGE_BEGUN:
    case WP_EXCHANGE_CONNECTING:
    case WP_EXCHANGE_PAUSED:
        return can_read_ahead(conn) ? EV_READ : 0;
    case WP_EXCHANGE_REPLYING:
    case WP_EXCHANGE_DONE:
        break;
    }
    return want;
}

short wp_exchange_upstream_interest(const struct wp_exchange *exchange)
{
    const struct wp_end *end = &exchange->upstream->end;
    short want = wp_flow_is_blocked(&exchange->request, end) ? EV_WRITE : 0;
    if (!end->has_read_end && (!exchange->has_response ||
                               wp_flow_wants_read(&exchange->response, &exchange->conn->end))) {
        want |= EV_READ;
    }
    return want;
}
