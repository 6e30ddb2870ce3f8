"""The data path where steps meet: buffers given back while waiting, retries, refusals in the middle
of a body, permits between workers."""
import os
import socket
import threading
import time
from signal import SIGTERM

import pytest

from origin import websocket_echo, websocket_frame, websocket_read
from rawhttp import Closed, eventually
from wake import fresh_address, text_of

GET = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
# Longer than an exchange keeps its buffers while it waits for an answer (one second).
LONG = 1.5


@pytest.fixture
def through(wakeproxy, make_origin):
    """Starts wakeproxy before an upstream with this handler; `upstream` and others as given."""
    def start(handler, upstream=None, trace=None, **top):
        origin = make_origin(handler)
        upstream = {"address": origin.text, **(upstream or {})}
        wakeproxy.start({"t": {"hosts": ["localhost"], "upstream": upstream, **(trace or {})}},
                        **top)
        return wakeproxy, origin
    return start


def pass_time(seconds):
    """What an upstream does that is slow."""
    time.sleep(seconds)


def slow_echo(conn, request):
    conn.body(request)
    if request.target.startswith("/slow"):
        pass_time(LONG)
    conn.answer(request.target)


def test_a_pipelined_request_behind_a_slow_answer(through):
    wp, _ = through(slow_echo)
    with wp.client(timeout=5) as client:
        client.send(GET.format("/slow") + GET.format("/next"))
        assert client.response().body == b"/slow"
        assert client.response().body == b"/next"


def test_much_pipelined_behind_a_slow_answer(through):
    wp, _ = through(slow_echo)
    count = 800
    with wp.client(timeout=10) as client:
        client.send(GET.format("/slow") + "".join(GET.format(f"/{i}") for i in range(count)))
        assert client.response().body == b"/slow"
        for i in range(count):
            assert client.response().body == f"/{i}".encode()


def test_early_tunnel_bytes_survive_a_slow_upgrade(through):
    def handler(conn, request):
        pass_time(LONG)
        conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        conn.send(b"got " + conn.reader.exactly(10))

    wp, _ = through(handler)
    with wp.client(timeout=6) as client:
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
                    "early")
        assert client.response_head().status == 101
        client.send("later")
        assert client.reader.exactly(14) == b"got earlylater"


def test_the_rest_of_a_refused_body_is_no_request(through):
    """The upstream breaks off within a request body: what is left of it must not be parsed."""
    def handler(conn, request):
        conn.reset()
        raise Closed("as told")

    wp, origin = through(handler)
    for _ in range(20):
        with wp.client(timeout=5) as client:
            body = GET.format("/smuggled") * 20000
            try:
                client.send(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
                            "\r\n\r\n")
                client.send(body)
            except OSError:
                pass
            try:
                assert client.response().status == 502
            except ConnectionResetError:
                pass
    assert [r.target for r in origin.requests if r.target == "/smuggled"] == []


def test_an_event_stream_may_be_quiet_from_the_start(through):
    def handler(conn, request):
        conn.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(5):
            pass_time(0.7)
            conn.send("3\r\n:\n\n\r\n")
        conn.send("9\r\ndata: 1\n\n\r\n0\r\n\r\n")

    wp, _ = through(handler, {"response_timeout": "2s"})
    with wp.client(timeout=10) as client:
        assert client.get("/").body.endswith(b"data: 1\n\n")


def test_what_may_be_repeated_waits_for_an_upstream_that_restarts(wakeproxy, make_origin):
    """Requests went out on reused connections; one of these dies, then nobody listens, and then the
    others die too. All may be repeated, so all of them wait for the upstream to be back."""
    address = fresh_address()
    together, second = threading.Barrier(3), threading.Event()

    def handler(conn, request):
        if request.target == "/warm":
            together.wait(5)
        else:
            if request.target == "/second":
                second.wait(5)
            raise Closed("as told")
        conn.answer(request.target)

    first = make_origin(handler, address[0], address[1])
    wakeproxy.start({"t": {"hosts": ["localhost"], "upstream": {"address": text_of(address)}}},
                    workers=1)
    clients = [wakeproxy.client(timeout=10) for _ in range(3)]
    for client in clients:
        client.request("/warm")
    for client in clients:
        assert client.response().body == b"/warm"
    first.stop_listening()
    for client in clients[1:]:
        client.request("/second")
    eventually(lambda: len(first.requests) == 5)
    clients[0].request("/first")
    wakeproxy.wait_for_log("trace.phase", trace="t", **{"from": "awake"}, timeout=10)
    second.set()
    make_origin(lambda conn, request: conn.answer("again"), address[0], address[1])
    for client in clients:
        response = client.response()
        assert (response.status, response.body) == (200, b"again")
        client.close()


def test_a_trace_may_leave_under_its_exchanges(through):
    """Reload without the trace while one of its requests waits to be repeated, or holds."""
    def handler(conn, request):
        if request.target == "/die" and conn.requests > 1:
            pass_time(1)
            raise Closed("as told")
        conn.answer(request.target)

    wp, origin = through(handler)
    other = {"o": {"hosts": ["other"], "upstream": {"address": origin.text}}}
    with wp.client(timeout=8) as client:
        assert client.get("/a").body == b"/a"
        client.request("/die")
        wp.reload(other)
        assert client.response().status in (200, 404, 502)
        assert wp.get("/", host="other").status == 200


def test_a_repeated_request_keeps_the_conn(through):
    """A reused connection died with our request: the repetition is an ordinary exchange."""
    def handler(conn, request):
        if request.target == "/die" and conn.requests > 1:
            raise Closed("as told")
        conn.answer(request.target)

    wp, _ = through(handler)
    with wp.client(timeout=5) as client:
        assert client.get("/a").body == b"/a"
        response = client.get("/die")
        assert response.body == b"/die" and response.get("Connection") is None
        assert client.get("/b").body == b"/b"


def test_nothing_is_repeated_once_an_answer_has_begun(through):
    def handler(conn, request):
        if request.target == "/die":
            conn.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nCont")
            raise Closed("as told")
        conn.answer(request.target)

    wp, origin = through(handler)
    with wp.client(timeout=5) as client:
        assert client.get("/a").body == b"/a"
        assert client.get("/die").status == 502
    assert [r.target for r in origin.requests] == ["/a", "/die"]


def test_a_permit_given_up_is_never_lost(through):
    """Two workers, one connection: whoever waits gets it, however closely the two meet."""
    def handler(conn, request):
        conn.body(request)
        conn.answer("ok", fields=[("Connection", "close")])
        raise Closed("as told")

    wp, _ = through(handler, {"max_connections": 1})
    for turn in range(400):
        clients = [wp.client(timeout=4) for _ in range(6)]
        for client in clients:
            client.request(f"/{turn}")
        for client in clients:
            assert client.response().body == b"ok"
            client.close()


def test_one_client_does_not_keep_a_worker_for_itself(through):
    """A client that pipelines without end what the proxy answers by itself."""
    wp, _ = through(slow_echo, workers=1)
    ends = threading.Event()
    bad = b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n" * 2000

    flood = socket.create_connection(wp.address)
    flood.settimeout(0.2)

    def write():
        while not ends.is_set():
            try:
                flood.sendall(bad)
            except TimeoutError:
                pass
            except OSError:
                return

    def read():
        while not ends.is_set():
            try:
                if not flood.recv(1 << 20):
                    return
            except TimeoutError:
                pass
            except OSError:
                return

    threads = [threading.Thread(target=f, daemon=True) for f in (write, read)]
    for thread in threads:
        thread.start()
    try:
        worst = 0
        for i in range(30):
            begun = time.monotonic()
            with wp.client(timeout=10) as client:
                assert client.get(f"/{i}").body == f"/{i}".encode()
            worst = max(worst, time.monotonic() - begun)
        assert worst < 2, worst
    finally:
        ends.set()
        for thread in threads:
            thread.join(5)
        flood.close()


def test_the_cause_of_a_late_wake_is_not_made_of_other_bytes(wakeproxy, make_origin):
    """A quiet stream speaks while its trace sleeps: its request's head is long gone by then."""
    origin = make_origin(websocket_echo)
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "300ms", "stream_quiet": "200ms",
                           "parts": {"p": {"sim": {"boot": "10ms", "stop": "10ms"}}},
                           "upstream": {"address": origin.text}}}, workers=1)
    with wakeproxy.client() as client:
        client.request("/ws", fields={"Connection": "Upgrade", "Upgrade": "websocket",
                                      "Sec-WebSocket-Key": "x" * 24, "User-Agent": "Known"})
        assert client.response_head().status == 101
        wakeproxy.wait_asleep("t")
        client.send(websocket_frame(1, b"a" * 300, os.urandom(4)))
        assert websocket_read(client.reader) == (1, b"a" * 300)
        wake = wakeproxy.wait_for_log("trace.phase", count=2, trace="t", to="waking")
    assert wake["cause"].strip() == "localhost/ws from 127.0.0.1"


def test_a_head_that_ends_during_shutdown_is_answered(wakeproxy, origin):
    """Its trace will not wake any more: waiting would only delay the end and cut the client."""
    wakeproxy.start({"t": {"hosts": ["localhost"],
                           "parts": {"p": {"sim": {"boot": "10m", "stop": "10ms"}}},
                           "upstream": {"address": origin.text}}},
                    workers=1, shutdown_timeout="20s")
    with wakeproxy.client() as client, wakeproxy.client() as other:
        client.send("GET / HTTP/1.1\r\nHost: loc")
        assert other.get("/", host="nobody").status == 404, "the head's start was read before this"
        wakeproxy.signal(SIGTERM)
        assert other.at_end()
        client.send("alhost\r\n\r\n")
        response = client.response()
        assert response.status == 503 and b"shutting down" in response.body
    assert wakeproxy.wait_end(10) == 0
