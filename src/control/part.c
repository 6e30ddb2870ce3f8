/*
 * part.c - parts and the providers that care for them.
 *
 * Thread:    control.
 * Owns:      one provider per kind, made when the first part needs it, and the provider's record
 *            of each part.
 * Invariant: whatever the engine asks for ends with an event, also when the provider refused the
 *            part: then it is observed as missing and a start fails with the provider's reason.
 * Invariant: reports about a part that is being given up are not passed on.
 * Not here:  when to observe (observe.c), what a report means (engine).
 */
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/log.h"

#include "control_impl.h"
#include "target.h"

static struct wp_control_part *part_of(uint64_t token)
{
    return (struct wp_control_part *)(uintptr_t)token;
}

/* ---- what providers report -------------------------------------------------------------- */

static void feed_observed(struct wp_control_part *part, enum wp_part_state state,
                          const char *detail)
{
    struct wp_event event = {
        .type = WP_EVENT_OBSERVED,
        .part = part->index,
        .state = state,
        .text = detail,
    };

    wp_driver_feed(part->trace, &event);
}

static void observe_completed(struct wp_control_part *part, const struct wp_completion *completion)
{
    bool is_ok = completion->outcome == WP_OUTCOME_OK;

    bool is_news = !is_ok && !part->has_failed;

    wp_observe_done(part, completion->retry_after_ms);
    part->has_failed = !is_ok;
    if (is_ok || completion->outcome == WP_OUTCOME_CANCELLED) {
        return;
    }
    if (is_news) {
        wp_log(WP_LOG_WARN, "part.unobservable", "trace:s part:s class:s reason:s",
               part->trace->name, part->conf->name, wp_outcome_name(completion->outcome),
               completion->reason);
    }
    feed_observed(part,
                  completion->outcome == WP_OUTCOME_MISSING ? WP_PART_MISSING : WP_PART_UNKNOWN,
                  completion->reason);
}

static void completed(void *context, uint64_t token, const struct wp_completion *completion)
{
    struct wp_control_part *part = part_of(token);
    struct wp_event event = {
        .type = WP_EVENT_DONE,
        .part = part->index,
        .is_start = completion->op == WP_OP_START,
        .outcome = completion->outcome,
        .retry_after_ms = completion->retry_after_ms,
        .text = completion->reason,
    };

    if (part->is_released) {
        return;
    }
    if (completion->op == WP_OP_OBSERVE) {
        observe_completed(part, completion);
        return;
    }
    wp_driver_feed(part->trace, &event);
}

static void take_addresses(struct wp_control_part *part, const struct wp_observation *observation)
{
    uint32_t count = observation->address_count;

    free(part->addresses);
    part->addresses = NULL;
    part->address_count = count;
    if (count > 0) {
        part->addresses = wp_malloc(count * sizeof(*part->addresses));
        memcpy(part->addresses, observation->addresses, count * sizeof(*part->addresses));
    }
}

static void observed(void *context, uint64_t token, const struct wp_observation *observation)
{
    struct wp_control_part *part = part_of(token);

    if (part->is_released) {
        return;
    }
    take_addresses(part, observation);
    if (part->trace->target && part->trace->conf->upstream.part == (int32_t)part->index) {
        wp_target_part_observed(part->trace->target);
    }
    feed_observed(part, observation->state, observation->detail);
}

/* ---- providers -------------------------------------------------------------------------- */

static struct wp_provider *provider_of(struct wp_control *control, enum wp_provider_kind kind,
                                       struct wp_err *err)
{
    struct wp_provider_sink sink = {
        .context = control,
        .completed = completed,
        .observed = observed,
    };

    if (!control->providers[kind]) {
        control->providers[kind] =
            wp_provider_new(kind, control->loop, &sink, control->state_dir, err);
    }
    return control->providers[kind];
}

void wp_part_free_providers(struct wp_control *control)
{
    for (unsigned i = 0; i < WP_PROVIDER_KINDS; i++) {
        wp_provider_free(&control->providers[i]);
    }
}

/* ---- parts ------------------------------------------------------------------------------ */

struct wp_control_part *wp_part_new(struct wp_control_trace *trace, const struct wp_conf_part *conf,
                                    uint32_t index)
{
    struct wp_control *control = trace->control;
    struct wp_control_part *part = wp_calloc(1, sizeof(*part));
    struct wp_provider *provider;
    struct wp_err err = {.text = ""};
    char *label = wp_asprintf("%s/%s", trace->name, conf->name);

    part->trace = trace;
    part->conf = conf;
    part->index = index;
    wp_list_init(&part->due_link);
    wp_timer_init(&part->observe_timer, control->loop, wp_observe_timer);
    provider = provider_of(control, conf->provider, &err);
    if (provider) {
        part->handle =
            provider->ops->configure(provider, conf, label, (uint64_t)(uintptr_t)part, &err);
    }
    if (!part->handle) {
        part->fault = wp_strdup(err.text);
        wp_log(WP_LOG_ERROR, "part.refused", "part:s reason:s", label, err.text);
    }
    free(label);
    return part;
}

void wp_part_free(struct wp_control_part **ref)
{
    struct wp_control_part *part = *ref;

    if (!part) {
        return;
    }
    *ref = NULL;
    part->is_released = true;
    wp_target_free(&part->target);
    wp_timer_fini(&part->observe_timer);
    wp_list_remove(&part->due_link);
    if (part->handle) {
        part->trace->control->providers[part->conf->provider]->ops->release(part->handle);
    }
    free(part->addresses);
    free(part->fault);
    free(part);
}

void wp_part_replace_conf(struct wp_control_part *part, const struct wp_conf_part *conf,
                          uint32_t index)
{
    if (part->handle) {
        part->trace->control->providers[conf->provider]->ops->reconfigure(part->handle, conf);
    }
    part->conf = conf;
    part->index = index;
}

static void refuse(struct wp_control_part *part, bool is_start)
{
    struct wp_event event = {
        .type = WP_EVENT_DONE,
        .part = part->index,
        .is_start = is_start,
        .outcome = WP_OUTCOME_FATAL,
        .text = part->fault,
    };

    wp_driver_feed(part->trace, &event);
}

void wp_part_start(struct wp_control_part *part)
{
    if (!part->handle) {
        refuse(part, true);
        return;
    }
    part->trace->control->providers[part->conf->provider]->ops->start(part->handle);
}

void wp_part_stop(struct wp_control_part *part)
{
    if (!part->handle) {
        refuse(part, false);
        return;
    }
    part->trace->control->providers[part->conf->provider]->ops->stop(part->handle);
}
