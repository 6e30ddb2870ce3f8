/*
 * test_guard.c - kill -9 of a process with children: the guard ends their groups, and nothing of
 * the guard is left. The parent that is killed is a fork of this test.
 */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"

#define TOKEN 1

static void nap(void)
{
    struct timespec step = {.tv_nsec = 2 * 1000000L};

    (void)nanosleep(&step, NULL);
}

/* The process named as the guard whose parent is us, or 0: orphans come to us here. */
static int find_guard(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int found = 0;

    assert_non_null(proc);
    while (found == 0 && (entry = readdir(proc)) != NULL) {
        char path[300], text[256], *end;
        int pid = atoi(entry->d_name), parent;
        FILE *file;
        size_t got;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        file = pid > 0 ? fopen(path, "re") : NULL;
        if (file == NULL) {
            continue;
        }
        got = fread(text, 1, sizeof(text) - 1, file);
        (void)fclose(file);
        text[got] = '\0';
        end = strrchr(text, ')');
        if (strstr(text, "(wakeproxy-guard)") != NULL && end != NULL &&
            sscanf(end + 1, " %*c %d", &parent) == 1 && parent == getpid()) {
            found = pid;
        }
    }
    (void)closedir(proc);
    return found;
}

/* What the doomed parent tells before it is killed. */
struct report {
    int guard, children[3], count;
};

/* One guarded child that is deaf to SIGTERM with a child of its own, one that outlives. */
__attribute__((noreturn)) static void run_parent(int report_fd, const char *folder)
{
    struct harness h;
    struct wp_conf_part conf = {.name = (char *)"app", .provider = WP_PROVIDER_PROCESS};
    struct wp_conf_part lasting = conf;
    struct wp_provider_part *part;
    struct report report = {0};
    struct rlimit limit;
    struct wp_err err;
    char path[128], state_dir[128];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 200;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(wp_process_guard_start(&err), 0);
    assert_int_equal(wp_process_guard_start(&err), 0); /* again: harmless */
    limit.rlim_cur = 300;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    (void)snprintf(state_dir, sizeof(state_dir), "%s/state", folder);
    (void)snprintf(path, sizeof(path), "%s/out", folder);
    harness_open(&h, WP_PROVIDER_PROCESS, state_dir);
    (void)rmdir(h.folder); /* nobody will close this harness */
    conf.process.stop_signal = SIGTERM;
    conf.process.stop_timeout_ms = 1000;
    lasting.process = conf.process;
    lasting.process.outlive = true;
    command_set(&conf.process.command,
                "trap '' TERM; tail -f /dev/null & ulimit -n > %s/limit; echo $$ $! > %s/new; "
                "mv %s/new %s/out; tail -f /dev/null; true",
                folder, folder, folder, folder);
    part = h.provider->ops->configure(h.provider, &conf, "shop/app", TOKEN, &err);
    assert_non_null(part);
    h.provider->ops->start(part);
    harness_wait_file(&h, path);
    {
        char *text = read_file(path);

        assert_int_equal(sscanf(text, "%d %d", &report.children[0], &report.children[1]), 2);
        free(text);
    }
    (void)snprintf(path, sizeof(path), "%s/out2", folder);
    command_set(&lasting.process.command, "echo $$ > %s/out2; exec tail -f /dev/null", folder);
    part = h.provider->ops->configure(h.provider, &lasting, "shop/lasting", TOKEN + 1, &err);
    assert_non_null(part);
    h.provider->ops->start(part);
    harness_wait_file(&h, path);
    report.children[2] = read_number(path);
    assert_int_equal(write(report_fd, &report, sizeof(report)), sizeof(report));
    harness_linger(&h, 60000);
    _exit(3); /* nobody killed us */
}

static void wait_gone(int pid)
{
    uint64_t deadline_ms = wp_clock_mono_ms() + 20000;

    while (!process_is_gone(pid)) {
        assert_true(wp_clock_mono_ms() < deadline_ms);
        nap();
    }
}

static void test_kill_9_ends_the_children(void **state)
{
    struct report report;
    struct pollfd end = {.events = POLLIN};
    char folder[] = "/tmp/wp-guard-XXXXXX", path[128], *command;
    int fds[2], status, parent, limit;
    char byte;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    parent = fork();
    if (parent == 0) {
        (void)close(fds[0]);
        run_parent(fds[1], folder);
    }
    (void)close(fds[1]);
    assert_int_equal(read(fds[0], &report, sizeof(report)), sizeof(report));
    (void)snprintf(path, sizeof(path), "%s/limit", folder);
    limit = read_number(path);
    assert_int_equal(limit, 200); /* what wakeproxy was started with, not what it raised it to */
    assert_false(process_is_gone(report.children[0]));
    assert_false(process_is_gone(report.children[1]));

    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    /* Neither the guard nor a child holds our descriptors: the end of the stream comes at once. */
    end.fd = fds[0];
    assert_int_equal(poll(&end, 1, 5000), 1);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    assert_false(process_is_gone(report.children[0])); /* deaf: the guard is still at work */
    wait_gone(report.children[0]);
    wait_gone(report.children[1]);
    assert_false(process_is_gone(report.children[2])); /* outlive: true */
    (void)kill(report.children[2], SIGKILL);
    wait_gone(report.children[2]);
    (void)close(fds[0]);
    command = wp_asprintf("rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    free(command);
}

/* The guard itself: named, in a session of its own, deaf to the terminal's signals, gone with us.
 */
static void test_guard_process(void **state)
{
    int fds[2], parent, guard, started = 0, status;
    uint64_t deadline_ms = wp_clock_mono_ms() + 20000;

    /* The orphaned guard becomes our child, by which it is told from those of other tests. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    parent = fork();
    if (parent == 0) {
        struct wp_err err;

        (void)close(fds[0]);
        (void)setsid();
        started = wp_process_guard_start(&err) == 0;
        if (write(fds[1], &started, sizeof(started)) < 0) {
            _exit(4);
        }
        (void)pause();
        _exit(3);
    }
    (void)close(fds[1]);
    assert_int_equal(read(fds[0], &started, sizeof(started)), sizeof(started));
    assert_true(started);
    while ((guard = find_guard()) == 0) {
        assert_true(wp_clock_mono_ms() < deadline_ms);
        nap();
    }
    assert_int_not_equal(getsid(guard), getsid(parent));
    (void)kill(guard, SIGINT);
    (void)kill(guard, SIGTERM);
    (void)kill(guard, SIGHUP);
    nap();
    assert_false(process_is_gone(guard));
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    wait_gone(guard);
    assert_int_equal(waitpid(guard, &status, 0), guard);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    (void)close(fds[0]);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_9_ends_the_children),
        cmocka_unit_test(test_guard_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
