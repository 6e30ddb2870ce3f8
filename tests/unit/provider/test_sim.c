/*
 * test_sim.c - the scripted provider: boot and stop times, failing starts, crashes, and the rules
 * about completions that every provider keeps.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"

#define TOKEN 11

struct fixture {
    struct harness h;
    struct wp_conf_part conf;
    struct wp_provider_part *part;
};

static void open_fixture(struct fixture *f, struct wp_conf_sim sim)
{
    memset(f, 0, sizeof(*f));
    harness_open(&f->h, WP_PROVIDER_SIM, NULL);
    f->conf.name = (char *)"app";
    f->conf.provider = WP_PROVIDER_SIM;
    f->conf.sim = sim;
    f->part = f->h.provider->ops->configure(f->h.provider, &f->conf, "demo/app", TOKEN, NULL);
}

static void close_fixture(struct fixture *f)
{
    if (f->part != NULL) {
        f->h.provider->ops->release(f->part);
    }
    harness_close(&f->h);
}

static void call(struct fixture *f, void (*op)(struct wp_provider_part *part))
{
    f->h.is_inside_call = true;
    op(f->part);
    f->h.is_inside_call = false;
}

static void test_boot_and_stop_take_their_time(void **state)
{
    struct fixture f;
    uint64_t began_ms;
    size_t from;

    open_fixture(&f,
                 (struct wp_conf_sim){.boot_ms = 60, .stop_ms = 40, .crash_after_ms = WP_NEVER});
    began_ms = wp_clock_mono_ms();
    call(&f, f.h.provider->ops->start);
    assert_int_equal(harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING)->address_count, 0);
    assert_true(wp_clock_mono_ms() - began_ms >= 59);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_STARTING) != SIZE_MAX);

    from = f.h.seen_count;
    began_ms = wp_clock_mono_ms();
    call(&f, f.h.provider->ops->stop);
    (void)harness_wait_state(&f.h, from, TOKEN, WP_PART_STOPPING);
    call(&f, f.h.provider->ops->start);
    assert_int_equal(harness_wait_done(&f.h, from, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_WAIT);
    (void)harness_wait_state(&f.h, from, TOKEN, WP_PART_STOPPED);
    assert_true(wp_clock_mono_ms() - began_ms >= 39);
    close_fixture(&f);
}

static void test_stop_while_booting(void **state)
{
    struct fixture f;

    open_fixture(&f, (struct wp_conf_sim){.boot_ms = 100000, .crash_after_ms = WP_NEVER});
    call(&f, f.h.provider->ops->start);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_STARTING);
    call(&f, f.h.provider->ops->stop);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_RUNNING) == SIZE_MAX);
    close_fixture(&f);
}

static void test_first_starts_fail(void **state)
{
    struct fixture f;
    int i;

    open_fixture(&f, (struct wp_conf_sim){.fail_starts = 2,
                                          .fail_reason = (char *)"no capacity in this zone",
                                          .crash_after_ms = WP_NEVER});
    for (i = 0; i < 2; i++) {
        const struct seen *seen;

        f.h.seen_count = 0;
        call(&f, f.h.provider->ops->start);
        seen = harness_wait_done(&f.h, 0, TOKEN, WP_OP_START);
        assert_int_equal(seen->outcome, WP_OUTCOME_RETRY);
        assert_string_equal(seen->text, "no capacity in this zone");
    }
    f.h.seen_count = 0;
    call(&f, f.h.provider->ops->start);
    assert_int_equal(harness_wait_done(&f.h, 0, TOKEN, WP_OP_START)->outcome, WP_OUTCOME_OK);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    close_fixture(&f);
}

static void test_crash_by_script(void **state)
{
    struct fixture f;

    open_fixture(&f, (struct wp_conf_sim){.boot_ms = 5, .crash_after_ms = 30});
    call(&f, f.h.provider->ops->start);
    (void)harness_wait_state(&f.h, 0, TOKEN, WP_PART_RUNNING);
    assert_string_equal(harness_wait_state(&f.h, 0, TOKEN, WP_PART_STOPPED)->text,
                        "crashed as its script says");
    close_fixture(&f);
}

static void test_running_from_the_beginning(void **state)
{
    struct fixture f;

    open_fixture(&f, (struct wp_conf_sim){.running = true, .crash_after_ms = WP_NEVER});
    f.h.provider->ops->observe(f.h.provider, &f.part, 1);
    (void)harness_wait_done(&f.h, 0, TOKEN, WP_OP_OBSERVE);
    assert_true(harness_find_state(&f.h, 0, TOKEN, WP_PART_RUNNING) <
                harness_find_done(&f.h, 0, TOKEN, WP_OP_OBSERVE));
    close_fixture(&f);
}

static void test_release_before_delivery(void **state)
{
    struct fixture f;

    open_fixture(&f, (struct wp_conf_sim){.crash_after_ms = WP_NEVER});
    call(&f, f.h.provider->ops->start);
    assert_int_equal(f.h.seen_count, 0);
    f.h.provider->ops->release(f.part);
    f.part = NULL;
    assert_int_equal(f.h.seen_count, 1);
    assert_int_equal(f.h.seen[0].outcome, WP_OUTCOME_CANCELLED);
    harness_linger(&f.h, 20);
    assert_int_equal(f.h.seen_count, 1);
    close_fixture(&f);
}

/* A sink that gives the part up in the middle of being told about it. */
struct rude {
    struct wp_provider *provider;
    struct wp_provider_part *part;
    int completions, cancelled, observations;
};

static void rude_observed(void *context, uint64_t token, const struct wp_observation *observation)
{
    struct rude *rude = context;

    rude->observations++;
    if (rude->part != NULL) {
        struct wp_provider_part *part = rude->part;

        rude->part = NULL;
        rude->provider->ops->release(part);
    }
    /* Still readable: the report was taken off the queue before. */
    assert_true(observation->state == WP_PART_STOPPED);
}

static void rude_completed(void *context, uint64_t token, const struct wp_completion *completion)
{
    struct rude *rude = context;

    rude->completions++;
    rude->cancelled += completion->outcome == WP_OUTCOME_CANCELLED;
}

static bool rude_is_done(void *argument)
{
    return ((struct rude *)argument)->completions > 0;
}

static void test_release_inside_a_report(void **state)
{
    struct harness h;
    struct rude rude = {0};
    struct wp_conf_part conf = {.name = (char *)"app", .provider = WP_PROVIDER_SIM};
    struct wp_provider_sink sink = {
        .context = &rude, .completed = rude_completed, .observed = rude_observed};

    harness_open(&h, WP_PROVIDER_SIM, NULL);
    rude.provider = wp_provider_new(WP_PROVIDER_SIM, h.loop, &sink, NULL, NULL);
    rude.part = rude.provider->ops->configure(rude.provider, &conf, "demo/app", 1, NULL);
    rude.provider->ops->observe(rude.provider, &rude.part, 1);
    harness_wait(&h, rude_is_done, &rude);
    harness_linger(&h, 10);
    assert_int_equal(rude.observations, 1);
    assert_int_equal(rude.completions, 1);
    assert_int_equal(rude.cancelled, 1);
    wp_provider_free(&rude.provider);
    harness_close(&h);
}

static void test_unknown_kind(void **state)
{
    struct harness h;
    struct wp_provider_sink sink = {0};
    struct wp_err err = {""};

    harness_open(&h, WP_PROVIDER_SIM, NULL);
    assert_null(wp_provider_new((enum wp_provider_kind)99, h.loop, &sink, NULL, &err));
    assert_non_null(strstr(err.text, "99"));
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_and_stop_take_their_time),
        cmocka_unit_test(test_stop_while_booting),
        cmocka_unit_test(test_first_starts_fail),
        cmocka_unit_test(test_crash_by_script),
        cmocka_unit_test(test_running_from_the_beginning),
        cmocka_unit_test(test_release_before_delivery),
        cmocka_unit_test(test_release_inside_a_report),
        cmocka_unit_test(test_unknown_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
