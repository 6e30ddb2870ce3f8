/*
 * spawn.h - starts a command from a process with threads: fork, a handful of async-signal-safe
 * calls, exec.
 */
#ifndef WP_PROVIDER_SPAWN_H
#define WP_PROVIDER_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "wakeproxy/conf/conf.h"

struct wp_spawn_plan {
    const struct wp_conf_strings *command; /* argv; the first is looked up in the child's PATH */
    const struct wp_conf_pair *env;        /* added to our environment, or replacing it */
    size_t env_count;
    const struct wp_conf_pair *extra_env; /* likewise, and stronger than `env` */
    size_t extra_env_count;
    const char *directory; /* NULL: ours */
    int output_fd;         /* where both outputs go; -1: one pipe each */
    bool is_guarded;       /* ended by the guard when we die */
};

struct wp_spawned {
    pid_t pid;         /* leader of its own session and group */
    int exec_fd;       /* end of stream: exec succeeded; one struct wp_spawn_failure: it did not */
    int output_fds[2]; /* read ends for stdout and stderr, or -1 */
};

enum wp_spawn_stage { WP_SPAWN_STAGE_DIRECTORY, WP_SPAWN_STAGE_EXEC };

/* What a child tells when it could not become the command; it then exits with 127. */
struct wp_spawn_failure {
    enum wp_spawn_stage stage;
    int error; /* an errno, positive */
};

/*
 * Forks. Returns without waiting for exec, which is told through exec_fd. All descriptors are
 * non-blocking and close-on-exec, and the caller's. 0 or -errno (nothing left open). Control loop.
 */
int wp_spawn(const struct wp_spawn_plan *plan, struct wp_spawned *ret_spawned,
             struct wp_err *err) WP_MUST_CHECK;

#endif
