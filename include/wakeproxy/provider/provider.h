/*
 * provider.h - the interface of everything that can start, stop and observe parts.
 *
 * All calls and callbacks run on the control loop. Every call returns at once; its end is told by
 * exactly one completion, also after the part was released (then WP_OUTCOME_CANCELLED). A
 * completion never runs inside the call that caused it: it arrives in a later turn of the loop.
 * Besides completions a provider may tell what it sees at any time (a child that died). How to
 * write one: docs/providers.md.
 */
#ifndef WAKEPROXY_PROVIDER_PROVIDER_H
#define WAKEPROXY_PROVIDER_PROVIDER_H

#include "wakeproxy/base/addr.h"
#include "wakeproxy/base/outcome.h"
#include "wakeproxy/conf/conf.h"
#include "wakeproxy/net/loop.h"

#define WP_PART_ADDRESSES_MAX 16

/* What was seen of a part. Borrowed for the time of the callback. */
struct wp_observation {
    enum wp_part_state state;
    const char *detail; /* plain words for people: "exited with status 1", or NULL */
    uint32_t address_count;
    struct wp_addr addresses[WP_PART_ADDRESSES_MAX]; /* port 0; where the part can be reached */
};

enum wp_provider_op { WP_OP_START, WP_OP_STOP, WP_OP_OBSERVE };

struct wp_completion {
    enum wp_provider_op op;
    enum wp_outcome outcome;
    uint64_t retry_after_ms; /* with THROTTLED and CAPACITY; 0: the caller chooses */
    const char *reason;      /* plain words when not OK; NULL otherwise. Borrowed. */
};

/* Implemented by control: where a provider reports. `token` is the caller's name for the part. */
struct wp_provider_sink {
    void *context;
    /* A call ended. For OBSERVE with OK, `observed` has been called before. */
    void (*completed)(void *context, uint64_t token, const struct wp_completion *completion);
    void (*observed)(void *context, uint64_t token, const struct wp_observation *observation);
};

struct wp_provider;
struct wp_provider_part; /* opaque; the provider's own record of one part */

struct wp_provider_ops {
    const char *name;
    /* Takes a part under care. `conf` stays valid until release or reconfigure; `label`
     * ("shop-qa/db") is copied, for logs. NULL with *err when it cannot be. */
    struct wp_provider_part *(*configure)(struct wp_provider *provider,
                                          const struct wp_conf_part *conf, const char *label,
                                          uint64_t token, struct wp_err *err);
    /* Points to the equal definition of a new configuration. */
    void (*reconfigure)(struct wp_provider_part *part, const struct wp_conf_part *conf);
    /* Observes many parts with as few calls as the provider can; one completion for each. */
    void (*observe)(struct wp_provider *provider, struct wp_provider_part **parts, size_t count);
    void (*start)(struct wp_provider_part *part);
    void (*stop)(struct wp_provider_part *part);
    /* Gives the part up: calls under way complete as CANCELLED, before this returns. What runs is
     * left running, except children of ours that must not outlive us: they are stopped. */
    void (*release)(struct wp_provider_part *part);
    /* How often at rest, and while something changes, control should observe this part;
     * WP_NEVER when the provider tells changes by itself. */
    uint64_t (*interval_ms)(const struct wp_provider_part *part, bool is_changing);
    /* Ends the provider. Parts have been released. Children that must not outlive us are ended,
     * waiting at most until they obeyed or were killed. */
    void (*free)(struct wp_provider *provider);
};

/* Embedded first in each provider's own struct. */
struct wp_provider {
    const struct wp_provider_ops *ops;
    struct wp_loop *loop;
    struct wp_provider_sink sink;
};

/*
 * Makes the provider of one kind. `state_dir` (NULL: none) is where it may keep what must survive a
 * restart. NULL with *err on failure.
 */
struct wp_provider *wp_provider_new(enum wp_provider_kind kind, struct wp_loop *loop,
                                    const struct wp_provider_sink *sink, const char *state_dir,
                                    struct wp_err *err);
void wp_provider_free(struct wp_provider **provider);

/*
 * Called once in main() before any thread starts: forks the guard process that ends the groups of
 * `process` children when wakeproxy dies without a chance to (kill -9). 0 or -errno.
 */
int wp_process_guard_start(struct wp_err *err) WP_MUST_CHECK;

#endif
