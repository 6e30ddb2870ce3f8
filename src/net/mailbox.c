/*
 * mailbox.c - the way into another thread's loop.
 *
 * Thread:    anyone posts; attach, delivery and detach belong to the receiving loop's thread; new,
 *            take and free to whoever starts and ends the threads.
 * Owns:      mail that was posted and not yet delivered.
 * Invariant: the eventfd is written exactly when `posted` goes from empty to non-empty, and read
 *            before `posted` is taken: no mail is left lying without a wake-up, and a thousand
 *            posts to a busy loop cost one system call.
 * Invariant: the order of delivery is the order of posting, also across a detach in the middle of a
 *            batch.
 * Not here:  what mail means (bus).
 */
#include "wakeproxy/net/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wp_mailbox {
    pthread_mutex_t mutex;
    struct wp_list posted; /* under the mutex */
    int fd;

    /* The receiver's. */
    struct wp_list batch; /* taken from `posted`, being delivered */
    struct event *event;
    wp_mailbox_fn deliver;
    void *context;
};

static void __attribute__((noreturn)) die(const char *what)
{
    fprintf(stderr, "wakeproxy: mailbox: cannot %s\n", what);
    abort();
}

struct wp_mailbox *wp_mailbox_new(void)
{
    struct wp_mailbox *box = wp_calloc(1, sizeof(*box));

    pthread_mutex_init(&box->mutex, NULL);
    wp_list_init(&box->posted);
    wp_list_init(&box->batch);
    box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (box->fd < 0) {
        die("make an eventfd");
    }
    return box;
}

/* Makes the receiver's loop look into the box. */
static void ring(struct wp_mailbox *box)
{
    const uint64_t one = 1;

    while (write(box->fd, &one, sizeof(one)) < 0) {
        if (errno == EAGAIN) {
            return; /* the counter is at its end: it rings already */
        }
        if (errno != EINTR) {
            die("write its eventfd");
        }
    }
}

static void on_ring(evutil_socket_t fd, short what, void *context)
{
    struct wp_mailbox *box = context;
    struct wp_list *link;
    uint64_t count;

    if (read(box->fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR) {
        die("read its eventfd");
    }
    pthread_mutex_lock(&box->mutex);
    wp_list_splice(&box->batch, &box->posted);
    pthread_mutex_unlock(&box->mutex);

    /* A delivery may detach the box: what is left of the batch then goes back. */
    while (box->event != NULL && (link = wp_list_first(&box->batch)) != NULL) {
        wp_list_remove(link);
        box->deliver(box->context, WP_CONTAINER_OF(link, struct wp_mail, link));
    }
}

void wp_mailbox_attach(struct wp_mailbox *box, struct wp_loop *loop, wp_mailbox_fn deliver,
                       void *context)
{
    bool has_mail;

    box->deliver = deliver;
    box->context = context;
    box->event = event_new(wp_loop_base(loop), box->fd, EV_READ | EV_PERSIST, on_ring, box);
    if (box->event == NULL || event_add(box->event, NULL) < 0) {
        die("watch its eventfd");
    }
    pthread_mutex_lock(&box->mutex);
    has_mail = !wp_list_is_empty(&box->posted);
    pthread_mutex_unlock(&box->mutex);
    if (has_mail) {
        ring(box); /* mail that an earlier receiver left had its ring already */
    }
}

void wp_mailbox_detach(struct wp_mailbox *box)
{
    if (box->event == NULL) {
        return;
    }
    event_free(box->event);
    box->event = NULL;
    pthread_mutex_lock(&box->mutex);
    wp_list_splice(&box->batch, &box->posted);
    wp_list_splice(&box->posted, &box->batch);
    pthread_mutex_unlock(&box->mutex);
}

void wp_mailbox_post(struct wp_mailbox *box, struct wp_mail *mail)
{
    bool was_empty;

    pthread_mutex_lock(&box->mutex);
    was_empty = wp_list_is_empty(&box->posted);
    wp_list_append(&box->posted, &mail->link);
    pthread_mutex_unlock(&box->mutex);
    if (was_empty) {
        ring(box);
    }
}

struct wp_mail *wp_mailbox_take(struct wp_mailbox *box)
{
    struct wp_list *link;

    pthread_mutex_lock(&box->mutex);
    link = wp_list_first(&box->posted);
    if (link != NULL) {
        wp_list_remove(link);
    }
    pthread_mutex_unlock(&box->mutex);
    return link != NULL ? WP_CONTAINER_OF(link, struct wp_mail, link) : NULL;
}

void wp_mailbox_free(struct wp_mailbox **box)
{
    if (*box == NULL) {
        return;
    }
    wp_mailbox_detach(*box);
    close((*box)->fd);
    pthread_mutex_destroy(&(*box)->mutex);
    free(*box);
    *box = NULL;
}
