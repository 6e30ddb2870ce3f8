/*
 * load.c - reads a configuration for a subcommand and tells a person what is wrong with it.
 *
 * Thread:    main.
 * Owns:      nothing.
 * Invariant: every problem of the file is printed, one line each, on standard error.
 * Not here:  what is right and wrong (conf).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

struct wp_conf *wp_app_load(const char *path)
{
    struct wp_conf_problems problems = {.count = 0};
    struct wp_conf *conf = wp_conf_load(path, &problems);

    for (size_t i = 0; i < problems.count; i++) {
        fprintf(stderr, "%s\n", problems.lines[i]);
    }
    if (!conf && strcmp(path, WP_DEFAULT_CONFIG) == 0 && access(path, F_OK) < 0) {
        fputs("name another file with -c FILE\n", stderr);
    }
    wp_conf_problems_fini(&problems);
    return conf;
}
