/*
 * test_text.c - single values: what reads, what does not, and that what is written reads back.
 */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "conf_text.h"
#include "findings.h"
#include "nearest.h"
#include "wakeproxy/base/clock.h"
#include "yaml_tree.h"

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"0s", 0},         {"0ms", 0},
        {"250ms", 250},    {"15s", 15000},
        {"15m", 900000},   {"12h", 43200000},
        {"7d", 604800000}, {"1h30m", 5400000},
        {"1m1ms", 60001},  {"1d1h1m1s1ms", 90061001},
        {"90m", 5400000},  {"007s", 7000},
    };
    static const char *const bad[] = {"",    "s",     "15 m", "m15",  "15mm",  "15x",  "-5m",
                                      "+5m", "1.5h",  "5m ",  " 5m",  "30m1h", "1s1s", "1ms1s",
                                      "15M", "15sec", "off",  "1h30", "never"};
    static const char *const bare[] = {"0", "15", "900"};
    uint64_t ms;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(good); i++) {
        assert_int_equal(wp_conf_text_duration(wp_slice_cstr(good[i].text), &ms), WP_CONF_TEXT_OK);
        assert_int_equal(ms, good[i].ms);
    }
    for (i = 0; i < WP_ARRAY_SIZE(bad); i++) {
        assert_int_equal(wp_conf_text_duration(wp_slice_cstr(bad[i]), &ms), WP_CONF_TEXT_BAD);
    }
    for (i = 0; i < WP_ARRAY_SIZE(bare); i++) {
        assert_int_equal(wp_conf_text_duration(wp_slice_cstr(bare[i]), &ms), WP_CONF_TEXT_NO_UNIT);
    }
    /* Absurd numbers are large, never wrapped into small ones. */
    assert_int_equal(wp_conf_text_duration(WP_SLICE("99999999999999999999999d"), &ms),
                     WP_CONF_TEXT_OK);
    assert_true(ms > WP_CONF_DURATION_MAX_MS);
    assert_int_equal(wp_conf_text_duration(WP_SLICE("18446744073709551616ms"), &ms),
                     WP_CONF_TEXT_OK);
    assert_true(ms > WP_CONF_DURATION_MAX_MS);
    assert_int_equal(
        wp_conf_text_duration(WP_SLICE("9999999999999999d9999999999999999h9999999999999999m"), &ms),
        WP_CONF_TEXT_OK);
    assert_true(ms > WP_CONF_DURATION_MAX_MS);
}

static void test_durations_read_back(void **state)
{
    static const uint64_t values[] = {
        1, 999, 1000, 1001, 60000, 3600000, 86400000, 90061001, WP_CONF_DURATION_MAX_MS};
    char text[WP_DURATION_SIZE];
    uint64_t ms;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(values); i++) {
        wp_clock_duration_text(values[i], text);
        assert_int_equal(wp_conf_text_duration(wp_slice_cstr(text), &ms), WP_CONF_TEXT_OK);
        assert_int_equal(ms, values[i]);
    }
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        const char *shortest;
    } good[] = {
        {"0", 0, "0"},
        {"500", 500, "500"},
        {"1024", 1024, "1KiB"},
        {"64KiB", 65536, "64KiB"},
        {"1MiB", 1048576, "1MiB"},
        {"2GiB", 2147483648u, "2GiB"},
        {"1025B", 1025, "1025"},
        {"1536KiB", 1572864, "1536KiB"},
    };
    static const char *const bad[] = {"",       "KiB", "64KB",   "64K",  "64k",
                                      "64 KiB", "-1",  "1.5MiB", "1KiB1"};
    uint64_t bytes;
    char text[32];
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(good); i++) {
        assert_int_equal(wp_conf_text_size(wp_slice_cstr(good[i].text), &bytes), WP_CONF_TEXT_OK);
        assert_int_equal(bytes, good[i].bytes);
        assert_string_equal(wp_conf_size_text(bytes, text), good[i].shortest);
    }
    for (i = 0; i < WP_ARRAY_SIZE(bad); i++) {
        assert_int_equal(wp_conf_text_size(wp_slice_cstr(bad[i]), &bytes), WP_CONF_TEXT_BAD);
    }
    assert_int_equal(wp_conf_text_size(WP_SLICE("99999999999999999999GiB"), &bytes),
                     WP_CONF_TEXT_OK);
    assert_true(bytes > UINT32_MAX);
}

static void test_statuses(void **state)
{
    static const struct {
        const char *text;
        uint16_t min, max;
    } good[] = {
        {"200", 200, 200}, {"200-399", 200, 399}, {" 100 - 599 ", 100, 599}, {"399-200", 399, 200}};
    static const char *const bad[] = {"",        "99",  "600",     "200-",     "-200",
                                      "200-600", "2xx", "200,201", "200--300", "200-300-400"};
    uint16_t min, max;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(good); i++) {
        assert_true(wp_conf_text_statuses(wp_slice_cstr(good[i].text), &min, &max));
        assert_int_equal(min, good[i].min);
        assert_int_equal(max, good[i].max);
    }
    for (i = 0; i < WP_ARRAY_SIZE(bad); i++) {
        assert_false(wp_conf_text_statuses(wp_slice_cstr(bad[i]), &min, &max));
    }
}

static void test_signals(void **state)
{
    size_t i;

    assert_int_equal(wp_conf_text_signal(WP_SLICE("TERM")), SIGTERM);
    assert_int_equal(wp_conf_text_signal(WP_SLICE("SIGINT")), SIGINT);
    assert_int_equal(wp_conf_text_signal(WP_SLICE("sigkill")), SIGKILL);
    assert_int_equal(wp_conf_text_signal(WP_SLICE("SIG")), 0);
    assert_int_equal(wp_conf_text_signal(WP_SLICE("15")), 0);
    assert_int_equal(wp_conf_text_signal(WP_SLICE("")), 0);
    assert_null(wp_conf_signal_name(12345));
    for (i = 0; wp_conf_signal_at(i); i++) {
        int signal = wp_conf_text_signal(wp_slice_cstr(wp_conf_signal_at(i)));

        assert_string_equal(wp_conf_signal_name(signal), wp_conf_signal_at(i));
    }
}

static void test_cidrs_read_back(void **state)
{
    static const char *const texts[] = {"10.0.0.0/8",    "192.0.2.7",   "0.0.0.0/0",
                                        "::/0",          "::1",         "fd00::/8",
                                        "2001:db8::/32", "128.0.0.0/1", "2001:db8::1/128"};
    char text[WP_CONF_CIDR_SIZE];
    struct wp_cidr cidr, again;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(texts); i++) {
        assert_int_equal(wp_cidr_parse(wp_slice_cstr(texts[i]), &cidr), 0);
        wp_conf_cidr_text(&cidr, text);
        assert_int_equal(wp_cidr_parse(wp_slice_cstr(text), &again), 0);
        assert_memory_equal(cidr.bytes, again.bytes, sizeof(cidr.bytes));
        assert_int_equal(cidr.bits, again.bits);
    }
}

/* What wp_conf_quote() writes for `text`; the caller frees it. */
static char *quoted(const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);

    assert_non_null(stream);
    wp_conf_quote(stream, text);
    fclose(stream);
    return out;
}

static const char *const awkward[] = {
    "",
    "plain",
    "/a/b.c_d-e",
    "true",
    "null",
    "~",
    "NULL",
    "off",
    "9001",
    "1.5",
    "-",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "*x",
    "&x",
    "!x",
    "{a}",
    "[a]",
    "a,b",
    "'",
    "\"",
    "\\",
    "a\nb\r\tc",
    " lead",
    "trail ",
    "\x01\x1f\x7f",
    "\xc3\xa9\xe2\x82\xac",
    "\xc2\x85",
    "\xe2\x80\xa8\xe2\x80\xa9",
    "\xef\xbb\xbfx",
    "\xef\xbf\xbe",
    "\xf0\x9f\x98\x80",
    "?",
    "? a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "=",
    "<<",
    "---",
    "...",
    "a\n...\nb",
    "\xed\x9f\xbf",
    "\xc2\x80\xc2\x9f\xc2\xa0",
};

static void test_quoting_reads_back(void **state)
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(awkward); i++) {
        struct wp_conf_findings findings = {.name = "x"};
        struct wp_conf_problems problems;
        struct wp_conf_arena *arena = wp_conf_arena_new();
        char *quote = quoted(awkward[i]), *yaml = wp_asprintf("{k: [%s, x]}", quote);
        struct wp_yaml_node *root = wp_yaml_read(wp_slice_cstr(yaml), arena, &findings), *item;

        wp_conf_findings_finish(&findings, &problems);
        if (problems.count > 0) {
            print_error("%s: %s\n", yaml, problems.lines[0]);
        }
        assert_int_equal(problems.count, 0);
        item = wp_yaml_get(root, "k")->items[0];
        assert_int_equal(item->kind, WP_YAML_SCALAR);
        assert_string_equal(item->text.ptr, awkward[i]);
        wp_conf_problems_fini(&problems);
        wp_conf_arena_free(&arena);
        free(yaml);
        free(quote);
    }
}

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"a", "", 1},
        {"", "ab", 2},
        {"idle", "idle", 0},
        {"idel", "idle", 1},
        {"Idle", "idle", 0},
        {"kitten", "sitting", 3},
        {"hots", "hosts", 1},
        {"ca", "abc", 3},
        {"process", "proces", 1},
        {"after", "before", 4},
    };
    char long_word[WP_CONF_NEAREST_MAX + 2];
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        struct wp_slice a = wp_slice_cstr(cases[i].a), b = wp_slice_cstr(cases[i].b);

        assert_int_equal(wp_conf_nearest_distance(a, b), cases[i].distance);
        assert_int_equal(wp_conf_nearest_distance(b, a), cases[i].distance);
    }
    memset(long_word, 'a', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    assert_int_equal(wp_conf_nearest_distance(wp_slice_cstr(long_word), WP_SLICE("a")), SIZE_MAX);
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"idle", "hold", "hosts", "max_awake", "min_awake"};
    static const struct {
        const char *wanted, *best;
    } cases[] = {{"idel", "idle"},
                 {"hosst", "hosts"},
                 {"max_wake", "max_awake"},
                 {"mn_awake", "min_awake"},
                 {"zzz", NULL},
                 {"x", NULL},
                 {"", NULL},
                 {"host", "hosts"},
                 {"completely-different", NULL}};
    struct wp_conf_nearest nearest;
    size_t i, j;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        wp_conf_nearest_init(&nearest, wp_slice_cstr(cases[i].wanted));
        for (j = 0; j < WP_ARRAY_SIZE(words); j++) {
            wp_conf_nearest_offer(&nearest, words[j]);
        }
        if (cases[i].best) {
            assert_non_null(nearest.best);
            assert_string_equal(nearest.best, cases[i].best);
        } else {
            assert_null(nearest.best);
        }
    }
}

static void test_shown(void **state)
{
    char text[200];
    struct wp_slice shown;
    size_t i;

    for (i = 0; i + 2 < sizeof(text); i += 2) {
        memcpy(text + i, "\xc3\xa9", 2);
    }
    shown = wp_conf_shown((struct wp_slice){text + 1, 150});
    assert_true(shown.len <= 80);
    assert_int_equal(((unsigned char)shown.ptr[shown.len] & 0xc0), 0xc0);
    assert_int_equal(wp_conf_shown(WP_SLICE("short")).len, 5);
}

static void test_arena(void **state)
{
    struct wp_conf_arena *arena = wp_conf_arena_new();
    char *small[100], *big;
    size_t i, j;

    for (i = 0; i < WP_ARRAY_SIZE(small); i++) {
        small[i] = wp_conf_arena_alloc(arena, 1, i * 37 + 1);
        assert_int_equal((uintptr_t)small[i] % _Alignof(max_align_t), 0);
        for (j = 0; j < i * 37 + 1; j++) {
            assert_int_equal(small[i][j], 0);
        }
        memset(small[i], (int)i + 1, i * 37 + 1);
        big = wp_conf_arena_alloc(arena, 3, 7000);
        memset(big, 0x55, 21000);
    }
    for (i = 0; i < WP_ARRAY_SIZE(small); i++) {
        for (j = 0; j < i * 37 + 1; j++) {
            assert_int_equal(small[i][j], (char)(i + 1));
        }
    }
    assert_non_null(wp_conf_arena_alloc(arena, 0, 8));
    wp_conf_arena_free(&arena);
    assert_null(arena);
    wp_conf_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_read_back),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_cidrs_read_back),
        cmocka_unit_test(test_quoting_reads_back),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
