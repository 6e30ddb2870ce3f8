/*
 * log.c - the sink: one buffer for all threads, one thread that writes it out.
 *
 * Thread:    any may hand in lines; the sink's own thread does all writing, so that no loop waits
 *            for a slow reader. wp_log_open() and wp_log_close() belong to the main thread.
 * Owns:      two buffers (lines gather in `filling` while the thread writes `writing`), the thread.
 *            Not the descriptor.
 * Invariant: lines are whole and in the order in which they were handed in; where lines were
 *            dropped, "log.dropped" stands in their place with their number.
 * Invariant: the thread sleeps without a timeout while nothing waits. The first line wakes it;
 *            unless a line is urgent it then gathers for BATCH_MS, so that a busy proxy pays for
 *            one write per batch instead of one per line.
 * Invariant: nobody waits for ever: a sink that takes no bytes holds up wp_log_flush() and
 *            wp_log_close() for at most STALL_MS, then its lines are given up.
 * Not here:  rotation, files, syslog: the descriptor is whatever the process was given. Forked
 *            children must not log: the thread is not theirs and the mutex may be held.
 */
#include "wakeproxy/base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log_text.h"
#include "wakeproxy/base/clock.h"

#define SINK_BYTES (1024u * 1024u)
#define BATCH_MS   20u
#define STALL_MS   2000u
#define POLL_MS    100

struct buffer {
    char *bytes;
    size_t used;
};

/* The process's one global. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t work;    /* for the thread: lines wait, or are urgent, or the end has come */
    pthread_cond_t written; /* for wp_log_flush() */
    struct buffer filling;
    uint64_t taken, done; /* bytes ever handed in; bytes written or given up */
    uint64_t dropped;     /* lines, since last told */
    bool is_open, is_urgent, is_closing;
    int fd;
    pthread_t thread;
    _Atomic uint64_t give_up_ms;  /* monotonic; 0 until wp_log_close() */
    atomic_bool has_format, json; /* `json` counts once a format was chosen */
    atomic_int level;
} sink = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .level = WP_LOG_INFO,
};

/* Writes what can be written without a sink; used before opening and after closing. */
static void write_directly(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, count);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; /* there is nowhere left to complain */
        }
        bytes += written;
        count -= (size_t)written;
    }
}

/* Waits until the descriptor takes bytes. False when it is broken, or too slow for an end. */
static bool wait_writable(void)
{
    for (;;) {
        uint64_t give_up_ms = atomic_load_explicit(&sink.give_up_ms, memory_order_relaxed);
        bool is_late = give_up_ms != 0 && wp_clock_mono_ms() >= give_up_ms;
        struct pollfd entry = {.fd = sink.fd, .events = POLLOUT};
        int count = poll(&entry, 1, is_late ? 0 : POLL_MS);

        if (count > 0) {
            return (entry.revents & POLLOUT) != 0;
        }
        if (is_late || (count < 0 && errno != EINTR)) {
            return false;
        }
    }
}

/*
 * Writes a batch; returns how much was written. `chunk` is what a descriptor that polls writable
 * takes without blocking: a pipe promises one page, a file anything.
 */
static size_t write_batch(const struct buffer *batch, size_t chunk)
{
    size_t at = 0;

    while (at < batch->used) {
        size_t count = batch->used - at < chunk ? batch->used - at : chunk;
        ssize_t written;

        if (!wait_writable()) {
            break;
        }
        written = write(sink.fd, batch->bytes + at, count);
        if (written > 0) {
            at += (size_t)written;
        } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
            break;
        }
    }
    return at;
}

static uint64_t count_lines(const char *bytes, size_t count)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < count; i++) {
        lines += bytes[i] == '\n';
    }
    return lines;
}

/* Ends the line's text. There is always room: log_line.c keeps it free. */
static void finish_line(struct wp_log_line *line)
{
    char *at = line->text + line->used;
    const char *limit = line->text + sizeof(line->text);

    if (line->is_cut) {
        at = wp_log_text_raw(at, limit,
                             line->json ? WP_SLICE(",\"cut\":true") : WP_SLICE(" cut=true"));
    }
    at = wp_log_text_raw(at, limit, line->json ? WP_SLICE("}\n") : WP_SLICE("\n"));
    line->used = (uint32_t)(at - line->text);
}

/* Appends a finished line. Under the mutex. */
static void gather(const struct wp_log_line *line)
{
    if (SINK_BYTES - sink.filling.used < line->used) {
        sink.dropped++;
        return;
    }
    memcpy(sink.filling.bytes + sink.filling.used, line->text, line->used);
    sink.filling.used += line->used;
    sink.taken += line->used;
}

/* Under the mutex, when there is room again. */
static void report_dropped(void)
{
    struct wp_log_line line;

    if (sink.dropped == 0) {
        return;
    }
    wp_log_begin(&line, WP_LOG_WARN, "log.dropped");
    wp_log_u64(&line, "count", sink.dropped);
    finish_line(&line);
    sink.dropped = 0;
    gather(&line);
}

static struct timespec mono_after(uint64_t wait_ms)
{
    struct timespec due;

    clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += (time_t)(wait_ms / 1000);
    due.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (due.tv_nsec >= 1000000000) {
        due.tv_sec++;
        due.tv_nsec -= 1000000000;
    }
    return due;
}

static bool must_write_now(void)
{
    return sink.is_urgent || sink.is_closing || sink.filling.used > SINK_BYTES / 2;
}

/* Sleeps until there is something to write. Under the mutex; false at the end. */
static bool wait_for_work(void)
{
    struct timespec due;

    while (sink.filling.used == 0 && !sink.is_closing) {
        pthread_cond_wait(&sink.work, &sink.mutex);
    }
    if (sink.filling.used == 0) {
        report_dropped(); /* the last chance to tell */
    }
    due = mono_after(BATCH_MS);
    while (!must_write_now() &&
           pthread_cond_timedwait(&sink.work, &sink.mutex, &due) != ETIMEDOUT) {
    }
    return sink.filling.used > 0;
}

static void *run_writer(void *context)
{
    struct buffer writing = {wp_malloc(SINK_BYTES), 0};
    uint64_t lost = 0; /* lines that could not be written, to be told when writing works again */
    struct stat status;
    size_t chunk = 4096;

    if (fstat(sink.fd, &status) == 0 && S_ISREG(status.st_mode)) {
        chunk = SINK_BYTES;
    }
    pthread_mutex_lock(&sink.mutex);
    while (wait_for_work()) {
        struct buffer batch = sink.filling;
        size_t written;

        writing.used = 0;
        sink.filling = writing;
        sink.is_urgent = false;
        report_dropped();
        pthread_mutex_unlock(&sink.mutex);
        written = write_batch(&batch, chunk);
        pthread_mutex_lock(&sink.mutex);

        if (written < batch.used) {
            lost += count_lines(batch.bytes + written, batch.used - written);
        } else {
            sink.dropped += lost;
            lost = 0;
        }
        sink.done += batch.used;
        writing = batch;
        pthread_cond_broadcast(&sink.written);
    }
    pthread_mutex_unlock(&sink.mutex);
    free(writing.bytes);
    return NULL;
}

static bool format_is_json(enum wp_log_format format, int fd)
{
    switch (format) {
    case WP_LOG_FORMAT_AUTO:
        return isatty(fd) == 0;
    case WP_LOG_FORMAT_JSON:
        return true;
    case WP_LOG_FORMAT_TEXT:
        return false;
    }
    return true;
}

bool wp_log_is_json(void)
{
    if (atomic_load_explicit(&sink.has_format, memory_order_acquire)) {
        return atomic_load_explicit(&sink.json, memory_order_relaxed);
    }
    return format_is_json(WP_LOG_FORMAT_AUTO, STDERR_FILENO);
}

bool wp_log_enabled(enum wp_log_level level)
{
    return (int)level >= atomic_load_explicit(&sink.level, memory_order_relaxed);
}

void wp_log_configure(enum wp_log_format format, enum wp_log_level level)
{
    int fd;

    pthread_mutex_lock(&sink.mutex);
    fd = sink.is_open ? sink.fd : STDERR_FILENO;
    pthread_mutex_unlock(&sink.mutex);
    atomic_store_explicit(&sink.json, format_is_json(format, fd), memory_order_relaxed);
    atomic_store_explicit(&sink.has_format, true, memory_order_release);
    atomic_store_explicit(&sink.level, (int)level, memory_order_relaxed);
}

void wp_log_open(int fd, enum wp_log_format format, enum wp_log_level level)
{
    pthread_condattr_t monotonic;
    sigset_t all, before;

    if (sink.is_open) {
        wp_log_close();
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sink.work, &monotonic);
    pthread_cond_init(&sink.written, &monotonic);
    pthread_condattr_destroy(&monotonic);

    pthread_mutex_lock(&sink.mutex);
    sink.fd = fd;
    sink.filling = (struct buffer){wp_malloc(SINK_BYTES), 0};
    sink.taken = sink.done = sink.dropped = 0;
    sink.is_urgent = sink.is_closing = false;
    atomic_store_explicit(&sink.give_up_ms, 0, memory_order_relaxed);
    sink.is_open = true;
    pthread_mutex_unlock(&sink.mutex);
    wp_log_configure(format, level);

    /* Signals belong to other threads; SIGPIPE of a gone reader must not end the process. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&sink.thread, NULL, run_writer, NULL) != 0) {
        static const char text[] = "wakeproxy: cannot start the log's thread\n";

        write_directly(text, sizeof(text) - 1);
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(sink.thread, "log");
}

void wp_log_close(void)
{
    struct buffer rest;

    pthread_mutex_lock(&sink.mutex);
    if (!sink.is_open) {
        pthread_mutex_unlock(&sink.mutex);
        return;
    }
    sink.is_closing = true;
    atomic_store_explicit(&sink.give_up_ms, wp_clock_mono_ms() + STALL_MS, memory_order_relaxed);
    pthread_cond_signal(&sink.work);
    pthread_mutex_unlock(&sink.mutex);
    pthread_join(sink.thread, NULL);

    /* Lines handed in after the thread's last look go the direct way, as those after this call. */
    pthread_mutex_lock(&sink.mutex);
    sink.is_open = false;
    rest = sink.filling;
    sink.filling = (struct buffer){NULL, 0};
    pthread_mutex_unlock(&sink.mutex);
    write_directly(rest.bytes, rest.used);
    free(rest.bytes);
    pthread_cond_destroy(&sink.work);
    pthread_cond_destroy(&sink.written);
}

void wp_log_flush(void)
{
    struct timespec due = mono_after(STALL_MS);
    uint64_t goal;

    pthread_mutex_lock(&sink.mutex);
    goal = sink.taken;
    if (sink.is_open && sink.done < goal) {
        sink.is_urgent = true;
        pthread_cond_signal(&sink.work);
    }
    while (sink.is_open && sink.done < goal &&
           pthread_cond_timedwait(&sink.written, &sink.mutex, &due) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&sink.mutex);
}

void wp_log_end(struct wp_log_line *line)
{
    bool was_empty, was_ready;

    finish_line(line);
    pthread_mutex_lock(&sink.mutex);
    if (!sink.is_open) {
        pthread_mutex_unlock(&sink.mutex);
        write_directly(line->text, line->used);
        return;
    }
    was_empty = sink.filling.used == 0;
    was_ready = must_write_now();
    gather(line);
    sink.is_urgent |= line->is_urgent;
    if (was_empty || (!was_ready && must_write_now())) {
        pthread_cond_signal(&sink.work);
    }
    pthread_mutex_unlock(&sink.mutex);
}
