"""The data path: framing, order, back-pressure, end to end through the real binary."""
import hashlib
import random
import socket
import threading
import time

import pytest

from rawhttp import Client, Closed, eventually
from wake import IS_SANITIZED


@pytest.fixture
def through(wakeproxy, make_origin):
    """Starts wakeproxy before an upstream with this handler; (wakeproxy, origin)."""
    def start(handler=None, **top):
        origin = make_origin(handler) if handler else make_origin()
        wakeproxy.start({"t": {"hosts": ["localhost"], "upstream": {"address": origin.text}}},
                        **top)
        return wakeproxy, origin
    return start


def echo_target(conn, request):
    conn.body(request)
    conn.answer(request.target)


def raw_answer(text, then=None):
    """A handler that answers these bytes."""
    def handler(conn, request):
        conn.body(request)
        conn.send(text)
        if then == "close":
            raise Closed("as told")
    return handler


def test_keep_alive(through):
    wp, origin = through(echo_target)
    with wp.client() as client:
        for i in range(200):
            assert client.get(f"/{i}").body == f"/{i}".encode()
    assert len(origin.conns) <= 2, "the upstream connection was reused"


def test_pipelining_is_answered_in_order(through):
    wp, _ = through(echo_target)
    with wp.client() as client:
        client.send("".join(f"GET /{i} HTTP/1.1\r\nHost: localhost\r\n\r\n" for i in range(100)))
        for i in range(100):
            assert client.response().body == f"/{i}".encode()


def test_pipelining_behind_a_body(through):
    wp, _ = through()
    with wp.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none"
                    "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\ntwo\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert [client.response().body for _ in range(3)] == [b"one", b"two", b"hello"]


def test_chunked_request_and_trailers(through):
    wp, origin = through()
    with wp.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                    "TE: trailers\r\nTrailer: X-Sum\r\n\r\n"
                    "A;ext=1\r\n0123456789\r\n00001\r\nx\r\n0\r\nX-Sum: 11\r\n\r\n")
        assert client.response().body == b"0123456789x"
    request = origin.requests[0]
    assert request.body == b"0123456789x"
    assert ("X-Sum", "11") in request.trailers
    assert request.get("Content-Length") is None


def test_chunked_response_and_trailers(through):
    wp, _ = through(raw_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                               "Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"))
    with wp.client() as client:
        client.request("/", fields={"TE": "trailers", "Connection": "TE"})
        response = client.response()
        assert response.body == b"hello" and response.trailers == [("X-Sum", "5")]
        assert client.get("/").body == b"hello", "in sync afterwards"


def test_chunked_to_a_1_0_client(through):
    wp, _ = through(raw_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"))
    with wp.client() as client:
        client.request("/", version="1.0")
        response = client.response()
        assert response.framing == (None, None) and response.body == b"hello world"


def test_1_0_keep_alive(through):
    wp, _ = through(echo_target)
    with wp.client() as client:
        assert client.get("/a", version="1.0", fields={"Connection": "keep-alive"}).body == b"/a"
        client.request("/b", version="1.0")
        assert client.response().body == b"/b"
        assert client.at_end()


def test_close_delimited_response(through):
    wp, _ = through(raw_answer("HTTP/1.1 200 OK\r\n\r\nuntil the end", "close"))
    with wp.client() as client:
        response = client.get("/")
        assert response.body == b"until the end"
        if response.framing == ("chunked", None):
            assert client.get("/").body == b"until the end"


def test_head_and_empty_statuses(through):
    def handler(conn, request):
        conn.body(request)
        if request.method == "HEAD":
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        elif request.target == "/204":
            conn.send("HTTP/1.1 204 No Content\r\n\r\n")
        elif request.target == "/304":
            conn.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: \"x\"\r\n\r\n")
        else:
            conn.answer("", "200 OK")

    wp, _ = through(handler)
    with wp.client() as client:
        head = client.get("/", method="HEAD")
        assert head.get("Content-Length") == "1000" and head.body == b""
        assert client.get("/204").status == 204
        not_modified = client.get("/304")
        assert not_modified.status == 304 and not_modified.get("ETag") == '"x"'
        assert client.get("/").body == b""


def test_expect_continue_end_to_end(through):
    def handler(conn, request):
        assert request.get("Expect") == "100-continue"
        conn.send("HTTP/1.1 100 Continue\r\n\r\n")
        conn.body(request)
        conn.answer(request.body)

    wp, origin = through(handler)
    with wp.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    "Content-Length: 5\r\n\r\n")
        assert client.head().status == 100
        client.send("hello")
        assert client.response("POST").body == b"hello"


def test_expect_refused_by_the_upstream(through):
    def handler(conn, request):
        conn.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n"
                  "Connection: close\r\n\r\n")
        raise Closed("as told")

    wp, _ = through(handler)
    with wp.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    "Content-Length: 50000000\r\n\r\n")
        response = client.response("POST")
        assert response.status == 413 and not response.interim


def test_early_hints(through):
    wp, _ = through(raw_answer("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                               "HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    with wp.client() as client:
        response = client.get("/")
        assert [(i.status, i.get("Link")) for i in response.interim] == [
            (103, "</a.css>"), (103, "</b.css>")]
        assert response.body == b"ok"


def test_no_interim_for_1_0_clients(through):
    wp, _ = through(raw_answer("HTTP/1.1 103 Early Hints\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    with wp.client() as client:
        client.request("/", version="1.0")
        assert client.head().status == 200


def test_an_early_answer_to_a_long_upload(through):
    """The upstream answers and closes before the body is sent: the answer reaches the client."""
    def handler(conn, request):
        conn.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwho?")
        raise Closed("as told")

    wp, _ = through(handler)
    with wp.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n")
        client.send(b"x" * 1000)
        response = client.response("POST")
        assert response.status == 401 and response.body == b"who?"


def test_client_half_close_after_the_request(through):
    wp, _ = through(echo_target)
    with wp.client() as client:
        client.request("/half")
        client.sock.shutdown(socket.SHUT_WR)
        assert client.response().body == b"/half"


def test_big_bodies_both_ways(through):
    size = (8 if IS_SANITIZED else 64) << 20
    data = random.Random(7).randbytes(1 << 20)

    def handler(conn, request):
        digest, left = hashlib.sha256(), int(request.get("Content-Length"))
        while left:
            piece = conn.reader.exactly(min(left, 1 << 20))
            digest.update(piece)
            left -= len(piece)
        conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nX-Got: {digest.hexdigest()}"
                  "\r\n\r\n")
        for _ in range(size >> 20):
            conn.send(data)

    wp, _ = through(handler)
    want = hashlib.sha256()
    for _ in range(size >> 20):
        want.update(data)
    with wp.client() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n")
        for _ in range(size >> 20):
            client.send(data)
        response = client.response_head()
        assert response.get("X-Got") == want.hexdigest()
        got = hashlib.sha256()
        for _ in range(size >> 20):
            got.update(client.reader.exactly(1 << 20))
        assert got.hexdigest() == want.hexdigest()


def test_both_directions_at_once(through):
    """An upstream that answers while it reads (an echo): neither side waits for the other's end."""
    size = 16 << 20

    def handler(conn, request):
        conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        left = size
        while left:
            piece = conn.reader.exactly(min(left, 65536))
            conn.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            left -= len(piece)
        conn.send("0\r\n\r\n")

    wp, _ = through(handler)
    data = random.Random(9).randbytes(size)
    with wp.client() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n")
        sender = threading.Thread(target=client.send, args=(data,))
        sender.start()
        response = client.response("POST")
        sender.join()
    assert response.body == data


def test_a_slow_reader_holds_the_upstream_back(through):
    """64 MiB to a client that does not read: the upstream stalls, the proxy stays small."""
    sent = [0]

    def handler(conn, request):
        conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {64 << 20}\r\n\r\n")
        piece = b"x" * 65536
        for _ in range((64 << 20) // len(piece)):
            conn.send(piece)
            sent[0] += len(piece)

    wp, origin = through(handler)
    assert wp.process.poll() is None
    before = wp.rss_bytes()
    with Client(wp.address, rcvbuf=65536) as client:
        client.request("/")
        client.response_head()
        last, still = [-1], [time.monotonic()]

        def stalled():
            if sent[0] != last[0]:
                last[0], still[0] = sent[0], time.monotonic()
            return time.monotonic() - still[0] > 0.5
        eventually(stalled, "the upstream stalls")
        # Kernel socket buffers grow to some MiB on their own; the proxy adds one pooled buffer.
        assert sent[0] < 40 << 20
        assert IS_SANITIZED or wp.rss_bytes() - before < 4 << 20
        assert len(client.reader.exactly(64 << 20)) == 64 << 20


def test_a_slow_upstream_holds_the_client_back(through):
    go = threading.Event()

    def handler(conn, request):
        go.wait(30)
        conn.body(request)
        conn.answer(hashlib.sha256(request.body).hexdigest())

    wp, _ = through(handler)
    before = wp.rss_bytes()
    data, sent = random.Random(3).randbytes(32 << 20), [0]
    with wp.client() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n")

        def upload():
            while sent[0] < len(data):
                sent[0] += client.sock.send(data[sent[0]:sent[0] + 65536])
        thread = threading.Thread(target=upload)
        thread.start()
        last, still = [-1], [time.monotonic()]

        def stalled():
            if sent[0] != last[0]:
                last[0], still[0] = sent[0], time.monotonic()
            return time.monotonic() - still[0] > 0.5
        eventually(stalled, "the client stalls")
        assert sent[0] < len(data)
        assert IS_SANITIZED or wp.rss_bytes() - before < 4 << 20
        go.set()
        thread.join()
        assert client.response("POST").body.decode() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("answer", [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nBad Field: x\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
])
def test_a_malformed_answer_is_a_502(through, answer):
    wp, _ = through(raw_answer(answer, "close"))
    response = wp.get("/", fields={"Accept": "application/json"})
    assert response.status == 502
    assert response.get("Content-Type").startswith("application/problem+json")


def test_a_truncated_answer_is_not_made_whole(through):
    wp, _ = through(raw_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "close"))
    with wp.client() as client:
        with pytest.raises((Closed, ConnectionResetError)):
            client.get("/")
    assert wp.wait_for_log("access")["status"] == 200


def test_a_truncated_chunked_answer_is_not_made_whole(through):
    wp, _ = through(raw_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                               "close"))
    with wp.client() as client:
        with pytest.raises((Closed, ConnectionResetError)):
            client.get("/")


def test_a_reused_connection_that_died_is_retried_for_safe_requests(through):
    """The upstream closes each kept connection after one answer without saying so."""
    def handler(conn, request):
        conn.body(request)
        conn.answer(f"{conn.number}")
        if conn.requests == 1:
            conn.end()

    wp, origin = through(handler)
    with wp.client() as client:
        for _ in range(50):
            assert client.get("/").status == 200
    assert len(origin.requests) == 50


def test_header_duties(through):
    wp, origin = through()
    response = wp.get("/", fields=[
        ("Connection", "X-Private, keep-alive"), ("X-Private", "1"), ("Keep-Alive", "5"),
        ("Proxy-Connection", "x"), ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Host", "evil"), ("X-Kept", "yes"), ("Cookie", "a=1")])
    request = origin.requests[0]
    assert request.get("X-Kept") == "yes" and request.get("Cookie") == "a=1"
    for name in ("X-Private", "Keep-Alive", "Proxy-Connection"):
        assert request.get(name) is None, name
    assert request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "http"
    assert request.get("X-Forwarded-Host") == "localhost"
    assert request.get("Host") == "localhost"
    assert "1.1" in request.get("Via") and request.get("X-Request-Id")
    assert "1.1" in response.get("Via")


def test_trusted_proxies_are_believed(through):
    wp, origin = through(trusted_proxies=["127.0.0.0/8"])
    wp.get("/", fields={"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https",
                        "X-Forwarded-Host": "shop.example", "X-Request-Id": "abc-123"})
    request = origin.requests[0]
    assert request.get("X-Forwarded-For") == "192.0.2.7, 127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "https"
    assert request.get("X-Forwarded-Host") == "shop.example"
    assert request.get("X-Request-Id") == "abc-123"


def test_several_workers_share_the_load(through):
    wp, _ = through(echo_target, workers=2)
    clients = [wp.client() for _ in range(64)]
    for i, client in enumerate(clients):
        client.request(f"/{i}")
    assert [c.response().body for c in clients] == [f"/{i}".encode() for i in range(64)]
    for client in clients:
        client.close()
