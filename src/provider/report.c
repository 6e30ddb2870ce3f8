/*
 * report.c - the queue between a provider and the sink it reports to.
 *
 * Thread:    the control loop.
 * Owns:      the reports that wait, with copies of their strings; not the parts they speak of.
 * Invariant: reports are delivered in the order in which they were queued, from a timer of their
 *            own, so that no report runs inside the call that caused it.
 * Invariant: a report is off the queue before the sink sees it; the sink may call back into the
 *            provider, and may release the very part that is spoken of.
 * Invariant: wp_report_cancel() leaves no report that speaks of the part.
 * Not here:  what the reports say (process.c, exec.c, sim.c).
 */
#include "report.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct report {
    struct wp_list link;
    struct wp_provider_part *part;
    uint64_t turn; /* the delivery during or after which it was queued */
    bool is_completion;
    struct wp_completion completion;
    struct wp_observation observation;
    char *text; /* the reason or the detail */
};

void wp_provider_part_init(struct wp_provider_part *part, struct wp_provider *provider,
                           const struct wp_conf_part *conf, const char *label, uint64_t token)
{
    part->provider = provider;
    part->conf = conf;
    part->label = wp_strdup(label);
    part->token = token;
}

void wp_provider_part_fini(struct wp_provider_part *part)
{
    free(part->label);
    part->label = NULL;
}

static void report_free(struct report *report)
{
    wp_list_remove(&report->link);
    free(report->text);
    free(report);
}

static void deliver(struct report *report)
{
    const struct wp_provider_sink *sink = &report->part->provider->sink;
    uint64_t token = report->part->token;

    wp_list_remove(&report->link);
    if (report->is_completion) {
        sink->completed(sink->context, token, &report->completion);
    } else {
        sink->observed(sink->context, token, &report->observation);
    }
    report_free(report);
}

static void deliver_queued(struct wp_timer *timer)
{
    struct wp_report_queue *queue = WP_CONTAINER_OF(timer, struct wp_report_queue, timer);
    struct wp_list *node;

    /* Only what is queued now: a report caused by a report waits for the next turn. */
    queue->turn++;
    while ((node = wp_list_first(&queue->reports)) != NULL &&
           WP_CONTAINER_OF(node, struct report, link)->turn != queue->turn) {
        deliver(WP_CONTAINER_OF(node, struct report, link));
    }
    if (!wp_list_is_empty(&queue->reports)) {
        wp_timer_set(&queue->timer, wp_loop_now_ms(queue->provider->loop));
    }
}

void wp_report_queue_init(struct wp_report_queue *queue, struct wp_provider *provider)
{
    queue->provider = provider;
    queue->turn = 0;
    wp_list_init(&queue->reports);
    wp_timer_init(&queue->timer, provider->loop, deliver_queued);
}

void wp_report_queue_fini(struct wp_report_queue *queue)
{
    struct wp_list *node;

    wp_timer_fini(&queue->timer);
    while ((node = wp_list_first(&queue->reports)) != NULL) {
        report_free(WP_CONTAINER_OF(node, struct report, link));
    }
}

static struct report *enqueue(struct wp_report_queue *queue, struct wp_provider_part *part,
                              const char *text)
{
    struct report *report = wp_calloc(1, sizeof(*report));

    report->part = part;
    report->turn = queue->turn;
    report->text = text != NULL ? wp_strdup(text) : NULL;
    wp_list_init(&report->link);
    if (wp_list_is_empty(&queue->reports)) {
        wp_timer_set(&queue->timer, wp_loop_now_ms(queue->provider->loop));
    }
    wp_list_append(&queue->reports, &report->link);
    return report;
}

void wp_report_observed(struct wp_report_queue *queue, struct wp_provider_part *part,
                        const struct wp_observation *observation)
{
    struct report *report = enqueue(queue, part, observation->detail);

    report->observation = *observation;
    report->observation.detail = report->text;
}

void wp_report_state(struct wp_report_queue *queue, struct wp_provider_part *part,
                     enum wp_part_state state, const char *detail)
{
    struct wp_observation observation = {.state = state, .detail = detail};

    wp_report_observed(queue, part, &observation);
}

void wp_report_completed(struct wp_report_queue *queue, struct wp_provider_part *part,
                         enum wp_provider_op op, enum wp_outcome outcome, const char *reason)
{
    struct report *report = enqueue(queue, part, reason);

    report->is_completion = true;
    report->completion =
        (struct wp_completion){.op = op, .outcome = outcome, .reason = report->text};
}

void wp_report_cancelled(struct wp_provider_part *part, enum wp_provider_op op)
{
    const struct wp_provider_sink *sink = &part->provider->sink;
    struct wp_completion completion = {
        .op = op, .outcome = WP_OUTCOME_CANCELLED, .reason = "the part was given up"};

    sink->completed(sink->context, part->token, &completion);
}

void wp_report_cancel(struct wp_report_queue *queue, struct wp_provider_part *part)
{
    struct wp_list mine, *node, *next;

    /* Taken off first: a sink that calls back must not disturb the walk. */
    wp_list_init(&mine);
    for (node = queue->reports.next; node != &queue->reports; node = next) {
        next = node->next;
        if (WP_CONTAINER_OF(node, struct report, link)->part == part) {
            wp_list_remove(node);
            wp_list_append(&mine, node);
        }
    }
    while ((node = wp_list_first(&mine)) != NULL) {
        struct report *report = WP_CONTAINER_OF(node, struct report, link);

        wp_list_remove(node);
        if (report->is_completion) {
            wp_report_cancelled(part, report->completion.op);
        }
        report_free(report);
    }
}

void wp_observation_add_loopback(struct wp_observation *observation)
{
    struct wp_addr *addr = &observation->addresses[observation->address_count++];

    memset(addr, 0, sizeof(*addr));
    addr->in.sin_family = AF_INET;
    addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}
