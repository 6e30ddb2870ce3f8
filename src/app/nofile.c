/*
 * nofile.c - enough file descriptors for the connections we promise.
 *
 * Thread:    main, at start and after a reload.
 * Owns:      nothing.
 * Invariant: running out of descriptors is not fatal: workers pause accepting. This only makes it
 *            unlikely, and says beforehand when it is not.
 * Not here:  admission (worker, bus).
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "wakeproxy/base/log.h"

#include "app.h"

/* Loops, logs, children and listeners, beside two descriptors for each conn (client, upstream). */
#define RESERVE_COUNT 256u

void wp_nofile_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        wp_log(WP_LOG_WARN, "limits.nofile", "reason:s", strerror(errno));
    }
}

void wp_nofile_check(const struct wp_conf *conf)
{
    struct rlimit limit;
    uint64_t wanted = (uint64_t)conf->limits.connections * 2 + RESERVE_COUNT;
    uint64_t possible;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= wanted) {
        return;
    }
    possible = limit.rlim_cur > RESERVE_COUNT ? (limit.rlim_cur - RESERVE_COUNT) / 2 : 1;
    wp_log(WP_LOG_WARN, "limits.nofile", "connections:u possible:u reason:s",
           (uint64_t)conf->limits.connections, possible,
           "limits.connections needs two descriptors each, and the system allows fewer; "
           "beyond that accepting pauses. Raise the limit (ulimit -n, LimitNOFILE=)");
}
