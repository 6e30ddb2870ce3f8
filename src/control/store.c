/*
 * store.c - keeps the last activity of each trace across restarts.
 *
 * Thread:    control decides and makes the text; a writing thread of its own (a loop with a
 *            mailbox) does the blocking work: write, fsync, rename.
 * Owns:      the file state_dir/state.json and what it said at the start.
 * Invariant: the file is replaced as a whole; a torn one cannot be seen. One that cannot be read
 *            as ours is logged, left aside and counts as absent.
 * Invariant: after a crash a trace is never stopped early. What happened in the last moments
 *            before it is not in the file, so an unclean file's times are moved up to the last
 *            moment in which something may have happened unseen. The file is unclean from the
 *            start of the thread to its orderly end.
 * Invariant: no timer while every trace is at rest.
 * Not here:  what follows from a last activity (trace_table.c).
 *
 * {"version":1,"clean":false,"traces":{"shop-qa":{"last_activity_ms":1795200000000}}}
 * The time of the file itself is renewed on every look, so that it tells when we last lived.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/log.h"
#include "wakeproxy/net/mailbox.h"

#define LOOK_EVERY_MS 10000u
/* An unclean end hides what happened after the last look, and the last look itself when the
 * machine went down with us. */
#define UNSEEN_MS    (LOOK_EVERY_MS + 5000u)
#define FILE_VERSION 1

struct wp_store {
    struct wp_control *control;
    char *path, *temporary;
    json_t *past; /* name -> last activity wall ms, as read */
    struct wp_timer timer;
    /* The writing thread. */
    struct wp_loop *loop;
    struct wp_mailbox *box;
    pthread_t thread;
    bool has_failed; /* written by the writing thread only */
};

/* One piece of work for the writing thread. */
struct job {
    struct wp_mail mail; /* first */
    char *text;          /* NULL: only renew the file's time */
    bool is_last;
};

/* ---- the writing thread ----------------------------------------------------------------- */

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t done = write(fd, text, left);
        if (done < 0 && errno != EINTR) {
            return -errno;
        }
        if (done > 0) {
            text += done;
            left -= (size_t)done;
        }
    }
    return fsync(fd) < 0 ? -errno : 0;
}

static int replace_file(const struct wp_store *store, const char *text)
{
    int fd = open(store->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int result;

    if (fd < 0) {
        return -errno;
    }
    result = write_all(fd, text);
    close(fd);
    if (result == 0 && rename(store->temporary, store->path) < 0) {
        result = -errno;
    }
    if (result < 0) {
        unlink(store->temporary);
    }
    return result;
}

static void do_job(void *context, struct wp_mail *mail)
{
    struct wp_store *store = context;
    struct job *job = WP_CONTAINER_OF(mail, struct job, mail);
    int result = 0;

    if (job->text) {
        result = replace_file(store, job->text);
    } else if (utimensat(AT_FDCWD, store->path, NULL, 0) < 0 && errno != ENOENT) {
        result = -errno;
    }
    if (result < 0 && !store->has_failed) {
        wp_log(WP_LOG_ERROR, "store.failed", "path:s reason:s", store->path, strerror(-result));
    }
    store->has_failed = result < 0;
    if (job->is_last) {
        wp_loop_stop(store->loop);
    }
    free(job->text);
    free(job);
}

static void *run(void *context)
{
    struct wp_store *store = context;

    wp_loop_run(store->loop);
    return NULL;
}

static void post(struct wp_store *store, char *text, bool is_last)
{
    struct job *job = wp_calloc(1, sizeof(*job));

    wp_list_init(&job->mail.link);
    job->text = text;
    job->is_last = is_last;
    wp_mailbox_post(store->box, &job->mail);
}

/* ---- what is written -------------------------------------------------------------------- */

/* The last activity as wall time; `now` when something is going on. 0: none is known. */
static uint64_t last_activity(struct wp_control_trace *trace)
{
    uint64_t now_ms = wp_loop_now_ms(trace->control->loop);
    uint64_t last_ms = wp_trace_last_activity_ms(trace->engine);
    struct wp_event counted = wp_idle_read(trace);
    uint64_t wall_ms = wp_clock_wall_ms();

    if (counted.active > 0) {
        return wall_ms;
    }
    last_ms = last_ms > counted.last_ms ? last_ms : counted.last_ms;
    if (last_ms == 0 || last_ms > now_ms) {
        return last_ms == 0 ? 0 : wall_ms;
    }
    return wall_ms - (now_ms - last_ms);
}

/* Brings stored_wall_ms up to date; true when one changed by more than the clocks' rounding. */
static bool collect(struct wp_store *store, bool *ret_is_any_up)
{
    struct wp_control *control = store->control;
    bool has_changed = false;

    *ret_is_any_up = false;
    for (size_t i = 0; i < control->trace_count; i++) {
        struct wp_control_trace *trace = control->traces[i];
        uint64_t last_ms;
        if (!trace->engine || trace->part_count == 0) {
            continue;
        }
        *ret_is_any_up |= wp_trace_phase(trace->engine) == WP_PHASE_AWAKE ||
                          wp_trace_phase(trace->engine) == WP_PHASE_DRAINING;
        last_ms = last_activity(trace);
        if (last_ms > trace->stored_wall_ms + 50) {
            trace->stored_wall_ms = last_ms;
            has_changed = true;
        }
    }
    return has_changed;
}

static char *make_text(const struct wp_store *store, bool is_clean)
{
    struct wp_control *control = store->control;
    json_t *root = json_object();
    json_t *traces = json_object();
    char *text;

    for (size_t i = 0; i < control->trace_count; i++) {
        const struct wp_control_trace *trace = control->traces[i];
        uint64_t last_ms = trace->stored_wall_ms;
        if (!trace->engine || trace->part_count == 0) {
            continue;
        }
        if (last_ms == 0) {
            last_ms = wp_store_last_activity(store, trace->name);
        }
        if (last_ms > 0) {
            json_t *entry = json_object();
            json_object_set_new(entry, "last_activity_ms", json_integer((json_int_t)last_ms));
            json_object_set_new(traces, trace->name, entry);
        }
    }
    json_object_set_new(root, "version", json_integer(FILE_VERSION));
    json_object_set_new(root, "clean", json_boolean(is_clean));
    json_object_set_new(root, "traces", traces);
    text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

static void look(struct wp_timer *timer)
{
    struct wp_store *store = WP_CONTAINER_OF(timer, struct wp_store, timer);
    bool is_any_up;
    bool has_changed = collect(store, &is_any_up);

    if (has_changed) {
        post(store, make_text(store, false), false);
    } else {
        post(store, NULL, false);
    }
    if (is_any_up) {
        wp_timer_set(&store->timer, wp_loop_now_ms(store->control->loop) + LOOK_EVERY_MS);
    }
}

void wp_store_begin(struct wp_store *store)
{
    if (store) {
        post(store, make_text(store, false), false);
    }
}

void wp_store_touch(struct wp_store *store)
{
    if (store && store->timer.due_ms == WP_NEVER) {
        wp_timer_set(&store->timer, wp_loop_now_ms(store->control->loop) + LOOK_EVERY_MS);
    }
}

/* ---- what is read ----------------------------------------------------------------------- */

/* The newest moment in which something may have happened that the file does not tell. */
static uint64_t unseen_until(const struct stat *status)
{
    return (uint64_t)status->st_mtim.tv_sec * 1000 + (uint64_t)status->st_mtim.tv_nsec / 1000000 +
           UNSEEN_MS;
}

static void take_past(struct wp_store *store, json_t *traces, uint64_t floor_ms)
{
    const char *name;
    json_t *entry;

    json_object_foreach(traces, name, entry)
    {
        json_t *last = json_object_get(entry, "last_activity_ms");
        json_int_t value = json_integer_value(last);
        if (!json_is_integer(last) || value <= 0) {
            continue;
        }
        if ((uint64_t)value < floor_ms) {
            value = (json_int_t)floor_ms;
        }
        json_object_set_new(store->past, name, json_integer(value));
    }
}

static void read_past(struct wp_store *store)
{
    json_error_t error;
    struct stat status;
    json_t *root, *traces;

    if (stat(store->path, &status) < 0) {
        return; /* the first start */
    }
    root = json_load_file(store->path, JSON_REJECT_DUPLICATES, &error);
    traces = json_object_get(root, "traces");
    if (!json_is_object(traces) ||
        json_integer_value(json_object_get(root, "version")) != FILE_VERSION) {
        wp_log(WP_LOG_WARN, "store.unreadable", "path:s reason:s", store->path,
               root ? "not a state file of this version" : error.text);
    } else {
        bool is_clean = json_is_true(json_object_get(root, "clean"));
        take_past(store, traces, is_clean ? 0 : unseen_until(&status));
    }
    json_decref(root);
}

uint64_t wp_store_last_activity(const struct wp_store *store, const char *name)
{
    return store ? (uint64_t)json_integer_value(json_object_get(store->past, name)) : 0;
}

/* ---- life ------------------------------------------------------------------------------- */

static int prepare(const struct wp_store *store, const char *state_dir, struct wp_err *err)
{
    if (mkdir(state_dir, 0700) < 0 && errno != EEXIST) {
        return wp_err_errno(err, errno, "cannot make state_dir %s", state_dir);
    }
    if (access(state_dir, R_OK | W_OK | X_OK) < 0) {
        return wp_err_errno(err, errno, "cannot use state_dir %s", state_dir);
    }
    if (unlink(store->temporary) < 0 && errno != ENOENT) {
        return wp_err_errno(err, errno, "cannot remove %s", store->temporary);
    }
    return 0;
}

static int start_thread(struct wp_store *store, struct wp_err *err)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&store->thread, NULL, run, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return wp_err_errno(err, error, "cannot start the thread that keeps the state");
    }
    pthread_setname_np(store->thread, "wp-store");
    return 0;
}

static void destroy(struct wp_store *store)
{
    wp_mailbox_free(&store->box);
    wp_loop_free(&store->loop);
    wp_timer_fini(&store->timer);
    json_decref(store->past);
    free(store->path);
    free(store->temporary);
    free(store);
}

struct wp_store *wp_store_new(struct wp_control *control, const char *state_dir, struct wp_err *err)
{
    struct wp_store *store = wp_calloc(1, sizeof(*store));

    store->control = control;
    store->path = wp_asprintf("%s/state.json", state_dir);
    store->temporary = wp_asprintf("%s/state.json.tmp", state_dir);
    store->past = json_object();
    store->loop = wp_loop_new();
    store->box = wp_mailbox_new();
    wp_timer_init(&store->timer, control->loop, look);
    wp_mailbox_attach(store->box, store->loop, do_job, store);
    if (prepare(store, state_dir, err) < 0) {
        goto fail;
    }
    read_past(store);
    if (start_thread(store, err) < 0) {
        goto fail;
    }
    return store;
fail:
    wp_mailbox_detach(store->box);
    destroy(store);
    return NULL;
}

void wp_store_close(struct wp_store **ref)
{
    struct wp_store *store = *ref;
    bool is_any_up;

    if (!store) {
        return;
    }
    *ref = NULL;
    if (store->control->is_started) {
        collect(store, &is_any_up);
        post(store, make_text(store, true), true);
    } else {
        post(store, NULL, true); /* nothing was learnt: what is kept stays */
    }
    pthread_join(store->thread, NULL);
    wp_mailbox_detach(store->box);
    destroy(store);
}
