/*
 * end.c - streams with buffers, and the one place where event interest changes.
 *
 * Thread:    the owning worker only.
 * Invariant: `interest` says what libevent has registered; it is changed only when it differs, so a
 *            keep-alive exchange needs no epoll_ctl(2) at all.
 *
 * Callers try to read and write first and derive interest from the buffers afterwards; they never
 * add or remove events themselves. Not here: what the bytes mean.
 */
#include "end.h"

#include <errno.h>

#include "wakeproxy/net/sock.h"

void wp_end_init(struct wp_end *end, struct wp_loop *loop, int fd, event_callback_fn callback,
                 void *arg)
{
    *end = (struct wp_end){0};
    wp_stream_init_plain(&end->stream, fd);
    event_assign(&end->event, wp_loop_base(loop), fd, EV_READ | EV_PERSIST, callback, arg);
}

void wp_end_close(struct wp_end *end, struct wp_buf_pool *bufs)
{
    wp_end_interest(end, 0);
    if (end->stream.fd >= 0) {
        end->stream.ops->close(&end->stream);
    }
    wp_buf_release(&end->in, bufs);
    wp_buf_release(&end->out, bufs);
}

void wp_end_reset(struct wp_end *end, struct wp_buf_pool *bufs)
{
    wp_end_interest(end, 0);
    if (end->stream.fd >= 0) {
        wp_sock_reset(end->stream.fd);
        end->stream.fd = -1;
    }
    wp_end_close(end, bufs);
}

void wp_end_interest(struct wp_end *end, short want)
{
    if (want == end->interest) {
        return;
    }
    if (end->interest != 0) {
        event_del(&end->event);
    }
    end->interest = want;
    if (want != 0) {
        event_assign(&end->event, event_get_base(&end->event), end->stream.fd,
                     (short)(want | EV_PERSIST), event_get_callback(&end->event),
                     event_get_callback_arg(&end->event));
        event_add(&end->event, NULL);
    }
}

void wp_end_shutdown(struct wp_end *end)
{
    if (!end->has_write_end && end->stream.fd >= 0) {
        end->has_write_end = true;
        end->stream.ops->shutdown(&end->stream);
    }
}

ssize_t wp_end_read(struct wp_end *end, uint32_t max)
{
    uint32_t room = wp_buf_room(&end->in);
    ssize_t got = wp_stream_read(&end->stream, end->in.data + end->in.end, room < max ? room : max);
    if (got > 0) {
        end->in.end += (uint32_t)got;
    } else if (got == 0) {
        end->has_read_end = true;
    }
    return got;
}

int wp_end_flush(struct wp_end *end, struct wp_buf_pool *bufs)
{
    while (wp_buf_used(&end->out) > 0) {
        ssize_t put =
            wp_stream_write(&end->stream, wp_buf_content(&end->out), wp_buf_used(&end->out));
        if (put < 0) {
            return (int)put;
        }
        wp_buf_consume(&end->out, (uint32_t)put);
    }
    wp_buf_release(&end->out, bufs);
    return 0;
}
