/*
 * conf_text.h - single values as people write them: durations, sizes, statuses, signals, ranges,
 * names. Pure. Private to the room.
 */
#ifndef WP_CONF_TEXT_H
#define WP_CONF_TEXT_H

#include <stdio.h>

#include "wakeproxy/base/addr.h"
#include "wakeproxy/base/slice.h"

enum wp_conf_text {
    WP_CONF_TEXT_OK,
    WP_CONF_TEXT_NO_UNIT, /* a bare number where a unit is needed */
    WP_CONF_TEXT_BAD,
};

/* A year: longer durations are mistakes, and sums of them can never overflow. */
#define WP_CONF_DURATION_MAX_MS ((uint64_t)365 * 24 * 60 * 60 * 1000)

/* "250ms", "15m", "1h30m", "7d": numbers with units from the largest to the smallest. */
enum wp_conf_text wp_conf_text_duration(struct wp_slice text, uint64_t *ret_ms);
/* "500", "64KiB", "1MiB", "2GiB". */
enum wp_conf_text wp_conf_text_size(struct wp_slice text, uint64_t *ret_bytes);
/* The shortest form that reads back to the same; returns `ret_text`. */
const char *wp_conf_size_text(uint64_t bytes, char ret_text[32]);
/* "200" or "200-399", within 100..599. */
bool wp_conf_text_statuses(struct wp_slice text, uint16_t *ret_min, uint16_t *ret_max);
/* "TERM" or "SIGTERM"; 0 when unknown. */
int wp_conf_text_signal(struct wp_slice text);
/* "TERM"; NULL when unknown. The names that wp_conf_text_signal() reads, one after the other. */
const char *wp_conf_signal_name(int signal);
const char *wp_conf_signal_at(size_t index);
/* "10.0.0.0/8", "192.0.2.7", "fd00::/8". */
#define WP_CONF_CIDR_SIZE 64
void wp_conf_cidr_text(const struct wp_cidr *cidr, char ret_text[WP_CONF_CIDR_SIZE]);
/* A double-quoted YAML (and JSON-like) string, or the plain text where that is safe. */
void wp_conf_quote(FILE *out, const char *text);

/*
 * Checks of one text. Each returns NULL when it is fine, otherwise what is wrong and the cure, to
 * follow the quoted text: `"GET " is not a method; write one such as GET`.
 */
const char *wp_conf_check_filled(struct wp_slice text);
const char *wp_conf_check_name(struct wp_slice text);
const char *wp_conf_check_host_pattern(struct wp_slice text);
const char *wp_conf_check_authority(struct wp_slice text);
const char *wp_conf_check_upstream(struct wp_slice text);
const char *wp_conf_check_method(struct wp_slice text);
const char *wp_conf_check_path(struct wp_slice text);
const char *wp_conf_check_glob(struct wp_slice text);
const char *wp_conf_check_env_name(struct wp_slice text);
/* tchar, RFC 9110 section 5.6.2. */
bool wp_conf_is_token(struct wp_slice text);

#endif
