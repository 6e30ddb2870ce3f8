/*
 * spawn.c - fork and exec with a clean slate for the child.
 *
 * Thread:    the control loop; run_child() is the forked child.
 * Owns:      nothing after the call.
 * Invariant: between fork and exec only async-signal-safe calls are made and no memory is
 *            allocated: argv, the environment and every candidate path are built before. Another
 *            thread may have held any lock at the fork.
 * Invariant: signals are blocked from before the fork until the child has reset every handler.
 *            Otherwise a signal for the child could run our handler in it and write to our own
 *            loop's wake-up pipe, which both share until exec.
 * Invariant: the child keeps stdin (/dev/null), stdout and stderr, and no other descriptor.
 * Why fork:  posix_spawn(3) cannot restore the limit of descriptors nor tell the guard, and waits
 *            for the exec, which may hang on a dead network file system.
 * Not here:  waiting for the child (child.c).
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guard.h"

#define EXIT_CANNOT_RUN 127

/* Everything the child needs, ready-made. */
struct image {
    char **argv, **envp;
    char **candidates; /* paths to try, in order; NULL-terminated */
    const char *directory;
    int stdin_fd, stdout_fd, stderr_fd, exec_fd;
    bool is_guarded;
    bool want_nofile;
    rlim_t nofile_soft;
};

/* Variables that speak to wakeproxy itself and would mislead a child. */
static bool is_private_variable(const char *entry)
{
    static const char *const names[] = {"NOTIFY_SOCKET=",  "LISTEN_PID=",   "LISTEN_FDS=",
                                        "LISTEN_FDNAMES=", "WATCHDOG_PID=", "WATCHDOG_USEC="};
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(names); i++) {
        if (strncmp(entry, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_name(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static void env_set(char **envp, size_t *count, const char *name, const char *value)
{
    size_t i;

    for (i = 0; i < *count && !has_name(envp[i], name); i++) {
    }
    if (i == *count) {
        (*count)++;
    } else {
        free(envp[i]);
    }
    envp[i] = wp_asprintf("%s=%s", name, value);
}

static char **build_env(const struct wp_spawn_plan *plan)
{
    size_t count = 0, inherited = 0, i;
    char **envp;

    while (environ != NULL && environ[inherited] != NULL) {
        inherited++;
    }
    envp = wp_calloc(inherited + plan->env_count + plan->extra_env_count + 1, sizeof(*envp));
    for (i = 0; i < inherited; i++) {
        if (!is_private_variable(environ[i])) {
            envp[count++] = wp_strdup(environ[i]);
        }
    }
    for (i = 0; i < plan->env_count; i++) {
        env_set(envp, &count, plan->env[i].name, plan->env[i].value);
    }
    for (i = 0; i < plan->extra_env_count; i++) {
        env_set(envp, &count, plan->extra_env[i].name, plan->extra_env[i].value);
    }
    return envp;
}

/* As execvp(3) would try them, with the child's own PATH. */
static char **build_candidates(const char *name, char **envp)
{
    const char *path = "/usr/local/bin:/usr/bin:/bin";
    char **list;
    size_t count = 0, i;

    if (strchr(name, '/') != NULL) {
        list = wp_calloc(2, sizeof(*list));
        list[0] = wp_strdup(name);
        return list;
    }
    for (i = 0; envp[i] != NULL; i++) {
        if (has_name(envp[i], "PATH")) {
            path = envp[i] + strlen("PATH=");
        }
    }
    list = wp_calloc(strlen(path) + 2, sizeof(*list));
    for (;;) {
        size_t length = strcspn(path, ":");

        /* An empty element of PATH means the working directory. */
        list[count++] = length == 0 ? wp_asprintf("./%s", name)
                                    : wp_asprintf("%.*s/%s", (int)length, path, name);
        if (path[length] == '\0') {
            return list;
        }
        path += length + 1;
    }
}

static void free_strings(char **strings)
{
    size_t i;

    for (i = 0; strings != NULL && strings[i] != NULL; i++) {
        free(strings[i]);
    }
    free(strings);
}

/* The errno for people after trying every candidate: "permission denied" of one says more than
 * "no such file" of the others. */
static int try_exec(const struct image *image)
{
    int error = ENOENT;
    size_t i;

    for (i = 0; image->candidates[i] != NULL; i++) {
        (void)execve(image->candidates[i], image->argv, image->envp);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
            return errno;
        }
        if (errno == EACCES || (i == 0 && image->candidates[1] == NULL)) {
            error = errno;
        }
    }
    return error;
}

static void reset_signals(void)
{
    struct sigaction action;
    int number;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    for (number = 1; number < NSIG; number++) {
        /* Fails for SIGKILL, SIGSTOP and those the C library keeps: as it should. */
        (void)sigaction(number, &action, NULL);
    }
}

static void restore_nofile(const struct image *image)
{
    struct rlimit limit;

    if (image->want_nofile && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur > image->nofile_soft) {
        limit.rlim_cur = image->nofile_soft;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

__attribute__((noreturn)) static void run_child(const struct image *image)
{
    struct wp_spawn_failure failure;
    sigset_t none;

    memset(&failure, 0, sizeof(failure));
    (void)setsid();
    if (image->is_guarded) {
        wp_guard_add(getpid());
    }
    reset_signals();
    (void)dup2(image->stdin_fd, STDIN_FILENO);
    (void)dup2(image->stdout_fd, STDOUT_FILENO);
    (void)dup2(image->stderr_fd, STDERR_FILENO);
    if (image->directory != NULL && chdir(image->directory) < 0) {
        failure.stage = WP_SPAWN_STAGE_DIRECTORY;
        failure.error = errno;
    } else {
        restore_nofile(image);
        (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        failure.stage = WP_SPAWN_STAGE_EXEC;
        failure.error = try_exec(image);
    }
    if (write(image->exec_fd, &failure, sizeof(failure)) < 0) {
        /* Nobody listens any more: the exit status has to do. */
        _exit(EXIT_CANNOT_RUN);
    }
    _exit(EXIT_CANNOT_RUN);
}

/* Moves a descriptor above the standard three, which the child is about to overwrite. */
static int raise_fd(int fd)
{
    int raised;

    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }
    raised = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (raised >= 0) {
        (void)close(fd);
        return raised;
    }
    return fd;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* A pipe whose read end does not block; the write end does, as programs expect of their output. */
static int make_pipe(int *ret_read, int *ret_write)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0) {
        return -errno;
    }
    *ret_read = raise_fd(fds[0]);
    *ret_write = raise_fd(fds[1]);
    if (fcntl(*ret_read, F_SETFL, O_NONBLOCK) < 0) {
        return -errno;
    }
    return 0;
}

static int open_descriptors(const struct wp_spawn_plan *plan, struct image *image,
                            struct wp_spawned *spawned)
{
    int r;

    image->stdin_fd = raise_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (image->stdin_fd < 0) {
        return -errno;
    }
    r = make_pipe(&spawned->exec_fd, &image->exec_fd);
    if (r < 0) {
        return r;
    }
    if (plan->output_fd >= 0) {
        image->stdout_fd = raise_fd(fcntl(plan->output_fd, F_DUPFD_CLOEXEC, 3));
        image->stderr_fd = raise_fd(fcntl(plan->output_fd, F_DUPFD_CLOEXEC, 3));
        return image->stdout_fd < 0 || image->stderr_fd < 0 ? -errno : 0;
    }
    r = make_pipe(&spawned->output_fds[0], &image->stdout_fd);
    if (r == 0) {
        r = make_pipe(&spawned->output_fds[1], &image->stderr_fd);
    }
    return r;
}

static int fork_child(const struct image *image, pid_t *ret_pid)
{
    sigset_t all, before;
    int error = 0;
    pid_t pid;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0) {
        run_child(image);
    }
    if (pid < 0) {
        error = errno;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    *ret_pid = pid;
    return -error;
}

int wp_spawn(const struct wp_spawn_plan *plan, struct wp_spawned *ret_spawned, struct wp_err *err)
{
    struct image image = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .exec_fd = -1};
    struct wp_spawned spawned = {.pid = -1, .exec_fd = -1, .output_fds = {-1, -1}};
    size_t i;
    int r;

    image.argv = wp_calloc(plan->command->count + 1, sizeof(*image.argv));
    for (i = 0; i < plan->command->count; i++) {
        image.argv[i] = wp_strdup(plan->command->items[i]);
    }
    image.envp = build_env(plan);
    image.candidates = build_candidates(image.argv[0], image.envp);
    image.directory = plan->directory;
    image.is_guarded = plan->is_guarded;
    image.want_nofile = wp_guard_nofile_soft(&image.nofile_soft);

    r = open_descriptors(plan, &image, &spawned);
    if (r == 0) {
        r = fork_child(&image, &spawned.pid);
    }
    close_fd(&image.stdin_fd);
    close_fd(&image.stdout_fd);
    close_fd(&image.stderr_fd);
    close_fd(&image.exec_fd);
    free_strings(image.candidates);
    free_strings(image.envp);
    free_strings(image.argv);
    if (r < 0) {
        close_fd(&spawned.exec_fd);
        close_fd(&spawned.output_fds[0]);
        close_fd(&spawned.output_fds[1]);
        return wp_err_errno(err, -r, "cannot start %s", plan->command->items[0]);
    }
    *ret_spawned = spawned;
    return 0;
}
