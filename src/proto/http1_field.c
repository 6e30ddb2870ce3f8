/*
 * http1_field.c - field lines: their syntax, the names the proxy acts on, and Connection.
 *
 * Thread: any; pure. Owns nothing: results are offsets into the caller's bytes.
 *
 * Invariant: a line is judged strictly left to right, so that the verdict on a prefix is MORE or
 * the verdict on the whole. Feeding a head in pieces can never change its meaning.
 * Invariant: after wp_http1_fields() every recorded name is a token and every value is free of CTLs
 * but HTAB; the writer relies on it when it copies adjacent lines at once.
 *
 * Folded lines (RFC 9112 section 5.2), whitespace before the colon (5.1), bare CR and bare LF (2.2)
 * are refused, never repaired: a repair is where two parsers start to differ.
 *
 * Not here: what the fields mean for the body (http1_frame.c), Host (http1_head.c).
 */
#include "http1_internal.h"

#define NAME_LONGEST           25
#define CONNECTION_OPTIONS_MAX 100

struct known_name {
    const char *name;
    uint8_t id;
};

/* Sorted by length; known_from[] below says where each length starts. */
static const struct known_name known[] = {
    {"te", WP_FIELD_TE},
    {"via", WP_FIELD_VIA},
    {"host", WP_FIELD_HOST},
    {"date", WP_FIELD_DATE},
    {"accept", WP_FIELD_ACCEPT},
    {"expect", WP_FIELD_EXPECT},
    {"upgrade", WP_FIELD_UPGRADE},
    {"trailer", WP_FIELD_TRAILER},
    {"forwarded", WP_FIELD_FORWARDED},
    {"connection", WP_FIELD_CONNECTION},
    {"user-agent", WP_FIELD_USER_AGENT},
    {"keep-alive", WP_FIELD_KEEP_ALIVE},
    {"max-forwards", WP_FIELD_MAX_FORWARDS},
    {"x-request-id", WP_FIELD_X_REQUEST_ID},
    {"content-length", WP_FIELD_CONTENT_LENGTH},
    {"sec-fetch-mode", WP_FIELD_SEC_FETCH_MODE},
    {"x-forwarded-for", WP_FIELD_X_FORWARDED_FOR},
    {"x-forwarded-host", WP_FIELD_X_FORWARDED_HOST},
    {"proxy-connection", WP_FIELD_PROXY_CONNECTION},
    {"transfer-encoding", WP_FIELD_TRANSFER_ENCODING},
    {"x-forwarded-proto", WP_FIELD_X_FORWARDED_PROTO},
    {"proxy-authenticate", WP_FIELD_PROXY_AUTHENTICATE},
    {"proxy-authorization", WP_FIELD_PROXY_AUTHORIZATION},
    {"proxy-authentication-info", WP_FIELD_PROXY_AUTHENTICATION_INFO},
};

/* Index by length: first entry of known[] with that length; the next index is its end. */
static const uint8_t known_from[NAME_LONGEST + 2] = {
    0, 0, 0, 1, 2, 4, 4, 6, 8, 8, 9, 12, 12, 14, 14, 16, 17, 19, 21, 22, 23, 23, 23, 23, 23, 23, 24,
};

/*
 * Not forwarded whatever Connection says. RFC 9110 section 7.6.1 names Proxy-Connection,
 * Keep-Alive, TE, Transfer-Encoding and Upgrade. The three of proxy authentication apply to the
 * next hop only (section 11.7): this gateway asks for no proxy credentials and must not hand those
 * meant for another proxy to an upstream, nor an upstream's challenge to a client that chose no
 * proxy. Trailer is end-to-end: the writer keeps it as long as the body stays chunked.
 */
static const uint32_t hop_by_hop =
    WP_FIELD_BIT(WP_FIELD_CONNECTION) | WP_FIELD_BIT(WP_FIELD_KEEP_ALIVE) |
    WP_FIELD_BIT(WP_FIELD_PROXY_AUTHENTICATE) | WP_FIELD_BIT(WP_FIELD_PROXY_AUTHENTICATION_INFO) |
    WP_FIELD_BIT(WP_FIELD_PROXY_AUTHORIZATION) | WP_FIELD_BIT(WP_FIELD_PROXY_CONNECTION) |
    WP_FIELD_BIT(WP_FIELD_TE) | WP_FIELD_BIT(WP_FIELD_TRANSFER_ENCODING) |
    WP_FIELD_BIT(WP_FIELD_UPGRADE);

/* Framing, routing and identity depend on these; a Connection that names one is an attempt to strip
 * it between two hops. */
static const uint32_t never_named =
    WP_FIELD_BIT(WP_FIELD_CONTENT_LENGTH) | WP_FIELD_BIT(WP_FIELD_FORWARDED) |
    WP_FIELD_BIT(WP_FIELD_HOST) | WP_FIELD_BIT(WP_FIELD_TRANSFER_ENCODING) |
    WP_FIELD_BIT(WP_FIELD_VIA) | WP_FIELD_BIT(WP_FIELD_X_FORWARDED_FOR) |
    WP_FIELD_BIT(WP_FIELD_X_FORWARDED_HOST) | WP_FIELD_BIT(WP_FIELD_X_FORWARDED_PROTO) |
    WP_FIELD_BIT(WP_FIELD_X_REQUEST_ID);

static inline uint64_t load8(const char *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof(v));
    return v;
}

static inline uint32_t load4(const char *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof(v));
    return v;
}

/* `lower` holds letters and '-' only. Among tchars, setting bit 5 maps to one of those exactly the
 * letter in either case and '-' itself, so the fold is exact. */
static inline bool name_eq(const char *name, const char *lower, size_t len)
{
    const uint64_t fold = 0x2020202020202020u;
    if (len >= 8) {
        for (size_t i = 0; i + 8 < len; i += 8) {
            if ((load8(name + i) | fold) != load8(lower + i)) {
                return false;
            }
        }
        return (load8(name + len - 8) | fold) == load8(lower + len - 8);
    }
    if (len >= 4) {
        return (load4(name) | (uint32_t)fold) == load4(lower) &&
               (load4(name + len - 4) | (uint32_t)fold) == load4(lower + len - 4);
    }
    for (size_t i = 0; i < len; i++) {
        if ((name[i] | 0x20) != lower[i]) {
            return false;
        }
    }
    return true;
}

enum wp_field_id wp_http1_field_id(const char *name, size_t len)
{
    if (len > NAME_LONGEST) {
        return WP_FIELD_OTHER;
    }
    for (unsigned i = known_from[len]; i < known_from[len + 1]; i++) {
        if (name_eq(name, known[i].name, len)) {
            return (enum wp_field_id)known[i].id;
        }
    }
    return WP_FIELD_OTHER;
}

/* Why the byte at `at` does not end a field name. Rare, so it may be thorough. */
static const char *name_reason(const char *name, const char *at)
{
    char c = *at;
    if (c == ' ' || c == '\t') {
        return at == name ? "a line starts with whitespace (folded or misplaced)"
                          : "whitespace between field name and colon";
    }
    if (c == ':') {
        return "empty field name";
    }
    if (c == '\r') {
        return "field line without a colon";
    }
    return c == '\n' ? "bare LF in a field line" : "field name is not a token";
}

static const char *value_reason(char c)
{
    if (c == '\n') {
        return "bare LF in a field value";
    }
    return c == '\0' ? "NUL in a field value" : "control character in a field value";
}

enum wp_parse wp_http1_field_line(const char *base, const char **at, const char *end,
                                  struct wp_field *ret_field, const char **ret_reason)
{
    const char *name = *at;
    const char *p = wp_http1_skip_token(name, end);
    if (p == end) {
        return WP_PARSE_MORE;
    }
    if (*p != ':' || p == name) {
        *ret_reason = name_reason(name, p);
        return WP_PARSE_BAD;
    }
    size_t name_len = (size_t)(p - name);
    do {
        p++;
    } while (p < end && (*p == ' ' || *p == '\t'));
    const char *value = p;
    for (;;) {
        p = wp_http1_skip_text(p, end);
        if (p == end) {
            return WP_PARSE_MORE;
        }
        if (*p != '\t') {
            break;
        }
        p++;
    }
    if (*p != '\r') {
        *ret_reason = value_reason(*p);
        return WP_PARSE_BAD;
    }
    if (end - p < 2) {
        return WP_PARSE_MORE;
    }
    if (p[1] != '\n') {
        *ret_reason = "bare CR in a field value";
        return WP_PARSE_BAD;
    }
    *at = p + 2;
    while (p > value && (p[-1] == ' ' || p[-1] == '\t')) {
        p--;
    }
    ret_field->name_at = (uint16_t)(name - base);
    ret_field->name_len = (uint16_t)name_len;
    ret_field->value_at = (uint16_t)(value - base);
    ret_field->value_len = (uint16_t)(p - value);
    ret_field->id = (uint8_t)wp_http1_field_id(name, name_len);
    return WP_PARSE_OK;
}

enum wp_parse wp_http1_fields(struct wp_head *head, const char **at, const char *end,
                              uint32_t max_fields, uint16_t bad_status)
{
    const char *p = *at;
    uint32_t count = 0;
    uint32_t repeated = 0;
    if (max_fields > WP_HEAD_FIELDS_MAX) {
        max_fields = WP_HEAD_FIELDS_MAX;
    }
    for (;;) {
        if (p == end) {
            return WP_PARSE_MORE;
        }
        if (*p == '\r') {
            break;
        }
        if (count == max_fields) {
            return wp_http1_bad(head, bad_status == 400 ? 431 : bad_status, "too many fields");
        }
        struct wp_field *field = &head->fields[count];
        const char *reason;
        enum wp_parse parse = wp_http1_field_line(head->base, &p, end, field, &reason);
        if (parse != WP_PARSE_OK) {
            return parse == WP_PARSE_MORE ? parse : wp_http1_bad(head, bad_status, reason);
        }
        field->is_hop_by_hop = ((hop_by_hop >> field->id) & 1u) != 0;
        count++;
        if (head->first[field->id] == 0) {
            head->first[field->id] = (uint8_t)count;
        } else {
            repeated |= WP_FIELD_BIT(field->id);
        }
    }
    enum wp_parse parse = wp_http1_crlf(p, end);
    if (parse != WP_PARSE_OK) {
        return parse == WP_PARSE_MORE ? parse : wp_http1_bad(head, bad_status, "bare CR");
    }
    head->first[WP_FIELD_OTHER] = 0;
    head->repeated = repeated & ~WP_FIELD_BIT(WP_FIELD_OTHER);
    head->field_count = (uint16_t)count;
    *at = p + 2;
    return WP_PARSE_OK;
}

/* What the Connection fields of one message said. */
struct options {
    unsigned count;
    bool has_close, has_keep_alive, has_upgrade;
};

static void mark_named(struct wp_head *head, struct wp_slice name, enum wp_field_id id)
{
    for (unsigned i = 0; i < head->field_count; i++) {
        struct wp_field *field = &head->fields[i];
        if (field->id != id || (id == WP_FIELD_OTHER && field->name_len != name.len)) {
            continue;
        }
        if (id != WP_FIELD_OTHER || wp_slice_eq_nocase(wp_head_name(head, field), name)) {
            field->is_hop_by_hop = true;
        }
    }
}

/* One connection-option. NULL, or why the message is refused. */
static const char *take_option(struct wp_head *head, struct wp_slice option, bool is_request,
                               struct options *options)
{
    if (++options->count > CONNECTION_OPTIONS_MAX) {
        return "too many connection options";
    }
    if (!wp_is_token(option)) {
        /* It can name no field. Old servers write "keep-alive, timeout=5" here. */
        return is_request ? "connection option is not a token" : NULL;
    }
    enum wp_field_id id = wp_http1_field_id(option.ptr, option.len);
    if (id == WP_FIELD_KEEP_ALIVE) {
        options->has_keep_alive = true;
        return NULL;
    }
    if (id == WP_FIELD_UPGRADE) {
        options->has_upgrade = true;
        return NULL;
    }
    if (id == WP_FIELD_TRANSFER_ENCODING && !is_request) {
        return NULL; /* redundant, seen in the wild, and without effect on what we send */
    }
    if (((never_named >> id) & 1u) != 0) {
        return "Connection names a field that must not be removed";
    }
    if (option.len == 5 && wp_slice_eq_nocase(option, WP_SLICE("close"))) {
        options->has_close = true;
        return NULL;
    }
    mark_named(head, option, id);
    return NULL;
}

/* connection-option is a token, so commas always separate here: no quoted strings to respect, and
 * none to hide a "close" in. */
static const char *take_options(struct wp_head *head, struct wp_slice value, bool is_request,
                                struct options *options)
{
    const char *at = value.ptr;
    const char *end = at + value.len;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma != NULL ? comma : end;
        struct wp_slice option = wp_slice_trim((struct wp_slice){at, (size_t)(stop - at)});
        if (option.len > 0) {
            const char *reason = take_option(head, option, is_request, options);
            if (reason != NULL) {
                return reason;
            }
        }
        at = comma != NULL ? comma + 1 : end;
    }
    return NULL;
}

/* Whether Upgrade may be followed. Not to h2c: its frames would carry requests past everything this
 * proxy decides per request, and RFC 9113 has withdrawn it. Ignoring Upgrade is always allowed (RFC
 * 9110 section 7.8). */
static bool upgrade_is_usable(const struct wp_head *head)
{
    for (unsigned i = head->first[WP_FIELD_UPGRADE]; i != 0 && i <= head->field_count; i++) {
        if (head->fields[i - 1].id != WP_FIELD_UPGRADE) {
            continue;
        }
        struct wp_slice list = wp_head_value(head, &head->fields[i - 1]);
        struct wp_slice protocol;
        while (wp_slice_list_next(&list, &protocol)) {
            if (wp_slice_eq_nocase(protocol, WP_SLICE("h2c"))) {
                return false;
            }
        }
    }
    return head->first[WP_FIELD_UPGRADE] != 0;
}

enum wp_parse wp_http1_connection(struct wp_head *head, bool is_request)
{
    struct options options = {0};
    unsigned first = head->first[WP_FIELD_CONNECTION];
    for (unsigned i = first; i != 0 && i <= head->field_count; i++) {
        if (head->fields[i - 1].id != WP_FIELD_CONNECTION) {
            continue;
        }
        struct wp_slice value = wp_head_value(head, &head->fields[i - 1]);
        const char *reason = take_options(head, value, is_request, &options);
        if (reason != NULL) {
            return wp_http1_bad(head, is_request ? 400 : 502, reason);
        }
    }
    /* RFC 9112 section 9.3: "close" wins over everything. */
    head->is_persistent =
        !options.has_close && (head->minor_version >= 1 || options.has_keep_alive);
    head->has_upgrade = options.has_upgrade && head->minor_version >= 1 && upgrade_is_usable(head);
    return WP_PARSE_OK;
}
