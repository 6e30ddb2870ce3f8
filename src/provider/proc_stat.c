/*
 * proc_stat.c - reads a process's start time and the boot id from /proc.
 *
 * Thread:   any; no state. Files under /proc answer from memory, so reading them does not block.
 * Not here: anything that is decided with it (guard.c, process_state.c).
 */
#include "proc_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_TIME_FIELD 22

/* Reads a small file whole, NUL-terminated. The length or -errno. */
static ssize_t read_small(const char *path, char *text, size_t size_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0) {
        return -errno;
    }
    got = read(fd, text, size_bytes - 1);
    if (got < 0) {
        got = -errno;
    } else {
        text[got] = '\0';
    }
    (void)close(fd);
    return got;
}

int wp_proc_start_ticks(pid_t pid, uint64_t *ret_ticks)
{
    char path[64], text[1024], *at;
    ssize_t got;
    int field;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    got = read_small(path, text, sizeof(text));
    if (got < 0) {
        return (int)got;
    }
    /* The second field is the name in parentheses and may hold anything, parentheses included:
     * counting starts behind the last one. */
    at = strrchr(text, ')');
    if (at == NULL) {
        return -EINVAL;
    }
    for (field = 2; field < START_TIME_FIELD; field++) {
        at = strchr(at + 1, ' ');
        if (at == NULL) {
            return -EINVAL;
        }
    }
    errno = 0;
    *ret_ticks = strtoull(at + 1, NULL, 10);
    return errno == 0 ? 0 : -errno;
}

void wp_proc_boot_id(char ret_id[WP_BOOT_ID_SIZE])
{
    ssize_t got = read_small("/proc/sys/kernel/random/boot_id", ret_id, WP_BOOT_ID_SIZE);

    ret_id[got < 0 ? 0 : strcspn(ret_id, "\n")] = '\0';
}
