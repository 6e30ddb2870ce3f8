/*
 * test_log.c - log lines as a reader of the sink sees them: both formats, escaping, cutting, order,
 * batching, a reader that does not read, a reader that goes away.
 */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"

static int ends[2];

static void open_sink(enum wp_log_format format)
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    wp_log_open(ends[1], format, WP_LOG_INFO);
}

static void close_sink(void)
{
    wp_log_close();
    close(ends[0]);
    close(ends[1]);
}

/* What has been written, as one NUL-terminated string. */
static const char *read_sink(void)
{
    static char text[65536];
    struct pollfd entry = {.fd = ends[0], .events = POLLIN};
    ssize_t count;

    wp_log_flush();
    assert_int_equal(poll(&entry, 1, 5000), 1);
    count = read(ends[0], text, sizeof(text) - 1);
    assert_true(count > 0);
    text[count] = '\0';
    return text;
}

static json_t *read_json(void)
{
    const char *text = read_sink();
    json_t *root = json_loads(text, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(root);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    return root;
}

static const char *string_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));

    assert_non_null(text);
    return text;
}

static void test_json(void **state)
{
    struct wp_slice slice = WP_SLICE("sl\"ice");
    struct wp_log_line line;
    json_t *root;

    open_sink(WP_LOG_FORMAT_JSON);
    wp_log_begin(&line, WP_LOG_WARN, "test.event");
    wp_log_str(&line, "s", "a b");
    wp_log_str(&line, "none", NULL);
    wp_log_slice(&line, "slice", slice);
    wp_log_u64(&line, "big", UINT64_C(9007199254740993));
    wp_log_bool(&line, "yes", true);
    wp_log_bool(&line, "no", false);
    wp_log_ms(&line, "took_ms", 1234007);
    wp_log_end(&line);
    root = read_json();
    assert_int_equal(json_object_size(root), 10);
    assert_int_equal(strlen(string_of(root, "time")), WP_RFC3339_SIZE - 1);
    assert_string_equal(string_of(root, "level"), "warn");
    assert_string_equal(string_of(root, "event"), "test.event");
    assert_string_equal(string_of(root, "s"), "a b");
    assert_true(json_is_null(json_object_get(root, "none")));
    assert_string_equal(string_of(root, "slice"), "sl\"ice");
    assert_true(json_integer_value(json_object_get(root, "big")) == 9007199254740993);
    assert_true(json_is_true(json_object_get(root, "yes")));
    assert_true(json_is_false(json_object_get(root, "no")));
    assert_true(json_real_value(json_object_get(root, "took_ms")) == 1234.007);
    json_decref(root);
    close_sink();
}

static void test_json_escaping(void **state)
{
    static const struct {
        struct wp_slice value;
        const char *written, *meant;
    } cases[] = {
        {WP_SLICE(""), "\"\"", ""},
        {WP_SLICE("a\"b\\c"), "\"a\\\"b\\\\c\"", "a\"b\\c"},
        {WP_SLICE("\n\r\t\b\x1b\x7f"), "\"\\n\\r\\t\\u0008\\u001b\\u007f\"", "\n\r\t\b\x1b\x7f"},
        {WP_SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
         "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {WP_SLICE("\xc2\x9b"), "\"\\u009b\"", "\xc2\x9b"},
        {WP_SLICE("\xc2\xa0"), "\"\xc2\xa0\"", "\xc2\xa0"},
        {WP_SLICE("a\xff"), "\"a\\ufffd\"", "a\xef\xbf\xbd"},
        {WP_SLICE("\xc3"), "\"\\ufffd\"", "\xef\xbf\xbd"},
        {WP_SLICE("\xc3(b"), "\"\\ufffd(b\"", "\xef\xbf\xbd(b"},
        {WP_SLICE("\xc0\xaf"), "\"\\ufffd\\ufffd\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {WP_SLICE("\xe0\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\"", NULL},
        {WP_SLICE("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"", NULL},
        {WP_SLICE("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", NULL},
        {WP_SLICE("\xf0\x80\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", NULL},
        {WP_SLICE("\xf0\x9f\x98"), "\"\\ufffd\\ufffd\\ufffd\"", NULL},
        {WP_SLICE("\xee\x80\x80\xef\xbf\xbd"), "\"\xee\x80\x80\xef\xbf\xbd\"", NULL},
    };

    open_sink(WP_LOG_FORMAT_JSON);
    for (size_t i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        char wanted[128];
        struct wp_log_line line;
        const char *text;
        json_t *root;

        wp_log_begin(&line, WP_LOG_INFO, "e");
        wp_log_slice(&line, "v", cases[i].value);
        wp_log_end(&line);
        text = read_sink();
        snprintf(wanted, sizeof(wanted), ",\"v\":%s}\n", cases[i].written);
        assert_non_null(strstr(text, wanted));
        root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(root);
        if (cases[i].meant != NULL) {
            assert_string_equal(string_of(root, "v"), cases[i].meant);
        }
        json_decref(root);
    }
    close_sink();
}

/* Every byte, alone and between others, in lines that stay valid. */
static void test_every_byte(void **state)
{
    open_sink(WP_LOG_FORMAT_JSON);
    for (unsigned byte = 0; byte < 256; byte++) {
        char value[3] = {'a', (char)byte, 'z'};
        struct wp_log_line line;
        json_t *root;
        size_t length;
        const char *got;

        wp_log_begin(&line, WP_LOG_INFO, "e");
        wp_log_slice(&line, "v", (struct wp_slice){value, sizeof(value)});
        wp_log_end(&line);
        root = read_json();
        got = json_string_value(json_object_get(root, "v"));
        length = json_string_length(json_object_get(root, "v"));
        if (byte < 0x80) {
            assert_int_equal(length, 3);
            assert_memory_equal(got, value, 3);
        } else {
            assert_string_equal(got, "a\xef\xbf\xbdz");
        }
        json_decref(root);
    }
    close_sink();
}

static void test_text(void **state)
{
    struct wp_log_line line;
    const char *text;

    open_sink(WP_LOG_FORMAT_TEXT);
    wp_log_begin(&line, WP_LOG_INFO, "trace.phase");
    wp_log_str(&line, "trace", "shop-qa");
    wp_log_str(&line, "cause", "GET /");
    wp_log_str(&line, "quote", "a\"b");
    wp_log_str(&line, "slash", "a\\b");
    wp_log_str(&line, "equal", "a=b");
    wp_log_str(&line, "empty", "");
    wp_log_str(&line, "none", NULL);
    wp_log_str(&line, "control", "a\x1b[2Jb\nc");
    wp_log_str(&line, "wide", "\xc3\xa4");
    wp_log_str(&line, "bad", "\xff");
    wp_log_u64(&line, "n", 0);
    wp_log_ms(&line, "ms", 5);
    wp_log_bool(&line, "b", true);
    wp_log_end(&line);
    text = read_sink();
    assert_int_equal(text[2], ':');
    assert_int_equal(text[5], ':');
    assert_int_equal(text[8], '.');
    assert_string_equal(text + 12,
                        " INFO  trace.phase trace=shop-qa cause=\"GET /\" quote=\"a\\\"b\" "
                        "slash=\"a\\\\b\" equal=\"a=b\" empty=\"\" none=null "
                        "control=\"a\\u001b[2Jb\\nc\" wide=\"\xc3\xa4\" bad=\"\\ufffd\" n=0 "
                        "ms=0.005 b=true\n");
    close_sink();
}

static void test_one_call(void **state)
{
    struct wp_slice slice = WP_SLICE("x y");
    const char *text;

    open_sink(WP_LOG_FORMAT_TEXT);
    wp_log(WP_LOG_ERROR, "e", "a:s b:S c:u d:d e:b  f:s g:d", "v", &slice, UINT64_MAX, -12, 1,
           (char *)NULL, INT32_MIN);
    text = read_sink();
    assert_string_equal(text + 12, " ERROR e a=v b=\"x y\" c=18446744073709551615 d=-12 e=true "
                                   "f=null g=-2147483648\n");
    wp_log(WP_LOG_WARN, "plain", "");
    assert_string_equal(read_sink() + 12, " WARN  plain\n");
    wp_log(WP_LOG_WARN, "wrong", "a:u b:x c:s", UINT64_C(1), "never read");
    assert_string_equal(read_sink() + 12, " WARN  wrong a=1 bad_keys=\"a:u b:x c:s\"\n");

    assert_false(wp_log_enabled(WP_LOG_DEBUG));
    wp_log(WP_LOG_DEBUG, "hidden", "");
    wp_log_configure(WP_LOG_FORMAT_JSON, WP_LOG_DEBUG);
    assert_true(wp_log_enabled(WP_LOG_DEBUG));
    wp_log(WP_LOG_DEBUG, "shown", "n:d", 3);
    text = read_sink();
    assert_null(strstr(text, "hidden"));
    assert_non_null(strstr(text, "\"level\":\"debug\",\"event\":\"shown\",\"n\":3}\n"));
    close_sink();
}

static void test_cut(void **state)
{
    char *value = malloc(8001);
    struct wp_log_line line;
    json_t *root;

    assert_non_null(value);
    for (int json = 0; json < 2; json++) {
        open_sink(json ? WP_LOG_FORMAT_JSON : WP_LOG_FORMAT_TEXT);
        for (size_t length = 3900; length < 4100; length++) {
            const char *text;

            memset(value, 'x', length);
            value[length] = '\0';
            wp_log_begin(&line, WP_LOG_INFO, "e");
            wp_log_str(&line, "long", value);
            wp_log_u64(&line, "after", 7);
            wp_log_end(&line);
            assert_true(line.used <= sizeof(line.text));
            text = read_sink();
            assert_int_equal(text[strlen(text) - 1], '\n');
            if (json) {
                root = json_loads(text, 0, NULL);
                assert_non_null(root);
                assert_true(json_object_get(root, "long") != NULL ||
                            json_is_true(json_object_get(root, "cut")));
                assert_true(json_object_get(root, "after") != NULL ||
                            json_is_true(json_object_get(root, "cut")));
                json_decref(root);
            } else if (strstr(text, " long=") == NULL) {
                assert_string_equal(text + 12, " INFO  e after=7 cut=true\n");
            }
        }
        close_sink();
    }
    free(value);
}

/* Lines of little weight gather for a while; a warning takes everything along at once. */
static void test_urgent(void **state)
{
    struct pollfd entry;
    uint64_t begun_ms;
    char text[4096];

    open_sink(WP_LOG_FORMAT_TEXT);
    entry = (struct pollfd){.fd = ends[0], .events = POLLIN};
    wp_log(WP_LOG_INFO, "calm", "");
    begun_ms = wp_clock_mono_ms();
    assert_int_equal(poll(&entry, 1, 5000), 1); /* without any flush */
    assert_true(wp_clock_mono_ms() - begun_ms < 2000);
    assert_true(read(ends[0], text, sizeof(text)) > 0);
    wp_log(WP_LOG_WARN, "urgent", "");
    assert_int_equal(poll(&entry, 1, 5000), 1);
    close_sink();
}

#define LOGGED 40000u

struct tally {
    uint64_t received, dropped, last;
    bool is_ordered, is_whole;
};

/* Reads to the end of the pipe and adds up what came and what is said to be missing. */
static void *count_lines(void *context)
{
    struct tally *tally = context;
    FILE *file = fdopen(dup(ends[0]), "r");
    char text[8192];

    assert_non_null(file);
    tally->is_ordered = tally->is_whole = true;
    while (fgets(text, sizeof(text), file) != NULL) {
        json_t *root = json_loads(text, 0, NULL);
        json_int_t number;

        if (root == NULL) {
            tally->is_whole = false;
            continue;
        }
        number = json_integer_value(json_object_get(root, "n"));
        if (strcmp(json_string_value(json_object_get(root, "event")), "log.dropped") == 0) {
            tally->dropped += (uint64_t)json_integer_value(json_object_get(root, "count"));
            tally->last += (uint64_t)json_integer_value(json_object_get(root, "count"));
        } else {
            /* Numbered from 1; dropped ones are told exactly where they are missing. */
            tally->received++;
            tally->is_ordered &= (uint64_t)number == tally->last + 1;
            tally->last = (uint64_t)number;
        }
        json_decref(root);
    }
    fclose(file);
    return NULL;
}

static void test_full_pipe(void **state)
{
    char filler[200];
    struct tally tally = {0};
    pthread_t reader;

    memset(filler, 'f', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    open_sink(WP_LOG_FORMAT_JSON);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    for (uint64_t i = 1; i <= LOGGED; i++) { /* about 11 MB: nobody reads yet */
        wp_log(WP_LOG_INFO, "line", "n:u filler:s", i, filler);
    }
    assert_int_equal(pthread_create(&reader, NULL, count_lines, &tally), 0);
    wp_log_flush();
    for (uint64_t i = LOGGED + 1; i <= LOGGED + 100; i++) {
        wp_log(WP_LOG_INFO, "line", "n:u", i); /* room again: these come after the count */
    }
    wp_log_close();
    close(ends[1]);
    pthread_join(reader, NULL);
    close(ends[0]);
    assert_true(tally.is_whole);
    assert_true(tally.is_ordered);
    assert_true(tally.dropped > LOGGED / 2);
    assert_true(tally.received > 4000);
    assert_int_equal(tally.received + tally.dropped, LOGGED + 100);
}

/* Nobody ever reads: neither flushing nor closing may hang. */
static void test_stuck_pipe(void **state)
{
    uint64_t begun_ms = wp_clock_mono_ms();

    open_sink(WP_LOG_FORMAT_JSON);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    for (uint64_t i = 0; i < 1000; i++) {
        wp_log(WP_LOG_INFO, "line", "n:u", i);
    }
    wp_log_flush();
    close_sink();
    assert_true(wp_clock_mono_ms() - begun_ms < 10000);
}

/* The reader goes away and nothing dies of SIGPIPE. */
static void test_gone_reader(void **state)
{
    open_sink(WP_LOG_FORMAT_JSON);
    close(ends[0]);
    for (uint64_t i = 0; i < 1000; i++) {
        wp_log(WP_LOG_WARN, "line", "n:u", i);
    }
    wp_log_flush();
    wp_log_close();
    close(ends[1]);
}

static void *log_many(void *context)
{
    const char *name = context;

    for (uint64_t i = 1; i <= 2000; i++) {
        wp_log(i % 100 == 0 ? WP_LOG_WARN : WP_LOG_INFO, name, "n:u", i);
        if (i % 500 == 0) {
            wp_log_flush();
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    uint64_t last[WP_ARRAY_SIZE(names)] = {0};
    char path[] = "/tmp/wp-test-log-XXXXXX", text[4096];
    pthread_t threads[WP_ARRAY_SIZE(names)];
    int fd = mkstemp(path);
    FILE *file;

    assert_true(fd >= 0);
    unlink(path);
    wp_log_open(fd, WP_LOG_FORMAT_AUTO, WP_LOG_INFO);
    for (size_t i = 0; i < WP_ARRAY_SIZE(names); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, (void *)names[i]), 0);
    }
    for (size_t i = 0; i < WP_ARRAY_SIZE(names); i++) {
        pthread_join(threads[i], NULL);
    }
    wp_log_close();
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    file = fdopen(fd, "r");
    assert_non_null(file);
    while (fgets(text, sizeof(text), file) != NULL) {
        json_t *root = json_loads(text, 0, NULL);
        size_t who;

        assert_non_null(root); /* a file is no terminal: JSON */
        who = (size_t)(string_of(root, "event")[0] - 'a');
        assert_true(who < WP_ARRAY_SIZE(names));
        assert_true((uint64_t)json_integer_value(json_object_get(root, "n")) == ++last[who]);
        json_decref(root);
    }
    fclose(file);
    for (size_t i = 0; i < WP_ARRAY_SIZE(names); i++) {
        assert_int_equal(last[i], 2000);
    }
}

/* Without a sink, lines go to standard error. */
static void test_direct(void **state)
{
    int saved = dup(STDERR_FILENO);
    const char *text;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    wp_log_flush();
    wp_log_close();
    wp_log_configure(WP_LOG_FORMAT_TEXT, WP_LOG_INFO);
    wp_log(WP_LOG_INFO, "direct", "n:d", 1);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    text = read_sink();
    assert_string_equal(text + 12, " INFO  direct n=1\n");
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),     cmocka_unit_test(test_json),
        cmocka_unit_test(test_every_byte), cmocka_unit_test(test_json_escaping),
        cmocka_unit_test(test_text),       cmocka_unit_test(test_one_call),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_urgent),
        cmocka_unit_test(test_full_pipe),  cmocka_unit_test(test_stuck_pipe),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_gone_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
