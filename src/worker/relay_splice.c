/*
 * relay_splice.c - splice(2) through pooled pipes.
 *
 * Thread:    the owning worker only.
 * Owns:      pipes; a flow borrows one from its first bulk piece to its end.
 * Invariant: a pipe in the pool is empty.
 *
 * Pipes are made with room for 256 KiB: through the default 64 KiB, splicing costs more than
 * copying does. Not here: when to splice (relay.c).
 */
#include "relay_splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIPE_BYTES  (256 * 1024)
#define SPARE_PIPES 16u

struct wp_pipe_pool {
    struct wp_pipe *spare;
    unsigned spare_count;
};

struct wp_pipe_pool *wp_pipe_pool_new(void)
{
    return wp_calloc(1, sizeof(struct wp_pipe_pool));
}

static void close_pipe(struct wp_pipe *pipe)
{
    close(pipe->read_fd);
    close(pipe->write_fd);
    free(pipe);
}

void wp_pipe_pool_free(struct wp_pipe_pool **pool)
{
    if (*pool == NULL) {
        return;
    }
    while ((*pool)->spare != NULL) {
        struct wp_pipe *pipe = (*pool)->spare;
        (*pool)->spare = pipe->next;
        close_pipe(pipe);
    }
    free(*pool);
    *pool = NULL;
}

struct wp_pipe *wp_pipe_take(struct wp_pipe_pool *pool)
{
    struct wp_pipe *pipe = pool->spare;
    int fds[2];
    if (pipe != NULL) {
        pool->spare = pipe->next;
        pool->spare_count--;
        return pipe;
    }
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) {
        return NULL;
    }
    if (fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES) < PIPE_BYTES) {
        /* Over /proc/sys/fs/pipe-user-pages-soft: a small pipe is worse than none. */
        close(fds[0]);
        close(fds[1]);
        return NULL;
    }
    pipe = wp_calloc(1, sizeof(*pipe));
    pipe->read_fd = fds[0];
    pipe->write_fd = fds[1];
    return pipe;
}

void wp_pipe_give(struct wp_pipe_pool *pool, struct wp_pipe **pipe_ptr)
{
    struct wp_pipe *pipe = *pipe_ptr;
    if (pipe == NULL) {
        return;
    }
    *pipe_ptr = NULL;
    if (pipe->used_bytes > 0 || pool->spare_count >= SPARE_PIPES) {
        close_pipe(pipe);
        return;
    }
    pipe->next = pool->spare;
    pool->spare = pipe;
    pool->spare_count++;
}

ssize_t wp_pipe_fill(struct wp_pipe *pipe, int from_fd, uint64_t most)
{
    size_t count = most < PIPE_BYTES ? (size_t)most : PIPE_BYTES;
    ssize_t moved;
    do {
        moved =
            splice(from_fd, NULL, pipe->write_fd, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    } while (moved < 0 && errno == EINTR);
    if (moved < 0) {
        return -errno;
    }
    pipe->used_bytes += (uint32_t)moved;
    return moved;
}

int wp_pipe_flush(struct wp_pipe *pipe, int to_fd)
{
    while (pipe->used_bytes > 0) {
        ssize_t moved = splice(pipe->read_fd, NULL, to_fd, NULL, pipe->used_bytes,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (moved == 0) {
            return -EPIPE;
        }
        pipe->used_bytes -= (uint32_t)moved;
    }
    return 0;
}
