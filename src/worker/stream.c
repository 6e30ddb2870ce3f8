/*
 * stream.c - long-lived streams: tunnels after 101, and event streams; what keeps a trace awake.
 *
 * Thread:    the owning worker only.
 * Invariant: a stream is active while payload moved within `stream_quiet`; pings, pongs and comment
 *            lines are not payload, so that a forgotten tab does not keep an environment awake.
 * Invariant: a quiet stream never sends payload to a trace that is being put to sleep: it is
 *            frozen, asks for a wake, and goes on when the trace is awake again, or ends with its
 *            upstream.
 *
 * Not here: exchanges with a beginning and an end (forward.c).
 */
#include <errno.h>

#include "conn.h"
#include "end.h"
#include "exchange.h"
#include "forward.h"
#include "hold.h"
#include "relay.h"
#include "wakeproxy/base/clock.h"

static void on_quiet(struct wp_timeout *timeout);

static uint64_t left_ms(const struct wp_exchange *exchange)
{
    const struct wp_conf_trace *conf = exchange->trace->conf;
    if (conf == NULL || conf->stream_max_ms == WP_NEVER) {
        return WP_NEVER;
    }
    uint64_t age_ms = (wp_loop_now_us(exchange->conn->worker->loop) - exchange->begun_us) / 1000;
    return age_ms >= conf->stream_max_ms ? 0 : conf->stream_max_ms - age_ms;
}

static void arm(struct wp_exchange *exchange, bool is_quiet)
{
    const struct wp_conf_trace *conf = exchange->trace->conf;
    uint64_t wait_ms = left_ms(exchange);
    if (!is_quiet && conf != NULL && conf->stream_quiet_ms < wait_ms) {
        wait_ms = conf->stream_quiet_ms;
    }
    wp_tick_arm(&exchange->conn->worker->tick, &exchange->timeout, wait_ms, on_quiet);
}

static void on_quiet(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    if (left_ms(exchange) == 0) {
        wp_exchange_abort(exchange, "the stream lasted longer than stream_max");
        wp_conn_drive(conn, false);
        return;
    }
    wp_exchange_set_active(exchange, false);
    arm(exchange, true);
}

static void on_stalled(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    wp_exchange_abort(exchange, "one side of the stream took no more bytes");
    wp_conn_drive(conn, false);
}

void wp_stream_note(struct wp_exchange *exchange)
{
    bool had_payload = exchange->request.had_payload || exchange->response.had_payload;
    exchange->request.had_payload = exchange->response.had_payload = false;
    /* What an upstream says while it is put to sleep is not use of it: we promised to begin nothing. */
    if (had_payload && (exchange->is_active || wp_trace_is_open(exchange->trace))) {
        wp_exchange_set_active(exchange, true);
        wp_exchange_touch(exchange);
    }
    struct wp_worker *worker = exchange->conn->worker;
    bool is_stalled = wp_flow_is_blocked(&exchange->response, &exchange->conn->end) ||
                      wp_flow_is_blocked(&exchange->request, &exchange->upstream->end);
    if (is_stalled != exchange->is_stalled) {
        exchange->is_stalled = is_stalled;
        wp_tick_disarm(&exchange->timeout);
    }
    if (is_stalled) {
        if (wp_list_is_empty(&exchange->timeout.link)) {
            wp_tick_arm(&worker->tick, &exchange->timeout, worker->conf->limits.body_timeout_ms,
                        on_stalled);
        }
    } else if (had_payload || wp_list_is_empty(&exchange->timeout.link)) {
        arm(exchange, !exchange->is_active);
    }
}

void wp_stream_begin(struct wp_exchange *exchange, bool is_websocket)
{
    enum wp_meter meter = is_websocket ? WP_METER_WEBSOCKET : WP_METER_ANY;
    wp_flow_fini(&exchange->request);
    wp_flow_fini(&exchange->response);
    wp_flow_init(&exchange->request, WP_FRAMING_TO_CLOSE, 0, WP_FRAMING_TO_CLOSE, meter);
    wp_flow_init(&exchange->response, WP_FRAMING_TO_CLOSE, 0, WP_FRAMING_TO_CLOSE, meter);
    exchange->request.pipes = exchange->response.pipes = exchange->conn->worker->pipes;
    exchange->conn->must_close = true;
    exchange->verdict = "stream";
    exchange->state = WP_EXCHANGE_STREAMING;
    wp_tick_disarm(&exchange->timeout);
}

/* Whether what the client sent next is payload; looks without forwarding. */
static bool has_client_payload(struct wp_exchange *exchange)
{
    struct wp_end *end = &exchange->conn->end;
    struct wp_buf_pool *bufs = exchange->conn->worker->bufs;
    wp_buf_open(&end->in, bufs);
    if (!end->has_read_end && wp_buf_room(&end->in) > 0) {
        (void)wp_end_read(end, WP_BUF_SMALL_BYTES); /* an error shows again in the flow */
    }
    struct wp_slice bytes = {wp_buf_content(&end->in), wp_buf_used(&end->in)};
    bool is_payload = bytes.len > 0;
    if (is_payload && exchange->request.meter == WP_METER_WEBSOCKET) {
        struct wp_websocket_meter copy = exchange->request.websocket;
        is_payload = wp_websocket_feed(&copy, bytes);
    }
    if (bytes.len == 0) {
        wp_buf_release(&end->in, bufs);
    }
    return is_payload;
}

static void freeze(struct wp_exchange *exchange)
{
    exchange->is_frozen = true;
    wp_list_append(&exchange->trace->frozen, &exchange->link);
    if (exchange->may_wake) {
        wp_hold_ask(exchange->trace, exchange);
    }
}

void wp_exchange_thaw(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    exchange->is_frozen = false;
    wp_list_remove(&exchange->link);
    wp_stream_run(exchange);
    wp_conn_drive(conn, false);
}

/* One direction; false when the exchange has ended. */
static bool run(struct wp_exchange *exchange, struct wp_flow *flow, struct wp_end *from,
                struct wp_end *to, const char *gone)
{
    if (flow->is_done) {
        return true;
    }
    switch (wp_flow_run(flow, from, to, exchange->conn->worker->bufs)) {
    case WP_FLOW_WAIT:
        return true;
    case WP_FLOW_DONE:
        wp_end_shutdown(to);
        return true;
    case WP_FLOW_SOURCE_ENDED:
    case WP_FLOW_SOURCE_ERROR:
    case WP_FLOW_SINK_ERROR:
    case WP_FLOW_BAD:
        break;
    }
    wp_exchange_abort(exchange, gone);
    return false;
}

void wp_stream_run(struct wp_exchange *exchange)
{
    struct wp_end *client = &exchange->conn->end;
    struct wp_end *upstream = &exchange->upstream->end;
    if (!exchange->is_frozen && !exchange->is_active && !wp_trace_is_open(exchange->trace) &&
        has_client_payload(exchange)) {
        freeze(exchange);
    }
    if (!exchange->is_frozen &&
        !run(exchange, &exchange->request, client, upstream, "the stream was reset")) {
        return;
    }
    if (!run(exchange, &exchange->response, upstream, client, "the stream was reset")) {
        return;
    }
    /* Once the upstream has ended, a client that only listens would wait for nothing. */
    if (exchange->response.is_done && (exchange->request.is_done || exchange->is_frozen)) {
        wp_exchange_end(exchange);
        return;
    }
    wp_stream_note(exchange);
}
