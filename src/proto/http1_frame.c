/*
 * http1_frame.c - where a message's body ends: decided here, for requests and responses, and
 * nowhere else (RFC 9112 section 6.3).
 *
 * Thread: any; pure.
 *
 * Every ambiguity is refused instead of resolved: two framing fields, a repeated or listed
 * Content-Length even when equal, a transfer coding other than exactly one "chunked". What is sent
 * on is always written from the decision (http1_write.c), so the next hop cannot decide otherwise.
 *
 * Expect is judged here too: it is about when the body may come.
 */
#include "http1_internal.h"

/* What the two framing fields say, before method and status are considered. */
struct framing_fields {
    bool has_length, is_chunked;
    uint64_t length;
};

/* Status and reason of a refusal; reason NULL when fine. */
struct refusal {
    uint16_t status;
    const char *reason;
};

static bool last_coding_is_chunked(struct wp_slice value)
{
    struct wp_slice coding;
    bool is_chunked = false;
    while (wp_slice_list_next(&value, &coding)) {
        is_chunked = wp_slice_eq_nocase(coding, WP_SLICE("chunked"));
    }
    return is_chunked;
}

/* RFC 9112 section 6.1 and 6.3: a request whose final coding is not chunked has no knowable end
 * (400); one that ends in chunked but has other codings is merely not implemented (501). */
static struct refusal read_transfer_encoding(const struct wp_head *head)
{
    unsigned last = head->first[WP_FIELD_TRANSFER_ENCODING];
    for (unsigned i = last; i <= head->field_count; i++) {
        if (head->fields[i - 1].id == WP_FIELD_TRANSFER_ENCODING) {
            last = i;
        }
    }
    struct wp_slice value = wp_head_value(head, &head->fields[last - 1]);
    if (head->minor_version == 0) {
        return (struct refusal){400, "Transfer-Encoding in HTTP/1.0"};
    }
    if (head->first[WP_FIELD_CONTENT_LENGTH] != 0) {
        return (struct refusal){400, "Content-Length together with Transfer-Encoding"};
    }
    if (!last_coding_is_chunked(value)) {
        return (struct refusal){400, "final transfer coding is not chunked"};
    }
    if ((head->repeated & WP_FIELD_BIT(WP_FIELD_TRANSFER_ENCODING)) != 0 || value.len != 7) {
        return (struct refusal){501, "transfer coding other than exactly one chunked"};
    }
    return (struct refusal){0};
}

static struct refusal read_framing(const struct wp_head *head, struct framing_fields *ret_fields)
{
    *ret_fields = (struct framing_fields){0};
    if (head->first[WP_FIELD_TRANSFER_ENCODING] != 0) {
        struct refusal refusal = read_transfer_encoding(head);
        ret_fields->is_chunked = refusal.reason == NULL;
        return refusal;
    }
    unsigned first = head->first[WP_FIELD_CONTENT_LENGTH];
    if (first == 0) {
        return (struct refusal){0};
    }
    if ((head->repeated & WP_FIELD_BIT(WP_FIELD_CONTENT_LENGTH)) != 0) {
        return (struct refusal){400, "repeated Content-Length"};
    }
    struct wp_slice value = wp_head_value(head, &head->fields[first - 1]);
    if (!wp_slice_u64(value, INT64_MAX, &ret_fields->length)) {
        return (struct refusal){400, "Content-Length is not a number within bounds"};
    }
    ret_fields->has_length = true;
    return (struct refusal){0};
}

/* RFC 9110 section 10.1.1. HTTP/1.0 cannot be told to continue, so there the field is ignored and
 * not passed on. */
static struct refusal read_expect(struct wp_head *head)
{
    for (unsigned i = head->first[WP_FIELD_EXPECT]; i <= head->field_count; i++) {
        struct wp_field *field = &head->fields[i - 1];
        if (field->id != WP_FIELD_EXPECT) {
            continue;
        }
        if (head->minor_version == 0) {
            field->is_hop_by_hop = true;
            continue;
        }
        struct wp_slice list = wp_head_value(head, field);
        struct wp_slice expectation;
        while (wp_slice_list_next(&list, &expectation)) {
            if (!wp_slice_eq_nocase(expectation, WP_SLICE("100-continue"))) {
                return (struct refusal){417, "expectation other than 100-continue"};
            }
            head->expects_continue = !field->is_hop_by_hop;
        }
    }
    return (struct refusal){0};
}

enum wp_parse wp_http1_frame_request(struct wp_head *head)
{
    struct framing_fields fields;
    struct refusal refusal = read_framing(head, &fields);
    if (refusal.reason == NULL && head->first[WP_FIELD_EXPECT] != 0) {
        refusal = read_expect(head);
    }
    if (refusal.reason != NULL) {
        return wp_http1_bad(head, refusal.status, refusal.reason);
    }
    if (fields.is_chunked) {
        head->framing = WP_FRAMING_CHUNKED;
    } else if (fields.length > 0) {
        head->framing = WP_FRAMING_LENGTH;
        head->content_length = fields.length;
    }
    return WP_PARSE_OK;
}

enum wp_parse wp_http1_frame_response(struct wp_head *head, enum wp_http_method request_method)
{
    struct framing_fields fields;
    struct refusal refusal = read_framing(head, &fields);
    if (refusal.reason != NULL) {
        return wp_http1_bad(head, 502, refusal.reason);
    }
    head->content_length = fields.length;
    if (head->status < 200 || head->status == 204) {
        /* Neither field may be here (RFC 9110 section 8.6, RFC 9112 section 6.1). A length is
         * dropped, but a server that announces bytes may send them: its connection ends here. */
        if (fields.is_chunked) {
            return wp_http1_bad(head, 502, "Transfer-Encoding in a 1xx or 204 response");
        }
        head->is_persistent = head->is_persistent && fields.length == 0;
        head->content_length = 0;
        return WP_PARSE_OK;
    }
    if (request_method == WP_METHOD_HEAD || head->status == 304) {
        head->has_body_fields = fields.has_length || fields.is_chunked;
        return WP_PARSE_OK;
    }
    if (fields.is_chunked) {
        head->framing = WP_FRAMING_CHUNKED;
    } else if (fields.has_length) {
        head->framing = WP_FRAMING_LENGTH;
    } else {
        head->framing = WP_FRAMING_TO_CLOSE;
        head->is_persistent = false;
    }
    return WP_PARSE_OK;
}
