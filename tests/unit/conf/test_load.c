/*
 * test_load.c - good configurations: every default, every key, inheritance, classes, printing and
 * reading back, references, comparing, and ten thousand traces.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"

#define MINUTE_MS (UINT64_C(60) * 1000)
#define HOUR_MS   (60 * MINUTE_MS)

/* The smallest file there is. */
#define SMALLEST "traces: {t: {hosts: t.example, upstream: {address: '127.0.0.1:1'}}}\n"

/* Every key with a value that is not its default. */
static const char everything[] =
    "workers: 3\n"
    "listen: {http: ['127.0.0.1:8081', '[::1]:0', ':9090']}\n"
    "trusted_proxies: [10.0.0.0/8, '::1']\n"
    "state_dir: /var/lib/wake proxy\n"
    "shutdown_timeout: 1m\n"
    "limits: {head_size: 8KiB, target_length: 4000, fields: 50, connections: 1000,\n"
    "  connections_per_client: off, held: 7, header_timeout: 1s, body_timeout: 2s,\n"
    "  keepalive_timeout: 3s}\n"
    "log: {format: json, level: debug, access: false}\n"
    "defaults: {idle: 1m, hold: 7s, rules: [{path: /inherited, wake: false}],\n"
    "  ready: {http: /inherited, consecutive: 4}}\n"
    "traces:\n"
    "  all:\n"
    "    hosts: [A.Example., '*.B.example', 192.0.2.1, _x.example]\n"
    "    parts:\n"
    "      p:\n"
    "        process: {command: run --me, env: {A: '1', B: \"x \\\"y\\\"\\n\"}, directory: /tmp,\n"
    "          stop_signal: SIGINT, stop_timeout: 1s, outlive: true}\n"
    "        after: [e, s]\n"
    "        ready: {address: 'db.example:5432', http: /p, method: HEAD, host: 'x:1', status: "
    "204,\n"
    "          header: 'X-A: b c', body: ok, consecutive: 2, timeout: 1s}\n"
    "      e:\n"
    "        exec: {start: [a, b], stop: c d, status: [e], env: {C: ''}, directory: /srv,\n"
    "          start_timeout: 1s, stop_timeout: 2s, status_timeout: 3s, interval: 4s,\n"
    "          fast_interval: 5s}\n"
    "        after: s\n"
    "        ready: {address: '[::1]:1', tcp: true}\n"
    "      s:\n"
    "        sim: {boot: 1s, stop: 0s, fail_starts: 2, fail_reason: no luck, crash_after: 1h,\n"
    "          running: true}\n"
    "    upstream: {part: p, port: 9001, max_connections: 5, connect_timeout: 1s,\n"
    "      response_timeout: 2s, idle_timeout: 3s}\n"
    "    ready: {http: '/r?x=1', status: 200-299, header: X-Only}\n"
    "    idle: 1h30m\n"
    "    first_use: 2m\n"
    "    min_awake: 3m\n"
    "    max_awake: off\n"
    "    hold: 0s\n"
    "    max_held: 9\n"
    "    wake_timeout: 4m\n"
    "    stop_timeout: 6m\n"
    "    drain_timeout: 7m\n"
    "    settle: 0s\n"
    "    stream_quiet: 8m\n"
    "    stream_max: off\n"
    "    dry_run: true\n"
    "    rules:\n"
    "      - {path: ['/a*', '*.png'], method: [GET, M-SEARCH], user_agent: bot, header: 'X-A: b',\n"
    "         client: [10.0.0.0/8, 'fd00::/8'], wake: true, count: false, answer: 429}\n"
    "      - {path: /b, answer: hold}\n"
    "  on:\n"
    "    hosts: on.example\n"
    "    upstream: {address: ['127.0.0.1:1', 'name.example:2', '[::1]:3']}\n";

static void test_defaults(void **state)
{
    struct wp_conf *conf = parse_good(SMALLEST);
    const struct wp_conf_trace *trace = &conf->traces[0];

    assert_in_range(conf->workers, 1, 256);
    assert_int_equal(conf->http_count, 1);
    assert_string_equal(conf->http[0].text, "127.0.0.1:8080");
    assert_int_equal(wp_addr_port(&conf->http[0].addr), 8080);
    assert_int_equal(conf->http[0].place.line, 0);
    assert_int_equal(conf->trusted_proxy_count, 0);
    assert_null(conf->state_dir);
    assert_int_equal(conf->shutdown_timeout_ms, 30000);
    assert_int_equal(conf->limits.head_bytes, 16384);
    assert_int_equal(conf->limits.target_bytes, 8000);
    assert_int_equal(conf->limits.fields, 100);
    assert_int_equal(conf->limits.connections, 65536);
    assert_int_equal(conf->limits.connections_per_client, 16384);
    assert_int_equal(conf->limits.held, 20000);
    assert_int_equal(conf->limits.header_timeout_ms, 15000);
    assert_int_equal(conf->limits.body_timeout_ms, 60000);
    assert_int_equal(conf->limits.keepalive_timeout_ms, 75000);
    assert_int_equal(conf->log.format, WP_LOG_FORMAT_AUTO);
    assert_int_equal(conf->log.level, WP_LOG_INFO);
    assert_true(conf->log.access);

    assert_int_equal(conf->trace_count, 1);
    assert_string_equal(trace->name, "t");
    assert_int_equal(trace->place.line, 1);
    assert_int_equal(trace->place.column, 10);
    assert_int_equal(trace->part_count, 0);
    assert_int_equal(trace->upstream.part, -1);
    assert_int_equal(trace->upstream.port, 0);
    assert_int_equal(trace->upstream.max_connections, 256);
    assert_int_equal(trace->upstream.connect_timeout_ms, 5000);
    assert_int_equal(trace->upstream.response_timeout_ms, 5 * MINUTE_MS);
    assert_int_equal(trace->upstream.idle_timeout_ms, 60000);
    assert_int_equal(trace->ready.kind, WP_PROBE_TCP);
    assert_int_equal(trace->ready.consecutive, 1);
    assert_int_equal(trace->ready.timeout_ms, 5000);
    assert_int_equal(trace->idle_ms, 15 * MINUTE_MS);
    assert_int_equal(trace->first_use_ms, 10 * MINUTE_MS);
    assert_int_equal(trace->min_awake_ms, 0);
    assert_int_equal(trace->max_awake_ms, 14 * HOUR_MS);
    assert_int_equal(trace->hold_ms, 5 * MINUTE_MS);
    assert_int_equal(trace->max_held, 10000);
    assert_int_equal(trace->wake_timeout_ms, 10 * MINUTE_MS);
    assert_int_equal(trace->stop_timeout_ms, 5 * MINUTE_MS);
    assert_int_equal(trace->drain_timeout_ms, 5 * MINUTE_MS);
    assert_int_equal(trace->settle_ms, 2000);
    assert_int_equal(trace->stream_quiet_ms, 15 * MINUTE_MS);
    assert_int_equal(trace->stream_max_ms, 12 * HOUR_MS);
    assert_false(trace->dry_run);
    assert_int_equal(trace->rule_count, 0);
    wp_conf_unref(&conf);
    assert_null(conf);
}

static void check_process_part(const struct wp_conf_part *part)
{
    assert_string_equal(part->name, "p");
    assert_int_equal(part->provider, WP_PROVIDER_PROCESS);
    assert_int_equal(part->process.command.count, 3);
    assert_string_equal(part->process.command.items[0], "/bin/sh");
    assert_string_equal(part->process.command.items[1], "-c");
    assert_string_equal(part->process.command.items[2], "run --me");
    assert_int_equal(part->process.env_count, 2);
    assert_string_equal(part->process.env[1].name, "B");
    assert_string_equal(part->process.env[1].value, "x \"y\"\n");
    assert_string_equal(part->process.directory, "/tmp");
    assert_int_equal(part->process.stop_signal, SIGINT);
    assert_int_equal(part->process.stop_timeout_ms, 1000);
    assert_true(part->process.outlive);
    assert_int_equal(part->after_count, 2);
    assert_int_equal(part->after[0], 1);
    assert_int_equal(part->after[1], 2);
    assert_int_equal(part->ready->kind, WP_PROBE_HTTP);
    assert_string_equal(part->ready->address, "db.example:5432");
    assert_string_equal(part->ready->path, "/p");
    assert_string_equal(part->ready->method, "HEAD");
    assert_string_equal(part->ready->host, "x:1");
    assert_int_equal(part->ready->status_min, 204);
    assert_int_equal(part->ready->status_max, 204);
    assert_string_equal(part->ready->header_name, "X-A");
    assert_string_equal(part->ready->header_value, "b c");
    assert_string_equal(part->ready->body, "ok");
    assert_int_equal(part->ready->consecutive, 2);
    assert_int_equal(part->ready->timeout_ms, 1000);
}

static void check_other_parts(const struct wp_conf_part *parts)
{
    assert_int_equal(parts[1].provider, WP_PROVIDER_EXEC);
    assert_int_equal(parts[1].exec.start.count, 2);
    assert_string_equal(parts[1].exec.stop.items[2], "c d");
    assert_string_equal(parts[1].exec.status.items[0], "e");
    assert_string_equal(parts[1].exec.env[0].value, "");
    assert_int_equal(parts[1].exec.start_timeout_ms, 1000);
    assert_int_equal(parts[1].exec.stop_timeout_ms, 2000);
    assert_int_equal(parts[1].exec.status_timeout_ms, 3000);
    assert_int_equal(parts[1].exec.interval_ms, 4000);
    assert_int_equal(parts[1].exec.fast_interval_ms, 5000);
    assert_int_equal(parts[1].after_count, 1);
    assert_int_equal(parts[1].after[0], 2);
    assert_int_equal(parts[1].ready->kind, WP_PROBE_TCP);
    assert_int_equal(parts[2].provider, WP_PROVIDER_SIM);
    assert_int_equal(parts[2].sim.boot_ms, 1000);
    assert_int_equal(parts[2].sim.stop_ms, 0);
    assert_int_equal(parts[2].sim.fail_starts, 2);
    assert_string_equal(parts[2].sim.fail_reason, "no luck");
    assert_int_equal(parts[2].sim.crash_after_ms, HOUR_MS);
    assert_true(parts[2].sim.running);
    assert_null(parts[2].ready);
}

static void check_rules(const struct wp_conf_trace *trace)
{
    const struct wp_conf_rule *rule = &trace->rules[0];

    assert_int_equal(trace->rule_count, 2);
    assert_int_equal(rule->paths.count, 2);
    assert_string_equal(rule->paths.items[1], "*.png");
    assert_string_equal(rule->methods.items[1], "M-SEARCH");
    assert_string_equal(rule->user_agents.items[0], "bot");
    assert_string_equal(rule->header_name, "X-A");
    assert_string_equal(rule->header_value, "b");
    assert_int_equal(rule->client_count, 2);
    assert_true(rule->wake);
    assert_false(rule->count);
    assert_int_equal(rule->answer, WP_ANSWER_STATUS);
    assert_int_equal(rule->status, 429);
    assert_true(rule[1].wake && rule[1].count);
    assert_int_equal(rule[1].answer, WP_ANSWER_HOLD);
}

static void test_everything(void **state)
{
    struct wp_conf *conf = parse_good(everything);
    const struct wp_conf_trace *trace = &conf->traces[0];

    assert_int_equal(conf->workers, 3);
    assert_int_equal(conf->http_count, 3);
    assert_int_equal(conf->http[2].addr.sa.sa_family, AF_INET6);
    assert_int_equal(wp_addr_port(&conf->http[2].addr), 9090);
    assert_string_equal(conf->http[2].text, ":9090");
    assert_int_equal(conf->http[1].place.column, 35);
    assert_int_equal(conf->trusted_proxy_count, 2);
    assert_string_equal(conf->state_dir, "/var/lib/wake proxy");
    assert_int_equal(conf->limits.head_bytes, 8192);
    assert_int_equal(conf->limits.connections_per_client, 0);
    assert_int_equal(conf->log.format, WP_LOG_FORMAT_JSON);
    assert_int_equal(conf->log.level, WP_LOG_DEBUG);
    assert_false(conf->log.access);

    assert_int_equal(trace->hosts.count, 4);
    assert_string_equal(trace->hosts.items[0], "a.example");
    assert_string_equal(trace->hosts.items[1], "*.b.example");
    assert_int_equal(trace->part_count, 3);
    check_process_part(&trace->parts[0]);
    check_other_parts(trace->parts);
    check_rules(trace);
    assert_int_equal(trace->upstream.part, 0);
    assert_int_equal(trace->upstream.port, 9001);
    assert_int_equal(trace->upstream.addresses.count, 0);
    assert_string_equal(trace->ready.path, "/r?x=1");
    assert_string_equal(trace->ready.header_name, "X-Only");
    assert_null(trace->ready.header_value);
    assert_int_equal(trace->ready.consecutive, 1); /* replaced as a whole, not merged */
    assert_int_equal(trace->idle_ms, 90 * MINUTE_MS);
    assert_int_equal(trace->min_awake_ms, 3 * MINUTE_MS);
    assert_true(trace->max_awake_ms == WP_NEVER);
    assert_int_equal(trace->hold_ms, 0);
    assert_int_equal(trace->stream_quiet_ms, 8 * MINUTE_MS);
    assert_true(trace->stream_max_ms == WP_NEVER);
    assert_true(trace->dry_run);

    trace = &conf->traces[1];
    assert_int_equal(trace->part_count, 0);
    assert_int_equal(trace->upstream.part, -1);
    assert_int_equal(trace->upstream.addresses.count, 3);
    assert_int_equal(trace->idle_ms, MINUTE_MS); /* from defaults */
    assert_int_equal(trace->stream_quiet_ms, MINUTE_MS);
    assert_int_equal(trace->hold_ms, 7000);
    assert_int_equal(trace->rule_count, 1);
    assert_int_equal(trace->rules[0].status, 503); /* does not wake: answered, not counted */
    assert_false(trace->rules[0].count);
    assert_string_equal(trace->ready.path, "/inherited");
    assert_int_equal(trace->ready.consecutive, 4);
    wp_conf_unref(&conf);
}

/* `defaults` hold wherever in the file they stand. */
static void test_defaults_after_traces(void **state)
{
    struct wp_conf *conf = parse_good(SMALLEST "defaults: {idle: 3m}\nlog:\n");

    assert_int_equal(conf->traces[0].idle_ms, 3 * MINUTE_MS);
    assert_int_equal(conf->traces[0].stream_quiet_ms, 3 * MINUTE_MS);
    wp_conf_unref(&conf);
}

static void test_rules_replace(void **state)
{
    struct wp_conf *conf = parse_good("defaults: {rules: [{path: /x}]}\n"
                                      "traces:\n"
                                      "  a: {hosts: a, upstream: {address: 'h:1'}, rules: []}\n"
                                      "  b: {hosts: b, upstream: {address: 'h:1'},\n"
                                      "      rules: [{path: /y}, {path: /z}]}\n"
                                      "  c: {hosts: c, upstream: {address: 'h:1'}}\n");

    assert_int_equal(conf->traces[0].rule_count, 0);
    assert_int_equal(conf->traces[1].rule_count, 2);
    assert_int_equal(conf->traces[2].rule_count, 1);
    assert_string_equal(conf->traces[2].rules[0].paths.items[0], "/x");
    wp_conf_unref(&conf);
}

static void test_classes(void **state)
{
    struct wp_conf *conf =
        parse_good("traces:\n"
                   "  a:\n"
                   "    hosts: a\n"
                   "    upstream: {address: 'h:1'}\n"
                   "    rules:\n"
                   "      - {class: prefetch}\n"
                   "      - {class: health_checks, client: 10.0.0.0/8, method: GET}\n"
                   "      - {class: scanners, answer: 403}\n"
                   "      - {class: [browser_noise, monitors], wake: true}\n"
                   "      - {path: /last}\n");
    const struct wp_conf_trace *trace = &conf->traces[0];
    const struct wp_conf_rule *rule = trace->rules;

    assert_int_equal(trace->rule_count, 3 + 1 + 2 + 2 + 1);
    assert_string_equal(rule[0].header_name, "Sec-Purpose");
    assert_string_equal(rule[2].header_name, "X-Moz");
    assert_false(rule[0].wake || rule[0].count);
    assert_int_equal(rule[0].status, 503);
    assert_string_equal(rule[3].user_agents.items[0], "ELB-HealthChecker");
    assert_int_equal(rule[3].client_count, 1);
    assert_int_equal(rule[3].methods.count, 1);
    assert_int_equal(rule[3].status, 200);
    assert_int_equal(rule[4].status, 403);
    assert_int_equal(rule[5].status, 403);
    assert_true(rule[6].wake && rule[6].count && rule[7].wake);
    assert_int_equal(rule[6].answer, WP_ANSWER_HOLD);
    assert_string_equal(rule[8].paths.items[0], "/last");
    assert_int_equal(rule[8].place.line, 10);
    wp_conf_unref(&conf);
}

/* What is printed loads again, and prints the same again. */
static void check_dump(const char *yaml)
{
    struct wp_conf *conf = parse_good(yaml), *again;
    char *first = wp_conf_dump(conf), *second;
    size_t i, j;

    again = parse_good(first);
    second = wp_conf_dump(again);
    assert_string_equal(first, second);
    assert_int_equal(conf->trace_count, again->trace_count);
    for (i = 0; i < conf->trace_count; i++) {
        assert_int_equal(conf->traces[i].part_count, again->traces[i].part_count);
        for (j = 0; j < conf->traces[i].part_count; j++) {
            assert_true(wp_conf_part_eq(&conf->traces[i].parts[j], &again->traces[i].parts[j]));
        }
    }
    free(first);
    free(second);
    wp_conf_unref(&conf);
    wp_conf_unref(&again);
}

static void test_dump(void **state)
{
    check_dump(SMALLEST);
    check_dump(everything);
    check_dump("defaults:\n  rules: [{class: [health_checks, monitors, link_previews, prefetch,\n"
               "    browser_noise, scanners]}]\n" SMALLEST);
    check_dump(
        "traces:\n  '1': {hosts: '1', upstream: {address: '1:1'},\n"
        "    ready: {http: /, host: '[::1]', body: \"\\e\\u2028 \\U0001F600 # : - \\x85\"}}\n"
        "  null.: {hosts: 'null', upstream: {address: 'null:1'}}\n");
}

static void test_part_eq(void **state)
{
    static const char *const parts[] = {
        "sim: {boot: 1s}",
        "sim: {boot: 2s}",
        "sim: {running: true}",
        "sim: {fail_reason: other}",
        "process: {command: a}",
        "process: {command: b}",
        "process: {command: [a]}",
        "process: {command: a, env: {A: b}}",
        "process: {command: a, env: {A: c}}",
        "process: {command: a, env: {A: b, B: c}}",
        "process: {command: a, directory: /}",
        "process: {command: a, outlive: true}",
        "process: {command: a, stop_signal: INT}",
        "exec: {start: a, stop: b, status: c}",
        "exec: {start: a, stop: b, status: d}",
        "exec: {start: a, stop: b, status: c, interval: 5s}",
        "sim: {boot: 1s}, after: q",
        "sim: {boot: 1s}, ready: {tcp: true, address: 'h:1'}",
        "sim: {boot: 1s}, ready: {tcp: true, address: 'h:2'}",
        "sim: {boot: 1s}, ready: {http: /, address: 'h:1'}",
        "sim: {boot: 1s}, ready: {http: /, address: 'h:1', body: x}",
    };
    struct wp_conf *confs[WP_ARRAY_SIZE(parts)];
    struct wp_conf *again;
    char *yaml;
    size_t i, j;

    for (i = 0; i < WP_ARRAY_SIZE(parts); i++) {
        yaml = wp_asprintf(
            "state_dir: /s\ntraces: {t: {hosts: t, upstream: {address: 'h:1'}, parts: {p: {%s}, "
            "q: {sim: {}}}}}",
            parts[i]);
        confs[i] = parse_good(yaml);
        /* The same with other places. */
        again = wp_conf_ref(confs[i]);
        wp_conf_unref(&again);
        free(yaml);
        yaml = wp_asprintf("\n\nstate_dir: /s\ntraces: {t: {hosts: t, upstream: {address: 'h:1'}, "
                           "parts: { p: {%s}, "
                           "q: {sim: {}}}}}",
                           parts[i]);
        again = parse_good(yaml);
        assert_true(wp_conf_part_eq(&confs[i]->traces[0].parts[0], &again->traces[0].parts[0]));
        wp_conf_unref(&again);
        free(yaml);
    }
    for (i = 0; i < WP_ARRAY_SIZE(parts); i++) {
        for (j = 0; j < WP_ARRAY_SIZE(parts); j++) {
            assert_int_equal(
                wp_conf_part_eq(&confs[i]->traces[0].parts[0], &confs[j]->traces[0].parts[0]),
                i == j);
        }
    }
    for (i = 0; i < WP_ARRAY_SIZE(parts); i++) {
        wp_conf_unref(&confs[i]);
    }
}

static void test_restart_keys(void **state)
{
    struct wp_conf *a = parse_good("workers: 2\n" SMALLEST);
    struct wp_conf *b =
        parse_good("workers: 2\nlisten: {http: ':2'}\nlog: {level: warn}\n" SMALLEST);
    struct wp_conf *c = parse_good("workers: 3\nstate_dir: /x\n" SMALLEST);
    char *keys;

    assert_null(wp_conf_restart_keys(a, a));
    assert_null(wp_conf_restart_keys(a, b));
    keys = wp_conf_restart_keys(b, c);
    assert_string_equal(keys, "workers, state_dir");
    free(keys);
    wp_conf_unref(&a);
    wp_conf_unref(&b);
    wp_conf_unref(&c);
}

static void test_files(void **state)
{
    char path[] = "/tmp/wakeproxy-conf-XXXXXX";
    struct wp_conf_problems problems;
    struct wp_conf *conf;
    int fd = mkstemp(path);
    char *expected;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, SMALLEST, strlen(SMALLEST)), strlen(SMALLEST));
    conf = wp_conf_load(path, &problems);
    assert_non_null(conf);
    assert_int_equal(problems.count, 0);
    assert_string_equal(conf->path, path);
    wp_conf_unref(&conf);
    wp_conf_problems_fini(&problems);

    /* One byte more than is allowed; a hole costs no disk. */
    assert_int_equal(ftruncate(fd, 16 * 1024 * 1024 + 1), 0);
    assert_null(wp_conf_load(path, &problems));
    expected = wp_asprintf("%s: the file is larger than 16MiB", path);
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.lines[0], expected);
    wp_conf_problems_fini(&problems);
    free(expected);
    close(fd);
    unlink(path);

    assert_null(wp_conf_load(path, &problems));
    expected = wp_asprintf("%s: cannot be read: %s", path, strerror(ENOENT));
    assert_string_equal(problems.lines[0], expected);
    wp_conf_problems_fini(&problems);
    free(expected);

    assert_null(wp_conf_load("/tmp", &problems));
    expected = wp_asprintf("/tmp: cannot be read: %s", strerror(EISDIR));
    assert_string_equal(problems.lines[0], expected);
    wp_conf_problems_fini(&problems);
    wp_conf_problems_fini(&problems);
    free(expected);
}

static void test_many_traces(void **state)
{
    const unsigned count = 10000;
    uint64_t before_ms;
    struct wp_conf *conf;
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);
    unsigned i;

    assert_non_null(out);
    fputs("defaults: {rules: [{class: [health_checks, monitors, scanners, browser_noise]}]}\n"
          "traces:\n",
          out);
    for (i = 0; i < count; i++) {
        fprintf(out,
                "  trace-%u:\n"
                "    hosts: [t%u.dev.example.com, \"*.t%u.dev.example.com\"]\n"
                "    parts:\n"
                "      db: {exec: {start: ./up, stop: ./down, status: ./status}}\n"
                "      app: {process: {command: [./run, \"%u\"]}, after: [db]}\n"
                "    upstream: {part: app, port: 9001}\n"
                "    ready: {http: /healthz}\n"
                "    idle: 20m\n",
                i, i, i, i);
    }
    fclose(out);
    before_ms = wp_clock_mono_ms();
    conf = parse_good(yaml);
    print_message("%u traces, %zu bytes: %u ms\n", count, size,
                  (unsigned)(wp_clock_mono_ms() - before_ms));
    /* A second on an idle machine; sanitizers and neighbours get their share. */
    assert_true(wp_clock_mono_ms() - before_ms < 10000);
    assert_int_equal(conf->trace_count, count);
    assert_string_equal(conf->traces[count - 1].hosts.items[0], "t9999.dev.example.com");
    wp_conf_unref(&conf);
    free(yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_defaults_after_traces),
        cmocka_unit_test(test_rules_replace),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_part_eq),
        cmocka_unit_test(test_restart_keys),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_many_traces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
