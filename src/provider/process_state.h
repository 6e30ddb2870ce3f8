/*
 * process_state.h - what must be remembered of an `outlive` process, in
 * <state_dir>/process/<label>.json, and its output in <label>.log beside it.
 */
#ifndef WP_PROVIDER_PROCESS_STATE_H
#define WP_PROVIDER_PROCESS_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wakeproxy/base/err.h"

/* Remembers a running process; makes the folders as needed. The file is replaced in one step.
 * 0 or -errno. */
int wp_process_state_save(const char *state_dir, const char *label, pid_t pid,
                          struct wp_err *err) WP_MUST_CHECK;
/* What is remembered, of this boot of the machine: false when there is nothing. Whether it still
 * runs is for the caller to find out. */
bool wp_process_state_load(const char *state_dir, const char *label, pid_t *ret_pid,
                           uint64_t *ret_start_ticks);
void wp_process_state_forget(const char *state_dir, const char *label);

/* Opens the log for appending; one that has grown over 8 MiB becomes <label>.log.1 first. A
 * descriptor or -errno. */
int wp_process_state_open_log(const char *state_dir, const char *label,
                              struct wp_err *err) WP_MUST_CHECK;

#endif
