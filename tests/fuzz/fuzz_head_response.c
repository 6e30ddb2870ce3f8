/*
 * fuzz_head_response.c - the response parser and writer.
 *
 * Properties: pieces never change the verdict; positions lie in the head; what we write for an
 * accepted response is accepted again with the status, and the framing the client was to get.
 */
#include "fuzz_head.h"

#define OUT_BYTES 65536

static const struct wp_head_limits limits = {
    .head_bytes = 16384, .target_bytes = 8000, .fields = 100};
static const struct wp_head_limits wide = {
    .head_bytes = WP_HEAD_MAX_BYTES, .target_bytes = 65000, .fields = WP_HEAD_FIELDS_MAX};
static const enum wp_http_method methods[] = {WP_METHOD_GET, WP_METHOD_HEAD};

static enum wp_parse parse(struct wp_head *head, struct wp_slice bytes, int variant)
{
    return wp_head_parse_response(head, bytes, methods[variant], &limits);
}

/* As a worker chooses: chunks only for HTTP/1.1, and there instead of closing. */
static enum wp_framing framing_for(const struct wp_head *head, uint8_t minor_version)
{
    if (head->framing == WP_FRAMING_TO_CLOSE && minor_version == 1) {
        return WP_FRAMING_CHUNKED;
    }
    if (head->framing == WP_FRAMING_CHUNKED && minor_version == 0) {
        return WP_FRAMING_TO_CLOSE;
    }
    return head->framing;
}

static void check_written(const struct wp_head *head, int variant, uint8_t minor_version,
                          bool keep_alive)
{
    static char out[OUT_BYTES];
    static struct wp_head again;
    struct wp_writer writer;
    const struct wp_response_out response = {
        .framing = framing_for(head, minor_version),
        .keep_alive = keep_alive,
        .client_minor_version = minor_version,
        .keep_upgrade = head->status == 101 && head->has_upgrade,
        .date = WP_SLICE("Fri, 20 Nov 2026 18:37:00 GMT"),
    };
    wp_writer_init(&writer, out, sizeof(out));
    wp_write_response(&writer, head, &response);
    fuzz_require(!writer.is_full, "a response fits in four times its limit");
    struct wp_slice bytes = {out, writer.used};
    fuzz_require(wp_head_parse_response(&again, bytes, methods[variant], &wide) == WP_PARSE_OK,
                 "a response we write is accepted");
    fuzz_require(again.length == writer.used, "it is one head and nothing more");
    fuzz_require(again.status == head->status, "it has the same status");
    fuzz_require(wp_slice_eq(again.phrase, head->phrase), "it has the same reason phrase");
    fuzz_require(again.framing == response.framing, "it has the framing asked for");
    fuzz_require(again.framing != WP_FRAMING_LENGTH || again.content_length == head->content_length,
                 "it has the same length");
    fuzz_require(fuzz_framing_fields(&again) <= 1, "it has one framing field at most");
    fuzz_require(minor_version == 1 || again.first[WP_FIELD_TRANSFER_ENCODING] == 0,
                 "HTTP/1.0 clients never get chunks");
    fuzz_require(head->status < 200 || keep_alive || !again.is_persistent,
                 "it closes when it was to close");
    fuzz_require(again.first[WP_FIELD_DATE] != 0, "it has a Date");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wp_head head;
    struct wp_slice bytes = {(const char *)data, size};
    for (int variant = 0; variant < 2; variant++) {
        enum wp_parse result = parse(&head, bytes, variant);
        fuzz_check_pieces(bytes, parse, variant, result, &head);
        if (result != WP_PARSE_OK) {
            fuzz_require(result != WP_PARSE_BAD || (head.status == 502 && head.reason != NULL),
                         "a refusal is a 502 with a reason");
            continue;
        }
        fuzz_check_fields(&head, bytes);
        fuzz_require(fuzz_lies_in(head.phrase, bytes), "the phrase lies in the head");
        for (unsigned mode = 0; mode < 4; mode++) {
            check_written(&head, variant, mode & 1, (mode & 2) != 0);
        }
    }
    return 0;
}
