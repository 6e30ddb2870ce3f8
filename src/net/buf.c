/*
 * buf.c - linear buffers and the pool they are borrowed from.
 *
 * Thread:    one worker's; a pool is never shared.
 * Owns:      a buffer owns its memory from wp_buf_open() or wp_buf_enlarge() to wp_buf_release();
 *            the pool owns the spare ones.
 * Invariant: start <= end <= size; data == NULL exactly when size == 0, and then all are 0.
 * Invariant: size is WP_BUF_SMALL_BYTES or WP_BUF_LARGE_BYTES: it tells the free list.
 * Invariant: spares are bounded (SPARE_SMALL, SPARE_LARGE): a burst does not stay resident.
 * Not here:  when to grow or to give back (relay).
 */
#include "wakeproxy/net/buf.h"

#include <malloc.h>
#include <stdlib.h>

#define SPARE_SMALL      64u
#define SPARE_LARGE      8u
#define SPARE_SMALL_TRIM 8u

/* Lies in the first bytes of a spare buffer. */
struct spare {
    struct spare *next;
};

struct spare_list {
    struct spare *first;
    unsigned count;
};

struct wp_buf_pool {
    struct spare_list small, large;
    size_t in_use;
};

struct wp_buf_pool *wp_buf_pool_new(void)
{
    return wp_calloc(1, sizeof(struct wp_buf_pool));
}

static bool is_large(uint32_t size)
{
    return size == WP_BUF_LARGE_BYTES;
}

static char *take(struct wp_buf_pool *pool, uint32_t size)
{
    struct spare_list *list = is_large(size) ? &pool->large : &pool->small;
    struct spare *spare = list->first;

    pool->in_use++;
    if (spare == NULL) {
        return wp_malloc(size);
    }
    list->first = spare->next;
    list->count--;
    return (char *)spare;
}

static void give(struct wp_buf_pool *pool, char *data, uint32_t size)
{
    struct spare_list *list = is_large(size) ? &pool->large : &pool->small;
    unsigned limit = is_large(size) ? SPARE_LARGE : SPARE_SMALL;
    struct spare *spare = (struct spare *)(void *)data;

    pool->in_use--;
    if (list->count >= limit) {
        free(data);
        return;
    }
    spare->next = list->first;
    list->first = spare;
    list->count++;
}

static bool shrink(struct spare_list *list, unsigned keep)
{
    bool has_freed = false;

    while (list->count > keep) {
        struct spare *spare = list->first;

        list->first = spare->next;
        list->count--;
        free(spare);
        has_freed = true;
    }
    return has_freed;
}

void wp_buf_pool_free(struct wp_buf_pool **pool)
{
    if (*pool == NULL) {
        return;
    }
    shrink(&(*pool)->small, 0);
    shrink(&(*pool)->large, 0);
    free(*pool);
    *pool = NULL;
}

size_t wp_buf_pool_in_use(const struct wp_buf_pool *pool)
{
    return pool->in_use;
}

void wp_buf_pool_trim(struct wp_buf_pool *pool)
{
    bool has_freed = shrink(&pool->large, 0);

    has_freed |= shrink(&pool->small, SPARE_SMALL_TRIM);
    if (has_freed) {
        malloc_trim(0); /* free() alone keeps what lies below the top of the heap */
    }
}

void wp_buf_open(struct wp_buf *buf, struct wp_buf_pool *pool)
{
    if (buf->data == NULL) {
        *buf = (struct wp_buf){
            .data = take(pool, WP_BUF_SMALL_BYTES),
            .size = WP_BUF_SMALL_BYTES,
        };
    }
}

void wp_buf_enlarge(struct wp_buf *buf, struct wp_buf_pool *pool)
{
    struct wp_buf large;

    if (is_large(buf->size)) {
        return;
    }
    large = (struct wp_buf){
        .data = take(pool, WP_BUF_LARGE_BYTES),
        .size = WP_BUF_LARGE_BYTES,
    };
    if (buf->data != NULL) {
        wp_buf_append(&large, wp_buf_content(buf), wp_buf_used(buf));
        give(pool, buf->data, buf->size);
    }
    *buf = large;
}

void wp_buf_release(struct wp_buf *buf, struct wp_buf_pool *pool)
{
    if (buf->data != NULL) {
        give(pool, buf->data, buf->size);
    }
    *buf = (struct wp_buf){0};
}

void wp_buf_compact(struct wp_buf *buf)
{
    uint32_t used = wp_buf_used(buf);

    if (buf->start == 0) {
        return;
    }
    memmove(buf->data, wp_buf_content(buf), used);
    buf->start = 0;
    buf->end = used;
}
