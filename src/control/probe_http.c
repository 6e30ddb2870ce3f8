/*
 * probe_http.c - asks and judges an HTTP readiness check.
 *
 * Thread:    any; no I/O, no clock. Used by probe_attempt.c on the control loop.
 * Owns:      the bytes of one answer: a head of at most HEAD_MAX, or a body of at most BODY_MAX.
 * Invariant: every answer is judged as early as it can be: by its status line's head, or as soon as
 *            the wanted text has been seen. Servers that keep the connection open cost no wait.
 * Invariant: each byte is looked at a bounded number of times, however it is split.
 * Tolerant:  unlike the data path this reader forgives (bare LF, odd versions): nothing it reads is
 *            ever forwarded, and a check is not the place to find fault with a server's grammar.
 * Not here:  sockets and timeouts (probe_attempt.c), cadence (probe.c).
 */
#include "probe_http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 16384
#define BODY_MAX 65536

char *wp_probe_http_request(const struct wp_conf_ready *ready, const char *host)
{
    return wp_asprintf("%s %s HTTP/1.1\r\n"
                       "Host: %s\r\n"
                       "User-Agent: wakeproxy-probe\r\n"
                       "Accept: */*\r\n"
                       "Connection: close\r\n\r\n",
                       ready->method, ready->path, ready->host != NULL ? ready->host : host);
}

void wp_probe_http_init(struct wp_probe_http *http, const struct wp_conf_ready *ready)
{
    memset(http, 0, sizeof(*http));
    http->ready = ready;
}

void wp_probe_http_fini(struct wp_probe_http *http)
{
    free(http->bytes);
    http->bytes = NULL;
    http->used = http->capacity = 0;
}

__attribute__((format(printf, 2, 3))) static enum wp_probe_verdict bad(struct wp_probe_http *http,
                                                                       const char *format, ...)
{
    va_list arguments;
    int used = snprintf(http->reason, sizeof(http->reason), "%s %.100s ", http->ready->method,
                        http->ready->path);

    if (used < 0 || (size_t)used >= sizeof(http->reason)) {
        used = 0;
    }
    va_start(arguments, format);
    (void)vsnprintf(http->reason + used, sizeof(http->reason) - (size_t)used, format, arguments);
    va_end(arguments);
    http->state = WP_PROBE_HTTP_OVER;
    return WP_PROBE_BAD;
}

static enum wp_probe_verdict good(struct wp_probe_http *http)
{
    http->state = WP_PROBE_HTTP_OVER;
    return WP_PROBE_GOOD;
}

static void keep(struct wp_probe_http *http, const char *bytes, size_t count)
{
    http->bytes = wp_grow(http->bytes, &http->capacity, http->used + count, 1);
    memcpy(http->bytes + http->used, bytes, count);
    http->used += count;
}

/* The next line of a head without its end; false at the end. */
static bool next_line(struct wp_slice *head, struct wp_slice *ret_line)
{
    const char *end = memchr(head->ptr, '\n', head->len);
    size_t length = end != NULL ? (size_t)(end - head->ptr) : head->len;

    if (head->len == 0) {
        return false;
    }
    *ret_line = (struct wp_slice){head->ptr, length};
    if (length > 0 && head->ptr[length - 1] == '\r') {
        ret_line->len--;
    }
    head->ptr += length + (end != NULL);
    head->len -= length + (end != NULL);
    return true;
}

/* "HTTP/1.1 200 OK": the status, or 0. */
static unsigned parse_status(struct wp_slice line)
{
    const char *space = memchr(line.ptr, ' ', line.len);
    const char *end = line.ptr + line.len;
    unsigned status = 0;
    int i;

    if (!wp_slice_starts_nocase(line, WP_SLICE("HTTP/")) || space == NULL || end - space < 4) {
        return 0;
    }
    for (i = 1; i <= 3; i++) {
        if (space[i] < '0' || space[i] > '9') {
            return 0;
        }
        status = status * 10 + (unsigned)(space[i] - '0');
    }
    return end - space == 4 || space[4] == ' ' ? status : 0;
}

/* What the fields say about the body, and whether the wanted one is there. */
struct fields {
    bool is_chunked;
    bool has_wanted;
    uint64_t length; /* UINT64_MAX: not told */
};

static void read_field(const struct wp_conf_ready *ready, struct wp_slice line,
                       struct fields *fields)
{
    const char *colon = memchr(line.ptr, ':', line.len);
    struct wp_slice name, value;

    if (colon == NULL) {
        return;
    }
    name = wp_slice_trim((struct wp_slice){line.ptr, (size_t)(colon - line.ptr)});
    value = wp_slice_trim((struct wp_slice){colon + 1, line.len - (size_t)(colon - line.ptr) - 1});
    if (wp_slice_eq_nocase(name, WP_SLICE("transfer-encoding"))) {
        fields->is_chunked = wp_slice_contains_nocase(value, WP_SLICE("chunked"));
    } else if (wp_slice_eq_nocase(name, WP_SLICE("content-length"))) {
        (void)wp_slice_u64(value, UINT64_MAX - 1, &fields->length);
    }
    if (ready->header_name != NULL && wp_slice_eq_nocase(name, wp_slice_cstr(ready->header_name)) &&
        (ready->header_value == NULL ||
         wp_slice_contains(value, wp_slice_cstr(ready->header_value)))) {
        fields->has_wanted = true;
    }
}

/* Judges what the head alone decides. MORE: the body is wanted. */
static enum wp_probe_verdict judge_head(struct wp_probe_http *http, struct wp_slice head)
{
    const struct wp_conf_ready *ready = http->ready;
    struct fields fields = {.length = UINT64_MAX};
    struct wp_slice line;
    unsigned status = 0;

    if (next_line(&head, &line)) {
        status = parse_status(line);
    }
    if (status == 0) {
        return bad(http, "was not answered with HTTP");
    }
    http->status = status;
    if (status >= 100 && status < 200 && status != 101) {
        return WP_PROBE_MORE; /* interim: the answer is still to come */
    }
    while (next_line(&head, &line)) {
        read_field(ready, line, &fields);
    }
    if (status < ready->status_min || status > ready->status_max) {
        return bad(http, "answered %u", status);
    }
    if (ready->header_name != NULL && !fields.has_wanted) {
        return bad(http, "answered %u without the header %.60s%s%.60s", status, ready->header_name,
                   ready->header_value != NULL ? ": " : "",
                   ready->header_value != NULL ? ready->header_value : "");
    }
    if (ready->body == NULL || ready->body[0] == '\0') {
        return good(http);
    }
    http->left = fields.length;
    http->state = fields.is_chunked ? WP_PROBE_HTTP_CHUNK_LINE : WP_PROBE_HTTP_BODY;
    return WP_PROBE_MORE;
}

/* Whether the bytes so far end a head: an empty line, with or without CR. */
static bool is_head_end(const struct wp_probe_http *http)
{
    const char *end = http->bytes + http->used;

    return http->used >= 2 && end[-1] == '\n' &&
           (end[-2] == '\n' || (http->used >= 3 && end[-2] == '\r' && end[-3] == '\n'));
}

static enum wp_probe_verdict take_head(struct wp_probe_http *http, struct wp_slice *bytes)
{
    enum wp_probe_verdict verdict;

    while (bytes->len > 0) {
        const char *newline = memchr(bytes->ptr, '\n', bytes->len);
        size_t count = newline != NULL ? (size_t)(newline - bytes->ptr) + 1 : bytes->len;

        if (http->used + count > HEAD_MAX) {
            return bad(http, "was answered with a head over %d bytes", HEAD_MAX);
        }
        keep(http, bytes->ptr, count);
        bytes->ptr += count;
        bytes->len -= count;
        if (is_head_end(http)) {
            verdict = judge_head(http, (struct wp_slice){http->bytes, http->used});
            http->used = 0;
            return verdict;
        }
    }
    return WP_PROBE_MORE;
}

static enum wp_probe_verdict missing_body(struct wp_probe_http *http)
{
    return bad(http, "answered %u, and its body does not hold the wanted text", http->status);
}

/* Appends to the decoded body and searches what is new. */
static enum wp_probe_verdict take_body(struct wp_probe_http *http, struct wp_slice *bytes)
{
    struct wp_slice wanted = wp_slice_cstr(http->ready->body);
    size_t count = bytes->len, room = BODY_MAX - http->used;

    count = count < http->left ? count : (size_t)http->left;
    count = count < room ? count : room;
    keep(http, bytes->ptr, count);
    bytes->ptr += count;
    bytes->len -= count;
    if (http->left != UINT64_MAX) {
        http->left -= count;
    }
    if (wp_slice_contains(
            (struct wp_slice){http->bytes + http->searched, http->used - http->searched}, wanted)) {
        return good(http);
    }
    if (http->used >= wanted.len) {
        http->searched = http->used - wanted.len + 1;
    }
    if (http->used == BODY_MAX || (http->left == 0 && http->state == WP_PROBE_HTTP_BODY)) {
        return missing_body(http);
    }
    if (http->left == 0) {
        http->state = WP_PROBE_HTTP_CHUNK_END;
    }
    return WP_PROBE_MORE;
}

/* 0..15, or 16 for what is no digit. */
static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* The size of the next chunk, digit by digit; what follows the digits is skipped. */
static enum wp_probe_verdict take_chunk_line(struct wp_probe_http *http, struct wp_slice *bytes)
{
    while (bytes->len > 0) {
        char c = wp_ascii_lower(*bytes->ptr);
        unsigned digit = hex_digit(c);

        bytes->ptr++;
        bytes->len--;
        if (c == '\n') {
            if (http->chunk_size == 0) {
                return missing_body(http);
            }
            http->left = http->chunk_size;
            http->chunk_size = 0;
            http->is_chunk_size_over = false;
            http->state = WP_PROBE_HTTP_CHUNK_DATA;
            return WP_PROBE_MORE;
        }
        if (digit == 16) {
            http->is_chunk_size_over = true; /* CR or an extension */
        } else if (!http->is_chunk_size_over) {
            if (http->chunk_size > UINT32_MAX) {
                return bad(http, "answered with an absurd chunk");
            }
            http->chunk_size = http->chunk_size * 16 + digit;
        }
    }
    return WP_PROBE_MORE;
}

static enum wp_probe_verdict take_chunk_end(struct wp_probe_http *http, struct wp_slice *bytes)
{
    while (bytes->len > 0) {
        char c = *bytes->ptr;

        bytes->ptr++;
        bytes->len--;
        if (c == '\n') {
            http->state = WP_PROBE_HTTP_CHUNK_LINE;
            return WP_PROBE_MORE;
        }
    }
    return WP_PROBE_MORE;
}

enum wp_probe_verdict wp_probe_http_feed(struct wp_probe_http *http, struct wp_slice bytes)
{
    enum wp_probe_verdict verdict = WP_PROBE_MORE;

    while (verdict == WP_PROBE_MORE && bytes.len > 0) {
        switch (http->state) {
        case WP_PROBE_HTTP_HEAD:
            verdict = take_head(http, &bytes);
            break;
        case WP_PROBE_HTTP_BODY:
        case WP_PROBE_HTTP_CHUNK_DATA:
            verdict = take_body(http, &bytes);
            break;
        case WP_PROBE_HTTP_CHUNK_LINE:
            verdict = take_chunk_line(http, &bytes);
            break;
        case WP_PROBE_HTTP_CHUNK_END:
            verdict = take_chunk_end(http, &bytes);
            break;
        case WP_PROBE_HTTP_OVER:
            return WP_PROBE_BAD;
        }
    }
    /* An answer that announces an empty body is complete without another byte. */
    if (verdict == WP_PROBE_MORE && http->state == WP_PROBE_HTTP_BODY && http->left == 0) {
        return missing_body(http);
    }
    return verdict;
}

enum wp_probe_verdict wp_probe_http_end(struct wp_probe_http *http)
{
    if (http->state != WP_PROBE_HTTP_HEAD) {
        return missing_body(http);
    }
    if (http->used == 0) {
        return bad(http, "was not answered: the connection was closed");
    }
    return bad(http, "was answered with half a head");
}
