/*
 * app.h - what the subcommands share. Main thread.
 */
#ifndef WAKEPROXY_APP_H
#define WAKEPROXY_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/err.h"
#include "wakeproxy/bus/bus.h"
#include "wakeproxy/conf/conf.h"

#define WP_DEFAULT_CONFIG "/etc/wakeproxy/wakeproxy.yaml"

/* What the command line asked for. */
struct wp_args {
    const char *config; /* WP_DEFAULT_CONFIG unless given */
    int ready_fd;       /* -1: none */
    bool want_print;    /* check --print */
    bool want_schema;   /* config-reference --schema */
    bool want_help;
};

struct wp_command {
    const char *name;
    const char *options; /* getopt's short options besides h */
    const char *summary; /* one line */
    const char *usage;   /* for `wakeproxy help <name>` and --help */
    /* Returns the exit status. */
    int (*run)(const struct wp_args *args);
};

/* args.c */
extern const struct wp_command wp_command_serve, wp_command_check, wp_command_config_reference,
    wp_command_version;
int wp_app_main(int argc, char **argv);

/* Loads a configuration, printing every problem to standard error; NULL when there is one. */
struct wp_conf *wp_app_load(const char *path);

/* nofile.c: as many descriptors as the system allows; warns when limits.connections wants more. */
void wp_nofile_raise(void);
void wp_nofile_check(const struct wp_conf *conf);

/* ready.c: writes the listeners as one JSON line to `fd` and closes it; 0 or -errno. */
struct wp_listener_table;
int wp_ready_tell(int fd, const struct wp_listener_table *table) WP_MUST_CHECK;

/* listeners.c */
struct wp_listener_table *wp_listeners_new(unsigned workers);
void wp_listeners_free(struct wp_listener_table **table);
/*
 * Opens what `conf` has and the table has not, closes what it no longer has, and returns dup()s of
 * all of them, one array per worker as wp_control_reload() takes them. On failure nothing
 * changes, NULL is returned and *err says why.
 */
struct wp_listener_fd **wp_listeners_apply(struct wp_listener_table *table,
                                           const struct wp_conf *conf, uint32_t *ret_count,
                                           struct wp_err *err);
/* Frees what wp_listeners_apply() returned, when it was not handed on. */
void wp_listeners_drop(struct wp_listener_fd **shared, unsigned workers, uint32_t count);
uint32_t wp_listeners_count(const struct wp_listener_table *table);
struct wp_addr wp_listeners_bound(const struct wp_listener_table *table, uint32_t index);

/* signals.c: SIGTERM, SIGINT and SIGHUP as reads from one descriptor. Before any thread. */
int wp_signals_open(struct wp_err *err) WP_MUST_CHECK;
/* The next signal that arrived, or 0. */
int wp_signals_next(int fd);

#endif
