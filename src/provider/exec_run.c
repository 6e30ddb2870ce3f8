/*
 * exec_run.c - runs one start, stop or status command within its time.
 *
 * Thread:    the control loop.
 * Owns:      the child until it has ended or was given up; then only the provider's list holds it.
 * Invariant: done() exactly once per begun run, unless cancelled; at the latest GIVE_UP_MS after
 *            the timeout, even when the command hangs in the kernel where no signal reaches it.
 * Invariant: a timed-out command's whole group is ended: a shell's children would go on otherwise.
 * Not here:  what a status means for the part (exec.c).
 */
#include "exec_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"

#define TERM_GRACE_MS   2000 /* a timed-out start or stop may clean up */
#define CANCEL_GRACE_MS 5000
#define GIVE_UP_MS      4000

static const char *op_name(enum wp_provider_op op)
{
    switch (op) {
    case WP_OP_START:
        return "start";
    case WP_OP_STOP:
        return "stop";
    case WP_OP_OBSERVE:
        return "status";
    }
    return "";
}

static const struct wp_conf_strings *op_command(const struct wp_conf_exec *conf,
                                                enum wp_provider_op op)
{
    switch (op) {
    case WP_OP_START:
        return &conf->start;
    case WP_OP_STOP:
        return &conf->stop;
    case WP_OP_OBSERVE:
        return &conf->status;
    }
    return NULL;
}

static uint64_t op_timeout_ms(const struct wp_conf_exec *conf, enum wp_provider_op op)
{
    switch (op) {
    case WP_OP_START:
        return conf->start_timeout_ms;
    case WP_OP_STOP:
        return conf->stop_timeout_ms;
    case WP_OP_OBSERVE:
        return conf->status_timeout_ms;
    }
    return 0;
}

/* Takes the run off its child, which goes on to its own end. */
static void detach(struct wp_exec_run *run)
{
    run->child->subject = NULL;
    run->child = NULL;
    wp_timer_set(&run->timer, WP_NEVER);
}

static void finish(struct wp_exec_run *run, const struct wp_child_end *end)
{
    struct wp_exec_result result = {.is_timed_out = run->is_timed_out, .status = -1};
    char how[WP_CHILD_END_SIZE], duration[WP_DURATION_SIZE];

    if (run->is_timed_out) {
        wp_clock_duration_text(run->timeout_ms, duration);
        (void)snprintf(result.text, sizeof(result.text), "the %s command did not end within %s",
                       op_name(run->op), duration);
    } else {
        result.has_failed_exec = end->has_failed_exec;
        if (end->is_known && !end->is_signal) {
            result.status = end->status;
        }
        wp_child_end_text(end, how);
        if (end->has_failed_exec) {
            (void)snprintf(result.text, sizeof(result.text), "%s: %s", run->command, how);
        } else if (run->last_line[0] != '\0') {
            (void)snprintf(result.text, sizeof(result.text), "%s", run->last_line);
        } else {
            (void)snprintf(result.text, sizeof(result.text), "the %s command %s", op_name(run->op),
                           how);
        }
    }
    run->done(run, &result);
}

static void run_started(struct wp_child *child)
{
    /* The command's end is what counts. */
}

static void run_line(struct wp_child *child, bool is_stderr, struct wp_slice line)
{
    struct wp_exec_run *run = child->subject;

    line = wp_slice_trim(line);
    if (run == NULL || line.len == 0) {
        return;
    }
    (void)snprintf(run->last_line, sizeof(run->last_line), "%.*s", WP_SLICE_ARG(line));
}

static void run_ended(struct wp_child *child, const struct wp_child_end *end)
{
    struct wp_exec_run *run = child->subject;

    if (run != NULL) {
        detach(run);
    }
    wp_child_free(&child);
    if (run != NULL) {
        finish(run, end);
    }
}

static const struct wp_child_ops run_ops = {
    .started = run_started, .line = run_line, .ended = run_ended};

static void timer_fired(struct wp_timer *timer)
{
    struct wp_exec_run *run = WP_CONTAINER_OF(timer, struct wp_exec_run, timer);

    if (run->is_timed_out) {
        /* Not even SIGKILL ended it. The part is not to hang with it. */
        detach(run);
        finish(run, NULL);
        return;
    }
    run->is_timed_out = true;
    wp_child_stop(run->child, run->op == WP_OP_OBSERVE ? SIGKILL : SIGTERM, TERM_GRACE_MS);
    wp_timer_set(timer, wp_loop_now_ms(timer->loop) + GIVE_UP_MS);
}

void wp_exec_run_init(struct wp_exec_run *run, struct wp_loop *loop,
                      void (*done)(struct wp_exec_run *run, const struct wp_exec_result *result))
{
    memset(run, 0, sizeof(*run));
    run->done = done;
    wp_timer_init(&run->timer, loop, timer_fired);
}

int wp_exec_run_begin(struct wp_exec_run *run, enum wp_provider_op op,
                      const struct wp_conf_part *conf, const char *label, struct wp_list *children,
                      struct wp_err *err)
{
    struct wp_loop *loop = run->timer.loop;
    const char *slash = strrchr(label, '/');
    char *trace = wp_strndup(label, slash != NULL ? (size_t)(slash - label) : strlen(label));
    const struct wp_conf_pair extra[] = {{(char *)"WAKEPROXY_TRACE", trace},
                                         {(char *)"WAKEPROXY_PART", conf->name},
                                         {(char *)"WAKEPROXY_OP", (char *)op_name(op)}};
    struct wp_spawn_plan plan = {.command = op_command(&conf->exec, op),
                                 .env = conf->exec.env,
                                 .env_count = conf->exec.env_count,
                                 .extra_env = extra,
                                 .extra_env_count = WP_ARRAY_SIZE(extra),
                                 .directory = conf->exec.directory,
                                 .output_fd = -1};
    struct wp_child_setup setup = {.ops = &run_ops,
                                   .subject = run,
                                   .loop = loop,
                                   .label = label,
                                   .level = op == WP_OP_OBSERVE ? WP_LOG_DEBUG : WP_LOG_INFO,
                                   .may_leave_others = op == WP_OP_START};
    int error = 0;

    run->child = wp_child_spawn(&setup, &plan, &error, err);
    free(trace);
    if (run->child == NULL) {
        return -error;
    }
    wp_list_append(children, &run->child->link);
    run->op = op;
    run->is_timed_out = false;
    run->last_line[0] = '\0';
    (void)snprintf(run->command, sizeof(run->command), "%s", plan.command->items[0]);
    run->began_ms = wp_loop_now_ms(loop);
    run->timeout_ms = op_timeout_ms(&conf->exec, op);
    wp_timer_set(&run->timer,
                 run->timeout_ms == WP_NEVER ? WP_NEVER : run->began_ms + run->timeout_ms);
    return 0;
}

void wp_exec_run_cancel(struct wp_exec_run *run)
{
    struct wp_child *child = run->child;

    if (child != NULL) {
        detach(run);
        wp_child_stop(child, run->op == WP_OP_OBSERVE ? SIGKILL : SIGTERM, CANCEL_GRACE_MS);
    }
    wp_timer_fini(&run->timer);
}

enum wp_outcome wp_exec_outcome(const struct wp_exec_result *result)
{
    if (result->has_failed_exec) {
        return WP_OUTCOME_FATAL;
    }
    switch (result->status) {
    case 0:
        return WP_OUTCOME_OK;
    case 69: /* EX_UNAVAILABLE */
        return WP_OUTCOME_CAPACITY;
    case 77: /* EX_NOPERM */
        return WP_OUTCOME_DENIED;
    case 78:  /* EX_CONFIG */
    case 126: /* a shell could not execute it */
    case 127: /* a shell did not find it */
        return WP_OUTCOME_FATAL;
    default: /* also 75, EX_TEMPFAIL, and every signal */
        return WP_OUTCOME_RETRY;
    }
}
