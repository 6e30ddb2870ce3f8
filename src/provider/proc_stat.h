/*
 * proc_stat.h - the one fact of /proc/<pid>/stat that tells two processes with one pid apart.
 */
#ifndef WP_PROVIDER_PROC_STAT_H
#define WP_PROVIDER_PROC_STAT_H

#include <stdint.h>
#include <sys/types.h>

#include "wakeproxy/base/mem.h"

/* When the process started, in clock ticks since boot (field 22). 0 or -errno (-ENOENT, -ESRCH:
 * no such process). Any thread. */
int wp_proc_start_ticks(pid_t pid, uint64_t *ret_ticks) WP_MUST_CHECK;

/* The number of this boot of the machine, or "" when it cannot be read. */
#define WP_BOOT_ID_SIZE 48
void wp_proc_boot_id(char ret_id[WP_BOOT_ID_SIZE]);

#endif
