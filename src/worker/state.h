/*
 * state.h - the data of a worker: what there is, who owns what, and in which states.
 *
 *   worker ── conn ── exchange ── upstream
 *      └───── trace ── endpoint ── idle upstreams
 *                └──── held exchanges (FIFO)
 *
 * A conn owns its stream, its buffers and at most one exchange (HTTP/1); an exchange borrows an
 * upstream while it is forwarded; an idle upstream belongs to its endpoint. All of it lives on one
 * worker's thread. Frees are deferred to the end of the loop turn.
 */
#ifndef WAKEPROXY_WORKER_STATE_H
#define WAKEPROXY_WORKER_STATE_H

#include "end.h"
#include "relay.h"
#include "tick.h"
#include "wakeproxy/base/id.h"
#include "wakeproxy/bus/bus.h"
#include "wakeproxy/worker/worker.h"

/*
 *   head ──> exchange ──> head ...      (keep-alive)
 *     └─────────┴───────> linger ──> closed
 */
enum wp_conn_state {
    WP_CONN_HEAD,     /* waiting for, or in the middle of, a request head */
    WP_CONN_EXCHANGE, /* `exchange` is set */
    WP_CONN_LINGER,   /* our side is closed; reading until the client closes too */
    WP_CONN_CLOSED,   /* freed at the end of the turn */
};

struct wp_conn {
    struct wp_end end;
    struct wp_worker *worker;
    struct wp_list link; /* worker->conns */
    struct wp_timeout timeout;
    struct wp_deferred deferred;
    struct wp_exchange *exchange;
    char *stash; /* the content of end.in, exact size, while no buffer is owned */
    uint32_t stash_bytes;
    uint32_t scan; /* resume position in an incomplete head */
    enum wp_conn_state state;
    uint32_t exchanges; /* begun so far */
    bool must_close;    /* after this exchange */
    bool must_linger;   /* ... and the client may still be sending */
    bool is_cut;        /* close at once: nothing more is owed */
    bool must_reset;    /* the cut must not look like an end */
    struct wp_addr peer;
    uint8_t ip_len;
    char ip[46];
};

/*
 *   begun ─┬─> held ⇄ connecting ──> forwarding ─┬─> done
 *          │     └────────┴─> replying ──────────┤
 *          └─> replying                          └─ streaming (101)
 */
enum wp_exchange_state {
    WP_EXCHANGE_BEGUN,
    WP_EXCHANGE_HELD, /* on its trace's FIFO: the trace is not awake, or no upstream is free */
    WP_EXCHANGE_CONNECTING, /* `upstream` is being connected */
    WP_EXCHANGE_FORWARDING, /* request under way or sent; response awaited or relayed */
    WP_EXCHANGE_PAUSED,     /* settling: tried again in a moment */
    WP_EXCHANGE_STREAMING,  /* upgraded: bytes both ways until both sides end */
    WP_EXCHANGE_REPLYING,   /* the proxy itself answers */
    WP_EXCHANGE_DONE,
};

#define WP_LABEL_BYTES 224

struct wp_exchange {
    union {
        struct wp_conn *conn;
        struct wp_worker *worker;       /* after its end, until it is recycled */
        struct wp_exchange *next_spare; /* on the worker's free list */
    };
    struct wp_trace_slot *trace; /* NULL until routed */
    struct wp_upstream *upstream;
    struct wp_list link; /* trace->held while HELD; trace->frozen while frozen */
    struct wp_timeout timeout;
    struct wp_deferred deferred;
    enum wp_exchange_state state;
    uint32_t head_bytes; /* of the request head, at the front of conn->end.in */
    bool is_head_kept;   /* ... where it still is, in case it must be sent again */

    enum wp_http_method method;
    uint8_t minor_version;
    uint8_t interim_count; /* 1xx seen */
    enum wp_framing framing;
    uint64_t content_length;
    bool is_persistent, has_upgrade, expects_continue, wants_html;
    char *upgrade; /* the protocols the client offered, once its request was sent; or NULL */
    bool may_wake, counts;     /* the verdict */
    bool is_active;            /* counted in trace->slot->active */
    bool is_sent;              /* bytes of the request may have reached the upstream */
    bool has_response;         /* a final response head was forwarded */
    bool is_cut_short;         /* the upstream took no more of the request */
    bool is_upstream_reusable; /* after this exchange */
    bool is_stalled;           /* a stream whose sink takes nothing now */
    bool is_frozen;            /* a quiet stream that wants to speak while its trace sleeps */

    struct wp_flow request, response;

    uint16_t status;     /* sent to the client; 0: none */
    const char *verdict; /* for the access log */
    const char *error;   /* static reason when the proxy had to step in, or NULL */
    uint64_t begun_us, held_us, released_us, connected_us, first_byte_us;
    uint64_t hold_until_ms;
    struct wp_addr upstream_addr;
    uint64_t view_epoch; /* of the view it was started under */
    uint8_t id_len;
    char id[64];        /* request id */
    uint8_t label_host; /* label: host, then path */
    uint8_t label_path;
    char label[WP_LABEL_BYTES];
};

enum wp_upstream_state {
    WP_UPSTREAM_CONNECTING,
    WP_UPSTREAM_BUSY, /* `exchange` is set */
    WP_UPSTREAM_IDLE, /* in its endpoint's list */
    WP_UPSTREAM_CLOSED,
};

struct wp_upstream {
    struct wp_end end;
    struct wp_worker *worker;
    struct wp_trace_slot *trace;
    struct wp_endpoint *endpoint; /* NULL once its address left the view */
    struct wp_exchange *exchange;
    struct wp_list link;      /* trace->upstreams */
    struct wp_list idle_link; /* endpoint->idle */
    struct wp_timeout timeout;
    struct wp_deferred deferred;
    enum wp_upstream_state state;
    uint32_t scan;      /* resume position in an incomplete response head */
    uint32_t exchanges; /* begun so far: above 1 it is a reused connection */
    struct wp_addr addr;
};

/* One address of a trace's upstream. */
struct wp_endpoint {
    struct wp_addr addr;
    uint32_t outstanding;
    struct wp_list idle; /* most recently used first */
};

/* What this worker knows of one trace. */
struct wp_trace_slot {
    uint32_t index;
    struct wp_worker *worker;
    struct wp_view *view;             /* NULL: not heard of yet, as good as asleep */
    const struct wp_conf_trace *conf; /* of worker->routes; NULL when it has no such trace */
    struct wp_activity_slot *slot;
    struct wp_list held;      /* exchanges, in order of arrival */
    struct wp_list frozen;    /* streams */
    struct wp_list upstreams; /* all, whatever their state */
    struct wp_endpoint **endpoints;
    uint32_t endpoint_count;
    uint32_t held_count, waker_count; /* held; held that may wake the trace */
    struct wp_deferred release;       /* runs wp_hold_release() at the end of the turn */
    bool is_release_due;
    bool is_distrusted;    /* a connect failed under this view: hold until the next one */
    bool has_told_stages;  /* the stages of the wake were sent with a response */
    bool has_asked;        /* a WAKE was sent for this view */
    bool wants_permit;     /* we asked the other workers for a permit */
    bool is_permit_wanted; /* another worker asked: give the next one back */
};

struct wp_worker {
    unsigned index;
    pthread_t thread;
    bool has_thread;
    struct wp_bus *bus;
    struct wp_mailbox *mailbox; /* bus->workers[index] */
    struct wp_loop *loop;
    struct wp_buf_pool *bufs;
    struct wp_pipe_pool *pipes;
    struct wp_tick tick;
    struct wp_routes *routes;   /* NULL until the first ROUTES */
    const struct wp_conf *conf; /* of routes */
    struct wp_trace_slot **traces;
    size_t trace_count, trace_capacity;
    struct wp_list conns;
    uint32_t conn_count;
    struct wp_acceptors *listeners;
    struct wp_id_source ids;
    struct wp_exchange *spare_exchanges;
    uint32_t spare_count;
    bool is_quitting, has_stopped;
    struct wp_timer quit_timer;
    uint64_t date_s; /* the second that `date` shows */
    char date[WP_ADDR_SIZE];
    struct wp_exchange *head_owner; /* whose parse result `head` is, or NULL */
    struct wp_head head;            /* scratch: the request last parsed */
    struct wp_head response;        /* scratch: the response last parsed */
};

#endif
