/*
 * internal.h - what the files of the engine offer each other. All of it runs inside
 * wp_trace_step() (or wp_trace_new/free) of the one trace it is given.
 */
#ifndef WAKEPROXY_SRC_ENGINE_INTERNAL_H
#define WAKEPROXY_SRC_ENGINE_INTERNAL_H

#include "trace.h"

/* action.c: appending to the step's actions, and the time the step asks for. */
void wp_engine_emit(struct wp_trace *trace, const struct wp_action *action);
void wp_engine_emit_part(struct wp_trace *trace, enum wp_action_type type, uint32_t part);
/* Sends a view: epoch++, remembered in trace->view. */
void wp_engine_publish(struct wp_trace *trace, enum wp_want_view view);
/* The step wants a TICK at `at_ms`, or earlier if somebody else does. */
void wp_engine_want_tick(struct wp_trace *trace, uint64_t at_ms);
/* Replaces *text by a formatted copy; by NULL when `format` is NULL. */
void wp_engine_text_set(char **text, const char *format, ...) WP_PRINTF(2, 3);
/* a + b, where either may be WP_NEVER. */
uint64_t wp_engine_add(uint64_t at_ms, uint64_t duration_ms);

/* part.c: one part. */
void wp_engine_part_init(struct wp_engine_part *part, const struct wp_conf_part *conf);
void wp_engine_part_fini(struct wp_engine_part *part);
/* What to take the part for: its calls that are out or accepted count too. */
enum wp_part_state wp_engine_part_state(const struct wp_engine_part *part);
bool wp_engine_part_is_down(const struct wp_engine_part *part);
bool wp_engine_part_is_seen(const struct wp_engine_part *part);
bool wp_engine_part_is_ready(const struct wp_engine_part *part);
void wp_engine_part_observed(struct wp_trace *trace, uint32_t index, enum wp_part_state state,
                             const char *detail);
void wp_engine_part_probed(struct wp_trace *trace, uint32_t index, bool ok, const char *reason);
/* Time passes: lost calls, accepted calls without effect, observations that are due. */
void wp_engine_part_pass(struct wp_trace *trace, uint32_t index);

/* op.c: the calls to the provider of one part. */
void wp_engine_op_done(struct wp_trace *trace, const struct wp_event *event);
/* Start or stop it as soon as its backoff allows: now, or a TICK is asked for. */
void wp_engine_op_start(struct wp_trace *trace, uint32_t index);
void wp_engine_op_stop(struct wp_trace *trace, uint32_t index);
/* A call that was never answered counts as failed after a generous time. */
void wp_engine_op_expire(struct wp_trace *trace, uint32_t index);
/* When nothing runs of it any more, the memory of its stop ends too. */
void wp_engine_op_forget_stop(struct wp_engine_part *part);

/* plan.c: the DAG. */
bool wp_engine_plan_may_start(const struct wp_trace *trace, uint32_t index);
bool wp_engine_plan_may_stop(const struct wp_trace *trace, uint32_t index);
bool wp_engine_plan_all_seen(const struct wp_trace *trace);
bool wp_engine_plan_all_ready(const struct wp_trace *trace);
bool wp_engine_plan_any_stopping(const struct wp_trace *trace);
/* The cadence at which the upstream deserves to be probed. */
enum wp_cadence wp_engine_plan_cadence(const struct wp_trace *trace);
/* What a wake waits for, in words; written to *text. */
void wp_engine_plan_blocker(const struct wp_trace *trace, char **text);

/* backoff.c: durations. */
uint64_t wp_engine_backoff_call(enum wp_outcome outcome, uint32_t tries, uint64_t retry_after_ms);
uint64_t wp_engine_backoff_wake(uint32_t failures);
uint64_t wp_engine_backoff_doubled(uint64_t first_ms, uint32_t tries, uint64_t cap_ms);

/* deadline.c */
struct wp_engine_deadline wp_engine_deadline(const struct wp_trace *trace);
/* When max_awake ends the session, whoever uses it. */
uint64_t wp_engine_deadline_forced(const struct wp_trace *trace);
/* When parts that run without a session are stopped. */
uint64_t wp_engine_deadline_leftover(const struct wp_trace *trace);
/* Why the deadline was where it was, in words; written to *text. */
void wp_engine_deadline_text(const struct wp_trace *trace,
                             const struct wp_engine_deadline *deadline, char **text);
void wp_engine_deadline_touch(struct wp_trace *trace);

/* wake.c: from wanting up to serving. */
void wp_engine_wake_ask(struct wp_trace *trace, const char *cause, bool is_operator);
void wp_engine_wake_begin(struct wp_trace *trace, const char *cause);
void wp_engine_wake_adopt(struct wp_trace *trace);
void wp_engine_wake_fail(struct wp_trace *trace, const char *reason);
void wp_engine_wake_pass(struct wp_trace *trace);
/* Sets how the upstream is probed, when that differs from before. */
void wp_engine_wake_cadence(struct wp_trace *trace);
void wp_engine_wake_probed(struct wp_trace *trace, bool ok, const char *reason);

/* serve.c: while it serves. */
void wp_engine_serve_open(struct wp_trace *trace);
void wp_engine_serve_bad(struct wp_trace *trace, uint64_t epoch, const char *reason);
void wp_engine_serve_pass(struct wp_trace *trace);

/* drain.c: the handshake. */
void wp_engine_drain_begin(struct wp_trace *trace, enum wp_engine_drain_kind kind);
void wp_engine_drain_acked(struct wp_trace *trace, uint64_t epoch, bool is_busy);
void wp_engine_drain_abort(struct wp_trace *trace, const char *cause);
void wp_engine_drain_drop(struct wp_trace *trace);
void wp_engine_drain_pass(struct wp_trace *trace);

/* sleep.c: while it is not wanted. */
void wp_engine_sleep_ask(struct wp_trace *trace, const char *who);
/* The session is over: nothing is wanted any more. What runs is marked to be stopped, or left for
 * sleep_pass to decide about. */
void wp_engine_sleep_begin(struct wp_trace *trace, bool stops_parts);
void wp_engine_sleep_mark_all(struct wp_trace *trace);
void wp_engine_sleep_pass(struct wp_trace *trace);
void wp_engine_stop_pass(struct wp_trace *trace);

/* config.c */
void wp_engine_config(struct wp_trace *trace, const struct wp_conf_trace *conf,
                      const bool *part_changed);
void wp_engine_remove(struct wp_trace *trace);
void wp_engine_remove_pass(struct wp_trace *trace);

/* ledger.c */
void wp_engine_record(struct wp_trace *trace, const char *what, const char *format, ...)
    WP_PRINTF(3, 4);
/* At the end of a step: tells the change of phase. */
void wp_engine_ledger_settle(struct wp_trace *trace);

/* eta.c */
void wp_engine_eta_add(struct wp_trace *trace);

/* phase.c */
enum wp_phase wp_engine_phase(const struct wp_trace *trace);
void wp_engine_phase_reason(struct wp_trace *trace);

#endif
