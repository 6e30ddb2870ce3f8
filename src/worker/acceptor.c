/*
 * acceptor.c - accept.
 *
 * Thread:    the owning worker only.
 * Owns:      its listening sockets (one of each address; SO_REUSEPORT spreads the conns).
 * Invariant: a listener is registered for events exactly while accepting is not paused.
 *
 * Running out of descriptors, memory or conns must degrade, not spin: accepting stops for a tenth
 * of a second and new conns wait in the kernel's queue. Not here: opening the sockets (app).
 */
#include "acceptor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "reply.h"
#include "wakeproxy/base/log.h"
#include "wakeproxy/net/sock.h"

#define ACCEPT_BATCH  64
#define PAUSE_MS      100u
#define WARN_EVERY_MS 10000u

struct wp_acceptor {
    struct wp_acceptor *next;
    struct wp_acceptors *all;
    struct event event;
    int fd;
    uint32_t id;
};

struct wp_acceptors {
    struct wp_worker *worker;
    struct wp_acceptor *first;
    struct wp_timer resume;
    bool is_paused;
    uint64_t warned_ms;
};

static void on_acceptable(evutil_socket_t fd, short what, void *arg);

static void on_resume(struct wp_timer *timer)
{
    struct wp_acceptors *all = WP_CONTAINER_OF(timer, struct wp_acceptors, resume);
    all->is_paused = false;
    for (struct wp_acceptor *one = all->first; one != NULL; one = one->next) {
        event_add(&one->event, NULL);
    }
}

struct wp_acceptors *wp_acceptors_new(struct wp_worker *worker)
{
    struct wp_acceptors *all = wp_calloc(1, sizeof(*all));
    all->worker = worker;
    wp_timer_init(&all->resume, worker->loop, on_resume);
    return all;
}

static void drop(struct wp_acceptor **link)
{
    struct wp_acceptor *one = *link;
    *link = one->next;
    event_del(&one->event);
    close(one->fd);
    free(one);
}

void wp_acceptors_free(struct wp_acceptors **listeners)
{
    struct wp_acceptors *all = *listeners;
    if (all == NULL) {
        return;
    }
    while (all->first != NULL) {
        drop(&all->first);
    }
    wp_timer_fini(&all->resume);
    free(all);
    *listeners = NULL;
}

static bool is_wanted(uint32_t id, const struct wp_listener_fd *fds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (fds[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool is_known(const struct wp_acceptors *all, uint32_t id)
{
    for (const struct wp_acceptor *one = all->first; one != NULL; one = one->next) {
        if (one->id == id) {
            return true;
        }
    }
    return false;
}

void wp_acceptors_set(struct wp_acceptors *listeners, const struct wp_listener_fd *fds,
                      uint32_t count)
{
    for (struct wp_acceptor **link = &listeners->first; *link != NULL;) {
        if (is_wanted((*link)->id, fds, count)) {
            link = &(*link)->next;
        } else {
            drop(link);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (is_known(listeners, fds[i].id)) {
            close(fds[i].fd);
            continue;
        }
        struct wp_acceptor *one = wp_calloc(1, sizeof(*one));
        one->all = listeners;
        one->fd = fds[i].fd;
        one->id = fds[i].id;
        one->next = listeners->first;
        listeners->first = one;
        event_assign(&one->event, wp_loop_base(listeners->worker->loop), one->fd,
                     EV_READ | EV_PERSIST, on_acceptable, one);
        if (!listeners->is_paused) {
            event_add(&one->event, NULL);
        }
    }
}

static void pause_accepting(struct wp_acceptors *all, const char *why)
{
    uint64_t now_ms = wp_loop_now_ms(all->worker->loop);
    if (!all->is_paused) {
        all->is_paused = true;
        for (struct wp_acceptor *one = all->first; one != NULL; one = one->next) {
            event_del(&one->event);
        }
    }
    wp_timer_set(&all->resume, now_ms + PAUSE_MS);
    if (all->warned_ms == 0 || now_ms - all->warned_ms >= WARN_EVERY_MS) {
        all->warned_ms = now_ms;
        wp_log(WP_LOG_WARN, "accept.paused", "reason:s conns:u", why,
               (uint64_t)all->worker->conn_count);
    }
}

/* Says why before it closes. What the client sent already is read, or the RST of closing with
 * unread bytes would overtake the answer. */
static void turn_away(int fd)
{
    char waste[4096];
    if (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) >= 0 || errno == EAGAIN) {
        (void)!send(fd, wp_reply_busy, wp_reply_busy_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(fd);
}

/* Accepts one conn; false when there is none, or no room. */
static bool accept_one(struct wp_acceptor *listener)
{
    struct wp_acceptors *all = listener->all;
    struct wp_worker *worker = all->worker;
    const struct wp_conf_limits *limits = &worker->conf->limits;
    struct wp_addr peer;
    int fd;
    int result = wp_sock_accept(listener->fd, &fd, &peer);
    if (result < 0) {
        if (result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM) {
            pause_accepting(all, "no descriptor or memory left");
            return false;
        }
        return result == -ECONNABORTED || result == -EPROTO;
    }
    switch (wp_admit_conn(worker->bus->activity, &peer, limits->connections,
                          limits->connections_per_client)) {
    case WP_ADMIT_OK:
        wp_conn_new(worker, fd, &peer);
        return true;
    case WP_ADMIT_FULL:
        turn_away(fd);
        pause_accepting(all, "limits.connections reached");
        return false;
    case WP_ADMIT_CLIENT_FULL:
        turn_away(fd);
        return true;
    }
    return false;
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct wp_acceptor *listener = arg;
    for (int i = 0; i < ACCEPT_BATCH && accept_one(listener); i++) {
    }
}
