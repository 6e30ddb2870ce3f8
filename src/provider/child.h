/*
 * child.h - one running command under supervision: its exec, its output, its end, and the whole of
 * its process group. Used by `process` for parts and by `exec` for commands.
 */
#ifndef WP_PROVIDER_CHILD_H
#define WP_PROVIDER_CHILD_H

#include <sys/types.h>

#include "lines.h"
#include "output_log.h"
#include "spawn.h"
#include "wakeproxy/net/loop.h"

/* How a child ended. */
struct wp_child_end {
    bool is_known;                   /* false: it was not our child, nobody told us */
    bool has_failed_exec;            /* it never became the command: see `failure` */
    struct wp_spawn_failure failure; /* with has_failed_exec */
    bool is_signal;                  /* `status` is a signal's number, not an exit status */
    int status;
};

struct wp_child;

struct wp_child_ops {
    /* exec succeeded. Told at most once, and before ended(). */
    void (*started)(struct wp_child *child);
    /* One line of output; may be NULL. Logging has been done. */
    void (*line)(struct wp_child *child, bool is_stderr, struct wp_slice line);
    /* The leader is gone and reaped, stragglers of its group were killed, all output was told.
     * The child is inert: the owner frees it now or later. Nothing is told afterwards. */
    void (*ended)(struct wp_child *child, const struct wp_child_end *end);
};

struct wp_child_stream {
    struct wp_child *child;
    int fd; /* -1 when closed */
    struct event event;
    struct wp_lines lines;
};

struct wp_child {
    struct wp_list link; /* the owner's */
    const struct wp_child_ops *ops;
    void *owner;   /* the provider */
    void *subject; /* what the provider runs it for; may change, or become NULL */
    struct wp_loop *loop;
    char *label;
    pid_t pid; /* 0 once it has ended */
    int pidfd; /* -1: the kernel has none; polled by `watch` instead */
    int exec_fd;
    bool is_ours;         /* our own child, to be reaped */
    uint64_t start_ticks; /* of an adopted one: its pid may be a stranger's after its end */
    bool is_guarded;
    bool is_started; /* exec succeeded */
    bool is_stopping;
    bool may_leave_others;
    uint64_t kill_at_ms; /* with is_stopping; WP_NEVER once killed */
    uint64_t window_ms;  /* output is read at a bounded pace: bytes in this window of time */
    uint32_t window_bytes;
    struct wp_spawn_failure failure;
    bool has_failed_exec;
    struct event exit_event, exec_event;
    struct wp_timer kill_timer, watch, resume;
    struct wp_child_stream streams[2];
    struct wp_output_log log;
};

struct wp_child_setup {
    const struct wp_child_ops *ops;
    void *owner, *subject;
    struct wp_loop *loop;
    const char *label;
    enum wp_log_level level; /* of output lines */
    /* What is left of the group lives on when the leader ended by itself with status 0: a start
     * command that put a server into the background. */
    bool may_leave_others;
};

/* Starts a command. NULL with *err and *ret_error (a positive errno) when it cannot be forked. */
struct wp_child *wp_child_spawn(const struct wp_child_setup *setup,
                                const struct wp_spawn_plan *plan, int *ret_error,
                                struct wp_err *err);

/* Takes a process under care that somebody else started: NULL unless `pid` lives and started at
 * `start_ticks`. Its output is not seen, its exit status not known. */
struct wp_child *wp_child_adopt(const struct wp_child_setup *setup, pid_t pid,
                                uint64_t start_ticks);

/* Signals the whole group, after `grace_ms` kills it. Again: the earlier end counts. */
void wp_child_stop(struct wp_child *child, int stop_signal, uint64_t grace_ms);

/* From now on the guard does (or does not) end it when we die. */
void wp_child_set_guarded(struct wp_child *child, bool is_guarded);

/* Forgets the child without touching it: it may still run. */
void wp_child_free(struct wp_child **child);

/*
 * Blocks until every child of the list has ended, each stopping since wp_child_stop(); kills as
 * their times come. ended() is called for each. For the end of the process, when the loop no
 * longer runs. Bounded: two seconds after the last SIGKILL it gives up and says so.
 */
void wp_children_wait(struct wp_list *children);

/* "exited with status 1", "killed by SIGKILL", "ended", "cannot run x: No such file". */
#define WP_CHILD_END_SIZE 256
void wp_child_end_text(const struct wp_child_end *end, char ret_text[WP_CHILD_END_SIZE]);

#endif
