/*
 * slice.c - questions about borrowed runs of bytes.
 *
 * Thread:    any; pure functions.
 * Owns:      nothing. A slice returned here points into the one it was given.
 * Invariant: an empty slice may have a NULL pointer; no function hands that to memcmp() and the
 *            like. Letters are compared as ASCII, whatever the locale.
 * Not here:  anything that knows a protocol beyond the list rule of RFC 9110 section 5.6.1.
 */
#include "wakeproxy/base/slice.h"

bool wp_slice_eq_nocase(struct wp_slice a, struct wp_slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (wp_ascii_lower(a.ptr[i]) != wp_ascii_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool wp_slice_starts_nocase(struct wp_slice text, struct wp_slice prefix)
{
    if (text.len < prefix.len) {
        return false;
    }
    text.len = prefix.len;
    return wp_slice_eq_nocase(text, prefix);
}

bool wp_slice_contains(struct wp_slice text, struct wp_slice needle)
{
    if (needle.len == 0) {
        return true;
    }
    return text.len >= needle.len && memmem(text.ptr, text.len, needle.ptr, needle.len) != NULL;
}

bool wp_slice_contains_nocase(struct wp_slice text, struct wp_slice needle)
{
    while (text.len >= needle.len) {
        if (wp_slice_starts_nocase(text, needle)) {
            return true;
        }
        if (text.len == 0) {
            break;
        }
        text.ptr++;
        text.len--;
    }
    return false;
}

static bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

struct wp_slice wp_slice_trim(struct wp_slice text)
{
    while (text.len > 0 && is_ows(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_ows(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* The length up to the next comma that is not inside a quoted string. */
static size_t element_length(struct wp_slice list)
{
    bool is_quoted = false;

    for (size_t i = 0; i < list.len; i++) {
        char c = list.ptr[i];

        if (is_quoted && c == '\\') {
            i++; /* quoted-pair: the next octet is data */
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == ',' && !is_quoted) {
            return i;
        }
    }
    return list.len;
}

bool wp_slice_list_next(struct wp_slice *list, struct wp_slice *ret_element)
{
    while (list->len > 0) {
        size_t length = element_length(*list);
        size_t taken = length < list->len ? length + 1 : length;
        struct wp_slice element = wp_slice_trim((struct wp_slice){list->ptr, length});

        list->ptr += taken;
        list->len -= taken;
        if (element.len > 0) {
            *ret_element = element;
            return true;
        }
    }
    return false;
}

bool wp_slice_u64(struct wp_slice text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)((unsigned char)text.ptr[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value > max) {
        return false;
    }
    *ret_value = value;
    return true;
}
