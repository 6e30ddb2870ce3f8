/*
 * test_map.c - the hash map against a plain array as the model, with thousands of keys.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "wakeproxy/base/map.h"

#define KEY_COUNT 5000u

static struct wp_slice key_of(unsigned number, char ret_text[16])
{
    return (struct wp_slice){ret_text, (size_t)snprintf(ret_text, 16, "key-%u", number)};
}

static void test_basics(void **state)
{
    struct wp_map *map = wp_map_new();
    int a, b;

    assert_null(wp_map_get(map, WP_SLICE("x")));
    assert_null(wp_map_remove(map, WP_SLICE("x")));
    assert_null(wp_map_put(map, WP_SLICE("x"), &a));
    assert_ptr_equal(wp_map_put(map, WP_SLICE("x"), &b), &a);
    assert_int_equal(wp_map_count(map), 1);
    assert_ptr_equal(wp_map_get(map, WP_SLICE("x")), &b);
    assert_null(wp_map_get(map, WP_SLICE("X")));
    assert_null(wp_map_get(map, WP_SLICE("x\0")));

    /* The empty key is a key like others, and may come without a pointer. */
    assert_null(wp_map_put(map, (struct wp_slice){NULL, 0}, &a));
    assert_ptr_equal(wp_map_get(map, WP_SLICE("")), &a);
    assert_null(wp_map_put(map, WP_SLICE("a\0b"), &b));
    assert_null(wp_map_get(map, WP_SLICE("a\0c")));
    assert_ptr_equal(wp_map_remove(map, WP_SLICE("")), &a);
    assert_null(wp_map_get(map, WP_SLICE("")));
    assert_int_equal(wp_map_count(map), 2);
    wp_map_free(&map);
    assert_null(map);
    wp_map_free(&map);
}

static void check_against(const struct wp_map *map, unsigned *const *model)
{
    char text[16];
    size_t live = 0, walked = 0, cursor = 0;
    struct wp_slice key;
    void *value;

    for (unsigned i = 0; i < KEY_COUNT; i++) {
        assert_ptr_equal(wp_map_get(map, key_of(i, text)), model[i]);
        live += model[i] != NULL;
    }
    assert_int_equal(wp_map_count(map), live);
    while (wp_map_next(map, &cursor, &key, &value)) {
        unsigned number = *(unsigned *)value;

        assert_true(wp_slice_eq(key, key_of(number, text)));
        assert_ptr_equal(model[number], value);
        walked++;
    }
    assert_int_equal(walked, live);
}

/* Random puts and removals; removals leave graves that later puts and searches must cope with. */
static void test_against_model(void **state)
{
    static unsigned numbers[KEY_COUNT];
    static unsigned *model[KEY_COUNT];
    struct wp_map *map = wp_map_new();
    char text[16];

    srand(1);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        numbers[i] = i;
    }
    for (unsigned step = 0; step < 200000; step++) {
        unsigned i = (unsigned)rand() % KEY_COUNT;
        /* Waves: mostly filling, then mostly emptying. */
        bool is_put = (unsigned)rand() % 100 < ((step / 20000) % 2 == 0 ? 70u : 25u);

        if (is_put) {
            assert_ptr_equal(wp_map_put(map, key_of(i, text), &numbers[i]), model[i]);
            model[i] = &numbers[i];
        } else {
            assert_ptr_equal(wp_map_remove(map, key_of(i, text)), model[i]);
            model[i] = NULL;
        }
        if (step % 20000 == 19999) {
            check_against(map, model);
        }
    }
    wp_map_free(&map);
}

static void test_remove_while_walking(void **state)
{
    struct wp_map *map = wp_map_new();
    static unsigned numbers[KEY_COUNT];
    struct wp_slice key;
    size_t cursor = 0;
    unsigned seen = 0;
    char text[16];
    void *value;

    for (unsigned i = 0; i < KEY_COUNT; i++) {
        numbers[i] = i;
        assert_null(wp_map_put(map, key_of(i, text), &numbers[i]));
    }
    while (wp_map_next(map, &cursor, &key, &value)) {
        seen++;
        if (*(unsigned *)value % 2 == 0) {
            assert_ptr_equal(wp_map_remove(map, key), value);
        }
    }
    assert_int_equal(seen, KEY_COUNT);
    assert_int_equal(wp_map_count(map), KEY_COUNT / 2);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        assert_ptr_equal(wp_map_get(map, key_of(i, text)), i % 2 == 0 ? NULL : &numbers[i]);
    }
    wp_map_free(&map);
}

/* One key that comes and goes for ever must not fill the map with graves. */
static void test_churn_ends(void **state)
{
    struct wp_map *map = wp_map_new();
    char text[16];
    int value;

    for (unsigned i = 0; i < 100000; i++) {
        assert_null(wp_map_put(map, key_of(i, text), &value));
        if (i >= 5) {
            assert_ptr_equal(wp_map_remove(map, key_of(i - 5, text)), &value);
        }
        assert_null(wp_map_get(map, WP_SLICE("absent")));
    }
    assert_int_equal(wp_map_count(map), 5);
    wp_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basics),
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_remove_while_walking),
        cmocka_unit_test(test_churn_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
