/*
 * test_tick.c - timeouts by class: order, moving, disarming, and silence when nothing is due.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tick.h"
#include "wakeproxy/base/clock.h"

struct probe {
    struct wp_timeout timeout;
    struct world *world;
    uint64_t armed_ms, wait_ms;
    int order;
};

struct world {
    struct wp_loop *loop;
    struct wp_tick tick;
    int fired, wanted;
};

static void on_fire(struct wp_timeout *timeout)
{
    struct probe *probe = WP_CONTAINER_OF(timeout, struct probe, timeout);
    struct world *world = probe->world;
    assert_true(wp_loop_now_ms(world->loop) >= probe->armed_ms + probe->wait_ms);
    probe->order = ++world->fired;
    if (world->fired == world->wanted) {
        wp_loop_stop(world->loop);
    }
}

static void begin(struct world *world, int wanted)
{
    *world = (struct world){.loop = wp_loop_new(), .wanted = wanted};
    wp_tick_init(&world->tick, world->loop);
}

static void end(struct world *world)
{
    wp_tick_fini(&world->tick);
    wp_loop_free(&world->loop);
}

static void arm(struct probe *probe, struct world *world, uint64_t wait_ms)
{
    if (probe->world == NULL) {
        wp_timeout_init(&probe->timeout);
    }
    probe->world = world;
    probe->wait_ms = wait_ms;
    wp_loop_touch_clock(world->loop);
    probe->armed_ms = wp_loop_now_ms(world->loop);
    wp_tick_arm(&world->tick, &probe->timeout, wait_ms, on_fire);
}

static void test_shorter_fires_first(void **state)
{
    struct world world;
    struct probe late = {0}, early = {0}, middle = {0};
    begin(&world, 3);
    arm(&late, &world, 60);
    arm(&early, &world, 5);
    arm(&middle, &world, 30);
    wp_loop_run(world.loop);
    assert_int_equal(early.order, 1);
    assert_int_equal(middle.order, 2);
    assert_int_equal(late.order, 3);
    assert_int_equal(world.tick.timer.due_ms, WP_NEVER);
    end(&world);
}

static void test_moved_and_disarmed(void **state)
{
    struct world world;
    struct probe moved = {0}, gone = {0}, last = {0};
    begin(&world, 2);
    arm(&moved, &world, 5);
    arm(&gone, &world, 5);
    arm(&moved, &world, 40);
    wp_tick_disarm(&gone.timeout);
    arm(&last, &world, 20);
    wp_loop_run(world.loop);
    assert_int_equal(gone.order, 0);
    assert_int_equal(last.order, 1);
    assert_int_equal(moved.order, 2);
    end(&world);
}

static void test_never_is_not_armed(void **state)
{
    struct world world;
    struct probe probe = {0};
    begin(&world, 1);
    arm(&probe, &world, WP_NEVER);
    assert_true(wp_list_is_empty(&probe.timeout.link));
    assert_int_equal(world.tick.timer.due_ms, WP_NEVER);
    end(&world);
}

/* However many durations a configuration uses, the lists stay few and nobody fires early. */
static void test_durations_share_lists(void **state)
{
    struct world world;
    static struct probe probes[2000];
    begin(&world, 1);
    for (unsigned i = 0; i < 2000; i++) {
        arm(&probes[i], &world, 60000 + i);
        assert_true(probes[i].timeout.due_ms >= probes[i].armed_ms + probes[i].wait_ms);
        assert_true(probes[i].timeout.due_ms <=
                    probes[i].armed_ms + probes[i].wait_ms * 17 / 16 + 1);
    }
    assert_true(world.tick.count <= 4);
    for (unsigned i = 0; i < 2000; i++) {
        wp_tick_disarm(&probes[i].timeout);
    }
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shorter_fires_first),
        cmocka_unit_test(test_moved_and_disarmed),
        cmocka_unit_test(test_never_is_not_armed),
        cmocka_unit_test(test_durations_share_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
