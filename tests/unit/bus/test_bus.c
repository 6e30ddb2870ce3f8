/*
 * test_bus.c - messages between threads: delivered once, and whatever they carry dropped with them.
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "wakeproxy/bus/bus.h"

static void test_msg_drops_all(void **state)
{
    struct wp_msg *msg = wp_msg_new(WP_MSG_ROUTES, 3);
    struct wp_view *view = wp_view_new(3, WP_VIEW_HOLD, 1, 0);
    int kept = dup(STDIN_FILENO), dropped = dup(STDIN_FILENO);

    assert_int_equal(msg->type, WP_MSG_ROUTES);
    assert_int_equal(msg->trace, 3);
    msg->view = wp_view_ref(view);
    msg->cause = wp_calloc(1, sizeof(*msg->cause));
    msg->listeners = wp_calloc(2, sizeof(msg->listeners[0]));
    msg->listener_count = 2;
    msg->listeners[0].fd = -1; /* the receiver kept this one */
    msg->listeners[1].fd = dropped;
    wp_msg_free(&msg);
    assert_null(msg);
    wp_msg_free(&msg);
    assert_true(fcntl(kept, F_GETFD) >= 0);
    assert_int_equal(fcntl(dropped, F_GETFD), -1);
    assert_int_equal(atomic_load(&view->refs), 1);
    wp_view_unref(&view);
    close(kept);
}

static void test_undelivered(void **state)
{
    struct wp_bus *bus = wp_bus_new(2);
    struct wp_msg *msg = wp_msg_new(WP_MSG_VIEW, 0);

    assert_int_equal(bus->worker_count, 2);
    assert_non_null(bus->activity);
    msg->view = wp_view_new(0, WP_VIEW_HOLD, 1, 0);
    wp_bus_to_worker(bus, 1, msg);
    wp_bus_to_control(bus, wp_msg_new(WP_MSG_WAKE, 0));
    wp_bus_to_control(bus, wp_msg_new(WP_MSG_STOPPED, 0));
    wp_bus_free(&bus);
    assert_null(bus);
    wp_bus_free(&bus);
}

#define ROUNDS 3000u

/* One thread's half of a drain handshake, over and over. */
struct peer {
    struct wp_bus *bus;
    struct wp_loop *loop;
    uint64_t epoch;
    bool is_right;
};

static void on_worker(void *context, struct wp_mail *mail)
{
    struct peer *worker = context;
    struct wp_msg *msg = wp_msg_of(mail), *ack;

    if (msg->type == WP_MSG_QUIT) {
        wp_loop_stop(worker->loop);
    } else {
        worker->is_right &= msg->type == WP_MSG_DRAIN && msg->epoch == ++worker->epoch &&
                            msg->view->epoch == msg->epoch;
        ack = wp_msg_new(WP_MSG_DRAIN_ACK, msg->trace);
        ack->epoch = msg->epoch;
        wp_bus_to_control(worker->bus, ack);
    }
    wp_msg_free(&msg);
}

static void send_drain(struct peer *control)
{
    struct wp_msg *msg = wp_msg_new(WP_MSG_DRAIN, 7);

    msg->epoch = ++control->epoch;
    msg->view = wp_view_new(7, WP_VIEW_HOLD, msg->epoch, 0);
    wp_bus_to_worker(control->bus, 0, msg);
}

static void on_control(void *context, struct wp_mail *mail)
{
    struct peer *control = context;
    struct wp_msg *msg = wp_msg_of(mail);

    control->is_right &=
        msg->type == WP_MSG_DRAIN_ACK && msg->epoch == control->epoch && msg->trace == 7;
    wp_msg_free(&msg);
    if (control->epoch < ROUNDS) {
        send_drain(control);
    } else {
        wp_bus_to_worker(control->bus, 0, wp_msg_new(WP_MSG_QUIT, 0));
        wp_loop_stop(control->loop);
    }
}

static void *run_loop(void *context)
{
    wp_loop_run(context);
    return NULL;
}

static void test_both_ways(void **state)
{
    struct wp_bus *bus = wp_bus_new(1);
    struct peer control = {.bus = bus, .loop = wp_loop_new(), .is_right = true};
    struct peer worker = {.bus = bus, .loop = wp_loop_new(), .is_right = true};
    pthread_t thread;

    wp_mailbox_attach(bus->control, control.loop, on_control, &control);
    wp_mailbox_attach(bus->workers[0], worker.loop, on_worker, &worker);
    send_drain(&control);
    assert_int_equal(pthread_create(&thread, NULL, run_loop, worker.loop), 0);
    wp_loop_run(control.loop);
    pthread_join(thread, NULL);
    assert_true(control.is_right && worker.is_right);
    assert_int_equal(worker.epoch, ROUNDS);
    wp_bus_free(&bus);
    wp_loop_free(&control.loop);
    wp_loop_free(&worker.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_msg_drops_all),
        cmocka_unit_test(test_undelivered),
        cmocka_unit_test(test_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
