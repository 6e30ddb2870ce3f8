/*
 * end.h - one side of a relay: reading into and writing from its buffers, and event interest.
 */
#ifndef WAKEPROXY_WORKER_END_H
#define WAKEPROXY_WORKER_END_H

#include "wakeproxy/net/buf.h"
#include "wakeproxy/net/loop.h"
#include "wakeproxy/net/stream.h"

/* One side of a relay: a stream with its buffers and the events it waits for. */
struct wp_end {
    struct wp_stream stream;
    struct event event;
    short interest;     /* what `event` waits for now; 0: not registered */
    bool has_read_end;  /* the peer sent FIN */
    bool has_write_end; /* we sent FIN */
    struct wp_buf in, out;
};

/* Takes ownership of `fd`. `callback(fd, what, arg)` is called for events. */
void wp_end_init(struct wp_end *end, struct wp_loop *loop, int fd, event_callback_fn callback,
                 void *arg);
/* Closes the stream, drops interest and gives the buffers back; harmless when closed. */
void wp_end_close(struct wp_end *end, struct wp_buf_pool *bufs);
/* As wp_end_close(), but the peer gets a RST: its message was cut. */
void wp_end_reset(struct wp_end *end, struct wp_buf_pool *bufs);
/* Waits for exactly `want` (EV_READ, EV_WRITE, EV_CLOSED, EV_ET) from now on; 0: for nothing. */
void wp_end_interest(struct wp_end *end, short want);
/* Sends FIN once. */
void wp_end_shutdown(struct wp_end *end);

/* Reads once into `in`, at most `max` bytes: > 0, 0 at the end (noted in has_read_end), -EAGAIN or
 * another -errno. The caller has made room. */
ssize_t wp_end_read(struct wp_end *end, uint32_t max);
/* Writes what is in `out`: 0 when all is written (the buffer is given back), -EAGAIN, or another
 * -errno. */
int wp_end_flush(struct wp_end *end, struct wp_buf_pool *bufs);

#endif
