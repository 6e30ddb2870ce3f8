/*
 * slice.h - a borrowed run of bytes. Never owns, never NUL-terminated. Pure; any thread.
 */
#ifndef WAKEPROXY_BASE_SLICE_H
#define WAKEPROXY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wp_slice {
    const char *ptr;
    size_t len;
};

#define WP_SLICE(literal) ((struct wp_slice){(literal), sizeof(literal) - 1})
/* For printf("%.*s"): the precision and the pointer. */
#define WP_SLICE_ARG(s) (int)(s).len, (s).ptr

static inline struct wp_slice wp_slice_cstr(const char *text)
{
    return (struct wp_slice){text, strlen(text)};
}

static inline bool wp_slice_eq(struct wp_slice a, struct wp_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII only: locale never matters to a protocol. */
bool wp_slice_eq_nocase(struct wp_slice a, struct wp_slice b);
bool wp_slice_starts_nocase(struct wp_slice text, struct wp_slice prefix);
/* Whether `needle` occurs in `text`; the empty needle always does. */
bool wp_slice_contains(struct wp_slice text, struct wp_slice needle);
bool wp_slice_contains_nocase(struct wp_slice text, struct wp_slice needle);
/* Without leading and trailing SP and HTAB (OWS, RFC 9110 section 5.6.3). */
struct wp_slice wp_slice_trim(struct wp_slice text);
/*
 * The next element of a comma-separated list (RFC 9110 section 5.6.1), trimmed; empty elements are
 * skipped and commas inside quoted strings do not separate. Advances *list; false at the end.
 */
bool wp_slice_list_next(struct wp_slice *list, struct wp_slice *ret_element);
/* 1*DIGIT up to `max`; false otherwise. */
bool wp_slice_u64(struct wp_slice text, uint64_t max, uint64_t *ret_value);

static inline char wp_ascii_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

#endif
