/*
 * buf.h - a linear buffer with marks, borrowed from a pool and given back when empty.
 *
 *     data                                                       data + size
 *     |  sent, dead   |  content (start..end)   |  room (end..size)  |
 *
 * Non-wrapping: content is contiguous. A conn at rest owns no memory here: `data` is NULL until the
 * first reserve and again after wp_buf_release(). One thread; the pool belongs to a worker.
 */
#ifndef WAKEPROXY_NET_BUF_H
#define WAKEPROXY_NET_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/base/slice.h"

#define WP_BUF_SMALL_BYTES (16u * 1024u)
#define WP_BUF_LARGE_BYTES (256u * 1024u)

struct wp_buf_pool; /* two free lists, one per size; keeps a bounded number of spare buffers */

struct wp_buf {
    char *data;
    uint32_t start, end, size;
};

struct wp_buf_pool *wp_buf_pool_new(void);
/* Every buffer must have been released. */
void wp_buf_pool_free(struct wp_buf_pool **pool);
/* Buffers in use now, for tests and metrics. */
size_t wp_buf_pool_in_use(const struct wp_buf_pool *pool);
/* Gives memory of spare buffers back to the system beyond a small reserve. */
void wp_buf_pool_trim(struct wp_buf_pool *pool);

/* Makes sure `data` exists (small). */
void wp_buf_open(struct wp_buf *buf, struct wp_buf_pool *pool);
/* Moves the content into a large buffer; nothing when it is large already. */
void wp_buf_enlarge(struct wp_buf *buf, struct wp_buf_pool *pool);
/* Gives the memory back, whatever the content. Harmless on an empty or zeroed buffer. */
void wp_buf_release(struct wp_buf *buf, struct wp_buf_pool *pool);
/* Moves the content to the front, so that all room is at the end. */
void wp_buf_compact(struct wp_buf *buf);

static inline uint32_t wp_buf_used(const struct wp_buf *buf)
{
    return buf->end - buf->start;
}

static inline uint32_t wp_buf_room(const struct wp_buf *buf)
{
    return buf->size - buf->end;
}

static inline char *wp_buf_content(const struct wp_buf *buf)
{
    return buf->data + buf->start;
}

/* Drops `count` bytes from the front; an emptied buffer starts again at 0. */
static inline void wp_buf_consume(struct wp_buf *buf, uint32_t count)
{
    buf->start += count;
    if (buf->start == buf->end) {
        buf->start = buf->end = 0;
    }
}

/* Appends; the caller has checked the room. */
static inline void wp_buf_append(struct wp_buf *buf, const void *bytes, uint32_t count)
{
    memcpy(buf->data + buf->end, bytes, count);
    buf->end += count;
}

#endif
