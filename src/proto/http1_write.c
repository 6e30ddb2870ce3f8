/*
 * http1_write.c - request and response heads written anew from parsed ones.
 *
 * Thread: any; pure. The bytes written to are the caller's; nothing is written past `size`.
 *
 * Start line, Host, framing, Connection, Via and the forwarding fields are always ours. Other
 * fields go out as "Name: value" in their order. Neighbours that came in exactly this shape are
 * copied in one piece: every byte of such a run was checked by the parser, so the result equals
 * writing them one by one, only faster.
 *
 * Not here: whether to keep a connection, how to frame a body towards the client (the caller).
 */
#include "wakeproxy/proto/http1_write.h"

#include "http1_internal.h"

#define BIT WP_FIELD_BIT

void wp_writer_init(struct wp_writer *writer, char *bytes, size_t size_bytes)
{
    *writer = (struct wp_writer){.ptr = bytes, .size = size_bytes};
}

/* Room for `count` bytes, already counted as used; NULL when there is none, now and later. */
static inline char *take(struct wp_writer *writer, size_t count)
{
    if (writer->is_full || writer->size - writer->used < count) {
        writer->is_full = true;
        return NULL;
    }
    char *at = writer->ptr + writer->used;
    writer->used += count;
    return at;
}

static inline char *put(char *at, struct wp_slice text)
{
    memcpy(at, text.ptr, text.len);
    return at + text.len;
}

void wp_write_bytes(struct wp_writer *writer, const char *bytes, size_t count)
{
    char *at = take(writer, count);
    if (at != NULL && count > 0) {
        memcpy(at, bytes, count);
    }
}

void wp_write_slice(struct wp_writer *writer, struct wp_slice text)
{
    wp_write_bytes(writer, text.ptr, text.len);
}

void wp_write_u64(struct wp_writer *writer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    wp_write_bytes(writer, digits + at, sizeof(digits) - at);
}

void wp_write_field(struct wp_writer *writer, struct wp_slice name, struct wp_slice value)
{
    char *at = take(writer, name.len + value.len + 4);
    if (at == NULL) {
        return;
    }
    at = put(at, name);
    *at++ = ':';
    *at++ = ' ';
    if (value.len > 0) {
        at = put(at, value);
    }
    *at++ = '\r';
    *at = '\n';
}

/* A run of lines, without its last CRLF. */
static void write_run(struct wp_writer *writer, const char *bytes, size_t count)
{
    char *at = take(writer, count + 2);
    if (at != NULL) {
        memcpy(at, bytes, count);
        at[count] = '\r';
        at[count + 1] = '\n';
    }
}

/* The end-to-end fields in their order, without those whose id is in `skip`. */
static void write_fields(struct wp_writer *writer, const struct wp_head *head, uint32_t skip)
{
    const char *base = head->base;
    unsigned run_at = 0;
    unsigned run_end = 0; /* 0: no run; a value never ends there */
    for (unsigned i = 0; i < head->field_count; i++) {
        const struct wp_field *field = &head->fields[i];
        if (field->is_hop_by_hop || ((skip >> field->id) & 1u) != 0) {
            continue;
        }
        unsigned name_end = (unsigned)field->name_at + field->name_len;
        bool is_canonical = field->value_at == name_end + 2 && base[name_end + 1] == ' ';
        bool is_adjacent = run_end != 0 && field->name_at == run_end + 2;
        if (run_end != 0 && !(is_canonical && is_adjacent)) {
            write_run(writer, base + run_at, run_end - run_at);
            run_end = 0;
        }
        if (!is_canonical) {
            wp_write_field(writer, wp_head_name(head, field), wp_head_value(head, field));
            continue;
        }
        run_at = run_end != 0 ? run_at : field->name_at;
        run_end = (unsigned)field->value_at + field->value_len;
    }
    if (run_end != 0) {
        write_run(writer, base + run_at, run_end - run_at);
    }
}

/* "<name>: v1, v2, tail": all values of one list field and one more, as one line (RFC 9110 section
 * 5.3). `name` brings its ": "; an empty tail adds nothing. */
static void write_list(struct wp_writer *writer, const struct wp_head *head, enum wp_field_id id,
                       struct wp_slice name, struct wp_slice tail)
{
    bool is_first = true;
    wp_write_slice(writer, name);
    for (unsigned i = head->first[id]; i != 0 && i <= head->field_count; i++) {
        const struct wp_field *field = &head->fields[i - 1];
        if (field->id != id || field->value_len == 0) {
            continue;
        }
        if (!is_first) {
            WP_WRITE_LITERAL(writer, ", ");
        }
        wp_write_slice(writer, wp_head_value(head, field));
        is_first = false;
    }
    if (tail.len > 0) {
        if (!is_first) {
            WP_WRITE_LITERAL(writer, ", ");
        }
        wp_write_slice(writer, tail);
    }
    WP_WRITE_LITERAL(writer, "\r\n");
}

/* RFC 9110 section 7.6.3: the version is that of the message as we received it. */
static void write_via(struct wp_writer *writer, const struct wp_head *head)
{
    if (head->first[WP_FIELD_VIA] != 0) {
        write_list(writer, head, WP_FIELD_VIA, WP_SLICE("Via: "),
                   head->minor_version == 0 ? WP_SLICE("1.0 wakeproxy")
                                            : WP_SLICE("1.1 wakeproxy"));
    } else if (head->minor_version == 0) {
        WP_WRITE_LITERAL(writer, "Via: 1.0 wakeproxy\r\n");
    } else {
        WP_WRITE_LITERAL(writer, "Via: 1.1 wakeproxy\r\n");
    }
}

static void write_upgrade(struct wp_writer *writer, const struct wp_head *head)
{
    WP_WRITE_LITERAL(writer, "Connection: upgrade\r\n");
    write_list(writer, head, WP_FIELD_UPGRADE, WP_SLICE("Upgrade: "), (struct wp_slice){0});
}

static void write_length(struct wp_writer *writer, uint64_t length)
{
    WP_WRITE_LITERAL(writer, "Content-Length: ");
    wp_write_u64(writer, length);
    WP_WRITE_LITERAL(writer, "\r\n");
}

/*
 * X-Forwarded-*: a trusted peer's own values stand, and the peer joins its list; anyone else's are
 * replaced by what we know (skipped in write_fields).
 */
static void write_forwarded(struct wp_writer *writer, const struct wp_head *head,
                            const struct wp_forward *forward)
{
    if (forward->is_trusted && head->first[WP_FIELD_X_FORWARDED_FOR] != 0) {
        write_list(writer, head, WP_FIELD_X_FORWARDED_FOR, WP_SLICE("X-Forwarded-For: "),
                   forward->client_ip);
    } else {
        wp_write_field(writer, WP_SLICE("X-Forwarded-For"), forward->client_ip);
    }
    if (!forward->is_trusted || head->first[WP_FIELD_X_FORWARDED_PROTO] == 0) {
        if (forward->is_tls) {
            WP_WRITE_LITERAL(writer, "X-Forwarded-Proto: https\r\n");
        } else {
            WP_WRITE_LITERAL(writer, "X-Forwarded-Proto: http\r\n");
        }
    }
    if (head->authority.len > 0 &&
        (!forward->is_trusted || head->first[WP_FIELD_X_FORWARDED_HOST] == 0)) {
        wp_write_field(writer, WP_SLICE("X-Forwarded-Host"), head->authority);
    }
    if (forward->request_id.len > 0) {
        wp_write_field(writer, WP_SLICE("X-Request-Id"), forward->request_id);
    }
}

/* RFC 9110 section 7.6.2: one less. What is no number may be ignored: it goes on as it came; a
 * number beyond ours becomes the greatest we know. Zero is answered by the caller and never gets
 * here; should it, it stays zero. */
static void write_max_forwards(struct wp_writer *writer, const struct wp_head *head)
{
    for (unsigned i = head->first[WP_FIELD_MAX_FORWARDS]; i != 0 && i <= head->field_count; i++) {
        const struct wp_field *field = &head->fields[i - 1];
        if (field->id != WP_FIELD_MAX_FORWARDS || field->is_hop_by_hop) {
            continue;
        }
        struct wp_slice value = wp_head_value(head, field);
        uint64_t count = 0;
        size_t digits = 0;
        while (digits < value.len && value.ptr[digits] >= '0' && value.ptr[digits] <= '9') {
            digits++;
        }
        if (digits == 0 || digits < value.len) {
            wp_write_field(writer, WP_SLICE("Max-Forwards"), value);
            continue;
        }
        if (!wp_slice_u64(value, UINT32_MAX, &count)) {
            count = UINT32_MAX;
        }
        WP_WRITE_LITERAL(writer, "Max-Forwards: ");
        wp_write_u64(writer, count > 0 ? count - 1 : 0);
        WP_WRITE_LITERAL(writer, "\r\n");
    }
}

static void write_request_framing(struct wp_writer *writer, const struct wp_head *head)
{
    switch (head->framing) {
    case WP_FRAMING_NONE:
        if (head->first[WP_FIELD_CONTENT_LENGTH] != 0) {
            WP_WRITE_LITERAL(writer, "Content-Length: 0\r\n");
        }
        return;
    case WP_FRAMING_LENGTH:
        write_length(writer, head->content_length);
        return;
    case WP_FRAMING_CHUNKED:
        WP_WRITE_LITERAL(writer, "Transfer-Encoding: chunked\r\n");
        return;
    case WP_FRAMING_TO_CLOSE: /* not a framing of requests; the parser never says so */
        return;
    }
}

static void write_request_line(struct wp_writer *writer, const struct wp_head *head)
{
    static const struct wp_slice tail = {" HTTP/1.1\r\nHost: ", 17};
    bool has_query_only = head->path.len > 0 && head->path.ptr[0] == '?';
    char *at = take(writer, head->method_text.len + head->path.len + head->authority.len +
                                has_query_only + tail.len + 3);
    if (at == NULL) {
        return;
    }
    at = put(at, head->method_text);
    *at++ = ' ';
    if (has_query_only) {
        *at++ = '/'; /* RFC 9112 section 3.2.1: an empty path is sent as "/" */
    }
    at = put(put(at, head->path), tail);
    if (head->authority.len > 0) {
        at = put(at, head->authority);
    }
    *at++ = '\r';
    *at = '\n';
}

void wp_write_request(struct wp_writer *writer, const struct wp_head *head,
                      const struct wp_forward *forward)
{
    uint32_t skip = BIT(WP_FIELD_HOST) | BIT(WP_FIELD_CONTENT_LENGTH) | BIT(WP_FIELD_VIA) |
                    BIT(WP_FIELD_X_FORWARDED_FOR) | BIT(WP_FIELD_X_REQUEST_ID);
    if (!forward->is_trusted) {
        skip |= BIT(WP_FIELD_X_FORWARDED_PROTO) | BIT(WP_FIELD_X_FORWARDED_HOST) |
                BIT(WP_FIELD_FORWARDED);
    }
    if (head->method == WP_METHOD_OPTIONS) {
        skip |= BIT(WP_FIELD_MAX_FORWARDS);
    }
    if (head->framing != WP_FRAMING_CHUNKED) {
        skip |= BIT(WP_FIELD_TRAILER);
    }
    write_request_line(writer, head);
    write_fields(writer, head, skip);
    write_forwarded(writer, head, forward);
    write_via(writer, head);
    if (head->method == WP_METHOD_OPTIONS) {
        write_max_forwards(writer, head);
    }
    write_request_framing(writer, head);
    if (forward->keep_upgrade) {
        write_upgrade(writer, head);
    }
    WP_WRITE_LITERAL(writer, "\r\n");
}

static void write_response_framing(struct wp_writer *writer, const struct wp_head *head,
                                   const struct wp_response_out *out)
{
    switch (out->framing) {
    case WP_FRAMING_NONE:
        if (!head->has_body_fields) {
            return;
        }
        if (head->first[WP_FIELD_CONTENT_LENGTH] != 0) {
            write_length(writer, head->content_length);
        } else if (out->client_minor_version >= 1) {
            WP_WRITE_LITERAL(writer, "Transfer-Encoding: chunked\r\n");
        }
        return;
    case WP_FRAMING_LENGTH:
        write_length(writer, head->content_length);
        return;
    case WP_FRAMING_CHUNKED:
        WP_WRITE_LITERAL(writer, "Transfer-Encoding: chunked\r\n");
        return;
    case WP_FRAMING_TO_CLOSE:
        return;
    }
}

static void write_response_connection(struct wp_writer *writer, const struct wp_head *head,
                                      const struct wp_response_out *out)
{
    if (out->keep_upgrade) {
        write_upgrade(writer, head);
        return;
    }
    if (head->status < 200) {
        return; /* an interim response says nothing about the connection */
    }
    if (!out->keep_alive || out->framing == WP_FRAMING_TO_CLOSE) {
        WP_WRITE_LITERAL(writer, "Connection: close\r\n");
    } else if (out->client_minor_version == 0) {
        WP_WRITE_LITERAL(writer, "Connection: keep-alive\r\n");
    }
}

void wp_write_response(struct wp_writer *writer, const struct wp_head *head,
                       const struct wp_response_out *out)
{
    uint32_t skip = BIT(WP_FIELD_CONTENT_LENGTH) | BIT(WP_FIELD_VIA);
    if (out->framing != WP_FRAMING_CHUNKED) {
        skip |= BIT(WP_FIELD_TRAILER);
    }
    char *at = take(writer, 15 + head->phrase.len);
    if (at != NULL) {
        memcpy(at, "HTTP/1.1 ", 9);
        at[9] = (char)('0' + head->status / 100);
        at[10] = (char)('0' + head->status / 10 % 10);
        at[11] = (char)('0' + head->status % 10);
        at[12] = ' ';
        memcpy(at + 13, head->phrase.ptr, head->phrase.len);
        at[13 + head->phrase.len] = '\r';
        at[14 + head->phrase.len] = '\n';
    }
    write_fields(writer, head, skip);
    write_via(writer, head);
    if (out->date.len > 0 && !wp_http1_has_end_to_end(head, WP_FIELD_DATE)) {
        wp_write_field(writer, WP_SLICE("Date"), out->date);
    }
    write_response_framing(writer, head, out);
    write_response_connection(writer, head, out);
    wp_write_slice(writer, out->extra);
    WP_WRITE_LITERAL(writer, "\r\n");
}
