/* said.h - what loading a file says, and tables of it. */
#ifndef WP_TESTS_UNIT_CONF_SAID_H
#define WP_TESTS_UNIT_CONF_SAID_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

struct bad {
    const char *yaml;
    const char *said; /* all lines without the file name, separated by newlines */
};

static inline char *said_of(struct wp_slice yaml)
{
    struct wp_conf_problems problems;
    struct wp_conf *conf = wp_conf_parse("f", yaml, &problems);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < problems.count; i++) {
        assert_memory_equal(problems.lines[i], "f:", 2);
        assert_null(strchr(problems.lines[i], '\n'));
        fprintf(out, "%s%s", i > 0 ? "\n" : "", problems.lines[i] + 2);
    }
    fclose(out);
    assert_int_equal(!conf, problems.count > 0);
    wp_conf_problems_fini(&problems);
    wp_conf_unref(&conf);
    return text;
}

static inline void check(const struct bad *cases, size_t count)
{
    size_t i, failed = 0;

    for (i = 0; i < count; i++) {
        char *said = said_of(wp_slice_cstr(cases[i].yaml));

        if (strcmp(said, cases[i].said) != 0) {
            print_error("---- this:\n%s\n---- said:\n%s\n---- instead of:\n%s\n", cases[i].yaml,
                        said, cases[i].said);
            failed++;
        }
        free(said);
    }
    assert_int_equal(failed, 0);
}

/* A good trace behind the line under test. */
#define GOOD "\ntraces: {t: {hosts: t, upstream: {address: 'h:1'}}}\n"
/* A trace whose third line is under test. */
#define TRACE "traces:\n  t:\n"
#define REST  "\n    hosts: t\n    upstream: {address: 'h:1'}\n"

#endif
