/*
 * tick.h - timeouts of thousands of objects for the price of a list operation each.
 */
#ifndef WAKEPROXY_WORKER_TICK_H
#define WAKEPROXY_WORKER_TICK_H

#include "wakeproxy/base/list.h"
#include "wakeproxy/net/loop.h"

/* Embedded in the object that may time out; zeroed plus wp_timeout_init() is "not armed". */
struct wp_timeout {
    struct wp_list link;
    uint64_t due_ms;
    void (*fire)(struct wp_timeout *timeout);
};

/* All timeouts of one duration, in the order of their due times. */
struct wp_tick_class {
    uint64_t duration_ms;
    struct wp_list fifo;
};

struct wp_tick {
    struct wp_loop *loop;
    struct wp_timer timer; /* armed only while something is due some time */
    struct wp_tick_class **classes;
    size_t count, capacity;
};

void wp_tick_init(struct wp_tick *tick, struct wp_loop *loop);
/* Everything has been disarmed. */
void wp_tick_fini(struct wp_tick *tick);

static inline void wp_timeout_init(struct wp_timeout *timeout)
{
    wp_list_init(&timeout->link);
}

/* Fires once, `duration_ms` from now at the earliest and at most 1/16 of it later; WP_NEVER only
 * disarms. Moves a timeout that is armed. */
void wp_tick_arm(struct wp_tick *tick, struct wp_timeout *timeout, uint64_t duration_ms,
                 void (*fire)(struct wp_timeout *timeout));

static inline void wp_tick_disarm(struct wp_timeout *timeout)
{
    wp_list_remove(&timeout->link);
}

#endif
