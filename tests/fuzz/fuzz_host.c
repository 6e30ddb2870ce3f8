/*
 * fuzz_host.c - authorities, normal forms and patterns.
 *
 * Properties: a split authority is its host, optionally a colon and digits; host and port split
 * again the same; normalising twice is normalising once; a configured name is a valid authority.
 */
#include <string.h>

#include "fuzz.h"
#include "wakeproxy/proto/host.h"

static void check_split(struct wp_slice text)
{
    struct wp_slice host;
    uint16_t port;
    char joined[WP_HOST_MAX + 16];
    if (wp_authority_split(text, &host, &port) < 0) {
        return;
    }
    fuzz_require(host.ptr == text.ptr && host.len > 0 && host.len <= text.len,
                 "the host is the start of the authority");
    fuzz_require(host.len == text.len || text.ptr[host.len] == ':', "a colon follows the host");
    fuzz_require(memchr(host.ptr, '@', host.len) == NULL, "there is no userinfo");
    if (host.len > WP_HOST_MAX) {
        return;
    }
    int length = snprintf(joined, sizeof(joined), "%.*s:%u", WP_SLICE_ARG(host), port);
    struct wp_slice again;
    uint16_t again_port;
    int r = wp_authority_split((struct wp_slice){joined, (size_t)length}, &again, &again_port);
    fuzz_require(port == 0 || (r == 0 && again_port == port && wp_slice_eq(again, host)),
                 "host and port split again the same");
    r = wp_authority_split(host, &again, &again_port);
    fuzz_require(r == 0 && again_port == 0 && wp_slice_eq(again, host), "the host stands alone");
}

static void check_normal(struct wp_slice text)
{
    char once[WP_HOST_MAX + 1];
    char twice[WP_HOST_MAX + 1];
    size_t length = wp_host_normalize(text, once);
    if (length == 0) {
        return;
    }
    fuzz_require(length <= WP_HOST_MAX && once[length] == '\0', "a normal form is bounded");
    if (once[length - 1] != '.') {
        fuzz_require(wp_host_normalize((struct wp_slice){once, length}, twice) == length &&
                         memcmp(once, twice, length) == 0,
                     "normalising twice is normalising once");
    }
}

static void check_pattern(struct wp_slice text)
{
    struct wp_slice host;
    uint16_t port;
    if (!wp_host_is_pattern(text)) {
        return;
    }
    fuzz_require(text.len <= WP_HOST_MAX, "a pattern is bounded");
    fuzz_require(wp_authority_split(text, &host, &port) == 0 && port == 0 &&
                     wp_slice_eq(host, text),
                 "a pattern is a host without port");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_slice text = {(const char *)data, size};
    check_split(text);
    check_normal(text);
    check_pattern(text);
    return 0;
}
