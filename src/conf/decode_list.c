/*
 * decode_list.c - reads values that are one text or a list of them: hosts, ranges, commands,
 * environments, listen addresses.
 *
 * Thread:   the one that loads. Owns nothing; arrays lie in the configuration's arena.
 * Not here: rules (decode_rules.c) and named objects (conf_decode.c).
 */
#include "conf_decode.h"

#include "nearest.h"

#define LISTEN_MAX 64

/* One item of a list: a scalar, or a report. */
static bool want_item(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                      const struct wp_yaml_node *item)
{
    if (item->kind == WP_YAML_SCALAR) {
        return true;
    }
    if (item->kind != WP_YAML_BAD) {
        wp_conf_findings_add(decoder->findings, item->place,
                             "an item of \"%s\" must be text, found %s", field->key,
                             wp_yaml_kind_name(item->kind));
    }
    return false;
}

static void decode_texts(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, struct wp_conf_strings *ret_strings)
{
    const struct wp_yaml_node *item;
    struct wp_conf_strings strings = {NULL, 0};
    size_t count, i;

    if (!wp_conf_want_items(decoder, field, node, &count)) {
        return;
    }
    strings.items = wp_conf_arena_alloc(decoder->arena, count, sizeof(char *));
    for (i = 0; i < count; i++) {
        item = wp_conf_item(node, i);
        if (want_item(decoder, field, item) && wp_conf_judge(decoder, field, item, field->check)) {
            strings.items[strings.count++] = wp_conf_arena_text(decoder->arena, item->text);
        }
    }
    *ret_strings = strings;
}

/* Adds a host in its normal form; another use of it in the file is a problem. */
static void add_host(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                     const struct wp_yaml_node *item, struct wp_conf_strings *strings)
{
    struct wp_slice host = item->text;
    struct wp_conf_place *first;
    char *name;
    size_t i;

    if (!wp_conf_judge(decoder, field, item, wp_conf_check_host_pattern)) {
        return;
    }
    if (host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    name = wp_conf_arena_text(decoder->arena, host);
    for (i = 0; i < host.len; i++) {
        name[i] = wp_ascii_lower(name[i]);
    }
    first = wp_map_get(decoder->hosts, wp_slice_cstr(name));
    if (first) {
        wp_conf_findings_add(decoder->findings, item->place,
                             "host \"%s\" is already used at line %u, column %u; a host belongs to "
                             "one trace",
                             name, first->line, first->column);
        return;
    }
    first = wp_conf_arena_alloc(decoder->arena, 1, sizeof(*first));
    *first = item->place;
    wp_map_put(decoder->hosts, wp_slice_cstr(name), first);
    strings->items[strings->count++] = name;
}

static void decode_hosts(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, struct wp_conf_strings *ret_strings)
{
    struct wp_conf_strings strings = {NULL, 0};
    size_t count, i;

    if (!wp_conf_want_items(decoder, field, node, &count)) {
        return;
    }
    if (count == 0) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\" is empty; a trace needs at least one host", field->key);
    }
    strings.items = wp_conf_arena_alloc(decoder->arena, count, sizeof(char *));
    for (i = 0; i < count; i++) {
        if (want_item(decoder, field, wp_conf_item(node, i))) {
            add_host(decoder, field, wp_conf_item(node, i), &strings);
        }
    }
    *ret_strings = strings;
}

static void decode_command(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, struct wp_conf_strings *ret_strings)
{
    struct wp_conf_strings argv = {NULL, 0};
    size_t i;

    if (node->kind == WP_YAML_SCALAR) {
        if (wp_conf_judge(decoder, field, node, wp_conf_check_filled)) {
            argv.items = wp_conf_arena_alloc(decoder->arena, 3, sizeof(char *));
            argv.items[0] = wp_conf_arena_text(decoder->arena, WP_SLICE("/bin/sh"));
            argv.items[1] = wp_conf_arena_text(decoder->arena, WP_SLICE("-c"));
            argv.items[2] = wp_conf_arena_text(decoder->arena, node->text);
            argv.count = 3;
            *ret_strings = argv;
        }
        return;
    }
    if (node->kind != WP_YAML_LIST) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    argv.items = wp_conf_arena_alloc(decoder->arena, node->count, sizeof(char *));
    for (i = 0; i < node->count; i++) {
        if (want_item(decoder, field, node->items[i])) {
            argv.items[argv.count++] = wp_conf_arena_text(decoder->arena, node->items[i]->text);
        }
    }
    if (node->count == 0 ||
        (node->items[0]->kind == WP_YAML_SCALAR && node->items[0]->text.len == 0)) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\" names no program; write one such as [./run.sh, --fast]",
                             field->key);
    }
    *ret_strings = argv;
}

static void decode_env(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                       const struct wp_yaml_node *node, void *object)
{
    struct wp_conf_pair *pairs;
    size_t count = 0, i;

    if (node->kind != WP_YAML_MAP) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    pairs = wp_conf_arena_alloc(decoder->arena, node->count, sizeof(pairs[0]));
    for (i = 0; i < node->count; i++) {
        const struct wp_yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;
        struct wp_slice shown = wp_conf_shown(key->text);

        if (!wp_conf_judge(decoder, field, key, wp_conf_check_env_name)) {
            continue;
        }
        if (value->kind != WP_YAML_SCALAR) {
            if (value->kind != WP_YAML_BAD) {
                wp_conf_findings_add(decoder->findings, value->place,
                                     "\"%.*s\" must be text, found %s; write \"\" for an empty "
                                     "value",
                                     WP_SLICE_ARG(shown), wp_yaml_kind_name(value->kind));
            }
            continue;
        }
        pairs[count].name = wp_conf_arena_text(decoder->arena, key->text);
        pairs[count].value = wp_conf_arena_text(decoder->arena, value->text);
        count++;
    }
    *(struct wp_conf_pair **)(void *)((char *)object + field->at) = pairs;
    *(size_t *)(void *)((char *)object + field->at2) = count;
}

static void decode_cidrs(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, void *object)
{
    const struct wp_yaml_node *item;
    struct wp_cidr *cidrs;
    size_t count, used = 0, i;

    if (!wp_conf_want_items(decoder, field, node, &count)) {
        return;
    }
    cidrs = wp_conf_arena_alloc(decoder->arena, count, sizeof(cidrs[0]));
    for (i = 0; i < count; i++) {
        item = wp_conf_item(node, i);
        if (!want_item(decoder, field, item)) {
            continue;
        }
        if (wp_cidr_parse(item->text, &cidrs[used]) != 0) {
            struct wp_slice shown = wp_conf_shown(item->text);

            wp_conf_findings_add(decoder->findings, item->place,
                                 "\"%s\": \"%.*s\" is not an address range; write one such as "
                                 "10.0.0.0/8 (no bits set behind the prefix) or 192.0.2.7",
                                 field->key, WP_SLICE_ARG(shown));
            continue;
        }
        used++;
    }
    *(struct wp_cidr **)(void *)((char *)object + field->at) = cidrs;
    *(size_t *)(void *)((char *)object + field->at2) = used;
}

static void report_class(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *item)
{
    struct wp_slice shown = wp_conf_shown(item->text);
    const struct wp_conf_class *class;
    struct wp_conf_nearest nearest;
    size_t i;

    wp_conf_nearest_init(&nearest, item->text);
    for (i = 0; (class = wp_conf_class_at(i)); i++) {
        wp_conf_nearest_offer(&nearest, class->name);
    }
    if (nearest.best) {
        wp_conf_findings_add(decoder->findings, item->place,
                             "unknown class \"%.*s\"; did you mean \"%s\"?", WP_SLICE_ARG(shown),
                             nearest.best);
    } else {
        wp_conf_report_type(decoder, field, item);
    }
}

static bool is_listed(const struct wp_conf_strings *strings, struct wp_slice text)
{
    size_t i;

    for (i = 0; i < strings->count; i++) {
        if (wp_slice_eq(wp_slice_cstr(strings->items[i]), text)) {
            return true;
        }
    }
    return false;
}

/* The list holds each class at most once, which bounds what it expands to. */
static void add_class(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                      const struct wp_yaml_node *item, struct wp_conf_strings *strings)
{
    struct wp_slice shown = wp_conf_shown(item->text);
    const struct wp_conf_class *class;
    size_t i;

    for (i = 0; (class = wp_conf_class_at(i)); i++) {
        if (wp_slice_eq(item->text, wp_slice_cstr(class->name))) {
            break;
        }
    }
    if (!class) {
        report_class(decoder, field, item);
    } else if (is_listed(strings, item->text)) {
        wp_conf_findings_add(decoder->findings, item->place,
                             "class \"%.*s\" is listed twice; remove one", WP_SLICE_ARG(shown));
    } else {
        strings->items[strings->count++] = wp_conf_arena_text(decoder->arena, item->text);
    }
}

static void decode_classes(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, struct wp_conf_strings *ret_strings)
{
    struct wp_conf_strings strings = {NULL, 0};
    size_t count, i;

    if (!wp_conf_want_items(decoder, field, node, &count)) {
        return;
    }
    strings.items = wp_conf_arena_alloc(decoder->arena, count, sizeof(char *));
    for (i = 0; i < count; i++) {
        if (want_item(decoder, field, wp_conf_item(node, i))) {
            add_class(decoder, field, wp_conf_item(node, i), &strings);
        }
    }
    *ret_strings = strings;
}

/* Names of parts: only their form, they are resolved when the trace is complete. */
static void check_names(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node)
{
    size_t count, i;

    if (wp_conf_want_items(decoder, field, node, &count)) {
        for (i = 0; i < count; i++) {
            (void)want_item(decoder, field, wp_conf_item(node, i));
        }
    }
}

void wp_conf_decode_list(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, void *object)
{
    void *slot = (char *)object + field->at;

    if (field->type == WP_CONF_TEXTS) {
        decode_texts(decoder, field, node, slot);
    } else if (field->type == WP_CONF_HOSTS) {
        decode_hosts(decoder, field, node, slot);
    } else if (field->type == WP_CONF_COMMAND) {
        decode_command(decoder, field, node, slot);
    } else if (field->type == WP_CONF_ENV) {
        decode_env(decoder, field, node, object);
    } else if (field->type == WP_CONF_CIDRS) {
        decode_cidrs(decoder, field, node, object);
    } else if (field->type == WP_CONF_CLASSES) {
        decode_classes(decoder, field, node, slot);
    } else if (field->type == WP_CONF_AFTER) {
        check_names(decoder, field, node);
    }
}

/* ":80" is every address of both families. */
static bool parse_listen(struct wp_slice text, struct wp_addr *ret_addr)
{
    char all[16];

    if (text.len > 1 && text.len < 8 && text.ptr[0] == ':') {
        snprintf(all, sizeof(all), "[::]%.*s", WP_SLICE_ARG(text));
        return wp_addr_parse(wp_slice_cstr(all), ret_addr) == 0;
    }
    return wp_addr_parse(text, ret_addr) == 0;
}

static bool is_wildcard(const struct wp_addr *addr)
{
    return addr->sa.sa_family == AF_INET ? addr->in.sin_addr.s_addr == htonl(INADDR_ANY)
                                         : IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
}

/* Whether both cannot be open at once. [::] takes IPv4 as well. */
static bool is_conflict(const struct wp_addr *a, const struct wp_addr *b)
{
    if (wp_addr_port(a) != wp_addr_port(b) || wp_addr_port(a) == 0) {
        return false;
    }
    if (wp_addr_eq(a, b)) {
        return true;
    }
    if (a->sa.sa_family == b->sa.sa_family) {
        return is_wildcard(a) || is_wildcard(b);
    }
    return (a->sa.sa_family == AF_INET6 && is_wildcard(a)) ||
           (b->sa.sa_family == AF_INET6 && is_wildcard(b));
}

static void add_listen(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                       const struct wp_yaml_node *item, struct wp_conf_listen *items, size_t *count)
{
    struct wp_slice shown = wp_conf_shown(item->text);
    struct wp_conf_listen *listen = &items[*count];
    size_t i;

    if (!parse_listen(item->text, &listen->addr)) {
        wp_conf_findings_add(decoder->findings, item->place,
                             "\"%s\": \"%.*s\" is not an address to listen on; write one such as "
                             "\"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\" for all",
                             field->key, WP_SLICE_ARG(shown));
        return;
    }
    listen->text = wp_conf_arena_text(decoder->arena, item->text);
    listen->place = item->place;
    for (i = 0; i < *count; i++) {
        if (is_conflict(&listen->addr, &items[i].addr)) {
            wp_conf_findings_add(
                decoder->findings, item->place,
                "\"%.*s\" is already taken by \"%s\" at line %u, column %u; remove "
                "one of them",
                WP_SLICE_ARG(shown), items[i].text, items[i].place.line, items[i].place.column);
            return;
        }
    }
    (*count)++;
}

void wp_conf_decode_listen(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, void *object)
{
    struct wp_conf_listen *items;
    size_t count, used = 0, i;

    if (!wp_conf_want_items(decoder, field, node, &count)) {
        return;
    }
    if (count == 0 || count > LISTEN_MAX) {
        wp_conf_findings_add(decoder->findings, node->place,
                             "\"%s\" has %zu addresses; write 1 to %d", field->key, count,
                             LISTEN_MAX);
        return;
    }
    items = wp_conf_arena_alloc(decoder->arena, count, sizeof(items[0]));
    for (i = 0; i < count; i++) {
        if (want_item(decoder, field, wp_conf_item(node, i))) {
            add_listen(decoder, field, wp_conf_item(node, i), items, &used);
        }
    }
    *(struct wp_conf_listen **)(void *)((char *)object + field->at) = items;
    *(size_t *)(void *)((char *)object + field->at2) = used;
}
