/*
 * mailbox.h - the way into another thread's loop: a list under a mutex, and an eventfd written only
 * when the list goes from empty to non-empty.
 */
#ifndef WAKEPROXY_NET_MAILBOX_H
#define WAKEPROXY_NET_MAILBOX_H

#include "wakeproxy/base/list.h"
#include "wakeproxy/net/loop.h"

struct wp_mailbox;

/* Embedded first in every message. */
struct wp_mail {
    struct wp_list link;
};

/* Called on the receiving loop, once per mail, in the order of posting. Owns `mail`. */
typedef void (*wp_mailbox_fn)(void *context, struct wp_mail *mail);

/* Creates the box without a receiver; mail waits until wp_mailbox_attach(). Any thread. */
struct wp_mailbox *wp_mailbox_new(void);
/* Starts delivery on `loop`. On the loop's thread, or before it runs. */
void wp_mailbox_attach(struct wp_mailbox *box, struct wp_loop *loop, wp_mailbox_fn deliver,
                       void *context);
/* Stops delivery; undelivered mail stays in the box. */
void wp_mailbox_detach(struct wp_mailbox *box);
/* Any thread. Ownership of `mail` passes to the receiver. */
void wp_mailbox_post(struct wp_mailbox *box, struct wp_mail *mail);
/* Takes one undelivered mail, or NULL: for freeing what is left after all threads ended. */
struct wp_mail *wp_mailbox_take(struct wp_mailbox *box);
void wp_mailbox_free(struct wp_mailbox **box);

#endif
