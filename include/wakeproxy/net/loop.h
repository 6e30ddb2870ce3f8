/*
 * loop.h - one thread's event loop: a libevent base without locks, a cached clock, and frees that
 * wait for the end of the turn.
 *
 * Everything here is called on the loop's own thread, except wp_loop_new() and wp_loop_free()
 * (before and after the thread runs). Other threads reach a loop only through a mailbox.
 */
#ifndef WAKEPROXY_NET_LOOP_H
#define WAKEPROXY_NET_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>

#include "wakeproxy/base/list.h"
#include "wakeproxy/base/mem.h"

struct wp_loop;

/* A piece of work for the end of the turn; embedded in the object it frees. */
struct wp_deferred {
    struct wp_deferred *next;
    void (*run)(struct wp_deferred *deferred);
};

struct wp_loop *wp_loop_new(void);
void wp_loop_free(struct wp_loop **loop);
/* Runs turns until wp_loop_stop(). A turn is: wait, run callbacks, run deferred work. */
void wp_loop_run(struct wp_loop *loop);
void wp_loop_stop(struct wp_loop *loop);
struct event_base *wp_loop_base(struct wp_loop *loop);

/* CLOCK_MONOTONIC as of this turn's first use; one clock read per turn. */
uint64_t wp_loop_now_ms(struct wp_loop *loop);
uint64_t wp_loop_now_us(struct wp_loop *loop);
/* Read the clock again at the next wp_loop_now_*(): after work that took long. */
void wp_loop_touch_clock(struct wp_loop *loop);

/*
 * Runs deferred->run(deferred) after all callbacks of this turn, in order; the object stays valid
 * until then, so a stale event in the same batch never meets freed memory. Work deferred by
 * deferred work runs in the same turn.
 */
void wp_loop_defer(struct wp_loop *loop, struct wp_deferred *deferred,
                   void (*run)(struct wp_deferred *deferred));

/*
 * A one-shot timer that costs nothing while it is not armed: a place in the loop's heap, which
 * drives one timerfd for all. Timers fire in the order of their times, and of arming among equals.
 */
struct wp_timer {
    void (*fire)(struct wp_timer *timer);
    uint64_t due_ms; /* WP_NEVER when not armed; already so when `fire` is called */
    struct wp_loop *loop;
    size_t place;   /* in the heap, while armed */
    uint64_t order; /* of arming */
};

void wp_timer_init(struct wp_timer *timer, struct wp_loop *loop,
                   void (*fire)(struct wp_timer *timer));
/* Arms or moves the timer to an absolute CLOCK_MONOTONIC time; WP_NEVER disarms. */
void wp_timer_set(struct wp_timer *timer, uint64_t due_ms);
/* Disarms; harmless on a zeroed timer. */
void wp_timer_fini(struct wp_timer *timer);

#endif
