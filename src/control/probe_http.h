/*
 * probe_http.h - the smallest tolerant HTTP client a readiness check needs: one request's text, and
 * a judgement of what comes back. Pure but for memory.
 */
#ifndef WP_CONTROL_PROBE_HTTP_H
#define WP_CONTROL_PROBE_HTTP_H

#include "wakeproxy/conf/conf.h"

/* The request of a check, closed after one answer; free() it. `host` is used when the check names
 * none. */
char *wp_probe_http_request(const struct wp_conf_ready *ready, const char *host);

enum wp_probe_verdict { WP_PROBE_MORE, WP_PROBE_GOOD, WP_PROBE_BAD };

enum wp_probe_http_state {
    WP_PROBE_HTTP_HEAD,
    WP_PROBE_HTTP_BODY, /* until `left` is used up, or the end of the stream */
    WP_PROBE_HTTP_CHUNK_LINE,
    WP_PROBE_HTTP_CHUNK_DATA,
    WP_PROBE_HTTP_CHUNK_END,
    WP_PROBE_HTTP_OVER,
};

#define WP_PROBE_REASON_SIZE 256

/* One answer as it arrives. */
struct wp_probe_http {
    const struct wp_conf_ready *ready; /* borrowed */
    enum wp_probe_http_state state;
    char *bytes; /* the head, then the decoded body; grows as needed, bounded */
    size_t used, capacity;
    uint64_t left;       /* of the body or the chunk; UINT64_MAX: until the end of the stream */
    uint64_t chunk_size; /* gathered digit by digit */
    bool is_chunk_size_over;
    size_t searched; /* bytes of the body in which the wanted text cannot begin any more */
    unsigned status;
    char reason[WP_PROBE_REASON_SIZE]; /* with BAD: "GET /healthz answered 503" */
};

void wp_probe_http_init(struct wp_probe_http *http, const struct wp_conf_ready *ready);
void wp_probe_http_fini(struct wp_probe_http *http);

/* Takes the next bytes. After GOOD or BAD nothing may follow. */
enum wp_probe_verdict wp_probe_http_feed(struct wp_probe_http *http, struct wp_slice bytes);
/* The server closed: GOOD or BAD. */
enum wp_probe_verdict wp_probe_http_end(struct wp_probe_http *http);

#endif
