/*
 * access_log.c - the access line: who asked for what, what became of it, and where the time went.
 *
 * Thread:    the owning worker only; the line itself is handed to the log sink. Times are in
 *            milliseconds: `hold_ms` from the head to the release from hold, `connect_ms` until the
 *            upstream connection was there, `first_byte_ms` from then to the response head,
 *            `total_ms` from the head to the last byte. Not here: the sink (base/log.c).
 */
#include "access_log.h"

#include "wakeproxy/base/log.h"

static uint8_t append(struct wp_exchange *exchange, unsigned at, struct wp_slice text,
                      unsigned most)
{
    unsigned room = WP_LABEL_BYTES - at;
    unsigned length = text.len < most ? (unsigned)text.len : most;
    length = length < room ? length : room;
    if (length > 0) {
        memcpy(exchange->label + at, text.ptr, length);
    }
    return (uint8_t)length;
}

void wp_access_label(struct wp_exchange *exchange, const struct wp_head *head)
{
    exchange->label_host = append(exchange, 0, head->authority, 80);
    exchange->label_path = append(exchange, exchange->label_host, head->path, WP_LABEL_BYTES);
}

static const char *method_name(enum wp_http_method method)
{
    switch (method) {
    case WP_METHOD_GET:
        return "GET";
    case WP_METHOD_HEAD:
        return "HEAD";
    case WP_METHOD_POST:
        return "POST";
    case WP_METHOD_PUT:
        return "PUT";
    case WP_METHOD_DELETE:
        return "DELETE";
    case WP_METHOD_OPTIONS:
        return "OPTIONS";
    case WP_METHOD_PATCH:
        return "PATCH";
    case WP_METHOD_CONNECT:
        return "CONNECT";
    case WP_METHOD_TRACE:
        return "TRACE";
    case WP_METHOD_OTHER:
        break;
    }
    return "other";
}

static void log_span(struct wp_log_line *line, const char *key, uint64_t from_us, uint64_t to_us)
{
    if (from_us != 0 && to_us >= from_us) {
        wp_log_ms(line, key, to_us - from_us);
    }
}

void wp_access_write(const struct wp_exchange *exchange, uint64_t now_us)
{
    const struct wp_conn *conn = exchange->conn;
    if (!conn->worker->conf->log.access || !wp_log_enabled(WP_LOG_INFO)) {
        return;
    }
    struct wp_log_line line;
    wp_log_begin(&line, WP_LOG_INFO, "access");
    wp_log_slice(&line, "request_id", (struct wp_slice){exchange->id, exchange->id_len});
    wp_log_slice(&line, "client", (struct wp_slice){conn->ip, conn->ip_len});
    wp_log_str(&line, "trace",
               exchange->trace == NULL || exchange->trace->conf == NULL
                   ? NULL
                   : exchange->trace->conf->name);
    wp_log_str(&line, "verdict", exchange->verdict);
    wp_log_str(&line, "method", method_name(exchange->method));
    wp_log_slice(&line, "host", (struct wp_slice){exchange->label, exchange->label_host});
    wp_log_slice(&line, "path",
                 (struct wp_slice){exchange->label + exchange->label_host, exchange->label_path});
    wp_log_u64(&line, "status", exchange->status);
    wp_log_u64(&line, "bytes_in", exchange->request.bytes);
    wp_log_u64(&line, "bytes_out", exchange->response.bytes);
    if (exchange->upstream_addr.sa.sa_family != 0) {
        char text[WP_ADDR_SIZE];
        size_t length = wp_addr_text(&exchange->upstream_addr, text);
        wp_log_slice(&line, "upstream", (struct wp_slice){text, length});
    }
    if (exchange->held_us != 0) {
        log_span(&line, "hold_ms", exchange->held_us,
                 exchange->released_us != 0 ? exchange->released_us : now_us);
    }
    log_span(&line, "connect_ms", exchange->released_us, exchange->connected_us);
    log_span(&line, "first_byte_ms", exchange->connected_us, exchange->first_byte_us);
    log_span(&line, "total_ms", exchange->begun_us, now_us);
    if (exchange->error != NULL) {
        wp_log_str(&line, "error", exchange->error);
    }
    wp_log_end(&line);
}
