/*
 * backoff.c - how long to wait before trying again. Pure arithmetic.
 *
 * Thread:    any.
 * Invariant: every result is at least 1 ms and bounded, whatever a provider answered, so that a
 *            retry neither spins nor is put off for ever.
 * Not here:  deciding whether to retry (op.c for calls, wake.c for wakes).
 */
#include "internal.h"

#define CALL_FIRST_MS      1000u
#define CALL_CAP_MS        30000u
#define THROTTLED_FIRST_MS 2000u
#define THROTTLED_CAP_MS   60000u
#define CAPACITY_FIRST_MS  15000u
#define CAPACITY_CAP_MS    120000u
#define HOPELESS_FIRST_MS  30000u
#define HOPELESS_CAP_MS    900000u
#define RETRY_AFTER_CAP_MS 900000u
#define WAKE_FIRST_MS      30000u
#define WAKE_CAP_MS        900000u

uint64_t wp_engine_backoff_doubled(uint64_t first_ms, uint32_t tries, uint64_t cap_ms)
{
    uint64_t wait_ms = first_ms;

    for (uint32_t i = 1; i < tries && wait_ms < cap_ms; i++) {
        wait_ms *= 2;
    }
    return wait_ms < cap_ms ? wait_ms : cap_ms;
}

uint64_t wp_engine_backoff_call(enum wp_outcome outcome, uint32_t tries, uint64_t retry_after_ms)
{
    uint64_t wait_ms = CALL_FIRST_MS;

    switch (outcome) {
    case WP_OUTCOME_OK:
    case WP_OUTCOME_WAIT:
    case WP_OUTCOME_RETRY:
    case WP_OUTCOME_CANCELLED:
        wait_ms = wp_engine_backoff_doubled(CALL_FIRST_MS, tries, CALL_CAP_MS);
        break;
    case WP_OUTCOME_THROTTLED:
        wait_ms = wp_engine_backoff_doubled(THROTTLED_FIRST_MS, tries, THROTTLED_CAP_MS);
        break;
    case WP_OUTCOME_CAPACITY:
        wait_ms = wp_engine_backoff_doubled(CAPACITY_FIRST_MS, tries, CAPACITY_CAP_MS);
        break;
    case WP_OUTCOME_DENIED:
    case WP_OUTCOME_MISSING:
    case WP_OUTCOME_FATAL:
        wait_ms = wp_engine_backoff_doubled(HOPELESS_FIRST_MS, tries, HOPELESS_CAP_MS);
        break;
    }
    if (retry_after_ms > RETRY_AFTER_CAP_MS) {
        retry_after_ms = RETRY_AFTER_CAP_MS;
    }
    return retry_after_ms > wait_ms ? retry_after_ms : wait_ms;
}

uint64_t wp_engine_backoff_wake(uint32_t failures)
{
    return wp_engine_backoff_doubled(WAKE_FIRST_MS, failures, WAKE_CAP_MS);
}
