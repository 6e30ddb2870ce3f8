/*
 * views.h - what this worker knows of traces, and the messages that change it.
 */
#ifndef WAKEPROXY_WORKER_VIEWS_H
#define WAKEPROXY_WORKER_VIEWS_H

#include "state.h"

/* The slot of a trace, made on first use. */
struct wp_trace_slot *wp_trace_slot_of(struct wp_worker *worker, uint32_t index);
/* Receives every message of the worker's mailbox. */
void wp_worker_deliver(void *context, struct wp_mail *mail);
/* Frees all slots; no exchange is left. */
void wp_traces_fini(struct wp_worker *worker);
/* Posts STOPPED and stops the loop when nothing is left to do. */
void wp_worker_check_quit(struct wp_worker *worker);

#endif
