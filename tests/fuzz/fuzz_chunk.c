/*
 * fuzz_chunk.c - the chunked decoder.
 *
 * Properties: whole, byte by byte and in two pieces give the same event, payload and trailers;
 * slices lie in the input; a payload encoded with our own chunk heads decodes to itself.
 */
#include <string.h>

#include "fuzz.h"
#include "wakeproxy/proto/http1_chunk.h"

#define KEEP_BYTES 65536

/* What a decoder said, as one text: payload and trailer lines in order. */
struct outcome {
    enum wp_chunk_event event;
    size_t used, said_len;
    uint64_t total;
    char said[KEEP_BYTES];
};

static void keep(struct outcome *outcome, struct wp_slice data)
{
    fuzz_require(data.len <= KEEP_BYTES - outcome->said_len, "output is no longer than input");
    memcpy(outcome->said + outcome->said_len, data.ptr, data.len);
    outcome->said_len += data.len;
}

static void offer(struct wp_chunk_decoder *decoder, struct wp_slice input, size_t *at,
                  struct outcome *outcome)
{
    do {
        size_t used = 0;
        struct wp_slice data = {NULL, 0};
        struct wp_slice rest = {input.ptr + *at, input.len - *at};
        outcome->event = wp_chunk_next(decoder, rest, &used, &data);
        fuzz_require(used <= rest.len, "no more is used than was offered");
        if (outcome->event == WP_CHUNK_DATA || outcome->event == WP_CHUNK_TRAILER) {
            fuzz_require(data.len > 0 && data.ptr >= rest.ptr &&
                             data.ptr + data.len == rest.ptr + used,
                         "data is the end of what was used");
            keep(outcome, data);
        }
        *at += used;
    } while (outcome->event == WP_CHUNK_DATA || outcome->event == WP_CHUNK_TRAILER);
}

static void decode(struct wp_slice bytes, size_t first, size_t step, struct outcome *ret_outcome)
{
    struct wp_chunk_decoder decoder;
    size_t at = 0;
    wp_chunk_init(&decoder);
    ret_outcome->said_len = 0;
    for (size_t end = first;; end += step) {
        end = end < bytes.len ? end : bytes.len;
        offer(&decoder, (struct wp_slice){bytes.ptr, end}, &at, ret_outcome);
        if (end == bytes.len || ret_outcome->event != WP_CHUNK_MORE) {
            break;
        }
    }
    ret_outcome->used = at;
    ret_outcome->total = decoder.total;
    fuzz_require(ret_outcome->event != WP_CHUNK_BAD || decoder.reason != NULL,
                 "a refusal has a reason");
}

static void require_same(const struct outcome *a, const struct outcome *b)
{
    fuzz_require(a->event == b->event, "pieces do not change the event");
    fuzz_require(a->total == b->total && a->said_len == b->said_len &&
                     memcmp(a->said, b->said, a->said_len) == 0,
                 "pieces do not change what is said");
    fuzz_require(a->event == WP_CHUNK_BAD || a->used == b->used, "pieces do not change the end");
}

static void check_round_trip(struct wp_slice payload)
{
    static char wire[KEEP_BYTES];
    static struct outcome outcome;
    size_t used = 0;
    size_t at = 0;
    for (size_t count = 1; at < payload.len; count = count * 2 + 1) {
        size_t size = count < payload.len - at ? count : payload.len - at;
        used += wp_chunk_write_head(size, wire + used);
        memcpy(wire + used, payload.ptr + at, size);
        memcpy(wire + used + size, "\r\n", 2);
        used += size + 2;
        at += size;
    }
    used += wp_chunk_write_head(0, wire + used);
    memcpy(wire + used, "\r\n", 2);
    decode((struct wp_slice){wire, used + 2}, used + 2, 1, &outcome);
    fuzz_require(outcome.event == WP_CHUNK_END && outcome.said_len == payload.len &&
                     memcmp(outcome.said, payload.ptr, payload.len) == 0,
                 "what we encode decodes to itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole;
    static struct outcome other;
    struct wp_slice bytes = {(const char *)data, size < 16384 ? size : 16384};
    decode(bytes, bytes.len, 1, &whole);
    decode(bytes, 0, 1, &other);
    require_same(&whole, &other);
    for (size_t split = 0; split <= bytes.len; split += bytes.len / 8 + 1) {
        decode(bytes, split, bytes.len + 1, &other);
        require_same(&whole, &other);
    }
    check_round_trip(bytes);
    return 0;
}
