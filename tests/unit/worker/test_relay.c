/*
 * test_relay.c - one direction of a body, between two socket pairs: framing, ends, back-pressure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay.h"

struct world {
    struct wp_loop *loop;
    struct wp_buf_pool *bufs;
    struct wp_pipe_pool *pipes;
    struct wp_end from, to;
    int source, sink; /* the far ends */
    struct wp_flow flow;
    char *got;
    size_t got_len;
};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
}

static void begin(struct world *world, enum wp_framing in, uint64_t length, enum wp_framing out)
{
    int a[2], b[2];
    memset(world, 0, sizeof(*world));
    world->loop = wp_loop_new();
    world->bufs = wp_buf_pool_new();
    world->pipes = wp_pipe_pool_new();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
    world->source = a[0];
    world->sink = b[0];
    wp_end_init(&world->from, world->loop, a[1], on_event, world);
    wp_end_init(&world->to, world->loop, b[1], on_event, world);
    wp_flow_init(&world->flow, in, length, out, WP_METER_NONE);
    world->got = wp_malloc(1);
}

static void end(struct world *world)
{
    wp_flow_fini(&world->flow);
    wp_end_close(&world->from, world->bufs);
    wp_end_close(&world->to, world->bufs);
    assert_int_equal(wp_buf_pool_in_use(world->bufs), 0);
    close(world->source);
    close(world->sink);
    wp_buf_pool_free(&world->bufs);
    wp_pipe_pool_free(&world->pipes);
    wp_loop_free(&world->loop);
    free(world->got);
}

static void receive(struct world *world)
{
    static char bytes[65536];
    ssize_t count;
    while ((count = recv(world->sink, bytes, sizeof(bytes), 0)) > 0) {
        world->got = realloc(world->got, world->got_len + (size_t)count + 1);
        memcpy(world->got + world->got_len, bytes, (size_t)count);
        world->got_len += (size_t)count;
    }
    world->got[world->got_len] = '\0';
}

static enum wp_flow_result step(struct world *world)
{
    enum wp_flow_result result = wp_flow_run(&world->flow, &world->from, &world->to, world->bufs);
    receive(world);
    return result;
}

/* Feeds `text` in pieces of `piece` bytes, running the flow after each. */
static enum wp_flow_result feed(struct world *world, const char *text, size_t length, size_t piece)
{
    enum wp_flow_result result = WP_FLOW_WAIT;
    for (size_t at = 0; at < length && result == WP_FLOW_WAIT; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        assert_int_equal(send(world->source, text + at, count, 0), count);
        result = step(world);
    }
    return result;
}

static void test_length(void **state)
{
    struct world world;
    for (size_t piece = 1; piece <= 12; piece++) {
        begin(&world, WP_FRAMING_LENGTH, 10, WP_FRAMING_LENGTH);
        assert_int_equal(feed(&world, "0123456789NEXT", 14, piece), WP_FLOW_DONE);
        assert_string_equal(world.got, "0123456789");
        assert_int_equal(world.flow.bytes, 10);
        end(&world);
    }
}

static void test_length_cut_short(void **state)
{
    struct world world;
    begin(&world, WP_FRAMING_LENGTH, 10, WP_FRAMING_LENGTH);
    assert_int_equal(feed(&world, "01234", 5, 5), WP_FLOW_WAIT);
    shutdown(world.source, SHUT_WR);
    assert_int_equal(step(&world), WP_FLOW_SOURCE_ENDED);
    assert_string_equal(world.got, "01234");
    end(&world);
}

static void test_chunked_is_framed_anew(void **state)
{
    static const char text[] = "4;ext=\"a\"\r\nWiki\r\n005\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\nNEXT";
    struct world world;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        begin(&world, WP_FRAMING_CHUNKED, 0, WP_FRAMING_CHUNKED);
        assert_int_equal(feed(&world, text, sizeof(text) - 1, piece), WP_FLOW_DONE);
        assert_int_equal(world.flow.bytes, 9);
        assert_null(strstr(world.got, "ext"));
        assert_null(strstr(world.got, "NEXT"));
        assert_non_null(strstr(world.got, "0\r\nX-Sum: 1\r\n\r\n"));
        /* What was read beyond the end still belongs to the next message. */
        assert_true(wp_buf_used(&world.from.in) <= 4);
        end(&world);
    }
    begin(&world, WP_FRAMING_CHUNKED, 0, WP_FRAMING_CHUNKED);
    assert_int_equal(feed(&world, text, sizeof(text) - 1, sizeof(text)), WP_FLOW_DONE);
    assert_string_equal(world.got, "4\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n");
    end(&world);
}

static void test_chunked_to_close(void **state)
{
    static const char text[] = "4\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n";
    struct world world;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        begin(&world, WP_FRAMING_CHUNKED, 0, WP_FRAMING_TO_CLOSE);
        assert_int_equal(feed(&world, text, sizeof(text) - 1, piece), WP_FLOW_DONE);
        assert_string_equal(world.got, "Wikipedia");
        end(&world);
    }
}

static void test_close_to_chunked(void **state)
{
    struct world world;
    begin(&world, WP_FRAMING_TO_CLOSE, 0, WP_FRAMING_CHUNKED);
    assert_int_equal(feed(&world, "Wikipedia", 9, 4), WP_FLOW_WAIT);
    shutdown(world.source, SHUT_WR);
    assert_int_equal(step(&world), WP_FLOW_DONE);
    assert_string_equal(world.got, "4\r\nWiki\r\n4\r\npedi\r\n1\r\na\r\n0\r\n\r\n");
    end(&world);
}

static void test_bad_chunk(void **state)
{
    struct world world;
    begin(&world, WP_FRAMING_CHUNKED, 0, WP_FRAMING_CHUNKED);
    assert_int_equal(feed(&world, "4\r\nWikiX\r\n", 10, 10), WP_FLOW_BAD);
    assert_non_null(world.flow.reason);
    end(&world);
}

/* A reader that does not read stops its writer; what is in between is bounded; nothing is lost. */
static void slow_reader(enum wp_framing in, enum wp_framing out, bool is_spliced)
{
    const size_t total = 8u << 20;
    struct world world;
    size_t sent = 0;
    char block[65536];
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = (char)('a' + i % 26);
    }
    begin(&world, in, total, out);
    world.flow.pipes = is_spliced ? world.pipes : NULL;
    for (;;) {
        size_t count = total - sent < sizeof(block) ? total - sent : sizeof(block);
        ssize_t put = send(world.source, block, count, 0);
        sent += put > 0 ? (size_t)put : 0;
        enum wp_flow_result result = wp_flow_run(&world.flow, &world.from, &world.to, world.bufs);
        assert_int_equal(result, WP_FLOW_WAIT);
        if (put < 0 && wp_flow_is_blocked(&world.flow, &world.to)) {
            break;
        }
    }
    assert_false(wp_flow_wants_read(&world.flow, &world.to));
    assert_true(sent < total);
    assert_true(wp_buf_pool_in_use(world.bufs) <= 2);
    while (!world.flow.is_done) {
        size_t count = total - sent < sizeof(block) ? total - sent : sizeof(block);
        ssize_t put = count > 0 ? send(world.source, block, count, 0) : 0;
        sent += put > 0 ? (size_t)put : 0;
        enum wp_flow_result result = step(&world);
        assert_true(result == WP_FLOW_WAIT || result == WP_FLOW_DONE);
    }
    assert_int_equal(world.got_len, total);
    assert_int_equal(is_spliced, world.flow.pipe != NULL);
    end(&world);
}

static void test_slow_reader(void **state)
{
    slow_reader(WP_FRAMING_LENGTH, WP_FRAMING_LENGTH, false);
}

static void test_slow_reader_spliced(void **state)
{
    slow_reader(WP_FRAMING_LENGTH, WP_FRAMING_LENGTH, true);
}

static void test_no_body_is_done_at_once(void **state)
{
    struct world world;
    begin(&world, WP_FRAMING_NONE, 0, WP_FRAMING_NONE);
    assert_int_equal(send(world.source, "NEXT", 4, 0), 4);
    assert_int_equal(step(&world), WP_FLOW_DONE);
    assert_int_equal(world.got_len, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_length_cut_short),
        cmocka_unit_test(test_chunked_is_framed_anew),
        cmocka_unit_test(test_chunked_to_close),
        cmocka_unit_test(test_close_to_chunked),
        cmocka_unit_test(test_bad_chunk),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_slow_reader_spliced),
        cmocka_unit_test(test_no_body_is_done_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
