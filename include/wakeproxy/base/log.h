/*
 * log.h - structured log lines to one sink, written by the sink's own thread.
 *
 * A line is an event name and key-value fields. It is built in a caller-owned buffer without
 * allocation and handed to the sink whole; a loop never blocks on a slow terminal or a full pipe:
 * when the sink's buffer (1 MiB) is full the line is dropped and counted, and the count is logged
 * as soon as there is room. JSON has one object per line; text is for people:
 *     18:37:00.123 INFO  trace.phase trace=shop-qa from=asleep to=waking cause="GET /"
 *     {"time":"2026-11-20T18:37:00.123Z","level":"info","event":"trace.phase","trace":"shop-qa",...}
 * Any thread. The sink is the process's one global.
 */
#ifndef WAKEPROXY_BASE_LOG_H
#define WAKEPROXY_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

enum wp_log_level {
    WP_LOG_DEBUG,
    WP_LOG_INFO,
    WP_LOG_WARN,
    WP_LOG_ERROR,
};

enum wp_log_format {
    WP_LOG_FORMAT_AUTO, /* text when the sink is a terminal, JSON otherwise */
    WP_LOG_FORMAT_JSON,
    WP_LOG_FORMAT_TEXT,
};

/* Starts the sink's thread on `fd`, which stays the caller's. Before this, and after
 * wp_log_close(), lines are written to standard error directly. */
void wp_log_open(int fd, enum wp_log_format format, enum wp_log_level level);
/* Changes what is logged from now on (reload). */
void wp_log_configure(enum wp_log_format format, enum wp_log_level level);
/* Writes out everything and ends the thread. */
void wp_log_close(void);
/* Waits until all that was logged before this call has been written. Not on a loop. */
void wp_log_flush(void);

/* Whether a line of this level would be written: one relaxed load. */
bool wp_log_enabled(enum wp_log_level level);

/* One line under construction. `used` counts what is in `text`; a line that does not fit is cut
 * between fields and marked "cut":true. */
struct wp_log_line {
    uint32_t used;
    bool json;
    bool is_cut;
    bool is_urgent; /* WARN and above: the sink writes at once instead of batching */
    char text[4096];
};

/* Starts a line with time, level and event. */
void wp_log_begin(struct wp_log_line *line, enum wp_log_level level, const char *event);
/* Append one field. Keys are trusted literals; values are escaped. NULL is written as null. */
void wp_log_str(struct wp_log_line *line, const char *key, const char *value);
void wp_log_slice(struct wp_log_line *line, const char *key, struct wp_slice value);
void wp_log_u64(struct wp_log_line *line, const char *key, uint64_t value);
void wp_log_bool(struct wp_log_line *line, const char *key, bool value);
/* Microseconds shown as milliseconds with three decimals. */
void wp_log_ms(struct wp_log_line *line, const char *key, uint64_t value_us);
/* Hands the line to the sink. */
void wp_log_end(struct wp_log_line *line);

/*
 * The common case in one call: `keys` is a space-separated list of "key:type" with type s (const
 * char *), S (struct wp_slice *), u (uint64_t), d (int), b (int as bool):
 *     wp_log(WP_LOG_INFO, "trace.phase", "trace:s from:s to:s", name, from, to);
 */
void wp_log(enum wp_log_level level, const char *event, const char *keys, ...);

#endif
