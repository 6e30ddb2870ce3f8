/*
 * response.c - the upstream's answer: its head judged and rewritten, its body relayed.
 *
 * Thread:    the owning worker only.
 * Invariant: at most one final response head is forwarded per exchange; interim ones (1xx) before
 *            it go to HTTP/1.1 clients only.
 * Invariant: nothing of the answer is kept: head and body leave as they come.
 *
 * Not here: the request, retries and the end of the exchange (forward.c), bytes after 101
 * (stream.c).
 */
#include "response.h"

#include <errno.h>
#include <stdlib.h>

#include "conn.h"
#include "end.h"
#include "exchange.h"
#include "forward.h"
#include "hold.h"
#include "relay.h"
#include "reply.h"
#include "upstream.h"
#include "wakeproxy/proto/http1_write.h"

/* What a generated head may be longer than the received one. */
#define HEAD_GROWTH_BYTES 1024u
/* Interim responses of one exchange; a handful is usual. */
#define INTERIM_MAX 100u
/* Between two tries while a trace settles. */
#define SETTLE_PAUSE_MS 100u

static bool is_event_stream(const struct wp_head *head)
{
    struct wp_slice want = WP_SLICE("text/event-stream");
    if (head->framing == WP_FRAMING_NONE || head->framing == WP_FRAMING_LENGTH) {
        return false;
    }
    for (unsigned i = 0; i < head->field_count; i++) {
        const struct wp_field *field = &head->fields[i];
        if (field->id == WP_FIELD_OTHER &&
            wp_slice_eq_nocase(wp_head_name(head, field), WP_SLICE("content-type"))) {
            return wp_slice_starts_nocase(wp_head_value(head, field), want);
        }
    }
    return false;
}

static enum wp_framing framing_to_client(const struct wp_exchange *exchange,
                                         const struct wp_head *head)
{
    switch (head->framing) {
    case WP_FRAMING_NONE:
    case WP_FRAMING_LENGTH:
        break;
    case WP_FRAMING_CHUNKED:
    case WP_FRAMING_TO_CLOSE:
        return exchange->minor_version == 0 ? WP_FRAMING_TO_CLOSE : WP_FRAMING_CHUNKED;
    }
    return head->framing;
}

static bool write_response_head(struct wp_exchange *exchange, struct wp_response_out *out)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    const struct wp_head *head = &worker->response;
    struct wp_buf *buf = &conn->end.out;
    wp_buf_open(buf, worker->bufs);
    if (head->length + HEAD_GROWTH_BYTES > wp_buf_room(buf)) {
        wp_buf_enlarge(buf, worker->bufs);
    }
    out->client_minor_version = exchange->minor_version;
    const char *date = wp_reply_date(worker);
    out->date = wp_slice_cstr(date);
    struct wp_writer writer;
    wp_writer_init(&writer, buf->data + buf->end, wp_buf_room(buf));
    wp_write_response(&writer, head, out);
    buf->end += (uint32_t)writer.used;
    return !writer.is_full;
}

/* The request will not be repeated: its head may go, and what follows it is input again. */
static void drop_kept_head(struct wp_exchange *exchange)
{
    wp_conn_unstash(exchange->conn);
    if (exchange->is_head_kept) {
        exchange->is_head_kept = false;
        wp_conn_drop_head(exchange->conn, exchange->head_bytes);
    }
}

/* The field line that tells, once per wake and worker, where the time went; NULL otherwise. A list
 * that would crowd the head is left out. free() the result. */
static char *take_wake_stages(struct wp_trace_slot *trace)
{
    const char *stages = trace->view->wake_stages;
    if (stages == NULL || trace->has_told_stages) {
        return NULL;
    }
    trace->has_told_stages = true;
    return strlen(stages) > HEAD_GROWTH_BYTES / 2 ? NULL
                                                  : wp_asprintf("Server-Timing: %s\r\n", stages);
}

static void forward_final(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    const struct wp_head *head = &worker->response;
    struct wp_upstream *upstream = exchange->upstream;
    drop_kept_head(exchange);
    wp_conn_unstash(conn);
    struct wp_response_out out = {.framing = framing_to_client(exchange, head)};
    out.keep_alive = exchange->is_persistent && exchange->request.is_done &&
                     !exchange->is_cut_short && out.framing != WP_FRAMING_TO_CLOSE &&
                     !worker->is_quitting && !conn->must_close &&
                     (!conn->end.has_read_end || wp_buf_used(&conn->end.in) > 0);
    exchange->status = head->status;
    exchange->is_upstream_reusable = head->is_persistent && head->framing != WP_FRAMING_TO_CLOSE;
    enum wp_meter meter = is_event_stream(head) ? WP_METER_EVENT_STREAM : WP_METER_NONE;
    wp_flow_init(&exchange->response, head->framing, head->content_length, out.framing, meter);
    exchange->response.pipes = worker->pipes;
    if (meter != WP_METER_NONE) {
        wp_tick_disarm(&exchange->timeout); /* the answer has come: the quiet clock takes over */
    }
    wp_flow_hide_trailers(&exchange->response, head);
    /* The head's slices lie in the input: it is given back only when they have been written out. */
    char *stages = take_wake_stages(exchange->trace);
    out.extra = stages == NULL ? (struct wp_slice){NULL, 0} : wp_slice_cstr(stages);
    bool is_whole = write_response_head(exchange, &out);
    free(stages);
    wp_buf_consume(&upstream->end.in, head->length);
    if (wp_buf_used(&upstream->end.in) == 0) {
        wp_buf_release(&upstream->end.in, worker->bufs);
    }
    exchange->has_response = true;
    if (!out.keep_alive) {
        conn->must_close = true;
    }
    if (!is_whole) {
        wp_exchange_abort(exchange, "the response head is too large to forward");
    }
}

/* 1xx before the final response (RFC 9110 section 15.2); HTTP/1.0 clients never see one. */
static void forward_interim(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    struct wp_worker *worker = conn->worker;
    struct wp_buf *in = &exchange->upstream->end.in;
    struct wp_response_out out = {.framing = WP_FRAMING_NONE, .keep_alive = true};
    if (++exchange->interim_count > INTERIM_MAX) {
        wp_exchange_fail(exchange, 502, "The upstream sends interim responses without end.");
        return;
    }
    if (exchange->minor_version > 0) {
        if (wp_buf_used(&conn->end.out) > WP_BUF_SMALL_BYTES / 2) {
            wp_exchange_abort(exchange, "too many interim responses for a slow client");
            return;
        }
        if (!write_response_head(exchange, &out)) {
            wp_exchange_abort(exchange, "an interim response is too large to forward");
            return;
        }
    }
    wp_buf_consume(in, worker->response.length);
    int error = wp_end_flush(&conn->end, worker->bufs);
    if (error != 0 && error != -EAGAIN) {
        wp_exchange_abort(exchange, "the client left");
    }
}

/* Whether each protocol the upstream switches to is one the client offered (RFC 9110 section 7.8).
 */
static bool was_asked_for(struct wp_exchange *exchange)
{
    struct wp_worker *worker = exchange->conn->worker;
    struct wp_slice chosen = wp_head_get(&worker->response, WP_FIELD_UPGRADE);
    struct wp_slice one, offer;
    if (exchange->upgrade == NULL || chosen.len == 0 || !exchange->request.is_done) {
        return false;
    }
    while (wp_slice_list_next(&chosen, &one)) {
        struct wp_slice offers = wp_slice_cstr(exchange->upgrade);
        bool is_offered = false;
        while (!is_offered && wp_slice_list_next(&offers, &offer)) {
            is_offered = wp_slice_eq_nocase(one, offer);
        }
        if (!is_offered) {
            return false;
        }
    }
    return true;
}

static void switch_protocols(struct wp_exchange *exchange)
{
    struct wp_worker *worker = exchange->conn->worker;
    struct wp_response_out out = {
        .framing = WP_FRAMING_NONE, .keep_alive = true, .keep_upgrade = true};
    bool is_websocket =
        wp_slice_eq_nocase(wp_head_get(&worker->response, WP_FIELD_UPGRADE), WP_SLICE("websocket"));
    drop_kept_head(exchange);
    wp_buf_consume(&exchange->upstream->end.in, worker->response.length);
    exchange->status = 101;
    if (!write_response_head(exchange, &out)) {
        wp_exchange_abort(exchange, "the response head is too large to forward");
        return;
    }
    exchange->has_response = true;
    wp_stream_begin(exchange, is_websocket);
}

static void on_pause_over(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    if (wp_trace_is_open(exchange->trace)) {
        (void)wp_exchange_start(exchange);
    } else {
        wp_exchange_wait_again(exchange);
    }
    wp_conn_drive(conn, false);
}

bool wp_response_pause_if_settling(struct wp_exchange *exchange)
{
    struct wp_worker *worker = exchange->conn->worker;
    const struct wp_view *view = exchange->trace->view;
    if (!exchange->is_head_kept || !wp_method_is_safe(exchange->method) ||
        view->settle_until_ms <= wp_loop_now_ms(worker->loop)) {
        return false;
    }
    wp_upstream_close(exchange->upstream);
    exchange->first_byte_us = 0;
    exchange->state = WP_EXCHANGE_PAUSED;
    wp_tick_arm(&worker->tick, &exchange->timeout, SETTLE_PAUSE_MS, on_pause_over);
    return true;
}

/* Acts on the complete head in worker->response. True when another head must follow. */
static bool take_response_head(struct wp_exchange *exchange)
{
    const struct wp_head *head = &exchange->conn->worker->response;
    if (exchange->first_byte_us == 0) {
        exchange->first_byte_us = wp_loop_now_us(exchange->conn->worker->loop);
    }
    exchange->upstream->scan = 0;
    if (head->status == 101) {
        if (!was_asked_for(exchange)) {
            wp_exchange_fail(exchange, 502,
                             "The upstream switched to a protocol nobody asked for.");
        } else {
            switch_protocols(exchange);
        }
        return false;
    }
    if (head->status < 200) {
        forward_interim(exchange);
        return exchange->state == WP_EXCHANGE_FORWARDING;
    }
    bool is_not_ready = head->status == 502 || head->status == 503 || head->status == 504;
    if (is_not_ready && wp_response_pause_if_settling(exchange)) {
        return false;
    }
    forward_final(exchange);
    return false;
}

/* Parses what the upstream has sent so far. True when it was a complete head to act on. */
static bool parse_response(struct wp_exchange *exchange)
{
    struct wp_worker *worker = exchange->conn->worker;
    struct wp_upstream *upstream = exchange->upstream;
    struct wp_buf *in = &upstream->end.in;
    struct wp_head_limits limits = {WP_BUF_SMALL_BYTES, WP_BUF_SMALL_BYTES, WP_HEAD_FIELDS_MAX};
    struct wp_slice bytes = {wp_buf_content(in), wp_buf_used(in)};
    uint32_t length;
    if (upstream->scan > 0 && wp_head_scan(bytes, &upstream->scan, &length) == WP_PARSE_MORE &&
        bytes.len < WP_BUF_SMALL_BYTES) {
        return false;
    }
    switch (wp_head_parse_response(&worker->response, bytes, exchange->method, &limits)) {
    case WP_PARSE_OK:
        return true;
    case WP_PARSE_MORE:
        if (bytes.len >= WP_BUF_SMALL_BYTES) {
            wp_exchange_fail(exchange, 502, "The upstream's response head is too large.");
        } else if (upstream->scan == 0) {
            (void)wp_head_scan(bytes, &upstream->scan, &length);
        }
        return false;
    case WP_PARSE_BAD:
        exchange->error = worker->response.reason;
        wp_exchange_fail(exchange, 502, worker->response.reason);
        return false;
    }
    return false;
}

/* Reads response heads until one is final, incomplete or wrong. */
static void read_response_head(struct wp_exchange *exchange)
{
    struct wp_upstream *upstream = exchange->upstream;
    struct wp_worker *worker = upstream->worker;
    struct wp_end *end = &upstream->end;
    wp_buf_open(&end->in, worker->bufs);
    wp_buf_compact(&end->in);
    ssize_t got = wp_end_read(end, WP_BUF_SMALL_BYTES);
    if (got <= 0 && got != -EAGAIN) {
        wp_forward_lost(exchange, wp_buf_used(&end->in) > 0
                                      ? "The upstream closed the connection within its response."
                                      : "The upstream closed the connection without a response.");
        return;
    }
    while (exchange->upstream == upstream && wp_buf_used(&end->in) > 0 &&
           parse_response(exchange) && take_response_head(exchange)) {
    }
    if (upstream->state == WP_UPSTREAM_BUSY && wp_buf_used(&end->in) == 0) {
        wp_buf_release(&end->in, worker->bufs);
    }
}

/* After an early answer: whether the rest of the request still has a reader, and is coming. A
 * client that waits for 100 Continue keeps its body once it has a final answer. */
static bool is_request_still_read(const struct wp_exchange *exchange)
{
    bool is_body_kept = exchange->expects_continue && exchange->request.bytes == 0;
    return !exchange->request.is_done && !exchange->is_cut_short && !is_body_kept &&
           exchange->is_upstream_reusable && exchange->response.out != WP_FRAMING_TO_CLOSE;
}

void wp_response_run_body(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    switch (wp_flow_run(&exchange->response, &exchange->upstream->end, &conn->end,
                        conn->worker->bufs)) {
    case WP_FLOW_WAIT:
        break;
    case WP_FLOW_DONE:
        if (!is_request_still_read(exchange)) {
            wp_forward_finish(exchange);
        }
        break;
    case WP_FLOW_SOURCE_ENDED:
    case WP_FLOW_SOURCE_ERROR:
        wp_exchange_abort(exchange, "the upstream closed the connection within its response");
        break;
    case WP_FLOW_SINK_ERROR:
        wp_exchange_abort(exchange, "the client left");
        break;
    case WP_FLOW_BAD:
        wp_exchange_abort(exchange, exchange->response.reason);
        break;
    }
}

void wp_response_run(struct wp_exchange *exchange)
{
    if (!exchange->has_response) {
        read_response_head(exchange);
    }
    if (exchange->state == WP_EXCHANGE_FORWARDING && exchange->has_response) {
        wp_response_run_body(exchange);
    } else if (exchange->state == WP_EXCHANGE_STREAMING) {
        wp_stream_run(exchange);
    }
}
