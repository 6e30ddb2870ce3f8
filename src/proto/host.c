/*
 * host.c - authorities and host names by their grammar.
 *
 * Thread: any; pure.
 *
 * Strictness follows RFC 3986 section 3.2.2: a reg-name may hold percent-encodings and sub-delims,
 * however odd; a name nobody configured simply finds no route. What is refused is what could be
 * read in two ways: userinfo, a second colon, an unclosed bracket, a port that is no number.
 */
#include "wakeproxy/proto/host.h"

#include <arpa/inet.h>
#include <errno.h>

#include "http1_internal.h"

#define LABEL_MAX 63

/* ":" *DIGIT or nothing. */
static int read_port(struct wp_slice text, uint16_t *ret_port)
{
    uint32_t port = 0;
    if (text.len == 0) {
        *ret_port = 0;
        return 0;
    }
    if (text.ptr[0] != ':') {
        return -EINVAL;
    }
    for (size_t i = 1; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9) {
            return -EINVAL;
        }
        port = port * 10 + digit;
        if (port > UINT16_MAX) {
            return -EINVAL;
        }
    }
    if (port == 0 && text.len > 1) {
        return -EINVAL; /* ":0" names no port anyone could have connected to */
    }
    *ret_port = (uint16_t)port;
    return 0;
}

static bool is_ipv6(struct wp_slice text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, &ignored) == 1;
}

/* The length of the reg-name at the start of `text`. */
static size_t reg_name_len(struct wp_slice text)
{
    size_t i = (size_t)(wp_http1_skip_common(text.ptr, text.ptr + text.len) - text.ptr);
    while (i < text.len) {
        if (wp_http1_is(text.ptr[i], WP_CHAR_REG_NAME)) {
            i++;
        } else if (text.ptr[i] == '%' && text.len - i >= 3 &&
                   wp_http1_is(text.ptr[i + 1], WP_CHAR_HEX) &&
                   wp_http1_is(text.ptr[i + 2], WP_CHAR_HEX)) {
            i += 3;
        } else {
            break;
        }
    }
    return i;
}

int wp_authority_split(struct wp_slice text, struct wp_slice *ret_host, uint16_t *ret_port)
{
    size_t len;
    if (text.len == 0) {
        return -EINVAL;
    }
    if (text.ptr[0] == '[') {
        const char *close = memchr(text.ptr, ']', text.len);
        if (close == NULL ||
            !is_ipv6((struct wp_slice){text.ptr + 1, (size_t)(close - text.ptr) - 1})) {
            return -EINVAL;
        }
        len = (size_t)(close - text.ptr) + 1;
    } else {
        len = reg_name_len(text);
    }
    uint16_t port;
    if (len == 0 || read_port((struct wp_slice){text.ptr + len, text.len - len}, &port) < 0) {
        return -EINVAL;
    }
    *ret_host = (struct wp_slice){text.ptr, len};
    *ret_port = port;
    return 0;
}

size_t wp_host_normalize(struct wp_slice host, char ret_name[WP_HOST_MAX + 1])
{
    size_t len = host.len;
    if (len > 0 && host.ptr[len - 1] == '.') {
        len--;
    }
    if (len > WP_HOST_MAX) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        ret_name[i] = wp_ascii_lower(host.ptr[i]);
    }
    ret_name[len] = '\0';
    return len;
}

static bool is_label_char(char c)
{
    char lower = wp_ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool wp_host_is_pattern(struct wp_slice text)
{
    if (text.len > WP_HOST_MAX) {
        return false;
    }
    if (text.len >= 2 && text.ptr[0] == '*' && text.ptr[1] == '.') {
        text.ptr += 2;
        text.len -= 2;
    }
    size_t label = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (!is_label_char(text.ptr[i]) || ++label > LABEL_MAX) {
            return false;
        }
    }
    return label > 0;
}
