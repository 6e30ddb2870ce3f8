/*
 * err.c - one human reason for a failed call.
 *
 * Thread:    any; a struct wp_err belongs to the caller.
 * Invariant: the text is always NUL-terminated and never longer than the struct; a reason that does
 *            not fit is cut.
 * Not here:  collecting several errors (conf does that) and logging them (callers do).
 */
#include "wakeproxy/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int wp_err_set(struct wp_err *err, int code, const char *format, ...)
{
    va_list args;

    if (err == NULL) {
        return code;
    }
    va_start(args, format);
    if (vsnprintf(err->text, sizeof(err->text), format, args) < 0) {
        err->text[0] = '\0';
    }
    va_end(args);
    return code;
}

int wp_err_errno(struct wp_err *err, int error, const char *format, ...)
{
    char reason[128];
    va_list args;
    size_t used;

    if (err == NULL) {
        return -error;
    }
    va_start(args, format);
    if (vsnprintf(err->text, sizeof(err->text), format, args) < 0) {
        err->text[0] = '\0';
    }
    va_end(args);
    used = strlen(err->text);
    /* The GNU form returns the text, which may or may not be in `reason`; unlike strerror() it is
     * safe on any thread. */
    snprintf(err->text + used, sizeof(err->text) - used, ": %s",
             strerror_r(error, reason, sizeof(reason)));
    return -error;
}
