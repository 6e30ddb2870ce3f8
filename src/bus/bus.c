/*
 * bus.c - mailboxes between control and the workers, and the messages in them.
 *
 * Thread:    sending from any; making and freeing the bus from the one that starts the threads.
 * Owns:      the mailboxes, the activity slots, and messages that were sent and not delivered.
 * Invariant: a message has one owner at a time: sender, mailbox, receiver. Whatever it still
 *            carries when it is freed is dropped with it, descriptors included, so a message that
 *            arrives too late leaks nothing.
 * Not here:  reacting to messages (control, worker).
 */
#include "wakeproxy/bus/bus.h"

#include <stdlib.h>
#include <unistd.h>

struct wp_bus *wp_bus_new(unsigned worker_count)
{
    struct wp_bus *bus = wp_calloc(1, sizeof(*bus));

    bus->worker_count = worker_count;
    bus->control = wp_mailbox_new();
    bus->workers = wp_calloc(worker_count, sizeof(bus->workers[0]));
    for (unsigned i = 0; i < worker_count; i++) {
        bus->workers[i] = wp_mailbox_new();
    }
    bus->activity = wp_activity_new(worker_count);
    return bus;
}

static void free_mailbox(struct wp_mailbox **box)
{
    struct wp_mail *mail;

    while ((mail = wp_mailbox_take(*box)) != NULL) {
        struct wp_msg *msg = wp_msg_of(mail);

        wp_msg_free(&msg);
    }
    wp_mailbox_free(box);
}

void wp_bus_free(struct wp_bus **bus)
{
    if (*bus == NULL) {
        return;
    }
    free_mailbox(&(*bus)->control);
    for (unsigned i = 0; i < (*bus)->worker_count; i++) {
        free_mailbox(&(*bus)->workers[i]);
    }
    free((*bus)->workers);
    wp_activity_free(&(*bus)->activity);
    free(*bus);
    *bus = NULL;
}

struct wp_msg *wp_msg_new(enum wp_msg_type type, uint32_t trace)
{
    struct wp_msg *msg = wp_calloc(1, sizeof(*msg));

    wp_list_init(&msg->mail.link);
    msg->type = type;
    msg->trace = trace;
    return msg;
}

void wp_msg_free(struct wp_msg **msg)
{
    struct wp_msg *dropped = *msg;

    *msg = NULL;
    if (dropped == NULL) {
        return;
    }
    wp_view_unref(&dropped->view);
    if (dropped->routes != NULL) {
        wp_routes_unref(&dropped->routes);
    }
    for (uint32_t i = 0; dropped->listeners != NULL && i < dropped->listener_count; i++) {
        if (dropped->listeners[i].fd >= 0) {
            close(dropped->listeners[i].fd);
        }
    }
    free(dropped->listeners);
    free(dropped->cause);
    free(dropped);
}

void wp_bus_to_control(struct wp_bus *bus, struct wp_msg *msg)
{
    wp_mailbox_post(bus->control, &msg->mail);
}

void wp_bus_to_worker(struct wp_bus *bus, unsigned worker, struct wp_msg *msg)
{
    wp_mailbox_post(bus->workers[worker], &msg->mail);
}
