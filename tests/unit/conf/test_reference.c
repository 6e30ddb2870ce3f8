/*
 * test_reference.c - what is written about the configuration is true: docs/config.md is fresh, its
 * examples and conf/wakeproxy.yaml load, and the JSON Schema is one.
 *
 * The first argument is the top of the source tree.
 */
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_fields.h"

static const char *source_root;

static char *read_file(const char *path)
{
    char *full = wp_asprintf("%s/%s", source_root, path), *text = NULL;
    FILE *in = fopen(full, "r");
    size_t size = 0;

    if (!in || getdelim(&text, &size, '\0', in) < 0) {
        fail_msg("cannot read %s", full);
    }
    fclose(in);
    free(full);
    return text;
}

static void test_reference_is_fresh(void **state)
{
    char *kept = read_file("docs/config.md"), *now = wp_conf_reference();

    if (strcmp(kept, now) != 0) {
        fail_msg("docs/config.md is stale; renew it:\n    wakeproxy config-reference > "
                 "docs/config.md");
    }
    free(kept);
    free(now);
}

/* Every key of every section is there, with a help text that is a sentence. */
static void test_reference_is_complete(void **state)
{
    char *text = wp_conf_reference(), *row;
    const struct wp_conf_section *section;
    const struct wp_conf_field *field;
    size_t i, j;

    for (i = 0; (section = wp_conf_section_at(i)); i++) {
        assert_non_null(section->title);
        assert_non_null(section->help);
        assert_non_null(section->example);
        for (j = 0; (field = wp_conf_field_at(section, j)); j++) {
            row = wp_asprintf("\n| `%s` | ", field->key);
            assert_non_null(strstr(text, row));
            free(row);
            assert_true(strlen(field->help) > 10);
            assert_int_equal(field->help[strlen(field->help) - 1], '.');
            assert_true(!field->is_required || field->cure);
        }
    }
    free(text);
}

/* `text` with each line moved to the right. */
static void write_indented(FILE *out, const char *text, int columns)
{
    while (*text) {
        const char *end = strchr(text, '\n');

        fprintf(out, "%*s%.*s\n", columns, "", (int)(end - text), text);
        text = end + 1;
    }
}

/* A whole file around a section's example. */
static char *file_around(const struct wp_conf_section *section)
{
    bool has_traces = section == &wp_conf_root_section || section == &wp_conf_trace_section;
    bool is_top = has_traces || section == &wp_conf_listen_section ||
                  section == &wp_conf_limits_section || section == &wp_conf_log_section ||
                  section == &wp_conf_policy_section;
    bool is_upstream = section == &wp_conf_upstream_section;
    bool is_provider = section == &wp_conf_process_section || section == &wp_conf_exec_section ||
                       section == &wp_conf_sim_section;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    if (is_top) {
        fputs(section->example, out);
    }
    if (!has_traces) {
        fputs("traces:\n  t:\n    hosts: t\n", out);
    }
    if (!has_traces && !is_upstream) {
        fputs("    upstream: {address: 'h:1'}\n", out);
    }
    if (is_provider) {
        fputs("    parts:\n      p:\n", out);
        write_indented(out, section->example, 8);
    } else if (section == &wp_conf_part_ready_section) {
        fputs("    parts:\n", out);
        write_indented(out, section->example, 6);
    } else if (!is_top) {
        write_indented(out, section->example, 4);
    }
    fclose(out);
    return text;
}

static void test_examples_load(void **state)
{
    const struct wp_conf_section *section;
    struct wp_conf *conf;
    size_t i;
    char *yaml;

    for (i = 0; (section = wp_conf_section_at(i)); i++) {
        yaml = file_around(section);
        conf = parse_good(yaml);
        wp_conf_unref(&conf);
        free(yaml);
    }
}

static void test_sample_loads(void **state)
{
    static const char *const names[] = {"conf/wakeproxy.yaml", "conf/demo.yaml"};
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(names); i++) {
        char *yaml = read_file(names[i]);
        struct wp_conf *conf = parse_good(yaml);

        wp_conf_unref(&conf);
        free(yaml);
    }
}

/* Every "$ref" points to something that is there; walked with a list instead of recursion. */
static void check_references(json_t *root)
{
    json_t *queue = json_array(), *node, *value, *definitions = json_object_get(root, "$defs");
    const char *key;
    size_t i, j;

    json_array_append(queue, root);
    for (i = 0; i < json_array_size(queue); i++) {
        node = json_array_get(queue, i);
        json_object_foreach(node, key, value)
        {
            if (strcmp(key, "$ref") == 0) {
                assert_memory_equal(json_string_value(value), "#/$defs/", 8);
                assert_non_null(json_object_get(definitions, json_string_value(value) + 8));
            }
            if (json_is_object(value) || json_is_array(value)) {
                json_array_append(queue, value);
            }
        }
        json_array_foreach(node, j, value)
        {
            if (json_is_object(value)) {
                json_array_append(queue, value);
            }
        }
    }
    json_decref(queue);
}

static void test_schema(void **state)
{
    char *text = wp_conf_schema();
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    json_t *trace;

    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "$schema")),
                        "https://json-schema.org/draft/2020-12/schema");
    trace = json_object_get(json_object_get(root, "$defs"), "trace");
    assert_non_null(json_object_get(json_object_get(trace, "properties"), "idle"));
    assert_int_equal(json_array_size(json_object_get(trace, "required")), 2);
    assert_true(json_is_false(json_object_get(trace, "additionalProperties")));
    check_references(root);
    json_decref(root);
    free(text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_is_fresh),
        cmocka_unit_test(test_reference_is_complete),
        cmocka_unit_test(test_examples_load),
        cmocka_unit_test(test_sample_loads),
        cmocka_unit_test(test_schema),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s SOURCE_ROOT\n", argv[0]);
        return 2;
    }
    source_root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
