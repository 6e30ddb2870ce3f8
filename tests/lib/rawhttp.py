"""rawhttp.py - HTTP/1.1 over a raw socket: what was sent is what the test wrote, and what came back
is parsed strictly, so that a wrong frame is an error and not a guess."""
import json
import os
import socket
import time

# Sanitizers and busy machines are slow; this is patience, never a delay.
PATIENCE = float(os.environ.get("WAKEPROXY_PATIENCE", "30"))


class Closed(Exception):
    """The peer ended the connection where a message was still due."""


class Response:
    def __init__(self, version, status, reason, fields):
        self.version, self.status, self.reason, self.fields = version, status, reason, fields
        self.body, self.trailers, self.interim, self.framing = b"", [], [], None

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.fields} {self.body[:200]!r}>"


class Reader:
    """Buffered exact reads from a socket."""

    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def fill(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise Closed(f"closed with {len(self.data)} bytes unread: {self.data[:100]!r}")
        self.data += piece

    def line(self):
        while b"\r\n" not in self.data:
            assert len(self.data) < 1 << 20, "endless line"
            self.fill()
        line, _, self.data = self.data.partition(b"\r\n")
        assert b"\r" not in line and b"\n" not in line, f"bare CR or LF in {line!r}"
        return line

    def exactly(self, size):
        parts, have = [self.data[:size]], min(size, len(self.data))
        self.data = self.data[size:]
        while have < size:
            piece = self.sock.recv(min(1 << 20, size - have))
            if not piece:
                raise Closed(f"closed after {have} of {size} bytes")
            parts.append(piece)
            have += len(piece)
        return b"".join(parts)

    def rest(self):
        parts, self.data = [self.data], b""
        while True:
            piece = self.sock.recv(1 << 20)
            if not piece:
                return b"".join(parts)
            parts.append(piece)

    def fields(self):
        found = []
        while True:
            line = self.line()
            if not line:
                return found
            name, colon, value = line.partition(b":")
            assert colon and name and name == name.strip(), f"malformed field {line!r}"
            found.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))

    def chunks(self):
        """A chunked body and its trailers."""
        parts = []
        while True:
            size = int(self.line().split(b";")[0], 16)
            if not size:
                return b"".join(parts), self.fields()
            parts.append(self.exactly(size))
            assert self.exactly(2) == b"\r\n", "chunk data not followed by CRLF"


def framing_of(fields):
    """("chunked", None), ("length", n) or (None, None); asserts that there is at most one."""
    lengths = [v for n, v in fields if n.lower() == "content-length"]
    codings = [v for n, v in fields if n.lower() == "transfer-encoding"]
    assert len(lengths) + len(codings) <= 1, f"several framing fields: {lengths} {codings}"
    if codings:
        assert codings[0].lower() == "chunked", codings
        return "chunked", None
    return ("length", int(lengths[0])) if lengths else (None, None)


class Client:
    """One connection to a proxy (or to anything that speaks HTTP/1)."""

    def __init__(self, address, timeout=None, source=None, rcvbuf=None):
        self.address = address
        self.sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(timeout or PATIENCE)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def request(self, path="/", host="localhost", method="GET", fields=(), body=None,
                version="1.1"):
        lines = [f"{method} {path} HTTP/{version}", f"Host: {host}"]
        lines += [f"{n}: {v}" for n, v in (fields.items() if isinstance(fields, dict) else fields)]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines) + "\r\n\r\n")
        if body:
            self.send(body)
        self.method = method

    def head(self):
        """One head, interim (1xx) or final."""
        line = self.reader.line()
        version, _, rest = line.partition(b" ")
        assert version in (b"HTTP/1.1", b"HTTP/1.0"), f"not a status line: {line!r}"
        status, _, reason = rest.partition(b" ")
        assert len(status) == 3 and status.isdigit(), f"not a status: {line!r}"
        return Response(version.decode(), int(status), reason.decode("latin-1"),
                        self.reader.fields())

    def response_head(self):
        """The final head, with the interim ones before it in .interim."""
        interim = []
        while True:
            response = self.head()
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                response.framing = framing_of(response.fields)
                return response
            interim.append(response)

    def response(self, method=None):
        response = self.response_head()
        method = method or getattr(self, "method", "GET")
        kind, length = response.framing
        if method == "HEAD" or response.status in (101, 204, 304):
            if response.status in (101, 204):
                assert kind is None, f"{response.status} with framing"
        elif kind == "chunked":
            response.body, response.trailers = self.reader.chunks()
        elif kind == "length":
            response.body = self.reader.exactly(length)
        else:
            response.body = self.reader.rest()
        return response

    def get(self, *args, **named):
        self.request(*args, **named)
        return self.response()

    def at_end(self):
        """Waits for the peer's end: True for FIN or RST with nothing before it."""
        try:
            data = self.reader.data or self.sock.recv(65536)
        except ConnectionResetError:
            return True
        assert not data, f"more bytes instead of the end: {data[:200]!r}"
        return True


def get(address, path="/", host="localhost", **named):
    """One request on a connection of its own."""
    with Client(address, source=named.pop("source", None)) as client:
        return client.get(path, host, **named)


def eventually(condition, what="the condition", timeout=None, every=0.01):
    """Waits until condition() is true and returns its value: for what only polling can see."""
    end = time.monotonic() + (timeout or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(every)
