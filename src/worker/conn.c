/*
 * conn.c - one client connection: heads in, exchanges one after another, the end.
 *
 * Thread:    the owning worker only.
 * Owns:      its stream, its buffers, its stash, and at most one exchange.
 * Invariant: a conn at rest (no byte of a head yet) owns no buffer.
 * Invariant: pipelined requests are answered in order, because the next head is parsed only after
 *            the exchange before it has ended.
 *
 * wp_conn_drive() is called at the end of everything that may have changed a conn: it takes all
 * steps that are possible now and then derives event interest in one place. Not here: what an
 * exchange does.
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>

#include "end.h"
#include "exchange.h"
#include "upstream.h"
#include "views.h"

/* Enough for most heads, and little of a body that should stay in the socket while held. */
#define HEAD_READ_BYTES 4096u
/* Pipelined requests served before other conns get their turn. */
#define BUDGET_EXCHANGES 16
/* How long, and how much, a closing conn reads on so that its last answer is not lost to a RST. */
#define LINGER_MS    2000u
#define LINGER_BYTES (1u << 20)

static void on_event(evutil_socket_t fd, short what, void *arg);

static void on_idle(struct wp_timeout *timeout)
{
    wp_conn_close(WP_CONTAINER_OF(timeout, struct wp_conn, timeout));
}

static void on_slow_head(struct wp_timeout *timeout)
{
    struct wp_conn *conn = WP_CONTAINER_OF(timeout, struct wp_conn, timeout);
    wp_exchange_refuse(conn, WP_METHOD_OTHER, 408, "The request head did not arrive in time.");
    wp_conn_drive(conn, false);
}

void wp_conn_new(struct wp_worker *worker, int fd, const struct wp_addr *peer)
{
    struct wp_conn *conn = wp_calloc(1, sizeof(*conn));
    char text[WP_ADDR_SIZE];
    wp_end_init(&conn->end, worker->loop, fd, on_event, conn);
    conn->worker = worker;
    conn->state = WP_CONN_HEAD;
    conn->peer = *peer;
    size_t length = wp_addr_ip_text(peer, text);
    conn->ip_len = (uint8_t)(length < sizeof(conn->ip) ? length : sizeof(conn->ip));
    memcpy(conn->ip, text, conn->ip_len);
    wp_timeout_init(&conn->timeout);
    wp_list_append(&worker->conns, &conn->link);
    worker->conn_count++;
    wp_tick_arm(&worker->tick, &conn->timeout, worker->conf->limits.keepalive_timeout_ms, on_idle);
    wp_conn_drive(conn, true);
}

static void free_conn(struct wp_deferred *deferred)
{
    free(WP_CONTAINER_OF(deferred, struct wp_conn, deferred));
}

void wp_conn_close(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    if (conn->state == WP_CONN_CLOSED) {
        return;
    }
    if (conn->exchange != NULL) {
        wp_exchange_abort(conn->exchange, "the proxy closed the connection");
        return; /* the end of the exchange closed the conn */
    }
    conn->state = WP_CONN_CLOSED;
    wp_tick_disarm(&conn->timeout);
    wp_list_remove(&conn->link);
    free(conn->stash);
    conn->stash = NULL;
    if (conn->must_reset) {
        wp_end_reset(&conn->end, worker->bufs);
    } else {
        wp_end_close(&conn->end, worker->bufs);
    }
    wp_admit_conn_end(worker->bus->activity, &conn->peer);
    worker->conn_count--;
    wp_loop_defer(worker->loop, &conn->deferred, free_conn);
    wp_worker_check_quit(worker);
}

void wp_conn_stash(struct wp_conn *conn)
{
    struct wp_buf *in = &conn->end.in;
    if (conn->stash != NULL || wp_buf_used(in) == 0) {
        return;
    }
    if (conn->worker->head_owner == conn->exchange) {
        conn->worker->head_owner = NULL; /* its slices point into the buffer */
    }
    conn->stash_bytes = wp_buf_used(in);
    conn->stash = wp_malloc(conn->stash_bytes);
    memcpy(conn->stash, wp_buf_content(in), conn->stash_bytes);
    wp_buf_release(in, conn->worker->bufs);
}

void wp_conn_unstash(struct wp_conn *conn)
{
    if (conn->stash == NULL) {
        return;
    }
    wp_buf_open(&conn->end.in, conn->worker->bufs);
    wp_buf_append(&conn->end.in, conn->stash, conn->stash_bytes);
    free(conn->stash);
    conn->stash = NULL;
}

void wp_conn_drop_head(struct wp_conn *conn, uint32_t head_bytes)
{
    wp_conn_unstash(conn);
    if (conn->worker->head_owner == conn->exchange) {
        conn->worker->head_owner = NULL; /* its slices point to what goes now */
    }
    wp_buf_consume(&conn->end.in, head_bytes);
    if (wp_buf_used(&conn->end.in) == 0) {
        wp_buf_release(&conn->end.in, conn->worker->bufs);
    }
}

static void linger(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    conn->state = WP_CONN_LINGER;
    wp_buf_release(&conn->end.in, worker->bufs);
    conn->scan = 0;
    wp_end_shutdown(&conn->end);
    wp_tick_arm(&worker->tick, &conn->timeout, LINGER_MS, on_idle);
}

void wp_conn_exchange_ended(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    conn->state = WP_CONN_HEAD;
    wp_conn_unstash(conn); /* a pipelined request may have been put away with the last one */
    if (conn->is_cut) {
        wp_conn_close(conn);
    } else if (conn->must_close || worker->is_quitting) {
        if (conn->must_linger || wp_buf_used(&conn->end.in) > 0) {
            linger(conn);
        } else {
            wp_conn_close(conn);
        }
    } else if (conn->end.has_read_end && wp_buf_used(&conn->end.in) == 0) {
        wp_conn_close(conn);
    } else {
        wp_tick_arm(&worker->tick, &conn->timeout, worker->conf->limits.keepalive_timeout_ms,
                    on_idle);
    }
}

/* Reads and discards; closes at the client's end. */
static void read_linger(struct wp_conn *conn)
{
    char waste[16384];
    ssize_t got = wp_stream_read(&conn->end.stream, waste, sizeof(waste));
    if (got > 0) {
        conn->scan += (uint32_t)got;
    }
    if ((got <= 0 && got != -EAGAIN) || conn->scan > LINGER_BYTES) {
        wp_conn_close(conn);
    }
}

/* Reads once. False when the conn was closed. */
static bool fill(struct wp_conn *conn)
{
    struct wp_buf *in = &conn->end.in;
    wp_buf_open(in, conn->worker->bufs);
    wp_buf_compact(in);
    ssize_t got = wp_end_read(&conn->end, HEAD_READ_BYTES);
    if (got < 0 && got != -EAGAIN) {
        wp_conn_close(conn);
        return false;
    }
    return true;
}

/* The head is not complete yet: wait for more, within limits. */
static void await_more(struct wp_conn *conn, struct wp_slice bytes)
{
    struct wp_worker *worker = conn->worker;
    uint32_t length;
    if (conn->end.has_read_end) {
        wp_conn_close(conn);
    } else if (bytes.len >= worker->conf->limits.head_bytes) {
        wp_exchange_refuse(conn, WP_METHOD_OTHER, 431, "The request head is too large.");
    } else if (conn->scan == 0) {
        wp_tick_arm(&worker->tick, &conn->timeout, worker->conf->limits.header_timeout_ms,
                    on_slow_head);
        (void)wp_head_scan(bytes, &conn->scan, &length);
        conn->scan = conn->scan == 0 ? 1 : conn->scan;
    }
}

/* True when an exchange began (and may have ended already). */
static bool parse_head(struct wp_conn *conn)
{
    struct wp_worker *worker = conn->worker;
    const struct wp_conf_limits *conf = &worker->conf->limits;
    struct wp_slice bytes = {wp_buf_content(&conn->end.in), wp_buf_used(&conn->end.in)};
    struct wp_head_limits limits = {conf->head_bytes, conf->target_bytes, conf->fields};
    uint32_t length;
    /* At the limit the parser has the last word: it may be the target that is too long. */
    if (conn->scan > 1 && bytes.len < conf->head_bytes &&
        wp_head_scan(bytes, &conn->scan, &length) == WP_PARSE_MORE) {
        await_more(conn, bytes);
        return false;
    }
    worker->head_owner = NULL;
    switch (wp_head_parse_request(&worker->head, bytes, &limits)) {
    case WP_PARSE_MORE:
        await_more(conn, bytes);
        return false;
    case WP_PARSE_OK:
        conn->scan = 0;
        wp_exchange_begin(conn);
        return true;
    case WP_PARSE_BAD:
        wp_exchange_refuse(conn, worker->head.method, worker->head.status, worker->head.reason);
        break;
    }
    return true;
}

/* One step in the HEAD state. True when there may be another one. */
static bool step_head(struct wp_conn *conn, bool is_readable)
{
    if (is_readable && !conn->end.has_read_end && !fill(conn)) {
        return false;
    }
    if (wp_buf_used(&conn->end.in) > 0) {
        return parse_head(conn);
    }
    wp_buf_release(&conn->end.in, conn->worker->bufs);
    if (conn->end.has_read_end) {
        wp_conn_close(conn);
    }
    return false;
}

static void update(struct wp_conn *conn)
{
    switch (conn->state) {
    case WP_CONN_HEAD:
    case WP_CONN_LINGER:
        wp_end_interest(&conn->end, EV_READ);
        break;
    case WP_CONN_EXCHANGE:
        wp_end_interest(&conn->end, wp_exchange_client_interest(conn->exchange));
        if (conn->exchange->upstream != NULL) {
            wp_upstream_update(conn->exchange->upstream);
        }
        break;
    case WP_CONN_CLOSED:
        break;
    }
}

void wp_conn_drive(struct wp_conn *conn, bool is_readable)
{
    int steps = 0;
    bool goes_on = conn->state == WP_CONN_HEAD && (is_readable || wp_buf_used(&conn->end.in) > 0);
    while (goes_on && steps < BUDGET_EXCHANGES) {
        goes_on = step_head(conn, is_readable) && conn->state == WP_CONN_HEAD &&
                  wp_buf_used(&conn->end.in) > 0;
        is_readable = false;
        steps++;
    }
    update(conn);
    if (goes_on) {
        /* The socket's readiness to be written to brings us back, after everybody else; an
         * activated event would run at once again, and nobody else would. */
        wp_end_interest(&conn->end, EV_READ | EV_WRITE);
    }
}

void wp_conn_quit(struct wp_conn *conn)
{
    conn->must_close = true;
    if (conn->state == WP_CONN_HEAD && wp_buf_used(&conn->end.in) == 0) {
        wp_conn_close(conn);
    }
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct wp_conn *conn = arg;
    switch (conn->state) {
    case WP_CONN_HEAD:
        wp_conn_drive(conn, true);
        break;
    case WP_CONN_EXCHANGE:
        wp_exchange_client_event(conn->exchange, what);
        wp_conn_drive(conn, false);
        break;
    case WP_CONN_LINGER:
        read_linger(conn);
        break;
    case WP_CONN_CLOSED:
        break;
    }
}
