/*
 * report.h - how providers of this room tell control what happened: in order, and never inside the
 * call that caused it.
 */
#ifndef WP_PROVIDER_REPORT_H
#define WP_PROVIDER_REPORT_H

#include "wakeproxy/provider/provider.h"

/* Embedded first in each provider's own part. */
struct wp_provider_part {
    struct wp_provider *provider;
    const struct wp_conf_part *conf;
    char *label;
    uint64_t token;
};

/* Reports that wait for the next turn of the loop. Embedded in a provider. */
struct wp_report_queue {
    struct wp_provider *provider;
    struct wp_timer timer;
    struct wp_list reports;
    uint64_t turn; /* counts deliveries */
};

void wp_provider_part_init(struct wp_provider_part *part, struct wp_provider *provider,
                           const struct wp_conf_part *conf, const char *label, uint64_t token);
void wp_provider_part_fini(struct wp_provider_part *part);

void wp_report_queue_init(struct wp_report_queue *queue, struct wp_provider *provider);
/* What was not delivered is dropped: every part has been released, so nothing is. */
void wp_report_queue_fini(struct wp_report_queue *queue);

/* Queue one report. Strings are copied. */
void wp_report_observed(struct wp_report_queue *queue, struct wp_provider_part *part,
                        const struct wp_observation *observation);
/* The short form: a state with plain words (NULL: none) and no address. */
void wp_report_state(struct wp_report_queue *queue, struct wp_provider_part *part,
                     enum wp_part_state state, const char *detail);
void wp_report_completed(struct wp_report_queue *queue, struct wp_provider_part *part,
                         enum wp_provider_op op, enum wp_outcome outcome, const char *reason);

/* For release(): queued completions of the part are delivered now, as CANCELLED; its queued
 * observations are dropped. */
void wp_report_cancel(struct wp_report_queue *queue, struct wp_provider_part *part);
/* Delivers one completion as CANCELLED at once: for a call under way that is not queued yet. */
void wp_report_cancelled(struct wp_provider_part *part, enum wp_provider_op op);

/* 127.0.0.1 without a port. */
void wp_observation_add_loopback(struct wp_observation *observation);

#endif
