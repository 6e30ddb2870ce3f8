/*
 * http1_head.c - one HTTP/1 head: finding its end, the request line, the status line, the target
 * and Host.
 *
 * Thread: any; pure. Owns nothing: a parsed head points into the caller's bytes.
 *
 * A parse starts at the first byte each time and goes strictly left to right: the verdict on a
 * prefix is MORE or the verdict on the whole, and a refusal comes with the first byte that earns
 * it. Only what needs all fields (Host, framing, Connection) waits for the empty line. A caller
 * with an incomplete head uses wp_head_scan(), which remembers where it was, and parses once more
 * at the end; so every byte is looked at twice at most.
 *
 * Invariant: whatever wp_head_scan() refuses, both parsers refuse on the same bytes.
 *
 * Not here: field lines and Connection (http1_field.c), the body's framing (http1_frame.c).
 */
#include "http1_internal.h"

#include "wakeproxy/proto/host.h"

struct wp_slice wp_head_get(const struct wp_head *head, enum wp_field_id id)
{
    unsigned first = head->first[id];
    return first == 0 ? (struct wp_slice){NULL, 0} : wp_head_value(head, &head->fields[first - 1]);
}

enum wp_parse wp_head_scan(struct wp_slice bytes, uint32_t *scan, uint32_t *ret_length)
{
    const char *base = bytes.ptr;
    const char *end = base + bytes.len;
    const char *p = base + *scan;
    for (;;) {
        p = wp_http1_skip_text(p, end);
        if (p < end && *p == '\t') {
            p++;
            continue;
        }
        if (end - p < 2) {
            *scan = (uint32_t)(p - base);
            return p == end || *p == '\r' ? WP_PARSE_MORE : WP_PARSE_BAD;
        }
        if (p[0] != '\r' || p[1] != '\n') {
            return WP_PARSE_BAD;
        }
        size_t at = (size_t)(p - base);
        p += 2;
        if (at == 0 || p[-3] != '\n') {
            continue; /* the end of a line, or the one empty line that may come first */
        }
        if (at == 2 && base[0] == '\r') {
            return WP_PARSE_BAD;
        }
        *scan = *ret_length = (uint32_t)(p - base);
        return WP_PARSE_OK;
    }
}

/* Only what a parse reads before writing it; the fields beyond field_count stay as they are. */
static void reset(struct wp_head *head, const char *base)
{
    head->base = base;
    head->length = 0;
    head->status = 0;
    head->reason = NULL;
    head->minor_version = 0;
    head->method = WP_METHOD_OTHER;
    head->method_text = head->target = head->path = (struct wp_slice){NULL, 0};
    head->authority = head->phrase = (struct wp_slice){NULL, 0};
    head->target_form = WP_TARGET_ORIGIN;
    head->framing = WP_FRAMING_NONE;
    head->content_length = 0;
    head->is_persistent = head->has_upgrade = false;
    head->expects_continue = head->has_body_fields = false;
    head->field_count = 0;
    head->repeated = 0;
    memset(head->first, 0, sizeof(head->first));
}

static enum wp_http_method method_id(struct wp_slice text)
{
    static const struct {
        struct wp_slice name;
        enum wp_http_method id;
    } methods[] = {
        {{"GET", 3}, WP_METHOD_GET},       {{"POST", 4}, WP_METHOD_POST},
        {{"HEAD", 4}, WP_METHOD_HEAD},     {{"PUT", 3}, WP_METHOD_PUT},
        {{"DELETE", 6}, WP_METHOD_DELETE}, {{"OPTIONS", 7}, WP_METHOD_OPTIONS},
        {{"PATCH", 5}, WP_METHOD_PATCH},   {{"CONNECT", 7}, WP_METHOD_CONNECT},
        {{"TRACE", 5}, WP_METHOD_TRACE},
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(methods); i++) {
        if (methods[i].name.ptr[0] == text.ptr[0] && wp_slice_eq(methods[i].name, text)) {
            return methods[i].id;
        }
    }
    return WP_METHOD_OTHER;
}

/* "HTTP/" DIGIT "." DIGIT: case-sensitive, exactly eight bytes (RFC 9112 section 2.3). */
static enum wp_parse read_version(const char *at, const char *end, unsigned *ret_major,
                                  unsigned *ret_minor)
{
    static const char pattern[] = "HTTP/0.0";
    for (int i = 0; i < 8; i++) {
        if (at + i == end) {
            return WP_PARSE_MORE;
        }
        bool is_fine = pattern[i] == '0' ? at[i] >= '0' && at[i] <= '9' : at[i] == pattern[i];
        if (!is_fine) {
            return WP_PARSE_BAD;
        }
    }
    *ret_major = (unsigned)(at[5] - '0');
    *ret_minor = (unsigned)(at[7] - '0');
    return WP_PARSE_OK;
}

/* A minor version we do not know is answered as the highest we do (RFC 9110 section 2.5). */
static void set_minor(struct wp_head *head, unsigned minor)
{
    head->minor_version = minor > 1 ? 1 : (uint8_t)minor;
}

static enum wp_parse split_absolute(struct wp_head *head)
{
    struct wp_slice target = head->target;
    size_t skip = 0;
    if (wp_slice_starts_nocase(target, WP_SLICE("http://"))) {
        skip = 7;
    } else if (wp_slice_starts_nocase(target, WP_SLICE("https://"))) {
        skip = 8;
    } else {
        return wp_http1_bad(head, 400, "target is neither origin form nor an http(s) URI");
    }
    size_t at = skip;
    while (at < target.len && target.ptr[at] != '/' && target.ptr[at] != '?') {
        at++;
    }
    head->target_form = WP_TARGET_ABSOLUTE;
    head->authority = (struct wp_slice){target.ptr + skip, at - skip};
    head->path = (struct wp_slice){target.ptr + at, target.len - at};
    if (head->path.len == 0) {
        /* RFC 9112 section 3.2.4: for OPTIONS such a URI stands for the server as a whole. */
        head->path = head->method == WP_METHOD_OPTIONS ? WP_SLICE("*") : WP_SLICE("/");
    }
    return WP_PARSE_OK;
}

static enum wp_parse split_target(struct wp_head *head)
{
    if (head->target.ptr[0] == '/') {
        head->path = head->target;
        return WP_PARSE_OK;
    }
    if (head->target.len == 1 && head->target.ptr[0] == '*') {
        if (head->method != WP_METHOD_OPTIONS) {
            return wp_http1_bad(head, 400, "asterisk form is for OPTIONS only");
        }
        head->target_form = WP_TARGET_ASTERISK;
        head->path = head->target;
        return WP_PARSE_OK;
    }
    return split_absolute(head);
}

/* method SP target SP version CRLF (RFC 9112 section 3). */
static enum wp_parse read_request_line(struct wp_head *head, const char **at, const char *end,
                                       uint32_t max_target)
{
    const char *start = *at;
    const char *p = start;
    while (p < end && wp_http1_is(*p, WP_CHAR_TOKEN)) {
        p++; /* byte by byte: most methods are three or four */
    }
    if (p == end) {
        return WP_PARSE_MORE;
    }
    if (p == start || *p != ' ') {
        return wp_http1_bad(head, 400, "method is not a token followed by one space");
    }
    head->method_text = (struct wp_slice){start, (size_t)(p - start)};
    const char *target = ++p;
    p = wp_http1_skip_target(p, end);
    head->target = (struct wp_slice){target, (size_t)(p - target)};
    if (head->target.len > max_target) {
        return wp_http1_bad(head, 414, "request target too long");
    }
    if (p == end) {
        return WP_PARSE_MORE;
    }
    if (p == target || *p != ' ') {
        return wp_http1_bad(head, 400, "request target empty, or with a character not allowed");
    }
    unsigned major;
    unsigned minor;
    enum wp_parse parse = read_version(++p, end, &major, &minor);
    if (parse != WP_PARSE_OK) {
        return parse == WP_PARSE_MORE ? parse : wp_http1_bad(head, 400, "malformed HTTP version");
    }
    if (major != 1) {
        return wp_http1_bad(head, 505, "HTTP version not supported");
    }
    parse = wp_http1_crlf(p + 8, end);
    if (parse != WP_PARSE_OK) {
        return parse == WP_PARSE_MORE
                   ? parse
                   : wp_http1_bad(head, 400, "request line does not end in CRLF");
    }
    set_minor(head, minor);
    head->method = method_id(head->method_text);
    if (head->method == WP_METHOD_CONNECT || head->method == WP_METHOD_TRACE) {
        return wp_http1_bad(head, 405, "CONNECT and TRACE are not offered");
    }
    *at = p + 10;
    return split_target(head);
}

/* The absolute form names the host itself; Host must then say the same (DESIGN: 400 when not), with
 * the scheme's default port meaning no port. */
static bool same_authority(const struct wp_head *head, struct wp_slice host, uint16_t host_port)
{
    struct wp_slice own;
    uint16_t own_port;
    if (wp_authority_split(head->authority, &own, &own_port) < 0) {
        return false;
    }
    uint16_t default_port = head->target.ptr[4] == ':' ? 80 : 443; /* "http:" or "https:" */
    own_port = own_port == 0 ? default_port : own_port;
    host_port = host_port == 0 ? default_port : host_port;
    return own_port == host_port && wp_slice_eq_nocase(own, host);
}

static enum wp_parse check_host(struct wp_head *head)
{
    struct wp_slice host;
    uint16_t port;
    if (head->target_form == WP_TARGET_ABSOLUTE &&
        wp_authority_split(head->authority, &host, &port) < 0) {
        return wp_http1_bad(head, 400, "request target with an invalid authority");
    }
    if (head->first[WP_FIELD_HOST] == 0) {
        return head->minor_version == 0 ? WP_PARSE_OK : wp_http1_bad(head, 400, "no Host");
    }
    if ((head->repeated & WP_FIELD_BIT(WP_FIELD_HOST)) != 0) {
        return wp_http1_bad(head, 400, "several Host fields");
    }
    struct wp_slice value = wp_head_get(head, WP_FIELD_HOST);
    if (wp_authority_split(value, &host, &port) < 0) {
        return wp_http1_bad(head, 400, "invalid Host");
    }
    if (head->target_form == WP_TARGET_ABSOLUTE) {
        return same_authority(head, host, port)
                   ? WP_PARSE_OK
                   : wp_http1_bad(head, 400, "Host differs from the request target");
    }
    head->authority = value;
    return WP_PARSE_OK;
}

/* The bytes a head may occupy, and the verdict when they are used up without an end. */
static const char *bounded_end(struct wp_slice bytes, const struct wp_head_limits *limits,
                               bool *ret_is_at_limit)
{
    uint32_t limit = limits->head_bytes;
    if (limit > WP_HEAD_MAX_BYTES) {
        limit = WP_HEAD_MAX_BYTES;
    }
    *ret_is_at_limit = bytes.len >= limit;
    return bytes.ptr + (*ret_is_at_limit ? limit : bytes.len);
}

static enum wp_parse read_request(struct wp_head *head, const char *end,
                                  const struct wp_head_limits *limits)
{
    const char *p = head->base;
    if (p < end && *p == '\r') {
        /* RFC 9112 section 2.2: one empty line is left over from careless clients. */
        enum wp_parse parse = wp_http1_crlf(p, end);
        if (parse != WP_PARSE_OK) {
            return parse == WP_PARSE_MORE ? parse : wp_http1_bad(head, 400, "bare CR");
        }
        p += 2;
        if (p < end && *p == '\r') {
            return wp_http1_bad(head, 400, "more than one empty line before the request");
        }
    }
    enum wp_parse parse = read_request_line(head, &p, end, limits->target_bytes);
    if (parse != WP_PARSE_OK) {
        return parse;
    }
    parse = wp_http1_fields(head, &p, end, limits->fields, 400);
    if (parse != WP_PARSE_OK) {
        return parse;
    }
    head->length = (uint32_t)(p - head->base);
    parse = check_host(head);
    if (parse == WP_PARSE_OK) {
        parse = wp_http1_connection(head, true);
    }
    return parse == WP_PARSE_OK ? wp_http1_frame_request(head) : parse;
}

enum wp_parse wp_head_parse_request(struct wp_head *head, struct wp_slice bytes,
                                    const struct wp_head_limits *limits)
{
    bool is_at_limit;
    const char *end = bounded_end(bytes, limits, &is_at_limit);
    reset(head, bytes.ptr);
    enum wp_parse parse = read_request(head, end, limits);
    if (parse == WP_PARSE_MORE && is_at_limit) {
        return wp_http1_bad(head, 431, "request head too large");
    }
    return parse;
}

/* version SP 3DIGIT [SP reason] CRLF (RFC 9112 section 4). */
static enum wp_parse read_status_line(struct wp_head *head, const char **at, const char *end)
{
    unsigned major;
    unsigned minor;
    const char *p = *at;
    enum wp_parse parse = read_version(p, end, &major, &minor);
    if (parse != WP_PARSE_OK) {
        return parse == WP_PARSE_MORE ? parse : wp_http1_bad(head, 502, "malformed status line");
    }
    if (major != 1) {
        return wp_http1_bad(head, 502, "HTTP version not supported");
    }
    set_minor(head, minor);
    p += 8;
    unsigned status = 0;
    for (int i = 0; i < 4; i++, p++) {
        if (p == end) {
            return WP_PARSE_MORE;
        }
        if (i == 0 ? *p != ' ' : *p < '0' || *p > '9') {
            return wp_http1_bad(head, 502, "status code is not three digits");
        }
        status = i == 0 ? 0 : status * 10 + (unsigned)(*p - '0');
    }
    if (status < 100 || status > 599) {
        return wp_http1_bad(head, 502, "status code out of range");
    }
    if (p == end) {
        return WP_PARSE_MORE;
    }
    if (*p != ' ' && *p != '\r') {
        return wp_http1_bad(head, 502, "status code is not three digits");
    }
    const char *phrase = *p == ' ' ? ++p : p;
    do {
        p = wp_http1_skip_text(p, end);
    } while (p < end && *p == '\t' && ++p);
    parse = wp_http1_crlf(p, end);
    if (parse != WP_PARSE_OK) {
        return parse == WP_PARSE_MORE
                   ? parse
                   : wp_http1_bad(head, 502, "control character in the reason phrase");
    }
    head->phrase = (struct wp_slice){phrase, (size_t)(p - phrase)};
    head->status = (uint16_t)status;
    *at = p + 2;
    return WP_PARSE_OK;
}

static enum wp_parse read_response(struct wp_head *head, const char *end,
                                   enum wp_http_method request_method, uint32_t max_fields)
{
    const char *p = head->base;
    enum wp_parse parse = read_status_line(head, &p, end);
    if (parse != WP_PARSE_OK) {
        return parse;
    }
    parse = wp_http1_fields(head, &p, end, max_fields, 502);
    if (parse != WP_PARSE_OK) {
        return parse;
    }
    head->length = (uint32_t)(p - head->base);
    parse = wp_http1_connection(head, false);
    return parse == WP_PARSE_OK ? wp_http1_frame_response(head, request_method) : parse;
}

enum wp_parse wp_head_parse_response(struct wp_head *head, struct wp_slice bytes,
                                     enum wp_http_method request_method,
                                     const struct wp_head_limits *limits)
{
    bool is_at_limit;
    const char *end = bounded_end(bytes, limits, &is_at_limit);
    reset(head, bytes.ptr);
    enum wp_parse parse = read_response(head, end, request_method, limits->fields);
    if (parse == WP_PARSE_MORE && is_at_limit) {
        return wp_http1_bad(head, 502, "response head too large");
    }
    return parse;
}

static struct wp_slice moved(struct wp_slice slice, const struct wp_head *head, const char *base)
{
    uintptr_t at = (uintptr_t)slice.ptr - (uintptr_t)head->base;
    if (slice.ptr == NULL || at > head->length) {
        return slice; /* "/" or "*" of our own */
    }
    return (struct wp_slice){base + at, slice.len};
}

void wp_head_rebase(struct wp_head *head, const char *base)
{
    head->method_text = moved(head->method_text, head, base);
    head->target = moved(head->target, head, base);
    head->path = moved(head->path, head, base);
    head->authority = moved(head->authority, head, base);
    head->phrase = moved(head->phrase, head, base);
    head->base = base;
}
