/*
 * arena.c - a bump allocator: blocks of at least BLOCK_BYTES in a list, freed together.
 *
 * Thread:    one at a time; a finished configuration is only read.
 * Owns:      the blocks. Whoever made the arena owns the arena.
 * Invariant: every block's `used` is a multiple of ALIGN_BYTES.
 * Not here:  freeing or growing single objects.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)16 * 1024)
#define ALIGN_BYTES alignof(max_align_t)

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

struct wp_conf_arena {
    struct block *blocks; /* the first has room, the others are full */
};

struct wp_conf_arena *wp_conf_arena_new(void)
{
    return wp_calloc(1, sizeof(struct wp_conf_arena));
}

void wp_conf_arena_free(struct wp_conf_arena **arena)
{
    struct block *block, *next;

    if (!*arena) {
        return;
    }
    for (block = (*arena)->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    free(*arena);
    *arena = NULL;
}

static struct block *add_block(struct wp_conf_arena *arena, size_t size_bytes)
{
    size_t size = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
    struct block *block = wp_calloc(1, sizeof(*block) + size);

    block->size = size;
    /* A big object gets its own block behind the current one, which keeps its room. */
    if (arena->blocks && size_bytes > BLOCK_BYTES / 4) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *wp_conf_arena_alloc(struct wp_conf_arena *arena, size_t count, size_t size_bytes)
{
    struct block *block = arena->blocks;
    size_t size;
    void *ptr;

    if (__builtin_mul_overflow(count, size_bytes, &size) || size > SIZE_MAX / 2) {
        abort();
    }
    size = (size + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (!block || block->size - block->used < size) {
        block = add_block(arena, size);
    }
    ptr = block->bytes + block->used;
    block->used += size;
    return ptr;
}

char *wp_conf_arena_text(struct wp_conf_arena *arena, struct wp_slice text)
{
    char *copy = wp_conf_arena_alloc(arena, 1, text.len + 1);

    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}
