/*
 * test_deadline.c - when a trace goes to sleep, and who may change that.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t deadline_in(const struct rig *rig)
{
    return wp_trace_deadline_ms(rig->trace) - rig->now_ms;
}

static void begin(struct rig *rig)
{
    rig_init(rig, 2);
    rig_new(rig, 0);
    rig_to_awake(rig);
    assert_int_equal(wp_trace_phase(rig->trace), WP_PHASE_AWAKE);
}

/* The same in one row each: definition, what happened since it woke, when it sleeps. */
static void test_precedence(void **state)
{
    static const struct {
        uint64_t idle_ms, first_use_ms, min_awake_ms, max_awake_ms;
        uint64_t used_ms;       /* last activity after waking; 0: never */
        uint64_t extend_ms;     /* until then after waking; 0: not */
        uint64_t not_before_ms; /* after waking */
        uint64_t deadline_ms;   /* after waking */
    } rows[] = {
        {60000, 30000, 0, WP_NEVER, 0, 0, 0, 30000},          /* first_use */
        {60000, 30000, 0, WP_NEVER, 1000, 0, 0, 61000},       /* idle */
        {10000, 30000, 0, WP_NEVER, 1000, 0, 0, 11000},       /* idle, though shorter */
        {WP_NEVER, 30000, 0, WP_NEVER, 1000, 0, 0, WP_NEVER}, /* never idle */
        {10000, 30000, 40000, WP_NEVER, 1000, 0, 0, 40000},   /* min_awake is a floor */
        {10000, 30000, 0, WP_NEVER, 1000, 90000, 0, 90000},   /* extend is a floor */
        {10000, 30000, 0, WP_NEVER, 1000, 5000, 0, 11000},    /* an extension that is shorter */
        {10000, 30000, 0, WP_NEVER, 1000, 0, 50000, 50000},   /* a restart is a floor */
        {60000, 30000, 0, 20000, 1000, 0, 0, 20000},          /* max_awake is a cap */
        {60000, 30000, 0, 20000, 1000, 90000, 0, 90000},      /* extend goes before max_awake */
        {60000, 30000, 0, 20000, 1000, 0, 45000, 45000},      /* so does a restart */
        {60000, 30000, 50000, 20000, 1000, 0, 0, 20000},      /* max_awake before min_awake */
        {WP_NEVER, 30000, 0, 20000, 1000, 0, 0, 20000},
        {0, 30000, 0, WP_NEVER, 1000, 0, 0, 1000},
    };

    (void)state;
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        struct rig rig;
        uint64_t woke_ms;

        rig_init(&rig, 2);
        rig.conf.idle_ms = rows[i].idle_ms;
        rig.conf.first_use_ms = rows[i].first_use_ms;
        rig.conf.min_awake_ms = rows[i].min_awake_ms;
        rig.conf.max_awake_ms = rows[i].max_awake_ms;
        rig_new(&rig, rows[i].not_before_ms == 0 ? 0 : rig.now_ms + 3000 + rows[i].not_before_ms);
        rig_to_awake(&rig);
        woke_ms = rig.now_ms;
        if (rows[i].extend_ms > 0) {
            (void)rig_operator(&rig, WP_OPERATOR_EXTEND, woke_ms + rows[i].extend_ms);
        }
        if (rows[i].used_ms > 0) {
            rig.now_ms += rows[i].used_ms;
            (void)rig_activity(&rig, 0, rig.now_ms);
        }
        if (rows[i].deadline_ms == WP_NEVER) {
            assert_true(wp_trace_deadline_ms(rig.trace) == WP_NEVER);
        } else {
            assert_int_equal(wp_trace_deadline_ms(rig.trace) - woke_ms, rows[i].deadline_ms);
        }
        rig_fini(&rig);
    }
}

static void test_exchanges_in_flight_are_activity(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig.now_ms += 500;
    (void)rig_activity(&rig, 1, rig.now_ms - 400);
    assert_int_equal(deadline_in(&rig), 60000);
    rig.now_ms += 60000;
    (void)rig_activity(&rig, 1, rig.now_ms - 60400);
    assert_string_equal(rig_tick(&rig), "");
    assert_int_equal(rig.next_ms - rig.now_ms, 60000);
    rig.now_ms += 60000;
    (void)rig_activity(&rig, 0, rig.now_ms - 20000); /* its last byte */
    (void)rig_tick(&rig);
    assert_int_equal(rig.next_ms - rig.now_ms, 40000);
    rig_fini(&rig);
}

static void test_counters_are_acted_on_in_a_tick_only(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    rig.now_ms = rig.next_ms + 5;
    assert_string_equal(rig_observed(&rig, RIG_DB, WP_PART_RUNNING, NULL), "");
    assert_int_equal(rig.next_ms, rig.now_ms); /* read them, then ask again */
    (void)rig_activity(&rig, 0, rig.now_ms - 10);
    assert_string_equal(rig_tick(&rig), "");
    rig_fini(&rig);
}

static void test_the_deadline_is_read_again_after_the_promise(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_string_equal(rig_due(&rig), "(drain), drain 3");
    assert_string_equal(rig_acked(&rig, 3, false), "");
    (void)rig_activity(&rig, 0, rig.now_ms - 1); /* an exchange came and went before DRAIN */
    assert_string_equal(rig_tick(&rig), "(drain.aborted), publish awake 4");
    rig_fini(&rig);
}

static void test_a_reload_counts_at_once(void **state)
{
    struct rig rig;
    struct wp_conf_trace conf;

    (void)state;
    begin(&rig);
    conf = rig.conf;
    conf.first_use_ms = 5000;
    (void)rig_step(&rig, &(struct wp_event){.type = WP_EVENT_CONFIG, .conf = &conf});
    assert_int_equal(deadline_in(&rig), 5000);
    assert_int_equal(rig.next_ms, rig.now_ms + 5000);
    rig_fini(&rig);
}

static void test_max_awake_warns_waits_and_wakes_again(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig.conf.max_awake_ms = 1000000;
    rig_new(&rig, 0);
    rig_to_awake(&rig);
    rig.now_ms += 900000;
    (void)rig_activity(&rig, 1, rig.now_ms);
    assert_string_equal(rig_tick(&rig), ""); /* the warning came with the counters' step */
    assert_string_equal(wp_trace_ledger(rig.trace, wp_trace_ledger_last(rig.trace))->what,
                        "max_awake.soon");
    rig.now_ms += 100000;
    (void)rig_activity(&rig, 1, rig.now_ms);
    assert_string_equal(rig_tick(&rig), "(drain), drain 3");
    assert_string_equal(rig_acked(&rig, 3, true), "");
    assert_string_equal(rig_wake(&rig), "(wake.asked)");
    rig.now_ms += 1000;
    (void)rig_activity(&rig, 1, rig.now_ms);
    assert_string_equal(rig_tick(&rig), "drain 4"); /* asked again */
    (void)rig_acked(&rig, 4, true);
    rig.now_ms += 9000;
    (void)rig_activity(&rig, 1, rig.now_ms); /* drain_timeout: cut */
    assert_string_equal(rig_tick(&rig), "");
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_STOPPING);
    (void)rig_done(&rig, RIG_APP, false, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPED, NULL);
    (void)rig_done(&rig, RIG_DB, false, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_DB, WP_PART_STOPPED, NULL);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_WAKING);
    rig_fini(&rig);
}

static void test_an_order_to_sleep_waits_for_exchanges_and_cuts_none(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_string_equal(rig_operator(&rig, WP_OPERATOR_SLEEP, 0), "(sleep)");
    for (int i = 0; i < 100; i++) {
        (void)rig_activity(&rig, 1, rig.now_ms);
        assert_string_equal(rig_tick(&rig), "");
        assert_int_equal(rig.next_ms, rig.now_ms + 1000);
        rig.now_ms += 1000;
    }
    assert_string_equal(rig_due(&rig), "(drain), drain 3");
    assert_string_equal(rig_acked(&rig, 3, true), "(drain.aborted), publish awake 4");
    assert_string_equal(rig_due(&rig), "(drain), drain 5");
    (void)rig_acked(&rig, 5, false);
    (void)rig_due(&rig);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_STOPPING);
    assert_string_equal(wp_trace_reason(rig.trace), "put to sleep by alice");
    rig_fini(&rig);
}

static void test_a_dry_run_stops_nothing(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig.conf.dry_run = true;
    rig_new(&rig, 0);
    rig_to_awake(&rig);
    for (int i = 0; i < 5; i++) {
        uint64_t before_ms = rig.now_ms;

        assert_string_equal(rig_due(&rig), "(dry_run)");
        assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
        assert_int_equal(rig.next_ms, rig.now_ms + 60000);
        assert_true(rig.now_ms > before_ms);
    }
    rig_fini(&rig);
}

/* A reload to a shorter idle window shortens the wait after a restart too; a longer one does not
 * lengthen it. */
static void test_config_clamps_the_wait_after_a_restart(void **state)
{
    struct wp_conf_trace conf;
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, rig.now_ms + 600000);
    rig_to_awake(&rig);
    (void)rig_activity(&rig, 0, rig.now_ms);
    assert_int_equal(deadline_in(&rig), 600000 - 3000);
    conf = rig.conf;
    conf.idle_ms = 5000;
    (void)rig_step(&rig, &(struct wp_event){.type = WP_EVENT_CONFIG, .conf = &conf});
    assert_int_equal(deadline_in(&rig), 5000);
    conf.idle_ms = 7000;
    (void)rig_step(&rig, &(struct wp_event){.type = WP_EVENT_CONFIG, .conf = &conf});
    assert_int_equal(deadline_in(&rig), 7000);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_clamps_the_wait_after_a_restart),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_exchanges_in_flight_are_activity),
        cmocka_unit_test(test_counters_are_acted_on_in_a_tick_only),
        cmocka_unit_test(test_the_deadline_is_read_again_after_the_promise),
        cmocka_unit_test(test_a_reload_counts_at_once),
        cmocka_unit_test(test_max_awake_warns_waits_and_wakes_again),
        cmocka_unit_test(test_an_order_to_sleep_waits_for_exchanges_and_cuts_none),
        cmocka_unit_test(test_a_dry_run_stops_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
