/*
 * test_mailbox.c - mail from several threads at once: all of it, in order, and across a detach.
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "wakeproxy/net/mailbox.h"

#define SENDERS  3u
#define MESSAGES 20000u

struct letter {
    struct wp_mail mail;
    unsigned sender, number;
};

struct receiver {
    struct wp_loop *loop;
    struct wp_mailbox *box;
    unsigned next[SENDERS];
    unsigned received, stop_at, detach_at;
    bool is_ordered;
};

static struct letter *letter_of(struct wp_mail *mail)
{
    return WP_CONTAINER_OF(mail, struct letter, mail);
}

static void receive(void *context, struct wp_mail *mail)
{
    struct receiver *receiver = context;
    struct letter *letter = letter_of(mail);

    receiver->is_ordered &= letter->number == receiver->next[letter->sender]++;
    receiver->received++;
    free(letter);
    if (receiver->received == receiver->detach_at) {
        wp_mailbox_detach(receiver->box);
        wp_loop_stop(receiver->loop);
    }
    if (receiver->received == receiver->stop_at) {
        wp_loop_stop(receiver->loop);
    }
}

struct sender {
    struct wp_mailbox *box;
    unsigned sender, count;
};

static void *send_all(void *context)
{
    const struct sender *sender = context;

    for (unsigned i = 0; i < sender->count; i++) {
        struct letter *letter = calloc(1, sizeof(*letter));

        assert_non_null(letter);
        letter->sender = sender->sender;
        letter->number = i;
        wp_mailbox_post(sender->box, &letter->mail);
    }
    return NULL;
}

static void *run_loop(void *context)
{
    wp_loop_run(context);
    return NULL;
}

static void test_many_senders(void **state)
{
    struct receiver receiver = {.is_ordered = true, .stop_at = SENDERS * MESSAGES};
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS], loop_thread;

    receiver.loop = wp_loop_new();
    receiver.box = wp_mailbox_new();
    wp_mailbox_attach(receiver.box, receiver.loop, receive, &receiver);
    assert_int_equal(pthread_create(&loop_thread, NULL, run_loop, receiver.loop), 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){receiver.box, i, MESSAGES};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_join(loop_thread, NULL); /* a lost wake-up would hang here until the test's timeout */
    assert_true(receiver.is_ordered);
    assert_int_equal(receiver.received, SENDERS * MESSAGES);
    assert_null(wp_mailbox_take(receiver.box));
    wp_mailbox_free(&receiver.box);
    wp_loop_free(&receiver.loop);
}

/* Mail that comes before a receiver, and mail left by one that went away, waits for the next. */
static void test_waits_for_receiver(void **state)
{
    struct receiver receiver = {.is_ordered = true, .detach_at = 4, .stop_at = 9};
    struct sender sender;
    struct wp_mail *mail;

    receiver.loop = wp_loop_new();
    receiver.box = wp_mailbox_new();
    sender = (struct sender){receiver.box, 0, 8};
    send_all(&sender);
    wp_mailbox_attach(receiver.box, receiver.loop, receive, &receiver);
    wp_loop_run(receiver.loop);
    assert_int_equal(receiver.received, 4);

    sender = (struct sender){receiver.box, 1, 2};
    send_all(&sender);
    wp_mailbox_attach(receiver.box, receiver.loop, receive, &receiver);
    wp_loop_run(receiver.loop);
    assert_true(receiver.received >= 9);
    assert_true(receiver.is_ordered);
    wp_mailbox_detach(receiver.box);
    wp_mailbox_detach(receiver.box);

    sender = (struct sender){receiver.box, 2, 2};
    send_all(&sender);
    for (unsigned i = 0; i < 2; i++) {
        mail = wp_mailbox_take(receiver.box);
        assert_non_null(mail);
        assert_int_equal(letter_of(mail)->sender, 2);
        assert_int_equal(letter_of(mail)->number, i);
        free(letter_of(mail));
    }
    assert_null(wp_mailbox_take(receiver.box));
    wp_mailbox_free(&receiver.box);
    assert_null(receiver.box);
    wp_mailbox_free(&receiver.box);
    wp_loop_free(&receiver.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_senders),
        cmocka_unit_test(test_waits_for_receiver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
