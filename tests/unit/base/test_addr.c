/*
 * test_addr.c - addresses and ranges: what is accepted, what is refused, how it reads again.
 */
#include "test.h"

#include <errno.h>

#include "wakeproxy/base/addr.h"

static void test_parse_good(void **state)
{
    static const struct {
        const char *text, *shown, *ip;
        uint16_t port;
        socklen_t length;
    } cases[] = {
        {"127.0.0.1:80", "127.0.0.1:80", "127.0.0.1", 80, sizeof(struct sockaddr_in)},
        {"0.0.0.0:0", "0.0.0.0:0", "0.0.0.0", 0, sizeof(struct sockaddr_in)},
        {"255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255", 65535,
         sizeof(struct sockaddr_in)},
        {"[::1]:80", "[::1]:80", "::1", 80, sizeof(struct sockaddr_in6)},
        {"[::]:8080", "[::]:8080", "::", 8080, sizeof(struct sockaddr_in6)},
        {"[2001:DB8:0:0::1]:1", "[2001:db8::1]:1", "2001:db8::1", 1, sizeof(struct sockaddr_in6)},
        {"[::ffff:10.1.2.3]:9", "[::ffff:10.1.2.3]:9", "10.1.2.3", 9, sizeof(struct sockaddr_in6)},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, sizeof(struct sockaddr_in6)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[WP_ADDR_SIZE];
        struct wp_addr addr, again;

        assert_int_equal(wp_addr_parse(wp_slice_cstr(cases[i].text), &addr), 0);
        assert_int_equal(wp_addr_port(&addr), cases[i].port);
        assert_int_equal(wp_addr_len(&addr), cases[i].length);
        assert_int_equal(wp_addr_text(&addr, text), strlen(cases[i].shown));
        assert_string_equal(text, cases[i].shown);
        assert_int_equal(wp_addr_parse(wp_slice_cstr(text), &again), 0);
        assert_true(wp_addr_eq(&addr, &again));
        assert_int_equal(wp_addr_ip_text(&addr, text), strlen(cases[i].ip));
        assert_string_equal(text, cases[i].ip);
    }
}

static void test_parse_bad(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1:080",
        "127.0.0.1:8o",
        "127.0.0.1:80 ",
        " 127.0.0.1:80",
        "127.0.0.01:80",
        "127.1:80",
        "127.0.0.256:80",
        "0x7f000001:80",
        "localhost:80",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1]:",
        "[::1:80",
        "[]:80",
        "[[::1]]:80",
        "[127.0.0.1]:80",
        "[fe80::1%lo]:80",
        "[::1]:80:90",
        "127.0.0.1:80:90",
        "[1:2:3:4:5:6:7:8:9]:80",
        "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555]:80",
    };
    struct wp_addr addr = {.in = {.sin_family = AF_INET, .sin_port = 7}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(wp_addr_parse(wp_slice_cstr(bad[i]), &addr), -EINVAL);
    }
    assert_int_equal(wp_addr_parse(WP_SLICE("127.0.0.1\0:80"), &addr), -EINVAL);
    assert_int_equal(wp_addr_parse((struct wp_slice){NULL, 0}, &addr), -EINVAL);
    assert_int_equal(addr.in.sin_port, 7);
    assert_int_equal(wp_addr_parse_ip(WP_SLICE("[::1]"), 1, &addr), -EINVAL);
    assert_int_equal(wp_addr_parse_ip(WP_SLICE("::1"), 1, &addr), 0);
    assert_int_equal(wp_addr_port(&addr), 1);
}

static void test_split(void **state)
{
    struct wp_slice host;
    uint16_t port;

    assert_int_equal(wp_addr_split(WP_SLICE("db.internal:5432"), &host, &port), 0);
    assert_true(wp_slice_eq(host, WP_SLICE("db.internal")));
    assert_int_equal(port, 5432);
    assert_int_equal(wp_addr_split(WP_SLICE("[fe80::1]:22"), &host, &port), 0);
    assert_true(wp_slice_eq(host, WP_SLICE("fe80::1")));
    assert_int_equal(port, 22);
    assert_int_equal(wp_addr_split(WP_SLICE("a:b:1"), &host, &port), -EINVAL);
    assert_int_equal(wp_addr_split(WP_SLICE("["), &host, &port), -EINVAL);
    assert_int_equal(wp_addr_split(WP_SLICE("[a]"), &host, &port), -EINVAL);
}

static struct wp_addr addr_of(const char *ip, uint16_t port)
{
    struct wp_addr addr;

    assert_int_equal(wp_addr_parse_ip(wp_slice_cstr(ip), port, &addr), 0);
    return addr;
}

static void test_identity(void **state)
{
    struct wp_addr four = addr_of("10.1.2.3", 1), mapped = addr_of("::ffff:10.1.2.3", 2);
    struct wp_addr other = addr_of("10.1.2.4", 1), none;
    char text[WP_ADDR_SIZE];

    memset(&none, 0, sizeof(none));
    assert_false(wp_addr_eq(&four, &mapped));
    wp_addr_set_port(&other, 9);
    assert_int_equal(wp_addr_port(&other), 9);
    wp_addr_set_port(&mapped, 10);
    assert_int_equal(wp_addr_port(&mapped), 10);
    assert_true(wp_addr_eq(&none, &none));
    assert_false(wp_addr_eq(&none, &four));
    assert_int_equal(wp_addr_len(&none), 0);
    assert_int_equal(wp_addr_text(&none, text), 1);
    assert_string_equal(text, "-");
}

static void test_cidr_contains(void **state)
{
    static const struct {
        const char *range, *ip;
        bool is_inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.2", false},
        {"10.1.2.2/31", "10.1.2.3", true},
        {"10.1.2.2/31", "10.1.2.4", false},
        {"10.1.2.128/25", "10.1.2.127", false},
        {"10.1.2.128/25", "10.1.2.255", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"0.0.0.0/0", "::", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "10.1.2.3", false},
        {"::/0", "::ffff:10.1.2.3", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
    };
    struct wp_addr none;

    memset(&none, 0, sizeof(none));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wp_addr addr = addr_of(cases[i].ip, 1);
        struct wp_cidr cidr;

        assert_int_equal(wp_cidr_parse(wp_slice_cstr(cases[i].range), &cidr), 0);
        assert_int_equal(wp_cidr_contains(&cidr, &addr), cases[i].is_inside);
        assert_false(wp_cidr_contains(&cidr, &none));
        assert_int_equal(wp_cidr_list_contains(&cidr, 1, &addr), cases[i].is_inside);
        assert_false(wp_cidr_list_contains(&cidr, 0, &addr));
    }
}

static void test_cidr_bad(void **state)
{
    static const char *const bad[] = {
        "",        "/8",         "10.0.0.0/",   "10.0.0.0/33", "10.0.0.1/8",   "10.0.0.0/08",
        "::/129",  "10/8",       "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0.0/8/8", "fd00::1/8",
        "[::1]/8", "host/8",     "10.0.0.0:80", "::1/0",       "0.0.0.0/0x0",  "1.2.3.4/31 ",
        "::1/127", "10.0.0.3/31"};
    struct wp_cidr cidr;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(wp_cidr_parse(wp_slice_cstr(bad[i]), &cidr), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_good),    cmocka_unit_test(test_parse_bad),
        cmocka_unit_test(test_split),         cmocka_unit_test(test_identity),
        cmocka_unit_test(test_cidr_contains), cmocka_unit_test(test_cidr_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
