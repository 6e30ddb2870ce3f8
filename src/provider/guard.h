/*
 * guard.h - the guard process as the rest of this room sees it.
 */
#ifndef WP_PROVIDER_GUARD_H
#define WP_PROVIDER_GUARD_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Puts a process group under guard. Async-signal-safe: the child itself calls it between fork and
 * exec, so that no instant is left in which a child runs unguarded. May wait for the guard to
 * read. Harmless without a guard. */
void wp_guard_add(pid_t group);

/* The group is gone, or shall outlive us. Never waits. Control loop. */
void wp_guard_remove(pid_t group);

/* The soft limit of descriptors this process was started with, before the app raised it; false
 * when the guard was never started. Async-signal-safe. */
bool wp_guard_nofile_soft(rlim_t *ret_soft);

#endif
