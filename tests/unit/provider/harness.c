/*
 * harness.c - loop, sink and waiting for the provider tests. One thread: the test's own.
 */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"

#define PATIENCE_MS 20000
#define LOOK_MS     2

static struct seen *record(struct harness *h, uint64_t token, const char *text)
{
    struct seen *seen;

    assert_false(h->is_inside_call);
    h->seen = wp_grow(h->seen, &h->seen_capacity, h->seen_count + 1, sizeof(*h->seen));
    seen = &h->seen[h->seen_count++];
    memset(seen, 0, sizeof(*seen));
    seen->token = token;
    (void)snprintf(seen->text, sizeof(seen->text), "%s", text != NULL ? text : "");
    return seen;
}

static void on_completed(void *context, uint64_t token, const struct wp_completion *completion)
{
    struct seen *seen = record(context, token, completion->reason);

    seen->is_completion = true;
    seen->op = completion->op;
    seen->outcome = completion->outcome;
}

static void on_observed(void *context, uint64_t token, const struct wp_observation *observation)
{
    struct seen *seen = record(context, token, observation->detail);

    seen->state = observation->state;
    seen->address_count = observation->address_count;
}

void harness_new_provider(struct harness *h, enum wp_provider_kind kind, const char *state_dir)
{
    struct wp_provider_sink sink = {
        .context = h, .completed = on_completed, .observed = on_observed};
    struct wp_err err;

    h->provider = wp_provider_new(kind, h->loop, &sink, state_dir, &err);
    assert_non_null(h->provider);
}

void harness_open(struct harness *h, enum wp_provider_kind kind, const char *state_dir)
{
    memset(h, 0, sizeof(*h));
    (void)snprintf(h->folder, sizeof(h->folder), "/tmp/wp-provider-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    h->loop = wp_loop_new();
    harness_new_provider(h, kind, state_dir);
}

void harness_close(struct harness *h)
{
    char *command = wp_asprintf("rm -rf '%s'", h->folder);

    wp_provider_free(&h->provider);
    wp_loop_free(&h->loop);
    free(h->seen);
    assert_int_equal(system(command), 0);
    free(command);
}

struct waiting {
    struct wp_timer timer;
    bool (*holds)(void *argument);
    void *argument;
    uint64_t deadline_ms;
    bool is_fulfilled;
};

static void look(struct wp_timer *timer)
{
    struct waiting *waiting = WP_CONTAINER_OF(timer, struct waiting, timer);

    waiting->is_fulfilled = waiting->holds != NULL && waiting->holds(waiting->argument);
    if (waiting->is_fulfilled || wp_clock_mono_ms() >= waiting->deadline_ms) {
        wp_loop_stop(timer->loop);
        return;
    }
    wp_timer_set(timer, wp_loop_now_ms(timer->loop) + LOOK_MS);
}

static bool run_until(struct harness *h, bool (*holds)(void *), void *argument, uint64_t for_ms)
{
    struct waiting waiting = {
        .holds = holds, .argument = argument, .deadline_ms = wp_clock_mono_ms() + for_ms};

    wp_timer_init(&waiting.timer, h->loop, look);
    wp_loop_touch_clock(h->loop);
    wp_timer_set(&waiting.timer, wp_loop_now_ms(h->loop));
    wp_loop_run(h->loop);
    wp_timer_fini(&waiting.timer);
    return waiting.is_fulfilled;
}

void harness_wait(struct harness *h, bool (*holds)(void *argument), void *argument)
{
    assert_true(run_until(h, holds, argument, PATIENCE_MS));
}

void harness_linger(struct harness *h, unsigned ms)
{
    (void)run_until(h, NULL, NULL, ms);
}

size_t harness_find_state(const struct harness *h, size_t from, uint64_t token,
                          enum wp_part_state state)
{
    for (; from < h->seen_count; from++) {
        const struct seen *seen = &h->seen[from];

        if (!seen->is_completion && seen->token == token && seen->state == state) {
            return from;
        }
    }
    return SIZE_MAX;
}

size_t harness_find_done(const struct harness *h, size_t from, uint64_t token,
                         enum wp_provider_op op)
{
    for (; from < h->seen_count; from++) {
        const struct seen *seen = &h->seen[from];

        if (seen->is_completion && seen->token == token && seen->op == op) {
            return from;
        }
    }
    return SIZE_MAX;
}

struct wanted {
    struct harness *h;
    size_t from;
    uint64_t token;
    int what;
};

static bool has_state(void *argument)
{
    struct wanted *w = argument;

    return harness_find_state(w->h, w->from, w->token, (enum wp_part_state)w->what) != SIZE_MAX;
}

static bool has_done(void *argument)
{
    struct wanted *w = argument;

    return harness_find_done(w->h, w->from, w->token, (enum wp_provider_op)w->what) != SIZE_MAX;
}

const struct seen *harness_wait_state(struct harness *h, size_t from, uint64_t token,
                                      enum wp_part_state state)
{
    struct wanted wanted = {h, from, token, (int)state};

    harness_wait(h, has_state, &wanted);
    return &h->seen[harness_find_state(h, from, token, state)];
}

const struct seen *harness_wait_done(struct harness *h, size_t from, uint64_t token,
                                     enum wp_provider_op op)
{
    struct wanted wanted = {h, from, token, (int)op};

    harness_wait(h, has_done, &wanted);
    return &h->seen[harness_find_done(h, from, token, op)];
}

static bool file_exists(void *argument)
{
    struct stat status;

    return stat(argument, &status) == 0 && status.st_size > 0;
}

void harness_wait_file(struct harness *h, const char *path)
{
    harness_wait(h, file_exists, (void *)path);
}

bool process_is_gone(int pid)
{
    char path[64], text[256], *end;
    FILE *file;
    size_t got;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return true;
    }
    got = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[got] = '\0';
    end = strrchr(text, ')');
    return end == NULL || strncmp(end, ") Z", 3) == 0 || strncmp(end, ") X", 3) == 0;
}

static bool is_gone(void *argument)
{
    return process_is_gone(*(int *)argument);
}

void harness_wait_gone(struct harness *h, int pid)
{
    harness_wait(h, is_gone, &pid);
}

char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0, got;

    assert_non_null(file);
    do {
        text = wp_reallocarray(text, size + 4097, 1);
        got = fread(text + size, 1, 4096, file);
        size += got;
    } while (got > 0);
    text[size] = '\0';
    (void)fclose(file);
    return text;
}

int read_number(const char *path)
{
    char *text = read_file(path);
    int number = atoi(text);

    free(text);
    return number;
}

void command_set(struct wp_conf_strings *command, const char *format, ...)
{
    char script[4096];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(script, sizeof(script), format, arguments);
    va_end(arguments);
    command->count = 3;
    command->items = wp_calloc(3, sizeof(*command->items));
    command->items[0] = wp_strdup("/bin/sh");
    command->items[1] = wp_strdup("-c");
    command->items[2] = wp_strdup(script);
}

void command_free(struct wp_conf_strings *command)
{
    size_t i;

    for (i = 0; i < command->count; i++) {
        free(command->items[i]);
    }
    free(command->items);
    command->items = NULL;
    command->count = 0;
}
