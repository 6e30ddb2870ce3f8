/*
 * feed.h - feeds a head to the parser in every possible way and says what came out.
 *
 * Each prefix is parsed from its own heap block of exactly its size, so that a read past the end is
 * seen by the sanitizer, and a position that depended on where the bytes were would go wrong.
 */
#ifndef WP_TESTS_PROTO_FEED_H
#define WP_TESTS_PROTO_FEED_H

#include "wakeproxy/proto/http1_head.h"

struct feed_result {
    enum wp_parse parse;
    uint16_t status;       /* after BAD */
    const char *reason;    /* after BAD */
    char description[512]; /* after OK; see feed_describe_* */
};

/* Parses `bytes` whole, as every prefix, and through wp_head_scan() byte by byte and split in two
 * at each offset; fails the test unless all agree. `request_method` is for responses. */
/* NULL limits are those of feed_limits(). */
struct feed_result feed_request(struct wp_slice bytes, const struct wp_head_limits *limits);
struct feed_result feed_response(struct wp_slice bytes, enum wp_http_method request_method,
                                 const struct wp_head_limits *limits);

const struct wp_head_limits *feed_limits(void);

/* One line that holds all a parse decided, for comparison with an expected text. */
void feed_describe(const struct wp_head *head, bool is_request, char *ret_text, size_t size);

#endif
