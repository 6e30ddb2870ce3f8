/*
 * conn.h - one client connection speaking HTTP/1.
 */
#ifndef WAKEPROXY_WORKER_CONN_H
#define WAKEPROXY_WORKER_CONN_H

#include "state.h"

/* Takes ownership of an accepted descriptor that has been admitted (wp_admit_conn), and serves it.
 */
void wp_conn_new(struct wp_worker *worker, int fd, const struct wp_addr *peer);
/* Closes the conn and whatever it has under way; freed at the end of the turn. */
void wp_conn_close(struct wp_conn *conn);
/* Takes the next steps that are possible, then derives event interest. `is_readable`: an event said
 * so. Harmless on a closed conn. */
void wp_conn_drive(struct wp_conn *conn, bool is_readable);
/* The exchange has ended: next head, or the end of the conn. */
void wp_conn_exchange_ended(struct wp_conn *conn);

/* Puts the input read so far into an exact-size copy and gives the buffer back; and the reverse. */
void wp_conn_stash(struct wp_conn *conn);
void wp_conn_unstash(struct wp_conn *conn);
/* Drops the request head at the front of the input. */
void wp_conn_drop_head(struct wp_conn *conn, uint32_t head_bytes);

/* Begins the end: no further exchange; idle ones close now. */
void wp_conn_quit(struct wp_conn *conn);

#endif
