"""At rest it costs next to nothing."""
import time

import pytest

from rawhttp import eventually
from wake import IS_SANITIZED


@pytest.mark.heavy
def test_a_thousand_sleeping_traces(wakeproxy, origin):
    """1,000 sleeping traces: under 16 MiB resident, under 0.1 % of a core, and nothing fires."""
    traces = {f"t{i}": {"hosts": [f"t{i}.localhost"], "parts": {"p": {"sim": {"boot": "10ms", "stop": "10ms"}}},
                        "upstream": {"address": origin.text}, "idle": "15m"} for i in range(1000)}
    wakeproxy.start(traces)
    eventually(lambda: len({x["trace"] for x in wakeproxy.logged("trace.phase", to="asleep")})
               == 1000, "all are observed")
    seconds = 5
    before, switches, start = wakeproxy.cpu_seconds(), wakeproxy.switches(), time.monotonic()
    eventually(lambda: time.monotonic() - start >= seconds, "some seconds of rest", every=0.5)
    share = (wakeproxy.cpu_seconds() - before) / (time.monotonic() - start)
    woken = wakeproxy.switches() - switches
    rss = wakeproxy.rss_bytes()
    print(f"{rss / 2**20:.1f} MiB, {share:.5f} of a core, {woken} wake-ups in {seconds} s")
    assert woken == 0, f"{woken} wake-ups with nothing to do"
    assert share < 0.001
    assert IS_SANITIZED or rss < 16 << 20
    assert wakeproxy.get("/", host="t777.localhost").status == 200


@pytest.mark.heavy
def test_rest_after_work_is_rest(wakeproxy, origin):
    """After a burst the timers of what has ended are gone too."""
    wakeproxy.start({"t": {"hosts": ["localhost"], "idle": "300ms", "parts": {"p": {"sim": {"boot": "10ms", "stop": "10ms"}}},
                           "upstream": {"address": origin.text, "idle_timeout": "300ms"}}},
                    limits={"keepalive_timeout": "300ms"}, log={"access": False})
    clients = [wakeproxy.client() for _ in range(50)]
    for client in clients:
        assert client.get("/").status == 200
        client.close()
    wakeproxy.wait_asleep("t")

    def quiet():
        switches, start = wakeproxy.switches(), time.monotonic()
        eventually(lambda: time.monotonic() - start >= 2, "two seconds", every=0.2)
        return wakeproxy.switches() == switches
    eventually(quiet, "two seconds without a wake-up", timeout=20)
