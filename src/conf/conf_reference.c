/*
 * conf_reference.c - writes docs/config.md from the table of fields.
 *
 * Pure; any thread; the text belongs to the caller.
 * Not here: the help texts themselves (conf_fields_*.c).
 */
#include <stdlib.h>

#include "conf_fields.h"

/* Text inside a table cell: a pipe would end it. */
static void write_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
}

/* GitHub's anchor of a title: lower case, spaces to dashes, punctuation gone. */
static void write_anchor(FILE *out, const char *title)
{
    for (; *title; title++) {
        char c = wp_ascii_lower(*title);

        if (c == ' ') {
            fputc('-', out);
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            fputc(c, out);
        }
    }
}

static void write_link(FILE *out, const struct wp_conf_section *section)
{
    fprintf(out, "[%s](#", section->title);
    write_anchor(out, section->title);
    fputc(')', out);
}

/* One word for what is explained once, at the top of the page; NULL for the rest. */
static const char *short_kind(const struct wp_conf_field *field)
{
    if (field->type == WP_CONF_DURATION) {
        return field->can_be_off ? "duration or `off`" : "duration";
    }
    if (field->type == WP_CONF_SIZE) {
        return "size";
    }
    if (field->type == WP_CONF_NUMBER) {
        return field->can_be_off ? "number or `off`" : "number";
    }
    if (field->type == WP_CONF_WORKERS) {
        return "number or `auto`";
    }
    if (field->type == WP_CONF_CLASSES) {
        return "one or a list of the classes below";
    }
    return NULL;
}

static void write_kind(FILE *out, const struct wp_conf_field *field)
{
    const char *kind = short_kind(field);
    char expects[256], bounds[96];

    if (field->section) {
        write_link(out, field->section);
        return;
    }
    if (field->type == WP_CONF_RULES) {
        write_link(out, &wp_conf_rule_section);
        return;
    }
    wp_conf_field_expects(field, expects, sizeof(expects));
    wp_conf_field_bounds(field, bounds, sizeof(bounds));
    write_cell(out, kind ? kind : expects);
    if (bounds[0]) {
        fprintf(out, ", %s", bounds);
    }
}

static void write_standard(FILE *out, const struct wp_conf_field *field)
{
    if (field->is_required) {
        fputs("required", out);
    } else if (field->shown_standard) {
        write_cell(out, field->shown_standard);
    } else if (field->type == WP_CONF_LISTEN) {
        fprintf(out, "`[\"%s\"]`", field->standard);
    } else if (field->standard) {
        fprintf(out, "`%s`", field->standard);
    } else if (!field->section) {
        fputs("none", out);
    }
}

static void write_fields(FILE *out, const struct wp_conf_section *section)
{
    size_t i;

    fputs("| key | value | default | meaning |\n| --- | --- | --- | --- |\n", out);
    for (i = 0; i < section->field_count; i++) {
        const struct wp_conf_field *field = &section->fields[i];

        fprintf(out, "| `%s` | ", field->key);
        write_kind(out, field);
        fputs(" | ", out);
        write_standard(out, field);
        fputs(" | ", out);
        write_cell(out, field->help);
        fputs(field->needs_restart ? " *A change needs a restart.* |\n" : " |\n", out);
    }
}

static void write_list(FILE *out, const char *const *list)
{
    size_t i;

    for (i = 0; list && list[i]; i++) {
        fprintf(out, "%s`", i > 0 ? ", " : "");
        write_cell(out, list[i]);
        fputc('`', out);
    }
}

static void write_class(FILE *out, const struct wp_conf_class *class)
{
    size_t i;

    fprintf(out, "| `%s` | %u | %s: ", class->name, class->status, class->help);
    for (i = 0; i < class->match_count; i++) {
        const struct wp_conf_class_match *match = &class->matches[i];

        fputs(i > 0 ? "; " : "", out);
        if (match->paths) {
            fputs("paths ", out);
            write_list(out, match->paths);
        }
        if (match->user_agents) {
            fputs("user agents with ", out);
            write_list(out, match->user_agents);
        }
        if (match->header_name) {
            fprintf(out, "`%s: %s`", match->header_name, match->header_value);
        }
    }
    fputs(" |\n", out);
}

static void write_classes(FILE *out)
{
    size_t i;

    fputs(
        "\nClasses are ready-made matches. A rule with `class` does not wake unless it says `wake: "
        "true`, and while the trace sleeps it answers with the status shown unless it has an "
        "`answer`.\n\n"
        "| class | answer | what it matches |\n| --- | --- | --- |\n",
        out);
    for (i = 0; wp_conf_class_at(i); i++) {
        write_class(out, wp_conf_class_at(i));
    }
}

static void write_section(FILE *out, const struct wp_conf_section *section)
{
    fprintf(out, "\n## %s\n\n%s\n\n", section->title, section->help);
    write_fields(out, section);
    if (section == &wp_conf_rule_section) {
        write_classes(out);
    }
    if (section->example) {
        fprintf(out, "\n```yaml\n%s```\n", section->example);
    }
}

char *wp_conf_reference(void)
{
    char *text = NULL;
    size_t size = 0, i;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        abort();
    }
    fputs(
        "# Configuration\n\n"
        "Written by `wakeproxy config-reference` from the table that the program itself reads "
        "by.\n\n"
        "`wakeproxy check -c FILE` finds every problem of a file in one run, with line, column and "
        "cure; `--print` shows what a file means with all defaults filled in. `wakeproxy "
        "config-reference --schema` prints a JSON Schema for editors.\n\n"
        "**Values.** Durations have units, from the largest to the smallest: `250ms`, `15m`, "
        "`1h30m`, `7d` (`d`, `h`, `m`, `s`, `ms`). Sizes are bytes or have `KiB`, `MiB`, `GiB`. "
        "Where a list is expected, one text stands for a list of one. Quote what starts with `*` "
        "or holds `: `.\n\n"
        "**Reload.** `SIGHUP` applies the changes of a file without problems, all of them or "
        "none; the few keys that need a restart say so.\n",
        out);
    for (i = 0; wp_conf_section_at(i); i++) {
        write_section(out, wp_conf_section_at(i));
    }
    if (fclose(out) != 0) {
        abort();
    }
    return text;
}
