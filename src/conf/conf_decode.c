/*
 * conf_decode.c - walks a YAML mapping and the table of fields side by side.
 *
 * Thread:    the one that loads.
 * Owns:      nothing; objects and texts lie in the configuration's arena.
 * Invariant: a bad value is reported once and leaves its default, so that reading goes on and all
 *            problems of a file come out in one run.
 * Invariant: the nesting follows the table, not the input: sections do not contain themselves.
 * Not here:  the types of single values (decode_scalar.c, decode_list.c, decode_rules.c) and what
 *            values mean together (conf_check*.c).
 */
#include "conf_decode.h"

#include "nearest.h"

void wp_conf_section_init(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                          void *object)
{
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        if (field->type == WP_CONF_SECTION && field->section != &wp_conf_policy_section) {
            wp_conf_section_init(decoder, field->section, (char *)object + field->at);
        } else if (field->standard) {
            struct wp_yaml_node node = {.kind = WP_YAML_SCALAR};

            node.text = wp_slice_cstr(field->standard);
            wp_conf_field_decode(decoder, field, &node, object);
        }
    }
}

static const struct wp_conf_field *find_field(const struct wp_conf_section *section,
                                              struct wp_slice key)
{
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        if (wp_slice_eq(key, wp_slice_cstr(field->key))) {
            return field;
        }
    }
    return NULL;
}

static void offer_keys(struct wp_conf_nearest *nearest, const struct wp_conf_section *section)
{
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        wp_conf_nearest_offer(nearest, field->key);
    }
}

/* The section that has this very key, or else one like it, *ret_key; NULL when none has. */
static const struct wp_conf_section *find_home(struct wp_slice key, const char **ret_key)
{
    const struct wp_conf_section *section, *home = NULL;
    struct wp_conf_nearest nearest;
    const char *best = NULL;
    size_t i;

    wp_conf_nearest_init(&nearest, key);
    for (i = 0; (section = wp_conf_section_at(i)); i++) {
        offer_keys(&nearest, section);
        if (nearest.best != best) {
            best = nearest.best;
            home = section;
        }
    }
    *ret_key = best;
    return home;
}

static void report_unknown(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                           const struct wp_yaml_node *key)
{
    struct wp_slice shown = wp_conf_shown(key->text);
    const struct wp_conf_section *home;
    struct wp_conf_nearest nearest;
    const char *home_key;

    if (!wp_conf_findings_has_room(decoder->findings)) {
        wp_conf_findings_add(decoder->findings, key->place, "unknown key");
        return;
    }
    wp_conf_nearest_init(&nearest, key->text);
    offer_keys(&nearest, section);
    if (nearest.best) {
        wp_conf_findings_add(decoder->findings, key->place,
                             "unknown key \"%.*s\"; did you mean \"%s\"?", WP_SLICE_ARG(shown),
                             nearest.best);
        return;
    }
    home = find_home(key->text, &home_key);
    if (home) {
        wp_conf_findings_add(decoder->findings, key->place,
                             "unknown key \"%.*s\" in %s; \"%s\" belongs in %s",
                             WP_SLICE_ARG(shown), section->name, home_key, home->name);
        return;
    }
    wp_conf_findings_add(decoder->findings, key->place,
                         "unknown key \"%.*s\" in %s; `wakeproxy config-reference` lists all keys",
                         WP_SLICE_ARG(shown), section->name);
}

static void report_missing(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                           const struct wp_yaml_node *node, const void *object)
{
    const struct wp_conf_field *field;
    struct wp_conf_place place = node->place;
    size_t i;

    if (section->is_named) {
        memcpy(&place, (const char *)object + section->place_at, sizeof(place));
    }
    for (i = 0; (field = wp_conf_field_at(section, i)); i++) {
        if (!field->is_required || wp_yaml_get(node, field->key)) {
            continue;
        }
        if (section->is_named) {
            const char *const *name = (const void *)((const char *)object + section->name_at);

            wp_conf_findings_add(decoder->findings, place, "%s \"%s\" has no \"%s\"; %s",
                                 section->name, *name, field->key, field->cure);
        } else {
            wp_conf_findings_add(decoder->findings, place, "%s has no \"%s\"; %s", section->name,
                                 field->key, field->cure);
        }
    }
}

void wp_conf_section_decode(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                            const struct wp_yaml_node *node, void *object)
{
    const struct wp_conf_field *field;
    size_t i;
    int late;

    for (late = 0; node->kind == WP_YAML_MAP && late < 2; late++) {
        for (i = 0; i < node->count; i++) {
            field = find_field(section, node->pairs[i].key->text);
            if (field && field->is_late == late) {
                wp_conf_field_decode(decoder, field, node->pairs[i].value, object);
            } else if (!field && !late) {
                report_unknown(decoder, section, node->pairs[i].key);
            }
        }
    }
    report_missing(decoder, section, node, object);
    if (section->finish) {
        section->finish(decoder, node, object);
    }
}

void wp_conf_report_type(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node)
{
    char expects[256];

    if (node->kind == WP_YAML_BAD) {
        return;
    }
    wp_conf_field_expects(field, expects, sizeof(expects));
    if (node->kind == WP_YAML_NULL) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\" has no value; write %s, or remove the key", field->key,
                             expects);
    } else if (node->kind == WP_YAML_SCALAR) {
        struct wp_slice shown = wp_conf_shown(node->text);

        wp_conf_findings_add(decoder->findings, node->place, "\"%s\" must be %s, found \"%.*s\"",
                             field->key, expects, WP_SLICE_ARG(shown));
    } else {
        wp_conf_findings_add(decoder->findings, node->place, "\"%s\" must be %s, found %s",
                             field->key, expects, wp_yaml_kind_name(node->kind));
    }
}

bool wp_conf_want_text(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                       const struct wp_yaml_node *node, struct wp_slice *ret_text)
{
    if (node->kind != WP_YAML_SCALAR) {
        wp_conf_report_type(decoder, field, node);
        return false;
    }
    *ret_text = node->text;
    return true;
}

bool wp_conf_judge(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                   const struct wp_yaml_node *node, const char *(*check)(struct wp_slice text))
{
    const char *wrong = check ? check(node->text) : NULL;
    struct wp_slice shown;

    if (wrong) {
        shown = wp_conf_shown(node->text);
        wp_conf_findings_add(decoder->findings, node->place, "\"%s\": \"%.*s\" %s", field->key,
                             WP_SLICE_ARG(shown), wrong);
    }
    return !wrong;
}

bool wp_conf_want_items(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, size_t *ret_count)
{
    if (node->kind == WP_YAML_SCALAR) {
        *ret_count = 1;
        return true;
    }
    if (node->kind == WP_YAML_LIST) {
        *ret_count = node->count;
        return true;
    }
    wp_conf_report_type(decoder, field, node);
    return false;
}

const struct wp_yaml_node *wp_conf_item(const struct wp_yaml_node *node, size_t index)
{
    return node->kind == WP_YAML_LIST ? node->items[index] : node;
}

/* A mapping, or nothing, which is an empty one. */
static bool want_map(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                     const struct wp_yaml_node *node)
{
    if (node->kind == WP_YAML_MAP || node->kind == WP_YAML_NULL) {
        return true;
    }
    wp_conf_report_type(decoder, field, node);
    return false;
}

static void decode_section(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, void *object)
{
    void *slot = (char *)object + field->at;

    if (!want_map(decoder, field, node)) {
        return;
    }
    if (field->section == &wp_conf_policy_section) {
        wp_conf_section_decode(decoder, field->section, node, &decoder->standard);
        return;
    }
    /* A section replaces an inherited one as a whole. */
    memset(slot, 0, field->section->size_bytes);
    wp_conf_section_init(decoder, field->section, slot);
    wp_conf_section_decode(decoder, field->section, node, slot);
}

static void decode_optional(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                            const struct wp_yaml_node *node, void *object)
{
    void **slot = (void *)((char *)object + field->at);

    if (want_map(decoder, field, node)) {
        *slot = wp_conf_arena_alloc(decoder->arena, 1, field->section->size_bytes);
        wp_conf_section_init(decoder, field->section, *slot);
        wp_conf_section_decode(decoder, field->section, node, *slot);
    }
}

/* A member of a part's union. Should there be two, each is read for its own problems, and
 * wp_conf_finish_part() reports that there are. */
static void decode_provider(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                            const struct wp_yaml_node *node, void *object)
{
    void *scratch = wp_conf_arena_alloc(decoder->arena, 1, field->section->size_bytes);

    if (!want_map(decoder, field, node)) {
        return;
    }
    wp_conf_section_init(decoder, field->section, scratch);
    wp_conf_section_decode(decoder, field->section, node, scratch);
    memcpy((char *)object + field->at, scratch, field->section->size_bytes);
    *(enum wp_provider_kind *)(void *)((char *)object + field->at2) = field->choice;
}

static void decode_named(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, void *object)
{
    const struct wp_conf_section *section = field->section;
    size_t count = node->kind == WP_YAML_MAP ? node->count : 0, i;
    char *items, *item;

    if (!want_map(decoder, field, node)) {
        return;
    }
    if (count > field->max) {
        wp_conf_findings_add(decoder->findings, node->place, "more than %llu %s; remove some",
                             (unsigned long long)field->max, field->key);
        return;
    }
    items = wp_conf_arena_alloc(decoder->arena, count, section->size_bytes);
    for (i = 0; i < count; i++) {
        const struct wp_yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;

        item = items + i * section->size_bytes;
        if (section == &wp_conf_trace_section) {
            memcpy(item, &decoder->standard, sizeof(decoder->standard));
        } else {
            wp_conf_section_init(decoder, section, item);
        }
        *(char **)(void *)(item + section->name_at) = wp_conf_arena_text(decoder->arena, key->text);
        memcpy(item + section->place_at, &key->place, sizeof(key->place));
        wp_conf_judge(decoder, field, key, wp_conf_check_name);
        if (want_map(decoder, field, value)) {
            wp_conf_section_decode(decoder, section, value, item);
        }
    }
    *(void **)(void *)((char *)object + field->at) = items;
    *(size_t *)(void *)((char *)object + field->at2) = count;
}

void wp_conf_field_decode(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object)
{
    switch (field->type) {
    case WP_CONF_BOOL:
    case WP_CONF_NUMBER:
    case WP_CONF_PORT:
    case WP_CONF_SIZE:
    case WP_CONF_DURATION:
    case WP_CONF_ENUM:
    case WP_CONF_TEXT:
    case WP_CONF_WORKERS:
    case WP_CONF_SIGNAL:
    case WP_CONF_STATUSES:
    case WP_CONF_HEADER:
    case WP_CONF_ANSWER:
    case WP_CONF_PROBE_TCP:
    case WP_CONF_PROBE_HTTP:
    case WP_CONF_PART_NAME:
        wp_conf_decode_scalar(decoder, field, node, object);
        return;
    case WP_CONF_TEXTS:
    case WP_CONF_HOSTS:
    case WP_CONF_COMMAND:
    case WP_CONF_ENV:
    case WP_CONF_CIDRS:
    case WP_CONF_CLASSES:
    case WP_CONF_AFTER:
        wp_conf_decode_list(decoder, field, node, object);
        return;
    case WP_CONF_LISTEN:
        wp_conf_decode_listen(decoder, field, node, object);
        return;
    case WP_CONF_RULES:
        wp_conf_decode_rules(decoder, field, node, object);
        return;
    case WP_CONF_SECTION:
        decode_section(decoder, field, node, object);
        return;
    case WP_CONF_OPTIONAL:
        decode_optional(decoder, field, node, object);
        return;
    case WP_CONF_PROVIDER:
        decode_provider(decoder, field, node, object);
        return;
    case WP_CONF_NAMED:
        decode_named(decoder, field, node, object);
        return;
    }
}
