/* test.h - cmocka with what it needs before it, and a configuration that must load. */
#ifndef WP_TESTS_UNIT_ROUTE_TEST_H
#define WP_TESTS_UNIT_ROUTE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wakeproxy/conf/conf.h"

static inline struct wp_conf *parse_good(const char *yaml)
{
    struct wp_conf_problems problems;
    struct wp_conf *conf = wp_conf_parse("test.yaml", wp_slice_cstr(yaml), &problems);

    for (size_t i = 0; i < problems.count; i++) {
        print_error("%s\n", problems.lines[i]);
    }
    assert_non_null(conf);
    wp_conf_problems_fini(&problems);
    return conf;
}

#endif
