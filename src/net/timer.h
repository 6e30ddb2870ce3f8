/*
 * timer.h - the timers of one loop. Private to net; the loop's own thread.
 */
#ifndef WP_NET_TIMER_H
#define WP_NET_TIMER_H

#include "wakeproxy/net/loop.h"

struct wp_timer_heap {
    struct wp_timer **timers;
    size_t count, capacity;
    uint64_t next_order;
    uint64_t armed_ms; /* what the timerfd is set to; WP_NEVER when it is not */
    bool is_stale;     /* the timerfd has run out and must be set again, whatever `armed_ms` is */
    int fd;
    struct event *event;
};

/* 0, or -errno. */
int wp_timer_heap_init(struct wp_timer_heap *heap, struct wp_loop *loop) WP_MUST_CHECK;
void wp_timer_heap_fini(struct wp_timer_heap *heap);
/* Sets the timerfd to the earliest timer, when that has changed. Once per turn, before waiting. */
void wp_timer_heap_arm(struct wp_timer_heap *heap);

/* The heap of a loop (loop.c). */
struct wp_timer_heap *wp_loop_timers(struct wp_loop *loop);

#endif
