/*
 * ledger.c - writes what the engine recorded to the log, and puts causes into words.
 *
 * Thread:    control.
 * Owns:      nothing; remembers per trace which entry was logged last.
 * Invariant: each entry is logged once, in order, in the step that recorded it.
 * Not here:  what is recorded and why (engine).
 */
#include <stdio.h>
#include <string.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"

#include "control_impl.h"

/* A reload that changes nothing of a trace is not news of that trace. */
static enum wp_log_level level_of(const struct wp_ledger_entry *entry)
{
    if (entry->from != entry->to) {
        return entry->to == WP_PHASE_BROKEN ? WP_LOG_WARN : WP_LOG_INFO;
    }
    return strcmp(entry->what, "config") == 0 ? WP_LOG_DEBUG : WP_LOG_INFO;
}

static void log_entry(struct wp_control_trace *trace, const struct wp_ledger_entry *entry)
{
    struct wp_log_line line;
    char event[sizeof(entry->what) + 8];
    bool is_phase = entry->from != entry->to;
    enum wp_log_level level = level_of(entry);

    if (!wp_log_enabled(level)) {
        return;
    }
    snprintf(event, sizeof(event), "trace.%s", is_phase ? "phase" : entry->what);
    wp_log_begin(&line, level, event);
    wp_log_str(&line, "trace", trace->name);
    if (is_phase) {
        wp_log_str(&line, "from", wp_phase_name(entry->from));
        wp_log_str(&line, "to", wp_phase_name(entry->to));
        if (strcmp(entry->what, "phase") != 0) {
            wp_log_str(&line, "what", entry->what);
        }
    } else {
        wp_log_str(&line, "phase", wp_phase_name(entry->to));
    }
    wp_log_str(&line, "cause", entry->cause);
    if (entry->deadline_ms != WP_NEVER && entry->deadline_ms > entry->at_ms) {
        char text[WP_DURATION_SIZE];
        wp_clock_duration_text(entry->deadline_ms - entry->at_ms, text);
        wp_log_str(&line, "sleeps_in", text);
    }
    wp_log_end(&line);
}

void wp_ledger_log(struct wp_control_trace *trace)
{
    uint64_t last = wp_trace_ledger_last(trace->engine);

    while (trace->logged < last) {
        const struct wp_ledger_entry *entry = wp_trace_ledger(trace->engine, ++trace->logged);
        if (entry) {
            log_entry(trace, entry);
        }
    }
}

void wp_cause_text(const struct wp_cause *cause, char *ret_text, size_t size)
{
    bool has_agent = cause->user_agent[0] != '\0';

    snprintf(ret_text, size, "%s %s%s from %s%s%s%s", cause->method, cause->host, cause->path,
             cause->client, has_agent ? " (" : "", cause->user_agent, has_agent ? ")" : "");
}
