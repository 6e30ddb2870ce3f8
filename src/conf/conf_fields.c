/*
 * conf_fields.c - walks the table and describes its fields in words.
 *
 * Pure; any thread; owns nothing. The rows themselves are in conf_fields_root.c,
 * conf_fields_trace.c and conf_fields_part.c.
 * Not here: reading values (decode_*.c).
 */
#include "conf_fields.h"

#include <inttypes.h>
#include <stdio.h>

#include "wakeproxy/base/clock.h"

static const struct wp_conf_section *const sections[] = {
    &wp_conf_root_section, &wp_conf_listen_section,     &wp_conf_limits_section,
    &wp_conf_log_section,  &wp_conf_policy_section,     &wp_conf_ready_section,
    &wp_conf_rule_section, &wp_conf_trace_section,      &wp_conf_upstream_section,
    &wp_conf_part_section, &wp_conf_part_ready_section, &wp_conf_process_section,
    &wp_conf_exec_section, &wp_conf_sim_section,
};

const struct wp_conf_section *wp_conf_section_at(size_t index)
{
    return index < WP_ARRAY_SIZE(sections) ? sections[index] : NULL;
}

const struct wp_conf_field *wp_conf_field_at(const struct wp_conf_section *section, size_t index)
{
    if (index < section->field_count) {
        return &section->fields[index];
    }
    index -= section->field_count;
    section = section->include;
    return section && index < section->field_count ? &section->fields[index] : NULL;
}

static void expects_one_of(const struct wp_conf_field *field, char *ret_text, size_t size_bytes)
{
    size_t used, i;

    used = (size_t)snprintf(ret_text, size_bytes, "one of");
    for (i = 0; field->names[i] && used < size_bytes; i++) {
        used += (size_t)snprintf(ret_text + used, size_bytes - used, "%s %s", i > 0 ? "," : "",
                                 field->names[i]);
    }
}

static void expects_class(char *ret_text, size_t size_bytes)
{
    size_t used, i;

    used = (size_t)snprintf(ret_text, size_bytes, "one or a list of");
    for (i = 0; wp_conf_class_at(i) && used < size_bytes; i++) {
        used += (size_t)snprintf(ret_text + used, size_bytes - used, "%s %s", i > 0 ? "," : "",
                                 wp_conf_class_at(i)->name);
    }
}

static void expects_signal(char *ret_text, size_t size_bytes)
{
    size_t used, i;

    used = (size_t)snprintf(ret_text, size_bytes, "a signal, one of");
    for (i = 0; wp_conf_signal_at(i) && used < size_bytes; i++) {
        used += (size_t)snprintf(ret_text + used, size_bytes - used, "%s %s", i > 0 ? "," : "",
                                 wp_conf_signal_at(i));
    }
}

static const char *expects(const struct wp_conf_field *field)
{
    switch (field->type) {
    case WP_CONF_BOOL:
        return "true or false";
    case WP_CONF_NUMBER:
        return field->can_be_off ? "a whole number or off" : "a whole number";
    case WP_CONF_PORT:
        return "a port from 1 to 65535";
    case WP_CONF_SIZE:
        return "a size such as 500, 16KiB or 1MiB";
    case WP_CONF_DURATION:
        return field->can_be_off ? "a duration such as 250ms, 15m or 1h30m, or off"
                                 : "a duration such as 250ms, 15m or 1h30m";
    case WP_CONF_TEXT:
        return "text";
    case WP_CONF_TEXTS:
    case WP_CONF_HOSTS:
        return "text or a list of texts";
    case WP_CONF_COMMAND:
        return "a list of arguments, or one text for the shell";
    case WP_CONF_ENV:
        return "a mapping such as {NAME: value}";
    case WP_CONF_CIDRS:
        return "an address range such as 10.0.0.0/8, or a list of them";
    case WP_CONF_LISTEN:
        return "an address such as \"127.0.0.1:8080\", or a list of them";
    case WP_CONF_WORKERS:
        return "auto or a whole number";
    case WP_CONF_STATUSES:
        return "a status or a range such as 200-399";
    case WP_CONF_HEADER:
        return "\"Name\" or \"Name: text\"";
    case WP_CONF_ANSWER:
        return "hold or a status from 200 to 599";
    case WP_CONF_PROBE_TCP:
        return "true";
    case WP_CONF_PROBE_HTTP:
        return "a path such as /healthz";
    case WP_CONF_AFTER:
        return "the name of a part, or a list of them";
    case WP_CONF_PART_NAME:
        return "the name of a part";
    case WP_CONF_SECTION:
    case WP_CONF_OPTIONAL:
    case WP_CONF_PROVIDER:
        return "a mapping of keys";
    case WP_CONF_NAMED:
        return "a mapping of names";
    case WP_CONF_RULES:
        return "a list of rules";
    case WP_CONF_ENUM:
    case WP_CONF_SIGNAL:
    case WP_CONF_CLASSES:
        break;
    }
    return "a value";
}

void wp_conf_field_expects(const struct wp_conf_field *field, char *ret_text, size_t size_bytes)
{
    if (field->type == WP_CONF_ENUM) {
        expects_one_of(field, ret_text, size_bytes);
    } else if (field->type == WP_CONF_CLASSES) {
        expects_class(ret_text, size_bytes);
    } else if (field->type == WP_CONF_SIGNAL) {
        expects_signal(ret_text, size_bytes);
    } else {
        snprintf(ret_text, size_bytes, "%s", expects(field));
    }
}

void wp_conf_field_value_text(const struct wp_conf_field *field, uint64_t value, char *ret_text,
                              size_t size_bytes)
{
    const uint64_t day_ms = (uint64_t)24 * 3600 * 1000;
    char text[WP_DURATION_SIZE];

    if (field->type == WP_CONF_DURATION && value != WP_NEVER && value > 0 && value % day_ms == 0) {
        snprintf(ret_text, size_bytes, "%" PRIu64 "d", value / day_ms);
    } else if (field->type == WP_CONF_DURATION) {
        wp_clock_duration_text(value, text);
        snprintf(ret_text, size_bytes, "%s", text);
    } else if (field->type == WP_CONF_SIZE) {
        snprintf(ret_text, size_bytes, "%s", wp_conf_size_text(value, text));
    } else {
        snprintf(ret_text, size_bytes, "%" PRIu64, value);
    }
}

void wp_conf_field_bounds(const struct wp_conf_field *field, char *ret_text, size_t size_bytes)
{
    char min[WP_DURATION_SIZE], max[WP_DURATION_SIZE];

    ret_text[0] = '\0';
    if (field->type != WP_CONF_NUMBER && field->type != WP_CONF_SIZE &&
        field->type != WP_CONF_DURATION && field->type != WP_CONF_WORKERS) {
        return;
    }
    wp_conf_field_value_text(field, field->min, min, sizeof(min));
    wp_conf_field_value_text(field, field->max, max, sizeof(max));
    snprintf(ret_text, size_bytes, "%s to %s", min, max);
}
