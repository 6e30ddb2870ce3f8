/*
 * test_plan.c - the order of starts and stops over several graphs, driven through the engine.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DB  0u
#define APP 1u
#define WEB 2u
#define JOB 3u

/* The calls of the last step, without anything else. */
static const char *calls(const struct rig *rig)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < rig->actions.count; i++) {
        const struct wp_action *action = &rig->actions.items[i];

        if (action->type == WP_ACTION_START || action->type == WP_ACTION_STOP) {
            size_t used = strlen(text);

            (void)snprintf(text + used, sizeof(text) - used, "%s%s %s", used == 0 ? "" : ", ",
                           action->type == WP_ACTION_START ? "start" : "stop",
                           rig->conf.parts[action->part].name);
        }
    }
    return text;
}

static const char *is_up(struct rig *rig, uint32_t part)
{
    (void)rig_done(rig, part, true, WP_OUTCOME_OK);
    (void)rig_observed(rig, part, WP_PART_RUNNING, NULL);
    return calls(rig);
}

static const char *is_down(struct rig *rig, uint32_t part)
{
    (void)rig_done(rig, part, false, WP_OUTCOME_OK);
    (void)rig_observed(rig, part, WP_PART_STOPPED, NULL);
    return calls(rig);
}

static void begin(struct rig *rig)
{
    rig_new(rig, 0);
    (void)rig_tick(rig);
    for (uint32_t i = 0; i < rig->conf.part_count; i++) {
        (void)rig_observed(rig, i, WP_PART_STOPPED, NULL);
    }
    (void)rig_wake(rig);
}

static void sleep_now(struct rig *rig)
{
    (void)rig_probe(rig, WP_TARGET_UPSTREAM, true);
    assert_int_equal(wp_trace_phase(rig->trace), WP_PHASE_AWAKE);
    (void)rig_due(rig);
    (void)rig_acked(rig, rig->drain_epoch, false);
    (void)rig_due(rig);
}

static void test_chain(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 3);
    begin(&rig);
    assert_string_equal(calls(&rig), "start db");
    assert_string_equal(is_up(&rig, DB), "start app");
    assert_string_equal(is_up(&rig, APP), "start web");
    assert_string_equal(is_up(&rig, WEB), "");
    sleep_now(&rig);
    assert_string_equal(calls(&rig), "stop web");
    assert_string_equal(is_down(&rig, WEB), "stop app");
    assert_string_equal(is_down(&rig, APP), "stop db");
    assert_string_equal(is_down(&rig, DB), "");
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_ASLEEP);
    assert_true(rig.next_ms == WP_NEVER);
    rig_fini(&rig);
}

/* db <- app, db <- web, both <- job */
static void test_diamond(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 4);
    rig_free_part(&rig, WEB);
    rig_after(&rig, WEB, DB);
    rig_after(&rig, JOB, APP);
    begin(&rig);
    assert_string_equal(calls(&rig), "start db");
    assert_string_equal(is_up(&rig, DB), "start app, start web");
    assert_string_equal(is_up(&rig, WEB), "");
    assert_string_equal(is_up(&rig, APP), "start job");
    (void)is_up(&rig, JOB);
    sleep_now(&rig);
    assert_string_equal(calls(&rig), "stop job");
    assert_string_equal(is_down(&rig, JOB), "stop app, stop web");
    assert_string_equal(is_down(&rig, APP), "");
    assert_string_equal(is_down(&rig, WEB), "stop db");
    rig_fini(&rig);
}

static void test_independent_parts_go_together(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 3);
    rig_free_part(&rig, APP);
    rig_free_part(&rig, WEB);
    begin(&rig);
    assert_string_equal(calls(&rig), "start db, start app, start web");
    (void)is_up(&rig, DB);
    (void)is_up(&rig, APP);
    (void)is_up(&rig, WEB);
    sleep_now(&rig);
    assert_string_equal(calls(&rig), "stop db, stop app, stop web");
    rig_fini(&rig);
}

static void test_a_part_with_its_own_check_is_waited_for(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig.parts[DB].ready = &rig.ready;
    begin(&rig);
    assert_string_equal(is_up(&rig, DB), "");
    assert_non_null(strstr(wp_trace_reason(rig.trace), "readiness check does not pass"));
    (void)rig_probe(&rig, DB, false);
    assert_string_equal(calls(&rig), "");
    assert_non_null(strstr(wp_trace_reason(rig.trace), "connection refused"));
    (void)rig_probe(&rig, DB, true);
    assert_string_equal(calls(&rig), "start app");
    rig_fini(&rig);
}

/* What runs already is not started; what is missing is. */
static void test_only_what_is_down_is_started(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    (void)rig_tick(&rig);
    (void)rig_observed(&rig, DB, WP_PART_RUNNING, NULL);
    (void)rig_observed(&rig, APP, WP_PART_MISSING, NULL);
    (void)rig_wake(&rig);
    assert_string_equal(calls(&rig), "start app");
    rig_fini(&rig);
}

static void test_a_wake_keeps_what_was_not_told_to_stop(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    assert_string_equal(calls(&rig), "stop app");
    (void)rig_wake(&rig);
    assert_string_equal(calls(&rig), ""); /* its STOP is out */
    (void)rig_done(&rig, APP, false, WP_OUTCOME_OK);
    assert_string_equal(calls(&rig), "");
    (void)rig_observed(&rig, APP, WP_PART_STOPPING, NULL);
    assert_string_equal(calls(&rig), "");
    (void)rig_observed(&rig, APP, WP_PART_STOPPED, NULL);
    assert_string_equal(calls(&rig), "start app"); /* db was kept */
    rig_fini(&rig);
}

static void test_nothing_starts_beside_a_stop_that_is_out(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    (void)rig_wake(&rig);
    (void)rig_observed(&rig, APP, WP_PART_STOPPED, NULL); /* seen before the answer */
    assert_string_equal(calls(&rig), "");
    (void)rig_done(&rig, APP, false, WP_OUTCOME_OK);
    assert_string_equal(calls(&rig), "start app");
    rig_fini(&rig);
}

static void test_a_wake_uses_a_part_whose_stop_had_no_effect(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    (void)rig_done(&rig, APP, false, WP_OUTCOME_OK);
    (void)rig_wake(&rig);
    (void)rig_observed(&rig, APP, WP_PART_RUNNING, NULL); /* old news, or not */
    assert_non_null(strstr(wp_trace_reason(rig.trace), "app is still stopping"));
    rig.now_ms += 30000;
    assert_string_equal(rig_tick(&rig), "probe upstream fast");
    assert_string_equal(rig_probe(&rig, WP_TARGET_UPSTREAM, true),
                        "(awake), publish awake 4, watch db seldom, watch app seldom, "
                        "probe upstream off");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_diamond),
        cmocka_unit_test(test_independent_parts_go_together),
        cmocka_unit_test(test_a_part_with_its_own_check_is_waited_for),
        cmocka_unit_test(test_only_what_is_down_is_started),
        cmocka_unit_test(test_a_wake_keeps_what_was_not_told_to_stop),
        cmocka_unit_test(test_nothing_starts_beside_a_stop_that_is_out),
        cmocka_unit_test(test_a_wake_uses_a_part_whose_stop_had_no_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
