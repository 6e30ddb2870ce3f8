/*
 * target.h - something whose readiness is watched: the upstream of a trace, or a part with a check
 * of its own. Resolves its names, probes each address, and tells the engine when "at least one is
 * ready" changes. Control thread.
 */
#ifndef WAKEPROXY_CONTROL_TARGET_H
#define WAKEPROXY_CONTROL_TARGET_H

#include "control_impl.h"

struct wp_target;

/* `part` NULL: the upstream. Nothing happens before a cadence is set. */
struct wp_target *wp_target_new(struct wp_control_trace *trace, struct wp_control_part *part);
void wp_target_free(struct wp_target **target);

/* Probes from now on; the first call begins to resolve. Not WP_CADENCE_OFF: free it instead. */
void wp_target_probe(struct wp_target *target, enum wp_cadence cadence);
/* Only resolves: every address counts as ready. For traces without parts. */
void wp_target_resolve_only(struct wp_target *target);
/* The addresses of the upstream's part may have changed. */
void wp_target_part_observed(struct wp_target *target);
/*
 * The engine has what it wanted to know. Addresses that are not ready yet are probed on for a
 * while, so that they join the view; true when there is such a one, false when the target may go.
 */
bool wp_target_linger(struct wp_target *target);
bool wp_target_is_lingering(const struct wp_target *target);
/* Lingering only: the trace points to a new definition of the same upstream by now. */
void wp_target_redefined(struct wp_target *target);

#endif
