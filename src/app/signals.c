/*
 * signals.c - signals as something to read.
 *
 * Thread:    main. The signals are blocked before any thread starts, so that every thread inherits
 *            that and only this descriptor ever sees them.
 * Owns:      nothing; the descriptor is the caller's.
 * Invariant: SIGPIPE is ignored: a peer that went away is an error of write(2).
 * Not here:  what a signal means (cmd_serve.c).
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app.h"

int wp_signals_open(struct wp_err *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;
    int fd;

    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 ? fd : wp_err_errno(err, errno, "cannot receive signals");
}

int wp_signals_next(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
