/*
 * ready.c - tells whoever started us that we serve, and where.
 *
 * Thread:    main, once, after the workers have their routes.
 * Owns:      the descriptor given with --ready-fd; it is closed afterwards.
 * Invariant: one line of JSON and a newline, or nothing at all when the reader is gone.
 * Not here:  service managers' own protocols.
 *
 *   {"listeners":[{"kind":"http","address":"127.0.0.1","port":40123,"trace":null}]}
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

static void describe(FILE *out, const struct wp_addr *bound)
{
    char ip[WP_ADDR_SIZE];

    wp_addr_ip_text(bound, ip);
    fprintf(out, "{\"kind\":\"http\",\"address\":\"%s\",\"port\":%u,\"trace\":null}", ip,
            (unsigned)wp_addr_port(bound));
}

static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(fd, bytes, count);
        if (done < 0 && errno != EINTR) {
            return -errno;
        }
        if (done > 0) {
            bytes += done;
            count -= (size_t)done;
        }
    }
    return 0;
}

int wp_ready_tell(int fd, const struct wp_listener_table *table)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int result;

    if (!out) {
        return -errno;
    }
    fputs("{\"listeners\":[", out);
    for (uint32_t i = 0; i < wp_listeners_count(table); i++) {
        struct wp_addr bound = wp_listeners_bound(table, i);
        if (i > 0) {
            fputc(',', out);
        }
        describe(out, &bound);
    }
    fputs("]}\n", out);
    fclose(out);
    result = write_all(fd, text, length);
    free(text);
    close(fd);
    return result;
}
