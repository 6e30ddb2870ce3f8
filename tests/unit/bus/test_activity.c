/*
 * test_activity.c - slots that never move, permits that never exceed their limit, admission.
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>

#include "wakeproxy/bus/activity.h"

#define THREADS 4u
#define TRACES  4000u

static struct wp_activity *activity;

static struct wp_addr addr_of(const char *ip)
{
    struct wp_addr addr;

    assert_int_equal(wp_addr_parse_ip(wp_slice_cstr(ip), 1, &addr), 0);
    return addr;
}

static void test_slots(void **state)
{
    struct wp_activity_slot *first, *second;
    struct wp_activity_sum sum;

    activity = wp_activity_new(2);
    wp_activity_reserve(activity, 1);
    first = wp_activity_slot(activity, 0, 0);
    second = wp_activity_slot(activity, 1, 0);
    assert_int_equal((uintptr_t)first % 64, 0);
    assert_true(first != second);
    assert_true((uintptr_t)second - (uintptr_t)first >= 64);
    sum = wp_activity_read(activity, 0);
    assert_int_equal(sum.active + sum.held + sum.last_ms + sum.exchanges, 0);
    atomic_store(&first->active, 2);
    atomic_store(&second->active, 3);
    atomic_store(&second->held, 5);
    atomic_store(&first->last_ms, 900);
    atomic_store(&second->last_ms, 700);
    atomic_store(&first->exchanges, 10);
    atomic_store(&second->exchanges, 20);
    wp_activity_reserve(activity, WP_TRACES_MAX);
    wp_activity_reserve(activity, 3);
    assert_ptr_equal(wp_activity_slot(activity, 0, 0), first);
    sum = wp_activity_read(activity, 0);
    assert_int_equal(sum.active, 5);
    assert_int_equal(sum.held, 5);
    assert_int_equal(sum.last_ms, 900);
    assert_int_equal(sum.exchanges, 30);
    sum = wp_activity_read(activity, WP_TRACES_MAX - 1);
    assert_int_equal(sum.active + sum.held + sum.last_ms + sum.exchanges, 0);
    wp_activity_free(&activity);
    assert_null(activity);
    wp_activity_free(&activity);
}

static atomic_uint announced; /* traces 0..announced-1 exist */

static void *count_up(void *context)
{
    unsigned worker = (unsigned)(uintptr_t)context;
    unsigned done = 0;

    while (done < TRACES) {
        unsigned ready = atomic_load(&announced);

        if (done == ready) {
            sched_yield();
        }
        for (; done < ready; done++) {
            struct wp_activity_slot *slot = wp_activity_slot(activity, worker, done);

            atomic_fetch_add_explicit(&slot->exchanges, worker + 1, memory_order_relaxed);
            atomic_store_explicit(&slot->last_ms, done + worker, memory_order_relaxed);
            /* Slots of old traces stay valid while new ones are made. */
            slot = wp_activity_slot(activity, worker, done / 2);
            atomic_fetch_add_explicit(&slot->held, 1, memory_order_relaxed);
        }
    }
    return NULL;
}

static void test_growth(void **state)
{
    pthread_t threads[THREADS];

    activity = wp_activity_new(THREADS);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, (void *)i), 0);
    }
    for (uint32_t count = 1; count <= TRACES; count++) {
        wp_activity_reserve(activity, count);
        atomic_store(&announced, count);
        (void)wp_activity_read(activity, count / 3);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint32_t trace = 0; trace < TRACES; trace++) {
        struct wp_activity_sum sum = wp_activity_read(activity, trace);

        assert_int_equal(sum.exchanges, THREADS * (THREADS + 1) / 2);
        assert_int_equal(sum.last_ms, trace + THREADS - 1);
        assert_int_equal(sum.held, trace < TRACES / 2 ? THREADS * 2 : 0);
    }
    wp_activity_free(&activity);
}

#define PERMITS 3u

static atomic_uint out, most_out, taken, refused;
static pthread_barrier_t start;

static void *take_and_give(void *context)
{
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned now, most;

        if (!wp_activity_permit_take(activity, 5, PERMITS)) {
            atomic_fetch_add(&refused, 1);
            sched_yield();
            continue;
        }
        now = atomic_fetch_add(&out, 1) + 1;
        most = atomic_load(&most_out);
        while (now > most && !atomic_compare_exchange_weak(&most_out, &most, now)) {
        }
        atomic_fetch_add(&taken, 1);
        sched_yield(); /* while holding it */
        atomic_fetch_sub(&out, 1);
        wp_activity_permit_give(activity, 5);
    }
    return NULL;
}

static void test_permits(void **state)
{
    pthread_t threads[THREADS];

    activity = wp_activity_new(THREADS);
    wp_activity_reserve(activity, 6);
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&start);
    assert_true(atomic_load(&taken) > 0);
    assert_true(atomic_load(&refused) > 0); /* there was something to fight for */
    assert_in_range(atomic_load(&most_out), 1, PERMITS);
    /* All came back: exactly PERMITS can be taken again; another trace has its own. */
    for (unsigned i = 0; i < PERMITS; i++) {
        assert_true(wp_activity_permit_take(activity, 5, PERMITS));
    }
    assert_false(wp_activity_permit_take(activity, 5, PERMITS));
    assert_true(wp_activity_permit_take(activity, 4, PERMITS));
    assert_true(wp_activity_permit_take(activity, 5, 0)); /* no limit, but counted */
    wp_activity_permit_give(activity, 5);
    assert_false(wp_activity_permit_take(activity, 5, PERMITS));
    wp_activity_permit_give(activity, 5);
    assert_true(wp_activity_permit_take(activity, 5, PERMITS));
    wp_activity_free(&activity);
}

static void test_admission(void **state)
{
    struct wp_addr four = addr_of("10.1.2.3"), mapped = addr_of("::ffff:10.1.2.3");
    struct wp_addr others[3] = {addr_of("10.1.2.4"), addr_of("2001:db8::1"), addr_of("10.9.9.9")};

    activity = wp_activity_new(1);
    assert_int_equal(wp_admit_conn(activity, &four, 5, 2), WP_ADMIT_OK);
    wp_addr_set_port(&four, 99); /* the port does not matter, nor how IPv4 is written */
    assert_int_equal(wp_admit_conn(activity, &mapped, 5, 2), WP_ADMIT_OK);
    assert_int_equal(wp_admit_conn(activity, &four, 5, 2), WP_ADMIT_CLIENT_FULL);
    assert_int_equal(wp_admit_conn(activity, &four, 5, 0), WP_ADMIT_OK);
    assert_int_equal(wp_admit_conn(activity, &others[0], 5, 9), WP_ADMIT_OK);
    assert_int_equal(wp_admit_conn(activity, &others[1], 5, 9), WP_ADMIT_OK);
    assert_int_equal(wp_admit_conn(activity, &others[2], 5, 9), WP_ADMIT_FULL);
    assert_int_equal(wp_admit_conn(activity, &others[2], 0, 9), WP_ADMIT_OK);
    wp_admit_conn_end(activity, &others[2]);
    wp_admit_conn_end(activity, &four);
    assert_int_equal(wp_admit_conn(activity, &four, 5, 3), WP_ADMIT_OK);
    assert_int_equal(wp_admit_conn(activity, &others[2], 5, 9), WP_ADMIT_FULL);
    wp_admit_conn_end(activity, &others[1]);
    assert_int_equal(wp_admit_conn(activity, &others[2], 5, 9), WP_ADMIT_OK);

    assert_true(wp_admit_hold(activity, 2));
    assert_true(wp_admit_hold(activity, 2));
    assert_false(wp_admit_hold(activity, 2));
    wp_admit_hold_end(activity);
    assert_true(wp_admit_hold(activity, 2));
    assert_true(wp_admit_hold(activity, 0));
    wp_activity_free(&activity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_permits),
        cmocka_unit_test(test_admission),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
