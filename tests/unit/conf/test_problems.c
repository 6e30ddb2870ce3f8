/*
 * test_problems.c - what is wrong with a file, word for word: syntax, keys, types, bounds, and what
 * only shows when keys are seen together.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

struct bad {
    const char *yaml;
    const char *said; /* all lines without the file name, separated by newlines */
};

static char *said_of(struct wp_slice yaml)
{
    struct wp_conf_problems problems;
    struct wp_conf *conf = wp_conf_parse("f", yaml, &problems);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < problems.count; i++) {
        assert_memory_equal(problems.lines[i], "f:", 2);
        assert_null(strchr(problems.lines[i], '\n'));
        fprintf(out, "%s%s", i > 0 ? "\n" : "", problems.lines[i] + 2);
    }
    fclose(out);
    assert_int_equal(!conf, problems.count > 0);
    wp_conf_problems_fini(&problems);
    wp_conf_unref(&conf);
    return text;
}

static void check(const struct bad *cases, size_t count)
{
    size_t i, failed = 0;

    for (i = 0; i < count; i++) {
        char *said = said_of(wp_slice_cstr(cases[i].yaml));

        if (strcmp(said, cases[i].said) != 0) {
            print_error("---- this:\n%s\n---- said:\n%s\n---- instead of:\n%s\n", cases[i].yaml,
                        said, cases[i].said);
            failed++;
        }
        free(said);
    }
    assert_int_equal(failed, 0);
}

/* A good trace behind the line under test. */
#define GOOD "\ntraces: {t: {hosts: t, upstream: {address: 'h:1'}}}\n"
/* A trace whose third line is under test. */
#define TRACE "traces:\n  t:\n"
#define REST  "\n    hosts: t\n    upstream: {address: 'h:1'}\n"

static void test_syntax(void **state)
{
    static const struct bad cases[] = {
        {"", "1:1: the file is empty; it needs at least \"traces\""},
        {"# nothing\n\n", "1:1: the file is empty; it needs at least \"traces\""},
        {"---\n", "1:1: the file is empty; it needs at least \"traces\""},
        {"~", "1:1: the file is empty; it needs at least \"traces\""},
        {"[]", "1:1: a configuration must be a mapping of keys such as \"traces:\", found a list"},
        {"traces",
         "1:1: a configuration must be a mapping of keys such as \"traces:\", found text"},
        {"traces:\n\tt: {}\n", "2:1: a tab cannot indent YAML; use spaces"},
        {"traces: {\n",
         "2:1: not valid YAML: did not find expected node content while parsing a flow "
         "node (from line 2)"},
        {"a: b: c\n", "1:5: not valid YAML: mapping values are not allowed in this context"},
        {"a: 'x\n", "2:1: not valid YAML: found unexpected end of stream while scanning a quoted "
                    "scalar (from line 1)"},
        {"a: \"\\q\"\n",
         "1:5: not valid YAML: found unknown escape character while parsing a quoted "
         "scalar (from line 1)"},
        {"a: 1\n b: 2\n", "2:3: not valid YAML: mapping values are not allowed in this context"},
        {"traces: {t: {hosts: [*.example.com]}}\n",
         "1:22: a value that starts with * or & must be quoted; write it as \"*.example.com\""},
        {"traces: {t: {hosts: *example, upstream: {address: 'h:1'}}}\n",
         "1:21: aliases are not supported; quote a value that starts with *, or write it out"},
        {"traces: &a\n  t: {hosts: t, upstream: {address: 'h:1'}}\n",
         "1:9: anchors (&) are not supported; put what traces share under \"defaults\""},
        {"state_dir: !!str /x" GOOD,
         "1:12: tags (!) are not supported; quote a value that starts with !"},
        {"traces: {t: {hosts: t, upstream: {address: 'h:1'}}}\n---\na: b\n",
         "2:1: a second document; the file must hold one (remove the \"---\")"},
        {"state_dir: \"a\\0b\"" GOOD, "1:12: a value cannot hold a NUL character"},
        {"? [a]\n: b" GOOD, "1:3: a key must be a word, found a list"},
        {"log: {level: info}\nlog: {level: warn}" GOOD,
         "2:1: duplicate key \"log\"; the first is at line 1, column 1"},
        {"log: {level: info, access: true, level: warn}" GOOD,
         "1:34: duplicate key \"level\"; the first is at line 1, column 7"},
        {"state_dir: /\xff" GOOD, "1:13: byte 0xff is not UTF-8 text; save the file as UTF-8"},
        {"# \xc3\xa9\xc3\xa9\n# \xc3\xa9 \xed\xa0\x80" GOOD,
         "2:5: byte 0xed is not UTF-8 text; save the file as UTF-8"},
        {"# a\r\n#\r# \xc0\xaf" GOOD, "3:3: byte 0xc0 is not UTF-8 text; save the file as UTF-8"},
        {"# \xf0\x80\x80\x80", "1:3: byte 0xf0 is not UTF-8 text; save the file as UTF-8"},
        {"# \xe2\x82", "1:3: byte 0xe2 is not UTF-8 text; save the file as UTF-8"},
        {"\xff\xfe"
         "a",
         "1:1: the file is UTF-16; save it as UTF-8"},
        {"a: \x07" GOOD,
         "1:4: control character (byte 0x07); remove it, or write it in double quotes "
         "as an escape such as \"\\e\""},
        {"a: \x7f" GOOD,
         "1:4: control character (byte 0x7f); remove it, or write it in double quotes "
         "as an escape such as \"\\e\""},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_bytes(void **state)
{
    char *said = said_of(WP_SLICE("a: b\0c"));

    assert_string_equal(said,
                        "1:5: control character (byte 0x00); remove it, or write it in double "
                        "quotes as an escape such as \"\\e\"");
    free(said);
    /* A byte order mark is fine. */
    said = said_of(WP_SLICE("\xef\xbb\xbf" GOOD));
    assert_string_equal(said, "");
    free(said);
}

static void test_keys(void **state)
{
    static const struct bad cases[] = {
        {"limit: {}" GOOD, "1:1: unknown key \"limit\"; did you mean \"limits\"?"},
        {"log: {levle: info}" GOOD, "1:7: unknown key \"levle\"; did you mean \"level\"?"},
        {"idle: 5m" GOOD,
         "1:1: unknown key \"idle\" in the configuration; \"idle\" belongs in defaults"},
        {"tls: {}" GOOD,
         "1:1: unknown key \"tls\" in the configuration; `wakeproxy config-reference` "
         "lists all keys"},
        {"defaults: {hosts: x}" GOOD,
         "1:12: unknown key \"hosts\" in defaults; \"hosts\" belongs in trace"},
        {TRACE "    idel: 5m" REST, "3:5: unknown key \"idel\"; did you mean \"idle\"?"},
        {TRACE "    upstream:" REST,
         "3:5: trace \"t\" has an upstream without address; add address: "
         "host:port, or part and port\n"
         "5:5: duplicate key \"upstream\"; the first is at line 3, column "
         "5"},
        {TRACE "    a\xc3\xa9\"b: 1" REST, "3:5: unknown key \"a\xc3\xa9\"b\" in trace; `wakeproxy "
                                           "config-reference` lists all keys"},
        {"log: {}\n", "1:1: the configuration has no \"traces\"; add at least one trace under it"},
        {"traces: {}\n", "1:1: no traces; add at least one under \"traces\""},
        {"log: {}\ntraces:\n", "2:1: no traces; add at least one under \"traces\""},
        {"traces:\n  t:\n", "2:3: trace \"t\" has no \"hosts\"; add hosts: [name.example.com]\n"
                            "2:3: trace \"t\" has no \"upstream\"; add upstream: {address: "
                            "\"127.0.0.1:8080\"}"},
        {"traces: {'a b': {hosts: t, upstream: {address: 'h:1'}}}",
         "1:10: \"traces\": \"a b\" is not a name; write letters, digits, '-', '_' or '.', the "
         "first a "
         "letter or digit"},
        {TRACE "    parts: {-a: {sim: }}" REST, "3:13: \"parts\": \"-a\" is not a name; write "
                                                "letters, digits, '-', '_' or '.', the first a "
                                                "letter or digit"},
        {TRACE "    parts: {p: }" REST,
         "3:13: part \"p\" does not say what it is; add process, exec or sim"},
        {TRACE "    parts: {p: {sim: , exec: {start: a}}}" REST,
         "3:24: part \"p\" is \"sim\" and \"exec\"; keep one of them\n"
         "3:30: exec has no \"stop\"; add stop: ./down.sh\n"
         "3:30: exec has no \"status\"; add status: ./status.sh"},
        {TRACE "    parts: {p: {process: }}" REST,
         "3:26: process has no \"command\"; add command: [program, argument]"},
        {TRACE "    parts: {p: {sim: , ready: {tcp: true}}}" REST,
         "3:31: ready of a part has no \"address\"; add address: host:port"},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_types(void **state)
{
    static const struct bad cases[] = {
        {"workers: many" GOOD, "1:10: \"workers\" must be auto or a whole number, found \"many\""},
        {"workers: [1]" GOOD, "1:10: \"workers\" must be auto or a whole number, found a list"},
        {"listen: 8080" GOOD, "1:9: \"listen\" must be a mapping of keys, found \"8080\""},
        {"listen: {http: {a: b}}" GOOD, "1:16: \"http\" must be an address such as "
                                        "\"127.0.0.1:8080\", or a list of them, found a mapping"},
        {"listen: {http: [{a: b}]}" GOOD,
         "1:17: an item of \"http\" must be text, found a mapping"},
        {"listen: {http: }" GOOD,
         "1:16: \"http\" has no value; write an address such as \"127.0.0.1:8080\", or a list of "
         "them, or remove the key"},
        {"listen: {http: []}" GOOD, "1:16: \"http\" has 0 addresses; write 1 to 64"},
        {"listen: {http: localhost:80}" GOOD,
         "1:16: \"http\": \"localhost:80\" is not an address to listen on; write one such as "
         "\"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\" for all"},
        {"trusted_proxies: 10.0.0.1/8" GOOD,
         "1:18: \"trusted_proxies\": \"10.0.0.1/8\" is not an address range; write one such as "
         "10.0.0.0/8 (no bits set behind the prefix) or 192.0.2.7"},
        {"state_dir: ''" GOOD,
         "1:12: \"state_dir\": \"\" is empty; write a value or remove the key"},
        {"state_dir:" GOOD, "1:11: \"state_dir\" has no value; write text, or remove the key"},
        {"shutdown_timeout: 30" GOOD, "1:19: \"shutdown_timeout\" has no unit; write 30s or 30m"},
        {"shutdown_timeout: soon" GOOD,
         "1:19: \"shutdown_timeout\" must be a duration such as 250ms, "
         "15m or 1h30m, found \"soon\""},
        {"shutdown_timeout: off" GOOD,
         "1:19: \"shutdown_timeout\" must be a duration such as 250ms, "
         "15m or 1h30m, found \"off\""},
        {"limits: {head_size: 16KB}" GOOD,
         "1:21: \"head_size\" must be a size such as 500, 16KiB or 1MiB, found \"16KB\""},
        {"limits: {held: ten}" GOOD, "1:16: \"held\" must be a whole number, found \"ten\""},
        {"limits: {connections_per_client: none}" GOOD,
         "1:34: \"connections_per_client\" must be a whole number or off, found \"none\""},
        {"limits: [held]" GOOD, "1:9: \"limits\" must be a mapping of keys, found a list"},
        {"log: {access: yes}" GOOD, "1:15: \"access\" must be true or false, found \"yes\""},
        {"log: {format: xml}" GOOD,
         "1:15: \"format\" must be one of auto, json, text, found \"xml\""},
        {"log: {level: warning}" GOOD,
         "1:14: \"level\" must be one of debug, info, warn, error, found \"warning\""},
        {"log: {level: inof}" GOOD,
         "1:14: \"level\" must be one of debug, info, warn, error, found "
         "\"inof\"; did you mean \"info\"?"},
        {"traces: [t]\n", "1:9: \"traces\" must be a mapping of names, found a list"},
        {"traces: {t: x}\n", "1:13: \"traces\" must be a mapping of names, found \"x\""},
        {TRACE "    parts: {p: {process: x}}" REST,
         "3:26: \"process\" must be a mapping of keys, found \"x\""},
        {TRACE "    parts: {p: {process: {command: {}}}}" REST,
         "3:36: \"command\" must be a list of arguments, or one text for the shell, found a "
         "mapping"},
        {TRACE "    parts: {p: {process: {command: []}}}" REST,
         "3:36: \"command\" names no program; write one such as [./run.sh, --fast]"},
        {TRACE "    parts: {p: {process: {command: ''}}}" REST,
         "3:36: \"command\": \"\" is empty; write a value or remove the key"},
        {TRACE "    parts: {p: {process: {command: [a, [b]]}}}" REST,
         "3:40: an item of \"command\" must be text, found a list"},
        {TRACE "    parts: {p: {process: {command: a, env: [A=b]}}}" REST,
         "3:44: \"env\" must be a mapping such as {NAME: value}, found a list"},
        {TRACE "    parts: {p: {process: {command: a, env: {A: , 2B: x}}}}" REST,
         "3:48: \"A\" must be text, found nothing; write \"\" for an empty value\n"
         "3:50: \"env\": \"2B\" is not the name of an environment variable; write letters, digits "
         "and "
         "_"},
        {TRACE "    parts: {p: {process: {command: a, stop_signal: 9}}}" REST,
         "3:52: \"stop_signal\" must be a signal, one of TERM, INT, HUP, QUIT, KILL, USR1, USR2, "
         "WINCH, found \"9\""},
        {TRACE "    ready: {tcp: false}" REST,
         "3:18: \"tcp\" can only be true; write http: /path for an HTTP check"},
        {TRACE "    ready: {http: healthz}" REST,
         "3:19: \"http\": \"healthz\" is not a path; write one that starts with /"},
        {TRACE "    ready: {http: '/a b'}" REST,
         "3:19: \"http\": \"/a b\" is not a path; percent-encode spaces and other special "
         "characters"},
        {TRACE "    ready: {http: /, status: 2xx}" REST,
         "3:30: \"status\" must be a status or a range such as 200-399, found \"2xx\""},
        {TRACE "    ready: {http: /, status: 399-200}" REST,
         "3:30: \"status\": \"399-200\" runs backwards; write 200-399"},
        {TRACE "    ready: {http: /, method: get}" REST,
         "3:30: \"method\": \"get\" is in lower case; methods are case-sensitive, write one such "
         "as "
         "GET"},
        {TRACE "    ready: {http: /, header: 'X Y: z'}" REST,
         "3:30: \"header\": \"X Y\" is not a field name; write \"Name\" or \"Name: text\""},
        {TRACE "    ready: {http: /, host: 'a b'}" REST,
         "3:28: \"host\": \"a b\" is not a host; write host or host:port"},
        {TRACE "    rules: {path: /x}" REST,
         "3:12: \"rules\" must be a list of rules, found a mapping"},
        {TRACE "    rules: [/x]" REST,
         "3:13: a rule must be a mapping such as {path: /metrics, wake: false}, found text"},
        {TRACE "    rules: [{path: x, answer: 700}]" REST,
         "3:20: \"path\": \"x\" can match no path; start it with / or *\n"
         "3:31: \"answer\" must be hold or a status from 200 to 599, found \"700\""},
        {TRACE "    rules: [{path: '/x?y'}]" REST,
         "3:20: \"path\": \"/x?y\" can match no path: queries are not looked at; end it before the "
         "?"},
        {TRACE "    rules: [{class: scaners}]" REST,
         "3:21: unknown class \"scaners\"; did you mean \"scanners\"?"},
        {TRACE "    rules: [{class: x}]" REST, "3:21: \"class\" must be one or a list of "
                                               "health_checks, monitors, link_previews, prefetch, "
                                               "browser_noise, scanners, found \"x\""},
        {TRACE "    rules: [{class: [monitors, monitors]}]" REST,
         "3:32: class \"monitors\" is listed twice; remove one"},
        {TRACE "    rules: [{client: x, method: 'G T'}]" REST,
         "3:22: \"client\": \"x\" is not an address range; write one such as 10.0.0.0/8 (no bits "
         "set "
         "behind the prefix) or 192.0.2.7\n"
         "3:33: \"method\": \"G T\" is not a method; write one such as GET"},
        {TRACE "    idle: \"5\\nm\"" REST,
         "3:11: \"idle\" must be a duration such as 250ms, 15m or 1h30m, found \"5?m\""},
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

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
        {TRACE "    idle: 366d" REST, "3:11: \"idle\" is 366d; it must be 100ms to 365d"},
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

static void test_together(void **state)
{
    static const struct bad cases[] = {
        /* Hosts. */
        {"traces:\n  a: {hosts: [x, X.], upstream: {address: 'h:1'}}\n"
         "  b: {hosts: x, upstream: {address: 'h:1'}}\n",
         "2:18: host \"x\" is already used at line 2, column 15; a host belongs to one trace\n"
         "3:14: host \"x\" is already used at line 2, column 15; a host belongs to one trace"},
        {"traces: {a: {hosts: [], upstream: {address: 'h:1'}}}",
         "1:21: \"hosts\" is empty; a trace needs at least one host"},
        /* Listeners. */
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
        /* Parts. */
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
        /* Upstreams. */
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
        /* Policies. */
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
        cmocka_unit_test(test_syntax),  cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_keys),    cmocka_unit_test(test_types),
        cmocka_unit_test(test_hosts),   cmocka_unit_test(test_upstreams),
        cmocka_unit_test(test_bounds),  cmocka_unit_test(test_together),
        cmocka_unit_test(test_order),   cmocka_unit_test(test_flood),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
