"""The first request wakes a trace and is answered; nobody asks for a while and it sleeps."""
import ctypes
import signal
import socket
import struct
import threading
import time

from rawhttp import PATIENCE, eventually
from wake import IS_SANITIZED, fresh_address, is_alive, text_of


def test_first_request_is_held_then_answered(wakeproxy, make_app):
    app = make_app(boot=0.4)
    wakeproxy.start({"t": app.trace(idle="1h")})
    assert not app.events(), "started before anybody asked"
    response = wakeproxy.get("/")
    assert response.status == 200 and response.body == b"hello from app"
    assert len(app.events("start")) == 1
    access = wakeproxy.wait_for_log("access", trace="t")
    assert access["status"] == 200 and access["hold_ms"] >= 350


def test_the_first_response_tells_the_stages_of_the_wake(wakeproxy, make_app):
    app = make_app(boot=0.3)
    wakeproxy.start({"t": app.trace(idle="1h")}, workers=1)
    name, _, duration = wakeproxy.get("/").get("Server-Timing").split(",")[0].partition(";dur=")
    assert name == "app" and 0 <= float(duration) < 60000
    assert wakeproxy.get("/").get("Server-Timing") is None


def test_the_second_request_waits_for_nothing(wakeproxy, make_app):
    app = make_app(boot=0.3)
    wakeproxy.start({"t": app.trace(idle="1h")})
    assert wakeproxy.get("/").status == 200
    assert wakeproxy.get("/pid").status == 200
    second = wakeproxy.wait_for_log("access", trace="t", count=2)
    assert "hold_ms" not in second
    assert len(app.events("start")) == 1


def test_many_first_requests_start_it_once(wakeproxy, make_app):
    app = make_app(boot=0.4)
    wakeproxy.start({"t": app.trace(idle="1h")})
    clients = [wakeproxy.client() for _ in range(100)]
    for client in clients:
        client.request("/")
    assert [c.response().status for c in clients] == [200] * 100
    assert len(app.events("start")) == 1
    for client in clients:
        client.close()


def test_sleeps_after_idle_and_wakes_again(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="500ms")})
    first = int(wakeproxy.get("/pid").body)
    wakeproxy.wait_asleep("t")
    assert not is_alive(first)
    assert app.events("signal")[0]["number"] == signal.SIGTERM
    second = int(wakeproxy.get("/pid").body)
    assert second != first and is_alive(second)
    assert len(app.events("start")) == 2


def test_requests_keep_it_awake(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="400ms")})
    with wakeproxy.client() as client:
        first = client.get("/drip/30/50").body  # 1.5 s in one exchange: no idle time at all
        assert first == b"x" * 30
        assert len(app.events("start")) == 1 and not app.events("signal")
    wakeproxy.wait_asleep("t")


def test_parts_start_in_order_and_stop_in_reverse(wakeproxy, make_app):
    db, app = make_app("db", boot=0.3), make_app("app", boot=0.1)
    wakeproxy.start({"t": {
        "hosts": ["localhost"], "idle": "500ms",
        "parts": {"app": app.part(after=["db"]),
                  "db": db.part(ready={"http": "/", "address": text_of(db.address)})},
        "upstream": {"address": text_of(app.address)}}})
    assert wakeproxy.get("/").body == b"hello from app"
    assert app.events("start")[0]["at"] >= db.events("serving")[0]["at"]
    wakeproxy.wait_asleep("t")
    assert app.events("end")[0]["at"] <= db.events("signal")[0]["at"]


def test_independent_parts_start_in_parallel(wakeproxy, make_app):
    one, two = make_app("one", boot=0.5), make_app("two", boot=0.5)
    wakeproxy.start({"t": {
        "hosts": ["localhost"], "idle": "1h",
        "parts": {"one": one.part(), "two": two.part()},
        "upstream": {"address": text_of(two.address)}}})
    assert wakeproxy.get("/").status == 200
    assert two.events("start")[0]["at"] < eventually(
        lambda: one.events("serving"), "the other part serves")[0]["at"]


def failing(make_app, folder, **options):
    """An app that cannot start until the returned file exists."""
    permit = f"{folder}/permit"
    return make_app(exit_unless=permit), permit


def test_failed_start_tells_programs_why(wakeproxy, make_app, folder):
    app, _ = failing(make_app, folder)
    wakeproxy.start({"t": app.trace(idle="1h", wake_timeout="10s")})
    response = wakeproxy.get("/", fields={"Accept": "application/json"})
    assert response.status == 503
    assert response.get("Content-Type").startswith("application/problem+json")
    assert int(response.get("Retry-After")) >= 1
    assert "no-store" in response.get("Cache-Control")
    problem = response.json()
    assert problem["status"] == 503 and "app" in str(problem) and "1" in problem["detail"]


def test_failed_start_tells_people_why(wakeproxy, make_app, folder):
    app, _ = failing(make_app, folder)
    wakeproxy.start({"t": app.trace(idle="1h")})
    response = wakeproxy.get("/", fields={"Accept": "text/html,*/*;q=0.8"})
    assert response.status == 503 and int(response.get("Retry-After")) >= 1
    assert response.get("Content-Type").startswith("text/html")
    assert b"<html" in response.body.lower() and b"exited" in response.body


def test_all_holders_of_a_failed_wake_are_told(wakeproxy, make_app, folder):
    app, _ = failing(make_app, folder)
    wakeproxy.start({"t": app.trace(idle="1h")})
    clients = [wakeproxy.client() for _ in range(50)]
    for client in clients:
        client.request("/")
    assert {c.response().status for c in clients} == {503}
    for client in clients:
        client.close()


def test_a_broken_trace_answers_at_once_and_is_not_hammered(wakeproxy, make_app, folder):
    app, _ = failing(make_app, folder)
    wakeproxy.start({"t": app.trace(idle="1h")})
    assert wakeproxy.get("/").status == 503
    starts = len(app.events("start"))
    assert [wakeproxy.get("/").status for _ in range(20)] == [503] * 20
    assert len(app.events("start")) == starts, "a request each started it again"


def test_after_the_backoff_it_is_tried_again(wakeproxy, make_app, folder):
    """The first backoff is 30 s (semantics section 6): the longest wait of the whole suite."""
    app, permit = failing(make_app, folder)
    wakeproxy.start({"t": app.trace(idle="1h")})
    first = wakeproxy.get("/")
    assert first.status == 503 and int(first.get("Retry-After")) <= 31
    open(permit, "w").close()
    assert eventually(lambda: wakeproxy.get("/").status == 200, "the retry", 60, 0.5)


def test_a_broken_trace_does_not_delay_another(wakeproxy, make_app, folder):
    bad, _ = failing(make_app, folder)
    good = make_app("good")
    wakeproxy.start({"bad": bad.trace(hosts=["bad.localhost"], idle="1h"),
                     "good": good.trace(hosts=["good.localhost"], idle="1h")})
    with wakeproxy.client() as held:
        held.request("/", host="bad.localhost")
        assert wakeproxy.get("/", host="good.localhost").status == 200
        assert held.response().status == 503


def test_a_trace_without_parts_is_always_on(wakeproxy, origin):
    wakeproxy.start({"t": {"hosts": ["localhost"], "upstream": {"address": origin.text}}})
    assert wakeproxy.get("/").body == b"hello"
    assert "hold_ms" not in wakeproxy.wait_for_log("access")


def test_hosts_choose_the_trace(wakeproxy, make_origin):
    def named(name):
        def handler(conn, request):
            conn.body(request)
            conn.answer(name)
        return {"upstream": {"address": make_origin(handler).text}}

    wakeproxy.start({"exact": {"hosts": ["a.example"], **named("exact")},
                     "wild": {"hosts": ["*.example"], **named("wild")},
                     "deep": {"hosts": ["*.deep.example"], **named("deep")}})
    for host, body in (("a.example", b"exact"), ("A.Example:80", b"exact"), ("b.example", b"wild"),
                       ("x.a.example", b"wild"), ("x.deep.example", b"deep")):
        assert wakeproxy.get("/", host=host).body == body, host
    unknown = wakeproxy.get("/", host="elsewhere.test")
    assert unknown.status == 404


def test_an_http_probe_decides_readiness(wakeproxy, make_origin, folder, make_app):
    """The upstream listens from the start but says 503 until it is ready."""
    healthy = threading.Event()

    def handler(conn, request):
        conn.body(request)
        if request.target == "/healthz":
            conn.answer("", "200 OK" if healthy.is_set() else "503 Service Unavailable")
        else:
            conn.answer("served")

    origin = make_origin(handler)
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "1h",
                           "parts": {"p": {"sim": {"boot": "10ms"}}},
                           "upstream": {"address": origin.text},
                           "ready": {"http": "/healthz", "status": "200-399"}}})
    with wakeproxy.client() as client:
        client.request("/")
        while origin.wait_request().target != "/healthz":
            pass
        origin.wait_request()  # asked again
        assert all(r.target == "/healthz" for r in origin.requests)
        healthy.set()
        assert client.response().body == b"served"


def test_a_host_that_drops_packets_is_met_at_once(wakeproxy):
    """A host that is off drops packets; a probe must not wait for TCP's own retransmissions, which
    come after 1, 3 and 7 seconds."""
    drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
    with socket.create_server(fresh_address()) as listener:
        listener.settimeout(PATIENCE)
        listener.setsockopt(socket.SOL_SOCKET, 26,  # SO_ATTACH_FILTER
                            struct.pack("HL", 1, ctypes.addressof(drop_all)))
        wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "1h",
                               "parts": {"p": {"sim": {"boot": "10ms"}}},
                               "upstream": {"address": text_of(listener.getsockname())}}})
        with wakeproxy.client() as client:
            client.request("/")
            asked = time.monotonic()
            eventually(lambda: time.monotonic() - asked > 1.5, "it is off for a while", every=0.1)
            listener.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER
            up = time.monotonic()
            while True:  # probes come first, and go without a request
                conn, _ = listener.accept()
                if conn.recv(65536):
                    break
                conn.close()
            assert time.monotonic() - up < 0.5 * (4 if IS_SANITIZED else 1)
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            assert client.response().body == b"ok"
            conn.close()


def test_exec_parts_are_started_and_stopped_by_commands(wakeproxy, origin, folder):
    flag, calls = f"{folder}/running", f"{folder}/calls"
    wakeproxy.start({"t": {
        "hosts": ["localhost"], "idle": "500ms",
        "parts": {"p": {"exec": {
            "start": ["sh", "-c", f"echo start >>{calls}; touch {flag}"],
            "stop": ["sh", "-c", f"echo stop >>{calls}; rm -f {flag}"],
            "status": ["sh", "-c", f"test -e {flag} || exit 3"],
            "interval": "100ms", "fast_interval": "50ms"}}},
        "upstream": {"address": origin.text}}})
    assert wakeproxy.get("/").status == 200
    wakeproxy.wait_asleep("t")
    with open(calls) as f:
        assert f.read().split() == ["start", "stop"]


def test_part_output_is_in_the_log(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    assert wakeproxy.get("/").status == 200
    for stream in ("stdout", "stderr"):
        wakeproxy.wait_for_log("part.output", part="t/app", text=f"app says hello on {stream}")


def test_dry_run_stops_nothing(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="200ms", dry_run=True)})
    assert wakeproxy.get("/").status == 200
    wakeproxy.wait_for_log("trace.dry_run", trace="t")
    assert wakeproxy.get("/").status == 200
    assert not app.events("signal")
