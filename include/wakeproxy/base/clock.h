/*
 * clock.h - the only place that reads a clock. Engine, proto, conf and route never call it: time
 * reaches them as a parameter. Any thread.
 */
#ifndef WAKEPROXY_BASE_CLOCK_H
#define WAKEPROXY_BASE_CLOCK_H

#include <stdint.h>

/* "Never" as a point in time or a duration. */
#define WP_NEVER UINT64_MAX

/* CLOCK_MONOTONIC. Deadlines and durations. Never 0. */
uint64_t wp_clock_mono_ms(void);
uint64_t wp_clock_mono_us(void);
/* CLOCK_REALTIME since 1970-01-01 UTC. For people, logs and what is kept on disk. */
uint64_t wp_clock_wall_ms(void);

/* RFC 3339 in UTC with milliseconds: "2026-11-20T18:37:00.123Z". */
#define WP_RFC3339_SIZE 25
void wp_clock_rfc3339(uint64_t wall_ms, char ret_text[WP_RFC3339_SIZE]);

/* "250ms", "15m", "1h30m": the shortest exact form, as the configuration reads it. */
#define WP_DURATION_SIZE 32
void wp_clock_duration_text(uint64_t duration_ms, char ret_text[WP_DURATION_SIZE]);

#endif
