"""origin.py - a scripted upstream inside the test: every byte it received is kept, and a handler
decides what it answers. One thread per connection; nothing is hidden behind an HTTP library."""
import base64
import hashlib
import queue
import socket
import struct
import threading

from rawhttp import PATIENCE, Closed, Reader, framing_of


class Request:
    def __init__(self, line, fields):
        self.method, self.target, self.version = line.decode("latin-1").split(" ")
        self.fields, self.body, self.trailers = fields, b"", []

    def get(self, name, default=None):
        values = [v for n, v in self.fields if n.lower() == name.lower()]
        return ", ".join(values) if values else default

    def __repr__(self):
        return f"<{self.method} {self.target} {self.fields} {self.body[:100]!r}>"


class Conn:
    """The upstream's end of one connection."""

    def __init__(self, sock, number):
        self.sock, self.number, self.reader = sock, number, Reader(sock)
        self.requests = 0

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def head(self):
        """The next request's head; None when the peer is done."""
        try:
            line = self.reader.line()
        except Closed:
            return None
        self.requests += 1
        return Request(line, self.reader.fields())

    def body(self, request):
        kind, length = framing_of(request.fields)
        if kind == "chunked":
            request.body, request.trailers = self.reader.chunks()
        elif kind == "length":
            request.body = self.reader.exactly(length)
        return request

    def answer(self, body=b"ok", status="200 OK", fields=()):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}",
                 *(f"{n}: {v}" for n, v in fields)]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def reset(self):
        """Closes with a RST, also while another thread is reading (a bare close would wait for it)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            self.sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass
        self.sock.close()

    def end(self):
        """Closes for certain, also while another thread is reading."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


def default_handler(conn, request):
    """200 with the request's body, or "hello" when it had none."""
    conn.body(request)
    conn.answer(request.body or b"hello")


class Origin:
    """Listens at once. handler(conn, request) is called after each head and reads the body itself;
    it may keep the connection for itself (a tunnel) or end it. `requests` has all, in order."""

    def __init__(self, handler=default_handler, host="127.0.0.1", port=0, backlog=4096):
        self.handler = handler
        self.listener = socket.create_server((host, port), backlog=backlog)
        self.address = self.listener.getsockname()
        self.text = f"{self.address[0]}:{self.address[1]}"
        self.requests, self.conns, self.failures = [], [], []
        self.seen = queue.Queue()  # each request as its head arrives
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE * 4)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conn = Conn(sock, len(self.conns))
            self.conns.append(conn)
            thread = threading.Thread(target=self._serve, args=(conn,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, conn):
        try:
            while True:
                request = conn.head()
                if request is None:
                    break
                request.conn = conn
                self.requests.append(request)
                self.seen.put(request)
                self.handler(conn, request)
        except (OSError, Closed, ValueError):
            pass  # the other side went away, or a handler closed the connection: a test's business
        except AssertionError as e:
            self.failures.append(e)  # what the proxy sent upstream was malformed
        finally:
            conn.end()

    def wait_request(self, timeout=None):
        """The next request that arrives."""
        return self.seen.get(timeout=timeout or PATIENCE)

    def stop_listening(self):
        """From now on connections are refused; those that are open go on."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def close(self):
        self.stop_listening()
        for conn in list(self.conns):
            conn.end()
        assert not self.failures, self.failures[0]


WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def websocket_accept(key):
    return base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()


def websocket_frame(opcode, payload=b"", mask=None):
    head = bytes([0x80 | opcode])
    size = len(payload)
    flag = 0x80 if mask else 0
    if size < 126:
        head += bytes([flag | size])
    elif size < 65536:
        head += bytes([flag | 126]) + struct.pack(">H", size)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", size)
    if mask:
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        return head + mask + payload
    return head + payload


def websocket_read(reader):
    """(opcode, payload) of one frame."""
    first, second = reader.exactly(2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack(">H", reader.exactly(2))[0]
    elif size == 127:
        size = struct.unpack(">Q", reader.exactly(8))[0]
    mask = reader.exactly(4) if second & 0x80 else None
    payload = reader.exactly(size)
    if mask:
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
    return first & 0x0F, payload


def websocket_echo(conn, request):
    """Upgrades and echoes frames: text and binary as they came, ping with pong."""
    conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              f"Sec-WebSocket-Accept: {websocket_accept(request.get('Sec-WebSocket-Key'))}\r\n\r\n")
    while True:
        opcode, payload = websocket_read(conn.reader)
        if opcode == 8:
            conn.send(websocket_frame(8, payload))
            return
        conn.send(websocket_frame(10 if opcode == 9 else opcode, payload))
