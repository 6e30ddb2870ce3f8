/*
 * store.h - what must survive a restart: the last activity of each trace, in
 * state_dir/state.json. Control thread; a thread of its own writes the file.
 */
#ifndef WAKEPROXY_CONTROL_STORE_H
#define WAKEPROXY_CONTROL_STORE_H

#include "control_impl.h"

/* Reads what there is (blocking: before the loop runs) and starts the writing thread. NULL with
 * *err when the directory cannot be made or written. */
struct wp_store *wp_store_new(struct wp_control *control, const char *state_dir,
                              struct wp_err *err);
/* Writes a last, "clean" state, waits for it, and ends the thread. */
void wp_store_close(struct wp_store **store);

/* Wall time before which the trace was not used last, as far as is known; 0 when it is not known.
 * `store` may be NULL. */
uint64_t wp_store_last_activity(const struct wp_store *store, const char *name);
/* The traces of the first configuration are known: from now on the file says that what it tells
 * may be incomplete, until wp_store_close(). */
void wp_store_begin(struct wp_store *store);
/* Something happened: look at all traces soon, and every 10 s while one is awake. */
void wp_store_touch(struct wp_store *store);

#endif
