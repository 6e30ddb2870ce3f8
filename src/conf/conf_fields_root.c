/*
 * conf_fields_root.c - the table's sections for the whole process: listeners, limits, log.
 *
 * Constant data; any thread. Help texts are Markdown and end up in docs/config.md.
 * Not here: traces (conf_fields_trace.c) and parts (conf_fields_part.c).
 */
#include "conf_decode.h"

#define AT(member)        offsetof(struct wp_conf, member)
#define AT_LIMITS(member) offsetof(struct wp_conf_limits, member)
#define AT_LOG(member)    offsetof(struct wp_conf_log, member)
#define HOUR_MS           ((uint64_t)3600 * 1000)
#define DAY_MS            (24 * HOUR_MS)

static const char *const log_formats[] = {"auto", "json", "text", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};

static const struct wp_conf_field root_fields[] = {
    {
        .key = "workers",
        .type = WP_CONF_WORKERS,
        .at = AT(workers),
        .standard = "auto",
        .min = 1,
        .max = 256,
        .needs_restart = true,
        .help = "Threads that serve clients. `auto` is one for each CPU this process may use.",
    },
    {
        .key = "listen",
        .type = WP_CONF_SECTION,
        .section = &wp_conf_listen_section,
        .help = "Where clients connect.",
    },
    {
        .key = "trusted_proxies",
        .type = WP_CONF_CIDRS,
        .at = AT(trusted_proxies),
        .at2 = AT(trusted_proxy_count),
        .help = "Proxies in front of wakeproxy whose `X-Forwarded-For`, `X-Forwarded-Proto`, "
                "`X-Forwarded-Host` and `X-Request-Id` are believed. From everyone else these "
                "fields are overwritten.",
    },
    {
        .key = "state_dir",
        .type = WP_CONF_TEXT,
        .at = AT(state_dir),
        .check = wp_conf_check_filled,
        .needs_restart = true,
        .help =
            "A directory for what must survive a restart: when each trace was last used, and "
            "which processes outlive wakeproxy. Without it nothing is kept, and after a restart "
            "every trace that is found running gets a full idle window.",
    },
    {
        .key = "shutdown_timeout",
        .type = WP_CONF_DURATION,
        .at = AT(shutdown_timeout_ms),
        .standard = "30s",
        .min = 0,
        .max = DAY_MS,
        .help = "How long a shutdown waits for exchanges under way before it cuts them.",
    },
    {
        .key = "limits",
        .type = WP_CONF_SECTION,
        .at = AT(limits),
        .section = &wp_conf_limits_section,
        .help = "What one client, and all of them, may cost.",
    },
    {
        .key = "log",
        .type = WP_CONF_SECTION,
        .at = AT(log),
        .section = &wp_conf_log_section,
        .help = "What is logged, and how.",
    },
    {
        .key = "defaults",
        .type = WP_CONF_SECTION,
        .section = &wp_conf_policy_section,
        .help = "Policies for every trace that does not set its own.",
    },
    {
        .key = "traces",
        .type = WP_CONF_NAMED,
        .at = AT(traces),
        .at2 = AT(trace_count),
        .section = &wp_conf_trace_section,
        .max = 100000,
        .is_required = true,
        .is_late = true,
        .cure = "add at least one trace under it",
        .help = "The environments, by name.",
    },
};

const struct wp_conf_section wp_conf_root_section = {
    .name = "the configuration",
    .title = "The whole file",
    .help =
        "One YAML file, UTF-8, at most 16 MiB. Aliases, anchors and tags are not supported, and "
        "a key that is not known is an error. Send `SIGHUP` to reload it: a file with any "
        "problem changes nothing.",
    .example = "listen:\n"
               "  http: [\":80\"]\n"
               "state_dir: /var/lib/wakeproxy\n"
               "defaults: {idle: 20m}\n"
               "traces:\n"
               "  shop:\n"
               "    hosts: [shop.dev.example.com]\n"
               "    parts: {app: {process: {command: [./shop, --port, \"9001\"]}}}\n"
               "    upstream: {address: \"127.0.0.1:9001\"}\n",
    .fields = root_fields,
    .field_count = WP_ARRAY_SIZE(root_fields),
    .size_bytes = sizeof(struct wp_conf),
    .finish = wp_conf_finish_root,
};

static const struct wp_conf_field listen_fields[] = {
    {
        .key = "http",
        .type = WP_CONF_LISTEN,
        .at = AT(http),
        .at2 = AT(http_count),
        .standard = "127.0.0.1:8080",
        .help = "Addresses for plain HTTP/1.1 and HTTP/1.0, numeric. `\":80\"` is short for "
                "`\"[::]:80\"`: all IPv6 and IPv4 addresses. Port 0 lets the system choose; "
                "`--ready-fd` tells which.",
    },
};

const struct wp_conf_section wp_conf_listen_section = {
    .name = "listen",
    .title = "listen",
    .help = "Where clients connect.",
    .example = "listen:\n  http: [\"127.0.0.1:8080\", \"[::1]:8080\"]\n",
    .fields = listen_fields,
    .field_count = WP_ARRAY_SIZE(listen_fields),
    /* Its only array lies in struct wp_conf itself; no struct of its own. */
    .size_bytes = 0,
};

static const struct wp_conf_field limits_fields[] = {
    {
        .key = "head_size",
        .type = WP_CONF_SIZE,
        .at = AT_LIMITS(head_bytes),
        .standard = "16KiB",
        .min = 1024,
        .max = 16384,
        .help =
            "Longest head of a request or response: start line and all fields. A longer request "
            "is answered 431.",
    },
    {
        .key = "target_length",
        .type = WP_CONF_SIZE,
        .at = AT_LIMITS(target_bytes),
        .standard = "8000",
        .min = 64,
        .max = 16384,
        .help = "Longest request target (path and query), in bytes. A longer one is answered 414.",
    },
    {
        .key = "fields",
        .type = WP_CONF_NUMBER,
        .at = AT_LIMITS(fields),
        .standard = "100",
        .min = 10,
        .max = 200,
        .help = "Most fields in one head. More are answered 431.",
    },
    {
        .key = "connections",
        .type = WP_CONF_NUMBER,
        .at = AT_LIMITS(connections),
        .standard = "65536",
        .min = 1,
        .max = 10000000,
        .help = "Client connections open at once. At the limit accepting pauses, and what was "
                "accepted beyond it is answered 503.",
    },
    {
        .key = "connections_per_client",
        .type = WP_CONF_NUMBER,
        .at = AT_LIMITS(connections_per_client),
        .standard = "16384",
        .min = 1,
        .max = 10000000,
        .can_be_off = true,
        .help = "The same for one client address.",
    },
    {
        .key = "held",
        .type = WP_CONF_NUMBER,
        .at = AT_LIMITS(held),
        .standard = "20000",
        .min = 1,
        .max = 10000000,
        .help = "Requests held at once while their traces wake, all traces together. More are "
                "answered 503. `max_held` is the limit of one trace.",
    },
    {
        .key = "header_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_LIMITS(header_timeout_ms),
        .standard = "15s",
        .min = 100,
        .max = HOUR_MS,
        .help = "From a request's first byte to the end of its head; after that the client is "
                "answered 408 and cut.",
    },
    {
        .key = "body_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_LIMITS(body_timeout_ms),
        .standard = "60s",
        .min = 100,
        .max = HOUR_MS,
        .help = "Between two pieces of a body, while it is a client's turn to send or to read.",
    },
    {
        .key = "keepalive_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_LIMITS(keepalive_timeout_ms),
        .standard = "75s",
        .min = 100,
        .max = DAY_MS,
        .help = "How long a client connection may stay open without a request.",
    },
};

const struct wp_conf_section wp_conf_limits_section = {
    .name = "limits",
    .title = "limits",
    .help = "What one client, and all of them, may cost. A reload applies changes to what begins "
            "afterwards.",
    .example = "limits:\n  connections_per_client: 200\n  header_timeout: 10s\n",
    .fields = limits_fields,
    .field_count = WP_ARRAY_SIZE(limits_fields),
    .size_bytes = sizeof(struct wp_conf_limits),
    .finish = wp_conf_finish_limits,
};

static const struct wp_conf_field log_fields[] = {
    {
        .key = "format",
        .type = WP_CONF_ENUM,
        .at = AT_LOG(format),
        .standard = "auto",
        .names = log_formats,
        .help = "`json` is one object per line, `text` is for people. `auto` is text on a terminal "
                "and JSON elsewhere.",
    },
    {
        .key = "level",
        .type = WP_CONF_ENUM,
        .at = AT_LOG(level),
        .standard = "info",
        .names = log_levels,
        .help = "The least important lines that are written.",
    },
    {
        .key = "access",
        .type = WP_CONF_BOOL,
        .at = AT_LOG(access),
        .standard = "true",
        .help = "Whether every exchange gets a line.",
    },
};

const struct wp_conf_section wp_conf_log_section = {
    .name = "log",
    .title = "log",
    .help = "Lines go to standard error.",
    .example = "log: {format: json, level: warn, access: false}\n",
    .fields = log_fields,
    .field_count = WP_ARRAY_SIZE(log_fields),
    .size_bytes = sizeof(struct wp_conf_log),
};
