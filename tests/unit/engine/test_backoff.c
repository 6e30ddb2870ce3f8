/*
 * test_backoff.c - how long the engine waits: for calls by outcome, for wakes by failures.
 *
 * Thread: the test's.
 */
#include "internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_calls(void **state)
{
    static const struct {
        enum wp_outcome outcome;
        uint32_t tries;
        uint64_t retry_after_ms, wait_ms;
    } rows[] = {
        {WP_OUTCOME_WAIT, 1, 0, 1000},       {WP_OUTCOME_RETRY, 1, 0, 1000},
        {WP_OUTCOME_RETRY, 2, 0, 2000},      {WP_OUTCOME_RETRY, 5, 0, 16000},
        {WP_OUTCOME_RETRY, 6, 0, 30000},     {WP_OUTCOME_RETRY, 4000000000u, 0, 30000},
        {WP_OUTCOME_RETRY, 1, 5000, 5000},   {WP_OUTCOME_CANCELLED, 1, 0, 1000},
        {WP_OUTCOME_THROTTLED, 1, 0, 2000},  {WP_OUTCOME_THROTTLED, 1, 7000, 7000},
        {WP_OUTCOME_THROTTLED, 9, 0, 60000}, {WP_OUTCOME_THROTTLED, 1, UINT64_MAX, 900000},
        {WP_OUTCOME_CAPACITY, 1, 0, 15000},  {WP_OUTCOME_CAPACITY, 2, 0, 30000},
        {WP_OUTCOME_CAPACITY, 9, 0, 120000}, {WP_OUTCOME_DENIED, 1, 0, 30000},
        {WP_OUTCOME_FATAL, 99, 0, 900000},   {WP_OUTCOME_MISSING, 2, 0, 60000},
    };

    (void)state;
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        assert_int_equal(
            wp_engine_backoff_call(rows[i].outcome, rows[i].tries, rows[i].retry_after_ms),
            rows[i].wait_ms);
    }
}

static void test_wakes(void **state)
{
    static const uint64_t wait_s[] = {30, 60, 120, 240, 480, 900, 900};

    (void)state;
    for (uint32_t i = 0; i < WP_ARRAY_SIZE(wait_s); i++) {
        assert_int_equal(wp_engine_backoff_wake(i + 1), wait_s[i] * 1000);
    }
    assert_int_equal(wp_engine_backoff_wake(UINT32_MAX), 900000);
}

static void test_never_is_not_passed(void **state)
{
    (void)state;
    assert_true(wp_engine_add(5, WP_NEVER) == WP_NEVER);
    assert_true(wp_engine_add(WP_NEVER - 1, 1) == WP_NEVER);
    assert_true(wp_engine_add(WP_NEVER, 0) == WP_NEVER);
    assert_int_equal(wp_engine_add(5, 6), 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_wakes),
        cmocka_unit_test(test_never_is_not_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
