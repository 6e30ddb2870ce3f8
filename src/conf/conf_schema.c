/*
 * conf_schema.c - writes a JSON Schema (2020-12) from the table of fields, for editors.
 *
 * Pure; any thread; the text belongs to the caller.
 * Invariant: a file that loads satisfies the schema, unless it quotes numbers or switches; the
 *            schema lets some through that do not load, as it knows nothing of cross-checks.
 * Not here:  checking files (that is wp_conf_load).
 */
#include <jansson.h>
#include <stdlib.h>

#include "conf_fields.h"
#include "wakeproxy/base/clock.h"

#define DURATION_PATTERN "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
#define SIZE_PATTERN     "^[0-9]+(B|KiB|MiB|GiB)?$"
#define STATUS_PATTERN   "^ *[1-5][0-9][0-9]( *- *[1-5][0-9][0-9])? *$"
#define SIGNAL_PATTERN   "^[A-Za-z0-9]+$"

/* Any scalar: YAML decides by itself whether 8080 is a number or a text, the configuration by
 * the key. */
static json_t *scalar(void)
{
    return json_pack("{s:[ssss]}", "type", "string", "number", "integer", "boolean");
}

/* A text of this form, or, where one alone has it, a number. */
static json_t *pattern(const char *regex)
{
    return json_pack("{s:[ss], s:s}", "type", "string", "integer", "pattern", regex);
}

static json_t *duration(void)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", DURATION_PATTERN);
}

static json_t *one_or_list(json_t *item)
{
    json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", item);

    return json_pack("{s:[o, o]}", "anyOf", item, list);
}

static json_t *words(const char *const *names)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; names[i]; i++) {
        json_array_append_new(list, json_string(names[i]));
    }
    return json_pack("{s:o}", "enum", list);
}

static json_t *class_words(void)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; wp_conf_class_at(i); i++) {
        json_array_append_new(list, json_string(wp_conf_class_at(i)->name));
    }
    return json_pack("{s:o}", "enum", list);
}

static json_t *or_word(json_t *schema, const char *word)
{
    return json_pack("{s:[{s:s}, o]}", "anyOf", "const", word, schema);
}

static json_t *number(const struct wp_conf_field *field)
{
    return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)field->min,
                     "maximum", (json_int_t)field->max);
}

/* YAML readers take an unquoted `off` for false (1.1) or for a text (1.2). */
static json_t *or_off(json_t *schema)
{
    return json_pack("{s:[{s:[s, b]}, o]}", "anyOf", "enum", "off", 0, schema);
}

/* The key of a section's definition: its title in one word. */
static char *definition_name(const struct wp_conf_section *section)
{
    char *name = wp_strdup(section->name), *c;

    for (c = name; *c; c++) {
        *c = *c == ' ' ? '_' : *c;
    }
    return name;
}

static json_t *reference_to(const struct wp_conf_section *section)
{
    char *name = definition_name(section);
    char *path = wp_asprintf("#/$defs/%s", name);
    json_t *schema = json_pack("{s:s}", "$ref", path);

    free(path);
    free(name);
    return schema;
}

static json_t *named(const struct wp_conf_section *section)
{
    return json_pack("{s:[ss], s:o}", "type", "object", "null", "additionalProperties",
                     reference_to(section));
}

static json_t *value_schema(const struct wp_conf_field *field)
{
    switch (field->type) {
    case WP_CONF_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case WP_CONF_PROBE_TCP:
        return json_pack("{s:b}", "const", 1);
    case WP_CONF_NUMBER:
        return field->can_be_off ? or_off(number(field)) : number(field);
    case WP_CONF_PORT:
        return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", 65535);
    case WP_CONF_SIZE:
        return pattern(SIZE_PATTERN);
    case WP_CONF_DURATION:
        return field->can_be_off ? or_off(duration()) : duration();
    case WP_CONF_ENUM:
        return words(field->names);
    case WP_CONF_TEXT:
    case WP_CONF_PROBE_HTTP:
    case WP_CONF_PART_NAME:
    case WP_CONF_HEADER:
        return scalar();
    case WP_CONF_TEXTS:
    case WP_CONF_HOSTS:
    case WP_CONF_COMMAND:
    case WP_CONF_CIDRS:
    case WP_CONF_LISTEN:
    case WP_CONF_AFTER:
        return one_or_list(scalar());
    case WP_CONF_CLASSES:
        return one_or_list(class_words());
    case WP_CONF_ENV:
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", scalar());
    case WP_CONF_WORKERS:
        return or_word(number(field), "auto");
    case WP_CONF_SIGNAL:
        return pattern(SIGNAL_PATTERN);
    case WP_CONF_STATUSES:
        return pattern(STATUS_PATTERN);
    case WP_CONF_ANSWER:
        return or_word(
            json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 200, "maximum", 599),
            "hold");
    case WP_CONF_SECTION:
    case WP_CONF_OPTIONAL:
    case WP_CONF_PROVIDER:
        return reference_to(field->section);
    case WP_CONF_NAMED:
        return named(field->section);
    case WP_CONF_RULES:
        return json_pack("{s:s, s:o}", "type", "array", "items",
                         reference_to(&wp_conf_rule_section));
    }
    return json_object();
}

static json_t *section_schema(const struct wp_conf_section *section)
{
    json_t *properties = json_object(), *required = json_array(), *schema;
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        schema = value_schema(field);
        json_object_set_new(schema, "description", json_string(field->help));
        if (field->standard) {
            json_object_set_new(schema, "default", json_string(field->standard));
        }
        json_object_set_new(properties, field->key, schema);
        if (field->is_required) {
            json_array_append_new(required, json_string(field->key));
        }
    }
    /* Nothing at all is an empty mapping. A choice between the two (anyOf) would say the same, but
     * editors then only tell that neither fits. */
    schema = json_pack("{s:[ss], s:s, s:b, s:o}", "type", "object", "null", "description",
                       section->help, "additionalProperties", 0, "properties", properties);
    if (json_array_size(required) > 0) {
        json_object_set(schema, "required", required);
    }
    json_decref(required);
    return schema;
}

char *wp_conf_schema(void)
{
    json_t *definitions = json_object(), *root;
    const struct wp_conf_section *section;
    char *name, *text, *line;
    size_t i;

    for (i = 0; (section = wp_conf_section_at(i)); i++) {
        if (section != &wp_conf_root_section) {
            name = definition_name(section);
            json_object_set_new(definitions, name, section_schema(section));
            free(name);
        }
    }
    root = section_schema(&wp_conf_root_section);
    json_object_set_new(root, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(root, "title", json_string("wakeproxy configuration"));
    json_object_set_new(root, "$defs", definitions);
    text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(root);
    if (!text) {
        abort(); /* only when memory ran out */
    }
    line = wp_asprintf("%s\n", text);
    free(text);
    return line;
}
