"""Running it: ready line, signals, logs, running out of descriptors."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

from rawhttp import Client, Closed, eventually
from wake import BINARY, IS_SANITIZED, fresh_address, text_of


def always_on(origin):
    return {"t": {"hosts": ["localhost"], "upstream": {"address": origin.text}}}


def blocking_handler(gate):
    def handler(conn, request):
        conn.body(request)
        if request.target == "/slow":
            gate.wait(30)
        conn.answer("done")
    return handler


def test_ready_line(wakeproxy, origin):
    wakeproxy.start(always_on(origin), listen={"http": ["127.0.0.1:0", "[::1]:0"]})
    listeners = wakeproxy.ready["listeners"]
    assert [x["kind"] for x in listeners] == ["http", "http"]
    assert [x["address"] for x in listeners] == ["127.0.0.1", "::1"]
    assert all(x["port"] > 0 and x["trace"] is None for x in listeners)
    for address in wakeproxy.addresses:
        with Client(address) as client:
            assert client.get("/").status == 200


def test_sigterm_waits_for_exchanges(wakeproxy, make_origin):
    gate = threading.Event()
    origin = make_origin(blocking_handler(gate))
    wakeproxy.start(always_on(origin), shutdown_timeout="20s")
    idle, busy = wakeproxy.client(), wakeproxy.client()
    assert idle.get("/").status == 200
    busy.request("/slow")
    eventually(lambda: [r for r in origin.requests if r.target == "/slow"])
    wakeproxy.signal(signal.SIGTERM)
    assert idle.at_end(), "an idle keep-alive conn is closed"
    eventually(lambda: refuses(wakeproxy.address), "no new conns")
    assert wakeproxy.process.poll() is None, "it waits for the exchange"
    gate.set()
    response = busy.response()
    assert response.status == 200 and response.body == b"done"
    assert response.get("Connection", "").lower() == "close" or busy.at_end()
    assert wakeproxy.wait_end() == 0
    idle.close()
    busy.close()


def refuses(address):
    try:
        socket.create_connection(address, 5).close()
        return False
    except ConnectionRefusedError:
        return True


def test_shutdown_timeout_ends_it(wakeproxy, make_origin):
    gate = threading.Event()
    origin = make_origin(blocking_handler(gate))
    wakeproxy.start(always_on(origin), shutdown_timeout="300ms")
    with wakeproxy.client() as client:
        client.request("/slow")
        origin.wait_request()
        start = time.monotonic()
        assert wakeproxy.stop() == 0
        assert time.monotonic() - start < 5 * (4 if IS_SANITIZED else 1)
    gate.set()


def test_a_second_sigterm_ends_at_once(wakeproxy, make_origin, make_app):
    gate = threading.Event()
    origin = make_origin(blocking_handler(gate))
    app = make_app()
    wakeproxy.start({**always_on(origin), "a": app.trace(hosts=["a.localhost"], idle="1h")},
                    shutdown_timeout="1h")
    assert wakeproxy.get("/", host="a.localhost").status == 200
    with wakeproxy.client() as client:
        client.request("/slow")
        origin.wait_request()
        wakeproxy.signal(signal.SIGTERM)
        eventually(lambda: refuses(wakeproxy.address), "it is ending")
        wakeproxy.signal(signal.SIGTERM)
        assert wakeproxy.wait_end(10) in (0, 1), "at once, and by itself"
    gate.set()


def test_sigint_is_like_sigterm(wakeproxy, origin):
    wakeproxy.start(always_on(origin))
    assert wakeproxy.get("/").status == 200
    assert wakeproxy.stop(signal.SIGINT) == 0


def test_holders_at_shutdown_are_answered(wakeproxy, origin):
    """A held client gets a 503 when wakeproxy ends, not silence."""
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "1h", "wake_timeout": "2h",
                           "parts": {"p": {"sim": {"boot": "1h"}}},
                           "upstream": {"address": origin.text}}}, shutdown_timeout="300ms")
    with wakeproxy.client() as client:
        client.request("/")
        wakeproxy.wait_phase("t", "waking")
        wakeproxy.signal(signal.SIGTERM)
        response = client.response()
        assert response.status == 503
        assert wakeproxy.wait_end() == 0


def test_access_line(wakeproxy, make_origin):
    def handler(conn, request):
        conn.body(request)
        conn.answer("12345", "201 Created")

    origin = make_origin(handler)
    wakeproxy.start(always_on(origin))
    with wakeproxy.client() as client:
        response = client.get("/some/path?secret=1", method="POST", body=b"abc",
                              fields={"User-Agent": "test/1"})
    line = wakeproxy.wait_for_log("access")
    expected = {"trace": "t", "method": "POST", "host": "localhost", "status": 201, "bytes_in": 3,
                "bytes_out": 5, "client": "127.0.0.1", "upstream": origin.text, "level": "info"}
    assert {k: line.get(k) for k in expected} == expected
    assert line["path"].startswith("/some/path")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    for key in ("connect_ms", "first_byte_ms", "total_ms"):
        assert 0 <= line[key] < 10000, key
    seen = origin.requests[0]
    ids = [v for n, v in seen.fields if n.lower() == "x-request-id"]
    assert ids == [line["request_id"]] and line["request_id"]
    assert line["verdict"]
    assert response.status == 201


def test_log_injection(wakeproxy, origin):
    """What a client sends is data in the log, whatever it looks like."""
    wakeproxy.start(always_on(origin))
    path = '/%22,%22level%22:%22error%22\\"}\\u0000'
    assert wakeproxy.get(path).status in (200, 400)
    line = wakeproxy.wait_for_log("access")
    assert line["level"] == "info"


def test_text_log_on_a_terminal(make_wakeproxy, origin):
    wakeproxy = make_wakeproxy()
    master, slave = pty.openpty()
    wakeproxy.start(always_on(origin), stderr=slave)
    os.close(slave)
    assert wakeproxy.get("/").status == 200
    text = b""

    def more():
        nonlocal text
        if select.select([master], [], [], 0.05)[0]:
            text += os.read(master, 65536)
        return b"access" in text
    eventually(more, "an access line")
    line = next(x for x in text.decode().splitlines() if " access " in x)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} INFO +access ", plain), plain
    assert "status=200" in plain and "{" not in plain
    assert wakeproxy.stop() == 0
    os.close(master)


def test_port_in_use_says_so(folder, make_origin):
    origin, other = make_origin(), make_origin()
    path = f"{folder}/wakeproxy.yaml"
    with open(path, "w") as f:
        f.write(f"listen: {{http: ['{origin.text}']}}\ntraces:\n  t:\n    hosts: [x.localhost]\n"
                f"    upstream: {{address: '{other.text}'}}\n")
    result = subprocess.run([BINARY, "serve", "-c", path], capture_output=True, text=True,
                            timeout=30)
    assert result.returncode == 1
    assert origin.text in result.stderr and "in use" in result.stderr


def test_descriptor_exhaustion_pauses_accept(wakeproxy, origin):
    """With 100 descriptors: full, quiet, and well again as soon as there is room."""
    wakeproxy.start(always_on(origin), nofile=100)
    conns = []
    for _ in range(150):
        client = Client(wakeproxy.address, timeout=30)
        client.request("/")
        conns.append(client)
    # It is full: it waits without spinning.
    before, start = wakeproxy.cpu_seconds(), time.monotonic()
    eventually(lambda: time.monotonic() - start >= 2, "two seconds of being full", every=0.1)
    busy = (wakeproxy.cpu_seconds() - before) / (time.monotonic() - start)
    assert busy < 0.10, f"{busy:.2f} of a core while full"
    assert wakeproxy.process.poll() is None
    for client in conns:
        client.close()
    # Those that waited outside are taken in first, seen to be gone, and make room.
    assert eventually(lambda: wakeproxy.get("/").status == 200, "room again")


def test_a_slow_reader_of_the_log_blocks_nobody(make_wakeproxy, origin):
    """Standard error is a full pipe that nobody reads: requests go on."""
    wakeproxy = make_wakeproxy()
    read_end, write_end = os.pipe()
    wakeproxy.start(always_on(origin), stderr=write_end)
    os.close(write_end)
    with wakeproxy.client() as client:
        for _ in range(3000):  # more access lines than the pipe and the sink can keep
            assert client.get("/" + "x" * 500).status == 200
    drained = threading.Thread(target=lambda: iter_all(read_end), daemon=True)
    drained.start()
    assert wakeproxy.stop() == 0
    drained.join(10)
    os.close(read_end)


def iter_all(fd):
    while os.read(fd, 1 << 16):
        pass


def test_address_is_free_again_after_a_restart(wakeproxy, make_wakeproxy, origin):
    """No wait for old conns in TIME_WAIT."""
    address = fresh_address(8000)
    wakeproxy.start(always_on(origin), listen={"http": [text_of(address)]})
    with wakeproxy.client() as client:
        assert client.get("/").status == 200
        assert wakeproxy.stop() == 0
        with pytest.raises((Closed, ConnectionResetError)):
            client.get("/")
    again = make_wakeproxy().start()
    assert again.get("/").status == 200
