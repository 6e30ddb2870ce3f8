/*
 * bus.h - the contract between threads: one mailbox per worker, one for control, and the messages.
 *
 * A message is allocated by the sender and freed by the receiver with wp_msg_free(), which drops
 * the references it carries. Nothing else crosses threads but counted immutable objects and the
 * activity slots.
 */
#ifndef WAKEPROXY_BUS_BUS_H
#define WAKEPROXY_BUS_BUS_H

#include "wakeproxy/bus/activity.h"
#include "wakeproxy/bus/view.h"
#include "wakeproxy/net/mailbox.h"
#include "wakeproxy/route/routes.h"

enum wp_msg_type {
    /* worker -> control */
    WP_MSG_WAKE,         /* somebody waits for `trace`; `cause` tells who */
    WP_MSG_DRAIN_ACK,    /* answer to DRAIN `epoch`; `busy`: exchanges are active */
    WP_MSG_UPSTREAM_BAD, /* a connect under view `epoch` failed with `error` */
    WP_MSG_STOPPED,      /* this worker has ended all its work (answer to QUIT) */
    /* control -> worker */
    WP_MSG_VIEW,   /* `view` replaces the one of its trace */
    WP_MSG_DRAIN,  /* hold from now on, close idle upstream conns, answer with an ACK */
    WP_MSG_ROUTES, /* `routes` and `listeners` replace the worker's */
    WP_MSG_QUIT,   /* accept no more, finish what is there until `deadline_ms` */
    /* worker -> worker */
    WP_MSG_PERMIT_WANTED, /* `worker` waits for an upstream permit of `trace` and owns none */
    WP_MSG_PERMIT_FREE,   /* a permit of `trace` was given back: try again */
};

/* Who made a trace move: copied out of the request, for the ledger. */
struct wp_cause {
    char client[WP_ADDR_SIZE];
    char method[16];
    char host[128];
    char path[128];
    char user_agent[128];
};

/* The descriptors one worker listens on, in the order of the configuration. Owned by app; a
 * descriptor stays open until every worker has let go of it. */
struct wp_listener_fd {
    int fd;
    struct wp_addr bound;
    uint32_t id; /* stable across reloads: a kept listener keeps its id */
};

struct wp_msg {
    struct wp_mail mail; /* first */
    enum wp_msg_type type;
    uint32_t worker; /* sender, for messages from workers */
    uint32_t trace;
    uint64_t epoch;
    bool busy;
    int error;
    uint64_t deadline_ms;             /* monotonic */
    struct wp_view *view;             /* counted */
    struct wp_routes *routes;         /* counted */
    struct wp_cause *cause;           /* owned */
    struct wp_listener_fd *listeners; /* owned array; the descriptors are dup()s owned by the
                                         receiver: it keeps those whose id it has not, closes the
                                         rest, and closes listeners whose id is missing */
    uint32_t listener_count;
};

struct wp_bus {
    unsigned worker_count;
    struct wp_mailbox *control;
    struct wp_mailbox **workers;
    struct wp_activity *activity;
};

struct wp_bus *wp_bus_new(unsigned worker_count);
/* Frees undelivered messages too. After all threads ended. */
void wp_bus_free(struct wp_bus **bus);

struct wp_msg *wp_msg_new(enum wp_msg_type type, uint32_t trace);
/* Drops what the message still carries; descriptors in `listeners` are closed, so whoever keeps one
 * sets its fd to -1 first. */
void wp_msg_free(struct wp_msg **msg);
/* Ownership of `msg` passes on. Any thread. */
void wp_bus_to_control(struct wp_bus *bus, struct wp_msg *msg);
void wp_bus_to_worker(struct wp_bus *bus, unsigned worker, struct wp_msg *msg);

static inline struct wp_msg *wp_msg_of(struct wp_mail *mail)
{
    return WP_CONTAINER_OF(mail, struct wp_msg, mail);
}

#endif
