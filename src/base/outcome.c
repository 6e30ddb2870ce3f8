/*
 * outcome.c - names of the words in which providers report.
 *
 * Thread:    any; pure functions.
 * Invariant: the names are stable: logs, the ledger and the API show them. The switches have no
 *            default, so that the compiler tells when a name is missing.
 * Not here:  what a class means for a trace (engine).
 */
#include "wakeproxy/base/outcome.h"

const char *wp_part_state_name(enum wp_part_state state)
{
    switch (state) {
    case WP_PART_UNKNOWN:
        return "unknown";
    case WP_PART_STOPPED:
        return "stopped";
    case WP_PART_STARTING:
        return "starting";
    case WP_PART_RUNNING:
        return "running";
    case WP_PART_STOPPING:
        return "stopping";
    case WP_PART_MISSING:
        return "missing";
    }
    return "invalid";
}

const char *wp_outcome_name(enum wp_outcome outcome)
{
    switch (outcome) {
    case WP_OUTCOME_OK:
        return "ok";
    case WP_OUTCOME_WAIT:
        return "wait";
    case WP_OUTCOME_RETRY:
        return "retry";
    case WP_OUTCOME_THROTTLED:
        return "throttled";
    case WP_OUTCOME_CAPACITY:
        return "capacity";
    case WP_OUTCOME_DENIED:
        return "denied";
    case WP_OUTCOME_MISSING:
        return "missing";
    case WP_OUTCOME_FATAL:
        return "fatal";
    case WP_OUTCOME_CANCELLED:
        return "cancelled";
    }
    return "invalid";
}
