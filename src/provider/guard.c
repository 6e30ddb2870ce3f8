/*
 * guard.c - the process that ends the children of `process` parts when wakeproxy dies without a
 * chance to do it: kill -9, the out-of-memory killer, a crash.
 *
 * Thread:    wp_process_guard_start() runs in main() before any thread; wp_guard_add() runs in the
 *            forked child; the rest on the control loop.
 * Owns:      one end of a SOCK_SEQPACKET pair, for the life of the process. It and the limit of
 *            descriptors at start are this room's only file-scope state: written once, before
 *            there are threads, and only read afterwards (a fork has no other way to carry them).
 * How:       the guard reads "+group" and "-group" records; the end of the stream means that no
 *            wakeproxy is left. It then sends SIGTERM to every listed group, two seconds later
 *            SIGKILL, and exits. Start times protect a stranger that got a recycled pid.
 * Invariant: the guard holds no descriptor of ours but its end of the pair, so that nobody who
 *            waits for the end of our output waits for the guard.
 * Not here:  ending children in an orderly stop (child.c); `outlive` children, never listed.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc_stat.h"
#include "wakeproxy/provider/provider.h"

#define GRACE_MS 2000
#define STEP_MS  20

struct guard_record {
    char op; /* '+' or '-' */
    pid_t group;
};

struct guard_group {
    pid_t group;
    uint64_t start_ticks; /* of its leader, 0 when it was gone already */
};

/* The guard's list; only the guard process uses it. */
struct guard_list {
    struct guard_group *items;
    size_t count, capacity;
};

static int guard_fd = -1;
static struct rlimit guard_nofile;

static void list_add(struct guard_list *list, pid_t group)
{
    list->items = wp_grow(list->items, &list->capacity, list->count + 1, sizeof(list->items[0]));
    list->items[list->count].group = group;
    if (wp_proc_start_ticks(group, &list->items[list->count].start_ticks) < 0) {
        list->items[list->count].start_ticks = 0;
    }
    list->count++;
}

static void list_remove(struct guard_list *list, pid_t group)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (list->items[i].group == group) {
            list->items[i] = list->items[--list->count];
            return;
        }
    }
}

/* Whether the number still means the group that was listed. A vanished leader leaves its group's
 * number taken for as long as a member lives, so only another leader is proof of a stranger. */
static bool is_same_group(const struct guard_group *item)
{
    uint64_t ticks;

    if (item->start_ticks == 0 || wp_proc_start_ticks(item->group, &ticks) < 0) {
        return true;
    }
    return ticks == item->start_ticks;
}

static void list_kill(const struct guard_list *list, int signal_number)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (is_same_group(&list->items[i])) {
            (void)kill(-list->items[i].group, signal_number);
        }
    }
}

static bool list_is_alive(const struct guard_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (is_same_group(&list->items[i]) && kill(-list->items[i].group, 0) == 0) {
            return true;
        }
    }
    return false;
}

static void end_groups(const struct guard_list *list)
{
    struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    int waited_ms;

    list_kill(list, SIGTERM);
    list_kill(list, SIGCONT);
    for (waited_ms = 0; waited_ms < GRACE_MS && list_is_alive(list); waited_ms += STEP_MS) {
        (void)nanosleep(&step, NULL);
    }
    list_kill(list, SIGKILL);
}

static void detach_from_everything(int *fd)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    size_t i;
    int target;

    (void)prctl(PR_SET_NAME, "wakeproxy-guard");
    for (i = 0; i < WP_ARRAY_SIZE(ignored); i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    /* Out of the way of 0, 1 and 2, then to 3, so that all above can be closed. */
    *fd = fcntl(*fd, F_DUPFD_CLOEXEC, 4);
    for (target = 0; target < 3; target++) {
        if (null_fd >= 0) {
            (void)dup2(null_fd, target);
        } else {
            (void)close(target);
        }
    }
    *fd = dup3(*fd, 3, O_CLOEXEC);
    (void)close_range(4, ~0U, 0);
    if (chdir("/") < 0) {
        /* It then keeps the working directory busy, which harms nobody. */
        return;
    }
}

__attribute__((noreturn)) static void run_guard(int fd)
{
    struct guard_list list = {0};
    struct guard_record record;
    ssize_t got;

    detach_from_everything(&fd);
    for (;;) {
        got = recv(fd, &record, sizeof(record), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != (ssize_t)sizeof(record)) {
            break;
        }
        if (record.op == '+') {
            list_add(&list, record.group);
        } else {
            list_remove(&list, record.group);
        }
    }
    end_groups(&list);
    _exit(0);
}

/* The intermediate child: makes the guard nobody's child, so that it never needs reaping. */
__attribute__((noreturn)) static void run_between(int fds[2])
{
    pid_t pid;

    (void)close(fds[0]);
    (void)setsid();
    pid = fork();
    if (pid == 0) {
        run_guard(fds[1]);
    }
    _exit(pid < 0 ? 1 : 0);
}

int wp_process_guard_start(struct wp_err *err)
{
    int fds[2], status, error;
    pid_t pid;

    if (guard_fd >= 0) {
        return 0;
    }
    if (getrlimit(RLIMIT_NOFILE, &guard_nofile) < 0) {
        return wp_err_errno(err, errno, "cannot read the limit of descriptors");
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        return wp_err_errno(err, errno, "cannot make the guard's socket pair");
    }
    pid = fork();
    if (pid == 0) {
        run_between(fds);
    }
    error = errno;
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        return wp_err_errno(err, error, "cannot fork the guard process");
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            /* SIGCHLD is ignored by whoever started us: the kernel reaped it. */
            status = 0;
            break;
        }
    }
    if (status != 0) {
        (void)close(fds[0]);
        return wp_err_set(err, -EAGAIN, "cannot fork the guard process");
    }
    guard_fd = fds[0];
    return 0;
}

static void send_record(char op, pid_t group, int flags)
{
    struct guard_record record;

    if (guard_fd < 0) {
        return;
    }
    /* Padding goes out with the record: it must not be garbage from the stack. */
    memset(&record, 0, sizeof(record));
    record.op = op;
    record.group = group;
    while (send(guard_fd, &record, sizeof(record), MSG_NOSIGNAL | flags) < 0 && errno == EINTR) {
    }
}

void wp_guard_add(pid_t group)
{
    send_record('+', group, 0);
}

void wp_guard_remove(pid_t group)
{
    /* A record lost here leaves a dead group on the list, which its start time makes harmless. */
    send_record('-', group, MSG_DONTWAIT);
}

bool wp_guard_nofile_soft(rlim_t *ret_soft)
{
    if (guard_fd < 0) {
        return false;
    }
    *ret_soft = guard_nofile.rlim_cur;
    return true;
}
