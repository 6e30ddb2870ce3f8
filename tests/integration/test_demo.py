"""deploy/quickstart and conf/demo.yaml, as a person meets them."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from rawhttp import eventually, get
from wake import PATIENCE, ROOT, processes_with, text_of


def demo_text(new_port, idle):
    """The demo with free ports and a short idle window; otherwise as it is."""
    with open(f"{ROOT}/conf/demo.yaml") as f:
        text = f.read()
    text, ports = text.replace("127.0.0.1:8080", "127.0.0.1:0"), {}
    for port in sorted(set(re.findall(r"\b900\d\b", text))):
        ports[port] = str(new_port())
        text = text.replace(port, ports[port])
    assert len(ports) == 2 and "idle: 15s" in text
    return text.replace("idle: 15s", f"idle: {idle}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_the_demo(wakeproxy):
    wakeproxy.write(demo_text(free_port, "1s"))
    wakeproxy.start()
    start = time.monotonic()
    assert wakeproxy.get("/", host="hello.localhost").status == 200
    held = time.monotonic() - start
    assert held >= 1.7, "the app boots for 1.7 s"
    start = time.monotonic()
    assert wakeproxy.get("/", host="hello.localhost").status == 200
    assert time.monotonic() - start < held / 2
    wakeproxy.wait_asleep("hello")
    assert wakeproxy.get("/", host="shop.localhost").status == 200
    order = [line["cause"] for line in wakeproxy.logged("trace.part.start", trace="shop")]
    assert order == ["db", "app"]
    wakeproxy.wait_asleep("shop")
    assert wakeproxy.get("/", host="hello.localhost").status == 200, "and it wakes again"


@pytest.mark.heavy
def test_quickstart(folder):
    """The script itself: builds, says what to try, serves in the foreground, ends with Ctrl-C."""
    port, log = free_port(), f"{folder}/log"
    config = f"{ROOT}/build/demo-{port}.yaml"
    try:
        with open(log, "wb") as out:
            process = subprocess.Popen([f"{ROOT}/deploy/quickstart", "-p", str(port)], cwd=folder,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True)
        with open(log) as said:
            eventually(lambda: "serve.ready" in said.read() or said.seek(0), "it serves",
                       PATIENCE * 4)
            said.seek(0)
            assert f"curl http://hello.localhost:{port}/" in said.read()
        assert get(("127.0.0.1", port), host="hello.localhost").status == 200
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert not processes_with(config)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        if os.path.exists(config):
            os.remove(config)


@pytest.mark.heavy
def test_quickstart_says_when_the_port_is_taken(origin):
    result = subprocess.run([f"{ROOT}/deploy/quickstart", "-p", str(origin.address[1])],
                            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    assert result.returncode == 1
    assert f"Cannot listen on {text_of(origin.address)}" in result.stderr
    assert "-p" in result.stderr
