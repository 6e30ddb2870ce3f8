/*
 * origin.c - the upstream of tests/bench/forward: one thread, epoll, answers made beforehand.
 *
 * usage: origin PORT        listens on 127.0.0.1
 *
 *   GET /N    a body of N bytes ("/1024"); "Connection: close" from the client is honoured
 *
 * It does as little as an HTTP server can, so that the proxies before it decide what is measured.
 * Requests without a body only, whole heads of at most 8 KiB, no error handling beyond closing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
    size_t body_bytes, total_bytes;
    char *text;
    struct answer *next;
};

struct conn {
    int fd;
    bool want_close, waits_to_write;
    size_t used;
    const char *out;
    size_t left;
    char in[8192];
};

struct origin {
    int epoll, listener;
    struct answer *answers;
};

static struct answer *answer_of(struct origin *origin, size_t body_bytes)
{
    for (struct answer *a = origin->answers; a != NULL; a = a->next) {
        if (a->body_bytes == body_bytes) {
            return a;
        }
    }
    struct answer *a = calloc(1, sizeof(*a));
    if (a == NULL || (a->text = malloc(body_bytes + 256)) == NULL) {
        abort();
    }
    int head = snprintf(a->text, 256,
                        "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\n"
                        "Cache-Control: no-cache\r\nContent-Length: %zu\r\n\r\n",
                        body_bytes);
    memset(a->text + head, 'x', body_bytes);
    a->body_bytes = body_bytes;
    a->total_bytes = (size_t)head + body_bytes;
    a->next = origin->answers;
    origin->answers = a;
    return a;
}

static void conn_watch(struct origin *origin, struct conn *conn, bool write)
{
    if (conn->waits_to_write != write) {
        struct epoll_event event = {.events = write ? EPOLLOUT : EPOLLIN, .data.ptr = conn};
        epoll_ctl(origin->epoll, EPOLL_CTL_MOD, conn->fd, &event);
        conn->waits_to_write = write;
    }
}

static void conn_free(struct conn *conn)
{
    close(conn->fd);
    free(conn);
}

/* Sends what is left. False when the conn is gone or must wait for room. */
static bool conn_flush(struct origin *origin, struct conn *conn)
{
    while (conn->left > 0) {
        ssize_t sent = send(conn->fd, conn->out, conn->left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            conn_watch(origin, conn, true);
            return false;
        }
        if (sent < 0) {
            conn_free(conn);
            return false;
        }
        conn->out += sent;
        conn->left -= (size_t)sent;
    }
    if (conn->want_close) {
        conn_free(conn);
        return false;
    }
    conn_watch(origin, conn, false);
    return true;
}

/* Answers the whole heads that are there. */
static void conn_serve(struct origin *origin, struct conn *conn)
{
    char *end;
    while (conn->used > 0 && (end = memmem(conn->in, conn->used, "\r\n\r\n", 4)) != NULL) {
        size_t head = (size_t)(end + 4 - conn->in);
        *end = '\0';
        const char *target = strchr(conn->in, '/');
        const struct answer *a =
            answer_of(origin, target == NULL ? 0 : strtoul(target + 1, NULL, 10));
        conn->want_close = strcasestr(conn->in, "\r\nconnection: close") != NULL;
        conn->out = a->text;
        conn->left = a->total_bytes;
        conn->used -= head;
        memmove(conn->in, conn->in + head, conn->used);
        if (!conn_flush(origin, conn)) {
            return;
        }
    }
}

static void conn_ready(struct origin *origin, struct conn *conn)
{
    if (conn->waits_to_write) {
        if (conn_flush(origin, conn)) {
            conn_serve(origin, conn);
        }
        return;
    }
    ssize_t got = recv(conn->fd, conn->in + conn->used, sizeof(conn->in) - conn->used, 0);
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got <= 0) {
        conn_free(conn);
        return;
    }
    conn->used += (size_t)got;
    conn_serve(origin, conn);
}

static void accept_all(struct origin *origin)
{
    int fd, one = 1;
    while ((fd = accept4(origin->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct conn *conn = calloc(1, sizeof(*conn));
        if (conn == NULL) {
            abort();
        }
        conn->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
        epoll_ctl(origin->epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(const char *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)atoi(port)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 4096) < 0) {
        perror("origin");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: origin PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct origin origin = {.epoll = epoll_create1(0), .listener = listen_on(argv[1])};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(origin.epoll, EPOLL_CTL_ADD, origin.listener, &event);
    for (;;) {
        int count = epoll_wait(origin.epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_all(&origin);
            } else {
                conn_ready(&origin, events[i].data.ptr);
            }
        }
    }
}
