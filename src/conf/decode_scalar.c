/*
 * decode_scalar.c - reads single values: switches, numbers, durations, sizes, words, headers.
 *
 * Thread:   the one that loads. Owns nothing; texts are copied into the configuration's arena.
 * Not here: lists (decode_list.c), and how a duration or size is spelled (conf_text.c).
 */
#include <sched.h>

#include "conf_decode.h"
#include "nearest.h"
#include "wakeproxy/base/clock.h"

static void report_bounds(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node)
{
    struct wp_slice shown = wp_conf_shown(node->text);
    char bounds[96];

    wp_conf_field_bounds(field, bounds, sizeof(bounds));
    wp_conf_findings_add(decoder->findings, node->place, "\"%s\" is %.*s; it must be %s",
                         field->key, WP_SLICE_ARG(shown), bounds);
}

static bool is_off(const struct wp_conf_field *field, struct wp_slice text)
{
    return field->can_be_off && wp_slice_eq(text, WP_SLICE("off"));
}

static void decode_bool(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, bool *ret_value)
{
    struct wp_slice text = node->text;

    if (wp_slice_eq(text, WP_SLICE("true")) || wp_slice_eq(text, WP_SLICE("false"))) {
        *ret_value = text.len == 4;
        return;
    }
    wp_conf_report_type(decoder, field, node);
}

static void decode_number(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, uint32_t *ret_value)
{
    uint64_t value;

    if (is_off(field, node->text)) {
        *ret_value = 0;
        return;
    }
    if (!wp_slice_u64(node->text, UINT64_MAX, &value)) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    if (value < field->min || value > field->max) {
        report_bounds(decoder, field, node);
        return;
    }
    *ret_value = (uint32_t)value;
}

static void decode_port(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, uint16_t *ret_value)
{
    uint64_t value;

    if (!wp_slice_u64(node->text, UINT16_MAX, &value) || value == 0) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    *ret_value = (uint16_t)value;
}

static void decode_size(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, uint32_t *ret_value)
{
    uint64_t value;

    if (wp_conf_text_size(node->text, &value) != WP_CONF_TEXT_OK) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    if (value < field->min || value > field->max) {
        report_bounds(decoder, field, node);
        return;
    }
    *ret_value = (uint32_t)value;
}

static void decode_duration(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                            const struct wp_yaml_node *node, uint64_t *ret_value)
{
    struct wp_slice shown = wp_conf_shown(node->text);
    uint64_t value;

    if (is_off(field, node->text)) {
        *ret_value = WP_NEVER;
        return;
    }
    switch (wp_conf_text_duration(node->text, &value)) {
    case WP_CONF_TEXT_OK:
        break;
    case WP_CONF_TEXT_NO_UNIT:
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\" has no unit; write %.*ss or %.*sm", field->key,
                             WP_SLICE_ARG(shown), WP_SLICE_ARG(shown));
        return;
    case WP_CONF_TEXT_BAD:
        wp_conf_report_type(decoder, field, node);
        return;
    }
    if (value < field->min || value > field->max) {
        report_bounds(decoder, field, node);
        return;
    }
    *ret_value = value;
}

static void decode_enum(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, unsigned *ret_value)
{
    struct wp_slice shown = wp_conf_shown(node->text);
    struct wp_conf_nearest nearest;
    char expects[256];
    unsigned i;

    wp_conf_nearest_init(&nearest, node->text);
    for (i = 0; field->names[i]; i++) {
        if (wp_slice_eq(node->text, wp_slice_cstr(field->names[i]))) {
            *ret_value = i;
            return;
        }
        wp_conf_nearest_offer(&nearest, field->names[i]);
    }
    if (!nearest.best) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    wp_conf_field_expects(field, expects, sizeof(expects));
    wp_conf_findings_add(decoder->findings, node->place,
                         "\"%s\" must be %s, found \"%.*s\"; did you mean \"%s\"?", field->key,
                         expects, WP_SLICE_ARG(shown), nearest.best);
}

static void decode_text(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, char **ret_value)
{
    if (wp_conf_judge(decoder, field, node, field->check)) {
        *ret_value = wp_conf_arena_text(decoder->arena, node->text);
    }
}

static void decode_workers(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, uint32_t *ret_value)
{
    cpu_set_t cpus;
    int count;

    if (!wp_slice_eq(node->text, WP_SLICE("auto"))) {
        decode_number(decoder, field, node, ret_value);
        return;
    }
    /* The CPUs this process may use, which taskset and containers narrow. */
    count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    *ret_value = (uint32_t)count < field->min   ? (uint32_t)field->min
                 : (uint32_t)count > field->max ? (uint32_t)field->max
                                                : (uint32_t)count;
}

static void decode_signal(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, int *ret_value)
{
    int value = wp_conf_text_signal(node->text);

    if (value == 0) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    *ret_value = value;
}

static void decode_statuses(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                            const struct wp_yaml_node *node, void *object)
{
    struct wp_slice shown = wp_conf_shown(node->text);
    uint16_t min, max;

    if (!wp_conf_text_statuses(node->text, &min, &max)) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    if (min > max) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\": \"%.*s\" runs backwards; write %u-%u", field->key,
                             WP_SLICE_ARG(shown), max, min);
        return;
    }
    *(uint16_t *)(void *)((char *)object + field->at) = min;
    *(uint16_t *)(void *)((char *)object + field->at2) = max;
}

/* "Name" or "Name: text to find". */
static void decode_header(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object)
{
    const char *colon = memchr(node->text.ptr, ':', node->text.len);
    struct wp_slice name = node->text, value = {NULL, 0}, shown;

    if (colon) {
        name.len = (size_t)(colon - name.ptr);
        value = wp_slice_trim((struct wp_slice){colon + 1, node->text.len - name.len - 1});
    }
    if (!wp_conf_is_token(name)) {
        shown = wp_conf_shown(name);
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\": \"%.*s\" is not a field name; write \"Name\" or \"Name: "
                             "text\"",
                             field->key, WP_SLICE_ARG(shown));
        return;
    }
    *(char **)(void *)((char *)object + field->at) = wp_conf_arena_text(decoder->arena, name);
    *(char **)(void *)((char *)object + field->at2) =
        value.len > 0 ? wp_conf_arena_text(decoder->arena, value) : NULL;
}

static void decode_answer(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object)
{
    enum wp_answer *answer = (void *)((char *)object + field->at);
    uint64_t status;

    if (wp_slice_eq(node->text, WP_SLICE("hold"))) {
        *answer = WP_ANSWER_HOLD;
        return;
    }
    if (!wp_slice_u64(node->text, 599, &status) || status < 200) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    *answer = WP_ANSWER_STATUS;
    *(uint16_t *)(void *)((char *)object + field->at2) = (uint16_t)status;
}

static void decode_probe_tcp(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                             const struct wp_yaml_node *node, struct wp_conf_ready *ready)
{
    bool is_tcp = true;

    decode_bool(decoder, field, node, &is_tcp);
    if (!is_tcp) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"tcp\" can only be true; write http: /path for an HTTP check");
    }
    ready->kind = WP_PROBE_TCP;
}

static void decode_probe_http(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                              const struct wp_yaml_node *node, struct wp_conf_ready *ready)
{
    if (wp_conf_judge(decoder, field, node, wp_conf_check_path)) {
        ready->path = wp_conf_arena_text(decoder->arena, node->text);
    }
    ready->kind = WP_PROBE_HTTP;
}

void wp_conf_decode_scalar(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, void *object)
{
    void *slot = (char *)object + field->at;
    struct wp_slice text;

    if (!wp_conf_want_text(decoder, field, node, &text)) {
        return;
    }
    if (field->type == WP_CONF_BOOL) {
        decode_bool(decoder, field, node, slot);
    } else if (field->type == WP_CONF_NUMBER) {
        decode_number(decoder, field, node, slot);
    } else if (field->type == WP_CONF_PORT) {
        decode_port(decoder, field, node, slot);
    } else if (field->type == WP_CONF_SIZE) {
        decode_size(decoder, field, node, slot);
    } else if (field->type == WP_CONF_DURATION) {
        decode_duration(decoder, field, node, slot);
    } else if (field->type == WP_CONF_ENUM) {
        decode_enum(decoder, field, node, slot);
    } else if (field->type == WP_CONF_TEXT) {
        decode_text(decoder, field, node, slot);
    } else if (field->type == WP_CONF_WORKERS) {
        decode_workers(decoder, field, node, slot);
    } else if (field->type == WP_CONF_SIGNAL) {
        decode_signal(decoder, field, node, slot);
    } else if (field->type == WP_CONF_STATUSES) {
        decode_statuses(decoder, field, node, object);
    } else if (field->type == WP_CONF_HEADER) {
        decode_header(decoder, field, node, object);
    } else if (field->type == WP_CONF_ANSWER) {
        decode_answer(decoder, field, node, object);
    } else if (field->type == WP_CONF_PROBE_TCP) {
        decode_probe_tcp(decoder, field, node, object);
    } else if (field->type == WP_CONF_PROBE_HTTP) {
        decode_probe_http(decoder, field, node, object);
    }
    /* WP_CONF_PART_NAME: its text is read when the trace is complete. */
}
