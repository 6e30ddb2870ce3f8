/*
 * test_loop.c - turns, timers, deferred work, the clock, and a loop that sleeps when idle.
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/net/loop.h"
#include "wakeproxy/net/mailbox.h"

static struct wp_loop *loop;
static char trail[256];
static size_t trail_used;

static void leave(char mark)
{
    assert_true(trail_used < sizeof(trail) - 1);
    trail[trail_used++] = mark;
    trail[trail_used] = '\0';
}

static int setup(void **state)
{
    loop = wp_loop_new();
    trail_used = 0;
    trail[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    wp_loop_free(&loop);
    assert_null(loop);
    wp_loop_free(&loop);
    return 0;
}

struct marked {
    struct wp_timer timer;
    struct wp_deferred deferred;
    char mark;
    uint64_t fired_us;
};

static struct marked *marked_of(struct wp_timer *timer)
{
    return WP_CONTAINER_OF(timer, struct marked, timer);
}

static void fire_mark(struct wp_timer *timer)
{
    assert_true(timer->due_ms == WP_NEVER);
    marked_of(timer)->fired_us = wp_clock_mono_us();
    leave(marked_of(timer)->mark);
}

static void fire_stop(struct wp_timer *timer)
{
    wp_loop_stop(timer->loop);
}

static void run_loop_for(struct wp_loop *which, uint64_t ms)
{
    struct wp_timer end;

    wp_timer_init(&end, which, fire_stop);
    wp_timer_set(&end, wp_clock_mono_ms() + ms);
    wp_loop_run(which);
    wp_timer_fini(&end);
}

static void run_for(uint64_t ms)
{
    run_loop_for(loop, ms);
}

static void test_timer_order(void **state)
{
    static const struct {
        char mark;
        unsigned after_ms;
    } plan[] = {{'e', 12}, {'a', 3}, {'c', 6}, {'d', 9}, {'b', 3}, {'x', 7}, {'f', 12}};
    struct marked timers[WP_ARRAY_SIZE(plan)];
    uint64_t now_ms = wp_clock_mono_ms();

    for (size_t i = 0; i < WP_ARRAY_SIZE(plan); i++) {
        timers[i].mark = plan[i].mark;
        wp_timer_init(&timers[i].timer, loop, fire_mark);
        wp_timer_set(&timers[i].timer, now_ms + plan[i].after_ms);
    }
    wp_timer_set(&timers[5].timer, WP_NEVER);
    wp_timer_set(&timers[5].timer, WP_NEVER);
    run_for(30);
    assert_string_equal(trail, "abcdef"); /* equal times in the order of arming */
    for (size_t i = 0; i < WP_ARRAY_SIZE(plan); i++) {
        if (plan[i].mark != 'x') {
            assert_true(timers[i].fired_us >= (now_ms + plan[i].after_ms) * 1000);
        }
        wp_timer_fini(&timers[i].timer);
        wp_timer_fini(&timers[i].timer);
    }
}

/* Short timers are as short as they say: most of a hundred 3 ms timers within a millisecond. */
static void test_timer_precision(void **state)
{
    struct marked one = {.mark = '.'};
    unsigned punctual = 0;

    wp_timer_init(&one.timer, loop, fire_mark);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t due_ms = wp_clock_mono_ms() + 3;

        wp_timer_set(&one.timer, due_ms);
        run_for(4);
        assert_true(one.fired_us >= due_ms * 1000);
        punctual += one.fired_us - due_ms * 1000 < 1000;
    }
    assert_true(punctual > 50); /* the rest is left to a busy machine */
    wp_timer_fini(&one.timer);
}

static void test_timer_moves(void **state)
{
    struct marked one = {.mark = '1'}, two = {.mark = '2'};
    struct wp_timer zeroed = {.loop = NULL};
    uint64_t now_ms = wp_clock_mono_ms();

    wp_timer_fini(&zeroed);
    wp_timer_init(&one.timer, loop, fire_mark);
    wp_timer_init(&two.timer, loop, fire_mark);
    wp_timer_set(&one.timer, now_ms + 5);
    wp_timer_set(&two.timer, now_ms + 10);
    wp_timer_set(&one.timer, now_ms + 15); /* later */
    run_for(30);
    assert_string_equal(trail, "21");
    now_ms = wp_clock_mono_ms();
    wp_timer_set(&one.timer, now_ms + 60000);
    wp_timer_set(&two.timer, now_ms + 10);
    wp_timer_set(&one.timer, now_ms); /* sooner: now */
    run_for(20);
    assert_string_equal(trail, "2112");
    wp_timer_set(&one.timer, 0); /* long ago */
    run_for(5);
    assert_string_equal(trail, "21121");
    wp_timer_set(&two.timer, now_ms + 60000);
    wp_timer_fini(&one.timer);
    wp_timer_fini(&two.timer);
}

static unsigned rearmed;

static void fire_again(struct wp_timer *timer)
{
    if (++rearmed < 1000000 && trail_used == 0) {
        wp_timer_set(timer, wp_loop_now_ms(loop));
    }
}

/* A timer that arms itself for now, again and again, shares the loop with others. */
static void test_timer_rearms(void **state)
{
    struct marked again = {.mark = 'a'}, other = {.mark = '-'};

    rearmed = 0;
    wp_timer_init(&again.timer, loop, fire_again);
    wp_timer_init(&other.timer, loop, fire_mark);
    wp_timer_set(&again.timer, wp_clock_mono_ms());
    wp_timer_set(&other.timer, wp_clock_mono_ms() + 2);
    run_for(20);
    assert_string_equal(trail, "-");
    assert_in_range(rearmed, 2, 999999);
    wp_timer_fini(&again.timer);
    wp_timer_fini(&other.timer);
}

static void fire_count(struct wp_timer *timer)
{
    static uint64_t last_due_ms;
    struct marked *one = marked_of(timer);

    assert_true(one->fired_us >= last_due_ms || trail_used == 0);
    last_due_ms = one->fired_us; /* holds the due time here */
    trail_used++;
}

/* A thousand timers, moved and dropped at random, fire in order and none is lost. */
static void test_many_timers(void **state)
{
    enum { COUNT = 1000 };
    struct marked *timers = calloc(COUNT, sizeof(timers[0]));
    uint64_t now_ms = wp_clock_mono_ms();
    size_t armed = 0;

    assert_non_null(timers);
    srand(2);
    for (size_t i = 0; i < COUNT; i++) {
        wp_timer_init(&timers[i].timer, loop, fire_count);
    }
    for (size_t step = 0; step < 20000; step++) {
        struct marked *one = &timers[(size_t)rand() % COUNT];
        bool is_off = rand() % 4 == 0;

        one->fired_us = now_ms + (uint64_t)(rand() % 50);
        wp_timer_set(&one->timer, is_off ? WP_NEVER : one->fired_us);
    }
    for (size_t i = 0; i < COUNT; i++) {
        armed += timers[i].timer.due_ms != WP_NEVER;
    }
    assert_true(armed > COUNT / 2);
    run_for(200);
    assert_int_equal(trail_used, armed);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(timers[i].timer.due_ms == WP_NEVER);
        wp_timer_fini(&timers[i].timer);
    }
    free(timers);
}

static void run_mark(struct wp_deferred *deferred)
{
    struct marked *one = WP_CONTAINER_OF(deferred, struct marked, deferred);

    leave(one->mark);
    if (one->mark == '1') {
        one->mark = '4';
        wp_loop_defer(loop, deferred, run_mark);
    }
}

static struct marked three[3] = {{.mark = '1'}, {.mark = '2'}, {.mark = '3'}};

static void fire_defer(struct wp_timer *timer)
{
    for (size_t i = 0; i < 3; i++) {
        wp_loop_defer(loop, &three[i].deferred, run_mark);
    }
    leave('t');
    wp_loop_stop(loop);
}

static void test_deferred(void **state)
{
    struct marked early = {.mark = 'e'}, late = {.mark = 'l'};
    struct wp_timer timer;

    wp_loop_defer(loop, &early.deferred, run_mark);
    wp_timer_init(&timer, loop, fire_defer);
    wp_timer_set(&timer, wp_clock_mono_ms() + 1);
    wp_loop_run(loop);
    /* Before the first wait; then, after all callbacks, in order; more work in the same turn. */
    assert_string_equal(trail, "et1234");
    wp_timer_fini(&timer);
    wp_loop_defer(loop, &late.deferred, run_mark);
    wp_loop_free(&loop);
    assert_string_equal(trail, "et1234l");
}

static void fire_slow(struct wp_timer *timer)
{
    uint64_t before_us = wp_loop_now_us(loop);

    while (wp_clock_mono_us() < before_us + 3000) {
    }
    assert_true(wp_loop_now_us(loop) == before_us);
    assert_true(wp_loop_now_ms(loop) == before_us / 1000);
    wp_loop_touch_clock(loop);
    assert_true(wp_loop_now_us(loop) >= before_us + 3000);
    wp_loop_stop(loop);
}

static void test_clock(void **state)
{
    struct wp_timer timer;

    wp_timer_init(&timer, loop, fire_slow);
    wp_timer_set(&timer, wp_clock_mono_ms() + 1);
    wp_loop_run(loop);
    wp_timer_fini(&timer);
}

enum order { ORDER_ARM, ORDER_GIVE_UP, ORDER_STOP };

struct order_mail {
    struct wp_mail mail;
    enum order order;
};

static struct marked soon = {.mark = 's'};

static void on_order(void *context, struct wp_mail *mail)
{
    switch (WP_CONTAINER_OF(mail, struct order_mail, mail)->order) {
    case ORDER_ARM:
        wp_timer_set(&soon.timer, wp_loop_now_ms(loop) + 100);
        break;
    case ORDER_GIVE_UP:
        wp_timer_set(&soon.timer, WP_NEVER);
        break;
    case ORDER_STOP:
        wp_loop_stop(loop);
        break;
    }
}

static void *run_counting(void *context)
{
    long *switches = context;
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    *switches = -usage.ru_nvcsw;
    wp_loop_run(loop);
    getrusage(RUSAGE_THREAD, &usage);
    *switches += usage.ru_nvcsw;
    return NULL;
}

/* How often the loop's thread sleeps while a timer is armed and given up `cycles` times. */
static long count_sleeps(unsigned cycles)
{
    struct order_mail arm[8], give_up[8], stop = {.order = ORDER_STOP};
    struct wp_mailbox *box = wp_mailbox_new();
    struct wp_loop *conductor = wp_loop_new(); /* lets time pass between the orders */
    pthread_t thread;
    long switches;

    assert_true(cycles <= WP_ARRAY_SIZE(arm));
    wp_timer_init(&soon.timer, loop, fire_mark);
    wp_mailbox_attach(box, loop, on_order, NULL);
    assert_int_equal(pthread_create(&thread, NULL, run_counting, &switches), 0);
    for (unsigned i = 0; i < cycles; i++) {
        arm[i].order = ORDER_ARM;
        wp_mailbox_post(box, &arm[i].mail);
        run_loop_for(conductor, 2);
        give_up[i].order = ORDER_GIVE_UP;
        wp_mailbox_post(box, &give_up[i].mail);
        run_loop_for(conductor, 120);
    }
    run_loop_for(conductor, 200);
    wp_mailbox_post(box, &stop.mail);
    pthread_join(thread, NULL);
    wp_mailbox_free(&box);
    wp_loop_free(&conductor);
    wp_timer_fini(&soon.timer);
    return switches;
}

/* With nothing due soon, the thread sleeps once and is woken once, by the mail that ends it. */
static void test_idle_sleeps(void **state)
{
    struct marked far = {.mark = 'f'};

    wp_timer_init(&far.timer, loop, fire_mark);
    wp_timer_set(&far.timer, wp_clock_mono_ms() + 3600000);
    assert_in_range(count_sleeps(0), 1, 3);
    assert_string_equal(trail, "");
    wp_timer_fini(&far.timer);
}

/* A timer that was given up wakes nobody: two wake-ups per cycle (its mails), not three. */
static void test_given_up_timer(void **state)
{
    assert_in_range(count_sleeps(6), 2, 6 * 2 + 3);
    assert_string_equal(trail, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timer_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_precision, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_rearms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deferred, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle_sleeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_up_timer, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
