"""Falling asleep never costs anybody an answer."""
import threading
import time

from rawhttp import Closed, eventually
from wake import IS_SANITIZED

SIM = {"sim": {"boot": "10ms", "stop": "10ms"}}


def test_a_long_download_outlives_the_deadline(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="100ms")})
    response = wakeproxy.get("/drip/40/50")  # 2 s: twenty idle windows
    assert response.body == b"x" * 40
    assert len(app.events("start")) == 1
    wakeproxy.wait_asleep("t")


def test_a_silent_exchange_is_activity_too(wakeproxy, make_origin):
    """In flight counts until the last byte, also when nothing moves for many idle windows."""
    answer = threading.Event()

    def handler(conn, request):
        conn.body(request)
        if request.target == "/slow":
            answer.wait(30)
        conn.answer("done")

    origin = make_origin(handler)
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "100ms", "parts": {"p": SIM},
                           "upstream": {"address": origin.text}}})
    with wakeproxy.client() as client:
        client.request("/slow")
        origin.wait_request()
        # Other traces' business goes on meanwhile; this one may try to drain but not to stop.
        end = time.monotonic() + 1
        eventually(lambda: time.monotonic() > end, "a second of silence", every=0.05)
        assert not wakeproxy.logged("trace.phase", trace="t", to="stopping")
        answer.set()
        assert client.response().body == b"done"
    wakeproxy.wait_asleep("t")


def test_requests_race_the_deadline(wakeproxy, make_origin):
    """Requests at intervals spread around an idle window of 30 ms, on kept and on new conns, to many
    traces at a time: thousands of tries meet every moment of draining, stopping and waking, and
    each is answered 200."""
    traces, tries = 20, 150 if IS_SANITIZED else 400
    origin = make_origin()
    wakeproxy.start({f"t{i}": {"hosts": [f"t{i}.localhost"], "idle": "30ms",
                               "parts": {"p": {"sim": {"boot": "2ms", "stop": f"{i % 5}ms"}}},
                               "upstream": {"address": origin.text}} for i in range(traces)},
                    log={"level": "info", "access": False})
    bad = []

    def race(number):
        client, host = wakeproxy.client(), f"t{number}.localhost"
        for n in range(tries):
            # 20 to 45 ms after the last answer, in steps of 0.1 ms: around the deadline.
            time.sleep(0.020 + (n * 37 + number * 13) % 250 / 10000)
            try:
                if n % 3 == 0:
                    client.close()
                    client = wakeproxy.client()
                response = client.get("/", host=host, method="POST" if n % 2 else "GET",
                                      body=b"x" * 1000 if n % 2 else None)
                if response.status != 200:
                    bad.append(response)
            except (OSError, Closed) as e:
                bad.append(e)
                client = wakeproxy.client()
        client.close()

    threads = [threading.Thread(target=race, args=(i,)) for i in range(traces)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad, f"{len(bad)} of {traces * tries}: {bad[:5]}"
    stops = len(wakeproxy.logged("trace.phase", to="stopping"))
    drains = len(wakeproxy.logged("trace.phase", to="draining"))
    print(f"{traces * tries} requests, {drains} drains, {stops} stops")
    assert stops >= traces and drains >= traces, "the race was not run"
    assert stops < traces * tries, "every request met a sleeping trace"


def test_first_use(wakeproxy, origin):
    """Woken, and nobody came: the holder left while it booted. It waits for first_use, not idle."""
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "100ms", "first_use": "2s",
                           "parts": {"p": {"sim": {"boot": "300ms"}}},
                           "upstream": {"address": origin.text}}})
    with wakeproxy.client() as client:
        client.request("/")
        wakeproxy.wait_phase("t", "waking")
    wakeproxy.wait_phase("t", "awake")
    awake = time.monotonic()
    wakeproxy.wait_asleep("t")
    assert time.monotonic() - awake >= 1.5
    assert not origin.requests


def test_min_awake(wakeproxy, origin):
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "100ms", "min_awake": "1s",
                           "parts": {"p": SIM}, "upstream": {"address": origin.text}}})
    start = time.monotonic()
    assert wakeproxy.get("/").status == 200
    wakeproxy.wait_asleep("t")
    assert time.monotonic() - start >= 0.95


def test_max_awake_ends_a_trace_that_is_in_use(wakeproxy, make_origin):
    """The one limit that is stronger than activity: the drain waits for drain_timeout, then stops."""
    stop = threading.Event()

    def handler(conn, request):
        if request.target == "/":
            conn.answer("ok")
            return
        conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not stop.wait(0.05):
            conn.send("1\r\nx\r\n")
        conn.send("0\r\n\r\n")

    origin = make_origin(handler)
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "1s", "max_awake": "1s",
                           "drain_timeout": "300ms", "parts": {"p": SIM},
                           "upstream": {"address": origin.text}}})
    with wakeproxy.client() as client:
        client.request("/stream")
        assert client.response_head().status == 200
        wakeproxy.wait_asleep("t")
        stop.set()


def test_a_request_during_a_stop_is_held_and_answered(wakeproxy, make_origin):
    origin = make_origin()
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "100ms",
                           "parts": {"p": {"sim": {"boot": "10ms", "stop": "500ms"}}},
                           "upstream": {"address": origin.text}}})
    assert wakeproxy.get("/").status == 200
    wakeproxy.wait_phase("t", "stopping")
    assert wakeproxy.get("/").status == 200
    order = [line["to"] for line in wakeproxy.logged("trace.phase", trace="t")]
    assert "stopping" in order and order.index("stopping") < len(order) - 1


def test_rules_decide_what_wakes_and_what_counts(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="600ms", rules=[
        {"path": ["/healthz"], "wake": False, "count": False, "answer": 200},
        {"user_agent": ["uptime"], "wake": False, "count": False, "answer": 503}])})
    assert wakeproxy.get("/healthz").status == 200
    assert wakeproxy.get("/", fields={"User-Agent": "Uptime-Robot/1"}).status == 503
    assert not app.events(), "a health check woke it"
    assert wakeproxy.get("/").body == b"hello from app"
    # Health checks go to the app while it is awake, and do not keep it so.
    end = time.monotonic() + 30
    while not wakeproxy.logged("trace.phase", trace="t", to="asleep",
                               **{"from": lambda phase: phase != "unknown"}):
        assert wakeproxy.get("/healthz").status == 200
        assert time.monotonic() < end, "health checks kept it awake"
        time.sleep(0.02)
