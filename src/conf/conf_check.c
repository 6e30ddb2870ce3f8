/*
 * conf_check.c - cross-checks of the whole configuration, its limits, policies, readiness checks,
 * parts and rules.
 *
 * Thread:    the one that loads. Owns nothing.
 * Invariant: a check that cannot be made because a value was bad says nothing: the value is
 *            reported already.
 * Not here:  traces (conf_check_trace.c), and what concerns a single value (decode_*.c).
 */
#include "conf_decode.h"

/* Whether a conn to `addr` on this machine would come out at `listener`. */
static bool is_own_listener(const struct wp_addr *addr, const struct wp_addr *listener)
{
    bool is_loopback, is_any;

    if (wp_addr_port(addr) != wp_addr_port(listener)) {
        return false;
    }
    if (wp_addr_eq(addr, listener)) {
        return true;
    }
    is_loopback = addr->sa.sa_family == AF_INET ? ntohl(addr->in.sin_addr.s_addr) >> 24 == 127
                                                : IN6_IS_ADDR_LOOPBACK(&addr->in6.sin6_addr);
    is_any = listener->sa.sa_family == AF_INET ? listener->in.sin_addr.s_addr == htonl(INADDR_ANY)
                                               : IN6_IS_ADDR_UNSPECIFIED(&listener->in6.sin6_addr);
    return is_loopback && is_any &&
           (listener->sa.sa_family == AF_INET6 || addr->sa.sa_family == AF_INET);
}

/* A trace whose upstream is wakeproxy itself would forward in circles. */
static void check_circle(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace)
{
    const struct wp_conf *conf = decoder->conf;
    struct wp_addr addr;
    size_t i, j;

    for (i = 0; i < trace->upstream.addresses.count; i++) {
        const char *text = trace->upstream.addresses.items[i];

        if (wp_addr_parse(wp_slice_cstr(text), &addr) != 0) {
            continue; /* a name */
        }
        for (j = 0; j < conf->http_count; j++) {
            if (is_own_listener(&addr, &conf->http[j].addr)) {
                wp_conf_findings_add(decoder->findings, trace->place,
                                     "trace \"%s\": its upstream %s is wakeproxy's own listener "
                                     "\"%s\"; write the application's address",
                                     trace->name, text, conf->http[j].text);
            }
        }
    }
}

/* A process that outlives us is found again by what is kept of it. */
static void check_outliving(struct wp_conf_decoder *decoder, const struct wp_conf_trace *trace)
{
    size_t i;

    for (i = 0; i < trace->part_count; i++) {
        const struct wp_conf_part *part = &trace->parts[i];

        if (part->provider == WP_PROVIDER_PROCESS && part->process.outlive) {
            wp_conf_findings_add(decoder->findings, part->place,
                                 "part \"%s\" has \"outlive\", but without \"state_dir\" it could "
                                 "not be found again; add state_dir: /var/lib/wakeproxy",
                                 part->name);
        }
    }
}

void wp_conf_finish_root(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object)
{
    const struct wp_yaml_node *traces = wp_yaml_get(node, "traces");
    struct wp_conf *conf = object;
    size_t i;

    if (traces &&
        (traces->kind == WP_YAML_NULL || (traces->kind == WP_YAML_MAP && traces->count == 0))) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(node, "traces"),
                             "no traces; add at least one under \"traces\"");
    }
    for (i = 0; i < conf->trace_count; i++) {
        check_circle(decoder, &conf->traces[i]);
        if (!wp_yaml_get(node, "state_dir")) {
            check_outliving(decoder, &conf->traces[i]);
        }
    }
}

void wp_conf_finish_limits(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                           void *object)
{
    const struct wp_conf_limits *limits = object;

    if (limits->target_bytes > limits->head_bytes) {
        wp_conf_findings_add(
            decoder->findings,
            wp_yaml_place(node, wp_yaml_get(node, "target_length") ? "target_length" : "head_size"),
            "\"target_length\" (%u) is more than \"head_size\" (%u), which holds "
            "it; lower it",
            limits->target_bytes, limits->head_bytes);
    }
}

void wp_conf_finish_policy(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                           void *object)
{
    const struct wp_conf_trace *trace = object;
    bool has_min = wp_yaml_get(node, "min_awake");

    /* What a trace only inherits is reported where it stands. */
    if (trace->min_awake_ms > trace->max_awake_ms && (has_min || wp_yaml_get(node, "max_awake"))) {
        wp_conf_findings_add(decoder->findings,
                             wp_yaml_place(node, has_min ? "min_awake" : "max_awake"),
                             "\"min_awake\" is longer than \"max_awake\"; raise \"max_awake\" or "
                             "lower \"min_awake\"");
    }
}

void wp_conf_finish_ready(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                          void *object)
{
    const struct wp_conf_field *field;
    size_t i;

    (void)object;
    if (wp_yaml_get(node, "tcp") && wp_yaml_get(node, "http")) {
        wp_conf_findings_add(decoder->findings, wp_yaml_place(node, "tcp"),
                             "\"tcp\" and \"http\" together; keep one");
    }
    if (wp_yaml_get(node, "http")) {
        return;
    }
    for (i = 0; (field = wp_conf_field_at(&wp_conf_ready_section, i)); i++) {
        if (field->is_http_only && wp_yaml_get(node, field->key)) {
            wp_conf_findings_add(decoder->findings, wp_yaml_place(node, field->key),
                                 "\"%s\" is only for an HTTP check; add http: /path", field->key);
        }
    }
}

static bool is_provider(struct wp_slice key)
{
    const struct wp_conf_field *field;
    size_t i;

    for (i = 0; (field = wp_conf_field_at(&wp_conf_part_section, i)); i++) {
        if (field->type == WP_CONF_PROVIDER && wp_slice_eq(key, wp_slice_cstr(field->key))) {
            return true;
        }
    }
    return false;
}

void wp_conf_finish_part(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object)
{
    const struct wp_conf_part *part = object;
    const struct wp_yaml_node *first = NULL, *key;
    size_t i;

    for (i = 0; node->kind == WP_YAML_MAP && i < node->count; i++) {
        key = node->pairs[i].key;
        if (!is_provider(key->text)) {
            continue;
        }
        if (first) {
            wp_conf_findings_add(decoder->findings, key->place,
                                 "part \"%s\" is \"%.*s\" and \"%.*s\"; keep one of them",
                                 part->name, WP_SLICE_ARG(first->text), WP_SLICE_ARG(key->text));
        } else {
            first = key;
        }
    }
    if (!first) {
        wp_conf_findings_add(decoder->findings, part->place,
                             "part \"%s\" does not say what it is; add process, exec or sim",
                             part->name);
    }
}

void wp_conf_finish_rule(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object)
{
    static const char *const exclusive[] = {"path", "user_agent", "header"};
    size_t i;

    (void)object;
    for (i = 0; wp_yaml_get(node, "class") && i < WP_ARRAY_SIZE(exclusive); i++) {
        if (wp_yaml_get(node, exclusive[i])) {
            wp_conf_findings_add(decoder->findings, wp_yaml_place(node, exclusive[i]),
                                 "\"%s\" together with \"class\", which has its own; write two "
                                 "rules",
                                 exclusive[i]);
        }
    }
}
