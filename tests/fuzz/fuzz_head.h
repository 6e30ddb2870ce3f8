/*
 * fuzz_head.h - properties of every parsed head, for the request and the response target.
 */
#ifndef WP_TESTS_FUZZ_HEAD_H
#define WP_TESTS_FUZZ_HEAD_H

#include <string.h>

#include "fuzz.h"
#include "wakeproxy/proto/http1_write.h"

/* A parser with its further arguments bound. */
typedef enum wp_parse (*fuzz_parse_fn)(struct wp_head *head, struct wp_slice bytes, int variant);

static inline bool fuzz_lies_in(struct wp_slice part, struct wp_slice whole)
{
    uintptr_t at = (uintptr_t)part.ptr - (uintptr_t)whole.ptr;
    return at <= whole.len && part.len <= whole.len - at;
}

/* Positions, names and values of a head that was accepted. */
static inline void fuzz_check_fields(const struct wp_head *head, struct wp_slice bytes)
{
    struct wp_slice whole = {bytes.ptr, head->length};
    fuzz_require(head->length > 0 && head->length <= bytes.len, "the length lies in the input");
    fuzz_require(head->length >= 4 && memcmp(bytes.ptr + head->length - 4, "\r\n\r\n", 4) == 0,
                 "a head ends in an empty line");
    for (unsigned i = 0; i < head->field_count; i++) {
        struct wp_slice name = wp_head_name(head, &head->fields[i]);
        struct wp_slice value = wp_head_value(head, &head->fields[i]);
        fuzz_require(fuzz_lies_in(name, whole) && fuzz_lies_in(value, whole),
                     "fields lie in the head");
        fuzz_require(wp_is_token(name), "field names are tokens");
        fuzz_require(value.len == 0 || (memchr(value.ptr, '\r', value.len) == NULL &&
                                        memchr(value.ptr, '\n', value.len) == NULL &&
                                        memchr(value.ptr, '\0', value.len) == NULL),
                     "field values hold no line end and no NUL");
        fuzz_require(wp_slice_trim(value).len == value.len, "field values are trimmed");
    }
}

/* A prefix is undecided or has the verdict of the whole; from a block of its own. */
static inline void fuzz_check_prefix(struct wp_slice bytes, size_t count, fuzz_parse_fn parse,
                                     int variant, enum wp_parse whole, const struct wp_head *of)
{
    static struct wp_head head;
    char *copy = malloc(count == 0 ? 1 : count);
    uint32_t scan = 0;
    uint32_t length = 0;
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes.ptr, count);
    struct wp_slice prefix = {copy, count};
    enum wp_parse result = parse(&head, prefix, variant);
    fuzz_require(result == WP_PARSE_MORE || result == whole, "a prefix cannot change the verdict");
    fuzz_require(result != WP_PARSE_OK || head.length == of->length,
                 "a prefix cannot change the length");
    fuzz_require(result != WP_PARSE_BAD || head.status == of->status,
                 "a prefix cannot change the status");
    fuzz_require(whole != WP_PARSE_OK || count < of->length || result == WP_PARSE_OK,
                 "a whole head is accepted whatever follows");
    enum wp_parse scanned = wp_head_scan(prefix, &scan, &length);
    fuzz_require(scanned != WP_PARSE_BAD || result == WP_PARSE_BAD,
                 "what the scan refuses, the parser refuses");
    fuzz_require(result != WP_PARSE_OK || (scanned == WP_PARSE_OK && length == head.length),
                 "the scan finds the end the parser finds");
    free(copy);
}

/* The scan in two steps ends as in one. */
static inline void fuzz_check_scan(struct wp_slice bytes, size_t split)
{
    uint32_t whole_scan = 0;
    uint32_t whole_length = 0;
    uint32_t scan = 0;
    uint32_t length = 0;
    enum wp_parse whole = wp_head_scan(bytes, &whole_scan, &whole_length);
    enum wp_parse first = wp_head_scan((struct wp_slice){bytes.ptr, split}, &scan, &length);
    fuzz_require(scan <= split, "the scan stays in what it was given");
    if (first == WP_PARSE_MORE) {
        first = wp_head_scan(bytes, &scan, &length);
    }
    fuzz_require(first == whole && length == whole_length, "the scan does not depend on pieces");
}

static inline void fuzz_check_pieces(struct wp_slice bytes, fuzz_parse_fn parse, int variant,
                                     enum wp_parse whole, const struct wp_head *of)
{
    size_t step = bytes.len / 16 + 1;
    for (size_t count = 0; count <= bytes.len; count += step) {
        fuzz_check_prefix(bytes, count, parse, variant, whole, of);
        fuzz_check_scan(bytes, count);
    }
    fuzz_check_prefix(bytes, bytes.len, parse, variant, whole, of);
    for (size_t back = 1; back < 4 && whole == WP_PARSE_OK && back <= of->length; back++) {
        fuzz_check_prefix(bytes, of->length - back, parse, variant, whole, of);
        fuzz_check_scan(bytes, of->length - back);
    }
}

/* How many framing fields a head we wrote carries. */
static inline unsigned fuzz_framing_fields(const struct wp_head *head)
{
    uint32_t both = 1u << WP_FIELD_CONTENT_LENGTH | 1u << WP_FIELD_TRANSFER_ENCODING;
    fuzz_require((head->repeated & both) == 0, "no framing field is written twice");
    return (head->first[WP_FIELD_CONTENT_LENGTH] != 0) +
           (head->first[WP_FIELD_TRANSFER_ENCODING] != 0);
}

#endif
