/*
 * harness.h - what the provider tests share: a loop, a sink that remembers, and waiting for
 * conditions instead of sleeping.
 */
#ifndef WP_TEST_PROVIDER_HARNESS_H
#define WP_TEST_PROVIDER_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wakeproxy/provider/provider.h"

struct seen {
    bool is_completion;
    uint64_t token;
    enum wp_provider_op op;
    enum wp_outcome outcome;
    enum wp_part_state state;
    uint32_t address_count;
    char text[512]; /* reason or detail, "" for NULL */
};

struct harness {
    struct wp_loop *loop;
    struct wp_provider *provider;
    struct seen *seen;
    size_t seen_count, seen_capacity;
    bool is_inside_call; /* set by tests around calls: a report then is a failure */
    char folder[64];     /* a fresh temporary folder */
};

void harness_open(struct harness *h, enum wp_provider_kind kind, const char *state_dir);
/* Frees the provider and the loop, removes the folder. */
void harness_close(struct harness *h);
/* Only the provider: the loop stays for the next. */
void harness_new_provider(struct harness *h, enum wp_provider_kind kind, const char *state_dir);

/* Runs the loop until the condition holds; fails the test after 20 s. */
void harness_wait(struct harness *h, bool (*holds)(void *argument), void *argument);
/* Runs the loop for a while: only to show that something does NOT happen. */
void harness_linger(struct harness *h, unsigned ms);

/* The number of the first report from `from` on that matches; SIZE_MAX when there is none. */
size_t harness_find_state(const struct harness *h, size_t from, uint64_t token,
                          enum wp_part_state state);
size_t harness_find_done(const struct harness *h, size_t from, uint64_t token,
                         enum wp_provider_op op);
/* Wait for it, and return it. */
const struct seen *harness_wait_state(struct harness *h, size_t from, uint64_t token,
                                      enum wp_part_state state);
const struct seen *harness_wait_done(struct harness *h, size_t from, uint64_t token,
                                     enum wp_provider_op op);

/* Wait for a file to exist, and for a process to be gone (a zombie is gone). */
void harness_wait_file(struct harness *h, const char *path);
void harness_wait_gone(struct harness *h, int pid);
bool process_is_gone(int pid);
/* The number in a file, which exists. */
int read_number(const char *path);
/* The whole file, NUL-terminated, owned by the caller. */
char *read_file(const char *path);

/* A command of sh -c; the script is formatted. Owned by the test, see command_free(). */
void command_set(struct wp_conf_strings *command, const char *format, ...) WP_PRINTF(2, 3);
void command_free(struct wp_conf_strings *command);

#endif
