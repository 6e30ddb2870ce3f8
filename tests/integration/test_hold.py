"""Holding: bounded, cheap, exact, and never silent."""
import hashlib
import os
import random
import select
import socket
import threading

import pytest

from rawhttp import Client, eventually
from wake import IS_SANITIZED, need_descriptors


def gate_trace(origin, folder, **options):
    """A trace whose start command waits until the test opens the gate."""
    gate = f"{folder}/gate"
    os.mkfifo(gate)
    running = f"{folder}/running"
    trace = {"hosts": ["localhost"], "idle": "1h",
             "parts": {"p": {"exec": {
                 "start": ["sh", "-c", f"read line <{gate}; touch {running}"],
                 "stop": ["rm", "-f", running],
                 "status": ["sh", "-c", f"test -e {running} || exit 3"],
                 "interval": "1h", "fast_interval": "20ms"}}},
             "upstream": {"address": origin.text}, **options}

    def open_gate():
        with open(gate, "w") as f:
            f.write("go\n")
    return trace, open_gate


@pytest.mark.heavy
def test_ten_thousand_first_requests(wakeproxy, make_origin, folder):
    """10,000 at once: one start, 200 for each, at most 4 KiB of proxy memory per holder."""
    count = 10000
    need_descriptors(count + 1000)

    def handler(conn, request):
        conn.answer(b"x" * 100)

    origin = make_origin(handler)
    starts = f"{folder}/starts"
    trace, open_gate = gate_trace(origin, folder, hold="2m")
    start = trace["parts"]["p"]["exec"]["start"]
    start[2] = f"echo start >>{starts}; " + start[2]
    trace["upstream"]["max_connections"] = 256
    trace["max_held"] = 20000
    wakeproxy.start({"t": trace}, limits={"connections": 20000, "connections_per_client": "off",
                                          "held": 20000}, log={"level": "info", "access": False})
    before = wakeproxy.rss_bytes()
    clients = [Client(wakeproxy.address, timeout=120) for _ in range(count)]
    for client in clients:
        client.request("/")
    # All are held once no socket of theirs has unread bytes on the proxy's side: the last one
    # connected on each worker was read. The proxy's own count says so.
    eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "all requests are read", 60)
    grown = wakeproxy.rss_bytes() - before
    assert open(starts).read() == "start\n"
    open_gate()
    statuses = [c.response().status for c in clients]
    assert statuses == [200] * count
    assert open(starts).read() == "start\n"
    per_holder = grown / count
    print(f"{per_holder:.0f} bytes of proxy memory per holder")
    assert IS_SANITIZED or per_holder <= 4096, per_holder
    for client in clients:
        client.close()


def unread_bytes(port):
    """Bytes in receive queues (and conns in the accept queue) of local port `port`."""
    total = 0
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port:
                total += int(fields[4].split(":")[1], 16)
    return total


def test_bodies_sent_while_held_arrive_exactly(wakeproxy, make_origin, folder):
    def handler(conn, request):
        conn.body(request)
        conn.answer(hashlib.sha256(request.body).hexdigest())

    origin = make_origin(handler)
    trace, open_gate = gate_trace(origin, folder)
    wakeproxy.start({"t": trace})
    bodies = [random.Random(i).randbytes(1 << 20) for i in range(8)]
    answers = [None] * len(bodies)

    def post(i):
        with wakeproxy.client() as client:
            client.request("/", method="POST", body=bodies[i])
            answers[i] = client.response().body.decode()

    threads = [threading.Thread(target=post, args=(i,)) for i in range(len(bodies))]
    for thread in threads:
        thread.start()
    # Each sender stalls on a full socket: the proxy does not read on while it holds.
    eventually(lambda: unread_bytes(wakeproxy.address[1]) > 8 * 50000, "the bodies wait outside")
    assert not origin.requests
    open_gate()
    for thread in threads:
        thread.join()
    assert answers == [hashlib.sha256(b).hexdigest() for b in bodies]


def test_a_chunked_body_sent_while_held(wakeproxy, origin, folder):
    trace, open_gate = gate_trace(origin, folder)
    wakeproxy.start({"t": trace})
    with wakeproxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        open_gate()
        assert client.response().body == b"hello world"


def test_disconnects_while_held_are_noticed(wakeproxy, origin, folder):
    trace, open_gate = gate_trace(origin, folder)
    wakeproxy.start({"t": trace})
    kept = wakeproxy.client()
    kept.request("/kept")
    gone = [wakeproxy.client() for _ in range(10)]
    for i, client in enumerate(gone):
        client.request(f"/gone/{i}")
    eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "all are read")
    for i, client in enumerate(gone):
        client.reset() if i % 2 else client.close()
    wakeproxy.wait_for_log("access", count=10, status=lambda s: s in (0, 499, None))
    open_gate()
    assert kept.response().status == 200
    assert [r.target for r in origin.requests] == ["/kept"]
    kept.close()


def test_too_many_holders(wakeproxy, origin, folder):
    trace, open_gate = gate_trace(origin, folder, max_held=3)
    wakeproxy.start({"t": trace}, workers=1)
    holders = [wakeproxy.client() for _ in range(3)]
    for client in holders:
        client.request("/")
    eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "all are read")
    with wakeproxy.client() as over:
        response = over.get("/", fields={"Accept": "application/json"})
        assert response.status == 503 and int(response.get("Retry-After")) >= 1
        assert response.get("Content-Type").startswith("application/problem+json")
    open_gate()
    assert [c.response().status for c in holders] == [200] * 3
    for client in holders:
        client.close()


def test_too_many_holders_in_total(wakeproxy, origin, folder):
    trace, open_gate = gate_trace(origin, folder)
    other = {"hosts": ["other.localhost"], "idle": "1h", "parts": {"p": {"sim": {"boot": "1h"}}},
             "wake_timeout": "2h", "upstream": {"address": origin.text}}
    wakeproxy.start({"t": trace, "other": other}, limits={"held": 2})
    holders = [wakeproxy.client() for _ in range(2)]
    holders[0].request("/")
    holders[1].request("/", host="other.localhost")
    eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "both are read")
    assert wakeproxy.get("/").status == 503
    open_gate()
    assert holders[0].response().status == 200
    for client in holders:
        client.close()


def test_a_hold_ends_at_its_limit(wakeproxy, origin):
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "1h", "hold": "300ms",
                           "parts": {"p": {"sim": {"boot": "1h"}}}, "wake_timeout": "2h",
                           "upstream": {"address": origin.text}}})
    with wakeproxy.client() as client:
        response = client.get("/", fields={"Accept": "application/json"})
        assert response.status == 503 and int(response.get("Retry-After")) >= 1
        assert "no-store" in response.get("Cache-Control")
        assert client.get("/").status == 503, "the conn is of use afterwards"


def test_retry_after_is_what_a_wake_takes(wakeproxy, origin):
    """Measured: before the first wake a guess, afterwards what the last ones took."""
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "100ms", "max_held": 1,
                           "parts": {"p": {"sim": {"boot": "1200ms", "stop": "10ms"}}},
                           "upstream": {"address": origin.text}}})
    for count, want in ((1, [5]), (2, [2, 3, 4])):
        with wakeproxy.client() as first, wakeproxy.client() as second:
            first.request("/")
            eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "it is read")
            response = second.get("/")
            assert response.status == 503 and int(response.get("Retry-After")) in want
            assert first.response().status == 200
        wakeproxy.wait_for_log("trace.phase", trace="t", **{"from": "stopping", "to": "asleep"},
                               count=count)


@pytest.mark.parametrize("limit", [1, 4])
def test_release_does_not_stampede(wakeproxy, make_origin, folder, limit):
    """At most upstream.max_connections at once, and in order of arrival."""
    lock, now, most, order = threading.Lock(), [0], [0], []
    go = threading.Event()

    def handler(conn, request):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            order.append(int(request.target[1:]))
        go.wait(10)
        with lock:
            now[0] -= 1
        conn.answer("ok")

    origin = make_origin(handler)
    trace, open_gate = gate_trace(origin, folder)
    trace["upstream"]["max_connections"] = limit
    wakeproxy.start({"t": trace}, workers=1)
    clients = []
    for i in range(40):
        clients.append(wakeproxy.client())
        clients[-1].request(f"/{i}")
        eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "it is read")
    open_gate()
    eventually(lambda: most[0] == limit, "as many as may be")
    go.set()
    assert [c.response().status for c in clients] == [200] * 40
    assert most[0] == limit
    assert sorted(order[:limit]) == list(range(limit)) and sorted(order) == list(range(40))
    if limit == 1:      # side by side the origin's own threads decide who is first
        assert order == list(range(40))
    for client in clients:
        client.close()


def test_expect_is_not_answered_while_held(wakeproxy, make_origin, folder):
    def handler(conn, request):
        assert request.get("Expect") == "100-continue"
        conn.send("HTTP/1.1 100 Continue\r\n\r\n")
        conn.body(request)
        conn.answer(request.body)

    origin = make_origin(handler)
    trace, open_gate = gate_trace(origin, folder)
    wakeproxy.start({"t": trace})
    with wakeproxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    "Content-Length: 4\r\n\r\n")
        eventually(lambda: unread_bytes(wakeproxy.address[1]) == 0, "it is read")
        assert not select.select([client.sock], [], [], 0.2)[0], "100 Continue came while held"
        open_gate()
        assert client.head().status == 100
        client.send("body")
        assert client.response("POST").body == b"body"


def test_half_close_while_held_is_not_a_disconnect(wakeproxy, origin, folder):
    """A client that has sent its request and shut its side down may still want the answer; a proxy
    cannot tell it from one that left, so either it is answered or the conn is ended, never a hang."""
    trace, open_gate = gate_trace(origin, folder)
    wakeproxy.start({"t": trace})
    with wakeproxy.client() as client:
        client.request("/")
        client.sock.shutdown(socket.SHUT_WR)
        open_gate()
        data = client.reader.rest()
        assert data == b"" or data.startswith(b"HTTP/1.1 200")


def test_upstream_lost_after_waking_is_waited_for(wakeproxy, make_app, folder):
    """Refused connections after a wake mean "not ready yet": held again, not 502."""
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    os.kill(pid, 9)
    wakeproxy.wait_for_log("part.ended")
    response = wakeproxy.get("/pid")
    assert response.status == 200 and int(response.body) != pid
