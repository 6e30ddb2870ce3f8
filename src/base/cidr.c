/*
 * cidr.c - address ranges such as 10.0.0.0/8 and fd00::/8.
 *
 * Thread:    any; pure functions.
 * Owns:      nothing.
 * Invariant: IPv4 is kept in the mapped form, so an IPv4 range has at least 96 bits. A shorter
 *            range was written as IPv6 and matches IPv6 only: "::/0" does not trust all of IPv4.
 * Invariant: host bits are zero, so that a range means what it looks like.
 * Not here:  what a range is good for (trusted proxies, rules).
 */
#include "wakeproxy/base/addr.h"

#include <errno.h>
#include <string.h>

#define IPV4_PREFIX_BITS 96u

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* The address in 16 bytes; false for "none". */
static bool mapped_bytes(const struct wp_addr *addr, uint8_t ret_bytes[16])
{
    if (addr->sa.sa_family == AF_INET) {
        memcpy(ret_bytes, mapped_prefix, sizeof(mapped_prefix));
        memcpy(ret_bytes + sizeof(mapped_prefix), &addr->in.sin_addr, 4);
        return true;
    }
    if (addr->sa.sa_family == AF_INET6) {
        memcpy(ret_bytes, &addr->in6.sin6_addr, 16);
        return true;
    }
    return false;
}

static bool has_host_bits(const uint8_t bytes[16], unsigned bits)
{
    for (unsigned i = bits; i < 128; i++) {
        if ((bytes[i / 8] & (0x80u >> (i % 8))) != 0) {
            return true;
        }
    }
    return false;
}

int wp_cidr_parse(struct wp_slice text, struct wp_cidr *ret_cidr)
{
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    struct wp_slice ip = text;
    struct wp_cidr cidr;
    struct wp_addr addr;
    uint64_t width, bits;

    if (slash != NULL) {
        ip.len = (size_t)(slash - text.ptr);
    }
    if (wp_addr_parse_ip(ip, 0, &addr) < 0 || !mapped_bytes(&addr, cidr.bytes)) {
        return -EINVAL;
    }
    width = addr.sa.sa_family == AF_INET ? 32 : 128;
    bits = width;
    if (slash != NULL) {
        struct wp_slice digits = {slash + 1, text.len - ip.len - 1};

        if ((digits.len > 1 && digits.ptr[0] == '0') || !wp_slice_u64(digits, width, &bits)) {
            return -EINVAL;
        }
    }
    cidr.bits = (uint8_t)(bits + (128 - width));
    if (has_host_bits(cidr.bytes, cidr.bits)) {
        return -EINVAL;
    }
    *ret_cidr = cidr;
    return 0;
}

bool wp_cidr_contains(const struct wp_cidr *cidr, const struct wp_addr *addr)
{
    unsigned whole = cidr->bits / 8, rest = cidr->bits % 8;
    uint8_t bytes[16];

    if (!mapped_bytes(addr, bytes)) {
        return false;
    }
    if (cidr->bits < IPV4_PREFIX_BITS && memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        return false;
    }
    if (memcmp(bytes, cidr->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || ((bytes[whole] ^ cidr->bytes[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

bool wp_cidr_list_contains(const struct wp_cidr *cidrs, size_t count, const struct wp_addr *addr)
{
    for (size_t i = 0; i < count; i++) {
        if (wp_cidr_contains(&cidrs[i], addr)) {
            return true;
        }
    }
    return false;
}
