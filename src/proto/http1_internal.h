/*
 * http1_internal.h - what the files of the HTTP/1 parser share: character classes, the fast text
 * scan, and the steps a parse is made of. Pure; any thread.
 */
#ifndef WP_PROTO_HTTP1_INTERNAL_H
#define WP_PROTO_HTTP1_INTERNAL_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "wakeproxy/proto/http1_head.h"

#define WP_CHAR_TOKEN    1 /* tchar, RFC 9110 section 5.6.2 */
#define WP_CHAR_TARGET   2 /* allowed in a request target: VCHAR without '#' */
#define WP_CHAR_REG_NAME 4 /* reg-name without pct-encoded, RFC 3986 section 3.2.2 */
#define WP_CHAR_HEX      8

extern const uint8_t wp_http1_chars[256];

static inline bool wp_http1_is(char c, unsigned classes)
{
    return (wp_http1_chars[(unsigned char)c] & classes) != 0;
}

static inline enum wp_parse wp_http1_bad(struct wp_head *head, uint16_t status, const char *reason)
{
    head->status = status;
    head->reason = reason;
    return WP_PARSE_BAD;
}

/*
 * The first byte of [at, end) that is a CTL (HTAB included), or `end`. Never reads past `end`. Most
 * of a head is text, so this loop is where a parse spends its time: 16 bytes at once where SSE2 is
 * (every x86-64), else 8.
 */
static inline const char *wp_http1_skip_text(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i last_ctl = _mm_set1_epi8(0x1f);
    const __m128i del = _mm_set1_epi8(0x7f);
    while (end - at >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i ctl =
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, last_ctl), v), _mm_cmpeq_epi8(v, del));
        unsigned mask = (unsigned)_mm_movemask_epi8(ctl);
        if (mask != 0) {
            return at + __builtin_ctz(mask);
        }
        at += 16;
    }
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u;
    while (end - at >= 8) {
        uint64_t v;
        memcpy(&v, at, sizeof(v));
        uint64_t is_del = v ^ (ones * 0x7f);
        /* Borrows make false hits only above a true one, and the lowest hit is what counts. */
        uint64_t hits = (((v - ones * 0x20) & ~v) | ((is_del - ones) & ~is_del)) & (ones * 0x80);
        if (hits != 0) {
            return at + __builtin_ctzll(hits) / 8;
        }
        at += 8;
    }
#endif
    while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7f) {
        at++;
    }
    return at;
}

/*
 * Skips letters, digits, '-' and '.', sixteen at once where SSE2 is: what names of fields and hosts
 * nearly always consist of, and tchars as well as reg-name characters. It may stop early; the
 * caller goes on with its own class, byte by byte.
 */
static inline const char *wp_http1_skip_common(const char *at, const char *end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
        __m128i mark = _mm_sub_epi8(v, _mm_set1_epi8('-')); /* '.' follows it */
        __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
        __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
        __m128i is_mark = _mm_cmpeq_epi8(_mm_min_epu8(mark, _mm_set1_epi8(1)), mark);
        __m128i common = _mm_or_si128(is_letter, _mm_or_si128(is_digit, is_mark));
        unsigned others = ~(unsigned)_mm_movemask_epi8(common) & 0xffffu;
        if (others != 0) {
            return at + __builtin_ctz(others);
        }
        at += 16;
    }
#endif
    return at;
}

/* The first byte of [at, end) that is no tchar, or `end`. */
static inline const char *wp_http1_skip_token(const char *at, const char *end)
{
    at = wp_http1_skip_common(at, end);
    while (at < end && wp_http1_is(*at, WP_CHAR_TOKEN)) {
        at++;
    }
    return at;
}

/* The first byte of [at, end) that may not be in a request target, or `end`. */
static inline const char *wp_http1_skip_target(const char *at, const char *end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* Signed: bytes from 0x80 are below zero, so "above SP" excludes them too. */
        __m128i above_sp = _mm_cmpgt_epi8(v, _mm_set1_epi8(' '));
        __m128i refused = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('#')),
                                       _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
        unsigned others = ~(unsigned)_mm_movemask_epi8(_mm_andnot_si128(refused, above_sp));
        others &= 0xffffu;
        if (others != 0) {
            return at + __builtin_ctz(others);
        }
        at += 16;
    }
#endif
    while (at < end && wp_http1_is(*at, WP_CHAR_TARGET)) {
        at++;
    }
    return at;
}

/* CRLF at `at`? MORE when it cannot be told yet. */
static inline enum wp_parse wp_http1_crlf(const char *at, const char *end)
{
    if (end - at >= 2) {
        return at[0] == '\r' && at[1] == '\n' ? WP_PARSE_OK : WP_PARSE_BAD;
    }
    return at == end || *at == '\r' ? WP_PARSE_MORE : WP_PARSE_BAD;
}

/* The id of a field name; `name` must consist of tchars. */
enum wp_field_id wp_http1_field_id(const char *name, size_t len);

/*
 * One field line from *at, which is not at a CR. OK: *ret_field is filled (all but is_hop_by_hop)
 * with offsets from `base`, and *at is behind the CRLF. BAD: *ret_reason says why.
 */
enum wp_parse wp_http1_field_line(const char *base, const char **at, const char *end,
                                  struct wp_field *ret_field, const char **ret_reason);

/* The field section from *at to the empty line included. A breach of syntax is `bad_status`. */
enum wp_parse wp_http1_fields(struct wp_head *head, const char **at, const char *end,
                              uint32_t max_fields, uint16_t bad_status);

/* One trailer line from *at, which is before `end` and not at a CR; as wp_http1_field_line(). */
enum wp_parse wp_http1_trailer_line(const char **at, const char *end, bool *ret_is_dropped,
                                    const char **ret_reason);

/* What Connection says: marks hop-by-hop fields, sets is_persistent and has_upgrade. OK or BAD. */
enum wp_parse wp_http1_connection(struct wp_head *head, bool is_request);

/* The framing decision. OK or BAD. */
enum wp_parse wp_http1_frame_request(struct wp_head *head);
enum wp_parse wp_http1_frame_response(struct wp_head *head, enum wp_http_method request_method);

/* Ids as a set. */
#define WP_FIELD_BIT(id) (1u << (id))

/* Whether a field with this id occurs and is forwarded. */
static inline bool wp_http1_has_end_to_end(const struct wp_head *head, enum wp_field_id id)
{
    return head->first[id] != 0 && !head->fields[head->first[id] - 1].is_hop_by_hop;
}

#endif
