/*
 * handshake.c - the drain handshake as a small model, with all its interleavings.
 *
 * Two workers, control, one part, messages in flight, a few requests, an idle deadline that may
 * fire at any moment (its counters may be stale), one crash. Breadth first over all states:
 *   safety:   nothing is stopped under an active exchange, and none begins under a stop;
 *   progress: from every state in which somebody is held, all held can still be served without
 *             another event from outside.
 * With all rules of docs/states.md neither is violated. `sim-handshake RULE` takes one rule away
 * and succeeds when that has a counter-example, which it prints: each rule is needed.
 *
 * Thread:    one.
 * Not here:  the engine itself (the random walk runs the real one).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/mem.h"

#define WORKERS     2
#define CHANNEL_MAX 12
#define TABLE_BITS  24
#define NOBODY      UINT32_MAX

enum rule {
    RULE_ALL,
    RULE_COUNTERS_ONLY_DRAIN, /* 1: idle counters may start a drain, never a stop */
    RULE_HOLD_AT_DRAIN,       /* 2: a worker holds from its promise on */
    RULE_BUSY_IS_TOLD,        /* 2: the answer says whether exchanges are active */
    RULE_IGNORE_OLD_ACKS,     /* 3: answers of another epoch do not count */
    RULE_WAKE_ABORTS,         /* 3: a WAKE ends a drain */
    RULE_REMEMBER_WAKE,       /* 4: a WAKE during stopping is remembered */
    RULE_STALE_BAD_IS_A_WAKE, /* 4: an UPSTREAM_BAD of an older epoch counts as a WAKE */
    RULE_MAX,
};

enum mode { AWAKE, DRAINING, STOPPING, ASLEEP, WAKING, DISTRUST };
enum part { UP, GOING_DOWN, DOWN, CRASHED };
enum view { VIEW_HOLD, VIEW_AWAKE };
enum msg { MSG_AWAKE, MSG_HOLD, MSG_DRAIN, MSG_WAKE, MSG_ACK, MSG_ACK_BUSY, MSG_BAD };

/* No padding that matters: states are compared as bytes, and made by copying cleared ones. */
struct worker {
    uint8_t view, epoch, active, held;
    uint8_t in_count, out_count;
    uint8_t in[CHANNEL_MAX], out[CHANNEL_MAX]; /* epoch << 3 | type */
};

struct state {
    uint8_t mode, part, epoch, open_epoch, drain_epoch, acked, is_wake_pending, has_seen_idle;
    uint8_t requests, drains, crashes; /* left */
    struct worker workers[WORKERS];
};

struct node {
    struct state state;
    uint32_t parent;
    const char *step;
    uint8_t who;
    bool is_good;
};

struct edge {
    uint32_t from, to;
};

struct model {
    enum rule without;
    struct node *nodes;
    size_t count, capacity;
    struct edge *edges; /* but those from outside */
    size_t edge_count, edge_capacity;
    uint32_t *table;
    uint32_t current;
    const char *violation;
    uint32_t violating;
};

static const char *rule_name(enum rule rule)
{
    switch (rule) {
    case RULE_ALL:
        return "all";
    case RULE_COUNTERS_ONLY_DRAIN:
        return "counters-only-drain";
    case RULE_HOLD_AT_DRAIN:
        return "hold-at-drain";
    case RULE_BUSY_IS_TOLD:
        return "busy-is-told";
    case RULE_IGNORE_OLD_ACKS:
        return "ignore-old-acks";
    case RULE_WAKE_ABORTS:
        return "wake-aborts";
    case RULE_REMEMBER_WAKE:
        return "remember-wake";
    case RULE_STALE_BAD_IS_A_WAKE:
        return "stale-bad-is-a-wake";
    case RULE_MAX:
        break;
    }
    return "?";
}

static uint64_t hash(const struct state *state)
{
    const uint8_t *bytes = (const uint8_t *)state;
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof(*state); i++) {
        value = (value ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return value ^ value >> 29;
}

/* The state's number; a new one joins the end of the queue. */
static uint32_t intern(struct model *model, const struct state *state, const char *step,
                       uint8_t who)
{
    size_t mask = ((size_t)1 << TABLE_BITS) - 1;
    size_t at = (size_t)hash(state) & mask;

    for (; model->table[at] != NOBODY; at = (at + 1) & mask) {
        if (memcmp(&model->nodes[model->table[at]].state, state, sizeof(*state)) == 0) {
            return model->table[at];
        }
    }
    if (model->count >= mask / 2) {
        printf("the model has more states than its table\n");
        exit(1);
    }
    model->nodes =
        wp_grow(model->nodes, &model->capacity, model->count + 1, sizeof(model->nodes[0]));
    model->nodes[model->count] = (struct node){
        .parent = model->current,
        .step = step,
        .who = who,
        .is_good = state->workers[0].held == 0 && state->workers[1].held == 0,
    };
    memcpy(&model->nodes[model->count].state, state, sizeof(*state));
    model->table[at] = (uint32_t)model->count;
    return (uint32_t)model->count++;
}

static void reach(struct model *model, const struct state *state, const char *step, uint8_t who,
                  bool is_from_outside)
{
    uint32_t to = intern(model, state, step, who);

    if (!is_from_outside) {
        model->edges = wp_grow(model->edges, &model->edge_capacity, model->edge_count + 1,
                               sizeof(model->edges[0]));
        model->edges[model->edge_count++] = (struct edge){model->current, to};
    }
}

static void violate(struct model *model, const struct state *state, const char *step, uint8_t who,
                    const char *violation)
{
    uint32_t to = intern(model, state, step, who);

    if (model->violation == NULL) {
        model->violation = violation;
        model->violating = to;
    }
}

static void post(uint8_t *channel, uint8_t *count, enum msg msg, uint8_t epoch)
{
    if (*count == CHANNEL_MAX || epoch >= 1 << 5) {
        printf("the model's channels are too short\n");
        exit(1);
    }
    channel[(*count)++] = (uint8_t)(epoch << 3 | msg);
}

static uint8_t take(uint8_t *channel, uint8_t *count)
{
    uint8_t first = channel[0];

    memmove(channel, channel + 1, CHANNEL_MAX - 1);
    channel[CHANNEL_MAX - 1] = 0;
    (*count)--;
    return first;
}

static void to_all(struct state *state, enum msg msg)
{
    state->epoch++;
    for (int i = 0; i < WORKERS; i++) {
        post(state->workers[i].in, &state->workers[i].in_count, msg, state->epoch);
    }
}

/* A session (re)opens. Failures under this epoch or a later one are news. */
static void open_all(struct state *state)
{
    to_all(state, MSG_AWAKE);
    state->open_epoch = state->epoch;
    state->mode = AWAKE;
}

static unsigned active_of(const struct state *state)
{
    return state->workers[0].active + state->workers[1].active;
}

/* Control */

static const char *stop(struct state *state)
{
    state->mode = STOPPING;
    state->part = GOING_DOWN;
    return active_of(state) > 0 ? "a stop under an active exchange" : NULL;
}

static void wake(const struct model *model, struct state *state)
{
    switch ((enum mode)state->mode) {
    case DRAINING:
        if (model->without != RULE_WAKE_ABORTS) {
            open_all(state);
        }
        return;
    case STOPPING:
        state->is_wake_pending = model->without != RULE_REMEMBER_WAKE;
        return;
    case ASLEEP:
        state->mode = WAKING;
        return;
    case AWAKE:
    case WAKING:
    case DISTRUST:
        return;
    }
}

static void bad(const struct model *model, struct state *state, uint8_t epoch)
{
    if (state->mode == AWAKE && epoch >= state->open_epoch) {
        to_all(state, MSG_HOLD);
        state->mode = DISTRUST;
    } else if (model->without == RULE_STALE_BAD_IS_A_WAKE) {
        return;
    } else if (state->mode == AWAKE) {
        to_all(state, MSG_AWAKE);
    } else {
        wake(model, state);
    }
}

static const char *acked(const struct model *model, struct state *state, uint8_t worker,
                         uint8_t epoch, bool is_busy)
{
    if (state->mode != DRAINING ||
        (epoch != state->drain_epoch && model->without != RULE_IGNORE_OLD_ACKS)) {
        return NULL;
    }
    if (is_busy) {
        open_all(state);
        return NULL;
    }
    state->acked |= (uint8_t)(1u << worker);
    return state->acked == (1u << WORKERS) - 1 ? stop(state) : NULL;
}

static void step_control(struct model *model, const struct state *before, uint8_t worker)
{
    struct state state = *before;
    const char *violation = NULL;
    uint8_t msg;

    if (state.workers[worker].out_count == 0) {
        return;
    }
    msg = take(state.workers[worker].out, &state.workers[worker].out_count);
    switch ((enum msg)(msg & 7)) {
    case MSG_WAKE:
        wake(model, &state);
        break;
    case MSG_BAD:
        bad(model, &state, msg >> 3);
        break;
    case MSG_ACK:
    case MSG_ACK_BUSY:
        violation = acked(model, &state, worker, msg >> 3, (msg & 7) == MSG_ACK_BUSY);
        break;
    case MSG_AWAKE:
    case MSG_HOLD:
    case MSG_DRAIN:
        break;
    }
    if (violation != NULL) {
        violate(model, &state, "control hears", worker, violation);
    } else {
        reach(model, &state, "control hears", worker, false);
    }
}

static void step_deadline(struct model *model, const struct state *before)
{
    struct state state = *before;

    if (state.mode != AWAKE || state.drains == 0) {
        return;
    }
    if (model->without == RULE_COUNTERS_ONLY_DRAIN) {
        state.has_seen_idle = active_of(&state) == 0;
        reach(model, &state, "control reads the counters", 0, true);
        state = *before;
        if (state.has_seen_idle) {
            const char *violation = stop(&state);

            state.drains--;
            state.has_seen_idle = 0;
            if (violation != NULL) {
                violate(model, &state, "control stops", 0, violation);
            } else {
                to_all(&state, MSG_HOLD);
                reach(model, &state, "control stops", 0, true);
            }
        }
        return;
    }
    state.drains--;
    to_all(&state, MSG_DRAIN);
    state.drain_epoch = state.epoch;
    state.acked = 0;
    state.mode = DRAINING;
    reach(model, &state, "the deadline passes", 0, true);
}

static void step_part(struct model *model, const struct state *before)
{
    struct state state = *before;

    if (state.part == GOING_DOWN) {
        state.part = DOWN;
        state.mode = state.is_wake_pending ? WAKING : ASLEEP;
        state.is_wake_pending = 0;
        reach(model, &state, "the part has stopped", 0, false);
    } else if (state.mode == WAKING || (state.mode == DISTRUST && state.part == UP)) {
        state.part = UP;
        open_all(&state);
        reach(model, &state, "the upstream answers", 0, false);
    } else if (state.mode == DISTRUST) {
        state.mode = WAKING; /* somebody waits */
        reach(model, &state, "control sees the crash", 0, false);
    } else if (state.part == CRASHED && (state.mode == AWAKE || state.mode == DRAINING)) {
        state.mode = ASLEEP;
        to_all(&state, MSG_HOLD);
        reach(model, &state, "control sees the crash", 0, false);
    }
    state = *before;
    if (state.part == UP && state.crashes > 0) {
        state.crashes--;
        state.part = CRASHED;
        reach(model, &state, "the part crashes", 0, true);
    }
}

/* Workers */

/* One exchange wants to go on: forwarded, or held. */
static const char *forward(struct state *state, struct worker *worker)
{
    if (worker->view == VIEW_HOLD) {
        if (worker->held++ == 0) {
            post(worker->out, &worker->out_count, MSG_WAKE, worker->epoch);
        }
        return NULL;
    }
    switch ((enum part)state->part) {
    case UP:
        worker->active++;
        return NULL;
    case CRASHED:
        worker->view = VIEW_HOLD;
        worker->held++;
        post(worker->out, &worker->out_count, MSG_BAD, worker->epoch);
        return NULL;
    case GOING_DOWN:
    case DOWN:
        break;
    }
    return "an exchange begins under a stop";
}

static const char *see_view(struct state *state, struct worker *worker, enum view view,
                            uint8_t epoch)
{
    const char *violation = NULL;
    uint8_t held = worker->held;

    worker->view = (uint8_t)view;
    worker->epoch = epoch;
    if (view == VIEW_AWAKE) {
        worker->held = 0;
        for (; held > 0 && violation == NULL; held--) {
            violation = forward(state, worker);
        }
    }
    return violation;
}

static void step_worker(struct model *model, const struct state *before, uint8_t index)
{
    struct state state = *before;
    struct worker *worker = &state.workers[index];
    const char *violation = NULL;
    uint8_t msg;

    if (worker->in_count == 0) {
        return;
    }
    msg = take(worker->in, &worker->in_count);
    switch ((enum msg)(msg & 7)) {
    case MSG_AWAKE:
        violation = see_view(&state, worker, VIEW_AWAKE, msg >> 3);
        break;
    case MSG_HOLD:
        violation = see_view(&state, worker, VIEW_HOLD, msg >> 3);
        break;
    case MSG_DRAIN:
        worker->epoch = msg >> 3;
        if (model->without != RULE_HOLD_AT_DRAIN) {
            worker->view = VIEW_HOLD;
        }
        post(worker->out, &worker->out_count,
             worker->active > 0 && model->without != RULE_BUSY_IS_TOLD ? MSG_ACK_BUSY : MSG_ACK,
             msg >> 3);
        break;
    case MSG_WAKE:
    case MSG_ACK:
    case MSG_ACK_BUSY:
    case MSG_BAD:
        break;
    }
    if (violation != NULL) {
        violate(model, &state, "worker hears", index, violation);
    } else {
        reach(model, &state, "worker hears", index, false);
    }
}

static void step_clients(struct model *model, const struct state *before, uint8_t index)
{
    struct state state = *before;
    const char *violation;

    if (state.workers[index].active > 0) {
        state.workers[index].active--;
        reach(model, &state, "an exchange ends at worker", index, false);
        state = *before;
    }
    if (state.requests == 0) {
        return;
    }
    state.requests--;
    violation = forward(&state, &state.workers[index]);
    if (violation != NULL) {
        violate(model, &state, "a request comes to worker", index, violation);
    } else {
        reach(model, &state, "a request comes to worker", index, true);
    }
}

/* Backwards from the states in which nobody is held, along what happens by itself. */
static void check_progress(struct model *model)
{
    bool has_changed = true;

    while (has_changed && model->violation == NULL) {
        has_changed = false;
        for (size_t i = model->edge_count; i-- > 0;) {
            const struct edge *edge = &model->edges[i];

            if (model->nodes[edge->to].is_good && !model->nodes[edge->from].is_good) {
                model->nodes[edge->from].is_good = true;
                has_changed = true;
            }
        }
    }
    for (uint32_t i = 0; i < model->count && model->violation == NULL; i++) {
        if (!model->nodes[i].is_good) {
            model->violation = "somebody is held for ever";
            model->violating = i;
        }
    }
}

static void explore(struct model *model)
{
    struct state first;

    memset(&first, 0, sizeof(first));
    first.mode = AWAKE;
    first.part = UP;
    first.epoch = 1;
    first.open_epoch = 1;
    first.requests = 3;
    first.drains = 2;
    first.crashes = 1;
    for (int i = 0; i < WORKERS; i++) {
        first.workers[i].view = VIEW_AWAKE;
        first.workers[i].epoch = 1;
    }
    model->current = NOBODY;
    intern(model, &first, "at first", 0);
    for (uint32_t i = 0; i < model->count && model->violation == NULL; i++) {
        struct state state = model->nodes[i].state;

        model->current = i;
        step_deadline(model, &state);
        step_part(model, &state);
        for (uint8_t worker = 0; worker < WORKERS; worker++) {
            step_control(model, &state, worker);
            step_worker(model, &state, worker);
            step_clients(model, &state, worker);
        }
    }
    check_progress(model);
}

static void print_node(const struct node *node)
{
    static const char *const modes[] = {"awake",  "draining", "stopping",
                                        "asleep", "waking",   "distrust"};
    static const char *const parts[] = {"up", "going down", "down", "crashed"};
    const struct state *state = &node->state;

    printf("  %s %u: control %s, epoch %u, part %s", node->step, node->who, modes[state->mode],
           state->epoch, parts[state->part]);
    for (int i = 0; i < WORKERS; i++) {
        const struct worker *worker = &state->workers[i];

        printf("; worker %d %s epoch %u, active %u, held %u", i,
               worker->view == VIEW_AWAKE ? "awake" : "holds", worker->epoch, worker->active,
               worker->held);
    }
    printf("\n");
}

static void print_path(const struct model *model)
{
    uint32_t path[256];
    size_t length = 0;

    for (uint32_t at = model->violating; at != NOBODY && length < WP_ARRAY_SIZE(path);
         at = model->nodes[at].parent) {
        path[length++] = at;
    }
    while (length > 0) {
        print_node(&model->nodes[path[--length]]);
    }
    printf("  %s\n", model->violation);
}

int main(int argc, char **argv)
{
    struct model model = {.without = RULE_MAX};
    bool is_expected;

    for (int rule = RULE_ALL; rule < RULE_MAX && argc == 2; rule++) {
        if (strcmp(argv[1], rule_name((enum rule)rule)) == 0) {
            model.without = (enum rule)rule;
        }
    }
    if (model.without == RULE_MAX) {
        printf("usage: sim-handshake all|<the rule to take away>\n");
        return 2;
    }
    model.table = wp_malloc(sizeof(model.table[0]) << TABLE_BITS);
    memset(model.table, 0xff, sizeof(model.table[0]) << TABLE_BITS);
    explore(&model);
    printf("%s: %zu states, %zu steps: %s\n", rule_name(model.without), model.count,
           model.edge_count, model.violation == NULL ? "no violation" : model.violation);
    if (model.violation != NULL) {
        print_path(&model);
    }
    is_expected = (model.violation != NULL) == (model.without != RULE_ALL);
    free(model.nodes);
    free(model.edges);
    free(model.table);
    return is_expected ? 0 : 1;
}
