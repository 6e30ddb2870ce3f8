/*
 * probe_house.h - what the prober's tests share: a server and a prober on one loop, so that what
 * happens between two attempts is under the test's control.
 */
#ifndef WP_TEST_PROBE_HOUSE_H
#define WP_TEST_PROBE_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe.h"

#define ANSWERS_MAX 16
#define HUNG_MAX    64

struct probe_server {
    int fd;
    struct event event;
    bool is_listening;
    /* What the n-th conn gets; the last one goes on for ever. NULL: nothing, it hangs. */
    const char *answers[ANSWERS_MAX];
    size_t answer_count, accepted;
    int hung[HUNG_MAX];
    size_t hung_count;
};

struct probe_house {
    struct wp_loop *loop;
    struct wp_conf_ready ready;
    struct wp_probe *probe;
    struct wp_addr addr;
    struct probe_server server;
    struct wp_timer look;
    bool (*holds)(struct probe_house *f);
    uint64_t deadline_ms;
    bool is_fulfilled;
    bool want_free; /* free the prober in the next report */
    size_t reports;
    bool is_ok;
    char reason[256];
    uint64_t wanted; /* for conditions */
};

/* From now on the port accepts, and conns get their answers. */
void probe_house_listen(struct probe_house *f);
/* Conns that hang and were not closed by the prober. */
size_t probe_house_count_open(const struct probe_server *server);
/* Runs the loop until the condition holds, at most so long; whether it holds. */
bool probe_house_run(struct probe_house *f, bool (*holds)(struct probe_house *f), uint64_t for_ms);
/* The same for 20 s, or the test fails. */
void probe_house_wait(struct probe_house *f, bool (*holds)(struct probe_house *f));
/* A prober that is OFF, and a port that refuses. */
void probe_house_open(struct probe_house *f, enum wp_probe_kind kind);
void probe_house_close(struct probe_house *f);
/* Conditions; `wanted` is the number that counts. */
bool probe_is_reported(struct probe_house *f);
bool probe_house_is_ok(struct probe_house *f);
bool probe_has_attempts(struct probe_house *f);
bool probe_has_accepted(struct probe_house *f);
/* The last reason is the text with the address appended. */
void probe_expect_reason(struct probe_house *f, const char *format);

#endif
