/*
 * target.c - the readiness of an upstream or a part, over all of its addresses.
 *
 * Thread:    control.
 * Owns:      one probe per address, and the questions to the resolver.
 * Invariant: the engine is told only that "at least one address is ready" changed, or why none is.
 * Invariant: trace->ready is written when at least one address is ready, and keeps what was last
 *            found, so that an aborted drain can be published without probing again.
 * Invariant: names are asked for anew whenever the engine starts to probe: addresses of machines
 *            change between two wakes.
 * Invariant: nothing here has a timer once the engine wants no probing, except for addresses that
 *            may still join the view, for at most LINGER_MS.
 * Not here:  how one address is probed (probe.c), what readiness means for a trace (engine).
 */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"

#include "probe.h"
#include "resolve.h"

#define LINGER_MS         60000u /* how long a late address may take to join an awake trace */
#define RESOLVE_FAST_MS   1000u  /* until a name that had no address is asked for again */
#define RESOLVE_SPARSE_MS 10000u

/* A "host:port" of the configuration. */
struct place {
    struct wp_target *target;
    char *host;
    uint16_t port;
    bool has_failed;
    struct wp_resolve *resolve; /* a question is out */
};

/* One address. */
struct spot {
    struct wp_target *target;
    struct wp_addr addr;
    struct wp_probe *probe; /* NULL: resolve only */
    bool is_ok;
};

struct wp_target {
    struct wp_control_trace *trace;
    struct wp_control_part *part; /* NULL: the upstream */
    enum wp_cadence cadence;
    bool is_resolve_only, is_lingering, has_told, was_ok;
    struct place *places;
    uint32_t place_count;
    struct spot **spots;
    size_t spot_count, spot_capacity;
    struct wp_timer timer; /* the next question, or the end of lingering */
};

static void target_changed(struct wp_target *target, const char *reason);

/* ---- addresses -------------------------------------------------------------------------- */

static const struct wp_conf_ready *ready_of(const struct wp_target *target)
{
    return target->part ? target->part->conf->ready : &target->trace->conf->ready;
}

/* The Host field when the check names none: a wildcard is no host. */
static const char *default_host(const struct wp_target *target)
{
    const struct wp_conf_strings *hosts = &target->trace->conf->hosts;

    if (target->part) {
        return NULL;
    }
    for (size_t i = 0; i < hosts->count; i++) {
        if (hosts->items[i][0] != '*') {
            return hosts->items[i];
        }
    }
    return NULL;
}

static void probe_changed(void *context, bool is_ok, const char *reason)
{
    struct spot *spot = context;

    spot->is_ok = is_ok;
    target_changed(spot->target, reason);
}

static void spot_free(struct spot *spot)
{
    wp_probe_free(&spot->probe);
    free(spot);
}

static void add_spot(struct wp_target *target, const struct wp_addr *addr)
{
    struct spot *spot;

    for (size_t i = 0; i < target->spot_count; i++) {
        if (wp_addr_eq(&target->spots[i]->addr, addr)) {
            return;
        }
    }
    spot = wp_calloc(1, sizeof(*spot));
    spot->target = target;
    spot->addr = *addr;
    target->spots = wp_grow(target->spots, &target->spot_capacity, target->spot_count + 1,
                            sizeof(*target->spots));
    target->spots[target->spot_count++] = spot;
    if (target->is_resolve_only) {
        spot->is_ok = true;
        return;
    }
    spot->probe = wp_probe_new(target->trace->control->loop, ready_of(target), default_host(target),
                               probe_changed, spot);
    wp_probe_set_address(spot->probe, addr);
    wp_probe_set_cadence(spot->probe, target->cadence);
}

static void forget_places(struct wp_target *target)
{
    for (uint32_t i = 0; i < target->place_count; i++) {
        wp_resolve_cancel(&target->places[i].resolve);
        free(target->places[i].host);
    }
    free(target->places);
    target->places = NULL;
    target->place_count = 0;
}

static void forget_spots(struct wp_target *target)
{
    for (size_t i = 0; i < target->spot_count; i++) {
        spot_free(target->spots[i]);
    }
    target->spot_count = 0;
}

/* Back to nothing known, nothing asked. */
static void reset(struct wp_target *target)
{
    wp_timer_set(&target->timer, WP_NEVER);
    forget_places(target);
    forget_spots(target);
    target->is_lingering = target->has_told = target->was_ok = false;
}

/* ---- resolving -------------------------------------------------------------------------- */

static bool is_asking(const struct wp_target *target)
{
    for (uint32_t i = 0; i < target->place_count; i++) {
        if (target->places[i].resolve) {
            return true;
        }
    }
    return false;
}

/* All questions are answered: what if an answer was no address? */
static void resolved(struct wp_target *target, const char *reason)
{
    bool has_failure = false;

    for (uint32_t i = 0; i < target->place_count; i++) {
        has_failure |= target->places[i].has_failed;
    }
    if (target->is_resolve_only) {
        target_changed(target, reason);
        return;
    }
    if (has_failure && !target->is_lingering) {
        uint64_t wait_ms = target->cadence == WP_CADENCE_FAST ? RESOLVE_FAST_MS : RESOLVE_SPARSE_MS;
        wp_timer_set(&target->timer, wp_loop_now_ms(target->trace->control->loop) + wait_ms);
    }
    if (target->spot_count == 0 && reason) {
        target_changed(target, reason);
    }
}

static void place_resolved(void *context, const struct wp_addr *addrs, size_t count,
                           const char *error)
{
    struct place *place = context;
    struct wp_target *target = place->target;
    char reason[256];

    place->resolve = NULL;
    place->has_failed = count == 0;
    for (size_t i = 0; i < count; i++) {
        add_spot(target, &addrs[i]);
    }
    if (is_asking(target)) {
        return;
    }
    snprintf(reason, sizeof(reason), "cannot resolve %s: %s", place->host,
             error ? error : "no address");
    resolved(target, count == 0 ? reason : NULL);
}

static void ask(struct place *place)
{
    struct wp_addr addr;
    struct wp_slice host = wp_slice_cstr(place->host);

    place->has_failed = false;
    if (wp_addr_parse_ip(host, place->port, &addr) == 0) {
        add_spot(place->target, &addr);
        return;
    }
    place->resolve = wp_resolve_start(place->target->trace->control->resolver, host, place->port,
                                      place_resolved, place);
}

static void add_place(struct wp_target *target, const char *text)
{
    struct place *place = &target->places[target->place_count];
    struct wp_slice host;

    if (wp_addr_split(wp_slice_cstr(text), &host, &place->port) < 0) {
        return; /* refused when the configuration was checked */
    }
    place->target = target;
    place->host = wp_strndup(host.ptr, host.len);
    target->place_count++;
}

static void use_part_addresses(struct wp_target *target)
{
    const struct wp_conf_upstream *upstream = &target->trace->conf->upstream;
    const struct wp_control_part *part = target->trace->parts[upstream->part];

    for (uint32_t i = 0; i < part->address_count; i++) {
        struct wp_addr addr = part->addresses[i];
        wp_addr_set_port(&addr, upstream->port);
        add_spot(target, &addr);
    }
}

static void begin(struct wp_target *target)
{
    const struct wp_conf_upstream *upstream = &target->trace->conf->upstream;

    reset(target);
    if (!target->part && upstream->part >= 0) {
        use_part_addresses(target);
    } else if (target->part) {
        target->places = wp_calloc(1, sizeof(*target->places));
        add_place(target, ready_of(target)->address);
    } else {
        target->places = wp_calloc(upstream->addresses.count + 1, sizeof(*target->places));
        for (size_t i = 0; i < upstream->addresses.count; i++) {
            add_place(target, upstream->addresses.items[i]);
        }
    }
    for (uint32_t i = 0; i < target->place_count; i++) {
        ask(&target->places[i]);
    }
    if (target->is_resolve_only && !is_asking(target)) {
        resolved(target, NULL);
    }
}

static void timer_fired(struct wp_timer *timer)
{
    struct wp_target *target = WP_CONTAINER_OF(timer, struct wp_target, timer);

    if (target->is_lingering) {
        wp_target_free(&target->trace->target);
        return;
    }
    for (uint32_t i = 0; i < target->place_count; i++) {
        if (target->places[i].has_failed) {
            ask(&target->places[i]);
        }
    }
}

/* ---- what is ready ---------------------------------------------------------------------- */

/* Copies the ready addresses to the trace; false when that changes nothing. */
static bool collect(struct wp_target *target, uint32_t ok_count)
{
    struct wp_control_trace *trace = target->trace;
    struct wp_addr *ready = wp_calloc(ok_count, sizeof(*ready));
    uint32_t count = 0;
    bool is_same;

    for (size_t i = 0; i < target->spot_count; i++) {
        if (target->spots[i]->is_ok) {
            ready[count++] = target->spots[i]->addr;
        }
    }
    is_same = count == trace->ready_count;
    for (uint32_t i = 0; is_same && i < count; i++) {
        is_same = wp_addr_eq(&ready[i], &trace->ready[i]);
    }
    free(trace->ready);
    trace->ready = ready;
    trace->ready_count = count;
    return !is_same;
}

static uint32_t count_ok(const struct wp_target *target)
{
    uint32_t count = 0;

    for (size_t i = 0; i < target->spot_count; i++) {
        count += target->spots[i]->is_ok;
    }
    return count;
}

/* Nothing is probed: what resolves is used. The target has done its work afterwards. */
static void resolved_only(struct wp_target *target, const char *reason)
{
    struct wp_control_trace *trace = target->trace;
    uint32_t ok_count = count_ok(target);

    if (ok_count > 0) {
        collect(target, ok_count);
    }
    wp_target_free(&trace->target);
    if (ok_count > 0) {
        wp_publish_again(trace);
    } else {
        wp_publish_distrust(trace, reason ? reason : "the upstream has no address");
    }
}

static void target_changed(struct wp_target *target, const char *reason)
{
    struct wp_control_trace *trace = target->trace;
    uint32_t ok_count = count_ok(target);
    bool is_ok = ok_count > 0;
    bool has_new_set = false;
    struct wp_event event = {
        .type = WP_EVENT_PROBE,
        .part = target->part ? target->part->index : WP_TARGET_UPSTREAM,
        .ok = is_ok,
        .text = reason,
    };

    if (target->is_resolve_only) {
        resolved_only(target, reason);
        return;
    }
    if (!target->part && is_ok) {
        has_new_set = collect(target, ok_count);
    }
    if (target->is_lingering) {
        if (is_ok && ok_count == target->spot_count && !is_asking(target)) {
            wp_target_free(&trace->target);
        }
    } else if (!target->has_told || target->was_ok != is_ok || !is_ok) {
        target->has_told = true;
        target->was_ok = is_ok;
        has_new_set = false; /* the engine publishes what follows */
        wp_driver_feed(trace, &event);
    }
    if (has_new_set) {
        wp_publish_again(trace);
    }
}

/* ---- public ----------------------------------------------------------------------------- */

struct wp_target *wp_target_new(struct wp_control_trace *trace, struct wp_control_part *part)
{
    struct wp_target *target = wp_calloc(1, sizeof(*target));

    target->trace = trace;
    target->part = part;
    wp_timer_init(&target->timer, trace->control->loop, timer_fired);
    return target;
}

void wp_target_free(struct wp_target **ref)
{
    struct wp_target *target = *ref;

    if (!target) {
        return;
    }
    *ref = NULL;
    reset(target);
    wp_timer_fini(&target->timer);
    free(target->spots);
    free(target);
}

void wp_target_probe(struct wp_target *target, enum wp_cadence cadence)
{
    bool is_new =
        target->cadence == WP_CADENCE_OFF || target->is_lingering || target->is_resolve_only;

    target->cadence = cadence;
    target->is_resolve_only = false;
    if (is_new) {
        begin(target);
        return;
    }
    for (size_t i = 0; i < target->spot_count; i++) {
        wp_probe_set_cadence(target->spots[i]->probe, cadence);
    }
}

void wp_target_resolve_only(struct wp_target *target)
{
    if (target->cadence != WP_CADENCE_OFF || (target->is_resolve_only && is_asking(target))) {
        return; /* what is under way will tell */
    }
    target->is_resolve_only = true;
    begin(target);
}

void wp_target_part_observed(struct wp_target *target)
{
    const struct wp_conf_upstream *upstream = &target->trace->conf->upstream;
    const struct wp_control_part *part;

    if (target->part || upstream->part < 0) {
        return;
    }
    part = target->trace->parts[upstream->part];
    for (size_t i = target->spot_count; i-- > 0;) {
        bool is_there = false;
        for (uint32_t j = 0; j < part->address_count && !is_there; j++) {
            struct wp_addr addr = part->addresses[j];
            wp_addr_set_port(&addr, upstream->port);
            is_there = wp_addr_eq(&addr, &target->spots[i]->addr);
        }
        if (!is_there) {
            spot_free(target->spots[i]);
            target->spots[i] = target->spots[--target->spot_count];
        }
    }
    use_part_addresses(target);
}

bool wp_target_linger(struct wp_target *target)
{
    uint32_t ok_count = count_ok(target);

    if (target->is_lingering) {
        return true;
    }
    if (target->part || target->is_resolve_only || ok_count == 0 ||
        (ok_count == target->spot_count && !is_asking(target))) {
        return false;
    }
    target->is_lingering = true;
    target->cadence = WP_CADENCE_SPARSE;
    for (size_t i = 0; i < target->spot_count; i++) {
        struct spot *spot = target->spots[i];
        wp_probe_set_cadence(spot->probe, spot->is_ok ? WP_CADENCE_OFF : WP_CADENCE_SPARSE);
    }
    wp_timer_set(&target->timer, wp_loop_now_ms(target->trace->control->loop) + LINGER_MS);
    return true;
}

bool wp_target_is_lingering(const struct wp_target *target)
{
    return target->is_lingering;
}

void wp_target_redefined(struct wp_target *target)
{
    for (size_t i = 0; i < target->spot_count; i++) {
        wp_probe_set_ready(target->spots[i]->probe, ready_of(target), default_host(target));
    }
}
