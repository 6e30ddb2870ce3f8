/*
 * output_log.c - what children print, in wakeproxy's log.
 *
 * Thread:    the control loop.
 * Owns:      nothing; embedded in a child.
 * Invariant: a child that prints without end costs a bounded number of log lines, and the log says
 *            how many were left out.
 * Invariant: the text always fits a log line together with its other fields: log.h leaves a field
 *            out that does not fit, and an empty log line would tell nobody anything.
 * Not here:  splitting (lines.c), reading (child.c).
 */
#include "output_log.h"

#define BURST_LINES  500
#define LINES_PER_S  100
#define ESCAPED_ROOM 3500
#define ESCAPE_BYTES 6 /* \u001b */

/* The length of what looks like one UTF-8 sequence, or 0. */
static size_t sequence_length(struct wp_slice line, size_t at)
{
    unsigned char lead = (unsigned char)line.ptr[at];
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0, i;

    for (i = 1; i < length; i++) {
        if (at + i >= line.len || ((unsigned char)line.ptr[at + i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/* How many bytes of the line fit once escaped as JSON, in whole characters. */
static size_t fitting_bytes(struct wp_slice line)
{
    size_t escaped = 0, at = 0;

    while (at < line.len) {
        unsigned char c = (unsigned char)line.ptr[at];
        size_t length = c >= 0x80 ? sequence_length(line, at) : 1, cost = length;

        if (length == 0 || c < 0x20 || c == 0x7f) {
            length = 1;
            cost = ESCAPE_BYTES;
        } else if (c == '"' || c == '\\') {
            cost = 2;
        }
        if (escaped + cost > ESCAPED_ROOM) {
            return at;
        }
        escaped += cost;
        at += length;
    }
    return at;
}

static void refill(struct wp_output_log *log, uint64_t now_ms)
{
    uint64_t earned = (now_ms - log->refilled_ms) * LINES_PER_S / 1000;

    if (earned > 0) {
        log->refilled_ms = now_ms;
        log->tokens =
            earned >= BURST_LINES - log->tokens ? BURST_LINES : log->tokens + (uint32_t)earned;
    }
}

void wp_output_log_init(struct wp_output_log *log, const char *label, enum wp_log_level level,
                        uint64_t now_ms)
{
    log->label = label;
    log->level = level;
    log->refilled_ms = now_ms;
    log->tokens = BURST_LINES;
    log->dropped = 0;
}

void wp_output_log_line(struct wp_output_log *log, const char *stream, struct wp_slice line,
                        bool is_cut, uint64_t now_ms)
{
    struct wp_log_line out;
    size_t fitting;

    if (!wp_log_enabled(log->level)) {
        return;
    }
    refill(log, now_ms);
    if (log->tokens == 0) {
        log->dropped++;
        return;
    }
    wp_output_log_flush(log);
    log->tokens--;
    fitting = fitting_bytes(line);
    wp_log_begin(&out, log->level, "part.output");
    wp_log_str(&out, "part", log->label);
    wp_log_str(&out, "stream", stream);
    wp_log_slice(&out, "text", (struct wp_slice){line.ptr, fitting});
    if (is_cut || fitting < line.len) {
        wp_log_bool(&out, "shortened", true);
    }
    wp_log_end(&out);
}

void wp_output_log_flush(struct wp_output_log *log)
{
    if (log->dropped > 0) {
        wp_log(WP_LOG_WARN, "part.output_dropped", "part:s lines:u", log->label, log->dropped);
        log->dropped = 0;
    }
}
