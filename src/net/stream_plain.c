/*
 * stream_plain.c - bytes straight over a socket.
 *
 * Thread:    the loop that owns the stream.
 * Owns:      the descriptor, until close.
 * Invariant: no call blocks (descriptors are non-blocking) and none raises SIGPIPE; an interrupted
 *            call is repeated, so callers see EAGAIN or a real end only.
 * Not here:  buffers, readiness, TLS, splice(2) (relay uses the descriptor for that).
 */
#include "wakeproxy/net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_read(struct wp_stream *stream, void *bytes, size_t size_bytes)
{
    ssize_t count;

    do {
        count = recv(stream->fd, bytes, size_bytes, 0);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

static ssize_t plain_write(struct wp_stream *stream, const void *bytes, size_t size_bytes)
{
    ssize_t count;

    do {
        count = send(stream->fd, bytes, size_bytes, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

static ssize_t plain_writev(struct wp_stream *stream, const struct iovec *parts, int count)
{
    /* sendmsg(2) reads the parts only; its struct has no const. */
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    ssize_t written;

    do {
        written = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    } while (written < 0 && errno == EINTR);
    return written < 0 ? -errno : written;
}

static void plain_shutdown(struct wp_stream *stream)
{
    if (stream->fd >= 0) {
        /* ENOTCONN: the peer has reset; there is no direction left to end. */
        shutdown(stream->fd, SHUT_WR);
    }
}

static void plain_close(struct wp_stream *stream)
{
    if (stream->fd >= 0) {
        /* Never repeated after EINTR: Linux has freed the descriptor by then. */
        close(stream->fd);
        stream->fd = -1;
    }
}

const struct wp_stream_ops wp_stream_plain_ops = {
    .read = plain_read,
    .write = plain_write,
    .writev = plain_writev,
    .shutdown = plain_shutdown,
    .close = plain_close,
    .is_plain = true,
};
