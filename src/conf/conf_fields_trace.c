/*
 * conf_fields_trace.c - the table's sections for a trace: policies, hosts, upstream, readiness,
 * rules.
 *
 * Constant data; any thread. Help texts are Markdown and end up in docs/config.md.
 * Not here: the process (conf_fields_root.c) and parts (conf_fields_part.c).
 */
#include "conf_decode.h"

#define AT(member)          offsetof(struct wp_conf_trace, member)
#define AT_UPSTREAM(member) offsetof(struct wp_conf_upstream, member)
#define AT_RULE(member)     offsetof(struct wp_conf_rule_draft, member)
#define HOUR_MS             ((uint64_t)3600 * 1000)
#define DAY_MS              (24 * HOUR_MS)

static const struct wp_conf_field policy_fields[] = {
    {
        .key = "idle",
        .type = WP_CONF_DURATION,
        .at = AT(idle_ms),
        .standard = "15m",
        .min = 10,
        .max = WP_CONF_DURATION_MAX_MS,
        .help = "A trace falls asleep when nothing has counted as activity for so long.",
    },
    {
        .key = "first_use",
        .type = WP_CONF_DURATION,
        .at = AT(first_use_ms),
        .standard = "10m",
        .min = 100,
        .max = WP_CONF_DURATION_MAX_MS,
        .help = "A trace that was woken and then not used at all falls asleep after so long.",
    },
    {
        .key = "min_awake",
        .type = WP_CONF_DURATION,
        .at = AT(min_awake_ms),
        .standard = "0s",
        .min = 0,
        .max = WP_CONF_DURATION_MAX_MS,
        .help = "A trace stays awake at least so long, which keeps it from flapping.",
    },
    {
        .key = "max_awake",
        .type = WP_CONF_DURATION,
        .at = AT(max_awake_ms),
        .standard = "14h",
        .min = 1000,
        .max = WP_CONF_DURATION_MAX_MS,
        .can_be_off = true,
        .help = "A trace is put to sleep after so long even when it is used, in case something "
                "forgotten keeps calling it. The next request wakes it again.",
    },
    {
        .key = "hold",
        .type = WP_CONF_DURATION,
        .at = AT(hold_ms),
        .standard = "5m",
        .min = 0,
        .max = DAY_MS,
        .help = "How long one request waits for the trace to wake before it is answered 503 with "
                "`Retry-After`.",
    },
    {
        .key = "max_held",
        .type = WP_CONF_NUMBER,
        .at = AT(max_held),
        .standard = "10000",
        .min = 1,
        .max = 10000000,
        .help = "Requests held at once for this trace. More are answered 503.",
    },
    {
        .key = "wake_timeout",
        .type = WP_CONF_DURATION,
        .at = AT(wake_timeout_ms),
        .standard = "10m",
        .min = 100,
        .max = DAY_MS,
        .help = "A wake that takes longer has failed: those who wait are told why, and it is tried "
                "again later.",
    },
    {
        .key = "stop_timeout",
        .type = WP_CONF_DURATION,
        .at = AT(stop_timeout_ms),
        .standard = "5m",
        .min = 100,
        .max = DAY_MS,
        .help = "A part that takes longer to stop is reported and told to stop again.",
    },
    {
        .key = "drain_timeout",
        .type = WP_CONF_DURATION,
        .at = AT(drain_timeout_ms),
        .standard = "5m",
        .min = 0,
        .max = DAY_MS,
        .help =
            "How long a forced sleep (`max_awake`) waits for exchanges under way. An idle sleep "
            "never cuts any.",
    },
    {
        .key = "ready",
        .type = WP_CONF_SECTION,
        .at = AT(ready),
        .section = &wp_conf_ready_section,
        .shown_standard = "`{tcp: true}`",
        .help = "What the upstream must do before it gets requests.",
    },
    {
        .key = "settle",
        .type = WP_CONF_DURATION,
        .at = AT(settle_ms),
        .standard = "2s",
        .min = 0,
        .max = HOUR_MS,
        .help = "For so long after it became ready, refused connections, and 502, 503 and 504 "
                "answers to safe requests, still mean \"not ready yet\": the client keeps waiting.",
    },
    {
        .key = "stream_quiet",
        .type = WP_CONF_DURATION,
        .at = AT(stream_quiet_ms),
        .shown_standard = "as `idle`",
        .min = 100,
        .max = WP_CONF_DURATION_MAX_MS,
        .help = "An upgraded connection (WebSocket) without payload for so long is not activity. "
                "Pings are not payload.",
    },
    {
        .key = "stream_max",
        .type = WP_CONF_DURATION,
        .at = AT(stream_max_ms),
        .standard = "12h",
        .min = 1000,
        .max = WP_CONF_DURATION_MAX_MS,
        .can_be_off = true,
        .help = "An upgraded connection is cut after so long.",
    },
    {
        .key = "dry_run",
        .type = WP_CONF_BOOL,
        .at = AT(dry_run),
        .standard = "false",
        .help = "Decide and log everything, but stop nothing.",
    },
    {
        .key = "rules",
        .type = WP_CONF_RULES,
        .at = AT(rules),
        .at2 = AT(rule_count),
        .max = 200,
        .help = "What single requests may do to a sleeping trace. The first rule that matches "
                "decides. A trace's own list replaces that of `defaults`; `[]` is none.",
    },
};

const struct wp_conf_section wp_conf_policy_section = {
    .name = "defaults",
    .title = "defaults, and policies of a trace",
    .help =
        "Each of these keys may stand in a trace, and under `defaults` for every trace that does "
        "not set its own. A reload applies changes at once, also to traces that are awake.",
    .example = "defaults:\n"
               "  idle: 20m\n"
               "  max_awake: off\n"
               "  rules:\n"
               "    - {class: [health_checks, monitors, browser_noise, scanners]}\n",
    .fields = policy_fields,
    .field_count = WP_ARRAY_SIZE(policy_fields),
    .size_bytes = sizeof(struct wp_conf_trace),
    .finish = wp_conf_finish_policy,
};

static const struct wp_conf_field trace_fields[] = {
    {
        .key = "hosts",
        .type = WP_CONF_HOSTS,
        .at = AT(hosts),
        .is_required = true,
        .cure = "add hosts: [name.example.com]",
        .help = "Host names whose requests go to this trace, without port. `\"*.example.com\"` "
                "matches every name below `example.com`, at any depth, but not `example.com`. An "
                "exact name wins over a wildcard, a longer wildcard over a shorter one.",
    },
    {
        .key = "parts",
        .type = WP_CONF_NAMED,
        .at = AT(parts),
        .at2 = AT(part_count),
        .section = &wp_conf_part_section,
        .max = 256,
        .help =
            "What is started and stopped, by name. A trace without parts is always on and simply "
            "forwarded.",
    },
    {
        .key = "upstream",
        .type = WP_CONF_SECTION,
        .at = AT(upstream),
        .section = &wp_conf_upstream_section,
        .is_required = true,
        .cure = "add upstream: {address: \"127.0.0.1:8080\"}",
        .help = "Where requests go when the trace is awake.",
    },
};

const struct wp_conf_section wp_conf_trace_section = {
    .name = "trace",
    .title = "traces",
    .help = "One environment each: hosts, parts, an upstream, and policies (above). The name is up "
            "to 64 letters, digits, `-`, `_` and `.`; it appears in logs and identifies the trace "
            "across reloads.",
    .example = "traces:\n"
               "  shop-qa:\n"
               "    hosts: [shop-qa.dev.example.com, \"*.shop-qa.dev.example.com\"]\n"
               "    parts:\n"
               "      db: {exec: {start: ./db up, stop: ./db down, status: ./db status}}\n"
               "      app: {process: {command: [./shop, --port, \"9001\"]}, after: [db]}\n"
               "    upstream: {part: app, port: 9001}\n"
               "    ready: {http: /healthz}\n"
               "    idle: 20m\n"
               "  wiki:                          # no parts: always on\n"
               "    hosts: [wiki.dev.example.com]\n"
               "    upstream: {address: \"10.0.0.7:80\"}\n",
    .fields = trace_fields,
    .field_count = WP_ARRAY_SIZE(trace_fields),
    .include = &wp_conf_policy_section,
    .size_bytes = sizeof(struct wp_conf_trace),
    .is_named = true,
    .name_at = AT(name),
    .place_at = AT(place),
    .finish = wp_conf_finish_trace,
};

static const struct wp_conf_field upstream_fields[] = {
    {
        .key = "address",
        .type = WP_CONF_TEXTS,
        .at = AT_UPSTREAM(addresses),
        .check = wp_conf_check_upstream,
        .help = "`host:port`, or a list of them that share the load. Names are resolved when the "
                "trace wakes. Either this or `part`.",
    },
    {
        .key = "part",
        .type = WP_CONF_PART_NAME,
        .at = AT_UPSTREAM(part),
        .help =
            "The part whose address is used, with `port`. A `process` is at 127.0.0.1; parts of "
            "kind `exec` and `sim` report no address.",
    },
    {
        .key = "port",
        .type = WP_CONF_PORT,
        .at = AT_UPSTREAM(port),
        .help = "The port, together with `part`.",
    },
    {
        .key = "max_connections",
        .type = WP_CONF_NUMBER,
        .at = AT_UPSTREAM(max_connections),
        .standard = "256",
        .min = 1,
        .max = 1000000,
        .help = "Connections open to the upstream at once. Further requests wait their turn, also "
                "those released by a wake.",
    },
    {
        .key = "connect_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_UPSTREAM(connect_timeout_ms),
        .standard = "5s",
        .min = 10,
        .max = HOUR_MS,
        .help = "For one attempt to connect.",
    },
    {
        .key = "response_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_UPSTREAM(response_timeout_ms),
        .standard = "5m",
        .min = 10,
        .max = DAY_MS,
        .help = "From the end of a request to the head of its response; after that the client is "
                "answered 504.",
    },
    {
        .key = "idle_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_UPSTREAM(idle_timeout_ms),
        .standard = "60s",
        .min = 100,
        .max = DAY_MS,
        .help = "How long an unused connection is kept for the next request. Choose less than the "
                "upstream's own.",
    },
};

const struct wp_conf_section wp_conf_upstream_section = {
    .name = "upstream",
    .title = "upstream",
    .help = "Where a trace's requests go. Either `address`, or `part` with `port`.",
    .example = "upstream: {address: [\"10.0.0.7:8080\", \"10.0.0.8:8080\"], max_connections: 64}\n",
    .fields = upstream_fields,
    .field_count = WP_ARRAY_SIZE(upstream_fields),
    .size_bytes = sizeof(struct wp_conf_upstream),
};

static const struct wp_conf_field rule_fields[] = {
    {
        .key = "path",
        .type = WP_CONF_TEXTS,
        .at = AT_RULE(rule.paths),
        .check = wp_conf_check_glob,
        .help = "The path without its query, case-sensitive; `*` stands for any characters, `/` "
                "included.",
    },
    {
        .key = "method",
        .type = WP_CONF_TEXTS,
        .at = AT_RULE(rule.methods),
        .check = wp_conf_check_method,
        .help = "The method, exactly.",
    },
    {
        .key = "user_agent",
        .type = WP_CONF_TEXTS,
        .at = AT_RULE(rule.user_agents),
        .check = wp_conf_check_filled,
        .help = "A part of `User-Agent`, in any case.",
    },
    {
        .key = "header",
        .type = WP_CONF_HEADER,
        .at = AT_RULE(rule.header_name),
        .at2 = AT_RULE(rule.header_value),
        .help = "A field that must be present, and whose value must contain the text when one is "
                "given.",
    },
    {
        .key = "client",
        .type = WP_CONF_CIDRS,
        .at = AT_RULE(rule.clients),
        .at2 = AT_RULE(rule.client_count),
        .help = "The client's address: behind `trusted_proxies`, the one they report.",
    },
    {
        .key = "class",
        .type = WP_CONF_CLASSES,
        .at = AT_RULE(classes),
        .help = "Ready-made matches, see below; only together with `method` and `client`.",
    },
    {
        .key = "wake",
        .type = WP_CONF_BOOL,
        .at = AT_RULE(rule.wake),
        .shown_standard = "`true`; `false` with `class`",
        .help = "Whether the request may wake a sleeping trace.",
    },
    {
        .key = "count",
        .type = WP_CONF_BOOL,
        .at = AT_RULE(rule.count),
        .shown_standard = "as `wake`",
        .help = "Whether it is activity, which keeps the trace awake.",
    },
    {
        .key = "answer",
        .type = WP_CONF_ANSWER,
        .at = AT_RULE(rule.answer),
        .at2 = AT_RULE(rule.status),
        .shown_standard = "`hold`; without `wake` 503, or the class's own",
        .help = "While the trace is not awake: wait for it, or answer with this status at once. An "
                "awake trace answers itself.",
    },
};

const struct wp_conf_section wp_conf_rule_section = {
    .name = "rule",
    .title = "rules",
    .help =
        "Rules keep health checks, crawlers and the like from waking a trace or keeping it awake. "
        "All conditions of a rule must hold; of a list, one item. Without any rule that matches, "
        "a request wakes, counts and is held.",
    .example = "rules:\n"
               "  - {class: health_checks}                      # answered 200, never wakes\n"
               "  - {class: scanners, answer: 403}\n"
               "  - {path: [/metrics, \"/internal/*\"], wake: false}\n"
               "  - {header: \"X-Ci: nightly\", count: false}\n"
               "  - {client: 10.20.0.0/16, method: [GET, HEAD], answer: 503}\n",
    .fields = rule_fields,
    .field_count = WP_ARRAY_SIZE(rule_fields),
    .size_bytes = sizeof(struct wp_conf_rule_draft),
    .finish = wp_conf_finish_rule,
};
