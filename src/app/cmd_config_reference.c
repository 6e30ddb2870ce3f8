/*
 * cmd_config_reference.c - `wakeproxy config-reference`: what may be written into a configuration.
 *
 * Thread:    main; no other exists.
 * Invariant: printed from the same table that reads configurations, so it cannot be stale.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"

static int run(const struct wp_args *args)
{
    char *text = args->want_schema ? wp_conf_schema() : wp_conf_reference();

    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct wp_command wp_command_config_reference = {
    .name = "config-reference",
    .options = "s",
    .summary = "print the reference of the configuration file",
    .usage = "usage: wakeproxy config-reference [--schema]\n\n"
             "Prints every key of the configuration file with its type, default and meaning, as\n"
             "Markdown.\n\n"
             "      --schema   print a JSON Schema for editors instead\n",
    .run = run,
};
