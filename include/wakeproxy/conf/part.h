/*
 * part.h - the parts of a trace as configured: their providers, order and readiness. A piece of
 * conf.h, which says how long they live; include that.
 */
#ifndef WAKEPROXY_CONF_PART_H
#define WAKEPROXY_CONF_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a value stood in the file, for errors found later. 1-based; 0 is a default. */
struct wp_conf_place {
    uint32_t line, column;
};

struct wp_conf_strings {
    char **items;
    size_t count;
};

struct wp_conf_pair {
    char *name, *value;
};

/* A readiness check (semantics section 6). */
enum wp_probe_kind {
    WP_PROBE_TCP, /* a connect is enough */
    WP_PROBE_HTTP,
};

struct wp_conf_ready {
    enum wp_probe_kind kind;
    char *address; /* host:port of a part's own check; NULL for a trace: its upstream */
    char *method, *path, *host; /* host NULL: the trace's first host, or the address */
    uint16_t status_min, status_max;
    char *header_name, *header_value; /* NULL: not checked; the value is a substring */
    char *body;                       /* substring in the first 64 KiB; NULL: not checked */
    uint32_t consecutive;             /* successes in a row that make it ready */
    uint64_t timeout_ms;              /* of one HTTP attempt */
};

enum wp_provider_kind {
    WP_PROVIDER_PROCESS,
    WP_PROVIDER_EXEC,
    WP_PROVIDER_SIM,
};

struct wp_conf_process {
    struct wp_conf_strings command;
    struct wp_conf_pair *env;
    size_t env_count;
    char *directory;          /* NULL: wakeproxy's own */
    int stop_signal;          /* SIGTERM */
    uint64_t stop_timeout_ms; /* then SIGKILL to the group */
    bool outlive;             /* keeps running when wakeproxy ends; adopted at the next start */
};

struct wp_conf_exec {
    struct wp_conf_strings start, stop, status; /* argv each */
    struct wp_conf_pair *env;
    size_t env_count;
    char *directory;
    uint64_t start_timeout_ms, stop_timeout_ms, status_timeout_ms;
    uint64_t interval_ms;      /* between status calls at rest */
    uint64_t fast_interval_ms; /* while something changes */
};

struct wp_conf_sim {
    uint64_t boot_ms, stop_ms;
    uint32_t fail_starts; /* the first n starts fail */
    char *fail_reason;
    uint64_t crash_after_ms; /* WP_NEVER: never; otherwise it stops by itself so long after boot */
    bool running;            /* its state when wakeproxy starts */
};

struct wp_conf_part {
    char *name;
    struct wp_conf_place place;
    enum wp_provider_kind provider;
    union {
        struct wp_conf_process process;
        struct wp_conf_exec exec;
        struct wp_conf_sim sim;
    };
    uint32_t *after; /* indexes into the trace's parts; acyclic */
    size_t after_count;
    struct wp_conf_ready *ready; /* NULL: ready as soon as it runs */
};

#endif
