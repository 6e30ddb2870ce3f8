"""Process parts: supervised, stopped whole, never left behind unless told to."""
import os
import signal
import time

import pytest

from rawhttp import Closed, eventually
from wake import is_alive


def test_kill_mid_request_is_a_clean_502(wakeproxy, make_app):
    """A POST may have had its effect: it is never sent again, whatever became of it."""
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    with wakeproxy.client() as client:
        client.request("/hang", method="POST", body=b"once",
                       fields={"Accept": "application/json"})
        eventually(lambda: [e for e in app.events("request") if e["path"] == "/hang"])
        os.kill(pid, signal.SIGKILL)
        response = client.response()
        assert response.status == 502
        assert response.get("Content-Type").startswith("application/problem+json")
        # Observed down, and the next request wakes it. (A dying process still has its listener for
        # a moment: a request that falls into it is told the truth, 502.)
        wakeproxy.wait_for_log("part.ended")
        answer = client.get("/pid") if response.get("Connection") != "close" \
            else wakeproxy.get("/pid")
        assert answer.status == 200 and int(answer.body) != pid


def test_kill_mid_response_cuts_the_client(wakeproxy, make_app):
    """After the head a 502 is not possible: the short body must not look complete."""
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    with wakeproxy.client() as client:
        client.request("/drip/1000/10")
        assert client.response_head().status == 200
        client.reader.exactly(3)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises((Closed, ConnectionResetError)):
            client.reader.exactly(997)
    wakeproxy.wait_for_log("part.ended")
    assert wakeproxy.get("/pid").status == 200


def test_a_crash_at_rest_is_observed(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    os.kill(pid, signal.SIGKILL)
    wakeproxy.wait_asleep("t")
    assert int(wakeproxy.get("/pid").body) != pid


def test_the_whole_group_is_stopped(wakeproxy, make_app):
    app = make_app(child=True)
    wakeproxy.start({"t": app.trace(idle="300ms")})
    assert wakeproxy.get("/").status == 200
    child = eventually(lambda: app.events("child"))[0]["pid"]
    wakeproxy.wait_asleep("t")
    eventually(lambda: not is_alive(child), "the grandchild is gone")


def test_a_stubborn_part_is_killed(wakeproxy, make_app):
    app = make_app(stubborn=True)
    trace = app.trace(idle="200ms")
    trace["parts"]["app"]["process"]["stop_timeout"] = "500ms"
    wakeproxy.start({"t": trace})
    pid = int(wakeproxy.get("/pid").body)
    wakeproxy.wait_asleep("t")
    assert app.events("signal") and not app.events("end") and not is_alive(pid)


def test_environment_directory_and_signal(wakeproxy, make_app, folder):
    app = make_app()
    os.mkdir(f"{folder}/home")
    trace = app.trace(idle="200ms")
    trace["parts"]["app"]["process"].update(
        env={"PART_TEST": "a value"}, directory=f"{folder}/home", stop_signal="INT")
    wakeproxy.start({"t": trace})
    assert wakeproxy.get("/").status == 200
    start = app.events("start")[0]
    assert start["env"] == "a value" and start["cwd"] == f"{folder}/home"
    assert start["group"] == start["pid"], "a group of its own"
    wakeproxy.wait_asleep("t")
    assert app.events("signal")[0]["number"] == signal.SIGINT


def test_a_command_that_does_not_exist(wakeproxy, make_app):
    app = make_app()
    trace = app.trace(idle="1h")
    trace["parts"]["app"]["process"]["command"] = ["/no/such/program"]
    wakeproxy.start({"t": trace})
    response = wakeproxy.get("/", fields={"Accept": "application/json"})
    assert response.status == 503 and "no/such/program" in response.json()["detail"]


def test_children_end_with_wakeproxy(wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    assert wakeproxy.stop() == 0
    assert not is_alive(pid)
    assert app.events("end"), "it was asked, not killed"


def test_children_end_when_wakeproxy_is_killed(wakeproxy, make_app):
    app = make_app(child=True)
    wakeproxy.start({"t": app.trace(idle="1h")})
    pid = int(wakeproxy.get("/pid").body)
    child = eventually(lambda: app.events("child"))[0]["pid"]
    wakeproxy.kill()
    eventually(lambda: not is_alive(pid) and not is_alive(child), "its children are gone")


def test_a_killed_wakeproxy_comes_back_and_wakes(wakeproxy, make_wakeproxy, make_app):
    app = make_app()
    wakeproxy.start({"t": app.trace(idle="1h")})
    assert wakeproxy.get("/").status == 200
    wakeproxy.kill()
    again = make_wakeproxy().start()
    assert again.get("/").status == 200


def outliving(make_app, folder, **options):
    app = make_app()
    trace = app.trace(**options)
    trace["parts"]["app"]["process"]["outlive"] = True
    return app, trace


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_outlive_is_adopted_and_not_stopped_early(wakeproxy, make_wakeproxy, make_app, folder, how):
    app, trace = outliving(make_app, folder, idle="1500ms")
    wakeproxy.start({"t": trace}, state_dir=f"{folder}/state")
    pid = int(wakeproxy.get("/pid").body)
    wakeproxy.kill() if how == "kill" else wakeproxy.stop()
    assert is_alive(pid)
    again = make_wakeproxy()
    restarted = time.monotonic()
    again.start()
    again.wait_phase("t", "awake")
    assert int(again.get("/pid").body) == pid, "adopted, not started a second time"
    again.wait_asleep("t")
    assert time.monotonic() - restarted >= 1.4, "stopped before one idle window had passed"
    eventually(lambda: not is_alive(pid), "the adopted process is stopped")
    assert len(app.events("start")) == 1


def test_outlive_that_died_meanwhile(wakeproxy, make_wakeproxy, make_app, folder):
    app, trace = outliving(make_app, folder, idle="500ms")
    wakeproxy.start({"t": trace}, state_dir=f"{folder}/state")
    pid = int(wakeproxy.get("/pid").body)
    wakeproxy.kill()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_alive(pid))
    again = make_wakeproxy().start()
    assert int(again.get("/pid").body) != pid
    again.wait_asleep("t")
    assert len(app.events("start")) == 2
