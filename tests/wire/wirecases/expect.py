"""Expect: 100-continue, end to end (RFC 9110 10.1.1)."""

from wirekit.case import (
    AT_HEAD,
    COMPLETE,
    Got,
    Resp,
    Theme,
    client_has,
    has_body,
    req,
    resp,
    up_heads,
)

theme = Theme("expect")
FORWARD = ("9110-10.1.1-forward", "9110-15.2-1xx-forward")
HEAD = req("POST", "/", "Content-Length: 3\r\nExpect: 100-continue\r\n")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SLOW = {"also": ({"interim": (100,)},)}

theme.add(
    "forward",
    (*FORWARD, "9110-10.1.1-final"),
    [HEAD, client_has(b"100 Continue"), b"abc"],
    answer=[AT_HEAD, CONTINUE, COMPLETE, resp(body="done")],
    interim=100,
    got=Got(body=b"abc", has={"expect": "100-continue"}),
    reply=Resp(body=b"done"),
    also=({"got": Got(body=b"abc")},),
)
theme.add(
    "case",
    FORWARD,
    [HEAD.replace(b"100-c", b"100-C"), client_has(b"100 Continue"), b"abc"],
    answer=[AT_HEAD, CONTINUE, COMPLETE, resp()],
    interim=100,
    got=Got(body=b"abc"),
)
theme.add(
    "chunked",
    FORWARD,
    [
        req("POST", "/", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"),
        client_has(b"100 Continue"),
        b"3\r\nabc\r\n0\r\n\r\n",
    ],
    answer=[AT_HEAD, CONTINUE, COMPLETE, resp()],
    interim=100,
    got=Got(body=b"abc"),
)
theme.add(
    "not-ours",
    (*FORWARD, "9112-2.3-own-version"),
    [HEAD, up_heads(1), b"abc"],
    answer=[AT_HEAD, has_body(b"abc"), COMPLETE, resp()],
    interim=(),
    got=Got(body=b"abc"),
    also=({"interim": (100,)},),
)
theme.add(
    "final-417",
    ("9110-10.1.1-forward", "9110-10.1.1-indicate-close"),
    HEAD,
    answer=[AT_HEAD, resp("417 Expectation Failed")],
    status=417,
    conn="close",
    got=Got(is_complete=False),
    also=({"interim": (100,)},),
)
theme.add(
    "final-401",
    "9110-10.1.1-forward",
    HEAD,
    answer=[AT_HEAD, resp("401 Unauthorized", body="no")],
    status=401,
    conn="close",
    got=Got(is_complete=False),
    reply=Resp(body=b"no"),
)
theme.add(
    "final-then-body",
    ("9110-10.1.1-forward", "9112-9.3-read-body"),
    [HEAD, client_has(b"413"), b"abcGET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n"],
    answer=[AT_HEAD, resp("413 Content Too Large")],
    status=413,
    conn="close",
    got=Got(is_complete=False),
    ours=True,
)
theme.add(
    "says-close",
    "9110-10.1.1-indicate-close",
    HEAD,
    answer=[AT_HEAD, resp("413 Content Too Large")],
    status=413,
    conn="close",
    got=Got(is_complete=False),
    reply=Resp(has={"connection": "close"}),
)
theme.add(
    "body-at-once",
    FORWARD,
    HEAD + b"abc",
    answer=[AT_HEAD, CONTINUE, COMPLETE, resp()],
    interim=100,
    got=Got(body=b"abc"),
    also=({"interim": ()},),
)
theme.add(
    "without-body",
    "9110-2.4-semantics",
    req("GET", "/", "Expect: 100-continue\r\n"),
    got=Got(method="GET"),
    also=({"interim": (100,)}, {"status": 400, "got": (), "conn": "any"}),
)
theme.add(
    "http10",
    ("9110-10.1.1-http10", "9110-15.2-1xx-http10"),
    req("POST", "/", "Content-Length: 3\r\nExpect: 100-continue\r\n", b"abc", version="1.0"),
    answer=[CONTINUE, resp(body="done")],
    conn="close",
    got=Got(body=b"abc", lacks=("expect",)),
    reply=Resp(body=b"done"),
    also=({"got": Got(body=b"abc")},),
)
theme.refuse(
    "unknown",
    "9110-10.1.1-forward",
    req("POST", "/", "Content-Length: 3\r\nExpect: tea\r\n", b"abc"),
    status=417,
    also=({"status": 200, "got": Got(body=b"abc"), "conn": "any"},),
)
theme.add(
    "unknown-and-known-close",
    "9110-10.1.1-final",
    [HEAD, client_has(b"100 Continue"), b"abc"],
    answer=[AT_HEAD, CONTINUE, COMPLETE, resp("500 Oops", body="x")],
    interim=100,
    status=500,
    got=Got(body=b"abc"),
    reply=Resp(body=b"x"),
)
