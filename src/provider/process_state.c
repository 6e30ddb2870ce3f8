/*
 * process_state.c - the small files by which an `outlive` process is found again.
 *
 * Thread:    the control loop: a few hundred bytes on a local disk, written at starts and stops.
 * Owns:      the files under <state_dir>/process/.
 * Invariant: a file is written beside and renamed, so a reader sees a whole one or none. It is not
 *            synced: what a power cut loses has lost its process as well.
 * Invariant: a pid is never trusted alone; the boot id and the start time make it one process.
 * Not here:  adopting (child.c).
 */
#include "process_state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_stat.h"

#define LOG_MAX_BYTES (8 * 1024 * 1024)

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* "<state_dir>/process/<label><suffix>" with the label escaped as in URLs; owned by the caller. */
static char *make_path(const char *state_dir, const char *label, const char *suffix)
{
    char *escaped = wp_malloc(strlen(label) * 3 + 1), *at = escaped, *path;
    const char *c;

    for (c = label; *c != '\0'; c++) {
        if (is_plain(*c) && !(c == label && *c == '.')) {
            *at++ = *c;
        } else {
            at += sprintf(at, "%%%02X", (unsigned)(unsigned char)*c);
        }
    }
    *at = '\0';
    path = wp_asprintf("%s/process/%s%s", state_dir, escaped, suffix);
    free(escaped);
    return path;
}

static int make_folders(const char *state_dir, struct wp_err *err)
{
    char *folder = wp_asprintf("%s/process", state_dir);
    int r = 0;

    if ((mkdir(state_dir, 0750) < 0 && errno != EEXIST) ||
        (mkdir(folder, 0750) < 0 && errno != EEXIST)) {
        r = wp_err_errno(err, errno, "cannot make %s", folder);
    }
    free(folder);
    return r;
}

int wp_process_state_save(const char *state_dir, const char *label, pid_t pid, struct wp_err *err)
{
    char boot_id[WP_BOOT_ID_SIZE], *path, *fresh;
    json_t *document = NULL;
    uint64_t ticks;
    int r;

    r = wp_proc_start_ticks(pid, &ticks);
    if (r < 0) {
        return wp_err_errno(err, -r, "cannot read the start time of process %d", (int)pid);
    }
    r = make_folders(state_dir, err);
    if (r < 0) {
        return r;
    }
    wp_proc_boot_id(boot_id);
    path = make_path(state_dir, label, ".json");
    fresh = wp_asprintf("%s.new", path);
    document = json_pack("{s:s, s:i, s:I, s:s}", "part", label, "pid", (int)pid, "start_ticks",
                         (json_int_t)ticks, "boot_id", boot_id);
    if (document == NULL || json_dump_file(document, fresh, JSON_COMPACT) < 0 ||
        rename(fresh, path) < 0) {
        r = wp_err_errno(err, errno != 0 ? errno : EIO, "cannot write %s", path);
        (void)unlink(fresh);
    }
    json_decref(document);
    free(fresh);
    free(path);
    return r;
}

bool wp_process_state_load(const char *state_dir, const char *label, pid_t *ret_pid,
                           uint64_t *ret_start_ticks)
{
    char boot_id[WP_BOOT_ID_SIZE], *path = make_path(state_dir, label, ".json");
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const char *stored_boot_id = NULL;
    json_int_t ticks = 0;
    int pid = 0;
    bool is_found;

    free(path);
    wp_proc_boot_id(boot_id);
    is_found = document != NULL &&
               json_unpack(document, "{s:i, s:I, s:s}", "pid", &pid, "start_ticks", &ticks,
                           "boot_id", &stored_boot_id) == 0 &&
               strcmp(boot_id, stored_boot_id) == 0;
    if (is_found) {
        *ret_pid = pid;
        *ret_start_ticks = (uint64_t)ticks;
    }
    json_decref(document);
    return is_found;
}

void wp_process_state_forget(const char *state_dir, const char *label)
{
    char *path = make_path(state_dir, label, ".json");

    (void)unlink(path);
    free(path);
}

int wp_process_state_open_log(const char *state_dir, const char *label, struct wp_err *err)
{
    char *path, *old;
    struct stat status;
    int fd, r;

    r = make_folders(state_dir, err);
    if (r < 0) {
        return r;
    }
    path = make_path(state_dir, label, ".log");
    if (stat(path, &status) == 0 && status.st_size > LOG_MAX_BYTES) {
        old = wp_asprintf("%s.1", path);
        (void)rename(path, old);
        free(old);
    }
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        fd = wp_err_errno(err, errno, "cannot open %s", path);
    }
    free(path);
    return fd;
}
