/* test.h - cmocka with what it needs before it, and a load that must succeed. */
#ifndef WP_TESTS_UNIT_CONF_TEST_H
#define WP_TESTS_UNIT_CONF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wakeproxy/conf/conf.h"

/* Parses; any problem fails the test with all of them shown. */
static inline struct wp_conf *parse_good(const char *yaml)
{
    struct wp_conf_problems problems;
    struct wp_conf *conf = wp_conf_parse("test.yaml", wp_slice_cstr(yaml), &problems);

    for (size_t i = 0; i < problems.count; i++) {
        print_error("%s\n", problems.lines[i]);
    }
    assert_int_equal(problems.count, 0);
    assert_non_null(conf);
    wp_conf_problems_fini(&problems);
    return conf;
}

#endif
