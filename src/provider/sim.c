/*
 * sim.c - parts that only exist as timers: for demonstrations and tests.
 *
 * Thread:    the control loop.
 * Owns:      its parts until release. Nothing survives the process.
 * States:    stopped -start-> starting -boot-> running -crash_after-> stopped
 *            running, starting -stop-> stopping -stop-> stopped
 * Invariant: one timer per part, armed exactly in starting, stopping, and running with a crash
 *            ahead; every change is told as an observation, so nobody needs to poll.
 * Not here:  addresses: there is no host, so the upstream of such a trace is written in the
 *            configuration.
 */
#include <stdlib.h>

#include "kinds.h"
#include "report.h"
#include "wakeproxy/base/clock.h"

struct sim_provider {
    struct wp_provider base;
    struct wp_report_queue reports;
};

struct sim_part {
    struct wp_provider_part base;
    enum wp_part_state state;
    uint32_t starts; /* counted for fail_starts */
    const char *detail;
    struct wp_timer timer;
};

static struct sim_provider *provider_of(const struct sim_part *part)
{
    return (struct sim_provider *)part->base.provider;
}

static const struct wp_conf_sim *conf_of(const struct sim_part *part)
{
    return &part->base.conf->sim;
}

static void tell(struct sim_part *part)
{
    wp_report_state(&provider_of(part)->reports, &part->base, part->state, part->detail);
}

static void arm(struct sim_part *part, uint64_t delay_ms)
{
    wp_timer_set(&part->timer, delay_ms == WP_NEVER
                                   ? WP_NEVER
                                   : wp_loop_now_ms(part->base.provider->loop) + delay_ms);
}

/* The one writer of a part's state. */
static void set_state(struct sim_part *part, enum wp_part_state state, const char *detail)
{
    part->state = state;
    part->detail = detail;
    switch (state) {
    case WP_PART_STARTING:
        arm(part, conf_of(part)->boot_ms);
        break;
    case WP_PART_RUNNING:
        arm(part, conf_of(part)->crash_after_ms);
        break;
    case WP_PART_STOPPING:
        arm(part, conf_of(part)->stop_ms);
        break;
    case WP_PART_STOPPED:
    case WP_PART_UNKNOWN:
    case WP_PART_MISSING:
        arm(part, WP_NEVER);
        break;
    }
    tell(part);
}

static void timer_fired(struct wp_timer *timer)
{
    struct sim_part *part = WP_CONTAINER_OF(timer, struct sim_part, timer);

    switch (part->state) {
    case WP_PART_STARTING:
        set_state(part, WP_PART_RUNNING, NULL);
        break;
    case WP_PART_RUNNING:
        set_state(part, WP_PART_STOPPED, "crashed as its script says");
        break;
    case WP_PART_STOPPING:
        set_state(part, WP_PART_STOPPED, "stopped");
        break;
    case WP_PART_STOPPED:
    case WP_PART_UNKNOWN:
    case WP_PART_MISSING:
        break;
    }
}

static struct wp_provider_part *sim_configure(struct wp_provider *provider,
                                              const struct wp_conf_part *conf, const char *label,
                                              uint64_t token, struct wp_err *err)
{
    struct sim_part *part = wp_calloc(1, sizeof(*part));

    wp_provider_part_init(&part->base, provider, conf, label, token);
    wp_timer_init(&part->timer, provider->loop, timer_fired);
    part->state = WP_PART_STOPPED;
    if (conf->sim.running) {
        set_state(part, WP_PART_RUNNING, NULL);
    }
    return &part->base;
}

static void sim_reconfigure(struct wp_provider_part *base, const struct wp_conf_part *conf)
{
    base->conf = conf;
}

static void sim_observe(struct wp_provider *provider, struct wp_provider_part **parts, size_t count)
{
    struct sim_provider *sim = (struct sim_provider *)provider;
    size_t i;

    for (i = 0; i < count; i++) {
        tell((struct sim_part *)parts[i]);
        wp_report_completed(&sim->reports, parts[i], WP_OP_OBSERVE, WP_OUTCOME_OK, NULL);
    }
}

static void sim_start(struct wp_provider_part *base)
{
    struct sim_part *part = (struct sim_part *)base;
    struct wp_report_queue *reports = &provider_of(part)->reports;
    const char *reason = conf_of(part)->fail_reason;

    if (part->state == WP_PART_STOPPING) {
        wp_report_completed(reports, base, WP_OP_START, WP_OUTCOME_WAIT, "it is still stopping");
        return;
    }
    if (part->state != WP_PART_STOPPED) {
        wp_report_completed(reports, base, WP_OP_START, WP_OUTCOME_OK, NULL);
        tell(part);
        return;
    }
    if (part->starts < conf_of(part)->fail_starts) {
        part->starts++;
        part->detail = reason != NULL ? reason : "fails as its script says";
        wp_report_completed(reports, base, WP_OP_START, WP_OUTCOME_RETRY, part->detail);
        tell(part);
        return;
    }
    wp_report_completed(reports, base, WP_OP_START, WP_OUTCOME_OK, NULL);
    set_state(part, WP_PART_STARTING, NULL);
}

static void sim_stop(struct wp_provider_part *base)
{
    struct sim_part *part = (struct sim_part *)base;

    wp_report_completed(&provider_of(part)->reports, base, WP_OP_STOP, WP_OUTCOME_OK, NULL);
    if (part->state == WP_PART_STARTING || part->state == WP_PART_RUNNING) {
        set_state(part, WP_PART_STOPPING, NULL);
    } else {
        tell(part);
    }
}

static void sim_release(struct wp_provider_part *base)
{
    struct sim_part *part = (struct sim_part *)base;

    wp_timer_fini(&part->timer);
    wp_report_cancel(&provider_of(part)->reports, base);
    wp_provider_part_fini(base);
    free(part);
}

static uint64_t sim_interval_ms(const struct wp_provider_part *base, bool is_changing)
{
    return WP_NEVER;
}

static void sim_free(struct wp_provider *provider)
{
    struct sim_provider *sim = (struct sim_provider *)provider;

    wp_report_queue_fini(&sim->reports);
    free(sim);
}

static const struct wp_provider_ops sim_ops = {
    .name = "sim",
    .configure = sim_configure,
    .reconfigure = sim_reconfigure,
    .observe = sim_observe,
    .start = sim_start,
    .stop = sim_stop,
    .release = sim_release,
    .interval_ms = sim_interval_ms,
    .free = sim_free,
};

struct wp_provider *wp_sim_provider_new(struct wp_loop *loop, const struct wp_provider_sink *sink)
{
    struct sim_provider *sim = wp_calloc(1, sizeof(*sim));

    sim->base.ops = &sim_ops;
    sim->base.loop = loop;
    sim->base.sink = *sink;
    wp_report_queue_init(&sim->reports, &sim->base);
    return &sim->base;
}
