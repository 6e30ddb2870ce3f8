/*
 * worker.c - a worker's life: made, started, run, joined.
 *
 * Thread:    wp_worker_new() and wp_worker_join() on the starting thread; everything else here on
 *            the worker's own.
 * Owns:      the loop, buffers, listeners, conns, upstream connections and trace slots.
 *
 * A worker knows nothing of control: it learns routes, listeners and views from its mailbox and
 * tells what it needs through the bus.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "conn.h"
#include "acceptor.h"
#include "views.h"

struct wp_worker *wp_worker_new(struct wp_bus *bus, unsigned index)
{
    struct wp_worker *worker = wp_calloc(1, sizeof(*worker));
    worker->index = index;
    worker->bus = bus;
    worker->mailbox = bus->workers[index];
    worker->loop = wp_loop_new();
    worker->bufs = wp_buf_pool_new();
    worker->pipes = wp_pipe_pool_new();
    wp_tick_init(&worker->tick, worker->loop);
    wp_list_init(&worker->conns);
    wp_id_source_init(&worker->ids);
    worker->listeners = wp_acceptors_new(worker);
    wp_mailbox_attach(worker->mailbox, worker->loop, wp_worker_deliver, worker);
    return worker;
}

static void *run(void *arg)
{
    struct wp_worker *worker = arg;
    char name[16];
    snprintf(name, sizeof(name), "wp-worker-%u", worker->index % 1000);
    pthread_setname_np(pthread_self(), name);
    wp_loop_run(worker->loop);
    return NULL;
}

int wp_worker_start(struct wp_worker *worker)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int error = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    worker->has_thread = error == 0;
    return -error;
}

void wp_worker_join(struct wp_worker **worker_ptr)
{
    struct wp_worker *worker = *worker_ptr;
    if (worker == NULL) {
        return;
    }
    if (worker->has_thread) {
        pthread_join(worker->thread, NULL);
    }
    wp_mailbox_detach(worker->mailbox);
    while (!wp_list_is_empty(&worker->conns)) {
        wp_conn_close(WP_CONTAINER_OF(worker->conns.next, struct wp_conn, link));
    }
    wp_traces_fini(worker);
    wp_acceptors_free(&worker->listeners);
    wp_tick_fini(&worker->tick);
    wp_loop_free(&worker->loop); /* runs what was deferred */
    while (worker->spare_exchanges != NULL) {
        struct wp_exchange *exchange = worker->spare_exchanges;
        worker->spare_exchanges = exchange->next_spare;
        free(exchange);
    }
    wp_buf_pool_free(&worker->bufs);
    wp_pipe_pool_free(&worker->pipes);
    wp_routes_unref(&worker->routes);
    free(worker);
    *worker_ptr = NULL;
}
