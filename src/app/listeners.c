/*
 * listeners.c - the listening sockets, kept open across reloads.
 *
 * Thread:    main.
 * Owns:      one socket per listener and worker. Workers get dup()s, so that a listener that stays
 *            never stops listening, and one that leaves is closed when the last holder lets go.
 * Invariant: a listener keeps its id as long as its configured address stays. Ids are not reused.
 * Invariant: applying a configuration either works as a whole or changes nothing.
 * Not here:  accepting (worker), when to apply (cmd_serve.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wakeproxy/net/sock.h"

#include "app.h"

struct entry {
    struct wp_addr wanted; /* as configured: port 0 means any */
    struct wp_addr bound;
    uint32_t id;
    int *fds; /* one per worker */
    bool is_kept;
};

struct wp_listener_table {
    unsigned workers;
    uint32_t next_id;
    struct entry *entries;
    uint32_t count;
};

struct wp_listener_table *wp_listeners_new(unsigned workers)
{
    struct wp_listener_table *table = wp_calloc(1, sizeof(*table));

    table->workers = workers;
    return table;
}

static void close_entry(struct entry *entry, unsigned workers)
{
    for (unsigned i = 0; i < workers; i++) {
        close(entry->fds[i]);
    }
    free(entry->fds);
}

void wp_listeners_free(struct wp_listener_table **ref)
{
    struct wp_listener_table *table = *ref;

    if (!table) {
        return;
    }
    *ref = NULL;
    for (uint32_t i = 0; i < table->count; i++) {
        close_entry(&table->entries[i], table->workers);
    }
    free(table->entries);
    free(table);
}

static struct entry *find_unused(struct wp_listener_table *table, const struct wp_addr *wanted)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct entry *entry = &table->entries[i];
        if (!entry->is_kept && wp_addr_eq(&entry->wanted, wanted)) {
            return entry;
        }
    }
    return NULL;
}

static int open_entry(struct wp_listener_table *table, const struct wp_conf_listen *listen,
                      struct entry *ret_entry, struct wp_err *err)
{
    struct wp_err cause = {.text = ""};
    struct entry entry = {.wanted = listen->addr};
    int result;

    entry.fds = wp_calloc(table->workers, sizeof(*entry.fds));
    result = wp_sock_listen(&listen->addr, table->workers, entry.fds, &entry.bound, &cause);
    if (result < 0) {
        free(entry.fds);
        return wp_err_set(err, result, "cannot listen on %s", cause.text);
    }
    entry.id = table->next_id++;
    *ret_entry = entry;
    return 0;
}

void wp_listeners_drop(struct wp_listener_fd **shared, unsigned workers, uint32_t count)
{
    for (unsigned i = 0; shared && i < workers; i++) {
        for (uint32_t j = 0; shared[i] && j < count; j++) {
            if (shared[i][j].fd >= 0) {
                close(shared[i][j].fd);
            }
        }
        free(shared[i]);
    }
    free(shared);
}

static struct wp_listener_fd **share(const struct entry *entries, uint32_t count, unsigned workers,
                                     struct wp_err *err)
{
    struct wp_listener_fd **shared = wp_calloc(workers, sizeof(struct wp_listener_fd *));
    int error = 0;

    for (unsigned i = 0; i < workers; i++) {
        shared[i] = wp_calloc(count + 1, sizeof(struct wp_listener_fd));
        for (uint32_t j = 0; j < count; j++) {
            shared[i][j].fd = error ? -1 : fcntl(entries[j].fds[i], F_DUPFD_CLOEXEC, 0);
            shared[i][j].bound = entries[j].bound;
            shared[i][j].id = entries[j].id;
            if (!error && shared[i][j].fd < 0) {
                error = errno;
            }
        }
    }
    if (error) {
        wp_listeners_drop(shared, workers, count);
        wp_err_errno(err, error, "cannot hand the listeners to the workers");
        return NULL;
    }
    return shared;
}

/* Closes the listeners of the former table that the new one does not have. */
static void commit(struct wp_listener_table *table, struct entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->entries[i].is_kept) {
            close_entry(&table->entries[i], table->workers);
        }
    }
    free(table->entries);
    table->entries = entries;
    table->count = count;
    for (uint32_t i = 0; i < count; i++) {
        entries[i].is_kept = false;
    }
}

static void abandon(struct wp_listener_table *table, struct entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!entries[i].is_kept) {
            close_entry(&entries[i], table->workers);
        }
    }
    free(entries);
    for (uint32_t i = 0; i < table->count; i++) {
        table->entries[i].is_kept = false;
    }
}

struct wp_listener_fd **wp_listeners_apply(struct wp_listener_table *table,
                                           const struct wp_conf *conf, uint32_t *ret_count,
                                           struct wp_err *err)
{
    struct entry *entries = wp_calloc(conf->http_count + 1, sizeof(*entries));
    struct wp_listener_fd **shared;
    uint32_t count = 0;

    for (size_t i = 0; i < conf->http_count; i++) {
        struct entry *kept = find_unused(table, &conf->http[i].addr);
        if (kept) {
            kept->is_kept = true;
            entries[count] = *kept;
        } else if (open_entry(table, &conf->http[i], &entries[count], err) < 0) {
            abandon(table, entries, count);
            return NULL;
        }
        count++;
    }
    shared = share(entries, count, table->workers, err);
    if (!shared) {
        abandon(table, entries, count);
        return NULL;
    }
    commit(table, entries, count);
    *ret_count = count;
    return shared;
}

uint32_t wp_listeners_count(const struct wp_listener_table *table)
{
    return table->count;
}

struct wp_addr wp_listeners_bound(const struct wp_listener_table *table, uint32_t index)
{
    return table->entries[index].bound;
}
