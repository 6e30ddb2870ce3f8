/*
 * mem.h - allocation that cannot fail, and the small macros every room needs.
 *
 * An allocation failure ends the process with a message: memory is bounded by admission limits
 * instead of by untested out-of-memory branches. Callable on any thread.
 */
#ifndef WAKEPROXY_BASE_MEM_H
#define WAKEPROXY_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#define WP_MUST_CHECK    __attribute__((warn_unused_result))
#define WP_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define WP_MALLOC        __attribute__((malloc, returns_nonnull))
#define WP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of which `ptr` is the member `member`. */
#define WP_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Each returns memory owned by the caller, released with free(). */
WP_MALLOC void *wp_malloc(size_t size_bytes);
WP_MALLOC void *wp_calloc(size_t count, size_t size_bytes);
WP_MALLOC char *wp_strdup(const char *text);
WP_MALLOC char *wp_strndup(const char *text, size_t length_bytes);
WP_MALLOC char *wp_asprintf(const char *format, ...) WP_PRINTF(1, 2);

/* As reallocarray(3): the product is checked for overflow. */
void *wp_reallocarray(void *ptr, size_t count, size_t size_bytes) __attribute__((returns_nonnull));

/*
 * Makes room for at least `want` items in a growing array: returns `items`, possibly moved, and
 * updates *capacity. Growth doubles, so appending is amortised O(1).
 */
void *wp_grow(void *items, size_t *capacity, size_t want, size_t size_bytes);

#endif
