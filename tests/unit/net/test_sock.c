/*
 * test_sock.c - listening, connecting, accepting and the plain stream, over loopback.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wakeproxy/net/sock.h"
#include "wakeproxy/net/stream.h"

static struct wp_addr addr_of(const char *text)
{
    struct wp_addr addr;

    assert_int_equal(wp_addr_parse(wp_slice_cstr(text), &addr), 0);
    return addr;
}

static void await(int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events};

    assert_int_equal(poll(&entry, 1, 5000), 1);
}

static void assert_flags(int fd)
{
    int value = 0;
    socklen_t length = sizeof(value);

    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &length), 0);
    assert_true(value != 0);
}

static void accept_one(int listen_fd, int *ret_fd, struct wp_addr *ret_peer)
{
    await(listen_fd, POLLIN);
    assert_int_equal(wp_sock_accept(listen_fd, ret_fd, ret_peer), 0);
    assert_flags(*ret_fd);
}

static void open_pair(int *ret_client, int *ret_server)
{
    struct wp_addr wanted = addr_of("127.0.0.1:0"), bound, peer;
    bool is_connected;
    int listen_fd;

    assert_int_equal(wp_sock_listen(&wanted, 1, &listen_fd, &bound, NULL), 0);
    assert_int_equal(wp_sock_connect(&bound, ret_client, &is_connected), 0);
    assert_flags(*ret_client);
    await(*ret_client, POLLOUT);
    assert_int_equal(wp_sock_connect_result(*ret_client), 0);
    accept_one(listen_fd, ret_server, &peer);
    assert_int_equal(peer.sa.sa_family, AF_INET);
    assert_true(wp_addr_port(&peer) != 0);
    assert_int_equal(wp_sock_accept(listen_fd, ret_server, &peer), -EAGAIN);
    close(listen_fd);
}

static void test_listen_many(void **state)
{
    struct wp_addr wanted = addr_of("127.0.0.1:0"), bound, own;
    struct pollfd entries[4];
    unsigned accepted = 0, shared = 0;
    int fds[4];

    assert_int_equal(wp_sock_listen(&wanted, 4, fds, &bound, NULL), 0);
    assert_true(wp_addr_port(&bound) != 0);
    for (unsigned i = 0; i < 4; i++) {
        socklen_t length = sizeof(own);

        assert_int_equal(getsockname(fds[i], &own.sa, &length), 0);
        assert_int_equal(wp_addr_port(&own), wp_addr_port(&bound));
        assert_flags(fds[i]);
        entries[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    /* The kernel spreads conns over all of them. */
    for (unsigned i = 0; i < 64; i++) {
        bool is_connected;
        int fd;

        assert_int_equal(wp_sock_connect(&bound, &fd, &is_connected), 0);
        await(fd, POLLOUT);
        assert_true(poll(entries, 4, 5000) > 0);
        for (unsigned j = 0; j < 4; j++) {
            struct wp_addr peer;
            int server;

            if (entries[j].revents & POLLIN) {
                assert_int_equal(wp_sock_accept(fds[j], &server, &peer), 0);
                close(server);
                accepted++;
                shared |= 1u << j;
            }
        }
        close(fd);
    }
    assert_int_equal(accepted, 64);
    assert_int_equal(shared, 15);
    for (unsigned i = 0; i < 4; i++) {
        close(fds[i]);
    }
}

static unsigned count_open(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

/* Also another socket with SO_REUSEPORT is a conflict, and nothing is left open. */
static void test_listen_conflict(void **state)
{
    struct wp_addr wanted = addr_of("127.0.0.1:0"), any = addr_of("0.0.0.0:0"), bound, unused;
    char text[WP_ADDR_SIZE], message[128];
    int fds[3], more[3];
    unsigned before;
    struct wp_err err;

    assert_int_equal(wp_sock_listen(&wanted, 3, fds, &bound, &err), 0);
    before = count_open();
    assert_int_equal(wp_sock_listen(&bound, 3, more, &unused, &err), -EADDRINUSE);
    wp_addr_text(&bound, text);
    snprintf(message, sizeof(message), "%s: address already in use", text);
    assert_string_equal(err.text, message);
    wp_addr_set_port(&any, wp_addr_port(&bound));
    assert_int_equal(wp_sock_listen(&any, 3, more, &unused, NULL), -EADDRINUSE);
    assert_int_equal(count_open(), before);
    for (unsigned i = 0; i < 3; i++) {
        close(fds[i]);
    }
    /* Free again at once. */
    assert_int_equal(wp_sock_listen(&bound, 1, more, &unused, &err), 0);
    assert_true(wp_addr_eq(&bound, &unused));
    close(more[0]);
}

static void test_listen_errors(void **state)
{
    struct wp_addr elsewhere = addr_of("192.0.2.1:0"), none, unused;
    struct wp_err err;
    int fd;

    assert_int_equal(wp_sock_listen(&elsewhere, 1, &fd, &unused, &err), -EADDRNOTAVAIL);
    assert_string_equal(err.text, "192.0.2.1:0: this machine does not have that address");
    memset(&none, 0, sizeof(none));
    assert_true(wp_sock_listen(&none, 1, &fd, &unused, &err) < 0);
}

static void test_dual_stack(void **state)
{
    struct wp_addr wanted = addr_of("[::]:0"), target = addr_of("127.0.0.1:0"), bound, peer;
    int listen_fd, client, server, error;
    char text[WP_ADDR_SIZE];
    bool is_connected;

    error = wp_sock_listen(&wanted, 1, &listen_fd, &bound, NULL);
    if (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL) {
        skip(); /* a machine without IPv6 */
    }
    assert_int_equal(error, 0);
    wp_addr_set_port(&target, wp_addr_port(&bound));
    assert_int_equal(wp_sock_connect(&target, &client, &is_connected), 0);
    accept_one(listen_fd, &server, &peer);
    wp_addr_ip_text(&peer, text);
    assert_string_equal(text, "127.0.0.1");
    close(client);
    close(server);
    close(listen_fd);
}

static void test_refused(void **state)
{
    struct wp_addr wanted = addr_of("127.0.0.1:0"), bound, none;
    bool is_connected;
    int fd, error;

    assert_int_equal(wp_sock_listen(&wanted, 1, &fd, &bound, NULL), 0);
    close(fd);
    error = wp_sock_connect(&bound, &fd, &is_connected);
    if (error == 0) {
        await(fd, POLLOUT);
        error = wp_sock_connect_result(fd);
        close(fd);
    }
    assert_int_equal(error, -ECONNREFUSED);
    memset(&none, 0, sizeof(none));
    assert_true(wp_sock_connect(&none, &fd, &is_connected) < 0);
}

/* A free port that the kernel may choose as a source: connect(2) prefers the parity of the first
 * port of the ephemeral range, bind(2) the other. */
static struct wp_addr free_source_port(unsigned *ret_range)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    struct wp_addr wanted = addr_of("127.0.0.1:0"), bound;
    unsigned low, high;
    int fd = -1;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u %u", &low, &high), 2);
    fclose(file);
    for (unsigned port = low + 100; port <= high; port += 2) {
        wp_addr_set_port(&wanted, (uint16_t)port);
        if (wp_sock_listen(&wanted, 1, &fd, &bound, NULL) == 0) {
            break;
        }
    }
    assert_true(fd >= 0);
    close(fd);
    *ret_range = high - low + 1;
    return bound;
}

/*
 * Connecting again and again to a free port of the ephemeral range sooner or later is given that
 * port as its source. It must look refused every time.
 */
static void test_self_connect(void **state)
{
    unsigned range;
    struct wp_addr addr = free_source_port(&range);
    bool is_connected;
    int fd;

    /* The kernel walks through the range: this meets every source port at least once. */
    for (unsigned i = 0; i < range * 2; i++) {
        int error = wp_sock_connect(&addr, &fd, &is_connected);

        if (error == 0) {
            assert_false(is_connected);
            error = wp_sock_connect_result(fd);
            close(fd);
        }
        assert_int_equal(error, -ECONNREFUSED);
    }
}

static void test_reset(void **state)
{
    int client, server;
    char byte;

    open_pair(&client, &server);
    wp_sock_reset(server);
    await(client, POLLIN);
    assert_int_equal(recv(client, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(client);
}

static void test_stream(void **state)
{
    char hello[] = "hello ", world[] = "world";
    struct iovec parts[2] = {{hello, 6}, {world, 5}};
    struct wp_stream client, server;
    int client_fd, server_fd;
    char bytes[64];
    ssize_t count, total = 0;

    open_pair(&client_fd, &server_fd);
    wp_stream_init_plain(&client, client_fd);
    wp_stream_init_plain(&server, server_fd);
    assert_true(client.ops->is_plain);
    assert_int_equal(wp_stream_read(&server, bytes, sizeof(bytes)), -EAGAIN);
    assert_int_equal(client.ops->writev(&client, parts, 2), 11);
    await(server_fd, POLLIN);
    assert_int_equal(wp_stream_read(&server, bytes, sizeof(bytes)), 11);
    assert_memory_equal(bytes, "hello world", 11);

    /* Until the socket takes no more. */
    memset(bytes, 'x', sizeof(bytes));
    while ((count = wp_stream_write(&client, bytes, sizeof(bytes))) > 0) {
        total += count;
    }
    assert_int_equal(count, -EAGAIN);
    client.ops->shutdown(&client);
    while (total > 0) {
        await(server_fd, POLLIN);
        count = wp_stream_read(&server, bytes, sizeof(bytes));
        assert_true(count > 0);
        total -= count;
    }
    await(server_fd, POLLIN);
    assert_int_equal(wp_stream_read(&server, bytes, sizeof(bytes)), 0);

    /* The other direction is still open; a dead one is an error and no signal. */
    assert_int_equal(wp_stream_write(&server, "bye", 3), 3);
    await(client_fd, POLLIN);
    assert_int_equal(wp_stream_read(&client, bytes, sizeof(bytes)), 3);
    assert_int_equal(wp_stream_write(&client, "x", 1), -EPIPE);
    assert_int_equal(client.ops->writev(&client, parts, 2), -EPIPE);
    client.ops->close(&client);
    assert_int_equal(client.fd, -1);
    client.ops->close(&client);
    client.ops->shutdown(&client);
    server.ops->close(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_many),   cmocka_unit_test(test_listen_conflict),
        cmocka_unit_test(test_listen_errors), cmocka_unit_test(test_dual_stack),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_self_connect),
        cmocka_unit_test(test_reset),         cmocka_unit_test(test_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
