/*
 * arena.h - memory that is released all at once. Private to the room.
 */
#ifndef WP_CONF_ARENA_H
#define WP_CONF_ARENA_H

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

struct wp_conf_arena;

struct wp_conf_arena *wp_conf_arena_new(void);
void wp_conf_arena_free(struct wp_conf_arena **arena);
/* Zeroed, aligned for any type; lives as long as the arena. count * size_bytes must not overflow
 * (dies). */
void *wp_conf_arena_alloc(struct wp_conf_arena *arena, size_t count, size_t size_bytes)
    __attribute__((returns_nonnull));
/* A NUL-terminated copy. */
char *wp_conf_arena_text(struct wp_conf_arena *arena, struct wp_slice text)
    __attribute__((returns_nonnull));

#endif
