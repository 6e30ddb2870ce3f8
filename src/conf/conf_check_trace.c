/*
 * conf_check_trace.c - completes a trace once all its keys are read: resolves names of parts, finds
 * cycles, and checks that there is an upstream to forward to.
 *
 * Thread:    the one that loads. Owns nothing but scratch arrays during one call.
 * Invariant: without a report, `after` of every part is complete and acyclic, and exactly one of
 *            `addresses` and `part` of the upstream is given.
 * Not here:  whether parts or addresses exist in the world.
 */
#include <stdlib.h>

#include "conf_decode.h"
#include "nearest.h"

#define NO_PART SIZE_MAX

static size_t find_part(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace,
                        const struct wp_yaml_node *name, const char *key)
{
    struct wp_slice shown = wp_conf_shown(name->text);
    struct wp_conf_nearest nearest;
    size_t i;

    wp_conf_nearest_init(&nearest, name->text);
    for (i = 0; i < trace->part_count; i++) {
        if (wp_slice_eq(wp_slice_cstr(trace->parts[i].name), name->text)) {
            return i;
        }
        wp_conf_nearest_offer(&nearest, trace->parts[i].name);
    }
    if (nearest.best) {
        wp_conf_findings_add(decoder->findings, name->place,
                             "\"%s\": trace \"%s\" has no part \"%.*s\"; did you mean \"%s\"?", key,
                             trace->name, WP_SLICE_ARG(shown), nearest.best);
    } else {
        wp_conf_findings_add(decoder->findings, name->place,
                             "\"%s\": trace \"%s\" has no part \"%.*s\"; add it under \"parts\"",
                             key, trace->name, WP_SLICE_ARG(shown));
    }
    return NO_PART;
}

static void resolve_after(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace,
                          struct wp_conf_part *part, const struct wp_yaml_node *node)
{
    size_t count = node->kind == WP_YAML_LIST ? node->count : node->kind == WP_YAML_SCALAR, i, j;
    bool *is_listed = wp_calloc(trace->part_count + 1, sizeof(bool));

    /* No more than there are parts: duplicates are not kept. */
    part->after = wp_conf_arena_alloc(decoder->arena, trace->part_count, sizeof(part->after[0]));
    for (i = 0; i < count; i++) {
        const struct wp_yaml_node *item = wp_conf_item(node, i);

        if (item->kind != WP_YAML_SCALAR) {
            continue;
        }
        j = find_part(decoder, trace, item, "after");
        if (j == NO_PART) {
            continue;
        }
        if (is_listed[j]) {
            wp_conf_findings_add(decoder->findings, item->place,
                                 "part \"%s\" is listed twice; remove one", trace->parts[j].name);
            continue;
        }
        is_listed[j] = true;
        part->after[part->after_count++] = (uint32_t)j;
    }
    free(is_listed);
}

static void resolve_parts(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace,
                          const struct wp_yaml_node *parts)
{
    const struct wp_yaml_node *after;
    size_t i;

    for (i = 0; i < trace->part_count; i++) {
        after = wp_yaml_get(parts->pairs[i].value, "after");
        if (after) {
            resolve_after(decoder, trace, &trace->parts[i], after);
        }
    }
}

enum colour {
    COLOUR_NEW,
    COLOUR_OPEN, /* on the stack */
    COLOUR_DONE,
};

/* A walk along `after`, with its own stack. */
struct walk {
    const struct wp_conf_trace *trace;
    enum colour *colours;
    uint32_t *stack;
    size_t *next; /* per stack entry: which of its `after` comes next */
    size_t depth;
};

static void push(struct walk *walk, uint32_t part)
{
    walk->colours[part] = COLOUR_OPEN;
    walk->stack[walk->depth] = part;
    walk->next[walk->depth] = 0;
    walk->depth++;
}

/* Walks from `part`; true when it meets a part on its stack, *ret_part, with the cycle above. */
static bool find_cycle(struct walk *walk, uint32_t part, uint32_t *ret_part)
{
    push(walk, part);
    while (walk->depth > 0) {
        const struct wp_conf_part *top = &walk->trace->parts[walk->stack[walk->depth - 1]];
        size_t *next = &walk->next[walk->depth - 1];
        uint32_t to;

        if (*next == top->after_count) {
            walk->colours[walk->stack[--walk->depth]] = COLOUR_DONE;
            continue;
        }
        to = top->after[(*next)++];
        if (walk->colours[to] == COLOUR_OPEN) {
            *ret_part = to;
            return true;
        }
        if (walk->colours[to] == COLOUR_NEW) {
            push(walk, to);
        }
    }
    return false;
}

static void report_cycle(struct wp_conf_decoder *decoder, const struct walk *walk, uint32_t part)
{
    const struct wp_conf_part *parts = walk->trace->parts;
    char text[400];
    size_t used = 0, i = 0;

    while (walk->stack[i] != part) {
        i++;
    }
    for (; i < walk->depth && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s -> ",
                                 parts[walk->stack[i]].name);
    }
    wp_conf_findings_add(decoder->findings, parts[part].place,
                         "parts form a cycle: %s%s; remove one \"after\"", text, parts[part].name);
}

/* Reports one cycle: breaking it may well break the others. */
static void check_cycles(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace)
{
    struct walk walk = {.trace = trace};
    uint32_t part, met;

    walk.colours = wp_calloc(trace->part_count + 1, sizeof(walk.colours[0]));
    walk.stack = wp_calloc(trace->part_count + 1, sizeof(walk.stack[0]));
    walk.next = wp_calloc(trace->part_count + 1, sizeof(walk.next[0]));
    for (part = 0; part < trace->part_count; part++) {
        if (walk.colours[part] == COLOUR_NEW && find_cycle(&walk, part, &met)) {
            report_cycle(decoder, &walk, met);
            break;
        }
    }
    free(walk.colours);
    free(walk.stack);
    free(walk.next);
}

static void resolve_upstream_part(struct wp_conf_decoder *decoder, struct wp_conf_trace *trace,
                                  const struct wp_yaml_node *upstream)
{
    const struct wp_yaml_node *name = wp_yaml_get(upstream, "part");
    const struct wp_conf_part *part;
    size_t index;

    if (name->kind != WP_YAML_SCALAR) {
        return;
    }
    index = find_part(decoder, trace, name, "part");
    if (index == NO_PART) {
        return;
    }
    part = &trace->parts[index];
    trace->upstream.part = (int32_t)index;
    if (part->provider != WP_PROVIDER_PROCESS) {
        wp_conf_findings_add(decoder->findings, name->place,
                             "part \"%s\" is of kind %s, which reports no address; write "
                             "address: host:port instead",
                             part->name, part->provider == WP_PROVIDER_EXEC ? "exec" : "sim");
    }
}

static void check_upstream(struct wp_conf_decoder *decoder, struct wp_conf_trace *trace,
                           const struct wp_yaml_node *node)
{
    const struct wp_yaml_node *upstream = wp_yaml_get(node, "upstream");
    bool has_address, has_part, has_port;

    trace->upstream.part = -1;
    if (!upstream || (upstream->kind != WP_YAML_MAP && upstream->kind != WP_YAML_NULL)) {
        return; /* reported */
    }
    has_address = wp_yaml_get(upstream, "address");
    has_part = wp_yaml_get(upstream, "part");
    has_port = wp_yaml_get(upstream, "port");
    if (!has_address && !has_part) {
        wp_conf_findings_add(
            decoder->findings, wp_yaml_place(node, "upstream"),
            "trace \"%s\" has an upstream without address; add address: host:port, "
            "or part and port",
            trace->name);
    } else if (has_address && has_part) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(upstream, "part"),
                             "\"part\" together with \"address\"; keep one");
    } else if (has_part && !has_port) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(upstream, "part"),
                             "\"part\" without \"port\"; add the port the application listens on");
    } else if (has_port && !has_part) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(upstream, "port"),
                             "\"port\" without \"part\"; write the port as part of \"address\"");
    }
    if (has_address && wp_yaml_get(upstream, "address")->kind == WP_YAML_LIST &&
        wp_yaml_get(upstream, "address")->count == 0) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(upstream, "address"),
                             "\"address\" is an empty list; write host:port");
    }
    if (has_part) {
        resolve_upstream_part(decoder, trace, upstream);
    }
}

void wp_conf_finish_trace(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                          void *object)
{
    const struct wp_yaml_node *parts = wp_yaml_get(node, "parts");
    struct wp_conf_trace *trace = object;

    if (parts && parts->kind == WP_YAML_MAP && trace->part_count == parts->count) {
        resolve_parts(decoder, trace, parts);
        check_cycles(decoder, trace);
    }
    check_upstream(decoder, trace, node);
    wp_conf_finish_policy(decoder, node, trace);
    if (trace->stream_quiet_ms == 0) {
        trace->stream_quiet_ms = trace->idle_ms;
    }
}
