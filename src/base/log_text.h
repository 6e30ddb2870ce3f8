/*
 * log_text.h - how values become text in a log line. Private to base. Pure; any thread.
 *
 * Each appender writes at `at` and never at or beyond `limit`; it returns the new end, or NULL when
 * the value does not fit (what it wrote so far is then to be ignored).
 */
#ifndef WP_BASE_LOG_TEXT_H
#define WP_BASE_LOG_TEXT_H

#include <stdint.h>

#include "wakeproxy/base/slice.h"

char *wp_log_text_raw(char *at, const char *limit, struct wp_slice bytes);
char *wp_log_text_u64(char *at, const char *limit, uint64_t value);
/* A JSON string with its quotes; invalid UTF-8 becomes \ufffd. */
char *wp_log_text_quoted(char *at, const char *limit, struct wp_slice value);
/* As it is when it reads as one plain word, quoted otherwise. */
char *wp_log_text_word(char *at, const char *limit, struct wp_slice value);

#define WP_LOG_TIME_SIZE 24
/* "18:37:00.123" in local time, or RFC 3339 in UTC. The whole second is cached per thread. Returns
 * the length. */
size_t wp_log_text_time(uint64_t wall_ms, bool json, char ret_text[WP_LOG_TIME_SIZE]);

/* Whether lines are JSON now (log.c). */
bool wp_log_is_json(void);

#endif
