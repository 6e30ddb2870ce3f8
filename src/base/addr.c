/*
 * addr.c - socket addresses as values: strict parsing, text, comparison.
 *
 * Thread:    any; pure functions.
 * Owns:      nothing.
 * Invariant: an address is written only when the whole text was understood; bytes that its family
 *            does not use are zero. Parsing is numeric and exact: no names, no octal or short IPv4
 *            forms, no zone ids, no spaces, no leading zeros in a port.
 * Not here:  resolving names, ranges (cidr.c).
 */
#include "wakeproxy/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static int parse_port(struct wp_slice text, uint16_t *ret_port)
{
    uint64_t value;

    if (text.len > 1 && text.ptr[0] == '0') {
        return -EINVAL;
    }
    if (!wp_slice_u64(text, UINT16_MAX, &value)) {
        return -EINVAL;
    }
    *ret_port = (uint16_t)value;
    return 0;
}

int wp_addr_split(struct wp_slice text, struct wp_slice *ret_host, uint16_t *ret_port)
{
    struct wp_slice host, port_text;
    const char *colon;
    uint16_t port;

    if (text.len > 0 && text.ptr[0] == '[') {
        const char *bracket = memchr(text.ptr, ']', text.len);

        if (bracket == NULL) {
            return -EINVAL;
        }
        host = (struct wp_slice){text.ptr + 1, (size_t)(bracket - text.ptr) - 1};
        colon = bracket + 1;
        if (colon == text.ptr + text.len || *colon != ':') {
            return -EINVAL;
        }
    } else {
        colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
        if (colon == NULL) {
            return -EINVAL;
        }
        host = (struct wp_slice){text.ptr, (size_t)(colon - text.ptr)};
    }
    /* A second colon outside brackets ends up in the port and is refused there. */
    port_text = (struct wp_slice){colon + 1, (size_t)(text.ptr + text.len - colon) - 1};
    if (host.len == 0 || parse_port(port_text, &port) < 0) {
        return -EINVAL;
    }
    *ret_host = host;
    *ret_port = port;
    return 0;
}

int wp_addr_parse_ip(struct wp_slice text, uint16_t port, struct wp_addr *ret_addr)
{
    char copy[INET6_ADDRSTRLEN];
    struct wp_addr addr;

    memset(&addr, 0, sizeof(addr));
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL) {
        return -EINVAL;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &addr.in.sin_addr) == 1) {
        addr.in.sin_family = AF_INET;
        addr.in.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, copy, &addr.in6.sin6_addr) == 1) {
        addr.in6.sin6_family = AF_INET6;
        addr.in6.sin6_port = htons(port);
    } else {
        return -EINVAL;
    }
    *ret_addr = addr;
    return 0;
}

int wp_addr_parse(struct wp_slice text, struct wp_addr *ret_addr)
{
    struct wp_slice host;
    struct wp_addr addr;
    uint16_t port;

    if (wp_addr_split(text, &host, &port) < 0 || wp_addr_parse_ip(host, port, &addr) < 0) {
        return -EINVAL;
    }
    /* Brackets are for IPv6 and IPv6 is for brackets. */
    if ((text.ptr[0] == '[') != (addr.sa.sa_family == AF_INET6)) {
        return -EINVAL;
    }
    *ret_addr = addr;
    return 0;
}

socklen_t wp_addr_len(const struct wp_addr *addr)
{
    switch (addr->sa.sa_family) {
    case AF_INET:
        return sizeof(addr->in);
    case AF_INET6:
        return sizeof(addr->in6);
    default:
        return 0;
    }
}

uint16_t wp_addr_port(const struct wp_addr *addr)
{
    switch (addr->sa.sa_family) {
    case AF_INET:
        return ntohs(addr->in.sin_port);
    case AF_INET6:
        return ntohs(addr->in6.sin6_port);
    default:
        return 0;
    }
}

void wp_addr_set_port(struct wp_addr *addr, uint16_t port)
{
    if (addr->sa.sa_family == AF_INET) {
        addr->in.sin_port = htons(port);
    } else if (addr->sa.sa_family == AF_INET6) {
        addr->in6.sin6_port = htons(port);
    }
}

bool wp_addr_eq(const struct wp_addr *a, const struct wp_addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family) {
        return false;
    }
    switch (a->sa.sa_family) {
    case AF_INET:
        return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    case AF_INET6:
        return a->in6.sin6_port == b->in6.sin6_port &&
               a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
               memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
    default:
        return true;
    }
}

/* The four bytes of an IPv4 address, also of a mapped one; NULL for others. */
static const unsigned char *ipv4_bytes(const struct wp_addr *addr)
{
    if (addr->sa.sa_family == AF_INET) {
        return (const unsigned char *)&addr->in.sin_addr;
    }
    if (addr->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr)) {
        return addr->in6.sin6_addr.s6_addr + 12;
    }
    return NULL;
}

size_t wp_addr_ip_text(const struct wp_addr *addr, char ret_text[WP_ADDR_SIZE])
{
    const unsigned char *ipv4 = ipv4_bytes(addr);
    const char *text = NULL;

    if (ipv4 != NULL) {
        text = inet_ntop(AF_INET, ipv4, ret_text, WP_ADDR_SIZE);
    } else if (addr->sa.sa_family == AF_INET6) {
        text = inet_ntop(AF_INET6, &addr->in6.sin6_addr, ret_text, WP_ADDR_SIZE);
    }
    if (text == NULL) {
        memcpy(ret_text, "-", 2);
    }
    return strlen(ret_text);
}

static size_t append_port(char *at, uint16_t port)
{
    char digits[5];
    size_t first = sizeof(digits);
    size_t length;

    do {
        digits[--first] = (char)('0' + port % 10);
        port = (uint16_t)(port / 10);
    } while (port > 0);
    length = sizeof(digits) - first;
    at[0] = ':';
    memcpy(at + 1, digits + first, length);
    at[1 + length] = '\0';
    return length + 1;
}

size_t wp_addr_text(const struct wp_addr *addr, char ret_text[WP_ADDR_SIZE])
{
    size_t length;

    if (addr->sa.sa_family == AF_INET6) {
        ret_text[0] = '[';
        if (inet_ntop(AF_INET6, &addr->in6.sin6_addr, ret_text + 1, INET6_ADDRSTRLEN) == NULL) {
            ret_text[1] = '\0';
        }
        length = strlen(ret_text);
        ret_text[length++] = ']';
    } else {
        length = wp_addr_ip_text(addr, ret_text);
        if (addr->sa.sa_family != AF_INET) {
            return length;
        }
    }
    return length + append_port(ret_text + length, wp_addr_port(addr));
}
