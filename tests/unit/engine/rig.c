/*
 * rig.c - see rig.h.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *const part_names[RIG_PARTS_MAX] = {(char[]){"db"}, (char[]){"app"}, (char[]){"web"},
                                                (char[]){"job"}};

void rig_init(struct rig *rig, uint32_t part_count)
{
    memset(rig, 0, sizeof(*rig));
    rig->now_ms = 100000;
    rig->conf = (struct wp_conf_trace){
        .name = (char *)(uintptr_t) "shop",
        .parts = rig->parts,
        .part_count = part_count,
        .upstream = {.part = -1},
        .settle_ms = 1000,
        .idle_ms = 60000,
        .first_use_ms = 30000,
        .max_awake_ms = WP_NEVER,
        .wake_timeout_ms = 120000,
        .stop_timeout_ms = 30000,
        .drain_timeout_ms = 10000,
    };
    for (uint32_t i = 0; i < part_count; i++) {
        rig->parts[i].name = part_names[i];
        rig->parts[i].after = rig->after[i];
        if (i > 0) {
            rig_after(rig, i, i - 1);
        }
    }
}

void rig_free_part(struct rig *rig, uint32_t part)
{
    rig->parts[part].after_count = 0;
}

void rig_after(struct rig *rig, uint32_t part, uint32_t other)
{
    rig->parts[part].after[rig->parts[part].after_count++] = other;
}

void rig_new(struct rig *rig, uint64_t not_before_ms)
{
    rig->trace = wp_trace_new(&rig->conf, rig->now_ms, not_before_ms);
}

void rig_fini(struct rig *rig)
{
    wp_trace_free(&rig->trace);
    wp_actions_fini(&rig->actions);
}

static const char *target_name(const struct rig *rig, uint32_t part)
{
    return part == WP_TARGET_UPSTREAM ? "upstream" : rig->conf.parts[part].name;
}

static const char *view_name(enum wp_want_view view)
{
    switch (view) {
    case WP_WANT_HOLD:
        return "hold";
    case WP_WANT_AWAKE:
        return "awake";
    case WP_WANT_BROKEN:
        return "broken";
    case WP_WANT_GONE:
        return "gone";
    }
    return "?";
}

static const char *cadence_name(enum wp_cadence cadence)
{
    switch (cadence) {
    case WP_CADENCE_OFF:
        return "off";
    case WP_CADENCE_SPARSE:
        return "sparse";
    case WP_CADENCE_FAST:
        return "fast";
    }
    return "?";
}

static void describe(const struct rig *rig, const struct wp_action *action, char *text, size_t size)
{
    unsigned long long epoch = action->epoch;

    switch (action->type) {
    case WP_ACTION_START:
        (void)snprintf(text, size, "start %s", target_name(rig, action->part));
        return;
    case WP_ACTION_STOP:
        (void)snprintf(text, size, "stop %s", target_name(rig, action->part));
        return;
    case WP_ACTION_OBSERVE:
        (void)snprintf(text, size, "observe %s", target_name(rig, action->part));
        return;
    case WP_ACTION_WATCH:
        (void)snprintf(text, size, "watch %s %s", target_name(rig, action->part),
                       action->changing ? "often" : "seldom");
        return;
    case WP_ACTION_PROBE:
        (void)snprintf(text, size, "probe %s %s", target_name(rig, action->part),
                       cadence_name(action->cadence));
        return;
    case WP_ACTION_DRAIN:
        (void)snprintf(text, size, "drain %llu", epoch);
        return;
    case WP_ACTION_PUBLISH:
        (void)snprintf(text, size, "publish %s %llu", view_name(action->view_status), epoch);
        return;
    case WP_ACTION_RECORD:
        (void)snprintf(text, size, "(%s)", wp_trace_ledger(rig->trace, epoch)->what);
        return;
    case WP_ACTION_REMOVED:
        (void)snprintf(text, size, "removed");
        return;
    }
}

const char *rig_step(struct rig *rig, const struct wp_event *event)
{
    size_t used = 0;

    rig->actions.count = 0;
    rig->text[0] = '\0';
    rig->next_ms = wp_trace_step(rig->trace, event, rig->now_ms, &rig->actions);
    for (size_t i = 0; i < rig->actions.count; i++) {
        char text[128] = "";

        describe(rig, &rig->actions.items[i], text, sizeof(text));
        if (rig->actions.items[i].type == WP_ACTION_DRAIN) {
            rig->drain_epoch = rig->actions.items[i].epoch;
        }
        used += (size_t)snprintf(rig->text + used, sizeof(rig->text) - used, "%s%s",
                                 i == 0 ? "" : ", ", text);
    }
    return rig->text;
}

const char *rig_tick(struct rig *rig)
{
    return rig_step(rig, &(struct wp_event){.type = WP_EVENT_TICK});
}

const char *rig_due(struct rig *rig)
{
    char *first, *second = NULL;

    if (rig->next_ms != WP_NEVER && rig->next_ms > rig->now_ms) {
        rig->now_ms = rig->next_ms;
    }
    first = wp_strdup(rig_activity(rig, 0, 0));
    (void)rig_tick(rig);
    if (first[0] != '\0') {
        second = wp_strdup(rig->text);
        (void)snprintf(rig->text, sizeof(rig->text), "%s%s%s", first, second[0] == '\0' ? "" : ", ",
                       second);
    }
    free(first);
    free(second);
    return rig->text;
}

const char *rig_wake(struct rig *rig)
{
    return rig_step(rig, &(struct wp_event){.type = WP_EVENT_WAKE, .text = "GET /"});
}

const char *rig_activity(struct rig *rig, uint32_t active, uint64_t last_ms)
{
    return rig_step(
        rig, &(struct wp_event){.type = WP_EVENT_ACTIVITY, .active = active, .last_ms = last_ms});
}

const char *rig_observed(struct rig *rig, uint32_t part, enum wp_part_state state,
                         const char *detail)
{
    return rig_step(rig,
                    &(struct wp_event){
                        .type = WP_EVENT_OBSERVED, .part = part, .state = state, .text = detail});
}

const char *rig_done(struct rig *rig, uint32_t part, bool is_start, enum wp_outcome outcome)
{
    return rig_step(rig, &(struct wp_event){.type = WP_EVENT_DONE,
                                            .part = part,
                                            .is_start = is_start,
                                            .outcome = outcome,
                                            .text = outcome == WP_OUTCOME_OK ? NULL : "no"});
}

const char *rig_probe(struct rig *rig, uint32_t part, bool ok)
{
    return rig_step(rig, &(struct wp_event){.type = WP_EVENT_PROBE,
                                            .part = part,
                                            .ok = ok,
                                            .text = ok ? NULL : "connection refused"});
}

const char *rig_acked(struct rig *rig, uint64_t epoch, bool busy)
{
    return rig_step(rig,
                    &(struct wp_event){.type = WP_EVENT_DRAIN_ACKED, .epoch = epoch, .busy = busy});
}

const char *rig_bad(struct rig *rig, uint64_t epoch)
{
    return rig_step(rig, &(struct wp_event){.type = WP_EVENT_UPSTREAM_BAD,
                                            .epoch = epoch,
                                            .text = "connection refused"});
}

const char *rig_operator(struct rig *rig, enum wp_operator_verb verb, uint64_t until_ms)
{
    return rig_step(
        rig, &(struct wp_event){
                 .type = WP_EVENT_OPERATOR, .verb = verb, .until_ms = until_ms, .text = "alice"});
}

void rig_to_asleep(struct rig *rig)
{
    (void)rig_tick(rig);
    (void)rig_observed(rig, RIG_DB, WP_PART_STOPPED, NULL);
    (void)rig_observed(rig, RIG_APP, WP_PART_STOPPED, NULL);
}

void rig_to_waking(struct rig *rig)
{
    rig_to_asleep(rig);
    rig->now_ms += 1000;
    (void)rig_wake(rig);
    rig->now_ms += 1000;
    (void)rig_done(rig, RIG_DB, true, WP_OUTCOME_OK);
    (void)rig_observed(rig, RIG_DB, WP_PART_RUNNING, NULL);
}

void rig_to_awake(struct rig *rig)
{
    rig_to_waking(rig);
    rig->now_ms += 1000;
    (void)rig_done(rig, RIG_APP, true, WP_OUTCOME_OK);
    (void)rig_observed(rig, RIG_APP, WP_PART_RUNNING, NULL);
    (void)rig_probe(rig, WP_TARGET_UPSTREAM, true);
}

void rig_to_draining(struct rig *rig)
{
    rig_to_awake(rig);
    (void)rig_due(rig);
}

void rig_to_stopping(struct rig *rig)
{
    rig_to_draining(rig);
    (void)rig_acked(rig, rig->drain_epoch, false);
    (void)rig_due(rig);
}

void rig_to_broken(struct rig *rig)
{
    rig_to_waking(rig);
    (void)rig_done(rig, RIG_APP, true, WP_OUTCOME_DENIED);
}
