/*
 * control.c - the control thread: its loop, its two mailboxes, and its end.
 *
 * Thread:    wp_control_new/start/reload/quit/join on app's thread; everything else on the control
 *            loop.
 * Owns:      all of struct wp_control. The bus is borrowed; messages are owned once delivered.
 * Invariant: no request can find a route without its view: views are posted before routes, through
 *            the same mailbox of each worker.
 * Invariant: whatever happens to workers, the end comes: a worker that does not report STOPPED is
 *            given up a fixed time after the deadline.
 * Not here:  deciding anything (engine), what actions do (driver.c), swapping configurations
 *            (reload.c).
 */
#include "wakeproxy/control/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"

#include "control_impl.h"
#include "resolve.h"
#include "store.h"

/* How long after the deadline workers may take to report that they ended. */
#define QUIT_GRACE_MS 5000u

enum command_type { COMMAND_RELOAD, COMMAND_QUIT };

/* What app asks for, through control->commands. */
struct command {
    struct wp_mail mail; /* first */
    enum command_type type;
    struct wp_conf *conf;
    struct wp_listener_fd **listeners;
    uint32_t listener_count;
    uint64_t deadline_ms;
    void (*on_stopped)(void *context);
    void *context;
};

static void free_listeners(struct wp_listener_fd **listeners, unsigned workers, uint32_t count)
{
    for (unsigned i = 0; listeners && i < workers; i++) {
        for (uint32_t j = 0; listeners[i] && j < count; j++) {
            close(listeners[i][j].fd);
        }
        free(listeners[i]);
    }
    free(listeners);
}

static void command_free(struct command *command, unsigned workers)
{
    free_listeners(command->listeners, workers, command->listener_count);
    wp_conf_unref(&command->conf);
    free(command);
}

/* ---- the end ---------------------------------------------------------------------------- */

static void finish(struct wp_control *control)
{
    wp_timer_set(&control->quit_timer, WP_NEVER);
    wp_loop_stop(control->loop);
}

static void quit_overdue(struct wp_timer *timer)
{
    struct wp_control *control = WP_CONTAINER_OF(timer, struct wp_control, quit_timer);

    wp_log(WP_LOG_ERROR, "shutdown.stuck", "workers:u", (uint64_t)control->running_workers);
    finish(control);
}

static void worker_stopped(struct wp_control *control, uint32_t worker)
{
    if (worker >= control->bus->worker_count || control->has_stopped[worker]) {
        return;
    }
    control->has_stopped[worker] = true;
    control->running_workers--;
    wp_drain_worker_gone(control, worker);
    if (control->running_workers == 0 && control->is_quitting) {
        finish(control);
    }
}

static void quit(struct wp_control *control, struct command *command)
{
    control->on_stopped = command->on_stopped;
    control->on_stopped_context = command->context;
    /* A second QUIT only moves the deadline. */
    control->is_quitting = true;
    wp_timer_set(&control->quit_timer, command->deadline_ms + QUIT_GRACE_MS);
    for (unsigned i = 0; i < control->bus->worker_count; i++) {
        if (!control->has_stopped[i]) {
            struct wp_msg *msg = wp_msg_new(WP_MSG_QUIT, WP_TRACE_NONE);
            msg->deadline_ms = command->deadline_ms;
            wp_bus_to_worker(control->bus, i, msg);
        }
    }
    if (control->running_workers == 0) {
        finish(control);
    }
}

/* ---- mail ------------------------------------------------------------------------------- */

static void reload(struct wp_control *control, struct command *command)
{
    struct wp_listener_fd **listeners = command->listeners;
    uint32_t count = command->listener_count;
    bool is_first = command->conf == control->conf; /* the start: only listeners are new */

    if (control->is_quitting) {
        return;
    }
    command->listeners = NULL;
    if (wp_reload_apply(control, command->conf, listeners, count) < 0) {
        wp_log(WP_LOG_ERROR, "reload.refused", "reason:s",
               "more trace names since the start than can be told apart; restart instead");
        free_listeners(listeners, control->bus->worker_count, count);
    } else if (!is_first) {
        wp_log(WP_LOG_INFO, "reload.done", "path:s traces:u listeners:u", control->conf->path,
               (uint64_t)control->conf->trace_count, (uint64_t)count);
    }
}

static void deliver_command(void *context, struct wp_mail *mail)
{
    struct wp_control *control = context;
    struct command *command = WP_CONTAINER_OF(mail, struct command, mail);

    switch (command->type) {
    case COMMAND_RELOAD:
        reload(control, command);
        break;
    case COMMAND_QUIT:
        quit(control, command);
        break;
    }
    command_free(command, control->bus->worker_count);
}

static void wake(struct wp_control_trace *trace, const struct wp_msg *msg)
{
    char text[sizeof(struct wp_cause) + 16];
    struct wp_event event = {.type = WP_EVENT_WAKE, .text = "a request"};

    if (msg->cause) {
        wp_cause_text(msg->cause, text, sizeof(text));
        event.text = text;
    }
    wp_driver_feed_active(trace, &event);
}

static void upstream_bad(struct wp_control_trace *trace, const struct wp_msg *msg)
{
    char text[128];
    struct wp_event event = {.type = WP_EVENT_UPSTREAM_BAD, .text = text};

    snprintf(text, sizeof(text), "cannot connect to the upstream: %s", strerror(msg->error));
    if (msg->epoch < trace->epoch_base) {
        /* Told about an engine that is gone: all it says now is that somebody waits. */
        event.type = WP_EVENT_WAKE;
    } else {
        event.epoch = msg->epoch - trace->epoch_base;
    }
    wp_driver_feed_active(trace, &event);
}

static void deliver(void *context, struct wp_mail *mail)
{
    struct wp_control *control = context;
    struct wp_msg *msg = wp_msg_of(mail);
    struct wp_control_trace *trace = wp_table_live(control, msg->trace);

    switch (msg->type) {
    case WP_MSG_WAKE:
        if (trace) {
            wake(trace, msg);
        }
        break;
    case WP_MSG_DRAIN_ACK:
        if (trace) {
            wp_drain_ack(trace, msg->worker, msg->epoch, msg->busy);
        }
        break;
    case WP_MSG_UPSTREAM_BAD:
        if (trace) {
            upstream_bad(trace, msg);
        }
        break;
    case WP_MSG_STOPPED:
        worker_stopped(control, msg->worker);
        break;
    case WP_MSG_VIEW:
    case WP_MSG_DRAIN:
    case WP_MSG_ROUTES:
    case WP_MSG_QUIT:
    case WP_MSG_PERMIT_WANTED:
    case WP_MSG_PERMIT_FREE:
        wp_log(WP_LOG_ERROR, "control.stray_message", "type:d", (int)msg->type);
        break;
    }
    wp_msg_free(&msg);
}

/* ---- life ------------------------------------------------------------------------------- */

struct wp_control *wp_control_new(struct wp_bus *bus, struct wp_conf *conf, struct wp_err *err)
{
    struct wp_control *control;

    if (conf->trace_count > WP_TRACES_MAX) {
        wp_err_set(err, -E2BIG, "%zu traces are more than the %u that can be told apart",
                   conf->trace_count, WP_TRACES_MAX);
        return NULL;
    }
    control = wp_calloc(1, sizeof(*control));
    control->bus = bus;
    control->conf = wp_conf_ref(conf);
    control->loop = wp_loop_new();
    control->commands = wp_mailbox_new();
    control->by_name = wp_map_new();
    control->resolver = wp_resolver_new(control->loop);
    control->has_stopped = wp_calloc(bus->worker_count, sizeof(bool));
    control->running_workers = bus->worker_count;
    control->jitter = wp_clock_mono_us();
    wp_list_init(&control->events);
    for (unsigned i = 0; i < WP_PROVIDER_KINDS; i++) {
        wp_list_init(&control->due[i]);
    }
    wp_timer_init(&control->quit_timer, control->loop, quit_overdue);
    if (conf->state_dir) {
        control->state_dir = wp_strdup(conf->state_dir);
        control->store = wp_store_new(control, conf->state_dir, err);
        if (!control->store) {
            wp_control_join(&control);
        }
    }
    return control;
}

static void *run(void *context)
{
    struct wp_control *control = context;
    struct wp_conf *first = wp_conf_ref(control->conf);

    wp_mailbox_attach(control->bus->control, control->loop, deliver, control);
    wp_mailbox_attach(control->commands, control->loop, deliver_command, control);
    /* Begins to observe and tells workers the views; routes follow with the listeners. */
    if (wp_reload_apply(control, first, NULL, 0) < 0) {
        wp_log(WP_LOG_ERROR, "control.refused", "reason:s", "too many traces");
    }
    wp_conf_unref(&first);
    wp_store_begin(control->store);

    wp_loop_run(control->loop);

    wp_store_close(&control->store);
    wp_table_free(control);
    wp_part_free_providers(control);
    wp_mailbox_detach(control->bus->control);
    wp_mailbox_detach(control->commands);
    if (control->on_stopped) {
        control->on_stopped(control->on_stopped_context);
    }
    return NULL;
}

int wp_control_start(struct wp_control *control)
{
    sigset_t all, before;
    int error;

    /* Signals are the main thread's business. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&control->thread, NULL, run, control);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return -error;
    }
    control->is_started = true;
    pthread_setname_np(control->thread, "wp-control");
    return 0;
}

void wp_control_reload(struct wp_control *control, struct wp_conf *conf,
                       struct wp_listener_fd **listeners, uint32_t listener_count)
{
    struct command *command = wp_calloc(1, sizeof(*command));

    wp_list_init(&command->mail.link);
    command->type = COMMAND_RELOAD;
    command->conf = wp_conf_ref(conf);
    command->listeners = listeners;
    command->listener_count = listener_count;
    wp_mailbox_post(control->commands, &command->mail);
}

void wp_control_quit(struct wp_control *control, uint64_t deadline_ms,
                     void (*on_stopped)(void *context), void *context)
{
    struct command *command = wp_calloc(1, sizeof(*command));

    wp_list_init(&command->mail.link);
    command->type = COMMAND_QUIT;
    command->deadline_ms = deadline_ms;
    command->on_stopped = on_stopped;
    command->context = context;
    wp_mailbox_post(control->commands, &command->mail);
}

void wp_control_join(struct wp_control **ref)
{
    struct wp_control *control = *ref;
    struct wp_mail *mail;

    if (!control) {
        return;
    }
    *ref = NULL;
    if (control->is_started) {
        pthread_join(control->thread, NULL);
    }
    wp_store_close(&control->store);
    while ((mail = wp_mailbox_take(control->commands)) != NULL) {
        command_free(WP_CONTAINER_OF(mail, struct command, mail), control->bus->worker_count);
    }
    wp_mailbox_free(&control->commands);
    wp_timer_fini(&control->quit_timer);
    wp_resolver_free(&control->resolver);
    wp_loop_free(&control->loop);
    wp_actions_fini(&control->actions);
    wp_map_free(&control->by_name);
    free(control->traces);
    free(control->has_stopped);
    free(control->state_dir);
    wp_conf_unref(&control->conf);
    free(control);
}
