/*
 * log_line.c - builds one log line in the caller's buffer.
 *
 * Thread:    any; a line belongs to its caller until wp_log_end() (log.c) takes its text.
 * Owns:      nothing; no allocation, no printf, no lock: this runs once per exchange.
 * Invariant: `used` always ends behind a whole field. A field that does not fit is left out and
 *            marks the line as cut; later, smaller fields may still fit, and there is always room
 *            for the mark and the end of the line.
 * Not here:  where lines go (log.c), escaping (log_text.c).
 */
#include "wakeproxy/base/log.h"

#include <stdarg.h>

#include "log_text.h"
#include "wakeproxy/base/clock.h"

/* Kept free for `,"cut":true}` and the line feed, which wp_log_end() appends. */
#define END_BYTES 16

static char *line_at(struct wp_log_line *line)
{
    return line->text + line->used;
}

static const char *line_limit(const struct wp_log_line *line)
{
    return line->text + sizeof(line->text) - END_BYTES;
}

/* Takes what an appender returned as the new end of the line. */
static void commit(struct wp_log_line *line, const char *end)
{
    if (end == NULL) {
        line->is_cut = true;
        return;
    }
    line->used = (uint32_t)(end - line->text);
}

static struct wp_slice level_text(enum wp_log_level level, bool json)
{
    switch (level) {
    case WP_LOG_DEBUG:
        return json ? WP_SLICE("debug") : WP_SLICE(" DEBUG ");
    case WP_LOG_INFO:
        return json ? WP_SLICE("info") : WP_SLICE(" INFO  ");
    case WP_LOG_WARN:
        return json ? WP_SLICE("warn") : WP_SLICE(" WARN  ");
    case WP_LOG_ERROR:
        return json ? WP_SLICE("error") : WP_SLICE(" ERROR ");
    }
    return WP_SLICE("");
}

void wp_log_begin(struct wp_log_line *line, enum wp_log_level level, const char *event)
{
    const char *limit = line_limit(line);
    char time[WP_LOG_TIME_SIZE];
    struct wp_slice time_text = {time, 0};
    char *at = line->text;

    line->used = 0;
    line->json = wp_log_is_json();
    line->is_cut = false;
    line->is_urgent = level >= WP_LOG_WARN;
    time_text.len = wp_log_text_time(wp_clock_wall_ms(), line->json, time);
    if (line->json) {
        at = wp_log_text_raw(at, limit, WP_SLICE("{\"time\":\""));
        at = wp_log_text_raw(at, limit, time_text);
        at = wp_log_text_raw(at, limit, WP_SLICE("\",\"level\":\""));
        at = wp_log_text_raw(at, limit, level_text(level, true));
        at = wp_log_text_raw(at, limit, WP_SLICE("\",\"event\":\""));
        at = wp_log_text_raw(at, limit, wp_slice_cstr(event));
        at = wp_log_text_raw(at, limit, WP_SLICE("\""));
    } else {
        at = wp_log_text_raw(at, limit, time_text);
        at = wp_log_text_raw(at, limit, level_text(level, false));
        at = wp_log_text_raw(at, limit, wp_slice_cstr(event));
    }
    commit(line, at);
}

/* `,"key":` or ` key=`; NULL when it does not fit. */
static char *append_key(struct wp_log_line *line, struct wp_slice key)
{
    const char *limit = line_limit(line);
    char *at = line_at(line);

    at = wp_log_text_raw(at, limit, line->json ? WP_SLICE(",\"") : WP_SLICE(" "));
    at = wp_log_text_raw(at, limit, key);
    return wp_log_text_raw(at, limit, line->json ? WP_SLICE("\":") : WP_SLICE("="));
}

static void append_slice(struct wp_log_line *line, struct wp_slice key, struct wp_slice value)
{
    char *at = append_key(line, key);

    if (at != NULL) {
        at = line->json ? wp_log_text_quoted(at, line_limit(line), value)
                        : wp_log_text_word(at, line_limit(line), value);
    }
    commit(line, at);
}

static void append_raw(struct wp_log_line *line, struct wp_slice key, struct wp_slice value)
{
    commit(line, wp_log_text_raw(append_key(line, key), line_limit(line), value));
}

static void append_str(struct wp_log_line *line, struct wp_slice key, const char *value)
{
    if (value == NULL) {
        append_raw(line, key, WP_SLICE("null"));
    } else {
        append_slice(line, key, wp_slice_cstr(value));
    }
}

static void append_u64(struct wp_log_line *line, struct wp_slice key, uint64_t value)
{
    commit(line, wp_log_text_u64(append_key(line, key), line_limit(line), value));
}

static void append_int(struct wp_log_line *line, struct wp_slice key, int value)
{
    char *at = append_key(line, key);
    uint64_t magnitude = (uint64_t)value;

    if (value < 0) {
        at = wp_log_text_raw(at, line_limit(line), WP_SLICE("-"));
        magnitude = 0 - magnitude;
    }
    commit(line, wp_log_text_u64(at, line_limit(line), magnitude));
}

static void append_bool(struct wp_log_line *line, struct wp_slice key, bool value)
{
    append_raw(line, key, value ? WP_SLICE("true") : WP_SLICE("false"));
}

void wp_log_str(struct wp_log_line *line, const char *key, const char *value)
{
    append_str(line, wp_slice_cstr(key), value);
}

void wp_log_slice(struct wp_log_line *line, const char *key, struct wp_slice value)
{
    append_slice(line, wp_slice_cstr(key), value);
}

void wp_log_u64(struct wp_log_line *line, const char *key, uint64_t value)
{
    append_u64(line, wp_slice_cstr(key), value);
}

void wp_log_bool(struct wp_log_line *line, const char *key, bool value)
{
    append_bool(line, wp_slice_cstr(key), value);
}

void wp_log_ms(struct wp_log_line *line, const char *key, uint64_t value_us)
{
    char *at =
        wp_log_text_u64(append_key(line, wp_slice_cstr(key)), line_limit(line), value_us / 1000);
    unsigned fraction = (unsigned)(value_us % 1000);
    char digits[4] = {'.', (char)('0' + fraction / 100), (char)('0' + fraction / 10 % 10),
                      (char)('0' + fraction % 10)};

    commit(line, wp_log_text_raw(at, line_limit(line), (struct wp_slice){digits, sizeof(digits)}));
}

/* One "key:type" of wp_log(); false when the type is unknown and no argument can be taken. */
static bool append_typed(struct wp_log_line *line, struct wp_slice key, char type, va_list *args)
{
    const struct wp_slice *slice;

    switch (type) {
    case 's':
        append_str(line, key, va_arg(*args, const char *));
        return true;
    case 'S':
        slice = va_arg(*args, const struct wp_slice *);
        if (slice == NULL) {
            append_raw(line, key, WP_SLICE("null"));
        } else {
            append_slice(line, key, *slice);
        }
        return true;
    case 'u':
        append_u64(line, key, va_arg(*args, uint64_t));
        return true;
    case 'd':
        append_int(line, key, va_arg(*args, int));
        return true;
    case 'b':
        append_bool(line, key, va_arg(*args, int) != 0);
        return true;
    default:
        return false;
    }
}

void wp_log(enum wp_log_level level, const char *event, const char *keys, ...)
{
    struct wp_log_line line;
    const char *at = keys;
    va_list args;

    if (!wp_log_enabled(level)) {
        return;
    }
    wp_log_begin(&line, level, event);
    va_start(args, keys);
    for (;;) {
        const char *colon;

        at += strspn(at, " ");
        if (*at == '\0') {
            break;
        }
        colon = at + strcspn(at, ": ");
        if (*colon != ':' ||
            !append_typed(&line, (struct wp_slice){at, (size_t)(colon - at)}, colon[1], &args)) {
            /* A mistake in the caller: say so instead of taking an argument of a wrong type. */
            wp_log_str(&line, "bad_keys", keys);
            break;
        }
        at = colon + 2;
    }
    va_end(args);
    wp_log_end(&line);
}
