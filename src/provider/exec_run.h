/*
 * exec_run.h - one run of one command of an `exec` part: its timeout, its last line, its verdict.
 */
#ifndef WP_PROVIDER_EXEC_RUN_H
#define WP_PROVIDER_EXEC_RUN_H

#include "child.h"
#include "wakeproxy/provider/provider.h"

#define WP_EXEC_TEXT_SIZE 512

/* What came of a run, in the end. */
struct wp_exec_result {
    bool is_timed_out;
    bool has_failed_exec;
    int status;                   /* exit status; -1 with a signal or is_timed_out */
    char text[WP_EXEC_TEXT_SIZE]; /* why, in plain words: the last line, or how it ended */
};

/* Embedded in a part; reused for run after run. */
struct wp_exec_run {
    struct wp_child *child; /* NULL: not running */
    struct wp_timer timer;
    enum wp_provider_op op;
    uint64_t timeout_ms;
    bool is_timed_out;
    uint64_t began_ms;
    char command[128]; /* its first word, for messages */
    char last_line[WP_EXEC_TEXT_SIZE / 2];
    /* The run is over; it may be begun again from here. */
    void (*done)(struct wp_exec_run *run, const struct wp_exec_result *result);
};

void wp_exec_run_init(struct wp_exec_run *run, struct wp_loop *loop,
                      void (*done)(struct wp_exec_run *run, const struct wp_exec_result *result));

/*
 * Starts the command. `children` is the list on which the child stays until it is gone, also after
 * the run was given up. 0 or -errno (done() is not called).
 */
int wp_exec_run_begin(struct wp_exec_run *run, enum wp_provider_op op,
                      const struct wp_conf_part *conf, const char *label, struct wp_list *children,
                      struct wp_err *err) WP_MUST_CHECK;

/* Ends the command without done(): status at once, others after a SIGTERM. */
void wp_exec_run_cancel(struct wp_exec_run *run);

/* The table of exit statuses of start and stop commands: docs/providers.md. */
enum wp_outcome wp_exec_outcome(const struct wp_exec_result *result);

#endif
