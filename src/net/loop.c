/*
 * loop.c - one thread's event loop.
 *
 * Thread:    one per loop; wp_loop_new() and wp_loop_free() before and after it runs.
 * Owns:      the libevent base, the timer heap, the list of deferred work (not the objects on it).
 * Invariant: a turn is: set the timerfd if needed, wait, run callbacks, run deferred work. The
 *            clock is read at most once per turn, after the wait.
 * Invariant: a loop with nothing to do sleeps in epoll_wait without a timeout.
 * Invariant: deferred work is run before the loop waits again, and by wp_loop_free() at the latest,
 *            so nothing that was handed over for freeing is forgotten.
 * Not here:  other threads. They post to a mailbox (mailbox.c); the base has no locks.
 */
#include "wakeproxy/net/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "timer.h"
#include "wakeproxy/base/clock.h"

struct wp_loop {
    struct event_base *base;
    struct wp_timer_heap timers;
    uint64_t now_us; /* 0: to be read at the next use */
    struct wp_deferred *first_deferred, **last_deferred;
    bool is_stopped;
};

/* A process that cannot have its loops cannot start. */
static void __attribute__((noreturn)) die(const char *what)
{
    fprintf(stderr, "wakeproxy: cannot make an event loop: %s\n", what);
    abort();
}

struct wp_loop *wp_loop_new(void)
{
    struct wp_loop *loop = wp_calloc(1, sizeof(*loop));
    struct event_config *config = event_config_new();

    if (config == NULL || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) < 0) {
        die("libevent configuration");
    }
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (loop->base == NULL) {
        die("epoll descriptor");
    }
    loop->last_deferred = &loop->first_deferred;
    if (wp_timer_heap_init(&loop->timers, loop) < 0) {
        die("timer descriptor");
    }
    return loop;
}

/* Work may defer more work; all of it runs now. */
static void run_deferred(struct wp_loop *loop)
{
    while (loop->first_deferred != NULL) {
        struct wp_deferred *deferred = loop->first_deferred;

        loop->first_deferred = deferred->next;
        if (loop->first_deferred == NULL) {
            loop->last_deferred = &loop->first_deferred;
        }
        deferred->run(deferred);
    }
}

void wp_loop_free(struct wp_loop **loop)
{
    if (*loop == NULL) {
        return;
    }
    run_deferred(*loop);
    wp_timer_heap_fini(&(*loop)->timers);
    event_base_free((*loop)->base);
    free(*loop);
    *loop = NULL;
}

void wp_loop_run(struct wp_loop *loop)
{
    run_deferred(loop);
    while (!loop->is_stopped) {
        wp_timer_heap_arm(&loop->timers);
        loop->now_us = 0;
        if (event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
            die("waiting failed");
        }
        run_deferred(loop);
    }
    loop->is_stopped = false;
}

void wp_loop_stop(struct wp_loop *loop)
{
    loop->is_stopped = true;
}

struct event_base *wp_loop_base(struct wp_loop *loop)
{
    return loop->base;
}

struct wp_timer_heap *wp_loop_timers(struct wp_loop *loop)
{
    return &loop->timers;
}

uint64_t wp_loop_now_us(struct wp_loop *loop)
{
    if (loop->now_us == 0) {
        loop->now_us = wp_clock_mono_us();
    }
    return loop->now_us;
}

uint64_t wp_loop_now_ms(struct wp_loop *loop)
{
    uint64_t ms = wp_loop_now_us(loop) / 1000;

    return ms > 0 ? ms : 1;
}

void wp_loop_touch_clock(struct wp_loop *loop)
{
    loop->now_us = 0;
}

void wp_loop_defer(struct wp_loop *loop, struct wp_deferred *deferred,
                   void (*run)(struct wp_deferred *deferred))
{
    deferred->next = NULL;
    deferred->run = run;
    *loop->last_deferred = deferred;
    loop->last_deferred = &deferred->next;
}
