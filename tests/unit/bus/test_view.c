/*
 * test_view.c - a view that several threads read and drop is freed once, after the last look.
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/bus/view.h"

#define READERS 3u
#define ROUNDS  3000u

static struct wp_view *make_view(uint32_t round)
{
    struct wp_view *view = wp_view_new(round, WP_VIEW_AWAKE, round + 1, 2);

    view->phase = wp_strdup("awake");
    view->reason = wp_strdup("because");
    view->wake_stages = wp_strdup("start;dur=1");
    view->upstreams[1].in.sin_family = AF_INET;
    wp_addr_set_port(&view->upstreams[1], 80);
    return view;
}

static void test_life(void **state)
{
    struct wp_view *view = wp_view_new(7, WP_VIEW_HOLD, 9, 0), *other;

    assert_int_equal(view->trace, 7);
    assert_int_equal(view->status, WP_VIEW_HOLD);
    assert_int_equal(view->epoch, 9);
    assert_null(view->reason);
    other = wp_view_ref(view);
    assert_ptr_equal(other, view);
    wp_view_unref(&view);
    assert_null(view);
    wp_view_unref(&view);
    assert_int_equal(other->epoch, 9);
    wp_view_unref(&other);
    view = wp_view_new(0, WP_VIEW_AWAKE, 1, 3);
    assert_int_equal(view->upstream_count, 3);
    assert_int_equal(view->upstreams[2].sa.sa_family, AF_UNSPEC);
    wp_view_unref(&view);
}

static pthread_barrier_t barrier;
static struct wp_view *shared[READERS];

static void *read_views(void *context)
{
    unsigned reader = (unsigned)(uintptr_t)context;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct wp_view *own, *again;

        pthread_barrier_wait(&barrier);
        own = shared[reader];
        again = wp_view_ref(own);
        wp_view_unref(&own);
        assert_int_equal(again->trace, round);
        assert_int_equal(again->phase[0], 'a');
        assert_int_equal(wp_addr_port(&again->upstreams[1]), 80);
        wp_view_unref(&again);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

/* ASan and TSan see a free that comes too early, a leak sanitizer one that never comes. */
static void test_threads(void **state)
{
    pthread_t threads[READERS];

    pthread_barrier_init(&barrier, NULL, READERS + 1);
    for (uintptr_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_views, (void *)i), 0);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct wp_view *view = make_view(round);

        for (unsigned i = 0; i < READERS; i++) {
            shared[i] = wp_view_ref(view);
        }
        pthread_barrier_wait(&barrier);
        wp_view_unref(&view);
        pthread_barrier_wait(&barrier);
    }
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
