"""Upgrades become tunnels; only payload keeps a trace awake."""
import base64
import os
import threading
import time

import pytest

from origin import websocket_accept, websocket_echo, websocket_frame, websocket_read
from rawhttp import Closed, eventually


def handler(conn, request):
    if request.get("Upgrade", "").lower() == "websocket" and request.target != "/refuse":
        websocket_echo(conn, request)
        raise Closed("tunnel ended")
    conn.body(request)
    conn.answer("plain", "426 Upgrade Required" if request.target == "/refuse" else "200 OK")


@pytest.fixture
def sockets(make_origin):
    return make_origin(handler)


def trace(origin, **options):
    return {"t": {"hosts": ["localhost"], "parts": {"p": {"sim": {"boot": "10ms", "stop": "10ms"}}},
                  "upstream": {"address": origin.text}, **options}}


def upgrade(client, path="/ws"):
    key = base64.b64encode(os.urandom(16)).decode()
    client.request(path, fields={"Connection": "Upgrade", "Upgrade": "websocket",
                                 "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"})
    response = client.response_head()
    if response.status == 101:
        assert response.get("Sec-WebSocket-Accept") == websocket_accept(key)
        assert response.get("Upgrade").lower() == "websocket"
        assert "upgrade" in response.get("Connection").lower()
    return response


def echo(client, payload, opcode=1):
    client.send(websocket_frame(opcode, payload, os.urandom(4)))
    return websocket_read(client.reader)


def test_a_websocket_wakes_and_passes(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="1h"))
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        assert echo(client, b"hello") == (1, b"hello")
        big = os.urandom(300000)
        assert echo(client, big, 2) == (2, big)
        assert echo(client, b"p", 9) == (10, b"p")
        client.send(websocket_frame(8, b"\x03\xe8", b"mask"))
        assert websocket_read(client.reader) == (8, b"\x03\xe8")
        assert client.at_end()
    line = wakeproxy.wait_for_log("access", status=101)
    assert line["bytes_in"] > 300000 and line["bytes_out"] > 300000


def test_data_right_behind_the_upgrade(wakeproxy, sockets):
    """Frames sent before the 101 came belong to the tunnel."""
    wakeproxy.start(trace(sockets, idle="1h"))
    with wakeproxy.client() as client:
        client.send("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n".encode()
                    + websocket_frame(1, b"early", b"mask"))
        assert client.response_head().status == 101
        assert websocket_read(client.reader) == (1, b"early")


def test_a_refused_upgrade_is_an_ordinary_answer(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="1h"))
    with wakeproxy.client() as client:
        assert upgrade(client, "/refuse").status == 426
        assert client.reader.exactly(5) == b"plain"
        assert client.get("/").body == b"plain", "the conn is of use afterwards"


def test_pings_do_not_keep_it_awake(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="600ms", stream_quiet="600ms"))
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        assert echo(client, b"data") == (1, b"data")
        stop = threading.Event()

        def ping():
            while not stop.wait(0.05):
                try:
                    client.send(websocket_frame(9, b"p", b"mask"))
                except OSError:
                    return
        thread = threading.Thread(target=ping)
        thread.start()
        wakeproxy.wait_asleep("t")
        stop.set()
        thread.join()


def test_data_keeps_it_awake(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="500ms", stream_quiet="500ms"))
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        since, end = wakeproxy.mark(), time.monotonic() + 2.5
        while time.monotonic() < end:
            assert echo(client, b"x") == (1, b"x")
            time.sleep(0.02)
        assert not wakeproxy.logged("trace.phase", since, trace="t", to="stopping")
    wakeproxy.wait_asleep("t")


def test_a_stream_ends_at_stream_max(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="1h", stream_max="1s"))
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        assert client.at_end()


def test_either_end_closes_the_other(wakeproxy, sockets):
    wakeproxy.start(trace(sockets, idle="1h"))
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        sockets.conns[-1].reset()
        assert client.at_end()
    with wakeproxy.client() as client:
        assert upgrade(client).status == 101
        upstream = eventually(lambda: sockets.conns[-1])
        client.reset()
    eventually(lambda: upstream.sock.fileno() == -1, "the upstream's end is closed")


def test_half_close_passes_through_a_tunnel(wakeproxy, make_origin):
    """Each direction ends on its own: the answer after the client's FIN still arrives."""
    def tunnel(conn, request):
        conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                  "Upgrade: raw\r\n\r\n")
        data = conn.reader.rest()
        conn.send(data[::-1])
        raise Closed("done")

    origin = make_origin(tunnel)
    wakeproxy.start(trace(origin, idle="1h"))
    with wakeproxy.client() as client:
        client.request("/", fields={"Connection": "Upgrade", "Upgrade": "raw"})
        assert client.response_head().status == 101
        client.send("abc" * 10000)
        client.sock.shutdown(1)
        assert client.reader.rest() == b"cba" * 10000
