/*
 * http1_write.h - writes heads from parsed ones: never a copy of raw bytes, always our own version,
 * one framing field, no hop-by-hop fields, and the fields a proxy owes (RFC 9110 section 7.6).
 *
 * Pure; any thread. Output goes to memory the caller provides.
 */
#ifndef WAKEPROXY_PROTO_HTTP1_WRITE_H
#define WAKEPROXY_PROTO_HTTP1_WRITE_H

#include "wakeproxy/proto/http1_head.h"

/* A bounded writer: once `is_full`, further appends do nothing. */
struct wp_writer {
    char *ptr;
    size_t used, size;
    bool is_full;
};

void wp_writer_init(struct wp_writer *writer, char *bytes, size_t size_bytes);
void wp_write_bytes(struct wp_writer *writer, const char *bytes, size_t count);
void wp_write_slice(struct wp_writer *writer, struct wp_slice text);
void wp_write_u64(struct wp_writer *writer, uint64_t value);
/* "Name: value\r\n" */
void wp_write_field(struct wp_writer *writer, struct wp_slice name, struct wp_slice value);
#define WP_WRITE_LITERAL(writer, literal) wp_write_bytes(writer, literal, sizeof(literal) - 1)

/* What the forwarded request says about its sender. */
struct wp_forward {
    struct wp_slice client_ip;  /* as text, without port */
    bool is_trusted;            /* the peer may set X-Forwarded-*; ours is appended to its list */
    bool is_tls;                /* the client's scheme is https */
    struct wp_slice request_id; /* generated, or the trusted peer's own */
    bool keep_upgrade;          /* forward Connection: upgrade and Upgrade */
};

/*
 * The request head for the upstream: origin (or asterisk) form, HTTP/1.1, Host, end-to-end fields
 * in their order, then X-Forwarded-For/-Proto/-Host, X-Request-Id, Via, TE-less, Max-Forwards
 * decremented for OPTIONS, one framing field. Connection is sent only with an upgrade. Host is
 * head->authority, which the caller may have replaced; empty (HTTP/1.0) it is sent empty.
 */
void wp_write_request(struct wp_writer *writer, const struct wp_head *head,
                      const struct wp_forward *forward);

/* How the body leaves towards the client. */
struct wp_response_out {
    enum wp_framing framing; /* LENGTH uses head->content_length; TO_CLOSE closes after it */
    bool keep_alive;         /* false writes Connection: close */
    uint8_t client_minor_version;
    bool keep_upgrade;     /* 101: forward Connection: upgrade and Upgrade */
    struct wp_slice date;  /* IMF-fixdate to add when the response has no Date (RFC 9110 6.6.1) */
    struct wp_slice extra; /* complete field lines to add, or empty */
};

/* The response head for the client: HTTP/1.1, end-to-end fields, Via, one framing field. */
void wp_write_response(struct wp_writer *writer, const struct wp_head *head,
                       const struct wp_response_out *out);

/* The reason phrase of RFC 9110 for a status, or "Unknown". */
const char *wp_status_phrase(unsigned status);

/* IMF-fixdate (RFC 9110 section 5.6.7) of a wall time; exactly 29 characters and a NUL. */
#define WP_HTTP_DATE_SIZE 30
void wp_http_date(uint64_t wall_ms, char ret_text[WP_HTTP_DATE_SIZE]);

#endif
