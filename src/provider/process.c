/*
 * process.c - parts that are local processes, supervised as whole groups.
 *
 * Thread:    the control loop; process_free() after it has ended.
 * Owns:      its parts until release, and every child until it has ended (or, with `outlive`, until
 *            the provider is freed). A released part may leave a child behind: it has no subject
 *            then, and only stays on the list of children until it is gone.
 * States:    derived from the child: none: stopped; before exec: starting; then running; signalled:
 *            stopping. Stopped is told when the group's leader is gone, not when it was signalled.
 * Invariant: at most one child per label: while a former one is ending, start answers WAIT.
 * Invariant: children are under guard exactly when they must not outlive us.
 * Not here:  restarting what crashed (the next wake does), readiness (control's probes).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "kinds.h"
#include "process_state.h"
#include "report.h"
#include "wakeproxy/base/clock.h"

struct process_provider {
    struct wp_provider base;
    struct wp_report_queue reports;
    struct wp_list parts;
    struct wp_list children;
    char *state_dir; /* NULL: none */
};

struct process_part {
    struct wp_provider_part base;
    struct wp_list link;
    struct wp_child *child;               /* NULL: not running */
    uint32_t starts_out;                  /* start calls that wait for exec */
    char last_words[200];                 /* the newest line of output of the current run */
    char detail[WP_CHILD_END_SIZE + 256]; /* how it last ended */
};

static struct process_provider *provider_of(const struct process_part *part)
{
    return (struct process_provider *)part->base.provider;
}

static const struct wp_conf_process *conf_of(const struct process_part *part)
{
    return &part->base.conf->process;
}

/* A child with this name that belongs to no part: released, and on its way out or outliving. */
static struct wp_child *find_left_child(struct process_provider *process, const char *label)
{
    struct wp_list *node;

    for (node = process->children.next; node != &process->children; node = node->next) {
        struct wp_child *child = WP_CONTAINER_OF(node, struct wp_child, link);

        if (child->subject == NULL && strcmp(child->label, label) == 0) {
            return child;
        }
    }
    return NULL;
}

static enum wp_part_state child_state(const struct wp_child *child)
{
    if (child == NULL) {
        return WP_PART_STOPPED;
    }
    if (child->is_stopping) {
        return WP_PART_STOPPING;
    }
    return child->is_started ? WP_PART_RUNNING : WP_PART_STARTING;
}

static void tell(struct process_part *part)
{
    struct process_provider *process = provider_of(part);
    struct wp_child *child = part->child;
    struct wp_observation observation = {0};

    if (child == NULL) {
        child = find_left_child(process, part->base.label);
    }
    observation.state = child_state(child);
    if (observation.state == WP_PART_RUNNING) {
        wp_observation_add_loopback(&observation);
    }
    if (observation.state == WP_PART_STOPPED && part->detail[0] != '\0') {
        observation.detail = part->detail;
    }
    wp_report_observed(&process->reports, &part->base, &observation);
}

static void complete(struct process_part *part, enum wp_provider_op op, enum wp_outcome outcome,
                     const char *reason)
{
    wp_report_completed(&provider_of(part)->reports, &part->base, op, outcome, reason);
}

static void complete_starts(struct process_part *part, enum wp_outcome outcome, const char *reason)
{
    while (part->starts_out > 0) {
        part->starts_out--;
        complete(part, WP_OP_START, outcome, reason);
    }
}

/* What a failed exec means: does trying again help, or must somebody change something? */
static enum wp_outcome failure_outcome(const struct wp_spawn_failure *failure)
{
    switch (failure->error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EIO:
    case ETXTBSY:
        return WP_OUTCOME_RETRY;
    case EACCES:
    case EPERM:
        return WP_OUTCOME_DENIED;
    case ENOENT:
        return failure->stage == WP_SPAWN_STAGE_EXEC ? WP_OUTCOME_MISSING : WP_OUTCOME_FATAL;
    default:
        return WP_OUTCOME_FATAL;
    }
}

static void describe_end(struct process_part *part, const struct wp_child_end *end)
{
    const struct wp_conf_process *conf = conf_of(part);

    char text[WP_CHILD_END_SIZE];

    if (!end->has_failed_exec) {
        wp_child_end_text(end, text);
        /* What it said before it failed is most often why. */
        bool has_failed = end->is_known && !end->is_signal && end->status != 0;
        (void)snprintf(part->detail, sizeof(part->detail), "%s%s%s", text,
                       has_failed && part->last_words[0] != '\0' ? ": " : "",
                       has_failed ? part->last_words : "");
        return;
    }
    if (end->failure.stage == WP_SPAWN_STAGE_DIRECTORY) {
        (void)snprintf(part->detail, sizeof(part->detail), "cannot enter %s: %s", conf->directory,
                       strerror(end->failure.error));
    } else {
        (void)snprintf(part->detail, sizeof(part->detail), "cannot run %s: %s",
                       conf->command.items[0], strerror(end->failure.error));
    }
}

static void child_started(struct wp_child *child)
{
    struct process_part *part = child->subject;

    wp_log(WP_LOG_INFO, "part.started", "part:s pid:d", child->label, (int)child->pid);
    if (part != NULL) {
        complete_starts(part, WP_OUTCOME_OK, NULL);
        tell(part);
    }
}

/* Tells a part that had to wait until its predecessor of the same name was gone. */
static void tell_successor(struct process_provider *process, const char *label)
{
    struct wp_list *node;

    for (node = process->parts.next; node != &process->parts; node = node->next) {
        struct process_part *part = WP_CONTAINER_OF(node, struct process_part, link);

        if (part->child == NULL && strcmp(part->base.label, label) == 0) {
            tell(part);
        }
    }
}

static void child_ended(struct wp_child *child, const struct wp_child_end *end)
{
    struct process_provider *process = child->owner;
    struct process_part *part = child->subject;
    bool is_expected = child->is_stopping;
    char text[WP_CHILD_END_SIZE];

    wp_child_end_text(end, text);
    wp_log(is_expected ? WP_LOG_INFO : WP_LOG_WARN, "part.ended", "part:s how:s expected:b",
           child->label, text, is_expected);
    if (process->state_dir != NULL && !child->is_guarded) {
        wp_process_state_forget(process->state_dir, child->label);
    }
    /* Off the list first: the part is stopped from here on. */
    wp_list_remove(&child->link);
    if (part == NULL) {
        tell_successor(process, child->label);
        wp_child_free(&child);
        return;
    }
    part->child = NULL;
    wp_child_free(&child);
    describe_end(part, end);
    complete_starts(part, end->has_failed_exec ? failure_outcome(&end->failure) : WP_OUTCOME_RETRY,
                    part->detail);
    tell(part);
}

static void child_line(struct wp_child *child, bool is_stderr, struct wp_slice line)
{
    struct process_part *part = child->subject;
    struct wp_slice text = wp_slice_trim(line);

    if (part != NULL && text.len > 0) {
        (void)snprintf(part->last_words, sizeof(part->last_words), "%.*s", WP_SLICE_ARG(text));
    }
}

static const struct wp_child_ops child_ops = {
    .started = child_started, .line = child_line, .ended = child_ended};

static struct wp_child_setup setup_for(struct process_part *part)
{
    struct process_provider *process = provider_of(part);

    return (struct wp_child_setup){.ops = &child_ops,
                                   .owner = process,
                                   .subject = part,
                                   .loop = process->base.loop,
                                   .label = part->base.label,
                                   .level = WP_LOG_INFO};
}

static void attach(struct process_part *part, struct wp_child *child)
{
    part->child = child;
    part->detail[0] = part->last_words[0] = '\0';
    child->subject = part;
    if (wp_list_is_empty(&child->link)) {
        wp_list_append(&provider_of(part)->children, &child->link);
    }
}

/* Makes what is kept on disk and what the guard knows agree with the definition. */
static int keep(struct process_part *part, struct wp_err *err)
{
    struct process_provider *process = provider_of(part);
    bool is_outliving = conf_of(part)->outlive;

    wp_child_set_guarded(part->child, !is_outliving);
    if (process->state_dir == NULL) {
        return 0;
    }
    if (!is_outliving) {
        wp_process_state_forget(process->state_dir, part->base.label);
        return 0;
    }
    return wp_process_state_save(process->state_dir, part->base.label, part->child->pid, err);
}

/* Finds what already runs for this part: left by a reload, or by an earlier wakeproxy. */
static void adopt(struct process_part *part)
{
    struct process_provider *process = provider_of(part);
    struct wp_child *child = find_left_child(process, part->base.label);
    struct wp_child_setup setup = setup_for(part);
    struct wp_err err;
    uint64_t ticks;
    pid_t pid;

    if (child == NULL && process->state_dir != NULL &&
        wp_process_state_load(process->state_dir, part->base.label, &pid, &ticks)) {
        child = wp_child_adopt(&setup, pid, ticks);
        if (child == NULL) {
            wp_process_state_forget(process->state_dir, part->base.label);
        }
    }
    if (child == NULL || child->is_stopping) {
        return;
    }
    attach(part, child);
    wp_log(WP_LOG_INFO, "part.adopted", "part:s pid:d", part->base.label, (int)child->pid);
    if (keep(part, &err) < 0) {
        wp_log(WP_LOG_WARN, "part.state_not_kept", "part:s reason:s", part->base.label, err.text);
    }
}

static struct wp_provider_part *process_configure(struct wp_provider *provider,
                                                  const struct wp_conf_part *conf,
                                                  const char *label, uint64_t token,
                                                  struct wp_err *err)
{
    struct process_provider *process = (struct process_provider *)provider;
    struct process_part *part;

    if (conf->process.command.count == 0) {
        (void)wp_err_set(err, -EINVAL, "%s: `command` is empty", label);
        return NULL;
    }
    if (conf->process.outlive && process->state_dir == NULL) {
        (void)wp_err_set(err, -EINVAL,
                         "%s: `outlive: true` needs a place to remember the process: set "
                         "`state_dir` at the top of the configuration",
                         label);
        return NULL;
    }
    part = wp_calloc(1, sizeof(*part));
    wp_provider_part_init(&part->base, provider, conf, label, token);
    wp_list_init(&part->link);
    wp_list_append(&process->parts, &part->link);
    adopt(part);
    return &part->base;
}

static void process_reconfigure(struct wp_provider_part *base, const struct wp_conf_part *conf)
{
    base->conf = conf;
}

static void process_observe(struct wp_provider *provider, struct wp_provider_part **parts,
                            size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct process_part *part = (struct process_part *)parts[i];

        tell(part);
        complete(part, WP_OP_OBSERVE, WP_OUTCOME_OK, NULL);
    }
}

/* Forks. On failure the start has been completed. */
static struct wp_child *spawn(struct process_part *part)
{
    struct process_provider *process = provider_of(part);
    const struct wp_conf_process *conf = conf_of(part);
    struct wp_child_setup setup = setup_for(part);
    struct wp_spawn_plan plan = {.command = &conf->command,
                                 .env = conf->env,
                                 .env_count = conf->env_count,
                                 .directory = conf->directory,
                                 .output_fd = -1,
                                 .is_guarded = !conf->outlive};
    struct wp_child *child;
    struct wp_err err;
    int error;

    if (conf->outlive) {
        /* A pipe would break on our death, and its next line of output would kill the process. */
        plan.output_fd = wp_process_state_open_log(process->state_dir, part->base.label, &err);
        if (plan.output_fd < 0) {
            complete(part, WP_OP_START, WP_OUTCOME_RETRY, err.text);
            return NULL;
        }
    }
    child = wp_child_spawn(&setup, &plan, &error, &err);
    if (plan.output_fd >= 0) {
        (void)close(plan.output_fd);
    }
    if (child == NULL) {
        complete(part, WP_OP_START, WP_OUTCOME_RETRY, err.text);
    }
    return child;
}

static void process_start(struct wp_provider_part *base)
{
    struct process_part *part = (struct process_part *)base;
    struct wp_child *child;
    struct wp_err err;

    if (part->child != NULL && !part->child->is_stopping) {
        if (part->child->is_started) {
            complete(part, WP_OP_START, WP_OUTCOME_OK, NULL);
        } else {
            part->starts_out++;
        }
        tell(part);
        return;
    }
    if (part->child != NULL || find_left_child(provider_of(part), base->label) != NULL) {
        complete(part, WP_OP_START, WP_OUTCOME_WAIT, "its former process is still ending");
        tell(part);
        return;
    }
    child = spawn(part);
    if (child == NULL) {
        tell(part);
        return;
    }
    attach(part, child);
    part->starts_out = 1;
    if (conf_of(part)->outlive && keep(part, &err) < 0) {
        /* It runs, and would be started a second time after a restart of ours: say so loudly. */
        wp_log(WP_LOG_ERROR, "part.state_not_kept", "part:s reason:s", base->label, err.text);
    }
    tell(part);
}

static void process_stop(struct wp_provider_part *base)
{
    struct process_part *part = (struct process_part *)base;

    if (part->child != NULL) {
        wp_child_stop(part->child, conf_of(part)->stop_signal, conf_of(part)->stop_timeout_ms);
    }
    complete(part, WP_OP_STOP, WP_OUTCOME_OK, NULL);
    tell(part);
}

static void process_release(struct wp_provider_part *base)
{
    struct process_part *part = (struct process_part *)base;
    struct wp_child *child = part->child;

    if (child != NULL) {
        child->subject = NULL;
        if (child->is_guarded && !child->is_stopping) {
            wp_child_stop(child, conf_of(part)->stop_signal, conf_of(part)->stop_timeout_ms);
        }
    }
    wp_list_remove(&part->link);
    wp_report_cancel(&provider_of(part)->reports, base);
    while (part->starts_out > 0) {
        part->starts_out--;
        wp_report_cancelled(base, WP_OP_START);
    }
    wp_provider_part_fini(base);
    free(part);
}

static uint64_t process_interval_ms(const struct wp_provider_part *base, bool is_changing)
{
    return WP_NEVER;
}

static void process_free(struct wp_provider *provider)
{
    struct process_provider *process = (struct process_provider *)provider;
    struct wp_list *node, *next;

    /* What outlives us is only forgotten; a guarded child was signalled by its release. */
    for (node = process->children.next; node != &process->children; node = next) {
        struct wp_child *child = WP_CONTAINER_OF(node, struct wp_child, link);

        next = node->next;
        if (!child->is_guarded && !child->is_stopping) {
            wp_child_free(&child);
        }
    }
    wp_children_wait(&process->children);
    wp_report_queue_fini(&process->reports);
    free(process->state_dir);
    free(process);
}

static const struct wp_provider_ops process_ops = {
    .name = "process",
    .configure = process_configure,
    .reconfigure = process_reconfigure,
    .observe = process_observe,
    .start = process_start,
    .stop = process_stop,
    .release = process_release,
    .interval_ms = process_interval_ms,
    .free = process_free,
};

struct wp_provider *wp_process_provider_new(struct wp_loop *loop,
                                            const struct wp_provider_sink *sink,
                                            const char *state_dir)
{
    struct process_provider *process = wp_calloc(1, sizeof(*process));

    process->base.ops = &process_ops;
    process->base.loop = loop;
    process->base.sink = *sink;
    process->state_dir = state_dir != NULL ? wp_strdup(state_dir) : NULL;
    wp_list_init(&process->parts);
    wp_list_init(&process->children);
    wp_report_queue_init(&process->reports, &process->base);
    return &process->base;
}
