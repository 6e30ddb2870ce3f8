/*
 * fuzz_yaml.c - configurations.
 *
 * Properties: any bytes are taken or refused with at least one problem, and every problem is one
 * line that begins with the file's name; what is taken prints as something that is taken again,
 * prints the same, and has equal parts; a configuration needs no restart to become itself.
 */
#include <string.h>

#include "fuzz.h"
#include "wakeproxy/conf/conf.h"

static void check_problems(const struct wp_conf_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        fuzz_require(strncmp(problems->lines[i], "f:", 2) == 0, "a problem names the file");
        for (const char *c = problems->lines[i]; *c; c++) {
            fuzz_require((unsigned char)*c >= 0x20 && *c != 0x7f, "a problem is one line");
        }
    }
}

static void check_same(const struct wp_conf *a, const struct wp_conf *b)
{
    fuzz_require(a->trace_count == b->trace_count, "as many traces");
    for (size_t i = 0; i < a->trace_count; i++) {
        const struct wp_conf_trace *left = &a->traces[i], *right = &b->traces[i];
        fuzz_require(left->part_count == right->part_count, "as many parts");
        fuzz_require(left->rule_count == right->rule_count, "as many rules");
        fuzz_require(left->hosts.count > 0 && left->hosts.count == right->hosts.count,
                     "as many hosts");
        for (size_t j = 0; j < left->part_count; j++) {
            fuzz_require(wp_conf_part_eq(&left->parts[j], &right->parts[j]), "equal parts");
        }
    }
}

static void check_dump(const struct wp_conf *conf)
{
    struct wp_conf_problems problems;
    char *first = wp_conf_dump(conf);
    struct wp_conf *again = wp_conf_parse("f", wp_slice_cstr(first), &problems);
    if (problems.count > 0) {
        fprintf(stderr, "%s\n%s\n", problems.lines[0], first);
    }
    fuzz_require(again != NULL, "what is printed is taken again");
    char *second = wp_conf_dump(again);
    fuzz_require(strcmp(first, second) == 0, "what is printed again is the same");
    check_same(conf, again);
    fuzz_require(wp_conf_restart_keys(conf, again) == NULL, "nothing needs a restart");
    wp_conf_problems_fini(&problems);
    wp_conf_unref(&again);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_conf_problems problems;
    struct wp_conf *conf =
        wp_conf_parse("f", (struct wp_slice){(const char *)data, size}, &problems);
    fuzz_require((conf == NULL) == (problems.count > 0), "taken or refused with a reason");
    check_problems(&problems);
    if (conf) {
        check_dump(conf);
    }
    wp_conf_problems_fini(&problems);
    wp_conf_unref(&conf);
    return 0;
}
