/*
 * conf.h - the whole configuration as one typed, immutable, counted object.
 *
 * Built once by wp_conf_load(), never changed afterwards, so every thread may read it while it
 * holds a reference. All strings and arrays live as long as the object. Durations are in
 * milliseconds; WP_NEVER means "off" where the field's documentation allows `off`.
 */
#ifndef WAKEPROXY_CONF_CONF_H
#define WAKEPROXY_CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/addr.h"
#include "wakeproxy/base/err.h"
#include "wakeproxy/base/log.h"
#include "wakeproxy/conf/part.h"

struct wp_conf_upstream {
    struct wp_conf_strings addresses; /* "host:port"; empty when `part` is set */
    int32_t part;                     /* index of the part whose address is used, or -1 */
    uint16_t port;                    /* with `part` */
    uint32_t max_connections;         /* open at once, all workers together */
    uint64_t connect_timeout_ms, response_timeout_ms, idle_timeout_ms;
};

/* What a request may do to a sleeping trace (semantics section 3). The first rule that matches
 * decides; none: wake, count, hold. */
enum wp_answer {
    WP_ANSWER_HOLD,
    WP_ANSWER_STATUS, /* `status` at once, without waking unless `wake` */
};

struct wp_conf_rule {
    struct wp_conf_place place;
    struct wp_conf_strings paths; /* glob with * ; any of; empty: any */
    struct wp_conf_strings methods;
    struct wp_conf_strings user_agents; /* substring, any case */
    char *header_name, *header_value;   /* present, and holding the substring when given */
    struct wp_cidr *clients;
    size_t client_count;
    bool wake;             /* may it wake a sleeping trace? */
    bool count;            /* is it activity? */
    enum wp_answer answer; /* while the trace is not awake */
    uint16_t status;
};

struct wp_conf_trace {
    char *name;
    struct wp_conf_place place;
    struct wp_conf_strings hosts; /* normalised; "*.example" for wildcards */
    struct wp_conf_part *parts;
    size_t part_count; /* 0: always on, simply forwarded */
    struct wp_conf_upstream upstream;
    struct wp_conf_ready ready;
    uint64_t settle_ms; /* after ready, refusals and 502/503/504 of safe requests still
                           mean "not ready yet" */
    struct wp_conf_rule *rules;
    size_t rule_count;
    uint64_t idle_ms, first_use_ms, min_awake_ms, max_awake_ms;
    uint64_t hold_ms;          /* longest hold of one exchange */
    uint32_t max_held;         /* exchanges held at once */
    uint64_t wake_timeout_ms;  /* a wake that takes longer has failed */
    uint64_t stop_timeout_ms;  /* a part that takes longer to stop is reported and stopped again */
    uint64_t drain_timeout_ms; /* a forced sleep (max_awake) waits so long for exchanges */
    uint64_t stream_quiet_ms;  /* an upgraded stream without payload for so long is not activity;
                                  default: idle_ms */
    uint64_t stream_max_ms;
    bool dry_run; /* decide and log, stop nothing */
};

struct wp_conf_limits {
    uint32_t head_bytes, target_bytes, fields;
    uint32_t connections;            /* client conns, all workers together */
    uint32_t connections_per_client; /* by address; 0: no limit of its own */
    uint32_t held;                   /* held exchanges of all traces together */
    uint64_t header_timeout_ms;      /* from a request's first byte to its complete head */
    uint64_t body_timeout_ms;        /* between two pieces of a body, either direction */
    uint64_t keepalive_timeout_ms;   /* an idle client conn */
};

struct wp_conf_log {
    enum wp_log_format format;
    enum wp_log_level level;
    bool access; /* one line per exchange */
};

struct wp_conf_listen {
    char *text;
    struct wp_conf_place place;
    struct wp_addr addr;
};

struct wp_conf {
    atomic_uint refs;
    char *path;
    uint32_t workers; /* resolved: at least 1 */
    struct wp_conf_listen *http;
    size_t http_count;
    struct wp_cidr *trusted_proxies;
    size_t trusted_proxy_count;
    char *state_dir; /* NULL: nothing is kept across restarts */
    uint64_t shutdown_timeout_ms;
    struct wp_conf_limits limits;
    struct wp_conf_log log;
    struct wp_conf_trace *traces; /* in the order of the file */
    size_t trace_count;
    struct wp_conf_arena *arena; /* owns every string and array above */
};

/* Problems of one load, in the order of the file; each is one line without a newline:
 * "wakeproxy.yaml:12:5: unknown key "idel"; did you mean "idle"?" */
struct wp_conf_problems {
    char **lines;
    size_t count;
};

/*
 * Reads, decodes and cross-checks a file. NULL when there is any problem; all of them are in
 * *ret_problems, which the caller releases with wp_conf_problems_fini() in either case. Blocking
 * file I/O: not on a worker.
 */
struct wp_conf *wp_conf_load(const char *path, struct wp_conf_problems *ret_problems);
/* The same from memory; `name` stands for the file in messages. */
struct wp_conf *wp_conf_parse(const char *name, struct wp_slice yaml,
                              struct wp_conf_problems *ret_problems);
void wp_conf_problems_fini(struct wp_conf_problems *problems);

/* Any thread. */
struct wp_conf *wp_conf_ref(struct wp_conf *conf);
void wp_conf_unref(struct wp_conf **conf);

/* The effective configuration as YAML that loads again to the same; free() the result. */
char *wp_conf_dump(const struct wp_conf *conf);
/* docs/config.md, generated from the table of fields; free() the result. */
char *wp_conf_reference(void);
/* A JSON Schema (2020-12) for editors; free() the result. */
char *wp_conf_schema(void);

/* The keys that differ and that a reload cannot apply, "workers, state_dir"; NULL when there are
 * none. free() the result. */
char *wp_conf_restart_keys(const struct wp_conf *running, const struct wp_conf *next);

/* Whether two parts are defined alike (a reload keeps what has not changed). */
bool wp_conf_part_eq(const struct wp_conf_part *a, const struct wp_conf_part *b);

#endif
