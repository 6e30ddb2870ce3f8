/*
 * views.c - messages from control and from other workers.
 *
 * Thread:    the owning worker only.
 * Owns:      trace slots, and one reference to each trace's current view.
 * Invariant: after DRAIN{epoch} was answered with ACK{busy = false}, no exchange of that trace
 *            starts on this worker before a view with a newer epoch says AWAKE. The stop of a trace
 *            rests on this promise.
 *
 * Not here: what held exchanges do (hold.c), connections (upstream.c).
 */
#include "views.h"

#include <stdlib.h>
#include <unistd.h>

#include "conn.h"
#include "exchange.h"
#include "hold.h"
#include "acceptor.h"
#include "upstream.h"

struct wp_trace_slot *wp_trace_slot_of(struct wp_worker *worker, uint32_t index)
{
    if (index >= worker->trace_count) {
        worker->traces = wp_grow(worker->traces, &worker->trace_capacity, (size_t)index + 1,
                                 sizeof(struct wp_trace_slot *));
        while (worker->trace_count <= index) {
            worker->traces[worker->trace_count++] = NULL;
        }
    }
    struct wp_trace_slot *trace = worker->traces[index];
    if (trace == NULL) {
        trace = wp_calloc(1, sizeof(*trace));
        trace->index = index;
        trace->worker = worker;
        trace->slot = wp_activity_slot(worker->bus->activity, worker->index, index);
        trace->conf = worker->routes == NULL ? NULL : wp_routes_trace(worker->routes, index);
        wp_list_init(&trace->held);
        wp_list_init(&trace->frozen);
        wp_list_init(&trace->upstreams);
        worker->traces[index] = trace;
    }
    return trace;
}

void wp_traces_fini(struct wp_worker *worker)
{
    for (size_t i = 0; i < worker->trace_count; i++) {
        struct wp_trace_slot *trace = worker->traces[i];
        if (trace == NULL) {
            continue;
        }
        while (!wp_list_is_empty(&trace->upstreams)) {
            wp_upstream_close(WP_CONTAINER_OF(trace->upstreams.next, struct wp_upstream, link));
        }
        wp_upstream_set_endpoints(trace, NULL);
        wp_view_unref(&trace->view);
        free(trace);
    }
    free(worker->traces);
    worker->traces = NULL;
    worker->trace_count = 0;
}

static void thaw_all(struct wp_trace_slot *trace)
{
    while (!wp_list_is_empty(&trace->frozen)) {
        wp_exchange_thaw(WP_CONTAINER_OF(trace->frozen.next, struct wp_exchange, link));
    }
}

/* Somebody who may wake the trace is waiting: say so under the new view. */
static void ask_again(struct wp_trace_slot *trace)
{
    for (struct wp_list *node = trace->held.next; node != &trace->held; node = node->next) {
        struct wp_exchange *exchange = WP_CONTAINER_OF(node, struct wp_exchange, link);
        if (exchange->may_wake) {
            wp_hold_ask(trace, exchange);
            return;
        }
    }
    for (struct wp_list *node = trace->frozen.next; node != &trace->frozen; node = node->next) {
        struct wp_exchange *exchange = WP_CONTAINER_OF(node, struct wp_exchange, link);
        if (exchange->may_wake) {
            wp_hold_ask(trace, exchange);
            return;
        }
    }
}

static void apply_view(struct wp_worker *worker, struct wp_msg *msg)
{
    struct wp_trace_slot *trace = wp_trace_slot_of(worker, msg->trace);
    wp_view_unref(&trace->view);
    trace->view = wp_view_ref(msg->view);
    trace->is_distrusted = false;
    trace->has_asked = false;
    trace->has_told_stages = false;
    switch (trace->view->status) {
    case WP_VIEW_AWAKE:
        wp_upstream_set_endpoints(trace, trace->view);
        thaw_all(trace);
        wp_hold_schedule(trace);
        break;
    case WP_VIEW_HOLD:
        wp_upstream_close_idle(trace, UINT32_MAX);
        ask_again(trace);
        break;
    case WP_VIEW_BROKEN:
        wp_upstream_close_idle(trace, UINT32_MAX);
        wp_hold_refuse_all(trace, 503,
                           trace->view->reason != NULL ? trace->view->reason
                                                       : "The environment could not be started.");
        break;
    case WP_VIEW_GONE:
        wp_upstream_close_idle(trace, UINT32_MAX);
        wp_hold_refuse_all(trace, 404, "No environment is configured for this host.");
        break;
    }
}

/* Promises to start nothing under this epoch, and tells whether anything is under way. */
static void drain(struct wp_worker *worker, struct wp_msg *msg)
{
    struct wp_trace_slot *trace = wp_trace_slot_of(worker, msg->trace);
    struct wp_view *view = wp_view_new(msg->trace, WP_VIEW_HOLD, msg->epoch, 0);
    view->wake_estimate_ms = trace->view == NULL ? 0 : trace->view->wake_estimate_ms;
    wp_view_unref(&trace->view);
    trace->view = view;
    trace->is_distrusted = false;
    trace->has_asked = false;
    wp_upstream_close_idle(trace, UINT32_MAX);
    struct wp_msg *ack = wp_msg_new(WP_MSG_DRAIN_ACK, msg->trace);
    ack->worker = worker->index;
    ack->epoch = msg->epoch;
    ack->busy = atomic_load_explicit(&trace->slot->active, memory_order_relaxed) > 0;
    wp_bus_to_control(worker->bus, ack);
    ask_again(trace);
}

static void apply_routes(struct wp_worker *worker, struct wp_msg *msg)
{
    struct wp_routes *old = worker->routes;
    worker->routes = wp_routes_ref(msg->routes);
    worker->conf = wp_routes_conf(worker->routes);
    for (size_t i = 0; i < worker->trace_count; i++) {
        if (worker->traces[i] != NULL) {
            worker->traces[i]->conf = wp_routes_trace(worker->routes, (uint32_t)i);
        }
    }
    wp_routes_unref(&old);
    if (worker->is_quitting) {
        for (uint32_t i = 0; i < msg->listener_count; i++) {
            close(msg->listeners[i].fd);
        }
    } else {
        wp_acceptors_set(worker->listeners, msg->listeners, msg->listener_count);
    }
    msg->listener_count = 0; /* the descriptors are taken */
}

static void on_quit_deadline(struct wp_timer *timer)
{
    struct wp_worker *worker = WP_CONTAINER_OF(timer, struct wp_worker, quit_timer);
    while (!wp_list_is_empty(&worker->conns)) {
        wp_conn_close(WP_CONTAINER_OF(worker->conns.next, struct wp_conn, link));
    }
}

static void quit(struct wp_worker *worker, uint64_t deadline_ms)
{
    if (worker->is_quitting) {
        wp_timer_set(&worker->quit_timer, deadline_ms); /* asked again: sooner */
        return;
    }
    worker->is_quitting = true;
    wp_acceptors_set(worker->listeners, NULL, 0);
    for (size_t i = 0; i < worker->trace_count; i++) {
        if (worker->traces[i] != NULL) {
            wp_hold_refuse_all(worker->traces[i], 503, "The proxy is shutting down.");
        }
    }
    for (struct wp_list *node = worker->conns.next, *next; node != &worker->conns; node = next) {
        next = node->next;
        wp_conn_quit(WP_CONTAINER_OF(node, struct wp_conn, link));
    }
    wp_timer_init(&worker->quit_timer, worker->loop, on_quit_deadline);
    wp_timer_set(&worker->quit_timer, deadline_ms);
    wp_worker_check_quit(worker);
}

void wp_worker_check_quit(struct wp_worker *worker)
{
    if (!worker->is_quitting || worker->conn_count > 0 || worker->has_stopped) {
        return;
    }
    worker->has_stopped = true;
    wp_timer_fini(&worker->quit_timer);
    struct wp_msg *msg = wp_msg_new(WP_MSG_STOPPED, 0);
    msg->worker = worker->index;
    wp_bus_to_control(worker->bus, msg);
    wp_loop_stop(worker->loop);
}

void wp_worker_deliver(void *context, struct wp_mail *mail)
{
    struct wp_worker *worker = context;
    struct wp_msg *msg = wp_msg_of(mail);
    switch (msg->type) {
    case WP_MSG_VIEW:
        apply_view(worker, msg);
        break;
    case WP_MSG_DRAIN:
        drain(worker, msg);
        break;
    case WP_MSG_ROUTES:
        apply_routes(worker, msg);
        break;
    case WP_MSG_QUIT:
        quit(worker, msg->deadline_ms);
        break;
    case WP_MSG_PERMIT_WANTED:
        wp_upstream_permit_wanted(wp_trace_slot_of(worker, msg->trace));
        break;
    case WP_MSG_PERMIT_FREE: {
        struct wp_trace_slot *trace = wp_trace_slot_of(worker, msg->trace);
        trace->wants_permit = false;
        wp_hold_schedule(trace);
        break;
    }
    case WP_MSG_WAKE:
    case WP_MSG_DRAIN_ACK:
    case WP_MSG_UPSTREAM_BAD:
    case WP_MSG_STOPPED:
        break; /* addressed to control */
    }
    wp_msg_free(&msg);
}
