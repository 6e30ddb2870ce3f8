/*
 * test_problems.c - what is wrong with the text of a file, word for word: syntax, keys, types.
 */
#include "said.h"

#define YAML_CURE                                                                                  \
    "look at the indentation, for a missing space after the colon above, and quote what holds "    \
    "\": \""

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
        {"a: b: c\n",
         "1:5: not valid YAML: mapping values are not allowed in this context; " YAML_CURE},
        {"a: 'x\n", "2:1: not valid YAML: found unexpected end of stream while scanning a quoted "
                    "scalar (from line 1)"},
        {"a: \"\\q\"\n",
         "1:5: not valid YAML: found unknown escape character while parsing a quoted "
         "scalar (from line 1)"},
        {"a: 1\n b: 2\n",
         "2:3: not valid YAML: mapping values are not allowed in this context; " YAML_CURE},
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
    said = said_of(WP_SLICE("\xef\xbb\xbflog: {level: info}" GOOD));
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
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_part_types(void **state)
{
    static const struct bad cases[] = {
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
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_ready_types(void **state)
{
    static const struct bad cases[] = {
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
    };

    check(cases, WP_ARRAY_SIZE(cases));
}

static void test_rule_types(void **state)
{
    static const struct bad cases[] = {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),     cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_types),
        cmocka_unit_test(test_part_types), cmocka_unit_test(test_ready_types),
        cmocka_unit_test(test_rule_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
