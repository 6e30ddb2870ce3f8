/*
 * test_output.c - lines out of chunks, and children's output in the log: streams, long lines,
 * floods.
 */
#include "harness.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "wakeproxy/base/log.h"

static void gather(void *context, struct wp_slice line, bool is_cut)
{
    char *text = context;
    size_t used = strlen(text);

    (void)snprintf(text + used, 8192 - used, "[%.*s%s]", (int)(line.len > 40 ? 40 : line.len),
                   line.ptr, is_cut ? "~" : "");
}

static void test_lines(void **state)
{
    static const char input[] = "one\ntwo\r\n\nthree\rfour\nlast";
    size_t piece;

    for (piece = 1; piece <= sizeof(input); piece++) {
        struct wp_lines lines = {0};
        char text[8192] = "";
        size_t at;

        for (at = 0; at < sizeof(input) - 1; at += piece) {
            size_t left = sizeof(input) - 1 - at;

            wp_lines_feed(&lines, (struct wp_slice){input + at, left < piece ? left : piece},
                          gather, text);
        }
        wp_lines_end(&lines, gather, text);
        assert_string_equal(text, "[one][two][][three\rfour][last]");
        assert_null(lines.partial);
    }
}

static void count(void *context, struct wp_slice line, bool is_cut)
{
    size_t *counts = context;

    counts[0]++;
    counts[1] += line.len;
    counts[2] += is_cut;
}

static void test_long_lines_are_cut_once(void **state)
{
    static const size_t pieces[] = {1, 7, 4096, 5000, 20000};
    char *input = wp_malloc(20001);
    size_t i;

    memset(input, 'x', 20001);
    input[10000] = '\n';
    input[20000] = '\n';
    for (i = 0; i < WP_ARRAY_SIZE(pieces); i++) {
        struct wp_lines lines = {0};
        size_t counts[3] = {0}, at;

        for (at = 0; at < 20001; at += pieces[i]) {
            size_t left = 20001 - at;

            wp_lines_feed(&lines,
                          (struct wp_slice){input + at, left < pieces[i] ? left : pieces[i]}, count,
                          counts);
        }
        assert_int_equal(counts[0], 2);
        assert_int_equal(counts[1], (size_t)2 * WP_LINE_MAX_BYTES);
        assert_int_equal(counts[2], 2);
        assert_null(lines.partial);
    }
    free(input);
}

/* Runs a script to its end with the log in a file; returns the log. */
static char *run_logged(const char *script)
{
    struct harness h;
    struct wp_conf_part conf = {.name = (char *)"app", .provider = WP_PROVIDER_PROCESS};
    struct wp_provider_part *part;
    char path[128], *text;
    int fd;

    harness_open(&h, WP_PROVIDER_PROCESS, NULL);
    (void)snprintf(path, sizeof(path), "%s/log", h.folder);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    wp_log_open(fd, WP_LOG_FORMAT_JSON, WP_LOG_DEBUG);
    conf.process.stop_signal = SIGTERM;
    conf.process.stop_timeout_ms = 5000;
    command_set(&conf.process.command, "%s", script);
    part = h.provider->ops->configure(h.provider, &conf, "shop/app", 1, NULL);
    h.provider->ops->start(part);
    (void)harness_wait_state(&h, 0, 1, WP_PART_STOPPED);
    h.provider->ops->release(part);
    wp_log_close();
    (void)close(fd);
    text = read_file(path);
    harness_close(&h);
    command_free(&conf.process.command);
    return text;
}

struct tally {
    size_t lines, dropped, shortened;
    char texts[4096];
};

static void tally(char *log, struct tally *ret)
{
    char *line, *rest = log;

    memset(ret, 0, sizeof(*ret));
    while ((line = strsep(&rest, "\n")) != NULL) {
        json_t *entry = json_loads(line, JSON_ALLOW_NUL, NULL);
        const char *event;

        if (line[0] == '\0') {
            continue;
        }
        assert_non_null(entry); /* every line is JSON, whatever the child printed */
        event = json_string_value(json_object_get(entry, "event"));
        if (strcmp(event, "part.output") == 0) {
            const char *text = json_string_value(json_object_get(entry, "text"));
            size_t used = strlen(ret->texts);

            assert_non_null(text);
            assert_string_equal(json_string_value(json_object_get(entry, "part")), "shop/app");
            ret->lines++;
            ret->shortened += json_is_true(json_object_get(entry, "shortened"));
            (void)snprintf(ret->texts + used, sizeof(ret->texts) - used, "%s:%.20s;",
                           json_string_value(json_object_get(entry, "stream")), text);
        } else if (strcmp(event, "part.output_dropped") == 0) {
            ret->dropped += (size_t)json_integer_value(json_object_get(entry, "lines"));
        }
        json_decref(entry);
    }
}

static void test_output_is_logged(void **state)
{
    char *log = run_logged("echo hello; echo sorry >&2; printf 'no end'");
    struct tally seen;

    tally(log, &seen);
    assert_non_null(strstr(seen.texts, "stdout:hello;"));
    assert_non_null(strstr(seen.texts, "stderr:sorry;"));
    assert_non_null(strstr(seen.texts, "stdout:no end;"));
    assert_int_equal(seen.lines, 3);
    assert_int_equal(seen.shortened, 0);
    free(log);
}

static void test_hostile_output(void **state)
{
    /* 5000 characters; 4000 quotes; bytes that are no text. */
    char *log = run_logged("head -c 5000 /dev/zero | tr '\\0' x; echo; "
                           "head -c 4000 /dev/zero | tr '\\0' '\"'; echo; "
                           "head -c 3000 /dev/zero | tr '\\0' '\\377'; echo; "
                           "printf '\\033[31mred\\000\\n'; echo Grüße");
    struct tally seen;

    tally(log, &seen);
    assert_int_equal(seen.lines, 5);
    assert_int_equal(seen.shortened, 3);
    assert_non_null(strstr(seen.texts, "stdout:Grüße;"));
    free(log);
}

static void test_flood_is_bounded(void **state)
{
    char *log = run_logged("seq 1 200000");
    struct tally seen;

    tally(log, &seen);
    assert_in_range(seen.lines, 500, 5000);
    assert_int_equal(seen.lines + seen.dropped, 200000);
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_lines_are_cut_once),
        cmocka_unit_test(test_output_is_logged),
        cmocka_unit_test(test_hostile_output),
        cmocka_unit_test(test_flood_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
