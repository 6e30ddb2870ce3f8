"""Clients and upstreams that end one direction, or break off (RFC 9112 9.5, 9.6)."""

from wirekit.case import (
    AT_HEAD,
    CLOSE,
    RESET,
    SHUT,
    UP_EOF,
    Got,
    Resp,
    Theme,
    client_has,
    get,
    post,
    req,
    resp,
    up_heads,
)

theme = Theme("half")
HALF = "house-half-close"
MONITOR = "9112-9.5-monitor"

theme.add("get-then-shut", HALF, [get(), SHUT], conn="close")
theme.add("post-then-shut", HALF, [post("abc"), SHUT], conn="close", got=Got(body=b"abc"))
theme.add(
    "shut-while-waiting",
    HALF,
    [get(), up_heads(1), SHUT],
    answer=[resp(body="abc")[:-3], client_has(b"ength: 3"), b"abc"],
    reply=Resp(body=b"abc"),
    conn="close",
)
theme.add("empty", "9112-9.5-monitor", [SHUT], status=None, got=(), conn="close")
theme.add(
    "half-line", "9112-6.3-incomplete", [b"GET / HT", SHUT], status=None, got=(), conn="close"
)
theme.add(
    "half-head",
    "9112-6.3-incomplete",
    [b"GET / HTTP/1.1\r\nHost: wire.test\r\n", SHUT],
    status=None,
    got=(),
    conn="close",
)
theme.add(
    "half-head-reset",
    "9112-6.3-incomplete",
    [b"GET / HTTP/1.1\r\nHost: wire.test\r\n", RESET],
    status=None,
    got=(),
    conn="any",
)
theme.add(
    "client-resets",
    MONITOR,
    [get(), up_heads(1), RESET],
    answer=[UP_EOF],
    status=None,
    conn="any",
    got=Got(),
)
theme.add(
    "client-resets-mid-response",
    MONITOR,
    [get(), client_has(b"abc"), RESET],
    fresh=True,
    status=None,
    conn="any",
    answer=[b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc", UP_EOF],
    got=Got(),
)
theme.add(
    "client-resets-mid-body",
    MONITOR,
    [req("POST", "/", "Content-Length: 9\r\n", b"abc"), up_heads(1), RESET],
    status=None,
    partial=b"abc",
    conn="any",
)
theme.add(
    "upstream-shuts-after-answer",
    "9112-9.5-sustain",
    get(),
    fresh=True,
    answer=[resp(body="b"), SHUT],
    reply=Resp(body=b"b"),
)
theme.add(
    "upstream-shuts-idle",
    MONITOR,
    get(),
    fresh=True,
    answer=[resp(body="b"), CLOSE],
    reply=Resp(body=b"b"),
)
theme.add(
    "upstream-shuts-early",
    "9112-9.5-cease-body",
    [req("POST", "/", "Content-Length: 9\r\n", b"abc"), client_has(b"502")],
    fresh=True,
    answer=[AT_HEAD, CLOSE],
    status=502,
    got=Got(is_complete=False),
    conn="close",
)
