/*
 * proto_ns.c - what parsing and writing one head costs.
 *
 * A measuring tool, not a test: it prints nanoseconds per parse, per write and per both for heads
 * of the sizes that are common, and asserts nothing about them. Each figure is the least of several
 * rounds, so that a busy machine disturbs it little. For instructions, which do not depend on the
 * machine's mood, run it as `perf stat -e instructions:u` or under callgrind with a case's name and
 * a number of repetitions as arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wakeproxy/base/clock.h"
#include "wakeproxy/base/mem.h"
#include "wakeproxy/proto/http1_write.h"

#define ROUNDS          15
#define REPEATS         20000
#define OUT_BYTES       4096
#define HEAD_BYTES_MAX  16384
#define FIELD_COUNT_MAX 100

struct bench_case {
    const char *name;
    bool is_response;
    const char *head;
};

static const struct bench_case cases[] = {
    {"request-small", false,
     "GET /a/b?x=1 HTTP/1.1\r\nHost: shop-qa.dev.example.com\r\nUser-Agent: curl/7.88.1\r\n"
     "Accept: */*\r\n\r\n"},
    {"request-browser", false,
     "GET /static/app/main.93ac1f.js?v=20 HTTP/1.1\r\n"
     "Host: shop-qa.dev.example.com\r\n"
     "Connection: keep-alive\r\n"
     "sec-ch-ua: \"Chromium\";v=\"118\", \"Not=A?Brand\";v=\"99\"\r\n"
     "sec-ch-ua-mobile: ?0\r\n"
     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/118.0.0.0 Safari/537.36\r\n"
     "sec-ch-ua-platform: \"Linux\"\r\n"
     "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;"
     "q=0.8\r\n"
     "Sec-Fetch-Site: same-origin\r\n"
     "Sec-Fetch-Mode: no-cors\r\n"
     "Sec-Fetch-Dest: script\r\n"
     "Referer: https://shop-qa.dev.example.com/orders/17\r\n"
     "Accept-Encoding: gzip, deflate, br\r\n"
     "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
     "Cookie: session=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n"
     "\r\n"},
    {"request-post", false,
     "POST /api/orders HTTP/1.1\r\nHost: shop-qa.dev.example.com\r\nContent-Type: "
     "application/json\r\nContent-Length: 421\r\nAccept: application/json\r\nAuthorization: Bearer "
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\r\nX-Trace: 0af7651916cd43dd8448eb211c80319c\r\n\r\n"},
    {"response-small", true,
     "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 18:37:00 GMT\r\nContent-Type: text/plain\r\n"
     "Content-Length: 128\r\n\r\n"},
    {"response-typical", true,
     "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 20 Nov 2026 18:37:00 GMT\r\n"
     "Content-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n"
     "Connection: keep-alive\r\nVary: Accept-Encoding\r\nCache-Control: no-cache, private\r\n"
     "X-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\nSet-Cookie: "
     "session=9f86d081884c7d659a2feaa0c55ad015; path=/; HttpOnly; SameSite=Lax\r\n"
     "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n\r\n"},
};

static const struct wp_head_limits limits = {
    .head_bytes = HEAD_BYTES_MAX, .target_bytes = 8000, .fields = FIELD_COUNT_MAX};
static struct wp_head head;
static char out[OUT_BYTES];

static enum wp_parse parse(const struct bench_case *item, struct wp_slice bytes)
{
    return item->is_response ? wp_head_parse_response(&head, bytes, WP_METHOD_GET, &limits)
                             : wp_head_parse_request(&head, bytes, &limits);
}

static size_t write_out(const struct bench_case *item)
{
    struct wp_writer writer;
    wp_writer_init(&writer, out, sizeof(out));
    if (item->is_response) {
        struct wp_response_out response = {.framing = head.framing,
                                           .keep_alive = true,
                                           .client_minor_version = 1,
                                           .date = WP_SLICE("Fri, 20 Nov 2026 18:37:00 GMT")};
        wp_write_response(&writer, &head, &response);
    } else {
        struct wp_forward forward = {.client_ip = WP_SLICE("203.0.113.17"),
                                     .request_id = WP_SLICE("0af7651916cd43dd8448eb211c80319c")};
        wp_write_request(&writer, &head, &forward);
    }
    return writer.is_full ? 0 : writer.used;
}

/* Nanoseconds per round trip of the parts asked for: the least of ROUNDS. */
static double measure(const struct bench_case *item, struct wp_slice bytes, bool want_parse,
                      bool want_write)
{
    uint64_t least_us = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start_us = wp_clock_mono_us();
        for (int i = 0; i < REPEATS; i++) {
            if (want_parse) {
                parse(item, bytes);
            }
            if (want_write) {
                write_out(item);
            }
            __asm__ volatile("" : : : "memory");
        }
        uint64_t spent_us = wp_clock_mono_us() - start_us;
        least_us = spent_us < least_us ? spent_us : least_us;
    }
    return (double)least_us * 1000.0 / REPEATS;
}

/* Only repeats one case, for a profiler to count. */
static int repeat(const char *name, long count)
{
    for (size_t i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        if (strcmp(cases[i].name, name) == 0) {
            struct wp_slice bytes = wp_slice_cstr(cases[i].head);
            for (long n = 0; n < count; n++) {
                parse(&cases[i], bytes);
                write_out(&cases[i]);
            }
            return 0;
        }
    }
    fprintf(stderr, "no case %s\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return repeat(argv[1], strtol(argv[2], NULL, 10));
    }
    printf("%-18s %6s %9s %9s %9s\n", "case", "bytes", "parse ns", "write ns", "both ns");
    for (size_t i = 0; i < WP_ARRAY_SIZE(cases); i++) {
        struct wp_slice bytes = wp_slice_cstr(cases[i].head);
        if (parse(&cases[i], bytes) != WP_PARSE_OK || write_out(&cases[i]) == 0) {
            fprintf(stderr, "%s: not parsed or not written\n", cases[i].name);
            return 1;
        }
        printf("%-18s %6zu %9.0f %9.0f %9.0f\n", cases[i].name, bytes.len,
               measure(&cases[i], bytes, true, false), measure(&cases[i], bytes, false, true),
               measure(&cases[i], bytes, true, true));
    }
    return 0;
}
