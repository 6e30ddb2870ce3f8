/*
 * tick.c - timeouts as FIFO lists: one list per duration, one timer for all of them.
 *
 * Thread:    the owning worker only.
 * Owns:      the lists, not the objects in them.
 * Invariant: every list is ordered by due time, because all its members wait equally long.
 * Invariant: the timer is armed no later than the first due time of any list, and not at all while
 *            every list is empty, so that a worker at rest never wakes up.
 *
 * Durations are rounded up by at most a sixteenth, which bounds the number of lists whatever
 * durations the configuration uses. Not here: what a timeout means (conn.c, exchange.c,
 * upstream.c).
 */
#include "tick.h"

#include <stdlib.h>

#include "wakeproxy/base/clock.h"

static void on_timer(struct wp_timer *timer);

void wp_tick_init(struct wp_tick *tick, struct wp_loop *loop)
{
    *tick = (struct wp_tick){.loop = loop};
    wp_timer_init(&tick->timer, loop, on_timer);
}

void wp_tick_fini(struct wp_tick *tick)
{
    wp_timer_fini(&tick->timer);
    for (size_t i = 0; i < tick->count; i++) {
        free(tick->classes[i]);
    }
    free(tick->classes);
    *tick = (struct wp_tick){0};
}

/* Keeps five significant bits. */
static uint64_t round_up(uint64_t duration_ms)
{
    if (duration_ms < 32) {
        return duration_ms;
    }
    unsigned shift = 63u - (unsigned)__builtin_clzll(duration_ms) - 4u;
    uint64_t step = UINT64_C(1) << shift;
    return (duration_ms + step - 1) & ~(step - 1);
}

static struct wp_tick_class *class_of(struct wp_tick *tick, uint64_t duration_ms)
{
    for (size_t i = 0; i < tick->count; i++) {
        if (tick->classes[i]->duration_ms == duration_ms) {
            return tick->classes[i];
        }
    }
    tick->classes = wp_grow(tick->classes, &tick->capacity, tick->count + 1, sizeof(void *));
    struct wp_tick_class *class = wp_malloc(sizeof(*class));
    class->duration_ms = duration_ms;
    wp_list_init(&class->fifo);
    tick->classes[tick->count++] = class;
    return class;
}

void wp_tick_arm(struct wp_tick *tick, struct wp_timeout *timeout, uint64_t duration_ms,
                 void (*fire)(struct wp_timeout *timeout))
{
    wp_list_remove(&timeout->link);
    if (duration_ms == WP_NEVER) {
        return;
    }
    struct wp_tick_class *class = class_of(tick, round_up(duration_ms));
    timeout->due_ms = wp_loop_now_ms(tick->loop) + class->duration_ms;
    timeout->fire = fire;
    wp_list_append(&class->fifo, &timeout->link);
    if (timeout->due_ms < tick->timer.due_ms) {
        wp_timer_set(&tick->timer, timeout->due_ms);
    }
}

static struct wp_timeout *first_of(struct wp_tick_class *class)
{
    struct wp_list *node = wp_list_first(&class->fifo);
    return node == NULL ? NULL : WP_CONTAINER_OF(node, struct wp_timeout, link);
}

static void on_timer(struct wp_timer *timer)
{
    struct wp_tick *tick = WP_CONTAINER_OF(timer, struct wp_tick, timer);
    uint64_t now_ms = wp_loop_now_ms(tick->loop);
    /* A callback may add classes; the count is read again each time. */
    for (size_t i = 0; i < tick->count; i++) {
        struct wp_timeout *timeout;
        while ((timeout = first_of(tick->classes[i])) != NULL && timeout->due_ms <= now_ms) {
            wp_list_remove(&timeout->link);
            timeout->fire(timeout);
        }
    }
    uint64_t next_ms = WP_NEVER;
    for (size_t i = 0; i < tick->count; i++) {
        struct wp_timeout *timeout = first_of(tick->classes[i]);
        if (timeout != NULL && timeout->due_ms < next_ms) {
            next_ms = timeout->due_ms;
        }
    }
    wp_timer_set(&tick->timer, next_ms);
}
