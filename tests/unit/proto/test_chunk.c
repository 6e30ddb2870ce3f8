/*
 * test_chunk.c - the chunked decoder: what it hands out and what it refuses. Each body is fed
 * whole, byte by byte and split at each offset, from blocks of exactly the size offered; all must
 * agree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/http1_chunk.h"

#define OUT_BYTES 16384

/* All a decoder said: payload, then "|" and the trailer lines. */
struct outcome {
    enum wp_chunk_event event;
    size_t used; /* of the input, up to the end of the message */
    const char *reason;
    uint64_t total;
    size_t payload_len, trailer_len;
    char payload[OUT_BYTES];
    char trailers[OUT_BYTES];
};

/* Offers the bytes from `at` to `offered`, again and again until the decoder wants more. */
static void offer(struct wp_chunk_decoder *decoder, struct wp_slice bytes, size_t *at,
                  size_t offered, struct outcome *outcome)
{
    size_t count = offered - *at;
    char *copy = wp_malloc(count == 0 ? 1 : count);
    size_t done = 0;
    memcpy(copy, bytes.ptr + *at, count);
    do {
        size_t used = SIZE_MAX;
        struct wp_slice data = {NULL, 0};
        outcome->event =
            wp_chunk_next(decoder, (struct wp_slice){copy + done, count - done}, &used, &data);
        if (outcome->event == WP_CHUNK_BAD) {
            break;
        }
        assert_true(used <= count - done);
        if (outcome->event == WP_CHUNK_DATA) {
            assert_true(data.len > 0 && data.ptr >= copy && data.ptr + data.len <= copy + count);
            memcpy(outcome->payload + outcome->payload_len, data.ptr, data.len);
            outcome->payload_len += data.len;
        } else if (outcome->event == WP_CHUNK_TRAILER) {
            memcpy(outcome->trailers + outcome->trailer_len, data.ptr, data.len);
            outcome->trailer_len += data.len;
        }
        done += used;
    } while (outcome->event == WP_CHUNK_DATA || outcome->event == WP_CHUNK_TRAILER);
    *at += done;
    free(copy);
}

static void decode(struct wp_slice bytes, size_t first, size_t step, struct outcome *ret_outcome)
{
    struct wp_chunk_decoder decoder;
    size_t at = 0;
    memset(ret_outcome, 0, sizeof(*ret_outcome));
    memset(&decoder, 0xa5, sizeof(decoder));
    wp_chunk_init(&decoder);
    for (size_t offered = first; ret_outcome->event == WP_CHUNK_MORE; offered += step) {
        offered = offered < bytes.len ? offered : bytes.len;
        offer(&decoder, bytes, &at, offered, ret_outcome);
        if (offered == bytes.len) {
            break;
        }
    }
    ret_outcome->used = at;
    ret_outcome->total = decoder.total;
    ret_outcome->reason = decoder.reason;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->event == b->event && a->total == b->total && a->payload_len == b->payload_len &&
           a->trailer_len == b->trailer_len && (a->event == WP_CHUNK_BAD || a->used == b->used) &&
           (a->event != WP_CHUNK_BAD || strcmp(a->reason, b->reason) == 0) &&
           memcmp(a->payload, b->payload, a->payload_len) == 0 &&
           memcmp(a->trailers, b->trailers, a->trailer_len) == 0;
}

/* Decodes in every way; the result is that of the whole. */
static const struct outcome *decode_all_ways(struct wp_slice bytes)
{
    static struct outcome whole;
    static struct outcome other;
    decode(bytes, bytes.len, 1, &whole);
    decode(bytes, 0, 1, &other);
    assert_true(same(&whole, &other));
    for (size_t split = 0; split <= bytes.len; split++) {
        decode(bytes, split, bytes.len, &other);
        assert_true(same(&whole, &other));
    }
    return &whole;
}

struct good_row {
    const char *bytes;
    const char *payload;
    const char *trailers;
    const char *rest; /* what is left in the input after the end */
};

static const struct good_row good_rows[] = {
    {"0\r\n\r\n", "", "", ""},
    {"0\r\n\r\nGET /", "", "", "GET /"},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n\r\n", "hello world", "", "\r\n"},
    {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789", "", ""},
    {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789", "", ""},
    {"0000000000005\r\nhello\r\n0000000000000\r\n\r\n", "hello", "", ""},
    {"1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n", "", ""},
    {"4\r\n0\r\n\r\r\n0\r\n\r\n", "0\r\n\r", "", ""},
    /* extensions */
    {"5;a\r\nhello\r\n0;b\r\n\r\n", "hello", "", ""},
    {"5;a=b\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=b;c;d=e\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5 ;\ta = b ; c\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=\"b\"\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=\"b;c=d, e\tf\"\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=\"b\\\"c\\\\\" ;d\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    {"5;a=\"\xc3\xa4\"\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
    /* trailers */
    {"0\r\nX: 1\r\n\r\n", "", "X: 1\r\n", ""},
    {"0\r\nX: 1\r\nY:2\r\nETag: \"z\"\r\n\r\nrest", "", "X: 1\r\nY:2\r\nETag: \"z\"\r\n", "rest"},
    {"0\r\nX:\r\n\r\n", "", "X:\r\n", ""},
    {"0\r\nX: \xff\t \r\n\r\n", "", "X: \xff\t \r\n", ""},
    {"0\r\nServer-Timing: a\r\ngrpc-status: 0\r\n\r\n", "",
     "Server-Timing: a\r\ngrpc-status: 0\r\n", ""},
    /* trailers that are dropped */
    {"0\r\nAuthorization: x\r\nX: 1\r\n\r\n", "", "X: 1\r\n", ""},
    {"0\r\nX: 1\r\nset-cookie: a=b\r\nCOOKIE: a\r\n\r\n", "", "X: 1\r\n", ""},
    {"0\r\nContent-Type: a\r\nContent-Encoding: b\r\nContent-Range: c\r\n\r\n", "", "", ""},
    {"0\r\nCache-Control: a\r\nX: 1\r\nDate: b\r\nProxy-Authorization: c\r\nY: 2\r\n\r\n", "",
     "X: 1\r\nY: 2\r\n", ""},
    {"0\r\nIf-None-Match: a\r\nRange: b\r\nLocation: c\r\nWWW-Authenticate: d\r\n\r\n", "", "", ""},
};

struct bad_row {
    struct wp_slice bytes;
};

#define BAD(text)                                                                                  \
    {                                                                                              \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }

static const struct bad_row bad_rows[] = {
    /* sizes */
    BAD("\r\n"),
    BAD("\n"),
    BAD(" 5\r\nhello\r\n"),
    BAD("\t5\r\nhello\r\n"),
    BAD("5 \r\nhello\r\n"),
    BAD("5\t\r\nhello\r\n"),
    BAD("+5\r\nhello\r\n"),
    BAD("-5\r\nhello\r\n"),
    BAD("-0\r\n\r\n"),
    BAD("0x5\r\nhello\r\n"),
    BAD("5h\r\nhello\r\n"),
    BAD("g\r\nhello\r\n"),
    BAD("5.\r\nhello\r\n"),
    BAD("5,5\r\nhello\r\n"),
    BAD("5_\r\nhello\r\n"),
    BAD("\"5\"\r\nhello\r\n"),
    BAD("5\0\r\nhello\r\n"),
    BAD("\xb2\r\nhello\r\n"),
    BAD("00000000000005\r\nhello\r\n"),
    BAD("ffffffffffffffff\r\n"),
    BAD("10000000000000000000005\r\nhello\r\n"),
    BAD("5\nhello\r\n"),
    BAD("5\rhello\r\n"),
    BAD("5\r\rhello\r\n"),
    BAD("5\r \nhello\r\n"),
    /* what follows the data */
    BAD("5\r\nhello0\r\n\r\n"),
    BAD("5\r\nhello\n0\r\n\r\n"),
    BAD("5\r\nhello\r0\r\n\r\n"),
    BAD("5\r\nhello\rX0\r\n\r\n"),
    BAD("5\r\nhelloX\n0\r\n\r\n"),
    BAD("5\r\nhello!\r\n0\r\n\r\n"),
    BAD("5\r\nhello \r\n0\r\n\r\n"),
    BAD("5\r\nhello\r\n\r\n0\r\n\r\n"),
    BAD("5\r\nhello\r\n 0\r\n\r\n"),
    BAD("4\r\nhello\r\n0\r\n\r\n"),
    /* extensions */
    BAD("5;\r\nhello\r\n"),
    BAD("5;;a\r\nhello\r\n"),
    BAD("5;a;\r\nhello\r\n"),
    BAD("5;=b\r\nhello\r\n"),
    BAD("5;a=\r\nhello\r\n"),
    BAD("5;a==b\r\nhello\r\n"),
    BAD("5;a b\r\nhello\r\n"),
    BAD("5;a=b c\r\nhello\r\n"),
    BAD("5;a=b \r\nhello\r\n"),
    BAD("5;a \r\nhello\r\n"),
    BAD("5 a\r\nhello\r\n"),
    BAD("5;a=b,c\r\nhello\r\n"),
    BAD("5;a=\"b\r\nhello\r\n"),
    BAD("5;a=\"b\\\r\nhello\r\n"),
    BAD("5;a=\"b\"c\r\nhello\r\n"),
    BAD("5;a=\"b\0\"\r\nhello\r\n"),
    BAD("5;a=\"b\x7f\"\r\nhello\r\n"),
    BAD("5;a\n\r\nhello\r\n"),
    BAD("5;a=b\nhello\r\n"),
    BAD("5;a\rb\r\nhello\r\n"),
    BAD("5;a\0\r\nhello\r\n"),
    BAD("5;\xc3\xa4\r\nhello\r\n"),
    BAD("5;a=\xc3\xa4\r\nhello\r\n"),
    BAD("0;\n\r\n"),
    /* trailers */
    BAD("0\r\n\n"),
    BAD("0\r\n\r\r\n"),
    BAD("0\r\n\rX: 1\r\n\r\n"),
    BAD("0\r\n X: 1\r\n\r\n"),
    BAD("0\r\nX: 1\r\n 2\r\n\r\n"),
    BAD("0\r\nX : 1\r\n\r\n"),
    BAD("0\r\n: 1\r\n\r\n"),
    BAD("0\r\nX\r\n\r\n"),
    BAD("0\r\nX: 1\n\r\n"),
    BAD("0\r\nX: a\0b\r\n\r\n"),
    BAD("0\r\nGET / HTTP/1.1\r\n\r\n"),
    BAD("0\r\nContent-Length: 5\r\n\r\n"),
    BAD("0\r\nX: 1\r\ntransfer-encoding: chunked\r\n\r\n"),
    BAD("0\r\nHOST: a\r\n\r\n"),
    BAD("0\r\nConnection: close\r\n\r\n"),
    BAD("0\r\nKeep-Alive: 1\r\n\r\n"),
    BAD("0\r\nProxy-Connection: 1\r\n\r\n"),
    BAD("0\r\nTE: trailers\r\n\r\n"),
    BAD("0\r\nTrailer: x\r\n\r\n"),
    BAD("0\r\nUpgrade: x\r\n\r\n"),
    BAD("0\r\nExpect: 100-continue\r\n\r\n"),
    BAD("0\r\nMax-Forwards: 1\r\n\r\n"),
    BAD("0\r\nVia: x\r\n\r\n"),
    BAD("0\r\nForwarded: x\r\n\r\n"),
    BAD("0\r\nX-Forwarded-For: x\r\n\r\n"),
    BAD("0\r\nX-Forwarded-Host: x\r\n\r\n"),
    BAD("0\r\nX-Forwarded-Proto: x\r\n\r\n"),
    BAD("0\r\nX-Request-Id: x\r\n\r\n"),
};

static void bodies_are_decoded(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(good_rows); i++) {
        const struct good_row *row = &good_rows[i];
        struct wp_slice bytes = wp_slice_cstr(row->bytes);
        const struct outcome *outcome = decode_all_ways(bytes);
        if (outcome->event != WP_CHUNK_END || strcmp(outcome->payload, row->payload) != 0 ||
            strcmp(outcome->trailers, row->trailers) != 0) {
            print_error("row %zu: event %d (%s), payload %s, trailers %s\n", i, outcome->event,
                        outcome->reason != NULL ? outcome->reason : "", outcome->payload,
                        outcome->trailers);
            fail();
        }
        assert_string_equal(row->bytes + outcome->used, row->rest);
        assert_int_equal(outcome->total, strlen(row->payload));
    }
}

static void bodies_are_refused(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(bad_rows); i++) {
        const struct outcome *outcome = decode_all_ways(bad_rows[i].bytes);
        if (outcome->event != WP_CHUNK_BAD || outcome->reason == NULL) {
            print_error("row %zu: event %d: %.*s\n", i, outcome->event,
                        WP_SLICE_ARG(bad_rows[i].bytes));
            fail();
        }
    }
}

/* Every proper prefix of a good body is incomplete, never bad and never complete. */
static void prefixes_are_incomplete(void **state)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(good_rows); i++) {
        struct wp_slice bytes = wp_slice_cstr(good_rows[i].bytes);
        size_t length = bytes.len - strlen(good_rows[i].rest);
        for (size_t count = 0; count < length; count++) {
            static struct outcome outcome;
            decode((struct wp_slice){bytes.ptr, count}, count, 1, &outcome);
            assert_int_equal(outcome.event, WP_CHUNK_MORE);
        }
    }
}

static enum wp_chunk_event decode_text(const char *text)
{
    static struct outcome outcome;
    decode(wp_slice_cstr(text), strlen(text), 1, &outcome);
    return outcome.event;
}

static void extensions_are_bounded(void **state)
{
    char text[512];
    for (int length = 250; length < 262; length++) {
        /* ";" and the name count: `length` bytes of extension in all */
        sprintf(text, "0;%.*s\r\n\r\n", length - 1,
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaa"
                "aaaaaaaaaaaaaaaa");
        assert_int_equal(decode_text(text), length <= 256 ? WP_CHUNK_END : WP_CHUNK_BAD);
    }
}

static void each_chunk_may_have_extensions(void **state)
{
    char text[8192] = "";
    for (int i = 0; i < 20; i++) {
        strcat(
            text,
            "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"
            "x\r\n");
    }
    strcat(text, "0\r\n\r\n");
    assert_int_equal(decode_text(text), WP_CHUNK_END);
}

/* Many small lines or one long line: 8 KiB of trailers and no more. */
static void trailers_are_bounded(void **state)
{
    static char text[16384];
    for (size_t lines = 1364; lines <= 1367; lines++) {
        size_t at = (size_t)sprintf(text, "0\r\n");
        for (size_t i = 0; i < lines; i++) {
            at += (size_t)sprintf(text + at, "X: 1\r\n");
        }
        sprintf(text + at, "\r\n");
        assert_int_equal(decode_text(text), lines * 6 <= 8192 ? WP_CHUNK_END : WP_CHUNK_BAD);
    }
    for (size_t length = 8190; length <= 8194; length++) {
        size_t at = (size_t)sprintf(text, "0\r\nX:");
        memset(text + at, 'x', length - 4);
        strcpy(text + at + length - 4, "\r\n\r\n");
        assert_int_equal(decode_text(text), length <= 8192 ? WP_CHUNK_END : WP_CHUNK_BAD);
    }
}

static void endless_trailer_line_is_refused_early(void **state)
{
    static char text[9000];
    struct wp_chunk_decoder decoder;
    size_t used;
    struct wp_slice data;
    memset(text, 'x', sizeof(text));
    wp_chunk_init(&decoder);
    assert_int_equal(wp_chunk_next(&decoder, WP_SLICE("0\r\n"), &used, &data), WP_CHUNK_MORE);
    assert_int_equal(wp_chunk_next(&decoder, (struct wp_slice){text, 8000}, &used, &data),
                     WP_CHUNK_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(wp_chunk_next(&decoder, (struct wp_slice){text, 8192}, &used, &data),
                     WP_CHUNK_BAD);
}

static void after_the_end_nothing_is_taken(void **state)
{
    struct wp_chunk_decoder decoder;
    size_t used = 99;
    struct wp_slice data;
    wp_chunk_init(&decoder);
    assert_int_equal(wp_chunk_next(&decoder, WP_SLICE("0\r\n\r\n1\r\n"), &used, &data),
                     WP_CHUNK_END);
    assert_int_equal(used, 5);
    assert_int_equal(wp_chunk_next(&decoder, WP_SLICE("1\r\nx"), &used, &data), WP_CHUNK_END);
    assert_int_equal(used, 0);
}

/* A chunk of 2^52 - 1 bytes is a size like any other. */
static void great_sizes_are_kept(void **state)
{
    struct wp_chunk_decoder decoder;
    size_t used;
    struct wp_slice data;
    wp_chunk_init(&decoder);
    assert_int_equal(wp_chunk_next(&decoder, WP_SLICE("fffffffffffff\r\nx"), &used, &data),
                     WP_CHUNK_DATA);
    assert_int_equal(decoder.left, 0xffffffffffffe);
    assert_int_equal(data.len, 1);
    assert_int_equal(used, 16);
}

static void heads_are_written(void **state)
{
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {{0, "0\r\n"},       {1, "1\r\n"},
                {15, "f\r\n"},      {16, "10\r\n"},
                {255, "ff\r\n"},    {256, "100\r\n"},
                {6699, "1a2b\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"}};
    for (size_t i = 0; i < WP_ARRAY_SIZE(rows); i++) {
        char text[WP_CHUNK_HEAD_SIZE];
        size_t length = wp_chunk_write_head(rows[i].size, text);
        assert_int_equal(length, strlen(rows[i].text));
        assert_memory_equal(text, rows[i].text, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_decoded),
        cmocka_unit_test(bodies_are_refused),
        cmocka_unit_test(prefixes_are_incomplete),
        cmocka_unit_test(extensions_are_bounded),
        cmocka_unit_test(each_chunk_may_have_extensions),
        cmocka_unit_test(trailers_are_bounded),
        cmocka_unit_test(endless_trailer_line_is_refused_early),
        cmocka_unit_test(after_the_end_nothing_is_taken),
        cmocka_unit_test(great_sizes_are_kept),
        cmocka_unit_test(heads_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
