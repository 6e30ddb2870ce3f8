/*
 * test_wake.c - wakes that fail, with which words, when they are tried again; adoption; traces
 * without parts; the estimate.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void begin(struct rig *rig)
{
    rig_init(rig, 2);
    rig_new(rig, 0);
}

static void test_a_failed_start_tells_its_detail(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_waking(&rig);
    (void)rig_done(&rig, RIG_APP, true, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STARTING, NULL);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPED, "exited with status 1");
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_BROKEN);
    assert_string_equal(wp_trace_reason(rig.trace), "app: exited with status 1");
    rig_fini(&rig);
}

/* "Stopped" right after an accepted start may have been seen before it. */
static void test_old_news_of_a_start_is_asked_again(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_waking(&rig);
    (void)rig_done(&rig, RIG_APP, true, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPED, NULL);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
    rig.now_ms += 2000;
    assert_string_equal(rig_tick(&rig), "observe app");
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPED, "no licence");
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_BROKEN);
    assert_string_equal(wp_trace_reason(rig.trace), "app: no licence");
    rig_fini(&rig);
}

static void test_words_of_a_wake_that_takes_too_long(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_waking(&rig);
    rig.now_ms += 200000;
    (void)rig_tick(&rig);
    assert_string_equal(wp_trace_reason(rig.trace), "app is still starting");
    rig_fini(&rig);

    begin(&rig);
    rig_to_waking(&rig);
    (void)rig_done(&rig, RIG_APP, true, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_RUNNING, NULL);
    (void)rig_probe(&rig, WP_TARGET_UPSTREAM, false);
    rig.now_ms += 200000;
    (void)rig_tick(&rig);
    assert_string_equal(wp_trace_reason(rig.trace),
                        "all parts run but the upstream's readiness check does not pass: "
                        "connection refused");
    rig_fini(&rig);

    begin(&rig);
    (void)rig_tick(&rig);
    (void)rig_observed(&rig, RIG_DB, WP_PART_UNKNOWN, "status: no such file");
    (void)rig_wake(&rig);
    rig.now_ms += 200000;
    (void)rig_tick(&rig);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_BROKEN);
    assert_string_equal(wp_trace_reason(rig.trace),
                        "db could not be observed yet: status: no such file");
    rig_fini(&rig);
}

static void test_backoff_grows_and_a_success_forgets_it(void **state)
{
    static const uint64_t wait_s[] = {30, 60, 120, 240, 480, 900, 900};
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_broken(&rig);
    (void)rig_done(&rig, RIG_DB, false, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_DB, WP_PART_STOPPED, NULL);
    for (size_t i = 0; i < WP_ARRAY_SIZE(wait_s); i++) {
        assert_int_equal(rig.next_ms, rig.now_ms + wait_s[i] * 1000);
        (void)rig_wake(&rig);
        rig.now_ms += wait_s[i] * 1000 - 1;
        (void)rig_tick(&rig);
        assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_BROKEN);
        rig.now_ms += 1;
        (void)rig_tick(&rig); /* somebody asked: one attempt */
        assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
        (void)rig_done(&rig, RIG_DB, true, WP_OUTCOME_FATAL);
    }
    (void)rig_operator(&rig, WP_OPERATOR_WAKE, 0);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
    (void)rig_done(&rig, RIG_DB, true, WP_OUTCOME_FATAL);
    assert_int_equal(rig.next_ms, rig.now_ms + 30000);
    rig_fini(&rig);
}

static void test_nobody_asked_then_the_next_request_wakes_at_once(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_broken(&rig);
    (void)rig_done(&rig, RIG_DB, false, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_DB, WP_PART_STOPPED, NULL);
    assert_string_equal(rig_due(&rig), "publish hold 3");
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_BROKEN);
    assert_true(rig.next_ms == WP_NEVER);
    (void)rig_wake(&rig);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
    rig_fini(&rig);
}

static void test_retry_after_is_honoured(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_waking(&rig);
    (void)rig_step(&rig, &(struct wp_event){.type = WP_EVENT_DONE,
                                            .part = RIG_APP,
                                            .is_start = true,
                                            .outcome = WP_OUTCOME_THROTTLED,
                                            .retry_after_ms = 17000,
                                            .text = "slow down"});
    assert_int_equal(rig.next_ms, rig.now_ms + 17000);
    assert_non_null(strstr(wp_trace_reason(rig.trace), "app could not be started yet: slow down"));
    rig.now_ms += 16999;
    assert_string_equal(rig_tick(&rig), "");
    rig.now_ms += 1;
    assert_string_equal(rig_tick(&rig), "(part.start), start app, probe upstream sparse");
    rig_fini(&rig);
}

static void test_wait_is_over_when_the_part_changes(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_waking(&rig);
    (void)rig_done(&rig, RIG_APP, true, WP_OUTCOME_WAIT);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPING, NULL);
    assert_string_equal(rig_observed(&rig, RIG_APP, WP_PART_STOPPED, NULL),
                        "(part.observed), (part.start), start app, probe upstream sparse");
    rig_fini(&rig);
}

static void test_parts_found_running_are_adopted(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    (void)rig_tick(&rig);
    (void)rig_observed(&rig, RIG_DB, WP_PART_RUNNING, NULL);
    (void)rig_observed(&rig, RIG_APP, WP_PART_RUNNING, NULL);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
    (void)rig_probe(&rig, WP_TARGET_UPSTREAM, true);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
    assert_int_equal(rig.next_ms, rig.now_ms + 60000); /* idle, not first_use */
    assert_int_equal(wp_trace_wake_estimate_ms(rig.trace), 0);
    rig_fini(&rig);
}

static void test_a_part_found_running_alone_is_stopped_when_idle(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig_to_asleep(&rig);
    (void)rig_observed(&rig, RIG_DB, WP_PART_RUNNING, NULL);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_ASLEEP);
    assert_int_equal(rig.next_ms, rig.now_ms + 60000);
    assert_string_equal(rig_due(&rig), "(stop), (part.stop), stop db, watch db often");
    rig_fini(&rig);
}

static void test_nothing_is_stopped_too_soon_after_a_restart(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, rig.now_ms + 500000);
    rig_to_asleep(&rig);
    (void)rig_observed(&rig, RIG_DB, WP_PART_RUNNING, NULL);
    assert_int_equal(rig.next_ms, rig.now_ms + 500000);
    rig_fini(&rig);
}

static void test_a_trace_without_parts(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 0);
    rig_new(&rig, 0);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
    assert_string_equal(rig_tick(&rig), "(awake), publish awake 1");
    assert_true(rig.next_ms == WP_NEVER);
    assert_string_equal(rig_bad(&rig, 1), "(upstream.bad), publish hold 2, probe upstream fast");
    assert_string_equal(rig_probe(&rig, WP_TARGET_UPSTREAM, true),
                        "(awake), publish awake 3, probe upstream off");
    (void)rig_bad(&rig, 3);
    rig.now_ms += 120000;
    assert_string_equal(rig_tick(&rig), "(wake.failed), publish broken 5, probe upstream sparse");
    assert_string_equal(rig_probe(&rig, WP_TARGET_UPSTREAM, true),
                        "(awake), publish awake 6, probe upstream off");
    assert_string_equal(rig_operator(&rig, WP_OPERATOR_SLEEP, 0), "(sleep.ignored)");
    assert_string_equal(rig_step(&rig, &(struct wp_event){.type = WP_EVENT_REMOVE}),
                        "(remove), publish gone 7, (removed), removed");
    rig_fini(&rig);
}

/* The upstream passes the probe and fails the workers: slower and slower, never a hot loop. */
static void test_distrust_is_damped(void **state)
{
    struct rig rig;
    uint64_t began_ms;

    (void)state;
    begin(&rig);
    rig_to_awake(&rig);
    began_ms = rig.now_ms;
    for (int i = 0; i < 20; i++) {
        (void)rig_bad(&rig, wp_trace_epoch(rig.trace));
        (void)rig_probe(&rig, WP_TARGET_UPSTREAM, true);
        if (wp_trace_phase(rig.trace) == WP_PHASE_WAKING) {
            (void)rig_due(&rig);
        }
        assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
    }
    assert_true(rig.now_ms - began_ms > 20000);
    assert_true(rig.now_ms - began_ms < 60000);
    rig_fini(&rig);
}

static void test_stages_and_estimate(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_string_equal(wp_trace_wake_stages(rig.trace), "");
    rig_to_waking(&rig); /* db: a second */
    rig.now_ms += 3400;
    (void)rig_done(&rig, RIG_APP, true, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_RUNNING, NULL);
    rig.now_ms += 20;
    (void)rig_probe(&rig, WP_TARGET_UPSTREAM, true);
    assert_string_equal(wp_trace_wake_stages(rig.trace),
                        "db;dur=1000, app;dur=3400, upstream;dur=20");
    assert_int_equal(wp_trace_wake_estimate_ms(rig.trace), 4420);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_start_tells_its_detail),
        cmocka_unit_test(test_old_news_of_a_start_is_asked_again),
        cmocka_unit_test(test_words_of_a_wake_that_takes_too_long),
        cmocka_unit_test(test_backoff_grows_and_a_success_forgets_it),
        cmocka_unit_test(test_nobody_asked_then_the_next_request_wakes_at_once),
        cmocka_unit_test(test_retry_after_is_honoured),
        cmocka_unit_test(test_wait_is_over_when_the_part_changes),
        cmocka_unit_test(test_parts_found_running_are_adopted),
        cmocka_unit_test(test_a_part_found_running_alone_is_stopped_when_idle),
        cmocka_unit_test(test_nothing_is_stopped_too_soon_after_a_restart),
        cmocka_unit_test(test_a_trace_without_parts),
        cmocka_unit_test(test_distrust_is_damped),
        cmocka_unit_test(test_stages_and_estimate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
