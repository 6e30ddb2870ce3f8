/*
 * test_control.c - the control thread between the bus, a provider and probes, in real time with
 * short durations: waking, sleeping, aborted sleeps, reloads, removal, and the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"
#include "test.h"
#include "wakeproxy/base/clock.h"

/* One trace "a" with one simulated part, and room for another trace. */
static char *yaml_of(const struct house *house, const char *idle, const char *more)
{
    return wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                       "traces:\n"
                       "  a:\n"
                       "    hosts: [a.test]\n"
                       "    parts: {app: {sim: {boot: 30ms, stop: 30ms}}}\n"
                       "    upstream: {address: \"127.0.0.1:%u\"}\n"
                       "    idle: %s\n"
                       "    first_use: %s\n"
                       "%s",
                       house_port(house), idle, idle, more);
}

static struct wp_conf *conf_of(const struct house *house, const char *idle, const char *more)
{
    char *yaml = yaml_of(house, idle, more);
    struct wp_conf *conf = house_conf(yaml);

    free(yaml);
    return conf;
}

static int setup(void **state)
{
    struct house *house = wp_calloc(1, sizeof(*house));

    house_upstream_up(house);
    *state = house;
    return 0;
}

static int teardown(void **state)
{
    struct house *house = *state;

    if (house->upstream_fd >= 0) {
        house_upstream_down(house);
    }
    free(house);
    return 0;
}

static uint64_t epoch_of(struct house *house, uint32_t trace)
{
    uint64_t epoch;

    house_lock(house);
    epoch = house->workers[0].views[trace]->epoch;
    house_unlock(house);
    return epoch;
}

static void wakes_on_request(void **state)
{
    struct house *house = *state;
    const struct wp_view *view;

    house_open(house, conf_of(house, "1h", ""));
    house_wait_view(house, 0, WP_VIEW_HOLD);
    house_wake(house, 0, 0);
    house_wake(house, 1, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_lock(house);
    view = house->workers[1].views[0];
    assert_int_equal(view->upstream_count, 1);
    assert_int_equal(wp_addr_port(&view->upstreams[0]), house_port(house));
    assert_string_equal(view->phase, "awake");
    assert_non_null(view->wake_stages);
    assert_non_null(strstr(view->wake_stages, "app;dur="));
    house_unlock(house);
    house_close(house);
}

static void waits_for_the_upstream(void **state)
{
    struct house *house = *state;

    house_upstream_down(house);
    house_open(house, conf_of(house, "1h", ""));
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_HOLD);
    house_upstream_up(house);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_close(house);
}

static void sleeps_after_the_handshake(void **state)
{
    struct house *house = *state;
    uint64_t awake;

    house_open(house, conf_of(house, "150ms", ""));
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    awake = epoch_of(house, 0);
    house_wait_drains(house, 0, 1);
    /* Stopping and asleep publish nothing: workers hold since the DRAIN. The next request wakes. */
    house_wake(house, 1, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    assert_true(epoch_of(house, 0) > awake);
    house_close(house);
}

static void busy_aborts_the_sleep(void **state)
{
    struct house *house = *state;

    house_open(house, conf_of(house, "150ms", ""));
    house_wait_view(house, 0, WP_VIEW_HOLD);
    house_lock(house);
    house->workers[1].is_busy = true;
    house_unlock(house);
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    /* Each time the answer says busy it is published awake again, with a newer epoch. */
    house_wait_drains(house, 0, 1);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_wait_drains(house, 0, 2);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_close(house);
}

/* Another trace whose idle time is longer serves as the clock. */
static void counted_activity_delays_the_sleep(void **state)
{
    struct house *house = *state;
    struct wp_activity_slot *slot;
    uint64_t ended_ms = 0;
    char *clock = wp_asprintf("  b:\n"
                              "    hosts: [b.test]\n"
                              "    parts: {app: {sim: {boot: 10ms, stop: 10ms}}}\n"
                              "    upstream: {address: \"127.0.0.1:%u\"}\n"
                              "    idle: 600ms\n"
                              "    first_use: 600ms\n",
                              house_port(house));

    house_open(house, conf_of(house, "200ms", clock));
    free(clock);
    house_wait_view(house, 0, WP_VIEW_HOLD);
    slot = wp_activity_slot(house->bus->activity, 1, 0);
    atomic_store(&slot->active, 1);
    house_wake(house, 0, 0);
    house_wake(house, 0, 1);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_wait_drains(house, 1, 1); /* three idle times of the other */
    house_lock(house);
    assert_int_equal(house->workers[0].drain_count[0], 0);
    house_unlock(house);
    ended_ms = wp_clock_mono_ms();
    atomic_store(&slot->last_ms, ended_ms);
    atomic_store(&slot->active, 0);
    house_wait_drains(house, 0, 1);
    assert_true(wp_clock_mono_ms() >= ended_ms + 200);
    house_close(house);
}

static void an_unanswered_drain_stops_nothing(void **state)
{
    struct house *house = *state;

    house_open(house, conf_of(house, "150ms", ""));
    house_wait_view(house, 0, WP_VIEW_HOLD);
    house_lock(house);
    house->workers[1].is_silent = true;
    house_unlock(house);
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_wait_drains(house, 0, 1);
    /* A request now: had anything been stopped, it would take a boot and a HOLD view. */
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_lock(house);
    assert_int_equal(house->workers[0].view_count[0], 3); /* hold, awake, awake again */
    house_unlock(house);
    house_close(house);
}

static void distrust_probes_again(void **state)
{
    struct house *house = *state;
    uint64_t before;

    house_open(house, conf_of(house, "1h", ""));
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    before = epoch_of(house, 0);
    house_upstream_down(house);
    house_upstream_bad(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_HOLD);
    house_upstream_up(house);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    assert_true(epoch_of(house, 0) > before);
    house_close(house);
}

static void reload_keeps_what_is_awake(void **state)
{
    struct house *house = *state;
    char *more = wp_asprintf("  b: {hosts: [b.test], upstream: {address: \"127.0.0.1:%u\"}}\n",
                             house_port(house));
    unsigned before;

    house_open(house, conf_of(house, "2s", ""));
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_lock(house);
    before = house->workers[0].view_count[0];
    house_unlock(house);
    house_reload(house, conf_of(house, "2s", more));
    house_wait_view(house, 1, WP_VIEW_AWAKE); /* no parts: at once */
    house_lock(house);
    assert_int_equal(house->workers[0].view_count[0], before);
    assert_int_equal(house->workers[0].views[0]->status, WP_VIEW_AWAKE);
    house_unlock(house);
    /* A shorter idle time counts for what is awake already. */
    house_reload(house, conf_of(house, "150ms", more));
    house_wait_drains(house, 0, 1);
    free(more);
    house_close(house);
}

/* Whether worker 1 forwards trace 0 to just this port. */
static bool forwards_to(struct house *house, const void *argument)
{
    const struct wp_view *view = house->workers[1].views[0];
    const unsigned *port = argument;

    return view && view->status == WP_VIEW_AWAKE && view->upstream_count == 1 &&
           wp_addr_port(&view->upstreams[0]) == *port;
}

static void reload_moves_the_upstream(void **state)
{
    struct house *house = *state;
    struct house other = {.upstream_fd = -1};
    unsigned port;

    house_upstream_up(&other);
    port = house_port(&other);
    house_open(house, conf_of(house, "1h", ""));
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_reload(house, conf_of(&other, "1h", ""));
    house_wait(house, "the new upstream", forwards_to, &port);
    house_upstream_down(&other);
    house_close(house);
}

/* Every worker has a view of trace 1 with an epoch above *argument that is not GONE. */
static bool is_newer_than(struct house *house, const void *argument)
{
    const uint64_t *epoch = argument;

    for (unsigned i = 0; i < WP_ARRAY_SIZE(house->workers); i++) {
        const struct wp_view *view = house->workers[i].views[1];

        if (view == NULL || view->epoch <= *epoch || view->status == WP_VIEW_GONE) {
            return false;
        }
    }
    return true;
}

static void removed_is_gone_and_may_return(void **state)
{
    struct house *house = *state;
    char *more = wp_asprintf("  b:\n"
                             "    hosts: [b.test]\n"
                             "    parts: {app: {sim: {boot: 10ms, stop: 10ms}}}\n"
                             "    upstream: {address: \"127.0.0.1:%u\"}\n",
                             house_port(house));
    uint64_t gone;

    house_open(house, conf_of(house, "1h", more));
    house_wake(house, 0, 1);
    house_wait_view(house, 1, WP_VIEW_AWAKE);
    house_reload(house, conf_of(house, "1h", ""));
    house_wait_view(house, 1, WP_VIEW_GONE);
    gone = epoch_of(house, 1);
    house_reload(house, conf_of(house, "1h", more));
    /* Asleep, or found running when its stop had not begun: in any case told anew. */
    house_wait(house, "a view after GONE", is_newer_than, &gone);
    house_wake(house, 0, 1);
    house_wait_view(house, 1, WP_VIEW_AWAKE);
    free(more);
    house_close(house);
}

static void names_are_resolved(void **state)
{
    struct house *house = *state;
    char *yaml = wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                             "traces:\n"
                             "  plain: {hosts: [p.test], upstream: {address: \"localhost:%u\"}}\n"
                             "  a:\n"
                             "    hosts: [a.test]\n"
                             "    parts: {app: {sim: {boot: 10ms}}}\n"
                             "    upstream: {address: \"localhost:%u\"}\n",
                             house_port(house), house_port(house));

    house_open(house, house_conf(yaml));
    free(yaml);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_wake(house, 0, 1);
    house_wait_view(house, 1, WP_VIEW_AWAKE);
    house_lock(house);
    /* localhost is also ::1 on many machines, where nobody listens: only what is ready is told. */
    assert_int_equal(house->workers[0].views[1]->upstream_count, 1);
    house_unlock(house);
    house_close(house);
}

static bool has_both(struct house *house, const void *argument)
{
    const struct wp_view *view = house->workers[1].views[0];

    return view->status == WP_VIEW_AWAKE && view->upstream_count == 2;
}

static void a_late_address_joins(void **state)
{
    struct house *house = *state;
    struct house other = {.upstream_fd = -1};
    char *yaml;

    house_upstream_up(&other);
    yaml = wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                       "traces:\n"
                       "  a:\n"
                       "    hosts: [a.test]\n"
                       "    parts: {app: {sim: {boot: 10ms}}}\n"
                       "    upstream: {address: [\"127.0.0.1:%u\", \"127.0.0.1:%u\"]}\n",
                       house_port(house), house_port(&other));
    house_upstream_down(&other);
    house_open(house, house_conf(yaml));
    free(yaml);
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_AWAKE);
    house_upstream_up(&other);
    house_wait(house, "both addresses", has_both, NULL);
    house_upstream_down(&other);
    house_close(house);
}

static void a_failed_start_is_told(void **state)
{
    struct house *house = *state;
    char *yaml = wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                             "traces:\n"
                             "  a:\n"
                             "    hosts: [a.test]\n"
                             "    wake_timeout: 1s\n"
                             "    parts: {app: {sim: {boot: 10ms, fail_starts: 100, "
                             "fail_reason: no room}}}\n"
                             "    upstream: {address: \"127.0.0.1:%u\"}\n",
                             house_port(house));

    house_open(house, house_conf(yaml));
    free(yaml);
    house_wake(house, 0, 0);
    house_wait_view(house, 0, WP_VIEW_BROKEN);
    house_lock(house);
    assert_non_null(house->workers[0].views[0]->reason);
    assert_non_null(strstr(house->workers[0].views[0]->reason, "no room"));
    assert_true(house->workers[0].views[0]->retry_at_ms > wp_clock_mono_ms());
    house_unlock(house);
    house_close(house);
}

static void quits_in_any_state(void **state)
{
    struct house *house = *state;

    house_open(house, conf_of(house, "1h", ""));
    house_close(house); /* perhaps before anything was observed */
    house_open(house, conf_of(house, "1h", ""));
    house_wake(house, 0, 0);
    house_close(house); /* while waking */
    house_open(house, conf_of(house, "100ms", ""));
    house_wake(house, 0, 0);
    house_wait_drains(house, 0, 1);
    house_close(house); /* while stopping */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wakes_on_request, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_upstream, setup, teardown),
        cmocka_unit_test_setup_teardown(sleeps_after_the_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(busy_aborts_the_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(counted_activity_delays_the_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unanswered_drain_stops_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(distrust_probes_again, setup, teardown),
        cmocka_unit_test_setup_teardown(reload_keeps_what_is_awake, setup, teardown),
        cmocka_unit_test_setup_teardown(reload_moves_the_upstream, setup, teardown),
        cmocka_unit_test_setup_teardown(removed_is_gone_and_may_return, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(a_late_address_joins, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_start_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(quits_in_any_state, setup, teardown),
    };

    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
