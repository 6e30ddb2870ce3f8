/*
 * cmd_check.c - `wakeproxy check`: is this configuration right?
 *
 * Thread:    main; no other exists.
 * Invariant: starts, opens and changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"

static int run(const struct wp_args *args)
{
    struct wp_conf *conf = wp_app_load(args->config);

    if (!conf) {
        return EXIT_FAILURE;
    }
    if (args->want_print) {
        char *text = wp_conf_dump(conf);
        fputs(text, stdout);
        free(text);
    } else {
        printf("%s: ok (%zu %s)\n", args->config, conf->trace_count,
               conf->trace_count == 1 ? "trace" : "traces");
    }
    wp_conf_unref(&conf);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct wp_command wp_command_check = {
    .name = "check",
    .options = "cp",
    .summary = "check a configuration file",
    .usage = "usage: wakeproxy check [-c FILE] [--print]\n\n"
             "Reads a configuration and tells every problem in it, with line and column, on\n"
             "standard error. The exit status is 0 when there is none, 1 otherwise.\n\n"
             "  -c, --config FILE   the file (default " WP_DEFAULT_CONFIG ")\n"
             "      --print         print the effective configuration, defaults included\n",
    .run = run,
};
