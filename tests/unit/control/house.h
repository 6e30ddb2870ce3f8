/*
 * house.h - a whole control thread with workers that are played: they answer the bus as real ones
 * do and remember what they were told. Tests wait for conditions, never for time.
 */
#ifndef WP_TESTS_UNIT_CONTROL_HOUSE_H
#define WP_TESTS_UNIT_CONTROL_HOUSE_H

#include <pthread.h>
#include <stdbool.h>

#include "wakeproxy/bus/bus.h"
#include "wakeproxy/control/control.h"

#define HOUSE_WORKERS 2u
#define HOUSE_TRACES  8u

struct house;

struct house_worker {
    struct house *house;
    unsigned index;
    pthread_t thread;
    struct wp_loop *loop;
    /* Below: under house->mutex. */
    struct wp_view *views[HOUSE_TRACES];
    uint64_t drain_epochs[HOUSE_TRACES]; /* the newest DRAIN; 0: none since the last view */
    unsigned view_count[HOUSE_TRACES], drain_count[HOUSE_TRACES];
    unsigned routes_count;
    struct wp_routes *routes;
    bool is_busy;               /* what its answers to DRAIN say */
    bool is_silent;             /* answers no DRAIN */
    bool has_route_before_view; /* the one thing that must never be */
    bool has_quit;
};

struct house {
    struct wp_bus *bus;
    struct wp_control *control;
    struct wp_conf *conf;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct house_worker workers[HOUSE_WORKERS];
    bool is_stopped;
    int upstream_fd; /* listening, when the upstream is up */
    struct wp_addr upstream;
};

/* An upstream that listens on 127.0.0.1; its port is known before any configuration is. */
void house_upstream_up(struct house *house);
void house_upstream_down(struct house *house);
unsigned house_port(const struct house *house);

/* A configuration from YAML; the test fails with its problems when it has any. */
struct wp_conf *house_conf(const char *yaml);

/* Takes the reference to `conf`, starts control and workers, and hands out routes. */
void house_open(struct house *house, struct wp_conf *conf);
void house_reload(struct house *house, struct wp_conf *conf);
/* Graceful end, and frees everything. */
void house_close(struct house *house);

/* What worker `worker` sends. */
void house_wake(struct house *house, unsigned worker, uint32_t trace);
void house_upstream_bad(struct house *house, unsigned worker, uint32_t trace);

typedef bool (*house_condition)(struct house *house, const void *argument);
/* Waits until the condition, called under the mutex, is true; fails the test after 20 s. */
void house_wait(struct house *house, const char *what, house_condition condition,
                const void *argument);
void house_lock(struct house *house);
void house_unlock(struct house *house);

struct house_view_is {
    uint32_t trace;
    enum wp_view_status status;
};
/* Every worker has a view of this status and, when it is AWAKE, has heard no DRAIN since. */
void house_wait_view(struct house *house, uint32_t trace, enum wp_view_status status);
/* Workers have heard so many DRAINs of the trace, all of them. */
void house_wait_drains(struct house *house, uint32_t trace, unsigned count);

#endif
