#!/usr/bin/env python3
"""part_app.py - the program tests run as a `process` part: an HTTP server that takes --boot seconds
to come up and writes what happens to it to --record, one JSON line each (start, serving, request,
signal, end). Standard library only; one thread per connection.

  GET /            "hello from NAME"        GET /pid         its process id
  POST /echo       the body                 GET /bytes/N     N bytes
  GET, POST /hang  never answered           GET /drip/N/MS   N bytes, one each MS milliseconds
"""
import argparse
import hashlib
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Record:
    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else -1

    def __call__(self, event, **fields):
        if self.fd >= 0:
            line = json.dumps({"event": event, "pid": os.getpid(), "at": time.monotonic(),
                               **fields})
            os.write(self.fd, line.encode() + b"\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, **fields):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        record("request", path=self.path, method=self.command)
        parts = self.path.strip("/").split("/")
        if parts[0] == "pid":
            self.answer(str(os.getpid()).encode())
        elif parts[0] == "bytes":
            self.answer(b"x" * int(parts[1]))
        elif parts[0] == "hang":
            threading.Event().wait()
        elif parts[0] == "drip":
            self.send_response(200)
            self.send_header("Content-Length", parts[1])
            self.end_headers()
            for _ in range(int(parts[1])):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(int(parts[2]) / 1000)
        else:
            self.answer(f"hello from {arguments.name}".encode())

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hashlib.sha256(body).hexdigest()
        record("request", path=self.path, method="POST", size=len(body), sha256=digest)
        if self.path == "/hang":
            threading.Event().wait()
        self.answer(body if self.path == "/echo" else digest.encode())


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 4096

    def handle_error(self, request, client_address):
        pass  # a client that went away


def on_signal(number, _):
    record("signal", number=number)
    if arguments.stubborn and number == signal.SIGTERM:
        return
    record("end")
    os._exit(0)


parser = argparse.ArgumentParser()
parser.add_argument("--listen", required=True)
parser.add_argument("--boot", type=float, default=0)
parser.add_argument("--record")
parser.add_argument("--name", default="app")
parser.add_argument("--stubborn", action="store_true", help="ignores SIGTERM")
parser.add_argument("--exit", type=int, help="exits with this status instead of serving")
parser.add_argument("--exit-unless", help="exits 1 unless this file exists")
parser.add_argument("--child", action="store_true", help="also starts a child of its own")
arguments = parser.parse_args()
record = Record(arguments.record)
for s in (signal.SIGTERM, signal.SIGINT):
    signal.signal(s, on_signal)
record("start", cwd=os.getcwd(), env=os.environ.get("PART_TEST"), group=os.getpgrp(), name=arguments.name)
print(f"{arguments.name} says hello on stdout", flush=True)
print(f"{arguments.name} says hello on stderr", file=sys.stderr, flush=True)
if arguments.child and os.fork() == 0:
    record("child")
    threading.Event().wait()
if arguments.exit is not None:
    sys.exit(arguments.exit)
if arguments.exit_unless and not os.path.exists(arguments.exit_unless):
    print(f"{arguments.exit_unless} is missing", file=sys.stderr)
    sys.exit(1)
time.sleep(arguments.boot)
host, _, port = arguments.listen.rpartition(":")
server = Server((host, int(port)), Handler)
record("serving", name=arguments.name)
server.serve_forever()
