/*
 * upstream.c - the pool of connections to each trace's upstream.
 *
 * Thread:    the owning worker only.
 * Owns:      every wp_upstream of this worker; an exchange borrows one while it is forwarded.
 * Invariant: each open connection holds one permit of its trace (bus/activity.h), so that all
 *            workers together never open more than upstream.max_connections.
 * Invariant: an upstream is IDLE exactly while it is in its endpoint's list.
 *
 * A worker that finds no permit asks the others (PERMIT_WANTED); whoever has an idle connection to
 * that trace, or is about to have one, closes it and says so (PERMIT_FREE). Not here: what is sent
 * and received (exchange.c), who waits (hold.c).
 */
#include "upstream.h"

#include <errno.h>
#include <stdlib.h>

#include "conn.h"
#include "end.h"
#include "exchange.h"
#include "hold.h"
#include "wakeproxy/net/sock.h"

static void on_event(evutil_socket_t fd, short what, void *arg);
static void free_upstream(struct wp_deferred *deferred);

static void tell_workers(struct wp_trace_slot *trace, enum wp_msg_type type)
{
    struct wp_worker *worker = trace->worker;
    for (unsigned i = 0; i < worker->bus->worker_count; i++) {
        if (i != worker->index) {
            struct wp_msg *msg = wp_msg_new(type, trace->index);
            msg->worker = worker->index;
            wp_bus_to_worker(worker->bus, i, msg);
        }
    }
}

static void give_permit(struct wp_trace_slot *trace)
{
    wp_activity_permit_give(trace->worker->bus->activity, trace->index);
    if (trace->is_permit_wanted) {
        trace->is_permit_wanted = false;
        tell_workers(trace, WP_MSG_PERMIT_FREE);
    }
}

static uint32_t limit_of(const struct wp_trace_slot *trace)
{
    return trace->conf == NULL ? 0 : trace->conf->upstream.max_connections;
}

static struct wp_endpoint *least_loaded(struct wp_trace_slot *trace)
{
    struct wp_endpoint *best = NULL;
    for (uint32_t i = 0; i < trace->endpoint_count; i++) {
        if (best == NULL || trace->endpoints[i]->outstanding < best->outstanding) {
            best = trace->endpoints[i];
        }
    }
    return best;
}

static void assign(struct wp_upstream *upstream, struct wp_exchange *exchange)
{
    upstream->exchange = exchange;
    upstream->endpoint->outstanding++;
    upstream->exchanges++;
    upstream->scan = 0;
    exchange->upstream = upstream;
    exchange->upstream_addr = upstream->addr;
}

/* Whether the peer has ended (or spoken on) an idle connection that no event has told of yet. */
static bool is_stale(const struct wp_upstream *upstream)
{
    char byte;
    ssize_t got = recv(upstream->end.stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EINTR);
}

static struct wp_upstream *take_idle(struct wp_endpoint *endpoint, bool is_careful)
{
    struct wp_list *node;
    while ((node = wp_list_first(&endpoint->idle)) != NULL) {
        struct wp_upstream *upstream = WP_CONTAINER_OF(node, struct wp_upstream, idle_link);
        /* A request that may not be sent twice is worth a look first. */
        if (is_careful && is_stale(upstream)) {
            wp_upstream_close(upstream);
            continue;
        }
        wp_list_remove(&upstream->idle_link);
        wp_tick_disarm(&upstream->timeout);
        upstream->state = WP_UPSTREAM_BUSY;
        return upstream;
    }
    return NULL;
}

static struct wp_upstream *open_new(struct wp_trace_slot *trace, struct wp_endpoint *endpoint,
                                    int *ret_error)
{
    int fd;
    bool is_connected;
    int result = wp_sock_connect(&endpoint->addr, &fd, &is_connected);
    if (result < 0) {
        *ret_error = -result;
        return NULL;
    }
    (void)!wp_sock_keepalive(fd); /* a dead peer would only be noticed later */
    struct wp_upstream *upstream = wp_calloc(1, sizeof(*upstream));
    wp_end_init(&upstream->end, trace->worker->loop, fd, on_event, upstream);
    upstream->worker = trace->worker;
    upstream->trace = trace;
    upstream->endpoint = endpoint;
    upstream->addr = endpoint->addr;
    upstream->state = is_connected ? WP_UPSTREAM_BUSY : WP_UPSTREAM_CONNECTING;
    wp_list_append(&trace->upstreams, &upstream->link);
    wp_list_init(&upstream->idle_link);
    wp_timeout_init(&upstream->timeout);
    return upstream;
}

enum wp_upstream_take wp_upstream_take(struct wp_exchange *exchange, bool fresh, int *ret_error)
{
    struct wp_trace_slot *trace = exchange->trace;
    struct wp_activity *activity = trace->worker->bus->activity;
    struct wp_endpoint *endpoint = least_loaded(trace);
    if (endpoint == NULL) {
        *ret_error = EDESTADDRREQ;
        return WP_TAKE_FAILED;
    }
    struct wp_upstream *upstream = NULL;
    if (!fresh) {
        upstream = take_idle(endpoint, !wp_method_is_idempotent(exchange->method));
    }
    if (upstream == NULL) {
        if (!wp_activity_permit_take(activity, trace->index, limit_of(trace))) {
            /* An idle connection elsewhere may be in the way. */
            if (wp_upstream_close_idle(trace, 1) == 0 ||
                !wp_activity_permit_take(activity, trace->index, limit_of(trace))) {
                if (!trace->wants_permit) {
                    trace->wants_permit = true;
                    tell_workers(trace, WP_MSG_PERMIT_WANTED);
                }
                return WP_TAKE_FULL;
            }
        }
        upstream = open_new(trace, endpoint, ret_error);
        if (upstream == NULL) {
            give_permit(trace);
            return WP_TAKE_FAILED;
        }
    }
    trace->wants_permit = false;
    assign(upstream, exchange);
    if (upstream->state == WP_UPSTREAM_CONNECTING) {
        wp_upstream_update(upstream);
        return WP_TAKE_CONNECTING;
    }
    return WP_TAKE_READY;
}

static void separate(struct wp_upstream *upstream)
{
    if (upstream->exchange != NULL) {
        upstream->exchange->upstream = NULL;
        upstream->exchange = NULL;
        if (upstream->endpoint != NULL) {
            upstream->endpoint->outstanding--;
        }
    }
}

static void on_idle_timeout(struct wp_timeout *timeout)
{
    wp_upstream_close(WP_CONTAINER_OF(timeout, struct wp_upstream, timeout));
}

void wp_upstream_give_back(struct wp_upstream *upstream)
{
    struct wp_trace_slot *trace = upstream->trace;
    separate(upstream);
    bool is_clean = wp_buf_used(&upstream->end.in) == 0 && wp_buf_used(&upstream->end.out) == 0 &&
                    !upstream->end.has_read_end;
    bool is_wanted = upstream->endpoint != NULL && trace->view != NULL &&
                     trace->view->status == WP_VIEW_AWAKE && trace->conf != NULL &&
                     !trace->worker->is_quitting;
    bool is_elsewhere = trace->is_permit_wanted && trace->held_count == 0;
    if (!is_clean || !is_wanted || is_elsewhere) {
        wp_upstream_close(upstream);
    } else {
        upstream->state = WP_UPSTREAM_IDLE;
        wp_list_prepend(&upstream->endpoint->idle, &upstream->idle_link);
        wp_tick_arm(&upstream->worker->tick, &upstream->timeout,
                    trace->conf->upstream.idle_timeout_ms, on_idle_timeout);
        wp_upstream_update(upstream);
    }
    wp_hold_schedule(trace);
}

void wp_upstream_close(struct wp_upstream *upstream)
{
    if (upstream == NULL || upstream->state == WP_UPSTREAM_CLOSED) {
        return;
    }
    separate(upstream);
    upstream->state = WP_UPSTREAM_CLOSED;
    wp_list_remove(&upstream->link);
    wp_list_remove(&upstream->idle_link);
    wp_tick_disarm(&upstream->timeout);
    wp_end_close(&upstream->end, upstream->worker->bufs);
    give_permit(upstream->trace);
    wp_hold_schedule(upstream->trace);
    wp_loop_defer(upstream->worker->loop, &upstream->deferred, free_upstream);
}

static void free_upstream(struct wp_deferred *deferred)
{
    struct wp_upstream *upstream = WP_CONTAINER_OF(deferred, struct wp_upstream, deferred);
    free(upstream);
}

unsigned wp_upstream_close_idle(struct wp_trace_slot *trace, unsigned most)
{
    unsigned closed = 0;
    for (uint32_t i = 0; i < trace->endpoint_count; i++) {
        struct wp_list *node;
        while (closed < most && (node = wp_list_first(&trace->endpoints[i]->idle)) != NULL) {
            wp_upstream_close(WP_CONTAINER_OF(node, struct wp_upstream, idle_link));
            closed++;
        }
    }
    return closed;
}

void wp_upstream_permit_wanted(struct wp_trace_slot *trace)
{
    trace->is_permit_wanted = true;
    if (wp_upstream_close_idle(trace, 1) == 0 &&
        wp_activity_permit_take(trace->worker->bus->activity, trace->index, limit_of(trace))) {
        /* Given back while the question was on its way: nobody has told, and nobody else will. */
        give_permit(trace);
    }
}

static struct wp_endpoint *take_endpoint(struct wp_endpoint **from, uint32_t count,
                                         const struct wp_addr *addr)
{
    for (uint32_t i = 0; i < count; i++) {
        if (from[i] != NULL && wp_addr_eq(&from[i]->addr, addr)) {
            struct wp_endpoint *found = from[i];
            from[i] = NULL;
            return found;
        }
    }
    struct wp_endpoint *endpoint = wp_calloc(1, sizeof(*endpoint));
    endpoint->addr = *addr;
    wp_list_init(&endpoint->idle);
    return endpoint;
}

static void drop_endpoint(struct wp_trace_slot *trace, struct wp_endpoint **endpoint)
{
    if (*endpoint == NULL) {
        return;
    }
    struct wp_list *node;
    while ((node = wp_list_first(&(*endpoint)->idle)) != NULL) {
        wp_upstream_close(WP_CONTAINER_OF(node, struct wp_upstream, idle_link));
    }
    for (node = trace->upstreams.next; node != &trace->upstreams; node = node->next) {
        struct wp_upstream *upstream = WP_CONTAINER_OF(node, struct wp_upstream, link);
        if (upstream->endpoint == *endpoint) {
            upstream->endpoint = NULL;
        }
    }
    free(*endpoint);
    *endpoint = NULL;
}

void wp_upstream_set_endpoints(struct wp_trace_slot *trace, const struct wp_view *view)
{
    uint32_t count = view == NULL ? 0 : view->upstream_count;
    struct wp_endpoint **endpoints = count == 0 ? NULL : wp_calloc(count, sizeof(*endpoints));
    for (uint32_t i = 0; i < count; i++) {
        endpoints[i] = take_endpoint(trace->endpoints, trace->endpoint_count, &view->upstreams[i]);
    }
    for (uint32_t i = 0; i < trace->endpoint_count; i++) {
        drop_endpoint(trace, &trace->endpoints[i]);
    }
    free(trace->endpoints);
    trace->endpoints = endpoints;
    trace->endpoint_count = count;
}

void wp_upstream_update(struct wp_upstream *upstream)
{
    short want = 0;
    switch (upstream->state) {
    case WP_UPSTREAM_CONNECTING:
        want = EV_WRITE;
        break;
    case WP_UPSTREAM_IDLE:
        want = EV_READ;
        break;
    case WP_UPSTREAM_BUSY:
        want = wp_exchange_upstream_interest(upstream->exchange);
        break;
    case WP_UPSTREAM_CLOSED:
        return;
    }
    wp_end_interest(&upstream->end, want);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct wp_upstream *upstream = arg;
    if (upstream->state == WP_UPSTREAM_CLOSED) {
        return;
    }
    if (upstream->state == WP_UPSTREAM_IDLE) {
        /* Its end, or bytes nobody asked for: either way it cannot be used again. */
        wp_upstream_close(upstream);
        return;
    }
    struct wp_exchange *exchange = upstream->exchange;
    struct wp_conn *conn = exchange->conn;
    if (upstream->state == WP_UPSTREAM_BUSY) {
        wp_exchange_upstream_event(exchange, what);
    } else {
        int result = wp_sock_connect_result(fd);
        if (result < 0) {
            wp_upstream_close(upstream);
            wp_exchange_connect_failed(exchange, -result);
        } else {
            upstream->state = WP_UPSTREAM_BUSY;
            wp_exchange_connected(exchange);
        }
    }
    wp_conn_drive(conn, false);
}
