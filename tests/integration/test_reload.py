"""SIGHUP: a good file is swapped in whole, a bad one changes nothing."""
import threading

import pytest

from rawhttp import eventually, get
from wake import fresh_address, text_of


def always_on(origin, host="localhost"):
    return {"hosts": [host], "upstream": {"address": origin.text}}


def test_a_new_trace_is_served(wakeproxy, origin):
    wakeproxy.start({"one": always_on(origin, "one.localhost")})
    assert wakeproxy.get("/", host="two.localhost").status == 404
    wakeproxy.reload({"one": always_on(origin, "one.localhost"),
                      "two": always_on(origin, "two.localhost")})
    assert eventually(lambda: wakeproxy.get("/", host="two.localhost").status == 200)
    assert wakeproxy.get("/", host="one.localhost").status == 200


def test_a_trace_that_left_is_stopped_and_404(wakeproxy, origin, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h"), "other": always_on(origin, "other.localhost")})
    assert wakeproxy.get("/").status == 200
    wakeproxy.reload({"other": always_on(origin, "other.localhost")})
    assert eventually(lambda: wakeproxy.get("/").status == 404)
    eventually(lambda: app.events("end"), "its part is stopped")


def test_a_bad_file_changes_nothing(wakeproxy, origin):
    wakeproxy.start({"t": always_on(origin)})
    good = open(wakeproxy.path).read()
    wakeproxy.write("listen: {http: ['127.0.0.1:0']}\ntraces:\n  t:\n    hots: [localhost]\n")
    wakeproxy.reload_refused(":4:5:", "hots", "hosts")
    assert wakeproxy.get("/").status == 200
    wakeproxy.write(good)
    wakeproxy.reload()
    assert wakeproxy.get("/").status == 200


def test_kept_conns_stay(wakeproxy, origin):
    wakeproxy.start({"t": always_on(origin)})
    with wakeproxy.client() as client:
        assert client.get("/").status == 200
        for _ in range(3):
            wakeproxy.reload()
            assert client.get("/").status == 200


def test_an_exchange_in_flight_is_finished(wakeproxy, make_origin):
    def handler(conn, request):
        conn.body(request)
        if request.target == "/long":
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            go.wait(30)
            conn.send("world")
        else:
            conn.answer("ok")

    go = threading.Event()
    origin = make_origin(handler)
    wakeproxy.start({"t": always_on(origin)})
    with wakeproxy.client() as client:
        client.request("/long")
        client.response_head()
        wakeproxy.reload()
        go.set()
        assert client.reader.exactly(10) == b"helloworld"


def test_holders_stay(wakeproxy, make_app):
    app = make_app(boot=0.7)
    wakeproxy.start({"t": app.trace(idle="1h")})
    clients = [wakeproxy.client() for _ in range(20)]
    for client in clients:
        client.request("/")
    wakeproxy.wait_phase("t", "waking")
    wakeproxy.reload({"t": app.trace(idle="2h")})
    assert [c.response().status for c in clients] == [200] * 20
    assert len(app.events("start")) == 1
    for client in clients:
        client.close()


def test_idle_changes_count_at_once(wakeproxy, make_app):
    """A longer window keeps a trace awake that was about to sleep; a shorter one ends it."""
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1s")})
    assert wakeproxy.get("/").status == 200
    wakeproxy.reload({"t": app.trace(idle="1h")})
    with pytest.raises(AssertionError):
        wakeproxy.wait_for_log("trace.phase", timeout=2.5, trace="t", to="draining")
    assert not app.events("signal")
    wakeproxy.reload({"t": app.trace(idle="100ms")})
    wakeproxy.wait_asleep("t", timeout=10)


def test_listeners_come_and_go(wakeproxy, origin):
    first, second = fresh_address(8000), fresh_address(8000)
    one = {"http": [text_of(first)]}
    both = {"http": [text_of(first), text_of(second)]}
    wakeproxy.start({"t": always_on(origin)}, listen=one)
    kept = wakeproxy.client()
    assert kept.get("/").status == 200
    wakeproxy.reload({"t": always_on(origin)}, listen=both)

    def answers(address):
        try:
            return get(address).status == 200
        except ConnectionRefusedError:
            return False
    assert eventually(lambda: answers(second), "the new listener answers")
    assert answers(first)
    wakeproxy.reload({"t": always_on(origin)}, listen={"http": [text_of(second)]})
    eventually(lambda: not answers(first), "the old listener is closed")
    assert answers(second)
    assert kept.get("/").status == 200, "its conns stay"
    kept.close()


def test_a_port_in_use_refuses_the_reload(wakeproxy, origin, make_origin):
    taken = make_origin().text
    wakeproxy.start({"t": always_on(origin)})
    wakeproxy.configure({"t": always_on(origin), "new": always_on(origin, "new.localhost")},
                        listen={"http": [taken]})
    wakeproxy.reload_refused(taken, "in use")
    assert wakeproxy.get("/").status == 200
    assert wakeproxy.get("/", host="new.localhost").status == 404, "nothing was taken over"


def test_reloads_under_load(wakeproxy, origin, make_app):
    """Fifty reloads while requests come: none fails."""
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h"), "o": always_on(origin, "o.localhost")},
                    log={"access": False})
    assert wakeproxy.get("/").status == 200
    done, bad = threading.Event(), []

    def load(host):
        while not done.is_set():
            with wakeproxy.client() as client:
                for _ in range(20):
                    response = client.get("/", host=host)
                    if response.status != 200:
                        bad.append(response)

    threads = [threading.Thread(target=load, args=(h,)) for h in ("localhost", "o.localhost")]
    for thread in threads:
        thread.start()
    for i in range(50):
        wakeproxy.reload({"t": app.trace(idle=f"{i + 1}h"), "o": always_on(origin, "o.localhost"),
                          f"n{i}": always_on(origin, f"n{i}.localhost")}, log={"access": False})
    done.set()
    for thread in threads:
        thread.join()
    assert not bad, bad[:3]
    assert len(app.events("start")) == 1
