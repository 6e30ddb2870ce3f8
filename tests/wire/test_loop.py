"""
A trace whose upstream leads back to the proxy: the request must end (RFC 9110 section 7.6), and
what else the proxy serves must not notice.
"""

import selectors
import socket
import threading

import pytest
from wirekit.message import read_response
from wirekit.subjects import Subject
from wirekit.world import World


class Mirror:
    """Passes every connection on to the proxy: the upstream that is the proxy itself."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = self.listener.getsockname()
        self.proxy = None
        self.connections = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.stopper, self.stop_end = socket.socketpair()
        self.selector.register(self.stop_end, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        open_ones = set()
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.stop_end:
                    for sock in open_ones:
                        sock.close()
                    return
                if key.fileobj is self.listener:
                    near, _ = self.listener.accept()
                    far = socket.create_connection(self.proxy)
                    self.connections += 1
                    for one, other in ((near, far), (far, near)):
                        self.selector.register(one, selectors.EVENT_READ, other)
                        open_ones.add(one)
                elif key.fileobj in open_ones:
                    self.pump(key.fileobj, key.data, open_ones)

    def pump(self, one, other, open_ones):
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        for sock in (one, other):
            if sock in open_ones:
                open_ones.discard(sock)
                self.selector.unregister(sock)
                sock.close()

    def close(self):
        self.stopper.send(b"x")
        self.thread.join()
        for sock in (self.listener, self.stopper, self.stop_end):
            sock.close()
        self.selector.close()


@pytest.fixture
def loop(request, subject_name):
    if subject_name != "wakeproxy":
        pytest.skip("needs a configuration of ours")
    world, mirror = World(20.0), Mirror()
    subject = Subject(
        "wakeproxy",
        world.up_address,
        "loop",
        request.config.getoption("--wakeproxy-bin"),
        mirror=mirror.address,
    )
    mirror.proxy = world.proxy = subject.address
    yield world, mirror
    problems = subject.stop()
    mirror.close()
    world.close()
    assert not problems


def test_a_loop_ends(loop):
    world, mirror = loop
    client = world.client = world.connect()
    client.queue(b"GET / HTTP/1.1\r\nHost: loop.test\r\n\r\n")
    assert world.until(
        lambda: read_response(client.data, 0, "GET", client.eof) is not None
    ), f"no answer after {mirror.connections} rounds"
    answer = read_response(client.data, 0, "GET", client.eof)
    assert answer.status in (502, 503, 504, 508), answer.raw_head
    assert mirror.connections <= 64
    fresh = world.connect()
    assert world.ask(fresh, "another trace after the loop"), world.problems
    fresh.close()
    client.close()
