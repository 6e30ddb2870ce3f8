/*
 * decode_rules.c - reads the ordered rules of a trace and expands named classes of requests into
 * plain rules, so that nobody else has to know them.
 *
 * Thread:    the one that loads. Owns nothing but a scratch array during one call.
 * Invariant: rules keep the order of the file; those of a class keep the order of its matches.
 * Not here:  matching a request (room route), the classes themselves (conf_classes.c).
 */
#include <stdlib.h>

#include "conf_decode.h"

struct rules {
    struct wp_conf_rule *items;
    size_t count, capacity;
};

static void append(struct rules *rules, const struct wp_conf_rule *rule)
{
    rules->items =
        wp_grow(rules->items, &rules->capacity, rules->count + 1, sizeof(rules->items[0]));
    rules->items[rules->count++] = *rule;
}

/* Classes are constant and outlive every configuration, so rules point into them. */
static struct wp_conf_strings borrow_list(const char *const *list)
{
    struct wp_conf_strings strings = {(char **)(uintptr_t)list, 0};

    while (list && list[strings.count]) {
        strings.count++;
    }
    return strings;
}

static void append_class(struct rules *rules, const struct wp_conf_rule *base,
                         const struct wp_conf_class *class, bool has_answer)
{
    struct wp_conf_rule rule = *base;
    size_t i;

    if (!has_answer && !rule.wake) {
        rule.answer = WP_ANSWER_STATUS;
        rule.status = class->status;
    }
    for (i = 0; i < class->match_count; i++) {
        const struct wp_conf_class_match *match = &class->matches[i];

        rule.paths = borrow_list(match->paths);
        rule.user_agents = borrow_list(match->user_agents);
        rule.header_name = (char *)(uintptr_t)match->header_name;
        rule.header_value = (char *)(uintptr_t)match->header_value;
        append(rules, &rule);
    }
}

static const struct wp_conf_class *find_class(const char *name)
{
    const struct wp_conf_class *class;
    size_t i;

    for (i = 0; (class = wp_conf_class_at(i)); i++) {
        if (strcmp(class->name, name) == 0) {
            return class;
        }
    }
    return NULL;
}

/* What a rule does not say follows from what it does: a class does not wake, a rule that does not
 * wake does not count, and who does not wake is answered instead of held. */
static void decode_rule(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                        struct rules *rules)
{
    const struct wp_conf_class *class;
    struct wp_conf_rule_draft draft = {0};
    struct wp_conf_rule *rule = &draft.rule;
    bool has_answer;
    size_t i;

    wp_conf_section_decode(decoder, &wp_conf_rule_section, node, &draft);
    rule->place = node->place;
    has_answer = wp_yaml_get(node, "answer");
    if (!wp_yaml_get(node, "wake")) {
        rule->wake = !wp_yaml_get(node, "class");
    }
    if (!wp_yaml_get(node, "count")) {
        rule->count = rule->wake;
    }
    if (!has_answer && !rule->wake) {
        rule->answer = WP_ANSWER_STATUS;
        rule->status = 503;
    }
    if (draft.classes.count == 0) {
        append(rules, rule);
    }
    for (i = 0; i < draft.classes.count; i++) {
        class = find_class(draft.classes.items[i]);
        if (class) {
            append_class(rules, rule, class, has_answer);
        }
    }
}

void wp_conf_decode_rules(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object)
{
    const struct wp_yaml_node *item;
    struct rules rules = {0};
    struct wp_conf_rule *copy;
    size_t i;

    if (node->kind != WP_YAML_LIST) {
        wp_conf_report_type(decoder, field, node);
        return;
    }
    if (node->count > field->max) {
        wp_conf_findings_add(decoder->findings, node->place, "more than %llu rules; remove some",
                             (unsigned long long)field->max);
        return;
    }
    for (i = 0; i < node->count; i++) {
        item = node->items[i];
        if (item->kind == WP_YAML_MAP) {
            decode_rule(decoder, item, &rules);
        } else if (item->kind != WP_YAML_BAD) {
            wp_conf_findings_add(decoder->findings, item->place,
                                 "a rule must be a mapping such as {path: /metrics, wake: false}, "
                                 "found %s",
                                 wp_yaml_kind_name(item->kind));
        }
    }
    copy = wp_conf_arena_alloc(decoder->arena, rules.count, sizeof(*copy));
    if (rules.count > 0) {
        memcpy(copy, rules.items, rules.count * sizeof(*copy));
    }
    free(rules.items);
    *(struct wp_conf_rule **)(void *)((char *)object + field->at) = copy;
    *(size_t *)(void *)((char *)object + field->at2) = rules.count;
}
