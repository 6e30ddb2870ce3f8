/*
 * err.h - one human reason for a failed call.
 *
 * Functions that can fail for reasons a person should read take `struct wp_err *err` last and write
 * it only on failure; it may be NULL. They return 0 or -errno.
 */
#ifndef WAKEPROXY_BASE_ERR_H
#define WAKEPROXY_BASE_ERR_H

#include "wakeproxy/base/mem.h"

struct wp_err {
    char text[512];
};

/* Formats the reason (cut at the size of `text`); returns `code`, so that callers may write
 * `return wp_err_set(err, -EINVAL, "...")`. */
int wp_err_set(struct wp_err *err, int code, const char *format, ...) WP_PRINTF(3, 4);

/* As wp_err_set, with ": <strerror(error)>" appended; returns -error. */
int wp_err_errno(struct wp_err *err, int error, const char *format, ...) WP_PRINTF(3, 4);

#endif
