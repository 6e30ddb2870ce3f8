/*
 * exec.c - parts that are started, stopped and observed by commands.
 *
 * Thread:    the control loop; exec_free() after it has ended.
 * Owns:      its parts until release, and every command until it has ended.
 * Invariant: at most one start or stop command and at most one status command per part at a time,
 *            and at most STATUS_PARALLEL status commands in all; the others queue.
 * Invariant: an observe call is answered by a status command that began after it: one that is under
 *            way may have looked before the change that is asked about.
 * Invariant: after a start or stop command the part is observed at once.
 * Meaning:   a start command may end long before the part runs (Wake-on-LAN). "Stopped" within
 *            start_timeout of a start that was not seen to run yet is told as starting; likewise
 *            "running" within stop_timeout of a stop as stopping.
 * Not here:  running commands (exec_run.c); addresses: a command reports none, so the upstream of
 *            such a trace is written in the configuration.
 */
#include <errno.h>
#include <stdlib.h>

#include "exec_run.h"
#include "kinds.h"
#include "report.h"
#include "wakeproxy/base/clock.h"

#define STATUS_PARALLEL 8

struct exec_provider {
    struct wp_provider base;
    struct wp_report_queue reports;
    struct wp_list children; /* every command that has not ended */
    struct wp_list queue;    /* parts that wait for a status command */
    uint32_t statuses_running;
};

struct exec_part {
    struct wp_provider_part base;
    struct wp_exec_run action; /* start or stop */
    uint32_t actions_out;      /* calls answered by the end of `action` */
    struct wp_exec_run status;
    struct wp_list queue_link;
    bool want_status;                              /* once more after the one under way */
    uint32_t observes_now;                         /* calls answered by the end of `status` */
    uint32_t observes_next;                        /* calls answered by the one after */
    uint64_t starting_until_ms, stopping_until_ms; /* 0: no such claim */
};

static struct exec_provider *provider_of(const struct exec_part *part)
{
    return (struct exec_provider *)part->base.provider;
}

static const struct wp_conf_exec *conf_of(const struct exec_part *part)
{
    return &part->base.conf->exec;
}

static uint64_t now_ms(const struct exec_part *part)
{
    return wp_loop_now_ms(part->base.provider->loop);
}

static void complete(struct exec_part *part, enum wp_provider_op op, enum wp_outcome outcome,
                     const char *reason)
{
    wp_report_completed(&provider_of(part)->reports, &part->base, op, outcome, reason);
}

static void complete_observes(struct exec_part *part, enum wp_outcome outcome, const char *reason)
{
    while (part->observes_now > 0) {
        part->observes_now--;
        complete(part, WP_OP_OBSERVE, outcome, reason);
    }
}

/* What the part is, given what its status command says. */
static enum wp_part_state judge(struct exec_part *part, int exit_status)
{
    bool is_acting = part->action.child != NULL;

    switch (exit_status) {
    case 0:
        part->starting_until_ms = 0;
        if ((is_acting && part->action.op == WP_OP_STOP) ||
            part->stopping_until_ms > now_ms(part)) {
            return WP_PART_STOPPING;
        }
        return WP_PART_RUNNING;
    case 3:
        part->stopping_until_ms = 0;
        if ((is_acting && part->action.op == WP_OP_START) ||
            part->starting_until_ms > now_ms(part)) {
            return WP_PART_STARTING;
        }
        return WP_PART_STOPPED;
    default:
        return WP_PART_UNKNOWN;
    }
}

static void tell_status(struct exec_part *part, const struct wp_exec_result *result)
{
    struct wp_observation observation = {.state = judge(part, result->status),
                                         .detail = result->text};

    if (observation.state == WP_PART_RUNNING ||
        (result->status == 3 && part->status.last_line[0] == '\0')) {
        /* "the status command exited with status 3" tells people nothing. */
        observation.detail = NULL;
    }
    wp_report_observed(&provider_of(part)->reports, &part->base, &observation);
}

static void pump(struct exec_provider *exec);

/* Queues a status command for the part, which is not running one. */
static void enqueue(struct exec_part *part, bool is_first)
{
    struct exec_provider *exec = provider_of(part);

    if (part->status.child != NULL) {
        part->want_status = true;
        return;
    }
    wp_list_remove(&part->queue_link);
    if (is_first) {
        wp_list_prepend(&exec->queue, &part->queue_link);
    } else {
        wp_list_append(&exec->queue, &part->queue_link);
    }
    pump(exec);
}

static void begin_status(struct exec_part *part)
{
    struct exec_provider *exec = provider_of(part);
    struct wp_err err;

    part->want_status = false;
    part->observes_now += part->observes_next;
    part->observes_next = 0;
    if (wp_exec_run_begin(&part->status, WP_OP_OBSERVE, part->base.conf, part->base.label,
                          &exec->children, &err) < 0) {
        wp_report_state(&exec->reports, &part->base, WP_PART_UNKNOWN, err.text);
        complete_observes(part, WP_OUTCOME_RETRY, err.text);
        return;
    }
    exec->statuses_running++;
}

static void pump(struct exec_provider *exec)
{
    struct wp_list *node;

    while (exec->statuses_running < STATUS_PARALLEL &&
           (node = wp_list_first(&exec->queue)) != NULL) {
        wp_list_remove(node);
        begin_status(WP_CONTAINER_OF(node, struct exec_part, queue_link));
    }
}

static void status_done(struct wp_exec_run *run, const struct wp_exec_result *result)
{
    struct exec_part *part = WP_CONTAINER_OF(run, struct exec_part, status);
    struct exec_provider *exec = provider_of(part);

    exec->statuses_running--;
    tell_status(part, result);
    if (result->has_failed_exec) {
        complete_observes(part, WP_OUTCOME_FATAL, result->text);
    } else if (result->is_timed_out) {
        complete_observes(part, WP_OUTCOME_RETRY, result->text);
    } else {
        complete_observes(part, WP_OUTCOME_OK, NULL);
    }
    if (part->want_status || part->observes_next > 0) {
        enqueue(part, false);
    }
    pump(exec);
}

static void action_done(struct wp_exec_run *run, const struct wp_exec_result *result)
{
    struct exec_part *part = WP_CONTAINER_OF(run, struct exec_part, action);
    enum wp_outcome outcome = wp_exec_outcome(result);
    const char *reason = outcome == WP_OUTCOME_OK ? NULL : result->text;

    if (outcome == WP_OUTCOME_OK && run->op == WP_OP_START) {
        part->starting_until_ms = run->began_ms + conf_of(part)->start_timeout_ms;
    } else if (outcome == WP_OUTCOME_OK) {
        part->stopping_until_ms = run->began_ms + conf_of(part)->stop_timeout_ms;
    }
    while (part->actions_out > 0) {
        part->actions_out--;
        complete(part, run->op, outcome, reason);
    }
    enqueue(part, true);
}

static struct wp_provider_part *exec_configure(struct wp_provider *provider,
                                               const struct wp_conf_part *conf, const char *label,
                                               uint64_t token, struct wp_err *err)
{
    struct exec_part *part;

    if (conf->exec.start.count == 0 || conf->exec.stop.count == 0 || conf->exec.status.count == 0) {
        (void)wp_err_set(err, -EINVAL,
                         "%s: `exec` needs a `start`, a `stop` and a `status` command", label);
        return NULL;
    }
    part = wp_calloc(1, sizeof(*part));
    wp_provider_part_init(&part->base, provider, conf, label, token);
    wp_exec_run_init(&part->action, provider->loop, action_done);
    wp_exec_run_init(&part->status, provider->loop, status_done);
    wp_list_init(&part->queue_link);
    return &part->base;
}

static void exec_reconfigure(struct wp_provider_part *base, const struct wp_conf_part *conf)
{
    base->conf = conf;
}

static void exec_observe(struct wp_provider *provider, struct wp_provider_part **parts,
                         size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct exec_part *part = (struct exec_part *)parts[i];

        part->observes_next++;
        if (part->status.child == NULL && wp_list_is_empty(&part->queue_link)) {
            enqueue(part, false);
        }
    }
}

static void act(struct exec_part *part, enum wp_provider_op op)
{
    struct exec_provider *exec = provider_of(part);
    struct wp_err err;

    if (part->action.child != NULL) {
        if (part->action.op == op) {
            part->actions_out++;
        } else {
            complete(part, op, WP_OUTCOME_WAIT, "its former command has not ended yet");
        }
        return;
    }
    part->starting_until_ms = 0;
    part->stopping_until_ms = 0;
    if (wp_exec_run_begin(&part->action, op, part->base.conf, part->base.label, &exec->children,
                          &err) < 0) {
        complete(part, op, WP_OUTCOME_RETRY, err.text);
        return;
    }
    part->actions_out = 1;
    wp_report_state(&exec->reports, &part->base,
                    op == WP_OP_START ? WP_PART_STARTING : WP_PART_STOPPING, NULL);
}

static void exec_start(struct wp_provider_part *base)
{
    act((struct exec_part *)base, WP_OP_START);
}

static void exec_stop(struct wp_provider_part *base)
{
    act((struct exec_part *)base, WP_OP_STOP);
}

static void exec_release(struct wp_provider_part *base)
{
    struct exec_part *part = (struct exec_part *)base;
    struct exec_provider *exec = provider_of(part);
    uint32_t observes = part->observes_now + part->observes_next;

    if (part->status.child != NULL) {
        exec->statuses_running--;
    }
    wp_list_remove(&part->queue_link);
    wp_exec_run_cancel(&part->status);
    wp_exec_run_cancel(&part->action);
    wp_report_cancel(&exec->reports, base);
    while (observes > 0) {
        observes--;
        wp_report_cancelled(base, WP_OP_OBSERVE);
    }
    while (part->actions_out > 0) {
        part->actions_out--;
        wp_report_cancelled(base, part->action.op);
    }
    wp_provider_part_fini(base);
    free(part);
    pump(exec);
}

static uint64_t exec_interval_ms(const struct wp_provider_part *base, bool is_changing)
{
    return is_changing ? base->conf->exec.fast_interval_ms : base->conf->exec.interval_ms;
}

static void exec_free(struct wp_provider *provider)
{
    struct exec_provider *exec = (struct exec_provider *)provider;

    wp_children_wait(&exec->children);
    wp_report_queue_fini(&exec->reports);
    free(exec);
}

static const struct wp_provider_ops exec_ops = {
    .name = "exec",
    .configure = exec_configure,
    .reconfigure = exec_reconfigure,
    .observe = exec_observe,
    .start = exec_start,
    .stop = exec_stop,
    .release = exec_release,
    .interval_ms = exec_interval_ms,
    .free = exec_free,
};

struct wp_provider *wp_exec_provider_new(struct wp_loop *loop, const struct wp_provider_sink *sink)
{
    struct exec_provider *exec = wp_calloc(1, sizeof(*exec));

    exec->base.ops = &exec_ops;
    exec->base.loop = loop;
    exec->base.sink = *sink;
    wp_list_init(&exec->children);
    wp_list_init(&exec->queue);
    wp_report_queue_init(&exec->reports, &exec->base);
    return &exec->base;
}
