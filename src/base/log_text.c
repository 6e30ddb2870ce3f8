/*
 * log_text.c - values as text: escaping, numbers, time.
 *
 * Thread:    any; the only state is a per-thread copy of the current second as text, because
 *            formatting a date costs more than the rest of a line.
 * Owns:      nothing; all output goes to the caller's buffer.
 * Invariant: whatever the bytes, the output is valid UTF-8, holds no control character (neither C0,
 *            DEL nor C1) and so can neither break a line nor drive a terminal.
 * Invariant: nothing is written at or beyond `limit`.
 * Not here:  keys, commas and braces (log_line.c).
 */
#include "log_text.h"

#include <time.h>

#include "wakeproxy/base/clock.h"

enum byte_class {
    BYTE_ESCAPE, /* control, quote or backslash: as an escape */
    BYTE_WORD,   /* as it is, also outside quotes */
    BYTE_QUOTED, /* as it is, inside quotes */
    BYTE_WIDE,   /* part of a UTF-8 sequence, valid or not */
};

static enum byte_class class_of(unsigned char byte)
{
    if (byte >= 0x80) {
        return BYTE_WIDE;
    }
    if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
        return BYTE_ESCAPE;
    }
    return byte == ' ' || byte == '=' ? BYTE_QUOTED : BYTE_WORD;
}

char *wp_log_text_raw(char *at, const char *limit, struct wp_slice bytes)
{
    if (at == NULL || (size_t)(limit - at) < bytes.len) {
        return NULL;
    }
    if (bytes.len > 0) {
        memcpy(at, bytes.ptr, bytes.len);
    }
    return at + bytes.len;
}

char *wp_log_text_u64(char *at, const char *limit, uint64_t value)
{
    char digits[20];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return wp_log_text_raw(at, limit, (struct wp_slice){digits + first, sizeof(digits) - first});
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/*
 * The length of the valid UTF-8 sequence at the start of `bytes`, or 0 (RFC 3629 section 4: no
 * overlong forms, no surrogates, nothing beyond U+10FFFF).
 */
static size_t utf8_length(const unsigned char *bytes, size_t left)
{
    unsigned char lead = bytes[0];
    unsigned char low = 0x80, high = 0xbf;

    if (lead >= 0xc2 && lead <= 0xdf) {
        return left >= 2 && is_continuation(bytes[1]) ? 2 : 0;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        low = lead == 0xe0 ? 0xa0 : low;
        high = lead == 0xed ? 0x9f : high;
        return left >= 3 && bytes[1] >= low && bytes[1] <= high && is_continuation(bytes[2]) ? 3
                                                                                             : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        low = lead == 0xf0 ? 0x90 : low;
        high = lead == 0xf4 ? 0x8f : high;
        return left >= 4 && bytes[1] >= low && bytes[1] <= high && is_continuation(bytes[2]) &&
                       is_continuation(bytes[3])
                   ? 4
                   : 0;
    }
    return 0;
}

/* \uXXXX, or the short form where JSON has one. `code` is below 0x100. */
static char *append_escape(char *at, const char *limit, unsigned char code)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]};
    size_t length = 2;

    switch (code) {
    case '"':
    case '\\':
        text[1] = (char)code;
        break;
    case '\n':
        text[1] = 'n';
        break;
    case '\r':
        text[1] = 'r';
        break;
    case '\t':
        text[1] = 't';
        break;
    default:
        length = sizeof(text);
        break;
    }
    return wp_log_text_raw(at, limit, (struct wp_slice){text, length});
}

/* One byte or sequence that may not be plain; sets *ret_taken to what it took of the input. */
static char *append_special(char *at, const char *limit, const unsigned char *bytes, size_t left,
                            size_t *ret_taken)
{
    size_t length;

    *ret_taken = 1;
    if (bytes[0] < 0x80) {
        return append_escape(at, limit, bytes[0]);
    }
    length = utf8_length(bytes, left);
    if (length == 0) {
        return wp_log_text_raw(at, limit, WP_SLICE("\\ufffd"));
    }
    *ret_taken = length;
    if (bytes[0] == 0xc2 && bytes[1] < 0xa0) {
        return append_escape(at, limit, bytes[1]); /* C1: terminals act on these too */
    }
    return wp_log_text_raw(at, limit, (struct wp_slice){(const char *)bytes, length});
}

static size_t plain_length(const unsigned char *bytes, size_t left)
{
    size_t length = 0;

    while (length < left) {
        enum byte_class class = class_of(bytes[length]);

        if (class == BYTE_ESCAPE || class == BYTE_WIDE) {
            break;
        }
        length++;
    }
    return length;
}

char *wp_log_text_quoted(char *at, const char *limit, struct wp_slice value)
{
    const unsigned char *bytes = (const unsigned char *)value.ptr;
    size_t left = value.len;

    at = wp_log_text_raw(at, limit, WP_SLICE("\""));
    while (at != NULL && left > 0) {
        size_t taken = plain_length(bytes, left);

        if (taken > 0) {
            at = wp_log_text_raw(at, limit, (struct wp_slice){(const char *)bytes, taken});
        } else {
            at = append_special(at, limit, bytes, left, &taken);
        }
        bytes += taken;
        left -= taken;
    }
    return at == NULL ? NULL : wp_log_text_raw(at, limit, WP_SLICE("\""));
}

char *wp_log_text_word(char *at, const char *limit, struct wp_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (class_of((unsigned char)value.ptr[i]) != BYTE_WORD) {
            return wp_log_text_quoted(at, limit, value);
        }
    }
    if (value.len == 0) {
        return wp_log_text_raw(at, limit, WP_SLICE("\"\""));
    }
    return wp_log_text_raw(at, limit, value);
}

struct second_text {
    uint64_t second; /* since 1970 */
    bool is_valid;
    char text[WP_RFC3339_SIZE];
};

static void fill_utc(struct second_text *cache, uint64_t wall_ms)
{
    wp_clock_rfc3339(wall_ms, cache->text);
}

static void fill_local(struct second_text *cache, uint64_t wall_ms)
{
    time_t second = (time_t)(wall_ms / 1000);
    struct tm local;

    if (localtime_r(&second, &local) == NULL ||
        strftime(cache->text, sizeof(cache->text), "%H:%M:%S.000", &local) == 0) {
        memcpy(cache->text, "--:--:--.000", sizeof("--:--:--.000"));
    }
}

size_t wp_log_text_time(uint64_t wall_ms, bool json, char ret_text[WP_LOG_TIME_SIZE])
{
    static _Thread_local struct second_text caches[2];
    struct second_text *cache = &caches[json];
    size_t length = json ? WP_RFC3339_SIZE - 1 : sizeof("18:37:00.123") - 1;
    size_t millis = json ? length - 4 : length - 3;
    unsigned ms = (unsigned)(wall_ms % 1000);

    if (!cache->is_valid || cache->second != wall_ms / 1000) {
        if (json) {
            fill_utc(cache, wall_ms);
        } else {
            fill_local(cache, wall_ms);
        }
        cache->second = wall_ms / 1000;
        cache->is_valid = true;
    }
    memcpy(ret_text, cache->text, length);
    ret_text[millis] = (char)('0' + ms / 100);
    ret_text[millis + 1] = (char)('0' + ms / 10 % 10);
    ret_text[millis + 2] = (char)('0' + ms % 10);
    return length;
}
