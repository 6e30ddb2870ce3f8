/*
 * mem.c - allocation that cannot fail.
 *
 * Thread:    any.
 * Owns:      nothing; what is returned belongs to the caller and is released with free().
 * Invariant: no function here returns NULL. When the system refuses, the process says how much was
 *            asked for and aborts: callers have no out-of-memory branches to get wrong.
 * Not here:  limits. Memory is bounded by admission limits where work enters the process.
 */
#include "wakeproxy/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* stdio may allocate, so the message is made on the stack and written with write(2). */
static void __attribute__((noreturn)) die_out_of_memory(size_t size_bytes)
{
    char text[80];
    int length = snprintf(text, sizeof(text), "wakeproxy: out of memory (%zu bytes)\n", size_bytes);

    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) {
        abort();
    }
    abort();
}

void *wp_malloc(size_t size_bytes)
{
    void *ptr = malloc(size_bytes > 0 ? size_bytes : 1);

    if (ptr == NULL) {
        die_out_of_memory(size_bytes);
    }
    return ptr;
}

void *wp_calloc(size_t count, size_t size_bytes)
{
    void *ptr = calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);

    if (ptr == NULL) {
        die_out_of_memory(size_bytes);
    }
    return ptr;
}

char *wp_strdup(const char *text)
{
    return wp_strndup(text, strlen(text));
}

char *wp_strndup(const char *text, size_t length_bytes)
{
    char *copy = wp_malloc(length_bytes + 1);

    if (length_bytes > 0) {
        memcpy(copy, text, length_bytes);
    }
    copy[length_bytes] = '\0';
    return copy;
}

char *wp_asprintf(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        die_out_of_memory(strlen(format));
    }
    return text;
}

void *wp_reallocarray(void *ptr, size_t count, size_t size_bytes)
{
    /* A size of zero would free `ptr` in some C libraries and return NULL. */
    void *moved = reallocarray(ptr, count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);

    if (moved == NULL) {
        die_out_of_memory(size_bytes);
    }
    return moved;
}

void *wp_grow(void *items, size_t *capacity, size_t want, size_t size_bytes)
{
    size_t grown = *capacity;

    if (want <= *capacity) {
        return items;
    }
    if (grown < 8) {
        grown = 8;
    }
    while (grown < want) {
        if (grown > SIZE_MAX / 2) {
            die_out_of_memory(want);
        }
        grown *= 2;
    }
    items = wp_reallocarray(items, grown, size_bytes);
    *capacity = grown;
    return items;
}
