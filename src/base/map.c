/*
 * map.c - a hash map from byte strings to pointers: open addressing, linear probing.
 *
 * Thread:    one owner; a map that is no longer changed may be read from many threads.
 * Owns:      its slots and its copies of the keys; never the values.
 * Invariant: a slot is empty (no key, no value), live (key and value) or a grave (no key, value is
 *            the map itself). A search ends at an empty slot only, so a removal leaves a grave
 *            unless the next slot is empty.
 * Invariant: at least a quarter of the slots is empty, so every search ends.
 * Invariant: removing moves nothing: walking and removing at once is allowed.
 * Not here:  order. Each map has its own random seed, so that strangers cannot choose keys that
 *            collide.
 */
#include "wakeproxy/base/map.h"

#include <stdlib.h>

#include "wakeproxy/base/hash.h"

#define FIRST_CAPACITY 16u

struct slot {
    char *key;
    void *value;
    uint64_t hash;
    size_t key_length;
};

struct wp_map {
    struct wp_hash_seed seed;
    size_t capacity; /* a power of two */
    size_t live_count, grave_count;
    struct slot *slots;
};

struct wp_map *wp_map_new(void)
{
    struct wp_map *map = wp_calloc(1, sizeof(*map));

    wp_random_fill(&map->seed, sizeof(map->seed));
    map->capacity = FIRST_CAPACITY;
    map->slots = wp_calloc(map->capacity, sizeof(map->slots[0]));
    return map;
}

void wp_map_free(struct wp_map **map)
{
    if (*map == NULL) {
        return;
    }
    for (size_t i = 0; i < (*map)->capacity; i++) {
        free((*map)->slots[i].key);
    }
    free((*map)->slots);
    free(*map);
    *map = NULL;
}

static bool is_empty(const struct slot *slot)
{
    return slot->key == NULL && slot->value == NULL;
}

/* The live slot of `key`, or NULL. */
static struct slot *find(const struct wp_map *map, struct wp_slice key, uint64_t hash)
{
    for (size_t i = hash;; i++) {
        struct slot *slot = &map->slots[i & (map->capacity - 1)];

        if (is_empty(slot)) {
            return NULL;
        }
        if (slot->key != NULL && slot->hash == hash &&
            wp_slice_eq(key, (struct wp_slice){slot->key, slot->key_length})) {
            return slot;
        }
    }
}

/* The first slot on the way of `hash` that holds nothing alive. */
static struct slot *find_free(const struct wp_map *map, uint64_t hash)
{
    for (size_t i = hash;; i++) {
        struct slot *slot = &map->slots[i & (map->capacity - 1)];

        if (slot->key == NULL) {
            return slot;
        }
    }
}

/* Doubles when live keys need it; otherwise only clears the graves. */
static void rebuild(struct wp_map *map)
{
    struct slot *old_slots = map->slots;
    size_t old_capacity = map->capacity;

    if (map->live_count >= old_capacity / 2) {
        map->capacity *= 2;
    }
    map->slots = wp_calloc(map->capacity, sizeof(map->slots[0]));
    map->grave_count = 0;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old_slots[i].key != NULL) {
            *find_free(map, old_slots[i].hash) = old_slots[i];
        }
    }
    free(old_slots);
}

void *wp_map_get(const struct wp_map *map, struct wp_slice key)
{
    const struct slot *slot = find(map, key, wp_hash_bytes(&map->seed, key.ptr, key.len));

    return slot != NULL ? slot->value : NULL;
}

void *wp_map_put(struct wp_map *map, struct wp_slice key, void *value)
{
    uint64_t hash = wp_hash_bytes(&map->seed, key.ptr, key.len);
    struct slot *slot = find(map, key, hash);

    if (slot != NULL) {
        void *previous = slot->value;

        slot->value = value;
        return previous;
    }
    if ((map->live_count + map->grave_count + 1) * 4 > map->capacity * 3) {
        rebuild(map);
    }
    slot = find_free(map, hash);
    if (slot->value != NULL) {
        map->grave_count--;
    }
    slot->key = wp_strndup(key.ptr, key.len);
    slot->key_length = key.len;
    slot->hash = hash;
    slot->value = value;
    map->live_count++;
    return NULL;
}

void *wp_map_remove(struct wp_map *map, struct wp_slice key)
{
    struct slot *slot = find(map, key, wp_hash_bytes(&map->seed, key.ptr, key.len));
    size_t next;
    void *value;

    if (slot == NULL) {
        return NULL;
    }
    value = slot->value;
    free(slot->key);
    slot->key = NULL;
    map->live_count--;
    next = ((size_t)(slot - map->slots) + 1) & (map->capacity - 1);
    if (is_empty(&map->slots[next])) {
        slot->value = NULL;
    } else {
        slot->value = map;
        map->grave_count++;
    }
    return value;
}

size_t wp_map_count(const struct wp_map *map)
{
    return map->live_count;
}

bool wp_map_next(const struct wp_map *map, size_t *cursor, struct wp_slice *ret_key,
                 void **ret_value)
{
    while (*cursor < map->capacity) {
        const struct slot *slot = &map->slots[(*cursor)++];

        if (slot->key != NULL) {
            *ret_key = (struct wp_slice){slot->key, slot->key_length};
            *ret_value = slot->value;
            return true;
        }
    }
    return false;
}
