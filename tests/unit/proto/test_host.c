/*
 * test_host.c - authorities, normal forms and configured patterns.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "wakeproxy/proto/host.h"

/* From a block of exactly its size, so that a read past the end is seen. */
static int split(struct wp_slice text, char *ret_host, uint16_t *ret_port)
{
    char *copy = wp_malloc(text.len == 0 ? 1 : text.len);
    struct wp_slice host = {NULL, 0};
    memcpy(copy, text.ptr, text.len);
    int r = wp_authority_split((struct wp_slice){copy, text.len}, &host, ret_port);
    if (r == 0) {
        memcpy(ret_host, host.ptr, host.len);
        ret_host[host.len] = '\0';
    }
    free(copy);
    return r;
}

static void authorities_are_split(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } rows[] = {
        {"a", "a", 0},
        {"a.test", "a.test", 0},
        {"A.Test.", "A.Test.", 0},
        {"a.test:80", "a.test", 80},
        {"a.test:", "a.test", 0},
        {"a.test:1", "a.test", 1},
        {"a.test:65535", "a.test", 65535},
        {"a.test:0000080", "a.test", 80},
        {"127.0.0.1", "127.0.0.1", 0},
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {"999.1.1.1", "999.1.1.1", 0},
        {"[::1]", "[::1]", 0},
        {"[::1]:80", "[::1]", 80},
        {"[::1]:", "[::1]", 0},
        {"[fe80::1:2:3:4]:1", "[fe80::1:2:3:4]", 1},
        {"[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]", 0},
        {"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", 0},
        {"a_b-c~d", "a_b-c~d", 0},
        {"a%20b", "a%20b", 0},
        {"a!$&'()*+,;=b", "a!$&'()*+,;=b", 0},
        {"xn--bcher-kva.test", "xn--bcher-kva.test", 0},
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        char host[64];
        uint16_t port = 9999;
        assert_int_equal(split(wp_slice_cstr(rows[i].text), host, &port), 0);
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
    }
}

static void authorities_are_refused(void **state)
{
    static const struct wp_slice rows[] = {
        WP_SLICE(""),
        WP_SLICE(":"),
        WP_SLICE(":80"),
        WP_SLICE("a:x"),
        WP_SLICE("a:8x"),
        WP_SLICE("a:+8"),
        WP_SLICE("a: 8"),
        WP_SLICE("a:80 "),
        WP_SLICE("a:0"),
        WP_SLICE("a:65536"),
        WP_SLICE("a:4294967376"),
        WP_SLICE("a:18446744073709551696"),
        WP_SLICE("a:80:80"),
        WP_SLICE("a::80"),
        WP_SLICE("a b"),
        WP_SLICE(" a"),
        WP_SLICE("a/"),
        WP_SLICE("a?"),
        WP_SLICE("a#"),
        WP_SLICE("a@b"),
        WP_SLICE("u:p@b"),
        WP_SLICE("a\\b"),
        WP_SLICE("a\"b"),
        WP_SLICE("a<b>"),
        WP_SLICE("a|b"),
        WP_SLICE("a^b"),
        WP_SLICE("a`b"),
        WP_SLICE("a{b}"),
        WP_SLICE("a%"),
        WP_SLICE("a%2"),
        WP_SLICE("a%2g"),
        WP_SLICE("a%g2"),
        WP_SLICE("a\0b"),
        WP_SLICE("a\x7f"),
        WP_SLICE("a\xc3\xa4"),
        WP_SLICE("["),
        WP_SLICE("[]"),
        WP_SLICE("[::1"),
        WP_SLICE("[::1]80"),
        WP_SLICE("[::1]:80x"),
        WP_SLICE("[::1]]"),
        WP_SLICE("[[::1]]"),
        WP_SLICE("::1"),
        WP_SLICE("[1.2.3.4]"),
        WP_SLICE("[::g]"),
        WP_SLICE("[:::1]"),
        WP_SLICE("[1:2:3:4:5:6:7:8:9]"),
        WP_SLICE("[fe80::1%25eth0]"),
        WP_SLICE("[fe80::1%eth0]"),
        WP_SLICE("[v1.x]"),
        WP_SLICE("[::1\0]"),
        WP_SLICE("[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]"),
        WP_SLICE("a[::1]"),
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        char host[128];
        uint16_t port = 9999;
        if (split(rows[i], host, &port) != -EINVAL) {
            print_error("accepted: %.*s\n", WP_SLICE_ARG(rows[i]));
            fail();
        }
        assert_int_equal(port, 9999); /* results are written only on success */
    }
}

static void hosts_are_normalized(void **state)
{
    char name[WP_HOST_MAX + 1];
    char text[WP_HOST_MAX + 3];
    assert_int_equal(wp_host_normalize(WP_SLICE("Shop-QA.Example.COM"), name), 19);
    assert_string_equal(name, "shop-qa.example.com");
    assert_int_equal(wp_host_normalize(WP_SLICE("A."), name), 1);
    assert_string_equal(name, "a");
    assert_int_equal(wp_host_normalize(WP_SLICE("a.."), name), 2);
    assert_string_equal(name, "a.");
    assert_int_equal(wp_host_normalize(WP_SLICE("[FE80::1]"), name), 9);
    assert_string_equal(name, "[fe80::1]");
    assert_int_equal(wp_host_normalize(WP_SLICE("."), name), 0);
    assert_int_equal(wp_host_normalize(WP_SLICE(""), name), 0);
    memset(text, 'A', sizeof(text));
    assert_int_equal(wp_host_normalize((struct wp_slice){text, WP_HOST_MAX}, name), WP_HOST_MAX);
    assert_int_equal(name[WP_HOST_MAX - 1], 'a');
    assert_int_equal(wp_host_normalize((struct wp_slice){text, WP_HOST_MAX + 1}, name), 0);
    text[WP_HOST_MAX] = '.';
    assert_int_equal(wp_host_normalize((struct wp_slice){text, WP_HOST_MAX + 1}, name),
                     WP_HOST_MAX);
}

static void patterns_are_told(void **state)
{
    static const char *good[] = {
        "a",
        "a.test",
        "*.a.test",
        "*.test",
        "A-b_c.test",
        "127.0.0.1",
        "x1.2y",
        "_sip.test",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", /* 63 */
    };
    static const char *bad[] = {
        "",
        ".",
        "*",
        "*.",
        "**.a",
        "a.*",
        "*a.test",
        "*.*.test",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a:80",
        "[::1]",
        "a%20",
        "a/b",
        "\xc3\xa4.test",
        "a@b",
        "a,b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", /* 64 */
    };
    for (size_t i = 0; i < WP_ARRAY_SIZE(good); i++) {
        assert_true(wp_host_is_pattern(wp_slice_cstr(good[i])));
    }
    for (size_t i = 0; i < WP_ARRAY_SIZE(bad); i++) {
        assert_false(wp_host_is_pattern(wp_slice_cstr(bad[i])));
    }
    char text[WP_HOST_MAX + 2];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 2 == 0 ? 'a' : '.';
    }
    assert_true(wp_host_is_pattern((struct wp_slice){text, WP_HOST_MAX}));
    text[WP_HOST_MAX] = 'b';
    text[WP_HOST_MAX - 1] = 'b';
    assert_false(wp_host_is_pattern((struct wp_slice){text, WP_HOST_MAX + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorities_are_split),
        cmocka_unit_test(authorities_are_refused),
        cmocka_unit_test(hosts_are_normalized),
        cmocka_unit_test(patterns_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
