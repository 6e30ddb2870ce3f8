/*
 * child.c - supervises one process group from exec to its last straggler.
 *
 * Thread:    the control loop; wp_children_wait() after the loop has ended.
 * Owns:      the pidfd, the read ends of the child's output and exec pipes; the pid until it is
 *            reaped.
 * Invariant: an unreaped child's pid cannot be reused, so its group is only ever signalled before
 *            waitid(2) has reaped the leader. Stragglers are killed in the gap between noticing
 *            the end (WNOWAIT in effect: a pidfd turns readable) and reaping. An adopted process is
 *            reaped by another: its start time tells whether its pid still means it.
 * Invariant: started() at most once, ended() exactly once, in this order, nothing afterwards.
 * Invariant: no SIGCHLD handler: an exit is noticed by the pidfd. Where the kernel has none, by a
 *            timer.
 * Not here:  what an exit means (process.c, exec.c), restarting (the engine).
 */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_stream.h"
#include "guard.h"
#include "proc_stat.h"
#include "wakeproxy/base/clock.h"

#define WATCH_MS 100 /* without pidfd */

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* Whether an adopted process was reaped by its parent and its pid is another's by now. A vanished
 * leader is no proof: its number stays taken for as long as a member of its group lives. */
static bool is_stranger(const struct wp_child *child)
{
    uint64_t ticks;

    return !child->is_ours && wp_proc_start_ticks(child->pid, &ticks) == 0 &&
           ticks != child->start_ticks;
}

static void signal_group(struct wp_child *child, int number)
{
    if (child->pid <= 0 || is_stranger(child)) {
        return;
    }
    /* Before the child has called setsid() there is no group yet, only the child. */
    if (kill(-child->pid, number) < 0 && errno == ESRCH && child->is_ours) {
        (void)kill(child->pid, number);
    }
}

/* Reaps our own child if it has ended; looks whether an adopted one is still there. */
static bool collect(struct wp_child *child, struct wp_child_end *ret_end)
{
    siginfo_t info;

    memset(ret_end, 0, sizeof(*ret_end));
    if (!child->is_ours) {
        bool is_there = child->pidfd >= 0 ? pidfd_send_signal(child->pidfd, 0, NULL, 0) == 0
                                          : kill(child->pid, 0) == 0 && !is_stranger(child);

        /* A zombie that its parent has not reaped can still be signalled: the pidfd told us. */
        if (is_there && (child->pidfd < 0 || !wp_child_pidfd_is_ready(child->pidfd))) {
            return false;
        }
        signal_group(child, SIGKILL);
        return true;
    }
    memset(&info, 0, sizeof(info));
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == 0) {
        return false;
    }
    if (!child->may_leave_others || child->is_stopping || info.si_code != CLD_EXITED ||
        info.si_status != 0) {
        signal_group(child, SIGKILL);
    }
    while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG) < 0 && errno == EINTR) {
    }
    /* Nothing to reap: SIGCHLD is ignored in this process, and the status is lost. */
    ret_end->is_known = info.si_pid == child->pid;
    ret_end->is_signal = info.si_code != CLD_EXITED;
    ret_end->status = info.si_status;
    return true;
}

static void read_exec_result(struct wp_child *child)
{
    struct wp_spawn_failure failure;
    ssize_t got;

    if (child->exec_fd < 0) {
        return;
    }
    got = read(child->exec_fd, &failure, sizeof(failure));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    (void)event_del(&child->exec_event);
    close_fd(&child->exec_fd);
    if (got == (ssize_t)sizeof(failure)) {
        child->failure = failure;
        child->has_failed_exec = true;
    } else {
        child->is_started = true;
    }
}

static void exec_ready(evutil_socket_t fd, short what, void *argument)
{
    struct wp_child *child = argument;

    read_exec_result(child);
    if (child->is_started) {
        child->ops->started(child);
    }
}

static void disarm(struct wp_child *child)
{
    if (child->pidfd >= 0) {
        (void)event_del(&child->exit_event);
    }
    if (child->exec_fd >= 0) {
        (void)event_del(&child->exec_event);
    }
    close_fd(&child->pidfd);
    close_fd(&child->exec_fd);
    wp_timer_fini(&child->kill_timer);
    wp_timer_fini(&child->watch);
    wp_timer_fini(&child->resume);
}

static void finish(struct wp_child *child, struct wp_child_end *end)
{
    bool was_started = child->is_started;

    read_exec_result(child);
    wp_child_stream_finish(child);
    if (child->is_guarded) {
        wp_guard_remove(child->pid);
    }
    disarm(child);
    child->pid = 0;
    end->has_failed_exec = child->has_failed_exec;
    end->failure = child->failure;
    if (child->is_started && !was_started) {
        child->ops->started(child);
    }
    child->ops->ended(child, end);
}

/* Whether it has ended; if so ended() was told and the child may be gone. */
static bool check_end(struct wp_child *child)
{
    struct wp_child_end end;

    if (!collect(child, &end)) {
        return false;
    }
    finish(child, &end);
    return true;
}

static void exit_ready(evutil_socket_t fd, short what, void *argument)
{
    (void)check_end(argument);
}

static void watch_fired(struct wp_timer *timer)
{
    struct wp_child *child = WP_CONTAINER_OF(timer, struct wp_child, watch);

    if (!check_end(child)) {
        wp_timer_set(&child->watch, wp_loop_now_ms(child->loop) + WATCH_MS);
    }
}

static void kill_now(struct wp_child *child)
{
    child->kill_at_ms = WP_NEVER;
    wp_log(WP_LOG_WARN, "part.killed", "part:s pid:d reason:s", child->label, (int)child->pid,
           "did not stop in time");
    signal_group(child, SIGKILL);
}

static void kill_fired(struct wp_timer *timer)
{
    kill_now(WP_CONTAINER_OF(timer, struct wp_child, kill_timer));
}

static struct wp_child *child_new(const struct wp_child_setup *setup, pid_t pid)
{
    struct wp_child *child = wp_calloc(1, sizeof(*child));
    struct event_base *base = wp_loop_base(setup->loop);
    uint64_t now_ms = wp_loop_now_ms(setup->loop);

    wp_list_init(&child->link);
    child->ops = setup->ops;
    child->owner = setup->owner;
    child->subject = setup->subject;
    child->loop = setup->loop;
    child->label = wp_strdup(setup->label);
    child->may_leave_others = setup->may_leave_others;
    child->pid = pid;
    child->exec_fd = -1;
    child->kill_at_ms = WP_NEVER;
    wp_timer_init(&child->kill_timer, setup->loop, kill_fired);
    wp_timer_init(&child->watch, setup->loop, watch_fired);
    wp_output_log_init(&child->log, child->label, setup->level, now_ms);
    wp_child_stream_init(child);
    child->pidfd = pidfd_open(pid, 0);
    if (child->pidfd >= 0) {
        (void)event_assign(&child->exit_event, base, child->pidfd, EV_READ | EV_PERSIST, exit_ready,
                           child);
        (void)event_add(&child->exit_event, NULL);
    } else {
        wp_timer_set(&child->watch, now_ms + WATCH_MS);
    }
    return child;
}

struct wp_child *wp_child_spawn(const struct wp_child_setup *setup,
                                const struct wp_spawn_plan *plan, int *ret_error,
                                struct wp_err *err)
{
    struct wp_spawned spawned;
    struct wp_child *child;
    int r = wp_spawn(plan, &spawned, err);

    if (r < 0) {
        *ret_error = -r;
        return NULL;
    }
    child = child_new(setup, spawned.pid);
    child->is_ours = true;
    child->is_guarded = plan->is_guarded;
    child->exec_fd = spawned.exec_fd;
    (void)event_assign(&child->exec_event, wp_loop_base(setup->loop), child->exec_fd,
                       EV_READ | EV_PERSIST, exec_ready, child);
    (void)event_add(&child->exec_event, NULL);
    wp_child_stream_open(child, spawned.output_fds);
    return child;
}

struct wp_child *wp_child_adopt(const struct wp_child_setup *setup, pid_t pid, uint64_t start_ticks)
{
    struct wp_child *child;
    uint64_t ticks;

    if (pid <= 1 || wp_proc_start_ticks(pid, &ticks) < 0 || ticks != start_ticks) {
        return NULL;
    }
    child = child_new(setup, pid);
    /* Looked at again with the pidfd in hand, which from now on means this very process. */
    if (wp_proc_start_ticks(pid, &ticks) < 0 || ticks != start_ticks) {
        wp_child_free(&child);
        return NULL;
    }
    child->start_ticks = start_ticks;
    child->is_started = true;
    return child;
}

void wp_child_stop(struct wp_child *child, int stop_signal, uint64_t grace_ms)
{
    uint64_t kill_at_ms;

    if (child->pid <= 0) {
        return;
    }
    wp_loop_touch_clock(child->loop);
    kill_at_ms = wp_loop_now_ms(child->loop) + grace_ms;
    signal_group(child, stop_signal);
    /* A stopped (SIGSTOP) process would not even see it. */
    signal_group(child, SIGCONT);
    if (!child->is_stopping || kill_at_ms < child->kill_at_ms) {
        child->is_stopping = true;
        child->kill_at_ms = kill_at_ms;
        wp_timer_set(&child->kill_timer, kill_at_ms);
    }
}

void wp_child_set_guarded(struct wp_child *child, bool is_guarded)
{
    if (child->pid <= 0 || child->is_guarded == is_guarded) {
        return;
    }
    child->is_guarded = is_guarded;
    if (is_guarded) {
        wp_guard_add(child->pid);
    } else {
        wp_guard_remove(child->pid);
    }
}

void wp_child_free(struct wp_child **pointer)
{
    struct wp_child *child = *pointer;

    *pointer = NULL;
    if (child == NULL) {
        return;
    }
    wp_list_remove(&child->link);
    disarm(child);
    wp_child_stream_fini(child);
    free(child->label);
    free(child);
}

/* One round of waiting: until something happens or the next SIGKILL is due. False at the end of
 * all patience. */
static bool wait_round(struct wp_list *children, uint64_t *give_up_ms)
{
    uint64_t now_ms = wp_clock_mono_ms(), wake_ms = WP_NEVER;
    struct wp_list *node, *next;

    for (node = children->next; node != children; node = next) {
        struct wp_child *child = WP_CONTAINER_OF(node, struct wp_child, link);

        next = node->next;
        wp_child_stream_drain(child);
        if (check_end(child)) {
            continue;
        }
        if (child->kill_at_ms <= now_ms) {
            kill_now(child);
            *give_up_ms = now_ms + 2000;
        }
        wake_ms = child->kill_at_ms < wake_ms ? child->kill_at_ms : wake_ms;
    }
    if (wp_list_is_empty(children)) {
        return false;
    }
    if (wake_ms == WP_NEVER) {
        if (*give_up_ms == WP_NEVER) {
            *give_up_ms = now_ms + 2000;
        }
        if (now_ms >= *give_up_ms) {
            return false;
        }
        wake_ms = *give_up_ms;
    }
    wp_child_streams_poll(children, wake_ms - now_ms);
    return true;
}

void wp_children_wait(struct wp_list *children)
{
    uint64_t give_up_ms = WP_NEVER;
    struct wp_list *node;

    while (wait_round(children, &give_up_ms)) {
    }
    while ((node = wp_list_first(children)) != NULL) {
        struct wp_child *child = WP_CONTAINER_OF(node, struct wp_child, link);

        wp_log(WP_LOG_ERROR, "part.left", "part:s pid:d reason:s", child->label, (int)child->pid,
               "still there after SIGKILL: it hangs in the kernel");
        wp_child_free(&child);
    }
}

void wp_child_end_text(const struct wp_child_end *end, char ret_text[WP_CHILD_END_SIZE])
{
    const char *name;

    if (end->has_failed_exec) {
        (void)snprintf(ret_text, WP_CHILD_END_SIZE, "%s: %s",
                       end->failure.stage == WP_SPAWN_STAGE_DIRECTORY ? "cannot enter its directory"
                                                                      : "cannot run it",
                       strerror(end->failure.error));
    } else if (!end->is_known) {
        (void)snprintf(ret_text, WP_CHILD_END_SIZE, "ended");
    } else if (!end->is_signal) {
        (void)snprintf(ret_text, WP_CHILD_END_SIZE, "exited with status %d", end->status);
    } else {
        name = sigabbrev_np(end->status);
        if (name != NULL) {
            (void)snprintf(ret_text, WP_CHILD_END_SIZE, "killed by SIG%s", name);
        } else {
            (void)snprintf(ret_text, WP_CHILD_END_SIZE, "killed by signal %d", end->status);
        }
    }
}
