/*
 * http1_head.h - parses one HTTP/1 head (start line and fields) strictly, in one pass.
 *
 * Pure: no I/O, no allocation, no clock; any thread. The head must lie contiguous in memory from
 * its first byte; all positions are offsets from there, so the caller may move the bytes between
 * calls. An incomplete head is resumed at the last line boundary, never rescanned from the start.
 * What is refused and with which status is the table in docs/http.md (RFC 9112 sections 2, 3, 5,
 * 6; RFC 9110 sections 5, 7).
 */
#ifndef WAKEPROXY_PROTO_HTTP1_HEAD_H
#define WAKEPROXY_PROTO_HTTP1_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/slice.h"

enum wp_parse {
    WP_PARSE_MORE, /* well formed so far; call again with more bytes */
    WP_PARSE_OK,
    WP_PARSE_BAD, /* `status` and `reason` say what and why */
};

enum wp_http_method {
    WP_METHOD_OTHER, /* a valid token that is none of the below; `method` has it */
    WP_METHOD_GET,
    WP_METHOD_HEAD,
    WP_METHOD_POST,
    WP_METHOD_PUT,
    WP_METHOD_DELETE,
    WP_METHOD_OPTIONS,
    WP_METHOD_PATCH,
    WP_METHOD_CONNECT,
    WP_METHOD_TRACE,
};

/* Fields the proxy acts on; all others are WP_FIELD_OTHER and travel unchanged. */
enum wp_field_id {
    WP_FIELD_OTHER,
    WP_FIELD_ACCEPT,
    WP_FIELD_CONNECTION,
    WP_FIELD_CONTENT_LENGTH,
    WP_FIELD_DATE,
    WP_FIELD_EXPECT,
    WP_FIELD_FORWARDED,
    WP_FIELD_HOST,
    WP_FIELD_KEEP_ALIVE,
    WP_FIELD_MAX_FORWARDS,
    WP_FIELD_PROXY_AUTHENTICATE,
    WP_FIELD_PROXY_AUTHENTICATION_INFO,
    WP_FIELD_PROXY_AUTHORIZATION,
    WP_FIELD_PROXY_CONNECTION,
    WP_FIELD_SEC_FETCH_MODE,
    WP_FIELD_TE,
    WP_FIELD_TRAILER,
    WP_FIELD_TRANSFER_ENCODING,
    WP_FIELD_UPGRADE,
    WP_FIELD_USER_AGENT,
    WP_FIELD_VIA,
    WP_FIELD_X_FORWARDED_FOR,
    WP_FIELD_X_FORWARDED_HOST,
    WP_FIELD_X_FORWARDED_PROTO,
    WP_FIELD_X_REQUEST_ID,
    WP_FIELD_COUNT,
};

struct wp_field {
    uint16_t name_at, value_at;   /* offsets from the head's first byte */
    uint16_t name_len, value_len; /* the value is trimmed of OWS */
    uint8_t id;                   /* enum wp_field_id */
    bool is_hop_by_hop;           /* not forwarded: listed, or named by Connection */
};

enum wp_framing {
    WP_FRAMING_NONE,   /* no body */
    WP_FRAMING_LENGTH, /* Content-Length; `content_length` */
    WP_FRAMING_CHUNKED,
    WP_FRAMING_TO_CLOSE, /* responses only: until the connection ends */
};

enum wp_target_form {
    WP_TARGET_ORIGIN,   /* /path?query */
    WP_TARGET_ABSOLUTE, /* http://authority/path?query */
    WP_TARGET_ASTERISK, /* * */
};

#define WP_HEAD_MAX_BYTES  65535u
#define WP_HEAD_FIELDS_MAX 200u

struct wp_head_limits {
    uint32_t head_bytes; /* at most WP_HEAD_MAX_BYTES */
    uint32_t target_bytes;
    uint32_t fields; /* at most WP_HEAD_FIELDS_MAX */
};

/* A parsed head, and the state of a parse in progress. Big (about 2.5 KiB): one per worker, not
 * one per conn. `base` must be set again by the caller when the bytes moved. */
struct wp_head {
    const char *base;
    uint32_t length;    /* bytes of the whole head including the last CRLF; valid after OK */
    uint16_t status;    /* response: its status code; after BAD on a request: the answer */
    const char *reason; /* after BAD: a static string for the log and the client */

    uint8_t minor_version; /* HTTP/1.x */
    enum wp_http_method method;
    struct wp_slice method_text;
    enum wp_target_form target_form;
    struct wp_slice target;    /* as received */
    struct wp_slice path;      /* path and query in origin form; "/" when absolute form has none;
                                  "*" for the asterisk form and for OPTIONS of a URI without path.
                                  Starts with '?' when the absolute form has a query but no path:
                                  route it as "/"; the writer puts the '/' before it */
    struct wp_slice authority; /* request: from the absolute form, otherwise Host; may be empty only
                                  in HTTP/1.0 */
    struct wp_slice phrase;    /* response: reason phrase */

    enum wp_framing framing; /* of this message's body, decided here and nowhere else */
    uint64_t content_length;
    bool is_persistent;    /* what version and Connection say about reuse (RFC 9112 9.3) */
    bool has_upgrade;      /* Upgrade present and named by Connection, HTTP/1.1; never to h2c */
    bool expects_continue; /* Expect: 100-continue, HTTP/1.1 */
    bool has_body_fields;  /* response to HEAD, or 304, that says how its body would be framed */

    uint16_t field_count;
    uint32_t repeated; /* bit 1 << id is set for each known field that occurs more than once */
    struct wp_field fields[WP_HEAD_FIELDS_MAX];
    /* 1-based index of the first field with this id; 0 when absent. */
    uint8_t first[WP_FIELD_COUNT];
};

static inline struct wp_slice wp_head_name(const struct wp_head *head, const struct wp_field *field)
{
    return (struct wp_slice){head->base + field->name_at, field->name_len};
}

static inline struct wp_slice wp_head_value(const struct wp_head *head,
                                            const struct wp_field *field)
{
    return (struct wp_slice){head->base + field->value_at, field->value_len};
}

/* After the bytes of a parsed head moved to `base`: sets it, and moves the slices along. */
void wp_head_rebase(struct wp_head *head, const char *base);

/* The first value of a field the proxy knows; an empty slice with NULL ptr when absent. */
struct wp_slice wp_head_get(const struct wp_head *head, enum wp_field_id id);

/*
 * Whether `bytes` can hold a whole head: finds its end. *scan is the caller's resume position
 * (start with 0). MORE: no end yet. OK: *ret_length is the head's size. BAD: a bare CR or LF, a
 * CTL, or leading empty lines beyond one show before the end; the parsers below give the reason
 * when run on the bytes there are. One empty line before a request line is part of the head.
 */
enum wp_parse wp_head_scan(struct wp_slice bytes, uint32_t *scan, uint32_t *ret_length);

/*
 * Parse from the first byte of a message. MORE while incomplete: then call again with all bytes so
 * far (use wp_head_scan() to do so once). BAD as early as it can be told, also on an incomplete
 * head, and with 431/414 as soon as a limit is passed.
 */
enum wp_parse wp_head_parse_request(struct wp_head *head, struct wp_slice bytes,
                                    const struct wp_head_limits *limits);
/*
 * The same for a response to `request_method` (framing depends on it: HEAD, 1xx, 204, 304 have no
 * body). BAD here means the proxy answers 502.
 */
enum wp_parse wp_head_parse_response(struct wp_head *head, struct wp_slice bytes,
                                     enum wp_http_method request_method,
                                     const struct wp_head_limits *limits);

/* RFC 9110 section 9.2.1 and 9.2.2. */
bool wp_method_is_safe(enum wp_http_method method);
bool wp_method_is_idempotent(enum wp_http_method method);

/* tchar, RFC 9110 section 5.6.2. */
bool wp_is_token(struct wp_slice text);

/* Whether Accept prefers text/html over application/problem+json and application/json: browsers. */
bool wp_accept_prefers_html(struct wp_slice accept);

#endif
