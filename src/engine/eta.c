/*
 * eta.c - how long wakes take: a ring of the latest durations, and the stages of the last one.
 *
 * Thread:    whoever steps the trace.
 * Owns:      the stages' text.
 * Invariant: only wakes that started something count; finding a trace running says nothing about
 *            how long a start takes.
 * Not here:  using the estimate (workers' Retry-After and pages).
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGES_MAX 512

static void append_stage(char *text, size_t size, const char *name, uint64_t duration_ms)
{
    size_t used = strlen(text);
    int written = snprintf(text + used, size - used, "%s%s;dur=%llu", used == 0 ? "" : ", ", name,
                           (unsigned long long)duration_ms);

    if (written < 0 || (size_t)written >= size - used) {
        text[used] = '\0'; /* whole stages or none: half of one is not a Server-Timing value */
    }
}

void wp_engine_eta_add(struct wp_trace *trace)
{
    char text[STAGES_MAX] = "";

    trace->eta_ms[trace->eta_count++ % WP_ENGINE_ETA_MAX] = trace->now_ms - trace->wake_since_ms;
    for (uint32_t i = 0; i < trace->part_count; i++) {
        const struct wp_engine_part *part = &trace->parts[i];

        if (part->stage_since_ms != 0) {
            append_stage(text, sizeof(text), part->conf->name, part->stage_ms);
        }
    }
    if (trace->upstream_since_ms != 0) {
        append_stage(text, sizeof(text), "upstream", trace->now_ms - trace->upstream_since_ms);
    }
    free(trace->stages);
    trace->stages = wp_strdup(text);
}

static int compare_u64(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

uint64_t wp_trace_wake_estimate_ms(const struct wp_trace *trace)
{
    uint64_t sorted[WP_ENGINE_ETA_MAX];
    uint32_t count = trace->eta_count;

    if (count == 0) {
        return 0;
    }
    if (count > WP_ENGINE_ETA_MAX) {
        count = WP_ENGINE_ETA_MAX;
    }
    memcpy(sorted, trace->eta_ms, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_u64);
    return sorted[(count - 1) / 2];
}

const char *wp_trace_wake_stages(const struct wp_trace *trace)
{
    return trace->stages == NULL ? "" : trace->stages;
}
