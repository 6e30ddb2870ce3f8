/*
 * output_log.h - a part's output as log lines, at a sane rate.
 */
#ifndef WP_PROVIDER_OUTPUT_LOG_H
#define WP_PROVIDER_OUTPUT_LOG_H

#include "wakeproxy/base/log.h"

struct wp_output_log {
    const char *label; /* borrowed */
    enum wp_log_level level;
    uint64_t refilled_ms;
    uint32_t tokens;
    uint64_t dropped;
};

void wp_output_log_init(struct wp_output_log *log, const char *label, enum wp_log_level level,
                        uint64_t now_ms);
/* Logs one line as event "part.output", or counts it as dropped when there are too many: 500 at
 * once, 100 a second lasting. */
void wp_output_log_line(struct wp_output_log *log, const char *stream, struct wp_slice line,
                        bool is_cut, uint64_t now_ms);
/* Tells what was dropped since it was last told. */
void wp_output_log_flush(struct wp_output_log *log);

#endif
