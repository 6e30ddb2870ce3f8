/*
 * test_phase_event.c - every phase with every event: the actions, the phase after, and the time of
 * the next tick, row by row.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum given {
    TICK,
    DUE,
    WAKE,
    ACTIVE,
    APP_STOPPED,
    APP_RUNNING,
    DB_STOPPED,
    APP_BLURRED,
    START_OK,
    START_RETRY,
    START_DENIED,
    STOP_OK,
    STOP_WAIT,
    PROBE_OK,
    PROBE_BAD,
    ACK_IDLE,
    ACK_BUSY,
    ACK_OLD,
    BAD,
    BAD_OLD,
    OP_WAKE,
    OP_SLEEP,
    OP_EXTEND,
    CONFIG,
    REMOVE,
    GIVEN_MAX,
};

struct row {
    enum wp_phase phase;
    enum given given;
    const char *actions;
    enum wp_phase after;
    int64_t next_ms; /* from now; -1: never */
};

static const struct row rows[] = {
    {WP_PHASE_UNKNOWN, TICK, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, DUE, "observe db, observe app", WP_PHASE_UNKNOWN, 20000},
    {WP_PHASE_UNKNOWN, WAKE, "(wake), watch db often, watch app often", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, ACTIVE, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, APP_STOPPED, "(part.observed)", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, APP_RUNNING, "(part.observed)", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, DB_STOPPED, "(part.observed)", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, APP_BLURRED, "", WP_PHASE_UNKNOWN, 4000},
    {WP_PHASE_UNKNOWN, START_OK, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, START_RETRY, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, START_DENIED, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, STOP_OK, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, STOP_WAIT, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, PROBE_OK, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, PROBE_BAD, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, ACK_IDLE, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, ACK_BUSY, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, ACK_OLD, "", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, BAD, "(wake), watch db often, watch app often", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, BAD_OLD, "(wake), watch db often, watch app often", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, OP_WAKE, "(wake), watch db often, watch app often", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, OP_SLEEP, "(sleep)", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, OP_EXTEND, "(extend)", WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_UNKNOWN, CONFIG, "(config), watch db seldom, watch app seldom", WP_PHASE_UNKNOWN,
     9990},
    {WP_PHASE_UNKNOWN, REMOVE, "(remove), publish gone 2, watch db often, watch app often",
     WP_PHASE_UNKNOWN, 9990},
    {WP_PHASE_ASLEEP, TICK, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, DUE, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, WAKE, "(wake), (part.start), start db, watch db often, watch app often",
     WP_PHASE_WAKING, 120000},
    {WP_PHASE_ASLEEP, ACTIVE, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, APP_STOPPED, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, APP_RUNNING, "(part.observed), (leftover)", WP_PHASE_ASLEEP, 60000},
    {WP_PHASE_ASLEEP, DB_STOPPED, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, APP_BLURRED, "", WP_PHASE_ASLEEP, 2000},
    {WP_PHASE_ASLEEP, START_OK, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, START_RETRY, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, START_DENIED, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, STOP_OK, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, STOP_WAIT, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, PROBE_OK, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, PROBE_BAD, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, ACK_IDLE, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, ACK_BUSY, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, ACK_OLD, "", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, BAD, "(wake), (part.start), start db, watch db often, watch app often",
     WP_PHASE_WAKING, 120000},
    {WP_PHASE_ASLEEP, BAD_OLD, "(wake), (part.start), start db, watch db often, watch app often",
     WP_PHASE_WAKING, 120000},
    {WP_PHASE_ASLEEP, OP_WAKE, "(wake), (part.start), start db, watch db often, watch app often",
     WP_PHASE_WAKING, 120000},
    {WP_PHASE_ASLEEP, OP_SLEEP, "(sleep)", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, OP_EXTEND, "(extend)", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, CONFIG, "(config), watch db seldom, watch app seldom", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_ASLEEP, REMOVE, "(remove), publish gone 2, (removed), removed", WP_PHASE_ASLEEP, -1},
    {WP_PHASE_WAKING, TICK, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, DUE, "(wake.failed), publish broken 2, probe upstream off", WP_PHASE_BROKEN,
     30000},
    {WP_PHASE_WAKING, WAKE, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, ACTIVE, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, APP_STOPPED, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, APP_RUNNING, "(part.observed), probe upstream fast", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, DB_STOPPED,
     "(part.observed), (wake.failed), publish broken 2, watch db seldom, probe upstream off",
     WP_PHASE_BROKEN, 30000},
    {WP_PHASE_WAKING, APP_BLURRED, "", WP_PHASE_WAKING, 2000},
    {WP_PHASE_WAKING, START_OK, "", WP_PHASE_WAKING, 2000},
    {WP_PHASE_WAKING, START_RETRY, "(part.retry), probe upstream off", WP_PHASE_WAKING, 1000},
    {WP_PHASE_WAKING, START_DENIED,
     "(part.start.refused), (wake.failed), publish broken 2, (part.stop), stop db, watch app "
     "seldom, probe upstream off",
     WP_PHASE_BROKEN, 30000},
    {WP_PHASE_WAKING, STOP_OK, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, STOP_WAIT, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, PROBE_OK, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, PROBE_BAD, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, ACK_IDLE, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, ACK_BUSY, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, ACK_OLD, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, BAD, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, BAD_OLD, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, OP_WAKE, "", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, OP_SLEEP,
     "(sleep), publish broken 2, publish hold 3, (leftover), watch db seldom, probe upstream off",
     WP_PHASE_ASLEEP, 0},
    {WP_PHASE_WAKING, OP_EXTEND, "(extend)", WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, CONFIG, "(config), watch db often, watch app often, probe upstream sparse",
     WP_PHASE_WAKING, 118990},
    {WP_PHASE_WAKING, REMOVE, "(remove), publish gone 2, probe upstream off", WP_PHASE_STOPPING,
     100000},
    {WP_PHASE_AWAKE, TICK, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, DUE, "(drain), drain 3", WP_PHASE_DRAINING, 10000},
    {WP_PHASE_AWAKE, WAKE, "", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_AWAKE, ACTIVE, "", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_AWAKE, APP_STOPPED, "(part.observed), (drift), publish hold 3", WP_PHASE_ASLEEP,
     59990},
    {WP_PHASE_AWAKE, APP_RUNNING, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, DB_STOPPED, "(part.observed), (drift), publish hold 3", WP_PHASE_ASLEEP,
     59990},
    {WP_PHASE_AWAKE, APP_BLURRED, "", WP_PHASE_AWAKE, 2000},
    {WP_PHASE_AWAKE, START_OK, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, START_RETRY, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, START_DENIED, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, STOP_OK, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, STOP_WAIT, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, PROBE_OK, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, PROBE_BAD, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, ACK_IDLE, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, ACK_BUSY, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, ACK_OLD, "", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, BAD,
     "(upstream.bad), publish hold 3, observe db, watch db often, observe app, watch app often, "
     "probe upstream fast",
     WP_PHASE_WAKING, 120000},
    {WP_PHASE_AWAKE, BAD_OLD, "publish awake 3", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_AWAKE, OP_WAKE, "", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_AWAKE, OP_SLEEP, "(sleep)", WP_PHASE_AWAKE, 0},
    {WP_PHASE_AWAKE, OP_EXTEND, "(extend)", WP_PHASE_AWAKE, 600000},
    {WP_PHASE_AWAKE, CONFIG, "(config), watch db seldom, watch app seldom", WP_PHASE_AWAKE, 29990},
    {WP_PHASE_AWAKE, REMOVE,
     "(remove), (drain), drain 3, publish gone 4, watch db often, watch app often",
     WP_PHASE_DRAINING, 10000},
    {WP_PHASE_DRAINING, TICK, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, DUE, "(drain.unanswered), (drain.aborted), publish awake 4", WP_PHASE_AWAKE,
     60000},
    {WP_PHASE_DRAINING, WAKE, "(drain.aborted), publish awake 4", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_DRAINING, ACTIVE, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, APP_STOPPED, "(part.observed), (drift), publish hold 4", WP_PHASE_ASLEEP,
     29990},
    {WP_PHASE_DRAINING, APP_RUNNING, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, DB_STOPPED, "(part.observed), (drift), publish hold 4", WP_PHASE_ASLEEP,
     29990},
    {WP_PHASE_DRAINING, APP_BLURRED, "", WP_PHASE_DRAINING, 2000},
    {WP_PHASE_DRAINING, START_OK, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, START_RETRY, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, START_DENIED, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, STOP_OK, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, STOP_WAIT, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, PROBE_OK, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, PROBE_BAD, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, ACK_IDLE, "", WP_PHASE_DRAINING, 0},
    {WP_PHASE_DRAINING, ACK_BUSY, "(drain.aborted), publish awake 4", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_DRAINING, ACK_OLD, "", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, BAD, "(drain.aborted), publish awake 4", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_DRAINING, BAD_OLD, "(drain.aborted), publish awake 4", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_DRAINING, OP_WAKE, "(drain.aborted), publish awake 4", WP_PHASE_AWAKE, 60000},
    {WP_PHASE_DRAINING, OP_SLEEP, "(sleep)", WP_PHASE_DRAINING, 9990},
    {WP_PHASE_DRAINING, OP_EXTEND, "(extend), (drain.aborted), publish awake 4", WP_PHASE_AWAKE,
     600000},
    {WP_PHASE_DRAINING, CONFIG, "(config), watch db seldom, watch app seldom", WP_PHASE_DRAINING,
     9990},
    {WP_PHASE_DRAINING, REMOVE,
     "(remove), (drain), drain 4, publish gone 5, watch db often, watch app often",
     WP_PHASE_DRAINING, 10000},
    {WP_PHASE_STOPPING, TICK, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, DUE, "(part.lost), observe app", WP_PHASE_STOPPING, 1000},
    {WP_PHASE_STOPPING, WAKE, "(wake)", WP_PHASE_WAKING, 120000},
    {WP_PHASE_STOPPING, ACTIVE, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, APP_STOPPED, "(part.observed), (part.stop), stop db", WP_PHASE_STOPPING,
     674990},
    {WP_PHASE_STOPPING, APP_RUNNING, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, DB_STOPPED, "(part.observed), watch db seldom", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, APP_BLURRED, "", WP_PHASE_STOPPING, 2000},
    {WP_PHASE_STOPPING, START_OK, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, START_RETRY, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, START_DENIED, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, STOP_OK, "", WP_PHASE_STOPPING, 30000},
    {WP_PHASE_STOPPING, STOP_WAIT, "observe app", WP_PHASE_STOPPING, 1000},
    {WP_PHASE_STOPPING, PROBE_OK, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, PROBE_BAD, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, ACK_IDLE, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, ACK_BUSY, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, ACK_OLD, "", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, BAD, "(wake)", WP_PHASE_WAKING, 120000},
    {WP_PHASE_STOPPING, BAD_OLD, "(wake)", WP_PHASE_WAKING, 120000},
    {WP_PHASE_STOPPING, OP_WAKE, "(wake)", WP_PHASE_WAKING, 120000},
    {WP_PHASE_STOPPING, OP_SLEEP, "(sleep)", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, OP_EXTEND, "(extend)", WP_PHASE_STOPPING, 674990},
    {WP_PHASE_STOPPING, CONFIG, "(config), watch db often, watch app often", WP_PHASE_STOPPING,
     674990},
    {WP_PHASE_STOPPING, REMOVE, "(remove), publish gone 4", WP_PHASE_STOPPING, 30000},
    {WP_PHASE_BROKEN, TICK, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, DUE, "publish hold 3", WP_PHASE_BROKEN, 645000},
    {WP_PHASE_BROKEN, WAKE, "(wake.asked)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, ACTIVE, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, APP_STOPPED, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, APP_RUNNING, "(part.observed), (leftover)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, DB_STOPPED, "(part.observed)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, APP_BLURRED, "", WP_PHASE_BROKEN, 2000},
    {WP_PHASE_BROKEN, START_OK, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, START_RETRY, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, START_DENIED, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, STOP_OK, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, STOP_WAIT, "observe db", WP_PHASE_BROKEN, 1000},
    {WP_PHASE_BROKEN, PROBE_OK, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, PROBE_BAD, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, ACK_IDLE, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, ACK_BUSY, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, ACK_OLD, "", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, BAD, "(wake.asked)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, BAD_OLD, "(wake.asked)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, OP_WAKE, "(wake), publish hold 3, watch app often", WP_PHASE_WAKING, 120000},
    {WP_PHASE_BROKEN, OP_SLEEP, "(sleep)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, OP_EXTEND, "(extend)", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, CONFIG, "(config), watch db often, watch app seldom", WP_PHASE_BROKEN, 29990},
    {WP_PHASE_BROKEN, REMOVE, "(remove), publish gone 3", WP_PHASE_STOPPING, 30000},
};

static void go_to(struct rig *rig, enum wp_phase phase)
{
    switch (phase) {
    case WP_PHASE_UNKNOWN:
        (void)rig_tick(rig);
        return;
    case WP_PHASE_ASLEEP:
        rig_to_asleep(rig);
        return;
    case WP_PHASE_WAKING:
        rig_to_waking(rig);
        return;
    case WP_PHASE_AWAKE:
        rig_to_awake(rig);
        return;
    case WP_PHASE_DRAINING:
        rig_to_draining(rig);
        return;
    case WP_PHASE_STOPPING:
        rig_to_stopping(rig);
        return;
    case WP_PHASE_BROKEN:
        rig_to_broken(rig);
        return;
    }
}

static const struct wp_event events[GIVEN_MAX] = {
    [TICK] = {.type = WP_EVENT_TICK},
    [DUE] = {.type = WP_EVENT_TICK},
    [WAKE] = {.type = WP_EVENT_WAKE, .text = "GET /"},
    [ACTIVE] = {.type = WP_EVENT_ACTIVITY, .active = 1},
    [APP_STOPPED] = {.type = WP_EVENT_OBSERVED,
                     .part = RIG_APP,
                     .state = WP_PART_STOPPED,
                     .text = "exited with status 1"},
    [APP_RUNNING] = {.type = WP_EVENT_OBSERVED, .part = RIG_APP, .state = WP_PART_RUNNING},
    [DB_STOPPED] = {.type = WP_EVENT_OBSERVED, .part = RIG_DB, .state = WP_PART_STOPPED},
    [APP_BLURRED] = {.type = WP_EVENT_OBSERVED, .part = RIG_APP, .state = WP_PART_UNKNOWN},
    [START_OK] = {.type = WP_EVENT_DONE, .part = RIG_APP, .is_start = true},
    [START_RETRY] = {.type = WP_EVENT_DONE,
                     .part = RIG_APP,
                     .is_start = true,
                     .outcome = WP_OUTCOME_RETRY},
    [START_DENIED] = {.type = WP_EVENT_DONE,
                      .part = RIG_APP,
                      .is_start = true,
                      .outcome = WP_OUTCOME_DENIED},
    [STOP_OK] = {.type = WP_EVENT_DONE, .part = RIG_APP},
    [STOP_WAIT] = {.type = WP_EVENT_DONE, .part = RIG_APP, .outcome = WP_OUTCOME_WAIT},
    [PROBE_OK] = {.type = WP_EVENT_PROBE, .part = WP_TARGET_UPSTREAM, .ok = true},
    [PROBE_BAD] = {.type = WP_EVENT_PROBE, .part = WP_TARGET_UPSTREAM},
    [ACK_IDLE] = {.type = WP_EVENT_DRAIN_ACKED},
    [ACK_BUSY] = {.type = WP_EVENT_DRAIN_ACKED, .busy = true},
    [ACK_OLD] = {.type = WP_EVENT_DRAIN_ACKED, .epoch = 1},
    [BAD] = {.type = WP_EVENT_UPSTREAM_BAD},
    [BAD_OLD] = {.type = WP_EVENT_UPSTREAM_BAD},
    [OP_WAKE] = {.type = WP_EVENT_OPERATOR, .verb = WP_OPERATOR_WAKE, .text = "alice"},
    [OP_SLEEP] = {.type = WP_EVENT_OPERATOR, .verb = WP_OPERATOR_SLEEP, .text = "alice"},
    [OP_EXTEND] = {.type = WP_EVENT_OPERATOR, .verb = WP_OPERATOR_EXTEND, .text = "alice"},
    [CONFIG] = {.type = WP_EVENT_CONFIG},
    [REMOVE] = {.type = WP_EVENT_REMOVE},
};

static const char *give(struct rig *rig, enum given given)
{
    struct wp_event event = events[given];

    if (given == DUE) {
        return rig_due(rig);
    }
    if (given == ACK_IDLE || given == ACK_BUSY) {
        event.epoch = rig->drain_epoch;
    }
    if (given == BAD) {
        event.epoch = wp_trace_epoch(rig->trace);
    }
    if (wp_trace_phase(rig->trace) == WP_PHASE_BROKEN && (given == STOP_OK || given == STOP_WAIT)) {
        event.part = RIG_DB; /* whose STOP is out there */
    }
    event.until_ms = rig->now_ms + 600000;
    event.conf = &rig->conf;
    return rig_step(rig, &event);
}

static int check_row(const struct row *row)
{
    struct rig rig;
    const char *actions;
    int64_t next_ms;
    bool is_right;

    rig_init(&rig, 2);
    rig_new(&rig, 0);
    go_to(&rig, row->phase);
    assert_int_equal(wp_trace_phase(rig.trace), row->phase);
    rig.now_ms += 10;
    actions = give(&rig, row->given);
    next_ms = rig.next_ms == WP_NEVER ? -1 : (int64_t)(rig.next_ms - rig.now_ms);
    is_right = strcmp(actions, row->actions) == 0 && wp_trace_phase(rig.trace) == row->after &&
               next_ms == row->next_ms;
    if (!is_right) {
        print_error("%s + %d\n  wanted: %s; %s; %lld\n  got:    %s; %s; %lld\n",
                    wp_phase_name(row->phase), row->given, row->actions, wp_phase_name(row->after),
                    (long long)row->next_ms, actions, wp_phase_name(wp_trace_phase(rig.trace)),
                    (long long)next_ms);
    }
    rig_fini(&rig);
    return is_right ? 0 : 1;
}

static void test_rows(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        wrong += check_row(&rows[i]);
    }
    assert_int_equal(wrong, 0);
}

/* The table is complete: a phase or an event that is added fails here. */
static void test_no_pair_is_missing(void **state)
{
    bool is_there[WP_PHASE_BROKEN + 1][GIVEN_MAX] = {{false}};

    (void)state;
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        assert_false(is_there[rows[i].phase][rows[i].given]);
        is_there[rows[i].phase][rows[i].given] = true;
    }
    for (int phase = 0; phase <= WP_PHASE_BROKEN; phase++) {
        for (int given = 0; given < GIVEN_MAX; given++) {
            assert_true(is_there[phase][given]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_pair_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
