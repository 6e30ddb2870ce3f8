/*
 * rig.h - one trace with parts db and app (app after db) under a hand-driven clock, and the actions
 * of its steps as text that a table can hold:
 *   "(wake) start db, publish hold 2, drain 3, probe upstream fast, watch db often, observe db"
 */
#ifndef WAKEPROXY_TESTS_UNIT_ENGINE_RIG_H
#define WAKEPROXY_TESTS_UNIT_ENGINE_RIG_H

#include "wakeproxy/engine/engine.h"

#define RIG_PARTS_MAX 4
#define RIG_DB        0u
#define RIG_APP       1u

struct rig {
    struct wp_conf_trace conf;
    struct wp_conf_part parts[RIG_PARTS_MAX];
    uint32_t after[RIG_PARTS_MAX][RIG_PARTS_MAX];
    struct wp_conf_ready ready;
    struct wp_trace *trace;
    struct wp_actions actions;
    uint64_t now_ms, next_ms;
    uint64_t drain_epoch;
    char text[2048]; /* of the last step */
};

/* `part_count` parts named db, app, web, job, each after the one before; no trace yet. */
void rig_init(struct rig *rig, uint32_t part_count);
/* Takes the edges of a part away, or gives it one. */
void rig_free_part(struct rig *rig, uint32_t part);
void rig_after(struct rig *rig, uint32_t part, uint32_t other);
void rig_new(struct rig *rig, uint64_t not_before_ms);
void rig_fini(struct rig *rig);

const char *rig_step(struct rig *rig, const struct wp_event *event);
const char *rig_tick(struct rig *rig);
/* Moves the clock to the time asked for, reads the counters (nothing active), and ticks. */
const char *rig_due(struct rig *rig);
const char *rig_wake(struct rig *rig);
const char *rig_activity(struct rig *rig, uint32_t active, uint64_t last_ms);
const char *rig_observed(struct rig *rig, uint32_t part, enum wp_part_state state,
                         const char *detail);
const char *rig_done(struct rig *rig, uint32_t part, bool is_start, enum wp_outcome outcome);
const char *rig_probe(struct rig *rig, uint32_t part, bool ok);
const char *rig_acked(struct rig *rig, uint64_t epoch, bool busy);
const char *rig_bad(struct rig *rig, uint64_t epoch);
const char *rig_operator(struct rig *rig, enum wp_operator_verb verb, uint64_t until_ms);

/* From new to each phase by the shortest way, with parts db and app. */
void rig_to_asleep(struct rig *rig);
void rig_to_waking(struct rig *rig); /* db runs, START of app is out */
void rig_to_awake(struct rig *rig);
void rig_to_draining(struct rig *rig);
void rig_to_stopping(struct rig *rig); /* STOP of app is out */
void rig_to_broken(struct rig *rig);   /* START of app was denied, STOP of db is out */

#endif
