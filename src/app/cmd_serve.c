/*
 * cmd_serve.c - `wakeproxy serve`: starts the threads in order, answers signals, and ends them.
 *
 * Thread:    main. It blocks in poll(2) on signals and on "control has stopped"; it does the
 *            blocking work of a reload (reading the file, opening sockets) so that no loop has to.
 * Owns:      bus, control, workers, listeners; the first reference to the configuration.
 * Invariant: nothing serves before everything that can be refused was checked: the file, the
 *            listening addresses, the state directory. Such a refusal is one plain line.
 * Invariant: a reload that is refused changes nothing, and every reason is logged.
 * Invariant: the process ends: after SIGTERM or SIGINT within shutdown_timeout, a grace time and
 *            what `process` parts take to stop, at most their stop_timeout; and at once at the
 *            second signal (the guard process ends our children then).
 * Not here:  what the threads do.
 */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"
#include "wakeproxy/control/control.h"
#include "wakeproxy/provider/provider.h"
#include "wakeproxy/worker/worker.h"

#include "app.h"

/* Threads that control has seen stop end within this time, or the process is ended. */
#define JOIN_SECONDS 10

struct server {
    const char *path;
    struct wp_conf *conf;
    int signal_fd, stopped_fd;
    struct wp_listener_table *listeners;
    struct wp_listener_fd **shared; /* until control has them */
    uint32_t shared_count;
    struct wp_bus *bus;
    struct wp_control *control;
    bool is_control_started;
    struct wp_worker **workers;
    unsigned worker_count; /* of the first configuration; a reload does not change it */
    unsigned started_count;
};

/* libevent's own warnings, which would be bare lines on standard error. Any thread. */
static void event_log(int severity, const char *text)
{
    wp_log(severity >= EVENT_LOG_WARN ? WP_LOG_WARN : WP_LOG_DEBUG, "libevent", "text:s", text);
}

/* On the control thread. */
static void control_stopped(void *context)
{
    struct server *server = context;
    uint64_t one = 1;
    ssize_t done = write(server->stopped_fd, &one, sizeof(one));

    (void)done; /* an eventfd at 0 takes it */
}

/* ---- start ------------------------------------------------------------------------------ */

/* What can be refused, before anything serves. */
static int prepare(struct server *server, struct wp_err *err)
{
    int result = wp_process_guard_start(err);

    if (result < 0) {
        return result;
    }
    server->signal_fd = wp_signals_open(err);
    if (server->signal_fd < 0) {
        return server->signal_fd;
    }
    server->stopped_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stopped_fd < 0) {
        return wp_err_errno(err, errno, "cannot make an eventfd");
    }
    event_set_log_callback(event_log);
    wp_nofile_raise();
    server->listeners = wp_listeners_new(server->worker_count);
    server->shared =
        wp_listeners_apply(server->listeners, server->conf, &server->shared_count, err);
    if (!server->shared) {
        return -EADDRINUSE;
    }
    server->bus = wp_bus_new(server->worker_count);
    server->control = wp_control_new(server->bus, server->conf, err);
    return server->control ? 0 : -EINVAL;
}

static int start_threads(struct server *server, struct wp_err *err)
{
    unsigned count = server->worker_count;
    int result;

    server->workers = wp_calloc(count, sizeof(struct wp_worker *));
    for (unsigned i = 0; i < count; i++) {
        server->workers[i] = wp_worker_new(server->bus, i);
        result = wp_worker_start(server->workers[i]);
        if (result < 0) {
            return wp_err_errno(err, -result, "cannot start worker %u", i);
        }
        server->started_count++;
    }
    result = wp_control_start(server->control);
    if (result < 0) {
        return wp_err_errno(err, -result, "cannot start the control thread");
    }
    server->is_control_started = true;
    wp_control_reload(server->control, server->conf, server->shared, server->shared_count);
    server->shared = NULL;
    return 0;
}

static void announce(struct server *server, int ready_fd)
{
    struct wp_log_line line;
    char text[1024] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < wp_listeners_count(server->listeners); i++) {
        struct wp_addr bound = wp_listeners_bound(server->listeners, i);
        char address[WP_ADDR_SIZE];
        wp_addr_text(&bound, address);
        if (used + WP_ADDR_SIZE + 2 < sizeof(text)) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
                                     address);
        }
    }
    wp_log_begin(&line, WP_LOG_INFO, "serve.ready");
    wp_log_str(&line, "version", WP_VERSION);
    wp_log_str(&line, "listeners", text);
    wp_log_u64(&line, "workers", server->worker_count);
    wp_log_u64(&line, "traces", server->conf->trace_count);
    wp_log_end(&line);
    if (ready_fd >= 0) {
        int result = wp_ready_tell(ready_fd, server->listeners);
        if (result < 0) {
            wp_log(WP_LOG_WARN, "serve.ready_fd", "reason:s", strerror(-result));
        }
    }
}

/* ---- reload ----------------------------------------------------------------------------- */

static void warn_restart(const struct wp_conf *old, const struct wp_conf *new)
{
    char *keys = wp_conf_restart_keys(old, new);

    if (keys) {
        wp_log(WP_LOG_WARN, "reload.needs_restart", "keys:s", keys);
        free(keys);
    }
}

/* One refusal is one event: its reasons are one field, cut where a line would be too long. */
static void log_problems(const struct server *server, const struct wp_conf_problems *problems)
{
    char text[3072] = "";
    size_t used = 0;

    for (size_t i = 0; i < problems->count && used < sizeof(text) - 1; i++) {
        int length = snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? "; " : "",
                              problems->lines[i]);
        used += length > 0 ? (size_t)length : 0;
    }
    wp_log(WP_LOG_ERROR, "reload.refused", "path:s problems:u reason:s", server->path,
           (uint64_t)problems->count, text);
}

static void log_refusal(const struct server *server, const char *reason)
{
    wp_log(WP_LOG_ERROR, "reload.refused", "path:s problems:u reason:s", server->path, (uint64_t)1,
           reason);
}

/* A pipe has nothing more to give than at the start, and reading it would keep us from SIGTERM. */
static bool may_block(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static void reload(struct server *server)
{
    struct wp_conf_problems problems = {.count = 0};
    struct wp_conf *conf;
    struct wp_listener_fd **shared;
    struct wp_err err = {.text = ""};
    uint32_t count = 0;

    if (may_block(server->path)) {
        log_refusal(server, "it is not a regular file, so it cannot be read again");
        return;
    }
    conf = wp_conf_load(server->path, &problems);
    if (!conf) {
        log_problems(server, &problems);
    }
    wp_conf_problems_fini(&problems);
    if (!conf) {
        return;
    }
    shared = wp_listeners_apply(server->listeners, conf, &count, &err);
    if (!shared) {
        log_refusal(server, err.text);
        wp_conf_unref(&conf);
        return;
    }
    wp_log_configure(conf->log.format, conf->log.level);
    warn_restart(server->conf, conf);
    if (server->conf->limits.connections != conf->limits.connections) {
        wp_nofile_check(conf);
    }
    wp_control_reload(server->control, conf, shared, count);
    wp_conf_unref(&server->conf);
    server->conf = conf;
}

/* ---- end -------------------------------------------------------------------------------- */

static void begin_shutdown(struct server *server)
{
    uint64_t deadline_ms = wp_clock_mono_ms() + server->conf->shutdown_timeout_ms;

    wp_log(WP_LOG_INFO, "shutdown.begin", "timeout_ms:u", server->conf->shutdown_timeout_ms);
    wp_control_quit(server->control, deadline_ms, control_stopped, server);
    wp_listeners_free(&server->listeners);
}

/* Threads still run, on purpose: nothing is torn down under them, and no exit handler (nor a
 * checker's) has a say. The guard process ends our children. */
static void __attribute__((noreturn)) end_at_once(void)
{
    wp_log(WP_LOG_WARN, "shutdown.forced", "");
    wp_log_flush();
    syscall(SYS_exit_group, EXIT_FAILURE);
    abort();
}

/* Until control has stopped. Returns the exit status. */
static int serve(struct server *server)
{
    struct pollfd polls[2] = {
        {.fd = server->signal_fd, .events = POLLIN},
        {.fd = server->stopped_fd, .events = POLLIN},
    };
    bool is_ending = false;

    for (;;) {
        int signal_number;
        if (poll(polls, 2, -1) < 0 && errno != EINTR) {
            return EXIT_FAILURE;
        }
        if (polls[1].revents & POLLIN) {
            return EXIT_SUCCESS;
        }
        while ((signal_number = wp_signals_next(server->signal_fd)) != 0) {
            if (signal_number == SIGHUP) {
                if (!is_ending) {
                    reload(server);
                }
            } else if (is_ending) {
                end_at_once();
            } else {
                is_ending = true;
                begin_shutdown(server);
            }
        }
    }
}

/* Ends workers that run although control never did. */
static void stop_workers(struct server *server)
{
    for (unsigned i = 0; i < server->started_count; i++) {
        struct wp_msg *msg = wp_msg_new(WP_MSG_QUIT, WP_TRACE_NONE);
        msg->deadline_ms = wp_clock_mono_ms();
        wp_bus_to_worker(server->bus, i, msg);
    }
}

static void finish(struct server *server)
{
    if (!server->is_control_started) {
        stop_workers(server);
    }
    alarm(JOIN_SECONDS);
    for (unsigned i = 0; server->workers && i < server->worker_count; i++) {
        wp_worker_join(&server->workers[i]);
    }
    free(server->workers);
    wp_control_join(&server->control);
    alarm(0);
    wp_bus_free(&server->bus);
    wp_listeners_drop(server->shared, server->worker_count, server->shared_count);
    wp_listeners_free(&server->listeners);
    if (server->stopped_fd >= 0) {
        close(server->stopped_fd);
    }
    if (server->signal_fd >= 0) {
        close(server->signal_fd);
    }
}

static int run(const struct wp_args *args)
{
    struct server server = {.path = args->config, .signal_fd = -1, .stopped_fd = -1};
    struct wp_err err = {.text = ""};
    int status = EXIT_FAILURE;

    server.conf = wp_app_load(args->config);
    if (!server.conf) {
        return EXIT_FAILURE;
    }
    server.worker_count = server.conf->workers;
    if (prepare(&server, &err) < 0) {
        fprintf(stderr, "wakeproxy: %s\n", err.text);
        finish(&server);
        wp_conf_unref(&server.conf);
        return EXIT_FAILURE;
    }
    wp_log_open(STDERR_FILENO, server.conf->log.format, server.conf->log.level);
    wp_nofile_check(server.conf);
    if (start_threads(&server, &err) < 0) {
        wp_log(WP_LOG_ERROR, "serve.failed", "reason:s", err.text);
    } else {
        announce(&server, args->ready_fd);
        status = serve(&server);
    }
    finish(&server);
    wp_log(WP_LOG_INFO, "shutdown.done", "status:d", status);
    wp_log_close();
    wp_conf_unref(&server.conf);
    return status;
}

const struct wp_command wp_command_serve = {
    .name = "serve",
    .options = "cr",
    .summary = "serve requests, wake and put to sleep",
    .usage =
        "usage: wakeproxy serve [-c FILE] [--ready-fd N]\n\n"
        "  -c, --config FILE   the configuration (default " WP_DEFAULT_CONFIG ")\n"
        "      --ready-fd N    write one line of JSON with the real listening addresses to\n"
        "                      descriptor N once requests are served, and close it\n\n"
        "SIGHUP reads the configuration again; one with problems changes nothing. SIGTERM and\n"
        "SIGINT end gracefully within shutdown_timeout; a second one ends at once.\n",
    .run = run,
};
