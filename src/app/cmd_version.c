/*
 * cmd_version.c - `wakeproxy version`.
 *
 * Thread:    main; no other exists.
 * Invariant: the version is the one of the build definition.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"

static int run(const struct wp_args *args)
{
    printf("wakeproxy %s\n", WP_VERSION);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct wp_command wp_command_version = {
    .name = "version",
    .options = "",
    .summary = "print the version",
    .usage = "usage: wakeproxy version\n",
    .run = run,
};
