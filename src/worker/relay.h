/*
 * relay.h - moves one direction of a message body from one end to another, with back-pressure.
 */
#ifndef WAKEPROXY_WORKER_RELAY_H
#define WAKEPROXY_WORKER_RELAY_H

#include "end.h"
#include "relay_splice.h"
#include "wakeproxy/proto/event_stream.h"
#include "wakeproxy/proto/http1_chunk.h"
#include "wakeproxy/proto/websocket.h"

/* What counts as payload of a direction (semantics section 3). */
enum wp_meter {
    WP_METER_NONE,         /* an exchange: active until its last byte, whatever it carries */
    WP_METER_ANY,          /* a stream: every byte is payload */
    WP_METER_WEBSOCKET,    /* a stream: pings and pongs are not */
    WP_METER_EVENT_STREAM, /* server-sent events: comment lines are not */
};

/* One direction of an exchange's body. */
struct wp_flow {
    enum wp_framing in, out; /* how it arrives and how it leaves */
    uint64_t left;           /* in LENGTH: bytes still to take */
    struct wp_chunk_decoder chunk;
    uint64_t bytes;             /* payload taken so far */
    struct wp_pipe_pool *pipes; /* NULL: never splice */
    struct wp_pipe *pipe;       /* borrowed while bulk is spliced */
    bool is_bulk;               /* the last read filled its buffer: use a large one */
    bool is_taken;              /* all input has been taken */
    bool is_done;               /* ... and written */
    bool is_last_chunk_written;
    bool had_payload; /* set by the meter; cleared by whoever asks */
    char *hidden;     /* names of trailer fields that go no further, or NULL */
    enum wp_meter meter;
    union {
        struct wp_websocket_meter websocket;
        struct wp_event_stream_meter event_stream;
    };
    const char *reason; /* after BAD */
};

enum wp_flow_result {
    WP_FLOW_WAIT,         /* blocked, or its turn is over; interest follows from the buffers */
    WP_FLOW_DONE,         /* everything was taken and written */
    WP_FLOW_SOURCE_ENDED, /* FIN before the end of the message */
    WP_FLOW_SOURCE_ERROR, /* reset and the like */
    WP_FLOW_SINK_ERROR,
    WP_FLOW_BAD, /* the framing was violated; flow->reason */
};

/* `in` NONE is done at once. `out` is LENGTH whenever `in` is. */
void wp_flow_init(struct wp_flow *flow, enum wp_framing in, uint64_t content_length,
                  enum wp_framing out, enum wp_meter meter);
/* Fields that the head's Connection names are hop-by-hop in the trailer section too (RFC 9110
 * section 7.6.1). `head` is the one the flow's body belongs to. */
void wp_flow_hide_trailers(struct wp_flow *flow, const struct wp_head *head);
/*
 * Moves what can be moved now, within a fairness budget. `from->in` may hold bytes already read;
 * `to->out` may hold bytes (a head) that go first.
 */
enum wp_flow_result wp_flow_run(struct wp_flow *flow, struct wp_end *from, struct wp_end *to,
                                struct wp_buf_pool *bufs);

/* Gives back what the flow borrowed; at the end of its exchange. */
void wp_flow_fini(struct wp_flow *flow);

/* Bytes were taken that the sink has not: it is to be waited for. */
static inline bool wp_flow_is_blocked(const struct wp_flow *flow, const struct wp_end *to)
{
    return wp_buf_used(&to->out) > 0 || (flow->pipe != NULL && flow->pipe->used_bytes > 0);
}

static inline bool wp_flow_wants_read(const struct wp_flow *flow, const struct wp_end *to)
{
    return !flow->is_taken && !wp_flow_is_blocked(flow, to);
}

#endif
