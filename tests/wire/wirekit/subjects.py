"""
Starts what is judged: wakeproxy, or a peer with the same job (one host, one upstream, kept
connections, the usual forwarding fields), each on a port of its own choosing.
"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

WAKEPROXY = """\
workers: 1
listen:
  http: ["127.0.0.1:0"]
{top}
log: {{level: warn}}
{limits}
traces:
  wire:
    hosts: [wire.test, "*.wire.test"]
    upstream: {{address: "{upstream}"{upstream_more}}}
    settle: 0s
{more}"""

# Configurations a case can ask for.
CONFIGS = {
    "plain": {},
    "trusted": {"top": "trusted_proxies: [127.0.0.0/8]\n"},
    "hasty": {
        "limits": "limits: {header_timeout: 300ms, body_timeout: 300ms, "
        "keepalive_timeout: 300ms}\n",
        "upstream_more": ", response_timeout: 300ms",
    },
    # A second trace that leads back to the proxy itself.
    "loop": {
        "more": '  loop: {{hosts: [loop.test], upstream: {{address: "{mirror}", '
        "max_connections: 64}}, hold: 500ms, settle: 0s}}\n"
    },
    "narrow": {"limits": "limits: {head_size: 4KiB, target_length: 1000, fields: 20}\n"},
}

HAPROXY = """\
global
  nbthread 1
  log 127.0.0.1:1 local0 emerg
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout http-request 5s
  timeout tunnel 5s
  option forwardfor
  http-reuse always
frontend in
  bind fd@{fd}
  http-request add-header Via "%[req.ver] haproxy"
  http-response add-header Via "1.1 haproxy"
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Request-Id %[uuid]
  default_backend out
backend out
  server up {upstream} pool-purge-delay 1h
"""

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  client_max_body_size 0;
  server_tokens off;
  upstream up {{ server {upstream} max_fails=0; keepalive 16; }}
  map $http_via $via {{ default "$http_via, 1.1 nginx"; "" "1.1 nginx"; }}
  map $http_upgrade $conn {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port};
    underscores_in_headers on;
    ignore_invalid_headers off;
    location / {{
      proxy_pass http://up;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 5s;
      proxy_pass_header Server;
      proxy_set_header Host $http_host;
      proxy_set_header Connection $conn;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header Via $via;
      add_header Via "1.1 nginx" always;
    }}
  }}
}}
"""


class Subject:
    def __init__(self, name, upstream, config="plain", binary=None, mirror=None):
        self.name = name
        self.upstream = f"{upstream[0]}:{upstream[1]}"
        self.config = config
        self.mirror = f"{mirror[0]}:{mirror[1]}" if mirror else ""
        self.dir = tempfile.mkdtemp(prefix="wire-")
        self.log_path = os.path.join(self.dir, "output")
        self.process = None
        try:
            self.address = {
                "wakeproxy": self.start_wakeproxy,
                "haproxy": self.start_haproxy,
                "nginx": self.start_nginx,
            }[name](binary)
        except BaseException:
            self.stop()
            raise

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def spawn(self, command, **kw):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.dir,
                **kw,
            )

    def output(self):
        with open(self.log_path, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def start_wakeproxy(self, binary):
        binary = binary or os.environ.get("WAKEPROXY_BIN")
        if not binary:
            raise RuntimeError("set WAKEPROXY_BIN or give --wakeproxy-bin")
        parts = {"top": "", "limits": "", "upstream_more": "", "more": "", **CONFIGS[self.config]}
        parts["more"] = parts["more"].format(mirror=self.mirror)
        path = self.write("wakeproxy.yaml", WAKEPROXY.format(upstream=self.upstream, **parts))
        ready, theirs = os.pipe()
        self.spawn(
            [os.path.abspath(binary), "serve", "-c", path, "--ready-fd", str(theirs)],
            pass_fds=[theirs],
        )
        os.close(theirs)
        line = b""
        deadline = time.monotonic() + 30
        while not line.endswith(b"\n"):
            if not select.select([ready], [], [], max(0, deadline - time.monotonic()))[0]:
                raise RuntimeError("wakeproxy is not ready after 30 s:\n" + self.output())
            data = os.read(ready, 4096)
            if not data:
                self.process.wait()
                raise RuntimeError("wakeproxy ended before it was ready:\n" + self.output())
            line += data
        os.close(ready)
        for listener in json.loads(line)["listeners"]:
            if listener["kind"] == "http":
                return listener["address"], listener["port"]
        raise RuntimeError(f"no http listener in {line!r}")

    def start_haproxy(self, binary):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        address = listener.getsockname()
        path = self.write(
            "haproxy.cfg", HAPROXY.format(fd=listener.fileno(), upstream=self.upstream)
        )
        self.spawn([binary or find("haproxy"), "-db", "-f", path], pass_fds=[listener.fileno()])
        listener.close()
        return address

    def start_nginx(self, binary):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        address = listener.getsockname()
        path = self.write(
            "nginx.conf",
            NGINX.format(
                user="user root;" if os.geteuid() == 0 else "",
                dir=self.dir,
                upstream=self.upstream,
                port=address[1],
            ),
        )
        self.spawn(
            [
                binary or find("nginx"),
                "-c",
                path,
                "-p",
                self.dir,
                "-e",
                os.path.join(self.dir, "error.log"),
            ],
            pass_fds=[listener.fileno()],
            env={**os.environ, "NGINX": f"{listener.fileno()};"},
        )
        listener.close()
        return address

    def stop(self):
        """Ends the subject; returns what is wrong with how it ended."""
        problems = []
        if self.process and self.process.poll() is not None:
            problems.append(f"ended by itself with {self.process.returncode}")
        elif self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                problems.append("did not end within 20 s of SIGTERM")
                self.process.kill()
                self.process.wait()
            if self.name == "wakeproxy" and self.process.returncode != 0 and not problems:
                problems.append(f"ended with {self.process.returncode}")
        if self.process:
            text = self.output()
            for mark in (
                "ERROR: AddressSanitizer",
                "runtime error:",
                "WARNING: ThreadSanitizer",
                "ERROR: LeakSanitizer",
            ):
                if mark in text:
                    problems.append(f"{mark} in its output:\n{text[-8000:]}")
        shutil.rmtree(self.dir, ignore_errors=True)
        return problems


def find(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise RuntimeError(f"{name} is not installed")
    return path


def is_installed(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin") is not None
