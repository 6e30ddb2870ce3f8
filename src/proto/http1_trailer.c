/*
 * http1_trailer.c - which fields may come after a chunked body (RFC 9110 section 6.5.1).
 *
 * Thread: any; pure.
 *
 * Three kinds. What framing, routing, hop-by-hop handling or the sender's identity depend on ends
 * the message as BAD: no honest sender puts it here. What a recipient could only act on before the
 * body (authentication, content format, caching, conditions, cookies) is dropped, as each recipient
 * is free to do with any trailer field, so that no careless next hop merges it into the head. The
 * rest travels on.
 */
#include "http1_internal.h"

#include "wakeproxy/base/mem.h"

/* Of the fields the proxy acts on: those that may not come late. */
static bool is_refused_in_trailer(enum wp_field_id id)
{
    switch (id) {
    case WP_FIELD_CONNECTION:
    case WP_FIELD_CONTENT_LENGTH:
    case WP_FIELD_EXPECT:
    case WP_FIELD_FORWARDED:
    case WP_FIELD_HOST:
    case WP_FIELD_KEEP_ALIVE:
    case WP_FIELD_MAX_FORWARDS:
    case WP_FIELD_PROXY_CONNECTION:
    case WP_FIELD_TE:
    case WP_FIELD_TRAILER:
    case WP_FIELD_TRANSFER_ENCODING:
    case WP_FIELD_UPGRADE:
    case WP_FIELD_VIA:
    case WP_FIELD_X_FORWARDED_FOR:
    case WP_FIELD_X_FORWARDED_HOST:
    case WP_FIELD_X_FORWARDED_PROTO:
    case WP_FIELD_X_REQUEST_ID:
        return true;
    case WP_FIELD_OTHER:
    case WP_FIELD_ACCEPT:
    case WP_FIELD_DATE:
    case WP_FIELD_PROXY_AUTHENTICATE:
    case WP_FIELD_PROXY_AUTHENTICATION_INFO:
    case WP_FIELD_PROXY_AUTHORIZATION:
    case WP_FIELD_SEC_FETCH_MODE:
    case WP_FIELD_USER_AGENT:
    case WP_FIELD_COUNT:
        return false;
    }
    return false;
}

static bool is_dropped_in_trailer(struct wp_slice name, enum wp_field_id id)
{
    static const struct wp_slice names[] = {
        {"accept-charset", 14},
        {"accept-encoding", 15},
        {"accept-language", 15},
        {"age", 3},
        {"authorization", 13},
        {"cache-control", 13},
        {"content-encoding", 16},
        {"content-language", 16},
        {"content-location", 16},
        {"content-range", 13},
        {"content-type", 12},
        {"cookie", 6},
        {"expires", 7},
        {"if-match", 8},
        {"if-modified-since", 17},
        {"if-none-match", 13},
        {"if-range", 8},
        {"if-unmodified-since", 19},
        {"location", 8},
        {"pragma", 6},
        {"range", 5},
        {"retry-after", 11},
        {"set-cookie", 10},
        {"vary", 4},
        {"warning", 7},
        {"www-authenticate", 16},
        {"authentication-info", 19},
    };
    if (id != WP_FIELD_OTHER) {
        return true; /* of those known and not refused, none makes sense this late */
    }
    for (size_t i = 0; i < WP_ARRAY_SIZE(names); i++) {
        if (wp_slice_eq_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

enum wp_parse wp_http1_trailer_line(const char **at, const char *end, bool *ret_is_dropped,
                                    const char **ret_reason)
{
    const char *line = *at;
    struct wp_field field;
    enum wp_parse parse = wp_http1_field_line(line, at, end, &field, ret_reason);
    if (parse != WP_PARSE_OK) {
        return parse;
    }
    enum wp_field_id id = (enum wp_field_id)field.id;
    if (is_refused_in_trailer(id)) {
        *ret_reason = "trailer field that belongs in the head";
        return WP_PARSE_BAD;
    }
    *ret_is_dropped = is_dropped_in_trailer((struct wp_slice){line, field.name_len}, id);
    return WP_PARSE_OK;
}
