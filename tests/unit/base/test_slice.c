/*
 * test_slice.c - questions about byte runs: case, search, trimming, lists, numbers.
 */
#include "test.h"

#include "wakeproxy/base/slice.h"

static const struct wp_slice nothing = {NULL, 0};

static void assert_slice(struct wp_slice got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len > 0) {
        assert_memory_equal(got.ptr, want, got.len);
    }
}

static void test_compare(void **state)
{
    assert_true(wp_slice_eq(nothing, WP_SLICE("")));
    assert_false(wp_slice_eq(WP_SLICE("a"), WP_SLICE("A")));
    assert_true(wp_slice_eq_nocase(WP_SLICE("Content-LENGTH"), WP_SLICE("content-length")));
    assert_false(wp_slice_eq_nocase(WP_SLICE("[a"), WP_SLICE("{a"))); /* 0x5b and 0x7b */
    assert_false(wp_slice_eq_nocase(WP_SLICE("@"), WP_SLICE("`")));
    assert_false(wp_slice_eq_nocase(WP_SLICE("\xc4"), WP_SLICE("\xe4")));
    assert_true(wp_slice_eq_nocase(nothing, nothing));
    assert_true(wp_slice_starts_nocase(WP_SLICE("Bearer x"), WP_SLICE("bearer ")));
    assert_false(wp_slice_starts_nocase(WP_SLICE("Bear"), WP_SLICE("bearer")));
    assert_true(wp_slice_starts_nocase(nothing, nothing));
}

static void test_contains(void **state)
{
    assert_true(wp_slice_contains(nothing, nothing));
    assert_true(wp_slice_contains(WP_SLICE("abc"), WP_SLICE("")));
    assert_true(wp_slice_contains(WP_SLICE("abc"), WP_SLICE("bc")));
    assert_false(wp_slice_contains(WP_SLICE("abc"), WP_SLICE("BC")));
    assert_false(wp_slice_contains(nothing, WP_SLICE("a")));
    assert_true(wp_slice_contains_nocase(WP_SLICE("xxABc"), WP_SLICE("abC")));
    assert_true(wp_slice_contains_nocase(WP_SLICE("aab"), WP_SLICE("AB")));
    assert_false(wp_slice_contains_nocase(WP_SLICE("ab"), WP_SLICE("abc")));
    assert_true(wp_slice_contains_nocase(nothing, nothing));
    assert_true(wp_slice_contains_nocase(WP_SLICE("a"), nothing));
}

static void test_trim(void **state)
{
    assert_slice(wp_slice_trim(WP_SLICE(" \t a b\t ")), "a b");
    assert_slice(wp_slice_trim(WP_SLICE(" \t ")), "");
    assert_slice(wp_slice_trim(nothing), "");
    assert_slice(wp_slice_trim(WP_SLICE("\va\r")), "\va\r"); /* not OWS */
}

static void test_list(void **state)
{
    static const struct {
        const char *list;
        const char *elements[5];
    } cases[] = {
        {"", {NULL}},
        {" , ,\t,", {NULL}},
        {"a", {"a"}},
        {"a,b ,\tc", {"a", "b", "c"}},
        {",a,,b,", {"a", "b"}},
        {"x=\"1,2\", y", {"x=\"1,2\"", "y"}},
        {"x=\"a\\\",b\", y", {"x=\"a\\\",b\"", "y"}},
        {"x=\"open, y", {"x=\"open, y"}},
        {"x=\"end\\", {"x=\"end\\"}},
        {"a\\,b", {"a\\", "b"}}, /* a backslash means something inside quotes only */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wp_slice list = wp_slice_cstr(cases[i].list);
        struct wp_slice element;
        size_t count = 0;

        while (wp_slice_list_next(&list, &element)) {
            assert_non_null(cases[i].elements[count]);
            assert_slice(element, cases[i].elements[count]);
            count++;
        }
        assert_null(cases[i].elements[count]);
        assert_int_equal(list.len, 0);
    }
}

static void test_number(void **state)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x",
                                      "1.",
                                      "1\t",
                                      "/",
                                      "18446744073709551616",
                                      ":",
                                      "1a",
                                      "99999999999999999999999"};
    uint64_t value = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(wp_slice_u64(wp_slice_cstr(bad[i]), UINT64_MAX, &value));
        assert_int_equal(value, 7);
    }
    assert_false(wp_slice_u64(WP_SLICE("1\0"), UINT64_MAX, &value));
    assert_false(wp_slice_u64(WP_SLICE("256"), 255, &value));
    assert_true(wp_slice_u64(WP_SLICE("255"), 255, &value));
    assert_int_equal(value, 255);
    assert_true(wp_slice_u64(WP_SLICE("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_true(wp_slice_u64(WP_SLICE("000"), 0, &value));
    assert_int_equal(value, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare), cmocka_unit_test(test_contains),
        cmocka_unit_test(test_trim),    cmocka_unit_test(test_list),
        cmocka_unit_test(test_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
