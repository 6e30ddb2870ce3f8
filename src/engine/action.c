/*
 * action.c - what a step hands back: actions, the time of the next TICK, and small helpers.
 *
 * Thread:    whoever steps the trace (control, a test); never two at once.
 * Owns:      nothing: the array of actions is the caller's.
 * Invariant: the epoch grows with each PUBLISH and each DRAIN, so a worker can tell old from new.
 * Invariant: an AWAKE view ends every promise to hold (is_quiet), whoever sends it.
 * Not here:  deciding (wake.c, serve.c, sleep.c).
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 192

void wp_actions_fini(struct wp_actions *actions)
{
    if (actions == NULL) {
        return;
    }
    free(actions->items);
    *actions = (struct wp_actions){0};
}

void wp_engine_emit(struct wp_trace *trace, const struct wp_action *action)
{
    struct wp_actions *actions = trace->actions;

    actions->items =
        wp_grow(actions->items, &actions->capacity, actions->count + 1, sizeof(actions->items[0]));
    actions->items[actions->count++] = *action;
}

void wp_engine_emit_part(struct wp_trace *trace, enum wp_action_type type, uint32_t part)
{
    wp_engine_emit(trace, &(struct wp_action){.type = type, .part = part});
}

void wp_engine_publish(struct wp_trace *trace, enum wp_want_view view)
{
    struct wp_action action = {.type = WP_ACTION_PUBLISH, .view_status = view};

    action.epoch = ++trace->epoch;
    if (view == WP_WANT_AWAKE) {
        trace->is_quiet = false;
        /* What is always on has not just woken: its answers are its answers. */
        if (trace->part_count > 0) {
            action.settle_until_ms = wp_engine_add(trace->now_ms, trace->conf->settle_ms);
        }
    }
    if (view == WP_WANT_BROKEN) {
        action.retry_at_ms = trace->retry_at_ms;
    }
    trace->view = view;
    wp_engine_emit(trace, &action);
}

void wp_engine_want_tick(struct wp_trace *trace, uint64_t at_ms)
{
    if (at_ms < trace->next_ms) {
        trace->next_ms = at_ms;
    }
}

void wp_engine_text_set(char **text, const char *format, ...)
{
    char buffer[TEXT_MAX];
    va_list args;

    buffer[0] = '\0';
    if (format != NULL) {
        va_start(args, format);
        /* Cut at the size: these are one-line reasons for people. Formatted before the old text
         * goes, which may be one of the arguments. */
        (void)vsnprintf(buffer, sizeof(buffer), format, args);
        va_end(args);
    }
    free(*text);
    *text = format == NULL ? NULL : wp_strdup(buffer);
}

uint64_t wp_engine_add(uint64_t at_ms, uint64_t duration_ms)
{
    return duration_ms >= WP_NEVER - at_ms ? WP_NEVER : at_ms + duration_ms;
}
