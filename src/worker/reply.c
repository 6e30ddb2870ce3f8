/*
 * reply.c - what the proxy answers by itself.
 *
 * Thread:    the owning worker only. Programs get application/problem+json (RFC 9457), browsers a
 *            small page without scripts or assets; Accept decides. Every answer carries
 *            Cache-Control: no-store and the request id. Not here: when to answer (exchange.c,
 *            hold.c).
 */
#include "reply.h"

#include <stdio.h>

#include "conn.h"
#include "exchange.h"
#include "upstream.h"
#include "wakeproxy/base/clock.h"
#include "wakeproxy/proto/http1_write.h"

const char wp_reply_busy[] =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/problem+json\r\n"
    "Content-Length: 97\r\n"
    "Retry-After: 1\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n\r\n"
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
    "\"detail\":\"Too many connections\"}";
const unsigned wp_reply_busy_len = sizeof(wp_reply_busy) - 1;

/* Appends text with the characters escaped that the format gives a meaning. */
static void write_escaped(struct wp_writer *writer, const char *text, bool is_html)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_html && c == '<') {
            WP_WRITE_LITERAL(writer, "&lt;");
        } else if (is_html && c == '&') {
            WP_WRITE_LITERAL(writer, "&amp;");
        } else if (!is_html && (c == '"' || c == '\\')) {
            char pair[2] = {'\\', (char)c};
            wp_write_bytes(writer, pair, 2);
        } else if (c < 0x20 || c == 0x7f) {
            WP_WRITE_LITERAL(writer, " ");
        } else {
            wp_write_bytes(writer, text, 1);
        }
    }
}

static void write_page(struct wp_writer *body, uint16_t status, const char *detail,
                       struct wp_slice id)
{
    const char *title = wp_status_phrase(status);
    WP_WRITE_LITERAL(body, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta "
                           "name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" "
                           "content=\"noindex\"><title>");
    wp_write_u64(body, status);
    WP_WRITE_LITERAL(body, " ");
    wp_write_bytes(body, title, strlen(title));
    WP_WRITE_LITERAL(body, "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;"
                           "margin:15vh auto;padding:0 1em}small{opacity:.6}</style><h1>");
    wp_write_bytes(body, title, strlen(title));
    WP_WRITE_LITERAL(body, "</h1><p>");
    write_escaped(body, detail, true);
    WP_WRITE_LITERAL(body, "</p><small>wakeproxy &middot; request ");
    wp_write_slice(body, id);
    WP_WRITE_LITERAL(body, "</small></html>\n");
}

static void write_problem(struct wp_writer *body, uint16_t status, const char *detail,
                          struct wp_slice id)
{
    const char *title = wp_status_phrase(status);
    WP_WRITE_LITERAL(body, "{\"type\":\"about:blank\",\"title\":\"");
    wp_write_bytes(body, title, strlen(title));
    WP_WRITE_LITERAL(body, "\",\"status\":");
    wp_write_u64(body, status);
    WP_WRITE_LITERAL(body, ",\"detail\":\"");
    write_escaped(body, detail, false);
    WP_WRITE_LITERAL(body, "\",\"request_id\":\"");
    wp_write_slice(body, id);
    WP_WRITE_LITERAL(body, "\"}\n");
}

/* Separates the exchange from its upstream and decides whether the conn survives the answer. */
static void prepare(struct wp_exchange *exchange)
{
    struct wp_conn *conn = exchange->conn;
    wp_upstream_close(exchange->upstream);
    wp_exchange_set_active(exchange, false);
    exchange->state = WP_EXCHANGE_REPLYING;
    wp_conn_unstash(conn);
    /* What is left of a half-written message would be taken for the start of this one. */
    wp_buf_release(&conn->end.out, conn->worker->bufs);
    if (exchange->is_head_kept) {
        wp_conn_drop_head(conn, exchange->head_bytes);
        exchange->is_head_kept = false;
    }
    bool is_request_read = exchange->framing == WP_FRAMING_NONE ||
                           (exchange->request.is_done && !exchange->is_cut_short);
    if (!is_request_read || !exchange->is_persistent || conn->worker->is_quitting) {
        conn->must_close = true;
    }
    conn->must_linger = !is_request_read;
    wp_buf_open(&conn->end.out, conn->worker->bufs);
}

const char *wp_reply_date(struct wp_worker *worker)
{
    uint64_t wall_ms = wp_clock_wall_ms();
    if (worker->date_s != wall_ms / 1000) {
        worker->date_s = wall_ms / 1000;
        wp_http_date(wall_ms, worker->date);
    }
    return worker->date;
}

static void write_head(struct wp_exchange *exchange, struct wp_writer *out, uint16_t status)
{
    const char *phrase = wp_status_phrase(status);
    const char *date = wp_reply_date(exchange->conn->worker);
    WP_WRITE_LITERAL(out, "HTTP/1.1 ");
    wp_write_u64(out, status);
    WP_WRITE_LITERAL(out, " ");
    wp_write_bytes(out, phrase, strlen(phrase));
    WP_WRITE_LITERAL(out, "\r\nDate: ");
    wp_write_bytes(out, date, strlen(date));
    WP_WRITE_LITERAL(out, "\r\nCache-Control: no-store\r\nX-Request-Id: ");
    wp_write_slice(out, (struct wp_slice){exchange->id, exchange->id_len});
    WP_WRITE_LITERAL(out, "\r\n");
    if (exchange->conn->must_close) {
        WP_WRITE_LITERAL(out, "Connection: close\r\n");
    } else if (exchange->minor_version == 0) {
        WP_WRITE_LITERAL(out, "Connection: keep-alive\r\n");
    }
}

static void finish(struct wp_exchange *exchange, const struct wp_writer *out, uint16_t status)
{
    struct wp_conn *conn = exchange->conn;
    conn->end.out.end += (uint32_t)out->used;
    exchange->status = status;
    wp_exchange_run_reply(exchange);
}

void wp_reply_problem(struct wp_exchange *exchange, uint16_t status, const char *detail,
                      unsigned retry_after_s)
{
    char text[2048];
    struct wp_writer body;
    struct wp_writer out;
    struct wp_slice id = {exchange->id, exchange->id_len};
    prepare(exchange);
    wp_writer_init(&body, text, sizeof(text));
    if (exchange->wants_html) {
        write_page(&body, status, detail, id);
    } else {
        write_problem(&body, status, detail, id);
    }
    struct wp_buf *buf = &exchange->conn->end.out;
    wp_writer_init(&out, buf->data + buf->end, wp_buf_room(buf));
    write_head(exchange, &out, status);
    if (retry_after_s > 0) {
        WP_WRITE_LITERAL(&out, "Retry-After: ");
        wp_write_u64(&out, retry_after_s);
        WP_WRITE_LITERAL(&out, "\r\n");
    }
    if (status == 405) {
        WP_WRITE_LITERAL(&out, "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n");
    }
    if (exchange->wants_html) {
        WP_WRITE_LITERAL(&out, "Content-Type: text/html; charset=utf-8\r\n");
    } else {
        WP_WRITE_LITERAL(&out, "Content-Type: application/problem+json\r\n");
    }
    WP_WRITE_LITERAL(&out, "Content-Length: ");
    wp_write_u64(&out, body.used);
    WP_WRITE_LITERAL(&out, "\r\n\r\n");
    if (exchange->method != WP_METHOD_HEAD) {
        wp_write_bytes(&out, text, body.used);
        exchange->response.bytes = body.used;
    }
    finish(exchange, &out, status);
}

void wp_reply_status(struct wp_exchange *exchange, uint16_t status, const char *field_lines)
{
    struct wp_writer out;
    prepare(exchange);
    struct wp_buf *buf = &exchange->conn->end.out;
    wp_writer_init(&out, buf->data + buf->end, wp_buf_room(buf));
    write_head(exchange, &out, status);
    wp_write_bytes(&out, field_lines, strlen(field_lines));
    if (status == 204 || status == 304) {
        WP_WRITE_LITERAL(&out, "\r\n");
    } else {
        WP_WRITE_LITERAL(&out, "Content-Length: 0\r\n\r\n");
    }
    finish(exchange, &out, status);
}
