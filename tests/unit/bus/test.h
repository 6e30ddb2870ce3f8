/* test.h - cmocka with what it needs before it, for the tests of bus. */
#ifndef WP_TESTS_UNIT_BUS_TEST_H
#define WP_TESTS_UNIT_BUS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
