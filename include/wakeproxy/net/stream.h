/*
 * stream.h - bytes over a socket, plain today and TLS later, behind one small table.
 *
 * Results of read and write: > 0 bytes moved; 0 end of stream (read only); -EAGAIN when it would
 * block; another -errno when the stream is dead. A stream belongs to one loop's thread.
 */
#ifndef WAKEPROXY_NET_STREAM_H
#define WAKEPROXY_NET_STREAM_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "wakeproxy/base/mem.h"

struct wp_stream;

struct wp_stream_ops {
    ssize_t (*read)(struct wp_stream *stream, void *bytes, size_t size_bytes);
    ssize_t (*write)(struct wp_stream *stream, const void *bytes, size_t size_bytes);
    ssize_t (*writev)(struct wp_stream *stream, const struct iovec *parts, int count);
    /* Ends our direction: FIN, or close_notify and FIN. */
    void (*shutdown)(struct wp_stream *stream);
    /* Closes the descriptor; the stream is unusable afterwards. */
    void (*close)(struct wp_stream *stream);
    bool is_plain; /* the descriptor carries the bytes themselves: splice(2) may be used */
};

struct wp_stream {
    const struct wp_stream_ops *ops;
    int fd; /* -1 when closed */
};

extern const struct wp_stream_ops wp_stream_plain_ops;

/* Takes ownership of `fd`. */
static inline void wp_stream_init_plain(struct wp_stream *stream, int fd)
{
    stream->ops = &wp_stream_plain_ops;
    stream->fd = fd;
}

static inline ssize_t wp_stream_read(struct wp_stream *stream, void *bytes, size_t size_bytes)
{
    return stream->ops->read(stream, bytes, size_bytes);
}

static inline ssize_t wp_stream_write(struct wp_stream *stream, const void *bytes,
                                      size_t size_bytes)
{
    return stream->ops->write(stream, bytes, size_bytes);
}

#endif
