/* test.h - cmocka with what it needs before it, for the tests of control. */
#ifndef WP_TESTS_UNIT_CONTROL_TEST_H
#define WP_TESTS_UNIT_CONTROL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
