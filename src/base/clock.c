/*
 * clock.c - the only place that reads a clock, and times as text.
 *
 * Thread:    any; no state.
 * Invariant: a monotonic reading is never 0, so that 0 may mean "not yet" in a field.
 * Invariant: dates are computed here, in UTC, without the C library's time zone lock.
 * Not here:  caching. A loop keeps its own reading per turn (net/loop.c).
 */
#include "wakeproxy/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define LAST_WALL_MS UINT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

uint64_t wp_clock_mono_us(void)
{
    struct timespec now;
    uint64_t us;

    clock_gettime(CLOCK_MONOTONIC, &now);
    us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    return us > 0 ? us : 1;
}

uint64_t wp_clock_mono_ms(void)
{
    uint64_t ms = wp_clock_mono_us() / 1000;

    return ms > 0 ? ms : 1;
}

uint64_t wp_clock_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Writes exactly `width` digits. */
static void write_digits(char *at, unsigned width, uint64_t value)
{
    while (width > 0) {
        width--;
        at[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

void wp_clock_rfc3339(uint64_t wall_ms, char ret_text[WP_RFC3339_SIZE])
{
    uint64_t days, second, era_day, era_year, year_day, shifted_month, year, month;

    if (wall_ms > LAST_WALL_MS) {
        wall_ms = LAST_WALL_MS;
    }
    second = wall_ms / 1000 % 86400;
    /* Days since 0000-03-01: years that begin in March end with the leap day, which makes the
     * month a linear function of the day (Hinnant's civil_from_days). */
    days = wall_ms / 86400000 + 719468;
    era_day = days % 146097;
    era_year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    shifted_month = (5 * year_day + 2) / 153;
    month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    year = days / 146097 * 400 + era_year + (month <= 2);

    memcpy(ret_text, "0000-00-00T00:00:00.000Z", WP_RFC3339_SIZE);
    write_digits(ret_text, 4, year);
    write_digits(ret_text + 5, 2, month);
    write_digits(ret_text + 8, 2, year_day - (153 * shifted_month + 2) / 5 + 1);
    write_digits(ret_text + 11, 2, second / 3600);
    write_digits(ret_text + 14, 2, second / 60 % 60);
    write_digits(ret_text + 17, 2, second % 60);
    write_digits(ret_text + 20, 3, wall_ms % 1000);
}

static char *append_unit(char *at, uint64_t value, const char *unit)
{
    char digits[20];
    size_t first = sizeof(digits);
    size_t unit_length = strlen(unit);

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(at, digits + first, sizeof(digits) - first);
    at += sizeof(digits) - first;
    memcpy(at, unit, unit_length);
    return at + unit_length;
}

void wp_clock_duration_text(uint64_t duration_ms, char ret_text[WP_DURATION_SIZE])
{
    static const struct {
        uint64_t ms;
        char name[3];
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    char *at = ret_text;

    if (duration_ms == WP_NEVER) {
        memcpy(ret_text, "off", sizeof("off"));
        return;
    }
    if (duration_ms == 0) {
        memcpy(ret_text, "0s", sizeof("0s"));
        return;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (duration_ms >= units[i].ms) {
            at = append_unit(at, duration_ms / units[i].ms, units[i].name);
            duration_ms %= units[i].ms;
        }
    }
    *at = '\0';
}
