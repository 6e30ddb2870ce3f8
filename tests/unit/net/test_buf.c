/*
 * test_buf.c - marks, growing, and the pool that takes memory back.
 */
#include "test.h"

#include <string.h>

#include "wakeproxy/net/buf.h"

static void test_marks(void **state)
{
    struct wp_buf_pool *pool = wp_buf_pool_new();
    struct wp_buf buf = {0};

    wp_buf_release(&buf, pool);
    wp_buf_open(&buf, pool);
    assert_int_equal(buf.size, WP_BUF_SMALL_BYTES);
    assert_int_equal(wp_buf_room(&buf), WP_BUF_SMALL_BYTES);
    assert_int_equal(wp_buf_pool_in_use(pool), 1);
    wp_buf_append(&buf, "hello world", 11);
    wp_buf_consume(&buf, 6);
    assert_int_equal(wp_buf_used(&buf), 5);
    assert_memory_equal(wp_buf_content(&buf), "world", 5);
    assert_int_equal(wp_buf_room(&buf), WP_BUF_SMALL_BYTES - 11);
    wp_buf_open(&buf, pool); /* nothing to do */
    wp_buf_compact(&buf);
    assert_int_equal(buf.start, 0);
    assert_memory_equal(wp_buf_content(&buf), "world", 5);
    assert_int_equal(wp_buf_room(&buf), WP_BUF_SMALL_BYTES - 5);
    wp_buf_consume(&buf, 5);
    assert_int_equal(buf.start, 0);
    assert_int_equal(buf.end, 0);
    wp_buf_release(&buf, pool);
    assert_null(buf.data);
    assert_int_equal(buf.size, 0);
    assert_int_equal(wp_buf_pool_in_use(pool), 0);
    wp_buf_pool_free(&pool);
    assert_null(pool);
    wp_buf_pool_free(&pool);
}

static void test_compact_overlaps(void **state)
{
    struct wp_buf_pool *pool = wp_buf_pool_new();
    struct wp_buf buf = {0};

    wp_buf_open(&buf, pool);
    for (uint32_t i = 0; i < WP_BUF_SMALL_BYTES; i++) {
        char byte = (char)(i % 251);

        wp_buf_append(&buf, &byte, 1);
    }
    assert_int_equal(wp_buf_room(&buf), 0);
    wp_buf_consume(&buf, 10);
    wp_buf_compact(&buf);
    assert_int_equal(wp_buf_room(&buf), 10);
    for (uint32_t i = 0; i < wp_buf_used(&buf); i++) {
        assert_int_equal(wp_buf_content(&buf)[i], (char)((i + 10) % 251));
    }
    wp_buf_release(&buf, pool);
    wp_buf_pool_free(&pool);
}

static void test_enlarge(void **state)
{
    struct wp_buf_pool *pool = wp_buf_pool_new();
    struct wp_buf buf = {0}, fresh = {0};
    char *data;

    wp_buf_open(&buf, pool);
    wp_buf_append(&buf, "abcdef", 6);
    wp_buf_consume(&buf, 2);
    wp_buf_enlarge(&buf, pool);
    assert_int_equal(buf.size, WP_BUF_LARGE_BYTES);
    assert_int_equal(wp_buf_used(&buf), 4);
    assert_memory_equal(wp_buf_content(&buf), "cdef", 4);
    assert_int_equal(wp_buf_room(&buf), WP_BUF_LARGE_BYTES - 4);
    assert_int_equal(wp_buf_pool_in_use(pool), 1);
    data = buf.data;
    wp_buf_enlarge(&buf, pool);
    assert_ptr_equal(buf.data, data);
    memset(buf.data, 1, buf.size);
    wp_buf_enlarge(&fresh, pool); /* straight to a large one */
    assert_int_equal(fresh.size, WP_BUF_LARGE_BYTES);
    assert_int_equal(wp_buf_pool_in_use(pool), 2);
    wp_buf_release(&buf, pool);
    wp_buf_release(&fresh, pool);
    assert_int_equal(wp_buf_pool_in_use(pool), 0);
    wp_buf_pool_free(&pool);
}

/* A spare buffer is taken again; a burst is given back; no two owners share one. */
static void test_pool(void **state)
{
    enum { COUNT = 200 };
    struct wp_buf_pool *pool = wp_buf_pool_new();
    struct wp_buf bufs[COUNT] = {{0}};
    char *data;

    wp_buf_open(&bufs[0], pool);
    data = bufs[0].data;
    wp_buf_release(&bufs[0], pool);
    wp_buf_open(&bufs[0], pool);
    assert_ptr_equal(bufs[0].data, data);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            wp_buf_open(&bufs[i], pool);
            if (i % 10 == 0) {
                wp_buf_enlarge(&bufs[i], pool);
            }
            memset(bufs[i].data, (int)i, bufs[i].size);
        }
        assert_int_equal(wp_buf_pool_in_use(pool), COUNT);
        for (unsigned i = 0; i < COUNT; i++) {
            assert_int_equal((unsigned char)bufs[i].data[0], i);
            assert_int_equal((unsigned char)bufs[i].data[bufs[i].size - 1], i);
            wp_buf_release(&bufs[i], pool);
        }
        wp_buf_pool_trim(pool);
        wp_buf_pool_trim(pool);
    }
    assert_int_equal(wp_buf_pool_in_use(pool), 0);
    wp_buf_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_compact_overlaps),
        cmocka_unit_test(test_enlarge),
        cmocka_unit_test(test_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
