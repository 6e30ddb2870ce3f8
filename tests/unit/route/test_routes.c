/*
 * test_routes.c - hosts to traces: exact, wildcards by length, forms of a host, indexes that are
 * not positions, and a cost that does not grow.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "routes.h"

static const char hosts_yaml[] =
    "traces:\n"
    "  exact: {hosts: [a.example, x.y.example], upstream: {address: 'h:1'}}\n"
    "  wild: {hosts: '*.example', upstream: {address: 'h:1'}}\n"
    "  longer: {hosts: '*.y.example', upstream: {address: 'h:1'}}\n"
    "  bare: {hosts: [localhost, 192.0.2.1], upstream: {address: 'h:1'}}\n"
    "  under: {hosts: '*.a.b.c.d.e', upstream: {address: 'h:1'}}\n";

static void test_find(void **state)
{
    static const uint32_t ids[] = {7, 3, 100, 0, 5};
    static const struct {
        const char *host;
        uint32_t trace;
    } cases[] = {
        {"a.example", 7},
        {"A.EXAMPLE", 7},
        {"a.example.", 7},
        {"x.y.example", 7},
        {"b.example", 3},
        {"x.a.example", 3},
        {"y.example", 3},
        {"z.y.example", 100},
        {"w.x.y.example", 100},
        {"w.z.y.example.", 100},
        {"localhost", 0},
        {"LocalHost.", 0},
        {"192.0.2.1", 0},
        {"1.a.b.c.d.e", 5},
        {"2.1.a.b.c.d.e", 5},
        {"example", WP_TRACE_NONE},
        {"a.b.c.d.e", WP_TRACE_NONE},
        {"xexample", WP_TRACE_NONE},
        {"*.example", 3},
        {".example", WP_TRACE_NONE},
        {"", WP_TRACE_NONE},
        {".", WP_TRACE_NONE},
        {"a.example..", WP_TRACE_NONE},
        {"x.localhost", WP_TRACE_NONE},
        {"192.0.2.11", WP_TRACE_NONE},
        {"example.com", WP_TRACE_NONE},
    };
    struct wp_conf *conf = parse_good(hosts_yaml);
    struct wp_routes *routes = wp_routes_new(conf, ids), *other;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        uint32_t found = wp_routes_find(routes, wp_slice_cstr(cases[i].host));

        if (found != cases[i].trace) {
            fail_msg("%s: %u instead of %u", cases[i].host, found, cases[i].trace);
        }
    }
    for (i = 0; i < WP_ARRAY_SIZE(ids); i++) {
        assert_ptr_equal(wp_routes_trace(routes, ids[i]), &conf->traces[i]);
    }
    assert_null(wp_routes_trace(routes, 1));
    assert_null(wp_routes_trace(routes, 101));
    assert_null(wp_routes_trace(routes, WP_TRACE_NONE));

    /* The routes keep the configuration alive, and references keep the routes. */
    assert_ptr_equal(wp_routes_conf(routes), conf);
    wp_conf_unref(&conf);
    other = wp_routes_ref(routes);
    wp_routes_unref(&routes);
    assert_null(routes);
    wp_routes_unref(&routes);
    assert_int_equal(wp_routes_find(other, WP_SLICE("a.example")), 7);
    assert_string_equal(wp_routes_trace(other, 7)->name, "exact");
    wp_routes_unref(&other);
}

static void test_long_hosts(void **state)
{
    static const uint32_t ids[] = {0, 1, 2, 3, 4};
    struct wp_conf *conf = parse_good(hosts_yaml);
    struct wp_routes *routes = wp_routes_new(conf, ids);
    char host[400];
    unsigned probes;

    memset(host, 'a', sizeof(host));
    assert_int_equal(wp_routes_find(routes, (struct wp_slice){host, sizeof(host)}), WP_TRACE_NONE);
    memset(host, '.', sizeof(host));
    assert_int_equal(wp_routes_find(routes, (struct wp_slice){host, 255}), WP_TRACE_NONE);
    /* One label per character: as many probes as there can be labels, and no more. */
    for (size_t i = 0; i < sizeof(host); i++) {
        host[i] = i % 2 == 0 ? 'a' : '.';
    }
    assert_int_equal(wp_routes_find_counted(routes, (struct wp_slice){host, 255}, &probes),
                     WP_TRACE_NONE);
    assert_int_equal(probes, 128);
    wp_routes_unref(&routes);
    wp_conf_unref(&conf);
}

static struct wp_routes *many(unsigned count)
{
    struct wp_conf *conf;
    struct wp_routes *routes;
    uint32_t *ids = wp_calloc(count, sizeof(ids[0]));
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);
    unsigned i;

    assert_non_null(out);
    fputs("traces:\n", out);
    for (i = 0; i < count; i++) {
        fprintf(out,
                "  t%u: {hosts: [t%u.dev.example, '*.t%u.dev.example'],"
                " upstream: {address: 'h:1'}}\n",
                i, i, i);
        ids[i] = count - 1 - i;
    }
    fclose(out);
    conf = parse_good(yaml);
    routes = wp_routes_new(conf, ids);
    wp_conf_unref(&conf);
    free(yaml);
    free(ids);
    return routes;
}

/* The same hosts cost the same number of probes among ten traces and among ten thousand. */
static void test_cost(void **state)
{
    static const char *const hosts[] = {"t3.dev.example", "www.t3.dev.example",
                                        "a.b.t3.dev.example", "none.dev.example", "other.example"};
    struct wp_routes *few = many(10), *lots = many(10000);
    unsigned few_probes, lots_probes;
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(hosts); i++) {
        uint32_t a = wp_routes_find_counted(few, wp_slice_cstr(hosts[i]), &few_probes);
        uint32_t b = wp_routes_find_counted(lots, wp_slice_cstr(hosts[i]), &lots_probes);

        assert_int_equal(few_probes, lots_probes);
        assert_in_range(few_probes, 1, 5);
        assert_int_equal(a, i < 3 ? 6 : WP_TRACE_NONE);
        assert_int_equal(b, i < 3 ? 9996 : WP_TRACE_NONE);
    }
    for (i = 0; i < 10000; i++) {
        char host[64];

        snprintf(host, sizeof(host), "t%zu.dev.example", i);
        assert_int_equal(wp_routes_find(lots, wp_slice_cstr(host)), 9999 - i);
    }
    wp_routes_unref(&few);
    wp_routes_unref(&lots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_long_hosts),
        cmocka_unit_test(test_cost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
