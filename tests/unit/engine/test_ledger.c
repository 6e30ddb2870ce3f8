/*
 * test_ledger.c - the ring of entries, and which of them tells a change of phase; reloads by name.
 *
 * Thread: the test's.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct wp_ledger_entry *newest(const struct rig *rig)
{
    return wp_trace_ledger(rig->trace, wp_trace_ledger_last(rig->trace));
}

static void test_an_empty_ledger(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    assert_int_equal(wp_trace_ledger_last(rig.trace), 0);
    assert_null(wp_trace_ledger(rig.trace, 0));
    assert_null(wp_trace_ledger(rig.trace, 1));
    rig_fini(&rig);
}

static void test_the_newest_are_kept(void **state)
{
    struct rig rig;
    uint64_t last, kept = 0;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_asleep(&rig);
    for (int i = 0; i < 200; i++) {
        rig.now_ms += 1;
        (void)rig_operator(&rig, WP_OPERATOR_EXTEND, rig.now_ms);
        assert_int_equal(newest(&rig)->at_ms, rig.now_ms);
        for (uint64_t sequence = 1; sequence <= wp_trace_ledger_last(rig.trace); sequence++) {
            const struct wp_ledger_entry *entry = wp_trace_ledger(rig.trace, sequence);

            assert_true(entry == NULL || entry->sequence == sequence);
        }
    }
    last = wp_trace_ledger_last(rig.trace);
    assert_null(wp_trace_ledger(rig.trace, last + 1));
    while (kept < last && wp_trace_ledger(rig.trace, last - kept) != NULL) {
        kept++;
    }
    assert_int_equal(kept, 64);
    rig_fini(&rig);
}

/* From the first step to the last, the entries' phases join into one unbroken line. */
static void test_phases_join(void **state)
{
    struct rig rig;
    enum wp_phase phase = WP_PHASE_UNKNOWN;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    (void)rig_wake(&rig);
    (void)rig_done(&rig, RIG_APP, false, WP_OUTCOME_DENIED);
    (void)rig_probe(&rig, WP_TARGET_UPSTREAM, true);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
    for (uint64_t i = 1; i <= wp_trace_ledger_last(rig.trace); i++) {
        const struct wp_ledger_entry *entry = wp_trace_ledger(rig.trace, i);

        assert_int_equal(entry->from, phase);
        phase = entry->to;
    }
    assert_int_equal(phase, WP_PHASE_AWAKE);
    assert_string_equal(newest(&rig)->what, "awake");
    assert_int_equal(newest(&rig)->from, WP_PHASE_WAKING);
    assert_int_equal(newest(&rig)->deadline_ms, wp_trace_deadline_ms(rig.trace));
    rig_fini(&rig);
}

static void test_a_reload_matches_parts_by_name(void **state)
{
    struct rig rig;
    struct wp_conf_part parts[3];
    uint32_t after_db[] = {2};
    struct wp_conf_trace conf;
    bool changed[3] = {false, true, false};

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_awake(&rig);
    conf = rig.conf;
    conf.parts = parts;
    conf.part_count = 3;
    parts[0] = rig.parts[RIG_APP]; /* app, web (new), db */
    parts[0].after = after_db;
    parts[1] = (struct wp_conf_part){.name = (char *)(uintptr_t) "web"};
    parts[2] = rig.parts[RIG_DB];
    (void)rig_step(
        &rig, &(struct wp_event){.type = WP_EVENT_CONFIG, .conf = &conf, .part_changed = changed});
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_AWAKE);
    rig.conf = conf;
    /* The new part is down: the trace sleeps until somebody comes, then only it is started. */
    (void)rig_observed(&rig, 1, WP_PART_STOPPED, NULL);
    assert_int_equal(wp_trace_phase(rig.trace), WP_PHASE_ASLEEP);
    assert_non_null(strstr(rig_wake(&rig), "start web"));
    assert_null(strstr(rig.text, "start app"));
    assert_null(strstr(rig.text, "start db"));
    rig_fini(&rig);
}

static void test_an_unanswered_call_does_not_wedge(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    while (strstr(rig.text, "(part.lost)") == NULL) {
        assert_true(rig.now_ms < 2000000);
        (void)rig_due(&rig);
    }
    assert_string_equal(rig_due(&rig), "(part.stop), stop app");
    (void)rig_done(&rig, RIG_APP, false, WP_OUTCOME_OK);
    (void)rig_observed(&rig, RIG_APP, WP_PART_STOPPED, NULL);
    assert_non_null(strstr(rig.text, "stop db"));
    rig_fini(&rig);
}

static void test_a_stop_without_effect_is_said_again(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_stopping(&rig);
    (void)rig_done(&rig, RIG_APP, false, WP_OUTCOME_OK);
    assert_string_equal(rig_due(&rig), "(part.stop.slow), (part.stop), stop app, observe app");
    rig_fini(&rig);
}

static void test_a_removal_gives_up_in_time(void **state)
{
    struct rig rig;
    uint64_t began_ms;

    (void)state;
    rig_init(&rig, 2);
    rig_new(&rig, 0);
    rig_to_awake(&rig);
    began_ms = rig.now_ms;
    (void)rig_step(&rig, &(struct wp_event){.type = WP_EVENT_REMOVE});
    (void)rig_acked(&rig, rig.drain_epoch, true); /* and never idle, and no STOP is answered */
    while (strstr(rig.text, "(removed), removed") == NULL) {
        assert_true(rig.next_ms != WP_NEVER);
        (void)rig_due(&rig);
        if (strstr(rig.text, "drain ") != NULL) {
            (void)rig_acked(&rig, rig.drain_epoch, true);
        }
    }
    assert_true(rig.now_ms - began_ms <= 10000 + 3 * 30000);
    assert_string_equal(rig_tick(&rig), "");
    assert_true(rig.next_ms == WP_NEVER);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_ledger),
        cmocka_unit_test(test_the_newest_are_kept),
        cmocka_unit_test(test_phases_join),
        cmocka_unit_test(test_a_reload_matches_parts_by_name),
        cmocka_unit_test(test_an_unanswered_call_does_not_wedge),
        cmocka_unit_test(test_a_stop_without_effect_is_said_again),
        cmocka_unit_test(test_a_removal_gives_up_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
