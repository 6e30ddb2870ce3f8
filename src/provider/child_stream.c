/*
 * child_stream.c - reads what a child prints, line by line, at a bounded pace.
 *
 * Thread:    the control loop.
 * Owns:      the read ends of the pipes and the partial lines.
 * Invariant: one callback reads at most READ_ROUNDS pieces, and a child that prints more than
 *            WINDOW_BYTES in WINDOW_MS is left waiting in its write(2) for the rest of that time:
 *            no child can take the loop away from the other parts.
 * Invariant: at the end of the child what it had printed is told before ended(). A process that
 *            left the group and still holds the pipe does not delay that: reading stops at EAGAIN.
 * Not here:  the child's life (child.c).
 */
#include "child_stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES   16384
#define READ_ROUNDS  4
#define FINAL_ROUNDS 64
#define WINDOW_MS    100
#define WINDOW_BYTES (1024u * 1024u)

static void tell_line(void *context, struct wp_slice line, bool is_cut)
{
    struct wp_child_stream *stream = context;
    struct wp_child *child = stream->child;
    bool is_stderr = stream == &child->streams[1];

    wp_output_log_line(&child->log, is_stderr ? "stderr" : "stdout", line, is_cut,
                       wp_loop_now_ms(child->loop));
    if (child->ops->line != NULL) {
        child->ops->line(child, is_stderr, line);
    }
}

static void close_stream(struct wp_child_stream *stream)
{
    if (stream->fd >= 0) {
        (void)event_del(&stream->event);
        (void)close(stream->fd);
        stream->fd = -1;
    }
}

/* Reads up to `rounds` pieces; returns the bytes read. */
static size_t read_some(struct wp_child_stream *stream, int rounds)
{
    char bytes[READ_BYTES];
    size_t total = 0;

    while (stream->fd >= 0 && rounds-- > 0) {
        ssize_t got = read(stream->fd, bytes, sizeof(bytes));

        if (got > 0) {
            total += (size_t)got;
            wp_lines_feed(&stream->lines, (struct wp_slice){bytes, (size_t)got}, tell_line, stream);
        } else if (got == 0) {
            close_stream(stream);
            wp_lines_end(&stream->lines, tell_line, stream);
        } else if (errno != EINTR) {
            if (errno != EAGAIN) {
                close_stream(stream);
            }
            break;
        }
    }
    return total;
}

static void pause_reading(struct wp_child *child)
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        if (child->streams[i].fd >= 0) {
            (void)event_del(&child->streams[i].event);
        }
    }
    wp_timer_set(&child->resume, child->window_ms + WINDOW_MS);
}

static void resume_fired(struct wp_timer *timer)
{
    struct wp_child *child = WP_CONTAINER_OF(timer, struct wp_child, resume);
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        if (child->streams[i].fd >= 0) {
            (void)event_add(&child->streams[i].event, NULL);
        }
    }
}

static void output_ready(evutil_socket_t fd, short what, void *argument)
{
    struct wp_child_stream *stream = argument;
    struct wp_child *child = stream->child;
    uint64_t now_ms = wp_loop_now_ms(child->loop);

    if (now_ms - child->window_ms >= WINDOW_MS) {
        child->window_ms = now_ms;
        child->window_bytes = 0;
    }
    child->window_bytes += (uint32_t)read_some(stream, READ_ROUNDS);
    if (child->window_bytes > WINDOW_BYTES) {
        pause_reading(child);
    }
}

void wp_child_stream_init(struct wp_child *child)
{
    size_t i;

    wp_timer_init(&child->resume, child->loop, resume_fired);
    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        child->streams[i].child = child;
        child->streams[i].fd = -1;
    }
}

void wp_child_stream_open(struct wp_child *child, const int fds[2])
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        struct wp_child_stream *stream = &child->streams[i];

        if (fds[i] < 0) {
            continue;
        }
        stream->fd = fds[i];
        (void)event_assign(&stream->event, wp_loop_base(child->loop), stream->fd,
                           EV_READ | EV_PERSIST, output_ready, stream);
        (void)event_add(&stream->event, NULL);
    }
}

void wp_child_stream_drain(struct wp_child *child)
{
    (void)read_some(&child->streams[0], READ_ROUNDS);
    (void)read_some(&child->streams[1], READ_ROUNDS);
}

void wp_child_stream_finish(struct wp_child *child)
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        struct wp_child_stream *stream = &child->streams[i];

        (void)read_some(stream, FINAL_ROUNDS);
        close_stream(stream);
        wp_lines_end(&stream->lines, tell_line, stream);
    }
    wp_output_log_flush(&child->log);
}

void wp_child_stream_fini(struct wp_child *child)
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
        close_stream(&child->streams[i]);
        free(child->streams[i].lines.partial);
        child->streams[i].lines.partial = NULL;
    }
}

void wp_child_streams_poll(const struct wp_list *children, uint64_t timeout_ms)
{
    const struct wp_list *node;
    struct pollfd *fds = NULL;
    size_t count = 0, capacity = 0, i;
    bool is_blind = false;

    for (node = children->next; node != children; node = node->next) {
        const struct wp_child *child = WP_CONTAINER_OF(node, struct wp_child, link);

        fds = wp_grow(fds, &capacity, count + 3, sizeof(*fds));
        fds[count++] = (struct pollfd){.fd = child->pidfd, .events = POLLIN};
        is_blind = is_blind || child->pidfd < 0;
        for (i = 0; i < WP_ARRAY_SIZE(child->streams); i++) {
            fds[count++] = (struct pollfd){.fd = child->streams[i].fd, .events = POLLIN};
        }
    }
    /* Without a pidfd the end is only seen by looking again. */
    if (is_blind && timeout_ms > 20) {
        timeout_ms = 20;
    }
    (void)poll(fds, (nfds_t)count, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
    free(fds);
}

bool wp_child_pidfd_is_ready(int pidfd)
{
    struct pollfd fd = {.fd = pidfd, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}
