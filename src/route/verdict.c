/*
 * verdict.c - what a request may do to its trace: the first rule whose conditions all hold decides.
 *
 * Pure; any thread; allocates nothing. The cost is bounded by the trace's own rules and the head.
 * Not here: acting on the verdict (worker), classes of requests (room conf expands them).
 */
#include "wakeproxy/route/routes.h"

#include "glob.h"

/* The path without its query. */
static struct wp_slice path_of(const struct wp_head *head)
{
    struct wp_slice path = head->path;
    const char *query = path.len > 0 ? memchr(path.ptr, '?', path.len) : NULL;

    if (query) {
        path.len = (size_t)(query - path.ptr);
    }
    return path;
}

static bool matches_path(const struct wp_conf_rule *rule, struct wp_slice path)
{
    size_t i;

    for (i = 0; i < rule->paths.count; i++) {
        if (wp_glob_match(wp_slice_cstr(rule->paths.items[i]), path)) {
            return true;
        }
    }
    return rule->paths.count == 0;
}

static bool matches_method(const struct wp_conf_rule *rule, const struct wp_head *head)
{
    size_t i;

    for (i = 0; i < rule->methods.count; i++) {
        if (wp_slice_eq(wp_slice_cstr(rule->methods.items[i]), head->method_text)) {
            return true;
        }
    }
    return rule->methods.count == 0;
}

static bool matches_user_agent(const struct wp_conf_rule *rule, const struct wp_head *head)
{
    struct wp_slice agent = wp_head_get(head, WP_FIELD_USER_AGENT);
    size_t i;

    for (i = 0; agent.ptr && i < rule->user_agents.count; i++) {
        if (wp_slice_contains_nocase(agent, wp_slice_cstr(rule->user_agents.items[i]))) {
            return true;
        }
    }
    return rule->user_agents.count == 0;
}

/* Any field of that name will do: senders may repeat a field. */
static bool matches_header(const struct wp_conf_rule *rule, const struct wp_head *head)
{
    struct wp_slice name, value;
    uint16_t i;

    if (!rule->header_name) {
        return true;
    }
    name = wp_slice_cstr(rule->header_name);
    value = rule->header_value ? wp_slice_cstr(rule->header_value) : WP_SLICE("");
    for (i = 0; i < head->field_count; i++) {
        if (wp_slice_eq_nocase(wp_head_name(head, &head->fields[i]), name) &&
            wp_slice_contains(wp_head_value(head, &head->fields[i]), value)) {
            return true;
        }
    }
    return false;
}

static bool matches(const struct wp_conf_rule *rule, const struct wp_head *head,
                    struct wp_slice path, const struct wp_addr *client)
{
    return matches_path(rule, path) && matches_method(rule, head) &&
           matches_user_agent(rule, head) && matches_header(rule, head) &&
           (rule->client_count == 0 ||
            wp_cidr_list_contains(rule->clients, rule->client_count, client));
}

struct wp_verdict wp_verdict_of(const struct wp_conf_trace *trace, const struct wp_head *head,
                                const struct wp_addr *client)
{
    struct wp_slice path = path_of(head);
    size_t i;

    for (i = 0; i < trace->rule_count; i++) {
        const struct wp_conf_rule *rule = &trace->rules[i];

        if (matches(rule, head, path, client)) {
            return (struct wp_verdict){
                .wake = rule->wake,
                .count = rule->count,
                .answer = rule->answer,
                .status = rule->status,
                .rule = (int32_t)i,
            };
        }
    }
    return (struct wp_verdict){
        .wake = true,
        .count = true,
        .answer = WP_ANSWER_HOLD,
        .rule = -1,
    };
}
