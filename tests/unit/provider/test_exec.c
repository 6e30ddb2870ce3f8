/*
 * test_exec.c - the exec provider with real commands: exit statuses, reasons, timeouts, the
 * environment, the queue of status commands, and what a release leaves behind.
 */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec_run.h"
#include "wakeproxy/base/clock.h"

#define TOKEN 3

struct fixture {
    struct harness h;
    struct wp_conf_part conf;
    struct wp_provider_part *part;
    char path[128];
};

/* "go": commands that wait for a word from the test read it from here. */
static void make_fifo(struct fixture *f)
{
    char *path = wp_asprintf("%s/go", f->h.folder);

    assert_int_equal(mkfifo(path, 0600), 0);
    free(path);
}

static void open_fixture(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    harness_open(&f->h, WP_PROVIDER_EXEC, NULL);
    f->conf.name = (char *)"db";
    f->conf.provider = WP_PROVIDER_EXEC;
    f->conf.exec.start_timeout_ms = 20000;
    f->conf.exec.stop_timeout_ms = 20000;
    f->conf.exec.status_timeout_ms = 20000;
    f->conf.exec.interval_ms = 60000;
    f->conf.exec.fast_interval_ms = 1000;
    (void)snprintf(f->path, sizeof(f->path), "%s/out", f->h.folder);
    make_fifo(f);
}

static void set(struct wp_conf_strings *command, const char *script)
{
    command_free(command);
    command_set(command, "%s", script);
}

static void configure(struct fixture *f, const char *start, const char *stop, const char *status)
{
    struct wp_err err = {""};

    set(&f->conf.exec.start, start);
    set(&f->conf.exec.stop, stop);
    set(&f->conf.exec.status, status);
    f->conf.exec.directory = f->h.folder;
    f->part = f->h.provider->ops->configure(f->h.provider, &f->conf, "shop/db", TOKEN, &err);
    assert_non_null(f->part);
}

static void close_fixture(struct fixture *f)
{
    if (f->part != NULL) {
        f->h.provider->ops->release(f->part);
    }
    harness_close(&f->h);
    command_free(&f->conf.exec.start);
    command_free(&f->conf.exec.stop);
    command_free(&f->conf.exec.status);
}

static void call(struct fixture *f, enum wp_provider_op op)
{
    f->h.is_inside_call = true;
    switch (op) {
    case WP_OP_START:
        f->h.provider->ops->start(f->part);
        break;
    case WP_OP_STOP:
        f->h.provider->ops->stop(f->part);
        break;
    case WP_OP_OBSERVE:
        f->h.provider->ops->observe(f->h.provider, &f->part, 1);
        break;
    }
    f->h.is_inside_call = false;
}

static const struct seen *call_and_wait(struct fixture *f, enum wp_provider_op op)
{
    f->h.seen_count = 0;
    call(f, op);
    return harness_wait_done(&f->h, 0, TOKEN, op);
}

static void test_outcomes_of_start(void **state)
{
    static const struct {
        const char *script;
        enum wp_outcome outcome;
        const char *reason;
    } rows[] = {
        {"exit 0", WP_OUTCOME_OK, ""},
        {"echo fine; exit 0", WP_OUTCOME_OK, ""},
        {"exit 1", WP_OUTCOME_RETRY, "the start command exited with status 1"},
        {"echo one; echo two >&2; exit 1", WP_OUTCOME_RETRY, "two"},
        {"printf 'no newline'; exit 75", WP_OUTCOME_RETRY, "no newline"},
        {"echo 'AccessDenied: who are you?'; echo; exit 77", WP_OUTCOME_DENIED,
         "AccessDenied: who are you?"},
        {"echo full; exit 69", WP_OUTCOME_CAPACITY, "full"},
        {"exit 78", WP_OUTCOME_FATAL, "the start command exited with status 78"},
        {"exec no-such-thing-here 2>/dev/null", WP_OUTCOME_FATAL,
         "the start command exited with status 127"},
        {"kill -9 $$", WP_OUTCOME_RETRY, "the start command killed by SIGKILL"},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        struct fixture f;
        const struct seen *seen;

        open_fixture(&f);
        configure(&f, rows[i].script, "exit 0", "exit 3");
        seen = call_and_wait(&f, WP_OP_START);
        assert_int_equal(seen->outcome, rows[i].outcome);
        assert_string_equal(seen->text, rows[i].reason);
        close_fixture(&f);
    }
}

static void test_states_of_status(void **state)
{
    static const struct {
        const char *script;
        enum wp_part_state state;
        const char *detail;
    } rows[] = {
        {"exit 0", WP_PART_RUNNING, ""},
        {"echo up; exit 0", WP_PART_RUNNING, ""},
        {"exit 3", WP_PART_STOPPED, ""},
        {"echo 'shut off'; exit 3", WP_PART_STOPPED, "shut off"},
        {"exit 4", WP_PART_UNKNOWN, "the status command exited with status 4"},
        {"echo cannot reach the API >&2; exit 1", WP_PART_UNKNOWN, "cannot reach the API"},
        {"kill -TERM $$", WP_PART_UNKNOWN, "the status command killed by SIGTERM"},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        struct fixture f;
        size_t at;

        open_fixture(&f);
        configure(&f, "exit 0", "exit 0", rows[i].script);
        assert_int_equal(call_and_wait(&f, WP_OP_OBSERVE)->outcome, WP_OUTCOME_OK);
        at = harness_find_state(&f.h, 0, TOKEN, rows[i].state);
        assert_true(at < harness_find_done(&f.h, 0, TOKEN, WP_OP_OBSERVE));
        assert_string_equal(f.h.seen[at].text, rows[i].detail);
        close_fixture(&f);
    }
}

static void test_missing_command(void **state)
{
    struct fixture f;
    const struct seen *seen;

    open_fixture(&f);
    configure(&f, "exit 0", "exit 0", "exit 0");
    free(f.conf.exec.start.items[0]);
    f.conf.exec.start.items[0] = wp_strdup("/no/such/tool");
    free(f.conf.exec.status.items[0]);
    f.conf.exec.status.items[0] = wp_strdup("no-such-tool");
    seen = call_and_wait(&f, WP_OP_START);
    assert_int_equal(seen->outcome, WP_OUTCOME_FATAL);
    assert_string_equal(seen->text, "/no/such/tool: cannot run it: No such file or directory");
    seen = call_and_wait(&f, WP_OP_OBSERVE);
    assert_int_equal(seen->outcome, WP_OUTCOME_FATAL);
    assert_string_equal(seen->text, "no-such-tool: cannot run it: No such file or directory");
    close_fixture(&f);
}

static void test_whole_cycle(void **state)
{
    struct fixture f;
    size_t at;

    open_fixture(&f);
    configure(&f, "echo on > up", "rm up", "test -e up || exit 3");
    assert_true(f.h.provider->ops->interval_ms(f.part, false) == 60000);
    assert_true(f.h.provider->ops->interval_ms(f.part, true) == 1000);
    (void)call_and_wait(&f, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) != SIZE_MAX);

    assert_int_equal(call_and_wait(&f, WP_OP_START)->outcome, WP_OUTCOME_OK);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STARTING) != SIZE_MAX);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING); /* observed without asking */

    assert_int_equal(call_and_wait(&f, WP_OP_STOP)->outcome, WP_OUTCOME_OK);
    at = harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPING);
    assert_true(at != SIZE_MAX);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
    close_fixture(&f);
}

/* A server that the start command put into the background is what the user asked for; what a failed
 * start or a status command leaves is not. */
static void test_start_may_leave_a_server(void **state)
{
    struct fixture f;
    int pid;

    open_fixture(&f);
    configure(&f, "tail -f /dev/null >/dev/null 2>&1 & echo $! > out; exit 0",
              "kill $(cat out) && rm out", "kill -0 $(cat out) || exit 3");
    assert_int_equal(call_and_wait(&f, WP_OP_START)->outcome, WP_OUTCOME_OK);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    pid = read_number(f.path);
    assert_false(process_is_gone(pid));
    assert_int_equal(call_and_wait(&f, WP_OP_STOP)->outcome, WP_OUTCOME_OK);
    harness_wait_gone(&f.h, pid);

    set(&f.conf.exec.start, "tail -f /dev/null >/dev/null 2>&1 & echo $! > out; exit 1");
    assert_int_equal(call_and_wait(&f, WP_OP_START)->outcome, WP_OUTCOME_RETRY);
    harness_wait_gone(&f.h, read_number(f.path));
    close_fixture(&f);
}

/* Wake-on-LAN: the start command is over long before the machine is up. */
static void test_start_that_takes_effect_later(void **state)
{
    struct fixture f;

    open_fixture(&f);
    configure(&f, "exit 0", "exit 0", "test -e up || exit 3");
    f.conf.exec.start_timeout_ms = 1000;
    (void)call_and_wait(&f, WP_OP_START);
    f.h.seen_count = 0;
    (void)call_and_wait(&f, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STARTING) != SIZE_MAX);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) == SIZE_MAX);
    harness_linger(&f.h, 1100); /* the claim runs out: it did not start */
    (void)call_and_wait(&f, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) != SIZE_MAX);

    /* Seen running and stopped by somebody else: stopped at once. */
    f.conf.exec.start_timeout_ms = 60000;
    (void)call_and_wait(&f, WP_OP_START);
    {
        char *touch = wp_asprintf("touch '%s/up'", f.h.folder);

        assert_int_equal(system(touch), 0);
        free(touch);
    }
    do {
        (void)call_and_wait(&f, WP_OP_OBSERVE);
    } while (harness_find_state(&f.h, 0, TOKEN, WP_PART_RUNNING) == SIZE_MAX);
    {
        char *up = wp_asprintf("%s/up", f.h.folder);

        assert_int_equal(unlink(up), 0);
        free(up);
    }
    (void)call_and_wait(&f, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED) != SIZE_MAX);
    close_fixture(&f);
}

static void test_environment(void **state)
{
    struct fixture f;
    struct wp_conf_pair env[] = {{(char *)"REGION", (char *)"eu"},
                                 {(char *)"WAKEPROXY_OP", (char *)"overruled"}};
    char *text;

    open_fixture(&f);
    configure(&f, "echo $WAKEPROXY_TRACE $WAKEPROXY_PART $WAKEPROXY_OP $REGION > out",
              "echo $WAKEPROXY_OP > out", "echo $WAKEPROXY_OP; exit 4");
    f.conf.exec.env = env;
    f.conf.exec.env_count = 2;
    (void)call_and_wait(&f, WP_OP_START);
    text = read_file(f.path);
    assert_string_equal(text, "shop db start eu\n");
    free(text);
    (void)call_and_wait(&f, WP_OP_STOP);
    text = read_file(f.path);
    assert_string_equal(text, "stop\n");
    free(text);
    (void)call_and_wait(&f, WP_OP_OBSERVE);
    assert_string_equal(harness_wait_state(&f.h, 0, TOKEN, WP_PART_UNKNOWN)->text, "status");
    close_fixture(&f);
}

static void test_timeout_ends_the_group(void **state)
{
    struct fixture f;
    const struct seen *seen;
    int pid;

    open_fixture(&f);
    configure(&f, "sh -c 'trap \"\" TERM; echo $$ > out; tail -f /dev/null; true'; true", "exit 0",
              "tail -f /dev/null & echo $! > out; wait");
    f.conf.exec.start_timeout_ms = 300;
    f.conf.exec.status_timeout_ms = 300;
    seen = call_and_wait(&f, WP_OP_START);
    assert_int_equal(seen->outcome, WP_OUTCOME_RETRY);
    assert_string_equal(seen->text, "the start command did not end within 300ms");
    pid = read_number(f.path);
    harness_wait_gone(&f.h, pid);

    (void)unlink(f.path);
    seen = call_and_wait(&f, WP_OP_OBSERVE);
    assert_int_equal(seen->outcome, WP_OUTCOME_RETRY);
    assert_string_equal(seen->text, "the status command did not end within 300ms");
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_UNKNOWN) != SIZE_MAX);
    pid = read_number(f.path);
    harness_wait_gone(&f.h, pid);
    close_fixture(&f);
}

static void test_observe_is_never_stale(void **state)
{
    struct fixture f;
    char *up;

    open_fixture(&f);
    up = wp_asprintf("%s/up", f.h.folder);
    /* Looks first, answers when told: what it says is old by then. */
    configure(&f, "exit 0", "exit 0",
              "test -e up; r=$?; test -e out || { echo x > out; read x < go; }; "
              "exit $((r * 3))");
    call(&f, WP_OP_OBSERVE);
    harness_wait_file(&f.h, f.path);
    {
        char *command = wp_asprintf("cd '%s' && touch up", f.h.folder);

        assert_int_equal(system(command), 0);
        free(command);
    }
    call(&f, WP_OP_OBSERVE); /* after the change: must see it */
    {
        char *command = wp_asprintf("cd '%s' && echo > go", f.h.folder);

        assert_int_equal(system(command), 0);
        free(command);
    }
    (void)harness_wait_done(&f.h, 0, TOKEN, WP_OP_OBSERVE);
    (void)harness_wait_done(&f.h, harness_find_done(&f.h, 0, TOKEN, WP_OP_OBSERVE) + 1, TOKEN,
                            WP_OP_OBSERVE);
    {
        size_t first = harness_find_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
        size_t second = harness_find_state(&f.h, 0, TOKEN, WP_PART_RUNNING);

        assert_true(first != SIZE_MAX && second != SIZE_MAX && first < second);
    }
    free(up);
    close_fixture(&f);
}

#define MANY 20

struct many {
    struct harness *h;
    size_t done;
};

static bool all_done(void *argument)
{
    struct many *many = argument;
    size_t i;

    many->done = 0;
    for (i = 0; i < many->h->seen_count; i++) {
        many->done += many->h->seen[i].is_completion;
    }
    return many->done == MANY;
}

static void test_statuses_queue(void **state)
{
    struct fixture f;
    struct wp_provider_part *parts[MANY];
    struct many many = {.h = &f.h};
    int now = 0, most = 0;
    size_t i;
    char *text;

    open_fixture(&f);
    configure(&f, "exit 0", "exit 0", "echo + >> out; sleep 0.1; echo - >> out; exit 3");
    for (i = 0; i < MANY; i++) {
        char label[32];

        (void)snprintf(label, sizeof(label), "shop/%zu", i);
        parts[i] = f.h.provider->ops->configure(f.h.provider, &f.conf, label, 100 + i, NULL);
    }
    f.h.provider->ops->observe(f.h.provider, parts, MANY);
    harness_wait(&f.h, all_done, &many);
    text = read_file(f.path);
    for (i = 0; text[i] != '\0'; i++) {
        now += text[i] == '+' ? 1 : text[i] == '-' ? -1 : 0;
        most = now > most ? now : most;
    }
    assert_int_equal(now, 0);
    assert_in_range(most, 2, 8);
    free(text);
    for (i = 0; i < MANY; i++) {
        assert_true(harness_find_state(&f.h, 0, 100 + i, WP_PART_STOPPED) != SIZE_MAX);
        f.h.provider->ops->release(parts[i]);
    }
    close_fixture(&f);
}

static void test_release_cancels_all(void **state)
{
    struct fixture f;
    struct wp_provider_part *parts[MANY];
    size_t i;
    int pid;

    open_fixture(&f);
    configure(&f, "echo $$ > out; exec tail -f /dev/null", "exit 0", "exec tail -f /dev/null");
    call(&f, WP_OP_START);
    harness_wait_file(&f.h, f.path);
    pid = read_number(f.path);
    for (i = 0; i < MANY; i++) {
        parts[i] = f.h.provider->ops->configure(f.h.provider, &f.conf, "shop/x", 100 + i, NULL);
    }
    f.h.provider->ops->observe(f.h.provider, parts, MANY); /* some run, the others queue */
    f.h.seen_count = 0;
    for (i = 0; i < MANY; i++) {
        f.h.provider->ops->release(parts[i]);
        assert_int_equal(f.h.seen_count, i + 1);
        assert_int_equal(f.h.seen[i].token, 100 + i);
        assert_int_equal(f.h.seen[i].outcome, WP_OUTCOME_CANCELLED);
    }
    f.h.provider->ops->release(f.part);
    f.part = NULL;
    assert_int_equal(f.h.seen_count, MANY + 1);
    assert_int_equal(f.h.seen[MANY].op, WP_OP_START);
    assert_int_equal(f.h.seen[MANY].outcome, WP_OUTCOME_CANCELLED);
    harness_wait_gone(&f.h, pid);
    assert_int_equal(f.h.seen_count, MANY + 1);
    close_fixture(&f);
}

static void test_one_action_at_a_time(void **state)
{
    struct fixture f;

    open_fixture(&f);
    configure(&f, "echo x >> out; read x < go", "exit 0", "exit 0");
    call(&f, WP_OP_START);
    call(&f, WP_OP_START); /* joins */
    call(&f, WP_OP_STOP);  /* has to wait */
    assert_int_equal(harness_wait_done(&f.h, 0, TOKEN, WP_OP_STOP)->outcome, WP_OUTCOME_WAIT);
    {
        char *command = wp_asprintf("cd '%s' && echo > go", f.h.folder);

        assert_int_equal(system(command), 0);
        free(command);
    }
    (void)harness_wait_done(&f.h, 0, TOKEN, WP_OP_START);
    (void)harness_wait_done(&f.h, harness_find_done(&f.h, 0, TOKEN, WP_OP_START) + 1, TOKEN,
                            WP_OP_START);
    {
        char *text = read_file(f.path);

        assert_string_equal(text, "x\n");
        free(text);
    }
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes_of_start),
        cmocka_unit_test(test_states_of_status),
        cmocka_unit_test(test_missing_command),
        cmocka_unit_test(test_whole_cycle),
        cmocka_unit_test(test_start_may_leave_a_server),
        cmocka_unit_test(test_start_that_takes_effect_later),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_timeout_ends_the_group),
        cmocka_unit_test(test_observe_is_never_stale),
        cmocka_unit_test(test_statuses_queue),
        cmocka_unit_test(test_release_cancels_all),
        cmocka_unit_test(test_one_action_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
