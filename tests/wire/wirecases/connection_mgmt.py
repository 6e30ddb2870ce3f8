"""Keeping and closing connections, towards clients and upstreams (RFC 9112 9)."""

from wirekit.case import AT_HEAD, CLOSE, COMPLETE, UP_EOF, Got, Resp, Theme, get, post, req, resp

theme = Theme("conn")
KEEP = "9112-9.3-persistent"
ONE, TWO = get(target="/one"), get(target="/two")

theme.add("kept", (KEEP, "9112-9.5-sustain"), get())
theme.add("kept-keep-alive", KEEP, get("Connection: keep-alive\r\n"))
theme.add("kept-after-post", KEEP, post("abc"), got=Got(body=b"abc"))
theme.add("kept-after-404", (KEEP, "9112-9.5-sustain"), get(), answer=resp("404 No"), status=404)
theme.add("kept-after-500", (KEEP, "9112-9.5-sustain"), get(), answer=resp("500 Oops"), status=500)
theme.add(
    "kept-upstream-closes",
    (KEEP, "9112-9.5-sustain"),
    get(),
    answer=[resp(fields="Connection: close\r\n", body="b"), CLOSE],
    reply=Resp(body=b"b", lacks=()),
)
theme.add(
    "close",
    ("9112-9.6-recv-close", "9112-9.6-answer-close"),
    get("Connection: close\r\n"),
    conn="close",
    reply=Resp(has={"connection": "close"}),
)
theme.add("close-case", "9112-9.6-recv-close", get("connection: CLOSE\r\n"), conn="close")
theme.add("close-list", "9112-9.6-recv-close", get("Connection: foo, close, bar\r\n"), conn="close")
theme.add(
    "close-second-line",
    "9112-9.6-recv-close",
    get("Connection: foo\r\nConnection: close\r\n"),
    conn="close",
)
theme.add(
    "close-wins", "9112-9.6-recv-close", get("Connection: keep-alive, close\r\n"), conn="close"
)
theme.add(
    "close-no-more",
    ("9112-9.6-no-more", "9112-9.6-recv-close"),
    get("Connection: close\r\n") + TWO,
    conn="close",
    got=Got(target="/"),
)
theme.add(
    "close-post",
    "9112-9.6-recv-close",
    post("abc", "Connection: close\r\n"),
    conn="close",
    got=Got(body=b"abc"),
)
theme.add(
    "refusal-says-close",
    ("9112-9.6-send-close", "9110-10.1.1-indicate-close"),
    b"GET / HTTP/1.1\r\n\r\n",
    status=400,
    got=(),
    conn="close",
    reply=Resp(status=400, has={"connection": "close"}),
)
theme.add(
    "refusal-no-more",
    "9112-9.6-no-more",
    b"GET / HTTP/1.1\r\nX(: 1\r\n\r\n" + get(target="/smuggled"),
    status=400,
    got=(),
    conn="close",
)
theme.add(
    "linger",
    "9112-9.6-linger",
    b"POST / HTTP/1.1\r\nHost: wire.test\r\nContent-Length: x\r\n\r\n" + b"z" * 300000,
    status=400,
    got=(),
    conn="close",
)
theme.add(
    "linger-megabytes",
    "9112-9.6-linger",
    b"POST / HTTP/1.1\r\nHost: wire.test\r\nContent-Length: x\r\n\r\n" + b"z" * 3000000,
    status=400,
    got=(),
    conn="close",
    ours=True,
)
theme.add(
    "linger-404",
    ("9112-9.6-linger", "9112-9.3-read-body"),
    req("POST", "/", "Content-Length: 200000\r\n", b"z" * 200000, host="Host: nobody.test\r\n"),
    status=404,
    got=(),
    conn="any",
    ours=True,
)
theme.add(
    "upstream-reused",
    ("9112-9.3-persistent", "9112-9.3-client-read"),
    ONE + TWO,
    status=(200, 200),
    fresh=True,
    got=(Got(target="/one"), Got(target="/two")),
    reply=(Resp(body=b"answer to /one"), Resp(body=b"answer to /two")),
)
theme.add(
    "upstream-close-obeyed",
    ("9112-9.6-upstream-close", "9112-9.2-in-order"),
    ONE + TWO,
    status=(200, 200),
    fresh=True,
    answers=[[resp(fields="Connection: close\r\n", body="1"), UP_EOF, CLOSE]],
    got=(Got(target="/one"), Got(target="/two")),
    reply=(Resp(body=b"1"), Resp(body=b"answer to /two")),
)
theme.add(
    "upstream-close-chunked",
    "9112-9.6-upstream-close",
    ONE + TWO,
    status=(200, 200),
    fresh=True,
    answers=[
        [
            resp(fields="Connection: close\r\nTransfer-Encoding: chunked\r\n", length=False)
            + b"1\r\na\r\n0\r\n\r\n",
            UP_EOF,
            CLOSE,
        ]
    ],
    got=(Got(target="/one"), Got(target="/two")),
    reply=(Resp(body=b"a"), Resp(body=b"answer to /two")),
)
theme.add(
    "upstream-http10-closed",
    "9112-9.6-upstream-close",
    ONE + TWO,
    status=(200, 200),
    fresh=True,
    answers=[[resp(body="1", version="1.0"), UP_EOF, CLOSE]],
    got=(Got(target="/one"), Got(target="/two")),
    reply=(Resp(body=b"1"), Resp(body=b"answer to /two")),
)
theme.add(
    "upstream-not-told-close",
    "9112-9.3-persistent",
    get("Connection: close\r\n"),
    conn="close",
    got=Got(lacks=("connection",)),
    also=({"got": Got(has={"connection": "close"})},),
)
theme.add(
    "unread-body-closes",
    "9112-9.3-read-body",
    req(
        "POST",
        "/",
        "Content-Length: 52\r\n",
        b"GET /smuggled HTTP/1.1\r\nHost: wire.test\r\nX: 1234\r\n\r\n",
    ),
    answer=[AT_HEAD, resp("403 No"), COMPLETE],
    status=403,
    got=None,
    conn="any",
    fresh=True,
)
