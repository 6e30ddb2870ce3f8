/*
 * relay_splice.h - bulk bytes from socket to socket through a pipe, without passing user space.
 */
#ifndef WAKEPROXY_WORKER_RELAY_SPLICE_H
#define WAKEPROXY_WORKER_RELAY_SPLICE_H

#include <stdint.h>
#include <sys/types.h>

#include "wakeproxy/base/mem.h"

/* Pipes of 256 KiB that are empty and wait for a flow; a bounded number is kept. */
struct wp_pipe_pool;

struct wp_pipe {
    struct wp_pipe *next;
    int read_fd, write_fd;
    uint32_t used_bytes; /* in the pipe now */
};

struct wp_pipe_pool *wp_pipe_pool_new(void);
void wp_pipe_pool_free(struct wp_pipe_pool **pool);
/* NULL when the system has none to give (descriptors, the user's pipe memory): relay by copying. */
struct wp_pipe *wp_pipe_take(struct wp_pipe_pool *pool);
/* A pipe that still holds bytes is closed instead of kept. Sets *pipe NULL; NULL is harmless. */
void wp_pipe_give(struct wp_pipe_pool *pool, struct wp_pipe **pipe);

/* Moves up to `most` bytes from a socket into the pipe: > 0, 0 at the end of the stream, -errno. */
ssize_t wp_pipe_fill(struct wp_pipe *pipe, int from_fd, uint64_t most);
/* Moves the pipe's content to a socket: 0 when it is empty, -EAGAIN, or another -errno. */
int wp_pipe_flush(struct wp_pipe *pipe, int to_fd);

#endif
