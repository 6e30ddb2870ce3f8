/*
 * test_checks.c - what is wrong with the values of a file, word for word: grammar, bounds, and what
 * only shows when keys are seen together; then all of it at once, too much of it, and files made to
 * cost.
 */
#include "said.h"

static void test_hosts(void **state)
{
    static const struct {
        const char *host, *said;
    } cases[] = {
        {"http://a.example", "is a URL; write only the host name"},
        {"a.example/x", "holds a path; write only the host name"},
        {"a.example:80", "holds a port; a trace's hosts are matched without one"},
        {"a..b", "has an empty label; write single dots between names"},
        {".a", "has an empty label; write single dots between names"},
        {"a b", "is not a host name; write one such as app.example.com or \"*.example.com\""},
        {"*", "is not a wildcard; only a whole first label can be one, as in \"*.example.com\""},
        {"*.", "names no host; write one such as app.example.com or \"*.example.com\""},
        {".", "names no host; write one such as app.example.com or \"*.example.com\""},
        {"a.*.b",
         "is not a wildcard; only a whole first label can be one, as in \"*.example.com\""},
        {"a*.b", "is not a wildcard; only a whole first label can be one, as in \"*.example.com\""},
        {"\xc3\xa9.example", "is not ASCII; write an international name in its xn-- form"},
        {"", "is empty; write a host name such as app.example.com"},
        {"1234567890123456789012345678901234567890123456789012345678901234.example",
         "has a label of more than 63 characters; shorten it"},
    };
    char yaml[400], expected[400], *said;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        snprintf(yaml, sizeof(yaml), "traces: {t: {hosts: '%s', upstream: {address: 'h:1'}}}",
                 cases[i].host);
        snprintf(expected, sizeof(expected), "1:21: \"hosts\": \"%s\" %s", cases[i].host,
                 cases[i].said);
        said = said_of(wp_slice_cstr(yaml));
        assert_string_equal(said, expected);
        free(said);
    }
}

static void test_upstreams(void **state)
{
    static const struct {
        const char *address, *said;
    } cases[] = {
        {"h", "is not an address; write host:port, such as 127.0.0.1:8080 or [::1]:8080"},
        {"h:0", "has port 0; write the port the application listens on"},
        {"h:65536", "is not an address; write host:port, such as 127.0.0.1:8080 or [::1]:8080"},
        {"http://h:1", "is a URL; write host:port"},
        {"*.h:1", "holds a wildcard; write the one host to connect to"},
        {"a_b c:1", "is not a host name; write one such as app.example.com or \"*.example.com\""},
        {"[1::2::3]:1", "is not an IPv6 address; write one such as [2001:db8::1]:8080"},
    };
    char yaml[400], expected[400], *said;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        snprintf(yaml, sizeof(yaml), "traces: {t: {hosts: t, upstream: {address: '%s'}}}",
                 cases[i].address);
        snprintf(expected, sizeof(expected), "1:44: \"address\": \"%s\" %s", cases[i].address,
                 cases[i].said);
        said = said_of(wp_slice_cstr(yaml));
        assert_string_equal(said, expected);
        free(said);
    }
}

static void test_bounds(void **state)
{
    static const struct bad cases[] = {
        {"workers: 0" GOOD, "1:10: \"workers\" is 0; it must be 1 to 256"},
        {"workers: 257" GOOD, "1:10: \"workers\" is 257; it must be 1 to 256"},
        {"limits: {head_size: 1023}" GOOD, "1:21: \"head_size\" is 1023; it must be 1KiB to 16KiB"},
        {"limits: {head_size: 17KiB}" GOOD,
         "1:21: \"head_size\" is 17KiB; it must be 1KiB to 16KiB"},
        {"limits: {fields: 201}" GOOD, "1:18: \"fields\" is 201; it must be 10 to 200"},
        {"limits: {held: 18446744073709551616}" GOOD,
         "1:16: \"held\" must be a whole number, found \"18446744073709551616\""},
        {"limits: {held: 4294967297}" GOOD,
         "1:16: \"held\" is 4294967297; it must be 1 to 10000000"},
        {"limits: {header_timeout: 10ms}" GOOD,
         "1:26: \"header_timeout\" is 10ms; it must be 100ms to 1h"},
        {TRACE "    idle: 366d" REST, "3:11: \"idle\" is 366d; it must be 10ms to 365d"},
        {TRACE "    max_awake: 10ms" REST, "3:16: \"max_awake\" is 10ms; it must be 1s to 365d"},
        {TRACE "    ready: {consecutive: 0}" REST,
         "3:26: \"consecutive\" is 0; it must be 1 to 100"},
        {"limits: {head_size: 1KiB}" GOOD, "1:10: \"target_length\" (8000) is more than "
                                           "\"head_size\" (1024), which holds it; lower it"},
        {"limits: {target_length: 9000, head_size: 8KiB}" GOOD,
         "1:10: \"target_length\" (9000) is more than \"head_size\" (8192), which holds it; lower "
         "it"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_hosts_and_listeners(void **state)
{
    static const struct bad cases[] = {
        {"traces:\n  a: {hosts: [x, X.], upstream: {address: 'h:1'}}\n"
         "  b: {hosts: x, upstream: {address: 'h:1'}}\n",
         "2:18: host \"x\" is already used at line 2, column 15; a host belongs to one trace\n"
         "3:14: host \"x\" is already used at line 2, column 15; a host belongs to one trace"},
        {"traces: {a: {hosts: [], upstream: {address: 'h:1'}}}",
         "1:21: \"hosts\" is empty; a trace needs at least one host"},
        {"listen: {http: ['127.0.0.1:80', '127.0.0.1:80']}" GOOD,
         "1:33: \"127.0.0.1:80\" is already taken by \"127.0.0.1:80\" at line 1, column 17; remove "
         "one of them"},
        {"listen: {http: ['0.0.0.0:80', '127.0.0.1:80', '127.0.0.1:81', '[::1]:80']}" GOOD,
         "1:31: \"127.0.0.1:80\" is already taken by \"0.0.0.0:80\" at line 1, column 17; remove "
         "one "
         "of them"},
        {"listen: {http: ['127.0.0.1:80', ':80']}" GOOD,
         "1:33: \":80\" is already taken by \"127.0.0.1:80\" at line 1, column 17; remove one of "
         "them"},
        {"listen: {http: ['127.0.0.1:0', '127.0.0.1:0', ':0']}" GOOD, ""},
        {"listen: {http: ['127.0.0.1:80', '127.0.0.2:80', '[::1]:80']}" GOOD, ""},
        {"listen: {http: ':1'}\ntraces: {t: {hosts: t, upstream: {address: '127.0.0.1:1'}}}",
         "2:10: trace \"t\": its upstream 127.0.0.1:1 is wakeproxy's own listener \":1\"; write "
         "the "
         "application's address"},
        {"listen: {http: '0.0.0.0:1'}\ntraces: {t: {hosts: t, upstream: {address: '[::1]:1'}}}",
         ""},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_parts(void **state)
{
    static const struct bad cases[] = {
        {TRACE "    parts: {a: {process: {command: x, outlive: true}}}" REST,
         "3:13: part \"a\" has \"outlive\", but without \"state_dir\" it could not be found again; "
         "add state_dir: /var/lib/wakeproxy"},
        {"state_dir: /x\n" TRACE "    parts: {a: {process: {command: x, outlive: true}}}" REST, ""},
        {TRACE "    parts: {a: {sim: , after: a}}" REST,
         "3:13: parts form a cycle: a -> a; remove one \"after\""},
        {TRACE "    parts:\n      db: {sim: , after: app}\n      app: {sim: , after: [x, db]}\n"
               "      x: {sim: }" REST,
         "4:7: parts form a cycle: db -> app -> db; remove one \"after\""},
        {TRACE "    parts: {a: {sim: , after: b}, b: {sim: , after: c}, c: {sim: , after: b}}" REST,
         "3:35: parts form a cycle: b -> c -> b; remove one \"after\""},
        {TRACE "    parts: {a: {sim: , after: [b, c]}, b: {sim: , after: c}, c: {sim: }}" REST, ""},
        {TRACE "    parts: {cache: {sim: , after: [cach, zz]}}" REST,
         "3:36: \"after\": trace \"t\" has no part \"cach\"; did you mean \"cache\"?\n"
         "3:42: \"after\": trace \"t\" has no part \"zz\"; add it under \"parts\""},
        {TRACE "    parts: {a: {sim: }, b: {sim: , after: [a, a]}}" REST,
         "3:47: part \"a\" is listed twice; remove one"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_upstream_keys(void **state)
{
    static const struct bad cases[] = {
        {"traces: {t: {hosts: t, upstream: {}}}",
         "1:24: trace \"t\" has an upstream without address; add address: host:port, or part and "
         "port"},
        {"traces: {t: {hosts: t, upstream: {address: []}}}",
         "1:35: \"address\" is an empty list; write host:port"},
        {"traces: {t: {hosts: t, upstream: {address: 'h:1', port: 2}}}",
         "1:51: \"port\" without \"part\"; write the port as part of \"address\""},
        {"traces: {t: {hosts: t, parts: {p: {process: {command: x}}}, upstream: {part: p}}}",
         "1:72: \"part\" without \"port\"; add the port the application listens on"},
        {"traces: {t: {hosts: t, parts: {p: {process: {command: x}}},\n"
         "  upstream: {address: 'h:1', part: p, port: 1}}}",
         "2:30: \"part\" together with \"address\"; keep one"},
        {"traces: {t: {hosts: t, parts: {p: {sim: }}, upstream: {part: p, port: 1}}}",
         "1:62: part \"p\" is of kind sim, which reports no address; write address: host:port "
         "instead"},
        {"traces: {t: {hosts: t, upstream: {part: pp, port: 1}, parts: {p: {process: {command: "
         "x}}}}}",
         "1:41: \"part\": trace \"t\" has no part \"pp\"; did you mean \"p\"?"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_policies(void **state)
{
    static const struct bad cases[] = {
        {TRACE "    min_awake: 15h" REST,
         "3:5: \"min_awake\" is longer than \"max_awake\"; raise \"max_awake\" or lower "
         "\"min_awake\""},
        {"defaults: {min_awake: 1h, max_awake: 1m}" GOOD,
         "1:12: \"min_awake\" is longer than \"max_awake\"; raise \"max_awake\" or lower "
         "\"min_awake\""},
        {"defaults: {min_awake: 1h}\n" TRACE "    max_awake: 1m" REST,
         "4:5: \"min_awake\" is longer than \"max_awake\"; raise \"max_awake\" or lower "
         "\"min_awake\""},
        /* Readiness. */
        {TRACE "    ready: {tcp: true, http: /}" REST,
         "3:13: \"tcp\" and \"http\" together; keep one"},
        {TRACE "    ready: {status: 200, body: x}" REST,
         "3:13: \"status\" is only for an HTTP check; add http: /path\n"
         "3:26: \"body\" is only for an HTTP check; add http: /path"},
        /* Rules. */
        {TRACE "    rules: [{class: monitors, path: /x, header: Y}]" REST,
         "3:31: \"path\" together with \"class\", which has its own; write two rules\n"
         "3:41: \"header\" together with \"class\", which has its own; write two rules"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

/* All of them, in the order of the file, whatever the order in which they are found. */
static void test_order(void **state)
{
    static const struct bad cases[] = {
        {"traces:\n  t:\n    idel: 1\n    hosts: [a b, '*']\n    upstream: {adress: x}\n"
         "workers: 0\ndefaults: {hold: 5}\n",
         "3:5: unknown key \"idel\"; did you mean \"idle\"?\n"
         "4:13: \"hosts\": \"a b\" is not a host name; write one such as app.example.com or "
         "\"*.example.com\"\n"
         "4:18: \"hosts\": \"*\" is not a wildcard; only a whole first label can be one, as in "
         "\"*.example.com\"\n"
         "5:5: trace \"t\" has an upstream without address; add address: host:port, or part and "
         "port\n"
         "5:16: unknown key \"adress\"; did you mean \"address\"?\n"
         "6:10: \"workers\" is 0; it must be 1 to 256\n"
         "7:18: \"hold\" has no unit; write 5s or 5m"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

/* Thousands of problems: the first are told, the rest counted. */
static void test_flood(void **state)
{
    struct wp_conf_problems problems;
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);
    unsigned i;

    assert_non_null(out);
    for (i = 0; i < 20000; i++) {
        fprintf(out, "unknown-key-%u: x\n", i);
    }
    fputs(GOOD, out);
    fclose(out);
    assert_null(wp_conf_parse("f", wp_slice_cstr(yaml), &problems));
    assert_int_equal(problems.count, 501);
    assert_string_equal(problems.lines[500], "f: and 19500 more problems; fix these first");
    wp_conf_problems_fini(&problems);
    free(yaml);
}

/* Input made to cost: depth, width, and the shapes that trip parsers. */
static void test_hostile(void **state)
{
    static const struct {
        const char *start, *repeat, *end;
        unsigned count;
    } shapes[] = {
        {"a: ", "[", "", 100000},
        {"a: ", "{a: ", "", 100000},
        {"", "- ", "", 100000},
        {"", "? ", "", 100000},
        {"a: [", "a,", "]", 2100000},
        {"a: ", "\"\\x41\"", "", 1000},
        {"", "a: b\n", "", 50000},
        {"traces: {t: {rules: [", "{class: [monitors]},", "]}}", 5000},
        {"a: ", "!!map ", "", 1000},
        {"a: ", "&a ", "*a", 100},
        {"", "&a a: *a\n", "", 1000},
        {"a: |\n", " x\n", "", 100000},
        {"traces: {t: {parts: {p: {sim: , after: [", "p,", "]}}}}", 50000},
        {"", "%YAML 1.1\n", "---\n", 10},
        {"a: ", "\n", "", 100000},
        {"a: [", "[],", "]", 100000},
        {"", "#", "\n", 1000000},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(shapes); i++) {
        size_t start = strlen(shapes[i].start), unit = strlen(shapes[i].repeat);
        size_t length = start + unit * shapes[i].count + strlen(shapes[i].end), n;
        struct wp_conf_problems problems;
        char *yaml = wp_malloc(length + 1);

        memcpy(yaml, shapes[i].start, start);
        for (n = 0; n < shapes[i].count; n++) {
            memcpy(yaml + start + n * unit, shapes[i].repeat, unit);
        }
        strcpy(yaml + start + n * unit, shapes[i].end);
        assert_null(wp_conf_parse("f", (struct wp_slice){yaml, length}, &problems));
        assert_in_range(problems.count, 1, 501);
        wp_conf_problems_fini(&problems);
        free(yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),    cmocka_unit_test(test_upstreams),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_hosts_and_listeners),
        cmocka_unit_test(test_parts),    cmocka_unit_test(test_upstream_keys),
        cmocka_unit_test(test_policies), cmocka_unit_test(test_order),
        cmocka_unit_test(test_flood),    cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
