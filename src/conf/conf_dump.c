/*
 * conf_dump.c - writes the effective configuration as YAML, walking the table of fields.
 *
 * Pure; any thread; the text belongs to the caller.
 * Invariant: the text loads without problems to an equal configuration; defaults are resolved, so
 *            there is no `defaults` section, and classes of rules are spelled out.
 * Not here:  comments and the order of the original file.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "conf_fields.h"
#include "wakeproxy/base/clock.h"

struct dump {
    FILE *out;
    const struct wp_conf_trace *trace; /* whose parts are written, for their names */
};

static void indent(struct dump *dump, unsigned level)
{
    fprintf(dump->out, "%*s", (int)level * 2, "");
}

static void write_strings(struct dump *dump, char *const *items, size_t count)
{
    size_t i;

    fputc('[', dump->out);
    for (i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", dump->out);
        wp_conf_quote(dump->out, items[i]);
    }
    fputc(']', dump->out);
}

static void write_env(struct dump *dump, const struct wp_conf_pair *pairs, size_t count)
{
    size_t i;

    fputc('{', dump->out);
    for (i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", dump->out);
        wp_conf_quote(dump->out, pairs[i].name);
        fputs(": ", dump->out);
        wp_conf_quote(dump->out, pairs[i].value);
    }
    fputc('}', dump->out);
}

static void write_cidrs(struct dump *dump, const struct wp_cidr *cidrs, size_t count)
{
    char text[WP_CONF_CIDR_SIZE];
    size_t i;

    fputc('[', dump->out);
    for (i = 0; i < count; i++) {
        wp_conf_cidr_text(&cidrs[i], text);
        fputs(i > 0 ? ", " : "", dump->out);
        wp_conf_quote(dump->out, text);
    }
    fputc(']', dump->out);
}

static void write_listen(struct dump *dump, const struct wp_conf_listen *items, size_t count)
{
    size_t i;

    fputc('[', dump->out);
    for (i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", dump->out);
        wp_conf_quote(dump->out, items[i].text);
    }
    fputc(']', dump->out);
}

static void write_header(struct dump *dump, const char *name, const char *value)
{
    char *text = value ? wp_asprintf("%s: %s", name, value) : wp_strdup(name);

    wp_conf_quote(dump->out, text);
    free(text);
}

static void write_value(struct dump *dump, const struct wp_conf_field *field, uint64_t value,
                        bool is_off)
{
    char text[64];

    wp_conf_field_value_text(field, value, text, sizeof(text));
    fputs(is_off ? "off" : text, dump->out);
}

static void write_after(struct dump *dump, const struct wp_conf_part *part)
{
    size_t i;

    fputc('[', dump->out);
    for (i = 0; i < part->after_count; i++) {
        fputs(i > 0 ? ", " : "", dump->out);
        wp_conf_quote(dump->out, dump->trace->parts[part->after[i]].name);
    }
    fputc(']', dump->out);
}

/* Whether a field has something to say in this object; what it would leave out is its default. */
static bool is_shown(const struct wp_conf_field *field, const void *object)
{
    const char *slot = (const char *)object + field->at;
    const struct wp_conf_ready *ready = object; /* only with the types that fill one */
    const struct wp_conf_part *part = object;   /* the same */

    if (field->is_http_only && ready->kind != WP_PROBE_HTTP) {
        return false;
    }
    switch (field->type) {
    case WP_CONF_PORT:
        return *(const uint16_t *)(const void *)slot > 0;
    case WP_CONF_TEXT:
    case WP_CONF_HEADER:
    case WP_CONF_OPTIONAL:
        return *(void *const *)(const void *)slot;
    case WP_CONF_TEXTS:
        return ((const struct wp_conf_strings *)(const void *)slot)->count > 0;
    case WP_CONF_ENV:
    case WP_CONF_CIDRS:
    case WP_CONF_RULES:
    case WP_CONF_NAMED:
        return *(const size_t *)(const void *)((const char *)object + field->at2) > 0;
    case WP_CONF_PROBE_TCP:
        return ready->kind == WP_PROBE_TCP;
    case WP_CONF_PROBE_HTTP:
        return ready->kind == WP_PROBE_HTTP;
    case WP_CONF_AFTER:
        return part->after_count > 0;
    case WP_CONF_PART_NAME:
        return *(const int32_t *)(const void *)slot >= 0;
    case WP_CONF_PROVIDER:
        return part->provider == field->choice;
    case WP_CONF_SECTION:
        return field->section != &wp_conf_policy_section;
    case WP_CONF_CLASSES:
        return false;
    case WP_CONF_BOOL:
    case WP_CONF_NUMBER:
    case WP_CONF_SIZE:
    case WP_CONF_DURATION:
    case WP_CONF_ENUM:
    case WP_CONF_HOSTS:
    case WP_CONF_COMMAND:
    case WP_CONF_LISTEN:
    case WP_CONF_WORKERS:
    case WP_CONF_SIGNAL:
    case WP_CONF_STATUSES:
    case WP_CONF_ANSWER:
        return true;
    }
    return false;
}

static void write_number_field(struct dump *dump, const struct wp_conf_field *field,
                               const char *slot)
{
    if (field->type == WP_CONF_DURATION) {
        uint64_t value = *(const uint64_t *)(const void *)slot;

        write_value(dump, field, value, value == WP_NEVER);
    } else if (field->type == WP_CONF_PORT) {
        write_value(dump, field, *(const uint16_t *)(const void *)slot, false);
    } else {
        uint32_t value = *(const uint32_t *)(const void *)slot;

        write_value(dump, field, value, field->can_be_off && value == 0);
    }
}

static void write_pair_field(struct dump *dump, const struct wp_conf_field *field, const char *slot,
                             const char *slot2)
{
    size_t count;

    if (field->type == WP_CONF_STATUSES) {
        fprintf(dump->out, "%u-%u", *(const uint16_t *)(const void *)slot,
                *(const uint16_t *)(const void *)slot2);
        return;
    }
    if (field->type == WP_CONF_HEADER) {
        write_header(dump, *(char *const *)(const void *)slot, *(char *const *)(const void *)slot2);
        return;
    }
    if (field->type == WP_CONF_ANSWER) {
        if (*(const enum wp_answer *)(const void *)slot == WP_ANSWER_HOLD) {
            fputs("hold", dump->out);
        } else {
            fprintf(dump->out, "%u", *(const uint16_t *)(const void *)slot2);
        }
        return;
    }
    count = *(const size_t *)(const void *)slot2;
    if (field->type == WP_CONF_ENV) {
        write_env(dump, *(struct wp_conf_pair *const *)(const void *)slot, count);
    } else if (field->type == WP_CONF_CIDRS) {
        write_cidrs(dump, *(struct wp_cidr *const *)(const void *)slot, count);
    } else {
        write_listen(dump, *(struct wp_conf_listen *const *)(const void *)slot, count);
    }
}

/* A value that fits on its key's line. */
static void write_inline(struct dump *dump, const struct wp_conf_field *field, const void *object)
{
    const char *slot = (const char *)object + field->at;
    const char *slot2 = (const char *)object + field->at2;

    if (field->type == WP_CONF_BOOL) {
        fputs(*(const bool *)slot ? "true" : "false", dump->out);
    } else if (field->type == WP_CONF_ENUM) {
        fputs(field->names[*(const unsigned *)(const void *)slot], dump->out);
    } else if (field->type == WP_CONF_SIGNAL) {
        fputs(wp_conf_signal_name(*(const int *)(const void *)slot), dump->out);
    } else if (field->type == WP_CONF_TEXT) {
        wp_conf_quote(dump->out, *(char *const *)(const void *)slot);
    } else if (field->type == WP_CONF_TEXTS || field->type == WP_CONF_HOSTS ||
               field->type == WP_CONF_COMMAND) {
        const struct wp_conf_strings *strings = (const void *)slot;

        write_strings(dump, strings->items, strings->count);
    } else if (field->type == WP_CONF_PROBE_TCP) {
        fputs("true", dump->out);
    } else if (field->type == WP_CONF_PROBE_HTTP) {
        wp_conf_quote(dump->out, ((const struct wp_conf_ready *)object)->path);
    } else if (field->type == WP_CONF_AFTER) {
        write_after(dump, object);
    } else if (field->type == WP_CONF_PART_NAME) {
        wp_conf_quote(dump->out, dump->trace->parts[*(const int32_t *)(const void *)slot].name);
    } else if (field->at2 > 0) {
        write_pair_field(dump, field, slot, slot2);
    } else {
        write_number_field(dump, field, slot);
    }
}

static void write_section(struct dump *dump, const struct wp_conf_section *section,
                          const void *object, unsigned level);

static void write_named(struct dump *dump, const struct wp_conf_field *field, const void *object,
                        unsigned level)
{
    const char *items = *(char *const *)(const void *)((const char *)object + field->at);
    size_t count = *(const size_t *)(const void *)((const char *)object + field->at2), i;

    for (i = 0; i < count; i++) {
        const char *item = items + i * field->section->size_bytes;

        if (field->section == &wp_conf_trace_section) {
            dump->trace = (const void *)item;
        }
        indent(dump, level);
        wp_conf_quote(dump->out, *(char *const *)(const void *)(item + field->section->name_at));
        fputs(":\n", dump->out);
        write_section(dump, field->section, item, level + 1);
    }
}

/* One rule per line, in braces. */
static void write_rules(struct dump *dump, const struct wp_conf_field *field, const void *object,
                        unsigned level)
{
    const struct wp_conf_rule *rules =
        *(struct wp_conf_rule *const *)(const void *)((const char *)object + field->at);
    size_t count = *(const size_t *)(const void *)((const char *)object + field->at2), i, j;
    const struct wp_conf_field *inner;
    bool is_first;

    for (i = 0; i < count; i++) {
        indent(dump, level);
        fputs("- {", dump->out);
        is_first = true;
        for (j = 0; (inner = wp_conf_field_at(&wp_conf_rule_section, j)); j++) {
            if (is_shown(inner, &rules[i])) {
                fprintf(dump->out, "%s%s: ", is_first ? "" : ", ", inner->key);
                write_inline(dump, inner, &rules[i]);
                is_first = false;
            }
        }
        fputs("}\n", dump->out);
    }
}

static void write_nested(struct dump *dump, const struct wp_conf_field *field, const void *object,
                         unsigned level)
{
    const char *slot = (const char *)object + field->at;

    fputc('\n', dump->out);
    if (field->type == WP_CONF_NAMED) {
        write_named(dump, field, object, level);
    } else if (field->type == WP_CONF_RULES) {
        write_rules(dump, field, object, level);
    } else if (field->type == WP_CONF_OPTIONAL) {
        write_section(dump, field->section, *(void *const *)(const void *)slot, level);
    } else {
        write_section(dump, field->section, slot, level);
    }
}

/* Nests as deep as the table does. */
static void write_section(struct dump *dump, const struct wp_conf_section *section,
                          const void *object, unsigned level)
{
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        if (!is_shown(field, object)) {
            continue;
        }
        indent(dump, level);
        fprintf(dump->out, "%s:", field->key);
        if (field->section || field->type == WP_CONF_RULES) {
            write_nested(dump, field, object, level + 1);
        } else {
            fputc(' ', dump->out);
            write_inline(dump, field, object);
            fputc('\n', dump->out);
        }
    }
}

char *wp_conf_dump(const struct wp_conf *conf)
{
    struct dump dump = {0};
    char *text = NULL;
    size_t size = 0;

    dump.out = open_memstream(&text, &size);
    if (!dump.out) {
        abort();
    }
    write_section(&dump, &wp_conf_root_section, conf, 0);
    if (fclose(dump.out) != 0) {
        abort();
    }
    return text;
}

/* One field's value as it would be dumped; the caller's. */
static char *field_text(const struct wp_conf_field *field, const void *object)
{
    struct dump dump = {0};
    char *text = NULL;
    size_t size = 0;

    dump.out = open_memstream(&text, &size);
    if (!dump.out) {
        abort();
    }
    if (is_shown(field, object)) {
        write_inline(&dump, field, object);
    }
    if (fclose(dump.out) != 0) {
        abort();
    }
    return text;
}

char *wp_conf_restart_keys(const struct wp_conf *running, const struct wp_conf *next)
{
    const struct wp_conf_field *field;
    char *keys = NULL, *a, *b, *longer;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(&wp_conf_root_section, i)); i++) {
        if (!field->needs_restart) {
            continue;
        }
        a = field_text(field, running);
        b = field_text(field, next);
        if (strcmp(a, b) != 0) {
            longer = keys ? wp_asprintf("%s, %s", keys, field->key) : wp_strdup(field->key);
            free(keys);
            keys = longer;
        }
        free(a);
        free(b);
    }
    return keys;
}
