/*
 * addr.h - socket addresses and CIDR ranges as values. Pure: numeric forms only, no resolver.
 */
#ifndef WAKEPROXY_BASE_ADDR_H
#define WAKEPROXY_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

/* An IPv4 or IPv6 socket address. All zero (family AF_UNSPEC) means "none". */
struct wp_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
};

struct wp_cidr {
    uint8_t bytes[16]; /* IPv4 is mapped: ::ffff:a.b.c.d */
    uint8_t bits;      /* 0..128 in the mapped form */
};

/* "[::1]:80:..." and "127.0.0.1:80" and ":::1"; longest text plus NUL. */
#define WP_ADDR_SIZE 56

/* "127.0.0.1:80", "[::1]:80"; -EINVAL otherwise. Port 0 is accepted. */
int wp_addr_parse(struct wp_slice text, struct wp_addr *ret_addr) WP_MUST_CHECK;
/* "127.0.0.1" or "::1" (no brackets) with a port given apart. */
int wp_addr_parse_ip(struct wp_slice text, uint16_t port, struct wp_addr *ret_addr) WP_MUST_CHECK;
/* Splits "host:port" and "[v6]:port" without looking at what the host is. -EINVAL when malformed.
 */
int wp_addr_split(struct wp_slice text, struct wp_slice *ret_host,
                  uint16_t *ret_port) WP_MUST_CHECK;
socklen_t wp_addr_len(const struct wp_addr *addr);
uint16_t wp_addr_port(const struct wp_addr *addr);
void wp_addr_set_port(struct wp_addr *addr, uint16_t port);
bool wp_addr_eq(const struct wp_addr *a, const struct wp_addr *b);
/* "127.0.0.1:80", "[::1]:80". Returns the length. */
size_t wp_addr_text(const struct wp_addr *addr, char ret_text[WP_ADDR_SIZE]);
/* "127.0.0.1", "::1"; mapped IPv4 is shown as IPv4. Returns the length. */
size_t wp_addr_ip_text(const struct wp_addr *addr, char ret_text[WP_ADDR_SIZE]);

/* "10.0.0.0/8", "::1", "fd00::/8". -EINVAL when malformed or host bits are set. */
int wp_cidr_parse(struct wp_slice text, struct wp_cidr *ret_cidr) WP_MUST_CHECK;
bool wp_cidr_contains(const struct wp_cidr *cidr, const struct wp_addr *addr);
bool wp_cidr_list_contains(const struct wp_cidr *cidrs, size_t count, const struct wp_addr *addr);

#endif
