/*
 * args.c - the command line: which subcommand, with which options.
 *
 * Thread:    main.
 * Owns:      nothing; strings are argv's.
 * Invariant: exit statuses are 0 (done), 1 (failed, and the reason is on standard error), 2 (the
 *            command line makes no sense).
 * Not here:  what subcommands do (cmd_*.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

#define EXIT_USAGE 2

enum { OPTION_READY_FD = 256, OPTION_PRINT, OPTION_SCHEMA };

static const struct wp_command *const commands[] = {
    &wp_command_serve,
    &wp_command_check,
    &wp_command_config_reference,
    &wp_command_version,
};

static const struct option all_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"ready-fd", required_argument, NULL, OPTION_READY_FD},
    {"print", no_argument, NULL, OPTION_PRINT},
    {"schema", no_argument, NULL, OPTION_SCHEMA},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_overview(FILE *out)
{
    fputs("wakeproxy wakes sleeping environments on their first request.\n\n"
          "usage: wakeproxy COMMAND [OPTIONS]\n\n",
          out);
    for (size_t i = 0; i < WP_ARRAY_SIZE(commands); i++) {
        fprintf(out, "  %-18s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(out, "  %-18s %s\n", "help [COMMAND]", "explain a command");
}

static const struct wp_command *find(const char *name)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

/* Edits that turn `a` into `b`; `b` is one of our short names. */
static size_t distance(const char *a, const char *b)
{
    size_t row[32];
    size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = best < row[j] + 1 ? best : row[j] + 1;
            best = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

static int unknown_command(const char *name)
{
    const struct wp_command *nearest = NULL;
    size_t best = 4; /* farther than that is no typo */

    for (size_t i = 0; i < WP_ARRAY_SIZE(commands); i++) {
        size_t edits = distance(name, commands[i]->name);
        if (edits < best) {
            best = edits;
            nearest = commands[i];
        }
    }
    fprintf(stderr, "wakeproxy: unknown command \"%s\"", name);
    if (nearest) {
        fprintf(stderr, "; did you mean \"%s\"?", nearest->name);
    }
    fputs("\n\n", stderr);
    print_overview(stderr);
    return EXIT_USAGE;
}

static int help(const char *name)
{
    const struct wp_command *command;

    if (!name || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return EXIT_SUCCESS;
    }
    command = find(name);
    if (!command) {
        return unknown_command(name);
    }
    fputs(command->usage, stdout);
    return EXIT_SUCCESS;
}

static const char *name_of(int option)
{
    for (const struct option *known = all_options; known->name; known++) {
        if (known->val == option) {
            return known->name;
        }
    }
    return "?";
}

static bool takes(const struct wp_command *command, int option)
{
    switch (option) {
    case 'c':
        return strchr(command->options, 'c') != NULL;
    case OPTION_READY_FD:
        return strchr(command->options, 'r') != NULL;
    case OPTION_PRINT:
        return strchr(command->options, 'p') != NULL;
    case OPTION_SCHEMA:
        return strchr(command->options, 's') != NULL;
    default:
        return option == 'h';
    }
}

/* A descriptor that is open and that we may write to. */
static int parse_fd(const char *text, int *ret_fd)
{
    char *end;
    long value;
    int flags;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > 65535) {
        return -EINVAL;
    }
    flags = fcntl((int)value, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        return -EBADF;
    }
    /* Children that wakeproxy starts must not hold the pipe open. */
    fcntl((int)value, F_SETFD, FD_CLOEXEC);
    *ret_fd = (int)value;
    return 0;
}

static int parse(const struct wp_command *command, int argc, char **argv, struct wp_args *args)
{
    int option;

    while ((option = getopt_long(argc, argv, "c:h", all_options, NULL)) != -1) {
        if (option == '?') {
            return -EINVAL; /* getopt has said why */
        }
        if (!takes(command, option)) {
            fprintf(stderr, "wakeproxy %s: this command has no option --%s\n", command->name,
                    name_of(option));
            return -EINVAL;
        }
        switch (option) {
        case 'c':
            args->config = optarg;
            break;
        case OPTION_READY_FD:
            if (parse_fd(optarg, &args->ready_fd) < 0) {
                fprintf(stderr, "wakeproxy: --ready-fd %s: not a descriptor open for writing\n",
                        optarg);
                return -EINVAL;
            }
            break;
        case OPTION_PRINT:
            args->want_print = true;
            break;
        case OPTION_SCHEMA:
            args->want_schema = true;
            break;
        default:
            args->want_help = true;
            break;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "wakeproxy %s: unexpected argument \"%s\"%s\n", command->name, argv[optind],
                takes(command, 'c') ? "; a file is named with -c FILE" : "");
        return -EINVAL;
    }
    return 0;
}

int wp_app_main(int argc, char **argv)
{
    struct wp_args args = {.config = WP_DEFAULT_CONFIG, .ready_fd = -1};
    const struct wp_command *command;
    const char *name = argc > 1 ? argv[1] : NULL;
    char program[] = "wakeproxy";

    if (!name) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    if (strcmp(name, "--version") == 0) {
        return wp_command_version.run(&args);
    }
    command = find(name);
    if (!command && name[0] == '-') {
        fputs("wakeproxy: options come after a command: wakeproxy serve -c FILE\n\n", stderr);
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (!command) {
        return unknown_command(name);
    }
    argv[1] = program; /* getopt puts it before its messages */
    if (parse(command, argc - 1, argv + 1, &args) < 0) {
        fprintf(stderr, "try: wakeproxy help %s\n", command->name);
        return EXIT_USAGE;
    }
    return args.want_help ? help(command->name) : command->run(&args);
}
