/*
 * test_process.c - the process provider with real children: start, stop, crash, stubborn and
 * branching groups, failures to start, a clean environment, release and adoption.
 */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc_stat.h"
#include "wakeproxy/base/clock.h"

#define TOKEN 7

struct fixture {
    struct harness h;
    struct wp_conf_part conf;
    struct wp_provider_part *part;
    char path[128];
};

static void open_fixture(struct fixture *f, const char *state_dir)
{
    memset(f, 0, sizeof(*f));
    harness_open(&f->h, WP_PROVIDER_PROCESS, state_dir);
    f->conf.name = (char *)"app";
    f->conf.provider = WP_PROVIDER_PROCESS;
    f->conf.process.stop_signal = SIGTERM;
    f->conf.process.stop_timeout_ms = 10000;
    (void)snprintf(f->path, sizeof(f->path), "%s/out", f->h.folder);
}

static void configure(struct fixture *f)
{
    struct wp_err err = {""};

    f->part = f->h.provider->ops->configure(f->h.provider, &f->conf, "shop/app", TOKEN, &err);
    if (f->part == NULL) {
        fail_msg("configure: %s", err.text);
    }
}

static void start(struct fixture *f)
{
    f->h.is_inside_call = true;
    f->h.provider->ops->start(f->part);
    f->h.is_inside_call = false;
}

static void stop(struct fixture *f)
{
    f->h.is_inside_call = true;
    f->h.provider->ops->stop(f->part);
    f->h.is_inside_call = false;
}

static void release(struct fixture *f)
{
    f->h.provider->ops->release(f->part);
    f->part = NULL;
}

static void close_fixture(struct fixture *f)
{
    if (f->part != NULL) {
        release(f);
    }
    harness_close(&f->h);
    command_free(&f->conf.process.command);
}

static void start_and_run(struct fixture *f)
{
    size_t from = f->h.seen_count;

    start(f);
    assert_int_equal(harness_wait_done(&f->h, from, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_OK);
    (void)harness_wait_state(&f->h, from, TOKEN, WP_PART_RUNNING);
}

static void test_start_and_stop(void **state)
{
    struct fixture f;
    const struct seen *seen;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "exec tail -f /dev/null");
    configure(&f);
    assert_true(f.h.provider->ops->interval_ms(f.part, true) == WP_NEVER);

    start_and_run(&f);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STARTING) <
                harness_find_done(&f.h, 0, TOKEN, WP_OP_START));
    seen = &f.h.seen[harness_find_state(&f.h, 0, TOKEN, WP_PART_RUNNING)];
    assert_int_equal(seen->address_count, 1);

    stop(&f);
    assert_int_equal(harness_wait_done(&f.h, 0, TOKEN, WP_OP_STOP)->outcome, WP_OUTCOME_OK);
    seen = harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
    assert_string_equal(seen->text, "killed by SIGTERM");
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPING) != SIZE_MAX);
    close_fixture(&f);
}

static void test_start_twice_is_one_process(void **state)
{
    struct fixture f;
    size_t from;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "echo x >> %s/out; exec tail -f /dev/null", f.h.folder);
    configure(&f);
    start(&f);
    start(&f); /* before exec is known to have succeeded */
    harness_wait_file(&f.h, f.path);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    from = harness_find_done(&f.h, 0, TOKEN, WP_OP_START);
    assert_int_equal(harness_wait_done(&f.h, from + 1, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_OK);

    from = f.h.seen_count;
    start(&f); /* while it runs */
    assert_int_equal(harness_wait_done(&f.h, from, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_OK);
    (void)harness_wait_state(&f.h, from, TOKEN, WP_PART_RUNNING);
    assert_string_equal(f.h.seen[harness_find_state(&f.h, from, TOKEN, WP_PART_RUNNING)].text, "");
    {
        char *text = read_file(f.path);

        assert_string_equal(text, "x\n");
        free(text);
    }
    close_fixture(&f);
}

static void test_crash_is_an_observed_stop(void **state)
{
    struct fixture f;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "exit 7");
    configure(&f);
    start(&f);
    assert_string_equal(harness_wait_state(&f.h, 1, TOKEN, WP_PART_STOPPED)->text,
                        "exited with status 7");
    assert_int_equal(harness_wait_done(&f.h, 0, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_OK);

    /* And it can be started again, and observed by asking. */
    f.h.seen_count = 0;
    f.h.provider->ops->observe(f.h.provider, &f.part, 1);
    assert_int_equal(harness_wait_done(&f.h, 0, TOKEN, WP_OP_OBSERVE)->outcome, WP_OUTCOME_OK);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) <
                harness_find_done(&f.h, 0, TOKEN, WP_OP_OBSERVE));
    f.h.seen_count = 0;
    start(&f);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
    close_fixture(&f);
}

static void test_deaf_child_is_killed(void **state)
{
    struct fixture f;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "trap '' TERM; echo $$ > %s/out; tail -f /dev/null; true",
                f.h.folder);
    f.conf.process.stop_timeout_ms = 150;
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    stop(&f);
    assert_string_equal(harness_wait_state(&f.h, 1, TOKEN, WP_PART_STOPPED)->text,
                        "killed by SIGKILL");
    close_fixture(&f);
}

static void test_stopped_group_wakes_to_end(void **state)
{
    struct fixture f;

    open_fixture(&f, NULL);
    /* No shell: its trap and a child that is just being forked can lose a signal between them. */
    command_set(&f.conf.process.command,
                "exec python3 -c \"import os, signal; signal.signal(2, lambda *a: os._exit(5)); "
                "open('%s/out', 'w').write(str(os.getpid())); signal.pause()\"",
                f.h.folder);
    f.conf.process.stop_signal = SIGINT;
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    assert_int_equal(kill(-read_number(f.path), SIGSTOP), 0);
    stop(&f);
    assert_string_equal(harness_wait_state(&f.h, 1, TOKEN, WP_PART_STOPPED)->text,
                        "exited with status 5");
    close_fixture(&f);
}

static void test_whole_group_is_stopped(void **state)
{
    struct fixture f;
    int grandchild;

    open_fixture(&f, NULL);
    /* The grandchild is deaf as well: it goes when the leader is gone. */
    command_set(&f.conf.process.command,
                "sh -c 'trap \"\" TERM; echo $$ > %s/out; tail -f /dev/null; true' & "
                "exec tail -f /dev/null",
                f.h.folder);
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    grandchild = read_number(f.path);
    assert_false(process_is_gone(grandchild));
    stop(&f);
    assert_string_equal(harness_wait_state(&f.h, 1, TOKEN, WP_PART_STOPPED)->text,
                        "killed by SIGTERM");
    harness_wait_gone(&f.h, grandchild);
    close_fixture(&f);
}

static void test_stragglers_of_a_crash_are_killed(void **state)
{
    struct fixture f;
    int grandchild;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "tail -f /dev/null & echo $! > %s/out; exit 3",
                f.h.folder);
    configure(&f);
    start(&f);
    assert_string_equal(harness_wait_state(&f.h, 1, TOKEN, WP_PART_STOPPED)->text,
                        "exited with status 3");
    grandchild = read_number(f.path);
    harness_wait_gone(&f.h, grandchild);
    close_fixture(&f);
}

static void check_failed_start(const char *program, const char *directory, enum wp_outcome outcome,
                               const char *reason)
{
    struct fixture f;
    const struct seen *seen;

    open_fixture(&f, NULL);
    f.conf.process.command.items = wp_calloc(1, sizeof(char *));
    f.conf.process.command.items[0] = wp_strdup(program);
    f.conf.process.command.count = 1;
    f.conf.process.directory = (char *)directory;
    configure(&f);
    start(&f);
    seen = harness_wait_done(&f.h, 0, TOKEN, WP_OP_START);
    assert_int_equal(seen->outcome, outcome);
    assert_string_equal(seen->text, reason);
    seen = harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
    assert_string_equal(seen->text, reason);
    close_fixture(&f);
}

static void test_failed_starts(void **state)
{
    check_failed_start("no-such-program-here", NULL, WP_OUTCOME_MISSING,
                       "cannot run no-such-program-here: No such file or directory");
    check_failed_start("/no/such/program", NULL, WP_OUTCOME_MISSING,
                       "cannot run /no/such/program: No such file or directory");
    check_failed_start("/dev/null", NULL, WP_OUTCOME_DENIED,
                       "cannot run /dev/null: Permission denied");
    check_failed_start("sleep", "/no/such/folder", WP_OUTCOME_FATAL,
                       "cannot enter /no/such/folder: No such file or directory");
}

static void test_clean_slate(void **state)
{
    struct fixture f;
    struct wp_conf_pair env[] = {{(char *)"COLOUR", (char *)"green"},
                                 {(char *)"HOME", (char *)"/replaced"}};
    sigset_t blocked, before;
    char *text, expected[256];
    int leak[2];

    open_fixture(&f, NULL);
    /* What must not be inherited: a descriptor, a blocked and an ignored signal, our variables. */
    assert_int_equal(pipe(leak), 0);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("NOTIFY_SOCKET", "/run/wrong", 1);
    command_set(&f.conf.process.command,
                "echo \"$COLOUR $HOME [$NOTIFY_SOCKET] $(pwd)\" > new; "
                "echo fds $(ls /proc/self/fd) >> new; readlink /proc/$$/fd/0 >> new; "
                "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n' >> new; echo >> new; "
                "echo $(cut -d' ' -f5,6 /proc/$$/stat) $$ >> new; mv new out; "
                "exec tail -f /dev/null");
    f.conf.process.env = env;
    f.conf.process.env_count = 2;
    f.conf.process.directory = f.h.folder;
    configure(&f);
    start(&f);
    harness_wait_file(&f.h, f.path);
    text = read_file(f.path);
    (void)snprintf(expected, sizeof(expected),
                   "green /replaced [] %s\n"
                   "fds 0 1 2 3\n", /* 3: the folder that ls reads */
                   f.h.folder);
    assert_memory_equal(text, expected, strlen(expected));
    assert_non_null(strstr(text, "\n/dev/null\n"));
    assert_non_null(strstr(text, "SigBlk:0000000000000000SigIgn:0000000000000000\n"));
    {
        int group = 0, session = 0, pid = 1;
        const char *line = strrchr(text, ':');

        assert_int_equal(sscanf(strchr(line, '\n') + 1, "%d %d %d", &group, &session, &pid), 3);
        assert_int_equal(group, pid);
        assert_int_equal(session, pid);
    }
    free(text);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)close(leak[0]);
    (void)close(leak[1]);
    close_fixture(&f);
}

static void test_release_ends_the_child(void **state)
{
    struct fixture f;
    uint64_t began_ms;
    int pid;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "trap '' TERM; echo $$ > %s/out; tail -f /dev/null; true",
                f.h.folder);
    f.conf.process.stop_timeout_ms = 200;
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    pid = read_number(f.path);
    release(&f);
    began_ms = wp_clock_mono_ms();
    /* The loop does not run any more: freeing does all of it. */
    wp_provider_free(&f.h.provider);
    assert_true(process_is_gone(pid));
    assert_true(wp_clock_mono_ms() - began_ms < 5000);
    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, NULL);
    close_fixture(&f);
}

static void test_release_cancels(void **state)
{
    struct fixture f;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "exec tail -f /dev/null");
    configure(&f);
    f.h.provider->ops->observe(f.h.provider, &f.part, 1); /* queued, not delivered */
    start(&f);                                            /* waits for exec */
    assert_int_equal(f.h.seen_count, 0);
    release(&f);
    assert_int_equal(f.h.seen_count, 2);
    assert_int_equal(f.h.seen[0].op, WP_OP_OBSERVE);
    assert_int_equal(f.h.seen[0].outcome, WP_OUTCOME_CANCELLED);
    assert_int_equal(f.h.seen[1].op, WP_OP_START);
    assert_int_equal(f.h.seen[1].outcome, WP_OUTCOME_CANCELLED);
    harness_linger(&f.h, 50);
    assert_int_equal(f.h.seen_count, 2);
    close_fixture(&f);
}

static void test_successor_waits(void **state)
{
    struct fixture f;
    size_t from;

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "trap '' TERM; echo $$ > %s/out; tail -f /dev/null; true",
                f.h.folder);
    f.conf.process.stop_timeout_ms = 300;
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    release(&f);
    configure(&f); /* as a reload with another definition does */
    from = f.h.seen_count;
    start(&f);
    assert_int_equal(harness_wait_done(&f.h, from, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_WAIT);
    (void)harness_wait_state(&f.h, from, TOKEN, WP_PART_STOPPING);
    (void)harness_wait_state(&f.h, from, TOKEN, WP_PART_STOPPED);
    start_and_run(&f);
    close_fixture(&f);
}

static void test_outlive_needs_state_dir(void **state)
{
    struct fixture f;
    struct wp_err err = {""};

    open_fixture(&f, NULL);
    command_set(&f.conf.process.command, "exec tail -f /dev/null");
    f.conf.process.outlive = true;
    assert_null(f.h.provider->ops->configure(f.h.provider, &f.conf, "shop/app", TOKEN, &err));
    assert_non_null(strstr(err.text, "state_dir"));
    close_fixture(&f);
}

static void test_outlive_is_adopted(void **state)
{
    struct fixture f;
    char state_dir[128], path[256];
    int pid, grandchild;

    open_fixture(&f, NULL);
    (void)snprintf(state_dir, sizeof(state_dir), "%s/state", f.h.folder);
    (void)snprintf(path, sizeof(path), "%s/process/shop%%2Fapp.json", state_dir);
    wp_provider_free(&f.h.provider);
    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, state_dir);
    f.conf.process.outlive = true;
    command_set(&f.conf.process.command,
                "sh -c 'trap \"\" TERM; echo $$ > %s/grand; tail -f /dev/null; true' & "
                "echo hello; echo $$ > %s/out; exec tail -f /dev/null",
                f.h.folder, f.h.folder);
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    pid = read_number(f.path);
    (void)snprintf(f.path, sizeof(f.path), "%s/grand", f.h.folder);
    harness_wait_file(&f.h, f.path);
    grandchild = read_number(f.path);
    release(&f);
    wp_provider_free(&f.h.provider);
    assert_false(process_is_gone(pid));
    assert_int_equal(access(path, F_OK), 0);

    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, state_dir);
    f.h.seen_count = 0;
    configure(&f);
    f.h.provider->ops->observe(f.h.provider, &f.part, 1);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    /* Idempotent: it is the same process, not a second. */
    f.h.seen_count = 0;
    start_and_run(&f);
    assert_int_equal(read_number(f.path), grandchild);
    f.h.seen_count = 0;
    stop(&f);
    assert_string_equal(harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED)->text, "ended");
    assert_int_equal(access(path, F_OK), -1);
    assert_true(process_is_gone(pid));
    harness_wait_gone(&f.h, grandchild);
    assert_int_equal(waitpid(pid, NULL, 0), pid); /* ours after all: nobody else reaps it */
    {
        char log[256], *text;

        (void)snprintf(log, sizeof(log), "%s/process/shop%%2Fapp.log", state_dir);
        text = read_file(log);
        assert_string_equal(text, "hello\n");
        free(text);
    }
    close_fixture(&f);
}

static void test_outlive_across_release(void **state)
{
    struct fixture f;
    char state_dir[128];
    int pid;

    open_fixture(&f, NULL);
    (void)snprintf(state_dir, sizeof(state_dir), "%s/state", f.h.folder);
    wp_provider_free(&f.h.provider);
    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, state_dir);
    f.conf.process.outlive = true;
    command_set(&f.conf.process.command, "echo $$ > %s/out; exec tail -f /dev/null", f.h.folder);
    configure(&f);
    start_and_run(&f);
    harness_wait_file(&f.h, f.path);
    pid = read_number(f.path);
    release(&f);
    f.conf.process.outlive = false; /* a reload takes the property away */
    f.h.seen_count = 0;
    configure(&f);
    f.h.provider->ops->observe(f.h.provider, &f.part, 1);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    release(&f);
    wp_provider_free(&f.h.provider);
    assert_true(process_is_gone(pid));
    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, NULL);
    close_fixture(&f);
}

/* A memory of our own process, alive and well, that must not be believed. */
static void check_not_adopted(uint64_t ticks_off, const char *boot_id)
{
    struct fixture f;
    char state_dir[128], path[256];
    uint64_t ticks;
    FILE *file;

    open_fixture(&f, NULL);
    (void)snprintf(state_dir, sizeof(state_dir), "%s/state", f.h.folder);
    assert_int_equal(mkdir(state_dir, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/process", state_dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/process/shop%%2Fapp.json", state_dir);
    assert_int_equal(wp_proc_start_ticks(getpid(), &ticks), 0);
    file = fopen(path, "we");
    assert_non_null(file);
    (void)fprintf(file, "{\"pid\":%d,\"start_ticks\":%llu,\"boot_id\":\"%s\"}", (int)getpid(),
                  (unsigned long long)(ticks + ticks_off), boot_id);
    (void)fclose(file);
    wp_provider_free(&f.h.provider);
    harness_new_provider(&f.h, WP_PROVIDER_PROCESS, state_dir);
    f.conf.process.outlive = true;
    command_set(&f.conf.process.command, "exec tail -f /dev/null");
    configure(&f);
    f.h.provider->ops->observe(f.h.provider, &f.part, 1);
    (void)harness_wait_done(&f.h, 0, TOKEN, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) != SIZE_MAX);
    close_fixture(&f);
}

static void test_strangers_are_not_adopted(void **state)
{
    char boot_id[WP_BOOT_ID_SIZE];

    wp_proc_boot_id(boot_id);
    check_not_adopted(1, boot_id);                                /* the pid was recycled */
    check_not_adopted(0, "00000000-0000-0000-0000-000000000000"); /* before the last boot */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_and_stop),
        cmocka_unit_test(test_start_twice_is_one_process),
        cmocka_unit_test(test_crash_is_an_observed_stop),
        cmocka_unit_test(test_deaf_child_is_killed),
        cmocka_unit_test(test_stopped_group_wakes_to_end),
        cmocka_unit_test(test_whole_group_is_stopped),
        cmocka_unit_test(test_stragglers_of_a_crash_are_killed),
        cmocka_unit_test(test_failed_starts),
        cmocka_unit_test(test_clean_slate),
        cmocka_unit_test(test_release_ends_the_child),
        cmocka_unit_test(test_release_cancels),
        cmocka_unit_test(test_successor_waits),
        cmocka_unit_test(test_outlive_needs_state_dir),
        cmocka_unit_test(test_outlive_is_adopted),
        cmocka_unit_test(test_outlive_across_release),
        cmocka_unit_test(test_strangers_are_not_adopted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
