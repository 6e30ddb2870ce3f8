/*
 * fuzz_head_request.c - the request parser and writer.
 *
 * Properties: pieces never change the verdict; positions lie in the head; what we write for an
 * accepted request is accepted again and means the same method, target, host and framing, whoever
 * the sender is.
 */
#include "fuzz_head.h"

#define OUT_BYTES 65536

static const struct wp_head_limits limits[] = {
    {.head_bytes = 16384, .target_bytes = 8000, .fields = 100},
    {.head_bytes = 120, .target_bytes = 20, .fields = 3},
};
static const struct wp_head_limits wide = {
    .head_bytes = WP_HEAD_MAX_BYTES, .target_bytes = 65000, .fields = WP_HEAD_FIELDS_MAX};

static enum wp_parse parse(struct wp_head *head, struct wp_slice bytes, int variant)
{
    return wp_head_parse_request(head, bytes, &limits[variant]);
}

static bool same_path(struct wp_slice sent, struct wp_slice path)
{
    if (path.len > 0 && path.ptr[0] == '?') {
        fuzz_require(sent.len > 0 && sent.ptr[0] == '/', "an empty path is sent as /");
        sent.ptr++;
        sent.len--;
    }
    return wp_slice_eq(sent, path);
}

static void check_written(const struct wp_head *head, bool is_trusted)
{
    static char out[OUT_BYTES];
    static struct wp_head again;
    struct wp_writer writer;
    const struct wp_forward forward = {.client_ip = WP_SLICE("2001:db8::1"),
                                       .is_trusted = is_trusted,
                                       .request_id = WP_SLICE("0af7651916cd43dd8448eb211c80319c"),
                                       .keep_upgrade = head->has_upgrade};
    wp_writer_init(&writer, out, sizeof(out));
    wp_write_request(&writer, head, &forward);
    fuzz_require(!writer.is_full, "a request fits in four times its limit");
    if (head->authority.len == 0) {
        return; /* only HTTP/1.0 may come without Host; what we send then has an empty one */
    }
    struct wp_slice bytes = {out, writer.used};
    fuzz_require(wp_head_parse_request(&again, bytes, &wide) == WP_PARSE_OK,
                 "a request we write is accepted");
    fuzz_require(again.length == writer.used, "it is one head and nothing more");
    fuzz_require(again.framing == head->framing && again.content_length == head->content_length,
                 "it has the same framing");
    fuzz_require(fuzz_framing_fields(&again) <= 1, "it has one framing field at most");
    fuzz_require(wp_slice_eq(again.authority, head->authority), "it has the same host");
    fuzz_require(wp_slice_eq(again.method_text, head->method_text), "it has the same method");
    fuzz_require(same_path(again.path, head->path), "it has the same target");
    fuzz_require(again.has_upgrade == head->has_upgrade, "it upgrades as wanted");
    fuzz_require(again.minor_version == 1 && again.is_persistent, "it is ours: 1.1, persistent");
    fuzz_require(again.expects_continue == head->expects_continue, "it expects the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wp_head head;
    struct wp_slice bytes = {(const char *)data, size};
    for (int variant = 0; variant < 2; variant++) {
        enum wp_parse result = parse(&head, bytes, variant);
        fuzz_check_pieces(bytes, parse, variant, result, &head);
        fuzz_require(result != WP_PARSE_BAD || (head.status >= 400 && head.reason != NULL),
                     "a refusal has a status and a reason");
        if (result == WP_PARSE_OK) {
            fuzz_check_fields(&head, bytes);
            fuzz_require(fuzz_lies_in(head.target, bytes) && fuzz_lies_in(head.method_text, bytes),
                         "the request line lies in the head");
            check_written(&head, false);
            check_written(&head, true);
        }
    }
    return 0;
}
