/*
 * yaml_tree.c - turns libyaml's events into a tree of scalars, lists and mappings.
 *
 * Thread:    the one that loads.
 * Owns:      the nodes lie in the caller's arena; only the builder's frames are its own.
 * Invariant: the stack of open collections is at most WP_YAML_DEPTH_MAX deep, and nodes are
 * counted, so a small file cannot become a big tree. Without aliases a tree is never larger than
 *            its text.
 * Not here:  what keys and values mean.
 */
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "wakeproxy/base/map.h"

#define SMALL_MAP_MAX 16

/* An open list or mapping. */
struct frame {
    struct wp_yaml_node *node;
    struct wp_yaml_node **children; /* items; or keys and values in turn */
    size_t count, capacity;
};

struct builder {
    yaml_parser_t parser;
    struct wp_slice yaml;
    struct wp_conf_arena *arena;
    struct wp_conf_findings *findings;
    struct frame frames[WP_YAML_DEPTH_MAX];
    size_t depth;
    size_t node_count;
    struct wp_yaml_node *root;
};

enum progress {
    PROGRESS_MORE,
    PROGRESS_DONE,
    PROGRESS_FAILED,
};

static struct wp_conf_place place_of(yaml_mark_t mark)
{
    return (struct wp_conf_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* Whether the character at a mark is a tab; marks count characters, so the line is walked. */
static bool is_tab_at(struct wp_slice yaml, yaml_mark_t mark)
{
    size_t at = 0, line = 0, column = 0;

    while (at < yaml.len && line < mark.line) {
        line += yaml.ptr[at] == '\n';
        at++;
    }
    while (at < yaml.len && column < mark.column) {
        column += ((unsigned char)yaml.ptr[at] & 0xc0) != 0x80;
        at++;
    }
    return at < yaml.len && yaml.ptr[at] == '\t';
}

/* What libyaml says, with the cure for what people run into most. */
static void report_syntax(struct builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    const char *problem = parser->problem ? parser->problem : "cannot be read as YAML";
    struct wp_conf_place place = place_of(parser->problem_mark);

    if (is_tab_at(b->yaml, parser->problem_mark)) {
        wp_conf_findings_add(b->findings, place, "a tab cannot indent YAML; use spaces");
    } else if (parser->context && strstr(parser->context, "scanning an a")) {
        place = place_of(parser->context_mark);
        wp_conf_findings_add(b->findings, place,
                             "a value that starts with * or & must be quoted; write it as "
                             "\"*.example.com\"");
    } else if (strncmp(problem, "mapping values", 14) == 0) {
        wp_conf_findings_add(
            b->findings, place,
            "not valid YAML: %s; look at the indentation, for a missing space after "
            "the colon above, and quote what holds \": \"",
            problem);
    } else if (parser->context) {
        wp_conf_findings_add(b->findings, place, "not valid YAML: %s %s (from line %zu)", problem,
                             parser->context, parser->context_mark.line + 1);
    } else {
        wp_conf_findings_add(b->findings, place, "not valid YAML: %s", problem);
    }
}

static struct wp_yaml_node *new_node(struct builder *b, enum wp_yaml_kind kind, yaml_mark_t mark)
{
    struct wp_yaml_node *node = wp_conf_arena_alloc(b->arena, 1, sizeof(*node));

    node->kind = kind;
    node->place = place_of(mark);
    b->node_count++;
    return node;
}

/* Hangs a node into the innermost open collection, or makes it the root. */
static void attach(struct builder *b, struct wp_yaml_node *node)
{
    struct frame *frame;

    if (b->depth == 0) {
        b->root = node;
        return;
    }
    frame = &b->frames[b->depth - 1];
    if (frame->node->kind == WP_YAML_MAP && frame->count % 2 == 0 && node->kind != WP_YAML_SCALAR &&
        node->kind != WP_YAML_BAD) {
        wp_conf_findings_add(b->findings, node->place, "a key must be a word, found %s",
                             wp_yaml_kind_name(node->kind));
    }
    frame->children =
        wp_grow(frame->children, &frame->capacity, frame->count + 1, sizeof(struct wp_yaml_node *));
    frame->children[frame->count++] = node;
}

static bool push(struct builder *b, enum wp_yaml_kind kind, yaml_mark_t mark)
{
    struct wp_yaml_node *node = new_node(b, kind, mark);

    attach(b, node);
    if (b->depth == WP_YAML_DEPTH_MAX) {
        wp_conf_findings_add(b->findings, node->place,
                             "nested deeper than %d levels; no configuration needs that",
                             WP_YAML_DEPTH_MAX);
        return false;
    }
    b->frames[b->depth++] = (struct frame){.node = node};
    return true;
}

/* The key of the same text among the pairs kept so far, NULL when there is none. Only big mappings
 * are worth a hash map, `seen`. */
static struct wp_yaml_node *find_earlier(const struct wp_yaml_node *node, const struct wp_map *seen,
                                         struct wp_slice text)
{
    size_t i;

    if (seen) {
        return wp_map_get(seen, text);
    }
    for (i = 0; i < node->count; i++) {
        if (wp_slice_eq(node->pairs[i].key->text, text)) {
            return node->pairs[i].key;
        }
    }
    return NULL;
}

/* Keeps the pairs with usable, new keys. */
static void finish_map(struct builder *b, struct frame *frame)
{
    struct wp_yaml_node *node = frame->node, *key, *earlier;
    struct wp_map *seen = frame->count > 2 * SMALL_MAP_MAX ? wp_map_new() : NULL;
    size_t i;

    node->pairs = wp_conf_arena_alloc(b->arena, frame->count / 2, sizeof(node->pairs[0]));
    for (i = 0; i + 1 < frame->count; i += 2) {
        key = frame->children[i];
        if (key->kind != WP_YAML_SCALAR) {
            continue;
        }
        earlier = find_earlier(node, seen, key->text);
        if (earlier) {
            struct wp_slice shown = wp_conf_shown(key->text);

            wp_conf_findings_add(b->findings, key->place,
                                 "duplicate key \"%.*s\"; the first is at line %u, column %u",
                                 WP_SLICE_ARG(shown), earlier->place.line, earlier->place.column);
            continue;
        }
        if (seen) {
            wp_map_put(seen, key->text, key);
        }
        node->pairs[node->count++] = (struct wp_yaml_pair){key, frame->children[i + 1]};
    }
    if (seen) {
        wp_map_free(&seen);
    }
}

static void pop(struct builder *b)
{
    struct frame *frame = &b->frames[--b->depth];

    if (frame->node->kind == WP_YAML_MAP) {
        finish_map(b, frame);
    } else {
        frame->node->count = frame->count;
        frame->node->items =
            wp_conf_arena_alloc(b->arena, frame->count, sizeof(struct wp_yaml_node *));
        if (frame->count > 0) {
            memcpy(frame->node->items, frame->children,
                   frame->count * sizeof(struct wp_yaml_node *));
        }
    }
    free(frame->children);
    frame->children = NULL;
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    struct wp_slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    size_t i;

    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }
    for (i = 0; i < WP_ARRAY_SIZE(words); i++) {
        if (wp_slice_eq(text, wp_slice_cstr(words[i]))) {
            return true;
        }
    }
    return false;
}

static void add_scalar(struct builder *b, const yaml_event_t *event)
{
    struct wp_slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    struct wp_yaml_node *node;

    node = new_node(b, is_null(event) ? WP_YAML_NULL : WP_YAML_SCALAR, event->start_mark);
    if (node->kind == WP_YAML_SCALAR) {
        node->text.ptr = wp_conf_arena_text(b->arena, text);
        node->text.len = text.len;
    }
    if (text.len > 0 && memchr(text.ptr, '\0', text.len)) {
        wp_conf_findings_add(b->findings, node->place, "a value cannot hold a NUL character");
        node->kind = WP_YAML_BAD;
    }
    attach(b, node);
}

static void refuse_extras(struct builder *b, const yaml_event_t *event, const void *anchor,
                          const void *tag)
{
    if (anchor) {
        wp_conf_findings_add(b->findings, place_of(event->start_mark),
                             "anchors (&) are not supported; put what traces share under "
                             "\"defaults\"");
    }
    if (tag) {
        wp_conf_findings_add(b->findings, place_of(event->start_mark),
                             "tags (!) are not supported; quote a value that starts with !");
    }
}

static void refuse_alias(struct builder *b, const yaml_event_t *event)
{
    wp_conf_findings_add(b->findings, place_of(event->start_mark),
                         "aliases are not supported; quote a value that starts with *, or write it "
                         "out");
    attach(b, new_node(b, WP_YAML_BAD, event->start_mark));
}

static enum progress end_document(struct builder *b)
{
    yaml_event_t event;
    enum progress progress = PROGRESS_DONE;

    if (!yaml_parser_parse(&b->parser, &event)) {
        report_syntax(b);
        return PROGRESS_FAILED;
    }
    if (event.type == YAML_DOCUMENT_START_EVENT) {
        wp_conf_findings_add(b->findings, place_of(event.start_mark),
                             "a second document; the file must hold one (remove the \"---\")");
        progress = PROGRESS_FAILED;
    }
    yaml_event_delete(&event);
    return progress;
}

static enum progress take(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        return PROGRESS_MORE;
    case YAML_STREAM_END_EVENT:
        return PROGRESS_DONE;
    case YAML_DOCUMENT_END_EVENT:
        return end_document(b);
    case YAML_ALIAS_EVENT:
        refuse_alias(b, event);
        return PROGRESS_MORE;
    case YAML_SCALAR_EVENT:
        refuse_extras(b, event, event->data.scalar.anchor, event->data.scalar.tag);
        add_scalar(b, event);
        return PROGRESS_MORE;
    case YAML_SEQUENCE_START_EVENT:
        refuse_extras(b, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return push(b, WP_YAML_LIST, event->start_mark) ? PROGRESS_MORE : PROGRESS_FAILED;
    case YAML_MAPPING_START_EVENT:
        refuse_extras(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return push(b, WP_YAML_MAP, event->start_mark) ? PROGRESS_MORE : PROGRESS_FAILED;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        pop(b);
        return PROGRESS_MORE;
    }
    return PROGRESS_FAILED;
}

static enum progress step(struct builder *b)
{
    enum progress progress;
    yaml_event_t event;

    if (!yaml_parser_parse(&b->parser, &event)) {
        report_syntax(b);
        return PROGRESS_FAILED;
    }
    progress = take(b, &event);
    if (progress == PROGRESS_MORE && b->node_count > WP_YAML_NODES_MAX) {
        wp_conf_findings_add(b->findings, place_of(event.start_mark),
                             "more than %u values; the file is too big", WP_YAML_NODES_MAX);
        progress = PROGRESS_FAILED;
    }
    yaml_event_delete(&event);
    return progress;
}

struct wp_yaml_node *wp_yaml_read(struct wp_slice yaml, struct wp_conf_arena *arena,
                                  struct wp_conf_findings *findings)
{
    struct builder *b;
    struct wp_yaml_node *root = NULL;
    enum progress progress = PROGRESS_MORE;

    if (yaml.len > WP_YAML_BYTES_MAX) {
        wp_conf_findings_add(findings, (struct wp_conf_place){0, 0},
                             "the file is larger than 16MiB");
        return NULL;
    }
    if (yaml.len >= 3 && memcmp(yaml.ptr, "\xef\xbb\xbf", 3) == 0) {
        yaml.ptr += 3; /* a byte order mark, as editors on Windows write it */
        yaml.len -= 3;
    }
    if (!wp_yaml_check_bytes(yaml, findings)) {
        return NULL;
    }
    b = wp_calloc(1, sizeof(*b));
    b->yaml = yaml;
    b->arena = arena;
    b->findings = findings;
    if (!yaml_parser_initialize(&b->parser)) {
        abort(); /* only when memory ran out */
    }
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)yaml.ptr, yaml.len);
    while (progress == PROGRESS_MORE) {
        progress = step(b);
    }
    if (progress == PROGRESS_DONE) {
        root = b->root;
        if (!root || root->kind == WP_YAML_NULL) {
            wp_conf_findings_add(findings, (struct wp_conf_place){1, 1},
                                 "the file is empty; it needs at least \"traces\"");
            root = NULL;
        }
    }
    while (b->depth > 0) {
        free(b->frames[--b->depth].children);
    }
    yaml_parser_delete(&b->parser);
    free(b);
    return root;
}

struct wp_yaml_node *wp_yaml_get(const struct wp_yaml_node *node, const char *key)
{
    size_t i;

    if (!node || node->kind != WP_YAML_MAP) {
        return NULL;
    }
    for (i = 0; i < node->count; i++) {
        if (wp_slice_eq(node->pairs[i].key->text, wp_slice_cstr(key))) {
            return node->pairs[i].value;
        }
    }
    return NULL;
}

struct wp_conf_place wp_yaml_place(const struct wp_yaml_node *node, const char *key)
{
    size_t i;

    for (i = 0; node->kind == WP_YAML_MAP && i < node->count; i++) {
        if (wp_slice_eq(node->pairs[i].key->text, wp_slice_cstr(key))) {
            return node->pairs[i].key->place;
        }
    }
    return node->place;
}

const char *wp_yaml_kind_name(enum wp_yaml_kind kind)
{
    switch (kind) {
    case WP_YAML_NULL:
        return "nothing";
    case WP_YAML_SCALAR:
        return "text";
    case WP_YAML_LIST:
        return "a list";
    case WP_YAML_MAP:
        return "a mapping";
    case WP_YAML_BAD:
        break;
    }
    return "something else";
}
