/*
 * test_verdict.c - rules against real heads: each condition alone, together, in order, and the
 * classes people opt into.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "glob.h"
#include "wakeproxy/route/routes.h"

static void test_globs(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "/a/b", true},
        {"/a", "/a", true},
        {"/a", "/A", false},
        {"/a", "/ab", false},
        {"/a*", "/a", true},
        {"/a*", "/abc/d", true},
        {"/a*", "/b", false},
        {"*.png", "/x/y.png", true},
        {"*.png", "/x.png.txt", false},
        {"/a*b*c", "/aXbYc", true},
        {"/a*b*c", "/abc", true},
        {"/a*b*c", "/acb", false},
        {"/a**b", "/ab", true},
        {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaac", false},
        {"/*/x", "/a/b/x", true},
        {"/.git/*", "/.git", false},
        {"/.git/*", "/.git/", true},
        {"*b", "abab", true},
        {"a?c", "abc", false},
        {"[a]", "a", false},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        if (wp_glob_match(wp_slice_cstr(cases[i].pattern), wp_slice_cstr(cases[i].text)) !=
            cases[i].matches) {
            fail_msg("%s and %s", cases[i].pattern, cases[i].text);
        }
    }
}

/* A pattern made to be slow on a long target is still done at once: the product of both lengths. */
static void test_glob_cost(void **state)
{
    char text[16001], pattern[2001];
    size_t i;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (i = 0; i + 3 < sizeof(pattern); i += 2) {
        memcpy(pattern + i, "*a", 2);
    }
    pattern[i++] = 'b';
    pattern[i] = '\0';
    assert_false(wp_glob_match(wp_slice_cstr(pattern), wp_slice_cstr(text)));
}

/* The verdict of a trace with these rules on a request. */
static struct wp_verdict judge(const char *rules, const char *request, const char *client)
{
    static const struct wp_head_limits limits = {16384, 8000, 100};
    char *yaml =
        wp_asprintf("traces: {t: {hosts: t, upstream: {address: 'h:1'}, rules: %s}}", rules);
    struct wp_conf *conf = parse_good(yaml);
    struct wp_head *head = wp_calloc(1, sizeof(*head));
    char *bytes = wp_asprintf("%s\r\nHost: t\r\n\r\n", request);
    struct wp_verdict verdict;
    struct wp_addr addr;

    assert_int_equal(wp_addr_parse_ip(wp_slice_cstr(client), 1234, &addr), 0);
    assert_int_equal(wp_head_parse_request(head, wp_slice_cstr(bytes), &limits), WP_PARSE_OK);
    verdict = wp_verdict_of(&conf->traces[0], head, &addr);
    wp_conf_unref(&conf);
    free(head);
    free(bytes);
    free(yaml);
    return verdict;
}

static void test_no_rule(void **state)
{
    struct wp_verdict verdict = judge("[]", "GET / HTTP/1.1", "192.0.2.1");

    assert_true(verdict.wake && verdict.count);
    assert_int_equal(verdict.answer, WP_ANSWER_HOLD);
    assert_int_equal(verdict.rule, -1);
}

#define GET_X "GET /x?q=/y HTTP/1.1"

static void test_conditions(void **state)
{
    static const struct {
        const char *rules, *request, *client;
        int rule;
    } cases[] = {
        /* Path: without its query, case-sensitive, any of the list. */
        {"[{path: /x}]", GET_X, "192.0.2.1", 0},
        {"[{path: /X}]", GET_X, "192.0.2.1", -1},
        {"[{path: [/a, '/x*']}]", GET_X, "192.0.2.1", 0},
        {"[{path: '*/y'}]", GET_X, "192.0.2.1", -1},
        {"[{path: /x}]", "GET http://t/x?z HTTP/1.1", "192.0.2.1", 0},
        {"[{path: /}]", "GET http://t HTTP/1.1", "192.0.2.1", 0},
        {"[{path: '*'}]", "OPTIONS * HTTP/1.1", "192.0.2.1", 0},
        /* Method: exactly. */
        {"[{method: GET}]", GET_X, "192.0.2.1", 0},
        {"[{method: [POST, HEAD]}]", GET_X, "192.0.2.1", -1},
        {"[{method: PROPFIND}]", "PROPFIND /x HTTP/1.1", "192.0.2.1", 0},
        {"[{method: GET}]", "GETS /x HTTP/1.1", "192.0.2.1", -1},
        /* User agent: part of it, any case; absent matches none. */
        {"[{user_agent: kube-probe}]", GET_X "\r\nUser-Agent: Kube-Probe/1.27", "192.0.2.1", 0},
        {"[{user_agent: [a-bot, b-bot]}]", GET_X "\r\nUser-Agent: x B-BOT y", "192.0.2.1", 0},
        {"[{user_agent: bot}]", GET_X "\r\nUser-Agent: Mozilla", "192.0.2.1", -1},
        {"[{user_agent: bot}]", GET_X, "192.0.2.1", -1},
        /* Header: name in any case, value contains, any of several lines. */
        {"[{header: X-Ci}]", GET_X "\r\nx-ci: 1", "192.0.2.1", 0},
        {"[{header: X-Ci}]", GET_X "\r\nx-ci:", "192.0.2.1", 0},
        {"[{header: X-Ci}]", GET_X "\r\nX-Cii: 1", "192.0.2.1", -1},
        {"[{header: 'X-Ci: night'}]", GET_X "\r\nX-CI: nightly", "192.0.2.1", 0},
        {"[{header: 'X-Ci: night'}]", GET_X "\r\nX-CI: Nightly", "192.0.2.1", -1},
        {"[{header: 'X-Ci: b'}]", GET_X "\r\nX-CI: a\r\nX-Ci: b", "192.0.2.1", 0},
        {"[{header: 'X-Ci: b'}]", GET_X "\r\nX-CI: a\r\nX-Di: b", "192.0.2.1", -1},
        /* Client. */
        {"[{client: 192.0.2.0/24}]", GET_X, "192.0.2.1", 0},
        {"[{client: 192.0.2.0/24}]", GET_X, "192.0.3.1", -1},
        {"[{client: 192.0.2.0/24}]", GET_X, "::ffff:192.0.2.1", 0},
        {"[{client: [10.0.0.0/8, 'fd00::/8']}]", GET_X, "fd00::1", 0},
        /* All conditions must hold. */
        {"[{path: /x, method: GET, client: 192.0.2.1}]", GET_X, "192.0.2.1", 0},
        {"[{path: /x, method: GET, client: 192.0.2.2}]", GET_X, "192.0.2.1", -1},
        {"[{path: /x, method: POST, client: 192.0.2.1}]", GET_X, "192.0.2.1", -1},
        /* The first that matches; without conditions, everything does. */
        {"[{path: /a}, {path: '/*'}, {path: /x}]", GET_X, "192.0.2.1", 1},
        {"[{path: /a}, {wake: false}]", GET_X, "192.0.2.1", 1},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        struct wp_verdict verdict = judge(cases[i].rules, cases[i].request, cases[i].client);

        if (verdict.rule != cases[i].rule) {
            fail_msg("%s on %s: %d instead of %d", cases[i].rules, cases[i].request, verdict.rule,
                     cases[i].rule);
        }
    }
}

static void test_consequences(void **state)
{
    static const struct {
        const char *rules;
        bool wake, count;
        enum wp_answer answer;
        uint16_t status;
    } cases[] = {
        {"[{path: /x}]", true, true, WP_ANSWER_HOLD, 0},
        {"[{path: /x, count: false}]", true, false, WP_ANSWER_HOLD, 0},
        {"[{path: /x, wake: false}]", false, false, WP_ANSWER_STATUS, 503},
        {"[{path: /x, wake: false, count: true}]", false, true, WP_ANSWER_STATUS, 503},
        {"[{path: /x, wake: false, answer: hold}]", false, false, WP_ANSWER_HOLD, 0},
        {"[{path: /x, answer: 204}]", true, true, WP_ANSWER_STATUS, 204},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        struct wp_verdict verdict = judge(cases[i].rules, GET_X, "192.0.2.1");

        assert_int_equal(verdict.rule, 0);
        assert_int_equal(verdict.wake, cases[i].wake);
        assert_int_equal(verdict.count, cases[i].count);
        assert_int_equal(verdict.answer, cases[i].answer);
        if (verdict.answer == WP_ANSWER_STATUS) {
            assert_int_equal(verdict.status, cases[i].status);
        }
    }
}

#define ALL_CLASSES                                                                                \
    "[{class: [health_checks, monitors, link_previews, prefetch, browser_noise, scanners]}]"

/* What really comes along, and what must not be taken for it: 0 is an ordinary request. */
static void test_classes(void **state)
{
    static const struct {
        const char *request;
        uint16_t status;
    } cases[] = {
        {"GET / HTTP/1.1\r\nUser-Agent: ELB-HealthChecker/2.0", 200},
        {"GET /healthz HTTP/1.1\r\nUser-Agent: kube-probe/1.29", 200},
        {"GET / HTTP/1.1\r\nUser-Agent: GoogleHC/1.0", 200},
        {"HEAD / HTTP/1.1\r\nUser-Agent: Mozilla/5.0+(compatible; UptimeRobot/2.0; "
         "http://www.uptimerobot.com/)",
         200},
        {"GET / HTTP/1.1\r\nUser-Agent: Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
         200},
        {"GET / HTTP/1.1\r\nUser-Agent: Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
         503},
        {"GET / HTTP/1.1\r\nUser-Agent: facebookexternalhit/1.1", 503},
        {"GET / HTTP/1.1\r\nUser-Agent: WhatsApp/2.23.20.0", 503},
        {"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nSec-Purpose: prefetch;prerender", 503},
        {"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nPurpose: prefetch", 503},
        {"GET /favicon.ico HTTP/1.1\r\nUser-Agent: Mozilla/5.0", 404},
        {"GET /apple-touch-icon-120x120-precomposed.png HTTP/1.1", 404},
        {"GET /robots.txt?x HTTP/1.1", 404},
        {"GET /.env HTTP/1.1", 404},
        {"GET /api/.env HTTP/1.1", 404},
        {"GET /.git/config HTTP/1.1", 404},
        {"POST /wp-login.php HTTP/1.1", 404},
        {"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 zgrab/0.x", 404},
        {"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
         "like Gecko) Chrome/126.0.0.0 Safari/537.36",
         0},
        {"GET / HTTP/1.1\r\nUser-Agent: curl/8.5.0", 0},
        {"GET / HTTP/1.1\r\nUser-Agent: python-requests/2.31.0", 0},
        {"GET / HTTP/1.1\r\nUser-Agent: Go-http-client/1.1", 0},
        {"GET / HTTP/1.1", 0},
        {"GET /environment HTTP/1.1", 0},
        {"GET /git/config HTTP/1.1", 0},
        {"GET /static/favicon.ico HTTP/1.1", 0},
        {"GET /.well-known/acme-challenge/abc HTTP/1.1", 0},
        {"GET /whatsapp HTTP/1.1\r\nUser-Agent: Mozilla/5.0", 0},
    };
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        struct wp_verdict verdict = judge(ALL_CLASSES, cases[i].request, "192.0.2.1");
        uint16_t status = verdict.answer == WP_ANSWER_STATUS ? verdict.status : 0;

        if (status != cases[i].status || verdict.wake != (status == 0) ||
            verdict.count != (status == 0)) {
            fail_msg("%s: %u instead of %u", cases[i].request, status, cases[i].status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_globs),        cmocka_unit_test(test_glob_cost),
        cmocka_unit_test(test_no_rule),      cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_consequences), cmocka_unit_test(test_classes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
