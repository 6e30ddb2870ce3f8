/*
 * http1_chunk.h - decodes the chunked transfer coding incrementally (RFC 9112 section 7.1).
 *
 * Pure; any thread. Strict: 1 to 13 hex digits, no sign or padding, CRLF only, extensions up to 256
 * bytes per chunk (checked, dropped), trailer section bounded.
 */
#ifndef WAKEPROXY_PROTO_HTTP1_CHUNK_H
#define WAKEPROXY_PROTO_HTTP1_CHUNK_H

#include "wakeproxy/proto/http1_head.h"

enum wp_chunk_event {
    WP_CHUNK_MORE,    /* all input consumed, nothing to tell */
    WP_CHUNK_DATA,    /* *ret_data is payload inside the input */
    WP_CHUNK_TRAILER, /* *ret_data is one complete, validated trailer line, CRLF included */
    WP_CHUNK_END,     /* the last CRLF was consumed; the message is complete */
    WP_CHUNK_BAD,     /* decoder->reason says why */
};

struct wp_chunk_decoder {
    uint64_t left; /* payload bytes of the current chunk still to come */
    uint8_t state;
    uint8_t digits;
    uint16_t line_bytes; /* of the extension or trailer line so far */
    uint32_t trailer_bytes;
    uint64_t total; /* payload bytes decoded */
    const char *reason;
};

void wp_chunk_init(struct wp_chunk_decoder *decoder);
/*
 * Consumes from `input` (a trailer line must lie contiguous: when it is incomplete MORE is returned
 * with *ret_used short of the input, and the rest must be offered again with more bytes). Call in a
 * loop, advancing by *ret_used, until MORE, END or BAD. Bytes after END are not consumed.
 * Fields that framing, routing or hop-by-hop handling depend on are BAD in a trailer; those that
 * mean something only in a head (authentication, content format, caching, cookies) are dropped
 * without an event (RFC 9110 section 6.5.1).
 */
enum wp_chunk_event wp_chunk_next(struct wp_chunk_decoder *decoder, struct wp_slice input,
                                  size_t *ret_used, struct wp_slice *ret_data);

/* "1a2b\r\n" for a chunk of `size` bytes; returns the length. */
#define WP_CHUNK_HEAD_SIZE 18
size_t wp_chunk_write_head(uint64_t size, char ret_text[WP_CHUNK_HEAD_SIZE]);

#endif
