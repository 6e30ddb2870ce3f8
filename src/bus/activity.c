/*
 * activity.c - per-worker, per-trace counters; upstream permits; admission.
 *
 * Thread:    control reserves and reads; each worker writes its own slots; permits and admission
 *            are taken and given by any.
 * Owns:      chunks of CHUNK_TRACES traces each, made on demand and freed with the whole.
 * Invariant: a slot never moves. The directory has a fixed size and its entries go from NULL to a
 *            chunk once, published with release and read with acquire: readers need no lock while
 *            traces are added.
 * Invariant: a counter with a limit is raised by compare-and-swap only, so it is never above the
 *            limit it was taken under, not even for a moment.
 * Invariant: every slot has a cache line of its own: workers do not slow each other down.
 * Not here:  what the numbers mean (engine), who waits for a permit (worker).
 */
#include "wakeproxy/bus/activity.h"

#include <stdio.h>
#include <stdlib.h>

#include "wakeproxy/base/hash.h"
#include "wakeproxy/base/mem.h"

#define CHUNK_TRACES   64u
#define CHUNK_COUNT    (WP_TRACES_MAX / CHUNK_TRACES)
#define CLIENT_BUCKETS 32768u

struct chunk {
    atomic_uint permits[CHUNK_TRACES];
    struct wp_activity_slot slots[]; /* [trace][worker] */
};

struct wp_activity {
    unsigned worker_count;
    struct wp_hash_seed seed; /* strangers must not choose who shares a bucket with whom */
    alignas(64) atomic_uint conns;
    alignas(64) atomic_uint held;
    _Atomic(struct chunk *) chunks[CHUNK_COUNT];
    atomic_uint clients[CLIENT_BUCKETS];
};

static void __attribute__((noreturn)) die(const char *what, uint32_t value)
{
    fprintf(stderr, "wakeproxy: activity: %s: %u\n", what, value);
    abort();
}

/* Zeroed and aligned as the slots need it; released with free(). */
static void *calloc_aligned(size_t size_bytes)
{
    size_t rounded = (size_bytes + 63) / 64 * 64;
    void *ptr = aligned_alloc(64, rounded);

    if (ptr == NULL) {
        die("out of memory", 0);
    }
    return memset(ptr, 0, rounded);
}

struct wp_activity *wp_activity_new(unsigned workers)
{
    struct wp_activity *activity = calloc_aligned(sizeof(*activity));

    activity->worker_count = workers;
    wp_random_fill(&activity->seed, sizeof(activity->seed));
    return activity;
}

void wp_activity_free(struct wp_activity **activity)
{
    if (*activity == NULL) {
        return;
    }
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        free(atomic_load_explicit(&(*activity)->chunks[i], memory_order_acquire));
    }
    free(*activity);
    *activity = NULL;
}

void wp_activity_reserve(struct wp_activity *activity, uint32_t count)
{
    size_t slot_count = (size_t)CHUNK_TRACES * activity->worker_count;

    if (count > WP_TRACES_MAX) {
        die("too many traces", count);
    }
    for (uint32_t i = 0; i * CHUNK_TRACES < count; i++) {
        struct chunk *chunk = atomic_load_explicit(&activity->chunks[i], memory_order_relaxed);

        if (chunk != NULL) {
            continue;
        }
        chunk = calloc_aligned(sizeof(*chunk) + slot_count * sizeof(chunk->slots[0]));
        atomic_store_explicit(&activity->chunks[i], chunk, memory_order_release);
    }
}

static struct chunk *chunk_of(struct wp_activity *activity, uint32_t trace)
{
    struct chunk *chunk = NULL;

    if (trace < WP_TRACES_MAX) {
        chunk = atomic_load_explicit(&activity->chunks[trace / CHUNK_TRACES], memory_order_acquire);
    }
    if (chunk == NULL) {
        die("no slot for trace", trace);
    }
    return chunk;
}

struct wp_activity_slot *wp_activity_slot(struct wp_activity *activity, unsigned worker,
                                          uint32_t trace)
{
    struct chunk *chunk = chunk_of(activity, trace);

    return &chunk->slots[(size_t)(trace % CHUNK_TRACES) * activity->worker_count + worker];
}

struct wp_activity_sum wp_activity_read(struct wp_activity *activity, uint32_t trace)
{
    struct wp_activity_sum sum = {0};

    for (unsigned worker = 0; worker < activity->worker_count; worker++) {
        struct wp_activity_slot *slot = wp_activity_slot(activity, worker, trace);
        uint64_t last_ms = atomic_load_explicit(&slot->last_ms, memory_order_relaxed);

        sum.active += atomic_load_explicit(&slot->active, memory_order_relaxed);
        sum.held += atomic_load_explicit(&slot->held, memory_order_relaxed);
        sum.exchanges += atomic_load_explicit(&slot->exchanges, memory_order_relaxed);
        sum.last_ms = last_ms > sum.last_ms ? last_ms : sum.last_ms;
    }
    return sum;
}

/* Raises the counter unless it has reached `limit` (0: none). */
static bool take_below(atomic_uint *counter, uint32_t limit)
{
    unsigned count = atomic_load_explicit(counter, memory_order_relaxed);

    do {
        if (limit != 0 && count >= limit) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(counter, &count, count + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void give_back(atomic_uint *counter)
{
    atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
}

bool wp_activity_permit_take(struct wp_activity *activity, uint32_t trace, uint32_t limit)
{
    return take_below(&chunk_of(activity, trace)->permits[trace % CHUNK_TRACES], limit);
}

void wp_activity_permit_give(struct wp_activity *activity, uint32_t trace)
{
    give_back(&chunk_of(activity, trace)->permits[trace % CHUNK_TRACES]);
}

/* The bucket of a client's address; an IPv4 client of a dual-stack listener is the same client. */
static atomic_uint *bucket_of(struct wp_activity *activity, const struct wp_addr *client)
{
    const void *bytes = NULL;
    size_t count = 0;

    if (client->sa.sa_family == AF_INET) {
        bytes = &client->in.sin_addr;
        count = 4;
    } else if (client->sa.sa_family == AF_INET6) {
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&client->in6.sin6_addr);

        bytes = client->in6.sin6_addr.s6_addr + (is_mapped ? 12 : 0);
        count = is_mapped ? 4 : 16;
    }
    return &activity->clients[wp_hash_bytes(&activity->seed, bytes, count) % CLIENT_BUCKETS];
}

enum wp_admission wp_admit_conn(struct wp_activity *activity, const struct wp_addr *client,
                                uint32_t limit, uint32_t limit_per_client)
{
    if (!take_below(&activity->conns, limit)) {
        return WP_ADMIT_FULL;
    }
    if (!take_below(bucket_of(activity, client), limit_per_client)) {
        give_back(&activity->conns);
        return WP_ADMIT_CLIENT_FULL;
    }
    return WP_ADMIT_OK;
}

void wp_admit_conn_end(struct wp_activity *activity, const struct wp_addr *client)
{
    give_back(bucket_of(activity, client));
    give_back(&activity->conns);
}

bool wp_admit_hold(struct wp_activity *activity, uint32_t limit)
{
    return take_below(&activity->held, limit);
}

void wp_admit_hold_end(struct wp_activity *activity)
{
    give_back(&activity->held);
}
