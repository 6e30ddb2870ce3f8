/*
 * house.c - plays the workers for control's tests.
 *
 * Thread:    each worker its own loop; tests call from theirs. What both see is under one mutex.
 * Not here:  anything of the data path: a view is kept, a DRAIN is answered, that is all.
 */
#include "house.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "wakeproxy/base/clock.h"
#include "wakeproxy/net/sock.h"

#define WAIT_SECONDS 20

void house_lock(struct house *house)
{
    pthread_mutex_lock(&house->mutex);
}

void house_unlock(struct house *house)
{
    pthread_mutex_unlock(&house->mutex);
}

static void answer_drain(struct house_worker *worker, const struct wp_msg *drain)
{
    struct wp_msg *ack = wp_msg_new(WP_MSG_DRAIN_ACK, drain->trace);

    ack->worker = worker->index;
    ack->epoch = drain->epoch;
    ack->busy = worker->is_busy;
    wp_bus_to_control(worker->house->bus, ack);
}

static void check_routes(struct house_worker *worker, const struct wp_msg *msg)
{
    for (uint32_t i = 0; i < HOUSE_TRACES; i++) {
        if (wp_routes_trace(msg->routes, i) && !worker->views[i]) {
            worker->has_route_before_view = true;
        }
    }
    for (uint32_t i = 0; i < msg->listener_count; i++) {
        close(msg->listeners[i].fd);
    }
    wp_routes_unref(&worker->routes);
    worker->routes = wp_routes_ref(msg->routes);
    worker->routes_count++;
}

static void take_view(struct house_worker *worker, const struct wp_msg *msg)
{
    wp_view_unref(&worker->views[msg->trace]);
    worker->views[msg->trace] = wp_view_ref(msg->view);
    worker->view_count[msg->trace]++;
    worker->drain_epochs[msg->trace] = 0;
}

static void stop(struct house_worker *worker)
{
    struct wp_msg *stopped = wp_msg_new(WP_MSG_STOPPED, WP_TRACE_NONE);

    stopped->worker = worker->index;
    worker->has_quit = true;
    wp_bus_to_control(worker->house->bus, stopped);
    wp_loop_stop(worker->loop);
}

static void deliver(void *context, struct wp_mail *mail)
{
    struct house_worker *worker = context;
    struct wp_msg *msg = wp_msg_of(mail);

    house_lock(worker->house);
    switch (msg->type) {
    case WP_MSG_VIEW:
        take_view(worker, msg);
        break;
    case WP_MSG_DRAIN:
        worker->drain_epochs[msg->trace] = msg->epoch;
        worker->drain_count[msg->trace]++;
        if (!worker->is_silent) {
            answer_drain(worker, msg);
        }
        break;
    case WP_MSG_ROUTES:
        check_routes(worker, msg);
        break;
    case WP_MSG_QUIT:
        stop(worker);
        break;
    case WP_MSG_WAKE:
    case WP_MSG_DRAIN_ACK:
    case WP_MSG_UPSTREAM_BAD:
    case WP_MSG_STOPPED:
    case WP_MSG_PERMIT_WANTED:
    case WP_MSG_PERMIT_FREE:
        break;
    }
    pthread_cond_broadcast(&worker->house->changed);
    house_unlock(worker->house);
    wp_msg_free(&msg);
}

static void *run(void *context)
{
    struct house_worker *worker = context;
    struct wp_mailbox *box = worker->house->bus->workers[worker->index];

    wp_mailbox_attach(box, worker->loop, deliver, worker);
    wp_loop_run(worker->loop);
    wp_mailbox_detach(box);
    return NULL;
}

/* ---- upstream --------------------------------------------------------------------------- */

void house_upstream_up(struct house *house)
{
    struct wp_addr wanted = house->upstream;
    struct wp_err err = {.text = ""};

    if (wanted.sa.sa_family == AF_UNSPEC) {
        assert_int_equal(wp_addr_parse(WP_SLICE("127.0.0.1:0"), &wanted), 0);
    }
    if (wp_sock_listen(&wanted, 1, &house->upstream_fd, &house->upstream, &err) < 0) {
        fail_msg("%s", err.text);
    }
}

void house_upstream_down(struct house *house)
{
    close(house->upstream_fd);
    house->upstream_fd = -1;
}

unsigned house_port(const struct house *house)
{
    return wp_addr_port(&house->upstream);
}

/* ---- life ------------------------------------------------------------------------------- */

struct wp_conf *house_conf(const char *yaml)
{
    struct wp_conf_problems problems = {.count = 0};
    struct wp_conf *conf = wp_conf_parse("test.yaml", wp_slice_cstr(yaml), &problems);

    for (size_t i = 0; i < problems.count; i++) {
        print_error("%s\n", problems.lines[i]);
    }
    wp_conf_problems_fini(&problems);
    assert_non_null(conf);
    return conf;
}

static struct wp_listener_fd **no_listeners(void)
{
    struct wp_listener_fd **listeners = wp_calloc(HOUSE_WORKERS, sizeof(struct wp_listener_fd *));

    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        listeners[i] = wp_calloc(1, sizeof(struct wp_listener_fd));
    }
    return listeners;
}

void house_open(struct house *house, struct wp_conf *conf)
{
    struct wp_err err = {.text = ""};
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&house->mutex, NULL);
    pthread_cond_init(&house->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    house->conf = conf;
    house->is_stopped = false;
    house->bus = wp_bus_new(HOUSE_WORKERS);
    house->control = wp_control_new(house->bus, conf, &err);
    if (!house->control) {
        fail_msg("%s", err.text);
    }
    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        struct house_worker *worker = &house->workers[i];
        *worker = (struct house_worker){.house = house, .index = i, .loop = wp_loop_new()};
        assert_int_equal(pthread_create(&worker->thread, NULL, run, worker), 0);
    }
    assert_int_equal(wp_control_start(house->control), 0);
    wp_control_reload(house->control, conf, no_listeners(), 0);
}

static bool have_routes(struct house *house, const void *argument)
{
    const unsigned *count = argument;

    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        if (house->workers[i].routes_count < *count) {
            return false;
        }
    }
    return true;
}

void house_reload(struct house *house, struct wp_conf *conf)
{
    unsigned wanted;

    house_lock(house);
    wanted = house->workers[0].routes_count + 1;
    house_unlock(house);
    wp_control_reload(house->control, conf, no_listeners(), 0);
    wp_conf_unref(&house->conf);
    house->conf = conf;
    house_wait(house, "routes", have_routes, &wanted);
}

static void stopped(void *context)
{
    struct house *house = context;

    house_lock(house);
    house->is_stopped = true;
    pthread_cond_broadcast(&house->changed);
    house_unlock(house);
}

static bool is_stopped(struct house *house, const void *argument)
{
    return house->is_stopped;
}

void house_close(struct house *house)
{
    wp_control_quit(house->control, wp_clock_mono_ms() + 1000, stopped, house);
    house_wait(house, "the end", is_stopped, NULL);
    wp_control_join(&house->control);
    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        struct house_worker *worker = &house->workers[i];
        pthread_join(worker->thread, NULL);
        wp_loop_free(&worker->loop);
        assert_true(worker->has_quit);
        assert_false(worker->has_route_before_view);
        wp_routes_unref(&worker->routes);
        for (unsigned j = 0; j < HOUSE_TRACES; j++) {
            wp_view_unref(&worker->views[j]);
        }
    }
    wp_bus_free(&house->bus);
    wp_conf_unref(&house->conf);
    pthread_cond_destroy(&house->changed);
    pthread_mutex_destroy(&house->mutex);
}

/* ---- what workers do -------------------------------------------------------------------- */

void house_wake(struct house *house, unsigned worker, uint32_t trace)
{
    struct wp_msg *msg = wp_msg_new(WP_MSG_WAKE, trace);

    msg->worker = worker;
    msg->cause = wp_calloc(1, sizeof(*msg->cause));
    strcpy(msg->cause->client, "192.0.2.1");
    strcpy(msg->cause->method, "GET");
    strcpy(msg->cause->host, "a.test");
    strcpy(msg->cause->path, "/");
    wp_bus_to_control(house->bus, msg);
}

void house_upstream_bad(struct house *house, unsigned worker, uint32_t trace)
{
    struct wp_msg *msg = wp_msg_new(WP_MSG_UPSTREAM_BAD, trace);

    msg->worker = worker;
    msg->error = ECONNREFUSED;
    house_lock(house);
    msg->epoch = house->workers[worker].views[trace]->epoch;
    house_unlock(house);
    wp_bus_to_control(house->bus, msg);
}

/* ---- waiting ---------------------------------------------------------------------------- */

static void describe(struct house *house)
{
    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        for (unsigned j = 0; j < HOUSE_TRACES; j++) {
            const struct house_worker *worker = &house->workers[i];
            const struct wp_view *view = worker->views[j];
            if (view) {
                print_error("worker %u trace %u: status %d epoch %llu phase %s reason %s drains "
                            "%u\n",
                            i, j, (int)view->status, (unsigned long long)view->epoch, view->phase,
                            view->reason ? view->reason : "-", worker->drain_count[j]);
            }
        }
    }
}

void house_wait(struct house *house, const char *what, house_condition condition,
                const void *argument)
{
    struct timespec until;
    bool is_true;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_SECONDS;
    house_lock(house);
    while (!(is_true = condition(house, argument))) {
        if (pthread_cond_timedwait(&house->changed, &house->mutex, &until) != 0) {
            is_true = condition(house, argument);
            break;
        }
    }
    if (!is_true) {
        describe(house);
    }
    house_unlock(house);
    if (!is_true) {
        fail_msg("waited in vain for %s", what);
    }
}

static bool view_is(struct house *house, const void *argument)
{
    const struct house_view_is *is = argument;

    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        const struct wp_view *view = house->workers[i].views[is->trace];
        bool is_drained = house->workers[i].drain_epochs[is->trace] != 0;
        /* A DRAIN turns what was AWAKE into holding. */
        if (!view || view->status != is->status || (is_drained && is->status == WP_VIEW_AWAKE)) {
            return false;
        }
    }
    return true;
}

void house_wait_view(struct house *house, uint32_t trace, enum wp_view_status status)
{
    static const char *const names[] = {"HOLD", "AWAKE", "BROKEN", "GONE"};
    struct house_view_is is = {.trace = trace, .status = status};

    house_wait(house, names[status], view_is, &is);
}

struct drains_are {
    uint32_t trace;
    unsigned count;
};

static bool drains_are(struct house *house, const void *argument)
{
    const struct drains_are *are = argument;

    for (unsigned i = 0; i < HOUSE_WORKERS; i++) {
        if (house->workers[i].drain_count[are->trace] < are->count) {
            return false;
        }
    }
    return true;
}

void house_wait_drains(struct house *house, uint32_t trace, unsigned count)
{
    struct drains_are are = {.trace = trace, .count = count};

    house_wait(house, "DRAIN", drains_are, &are);
}
