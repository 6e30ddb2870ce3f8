/*
 * hold.c - exchanges that wait for a trace to wake, or for a free upstream connection.
 *
 * Thread:    the owning worker only.
 * Owns:      the per-trace FIFO; not the exchanges in it.
 * Invariant: an exchange is in its trace's FIFO exactly when its state is HELD.
 * Invariant: a holder owns no buffer: its request's bytes so far are an exact-size copy (conn.c),
 *            and what follows stays in the socket, so that a slow wake is back-pressure, not
 *            memory.
 * Invariant: per view, at most one WAKE is sent, by the first holder that may wake the trace.
 *
 * Being held is not activity: only what is forwarded keeps a trace awake. Not here: deciding
 * whether a trace may wake (engine), and how answers look (reply.c).
 */
#include "hold.h"

#include "conn.h"
#include "exchange.h"
#include "reply.h"

/* What Retry-After says of a trace that has not been seen waking yet. */
#define RETRY_AFTER_UNKNOWN_MS 5000u

static void set_held(struct wp_trace_slot *trace, uint32_t count)
{
    trace->held_count = count;
    atomic_store_explicit(&trace->slot->held, count, memory_order_relaxed);
}

static void copy_text(char *to, size_t size, struct wp_slice text)
{
    size_t length = text.len < size - 1 ? text.len : size - 1;
    if (length > 0) {
        memcpy(to, text.ptr, length);
    }
    to[length] = '\0';
}

static struct wp_cause *cause_of(const struct wp_exchange *exchange)
{
    const struct wp_worker *worker = exchange->conn->worker;
    struct wp_cause *cause = wp_calloc(1, sizeof(*cause));
    copy_text(cause->client, sizeof(cause->client),
              (struct wp_slice){exchange->conn->ip, exchange->conn->ip_len});
    copy_text(cause->host, sizeof(cause->host),
              (struct wp_slice){exchange->label, exchange->label_host});
    copy_text(cause->path, sizeof(cause->path),
              (struct wp_slice){exchange->label + exchange->label_host, exchange->label_path});
    if (worker->head_owner == exchange) {
        copy_text(cause->method, sizeof(cause->method), worker->head.method_text);
        copy_text(cause->user_agent, sizeof(cause->user_agent),
                  wp_head_get(&worker->head, WP_FIELD_USER_AGENT));
    }
    return cause;
}

void wp_hold_ask(struct wp_trace_slot *trace, const struct wp_exchange *exchange)
{
    if (trace->has_asked) {
        return;
    }
    trace->has_asked = true;
    struct wp_msg *msg = wp_msg_new(WP_MSG_WAKE, trace->index);
    msg->worker = trace->worker->index;
    msg->epoch = trace->view == NULL ? 0 : trace->view->epoch;
    msg->cause = cause_of(exchange);
    wp_bus_to_control(trace->worker->bus, msg);
}

unsigned wp_hold_retry_after(const struct wp_trace_slot *trace)
{
    uint64_t now_ms = wp_loop_now_ms(trace->worker->loop);
    uint64_t wait_ms = RETRY_AFTER_UNKNOWN_MS;
    if (trace->view != NULL && trace->view->retry_at_ms != 0) {
        wait_ms = trace->view->retry_at_ms > now_ms ? trace->view->retry_at_ms - now_ms : 0;
    } else if (trace->view != NULL && trace->view->wake_estimate_ms != 0) {
        wait_ms = trace->view->wake_estimate_ms;
    }
    uint64_t seconds = (wait_ms + 999) / 1000;
    return seconds < 1 ? 1 : seconds > 3600 ? 3600 : (unsigned)seconds;
}

static void on_hold_timeout(struct wp_timeout *timeout)
{
    struct wp_exchange *exchange = WP_CONTAINER_OF(timeout, struct wp_exchange, timeout);
    struct wp_conn *conn = exchange->conn;
    wp_hold_leave(exchange);
    exchange->verdict = "hold_timeout";
    wp_reply_problem(exchange, 503, "The environment did not wake up in time.",
                     wp_hold_retry_after(exchange->trace));
    wp_conn_drive(conn, false);
}

/* Who waited before comes first again, among several of them in order of arrival. */
static void enqueue(struct wp_trace_slot *trace, struct wp_exchange *exchange, bool at_front)
{
    struct wp_list *place = at_front ? trace->held.next : &trace->held;
    while (place != &trace->held &&
           WP_CONTAINER_OF(place, struct wp_exchange, link)->begun_us <= exchange->begun_us) {
        place = place->next;
    }
    wp_list_append(place, &exchange->link);
}

bool wp_hold_enter(struct wp_exchange *exchange, bool at_front)
{
    struct wp_trace_slot *trace = exchange->trace;
    struct wp_worker *worker = trace->worker;
    uint64_t now_ms = wp_loop_now_ms(worker->loop);
    if (!at_front && trace->conf != NULL &&
        wp_activity_read(worker->bus->activity, trace->index).held >= trace->conf->max_held) {
        return false;
    }
    if (!wp_admit_hold(worker->bus->activity, worker->conf->limits.held)) {
        return false;
    }
    if (exchange->hold_until_ms == 0) {
        exchange->held_us = wp_loop_now_us(worker->loop);
        exchange->hold_until_ms = now_ms + (trace->conf == NULL ? 0 : trace->conf->hold_ms);
    }
    wp_exchange_set_active(exchange, false);
    exchange->state = WP_EXCHANGE_HELD;
    enqueue(trace, exchange, at_front);
    set_held(trace, trace->held_count + 1);
    wp_tick_arm(&worker->tick, &exchange->timeout,
                exchange->hold_until_ms > now_ms ? exchange->hold_until_ms - now_ms : 0,
                on_hold_timeout);
    if (exchange->may_wake) {
        trace->waker_count++;
        if (!wp_trace_is_open(trace)) {
            wp_hold_ask(trace, exchange);
        }
    }
    wp_conn_stash(exchange->conn);
    return true;
}

void wp_hold_leave(struct wp_exchange *exchange)
{
    struct wp_trace_slot *trace = exchange->trace;
    wp_list_remove(&exchange->link);
    wp_tick_disarm(&exchange->timeout);
    set_held(trace, trace->held_count - 1);
    wp_admit_hold_end(trace->worker->bus->activity);
    if (exchange->may_wake) {
        trace->waker_count--;
    }
    exchange->state = WP_EXCHANGE_BEGUN;
}

static struct wp_exchange *first_held(struct wp_trace_slot *trace)
{
    struct wp_list *node = wp_list_first(&trace->held);
    return node == NULL ? NULL : WP_CONTAINER_OF(node, struct wp_exchange, link);
}

void wp_hold_release(struct wp_trace_slot *trace)
{
    struct wp_exchange *exchange;
    while (wp_trace_is_open(trace) && (exchange = first_held(trace)) != NULL) {
        struct wp_conn *conn = exchange->conn;
        wp_hold_leave(exchange);
        bool goes_on = wp_exchange_start(exchange);
        wp_conn_drive(conn, false);
        if (!goes_on) {
            return;
        }
    }
}

static void run_release(struct wp_deferred *deferred)
{
    struct wp_trace_slot *trace = WP_CONTAINER_OF(deferred, struct wp_trace_slot, release);
    trace->is_release_due = false;
    wp_hold_release(trace);
}

void wp_hold_schedule(struct wp_trace_slot *trace)
{
    if (trace->held_count > 0 && !trace->is_release_due && wp_trace_is_open(trace)) {
        trace->is_release_due = true;
        wp_loop_defer(trace->worker->loop, &trace->release, run_release);
    }
}

void wp_hold_refuse_all(struct wp_trace_slot *trace, uint16_t status, const char *reason)
{
    struct wp_exchange *exchange;
    unsigned retry_after = status == 503 ? wp_hold_retry_after(trace) : 0;
    while ((exchange = first_held(trace)) != NULL) {
        struct wp_conn *conn = exchange->conn;
        wp_hold_leave(exchange);
        exchange->verdict = "wake_failed";
        wp_reply_problem(exchange, status, reason, retry_after);
        wp_conn_drive(conn, false);
    }
}
