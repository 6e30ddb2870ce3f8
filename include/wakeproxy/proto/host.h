/*
 * host.h - host names and authorities by their grammar (RFC 3986 section 3.2, RFC 9110 7.2).
 * Pure; any thread.
 */
#ifndef WAKEPROXY_PROTO_HOST_H
#define WAKEPROXY_PROTO_HOST_H

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

#define WP_HOST_MAX 255

/*
 * Validates "host[:port]" (reg-name, IPv4, or [IPv6]; no userinfo) and splits it. *ret_port is 0
 * when absent or empty ("host:"). The host of an IPv6 literal keeps its brackets. -EINVAL when it
 * is not a valid authority; an empty host and port 0 are not.
 */
int wp_authority_split(struct wp_slice text, struct wp_slice *ret_host,
                       uint16_t *ret_port) WP_MUST_CHECK;

/*
 * Lower-cases into `ret_name` and drops one trailing dot; the form routes are keyed by. Returns the
 * length, or 0 when it is longer than WP_HOST_MAX.
 */
size_t wp_host_normalize(struct wp_slice host, char ret_name[WP_HOST_MAX + 1]);

/* A host name as configured: labels of letters, digits, '-' and '_', optionally led by "*.". */
bool wp_host_is_pattern(struct wp_slice text);

#endif
