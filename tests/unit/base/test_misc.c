/*
 * test_misc.c - clock texts, errors, growing arrays, hashes, ids, names.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/err.h"
#include "wakeproxy/base/hash.h"
#include "wakeproxy/base/id.h"
#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/outcome.h"

static void test_duration(void **state)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1ms"},
        {250, "250ms"},
        {1000, "1s"},
        {1500, "1s500ms"},
        {90000, "1m30s"},
        {900000, "15m"},
        {3600000, "1h"},
        {5400000, "1h30m"},
        {86400000, "24h"},
        {3601001, "1h1s1ms"},
        {WP_NEVER, "off"},
        {WP_NEVER - 1, "5124095576030h25m51s614ms"},
    };

    for (size_t i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        char text[WP_DURATION_SIZE];

        wp_clock_duration_text(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_rfc3339(void **state)
{
    char text[WP_RFC3339_SIZE], wanted[64];

    wp_clock_rfc3339(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    wp_clock_rfc3339(UINT64_C(1795199820123), text);
    assert_string_equal(text, "2026-11-20T18:37:00.123Z");
    wp_clock_rfc3339(UINT64_C(951782399999), text);
    assert_string_equal(text, "2000-02-28T23:59:59.999Z");
    wp_clock_rfc3339(UINT64_C(951782400000), text);
    assert_string_equal(text, "2000-02-29T00:00:00.000Z");
    wp_clock_rfc3339(UINT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");

    /* Against the C library, about twice a month until the year 2399. */
    for (uint64_t second = 0; second < UINT64_C(13569465600); second += 1234567) {
        time_t time = (time_t)second;
        struct tm utc;

        assert_non_null(gmtime_r(&time, &utc));
        strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.007Z", &utc);
        wp_clock_rfc3339(second * 1000 + 7, text);
        assert_string_equal(text, wanted);
    }
}

static void test_clocks(void **state)
{
    uint64_t before_us = wp_clock_mono_us(), ms = wp_clock_mono_ms();
    uint64_t wall_s = wp_clock_wall_ms() / 1000, now_s = (uint64_t)time(NULL);

    assert_true(before_us > 0 && ms > 0);
    assert_true(ms >= before_us / 1000 && ms <= wp_clock_mono_us() / 1000);
    assert_true(now_s - wall_s <= 1 || wall_s - now_s <= 1);
}

static void test_err(void **state)
{
    struct wp_err err;
    char wanted[128];

    assert_int_equal(wp_err_set(&err, -EINVAL, "line %d: %s", 7, "no"), -EINVAL);
    assert_string_equal(err.text, "line 7: no");
    assert_int_equal(wp_err_set(NULL, -7, "unused"), -7);
    assert_int_equal(wp_err_errno(&err, ENOENT, "/x"), -ENOENT);
    snprintf(wanted, sizeof(wanted), "/x: %s", strerror(ENOENT));
    assert_string_equal(err.text, wanted);
    assert_int_equal(wp_err_errno(NULL, ENOENT, "/x"), -ENOENT);
    assert_int_equal(wp_err_errno(&err, ENOENT, "%0*d", 2000, 0), -ENOENT);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_mem(void **state)
{
    char *text = wp_asprintf("%s-%d", "a", 5), *copy = wp_strndup("abcdef", 3);
    size_t capacity = 0;
    int *items = NULL;

    assert_string_equal(text, "a-5");
    assert_string_equal(copy, "abc");
    free(text);
    free(copy);
    copy = wp_strndup(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
    free(wp_malloc(0));
    free(wp_calloc(0, 0));
    for (int i = 0; i < 1000; i++) {
        items = wp_grow(items, &capacity, (size_t)i + 1, sizeof(items[0]));
        items[i] = i;
    }
    assert_int_equal(capacity, 1024);
    assert_int_equal(items[999], 999);
    free(items);
}

/* The reference vectors of SipHash-1-3: key 00 01 .. 0f, inputs "", 00, 00 01, ... */
static void test_hash(void **state)
{
    static const uint64_t wanted[] = {
        UINT64_C(0xabac0158050fc4dc),
        UINT64_C(0xc9f49bf37d57ca93),
        UINT64_C(0x82cb9b024dc7d44d),
    };
    const struct wp_hash_seed seed = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    const struct wp_hash_seed other = {UINT64_C(0x0706050403020101), seed.k1};
    const unsigned char bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

    for (size_t i = 0; i < WP_ARRAY_SIZE(wanted); i++) {
        assert_true(wp_hash_bytes(&seed, bytes, i) == wanted[i]);
    }
    assert_true(wp_hash_bytes(&seed, NULL, 0) == wanted[0]);
    assert_true(wp_hash_bytes(&seed, bytes, 9) != wp_hash_bytes(&seed, bytes, 8));
    assert_true(wp_hash_bytes(&seed, bytes, 9) != wp_hash_bytes(&other, bytes, 9));
}

static void test_id(void **state)
{
    struct wp_id_source one, two;
    char first[WP_ID_LEN], second[WP_ID_LEN], third[WP_ID_LEN + 1];

    wp_id_source_init(&one);
    wp_id_source_init(&two);
    wp_id_next(&one, first);
    wp_id_next(&one, second);
    third[WP_ID_LEN] = '\0';
    wp_id_next(&two, third);
    assert_memory_not_equal(first, second, WP_ID_LEN);
    assert_memory_not_equal(first, third, WP_ID_LEN);
    assert_int_equal(strspn(third, "0123456789abcdef"), WP_ID_LEN);
    one = (struct wp_id_source){UINT64_C(0x0123456789abcdef), 0xff};
    wp_id_next(&one, first);
    assert_memory_equal(first, "0123456789abcdef00000000000000ff", WP_ID_LEN);
    assert_int_equal(one.counter, 0x100);
}

static void test_names(void **state)
{
    assert_string_equal(wp_part_state_name(WP_PART_UNKNOWN), "unknown");
    assert_string_equal(wp_part_state_name(WP_PART_MISSING), "missing");
    assert_string_equal(wp_outcome_name(WP_OUTCOME_OK), "ok");
    assert_string_equal(wp_outcome_name(WP_OUTCOME_CANCELLED), "cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration), cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_clocks),   cmocka_unit_test(test_err),
        cmocka_unit_test(test_mem),      cmocka_unit_test(test_hash),
        cmocka_unit_test(test_id),       cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
