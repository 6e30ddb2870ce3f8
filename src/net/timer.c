/*
 * timer.c - one-shot timers: a binary heap per loop over one timerfd.
 *
 * Thread:    the loop's own.
 * Owns:      the heap's array, the timerfd and its event; not the timers, which are embedded in
 *            the objects they serve and must be ended with wp_timer_fini() before those are freed.
 * Invariant: timer->due_ms != WP_NEVER exactly when heap->timers[timer->place] == timer.
 * Invariant: the timerfd is set at most once per turn and only when the earliest time changed.
 *            libevent's own precise timers would set one on every turn, which shows on a busy loop;
 *            its plain ones follow a clock of 4 ms.
 * Invariant: a timer armed while timers fire waits for the next turn, so that a timer that arms
 *            itself for "now" cannot keep the loop from its sockets.
 * Not here:  timeouts of conns: those are lists with one tick per worker.
 */
#include "timer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"

static bool is_before(const struct wp_timer *a, const struct wp_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put(struct wp_timer_heap *heap, size_t place, struct wp_timer *timer)
{
    heap->timers[place] = timer;
    timer->place = place;
}

/* Moves `timer` from an open place towards the root while it is earlier than its parent. */
static void sift_up(struct wp_timer_heap *heap, size_t place, struct wp_timer *timer)
{
    while (place > 0 && is_before(timer, heap->timers[(place - 1) / 2])) {
        put(heap, place, heap->timers[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(heap, place, timer);
}

/* Moves `timer` from an open place towards the leaves while a child is earlier. */
static void sift_down(struct wp_timer_heap *heap, size_t place, struct wp_timer *timer)
{
    for (;;) {
        size_t child = place * 2 + 1;

        if (child + 1 < heap->count && is_before(heap->timers[child + 1], heap->timers[child])) {
            child++;
        }
        if (child >= heap->count || !is_before(heap->timers[child], timer)) {
            break;
        }
        put(heap, place, heap->timers[child]);
        place = child;
    }
    put(heap, place, timer);
}

/* Puts `timer` where it belongs, from a place that may be too high or too low. */
static void settle(struct wp_timer_heap *heap, size_t place, struct wp_timer *timer)
{
    if (place > 0 && is_before(timer, heap->timers[(place - 1) / 2])) {
        sift_up(heap, place, timer);
    } else {
        sift_down(heap, place, timer);
    }
}

static void take_out(struct wp_timer_heap *heap, struct wp_timer *timer)
{
    struct wp_timer *last = heap->timers[--heap->count];

    timer->due_ms = WP_NEVER;
    if (last != timer) {
        settle(heap, timer->place, last);
    }
}

/* The timerfd ran out: fires what is due. */
static void on_due(evutil_socket_t fd, short what, void *context)
{
    struct wp_loop *loop = context;
    struct wp_timer_heap *heap = wp_loop_timers(loop);
    uint64_t now_ms = wp_loop_now_ms(loop);
    uint64_t end_order = heap->next_order;

    heap->is_stale = true;
    while (heap->count > 0) {
        struct wp_timer *timer = heap->timers[0];

        if (timer->due_ms > now_ms || timer->order >= end_order) {
            break;
        }
        take_out(heap, timer);
        timer->fire(timer);
    }
}

int wp_timer_heap_init(struct wp_timer_heap *heap, struct wp_loop *loop)
{
    *heap = (struct wp_timer_heap){.armed_ms = WP_NEVER};
    heap->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (heap->fd < 0) {
        return -errno;
    }
    heap->event = event_new(wp_loop_base(loop), heap->fd, EV_READ | EV_PERSIST, on_due, loop);
    if (heap->event == NULL || event_add(heap->event, NULL) < 0) {
        wp_timer_heap_fini(heap);
        return -ENOMEM;
    }
    return 0;
}

void wp_timer_heap_fini(struct wp_timer_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++) {
        heap->timers[i]->due_ms = WP_NEVER;
    }
    if (heap->event != NULL) {
        event_free(heap->event);
    }
    close(heap->fd);
    free(heap->timers);
    *heap = (struct wp_timer_heap){.fd = -1};
}

void wp_timer_heap_arm(struct wp_timer_heap *heap)
{
    uint64_t due_ms = heap->count > 0 ? heap->timers[0]->due_ms : WP_NEVER;
    struct itimerspec spec = {0};

    if (due_ms == heap->armed_ms && !heap->is_stale) {
        return;
    }
    if (due_ms != WP_NEVER) {
        spec.it_value.tv_sec = (time_t)(due_ms / 1000);
        spec.it_value.tv_nsec = (long)(due_ms % 1000) * 1000000;
        if (due_ms == 0) {
            spec.it_value.tv_nsec = 1; /* all zero would disarm */
        }
    }
    /* Also clears the readiness of a timerfd that ran out: it needs no read. */
    if (timerfd_settime(heap->fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0) {
        heap->armed_ms = due_ms;
        heap->is_stale = false;
    }
}

void wp_timer_init(struct wp_timer *timer, struct wp_loop *loop,
                   void (*fire)(struct wp_timer *timer))
{
    *timer = (struct wp_timer){.fire = fire, .due_ms = WP_NEVER, .loop = loop};
}

void wp_timer_set(struct wp_timer *timer, uint64_t due_ms)
{
    struct wp_timer_heap *heap = wp_loop_timers(timer->loop);

    if (due_ms == timer->due_ms) {
        return;
    }
    if (due_ms == WP_NEVER) {
        take_out(heap, timer);
        return;
    }
    timer->order = heap->next_order++;
    if (timer->due_ms != WP_NEVER) {
        timer->due_ms = due_ms;
        settle(heap, timer->place, timer);
        return;
    }
    timer->due_ms = due_ms;
    heap->timers = wp_grow(heap->timers, &heap->capacity, heap->count + 1, sizeof(heap->timers[0]));
    sift_up(heap, heap->count++, timer);
}

void wp_timer_fini(struct wp_timer *timer)
{
    if (timer->loop != NULL) {
        wp_timer_set(timer, WP_NEVER);
    }
}
