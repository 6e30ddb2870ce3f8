"""Interim responses (RFC 9110 15.2)."""

from wirekit.case import COMPLETE, Got, Resp, Theme, client_has, get, match, req, resp

theme = Theme("interim")
FORWARD = "9110-15.2-1xx-forward"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"

theme.add(
    "103",
    FORWARD,
    get(),
    answer=[HINTS, client_has(b"103"), resp(body="b")],
    interim=103,
    interim_has={"link": "</s.css>; rel=preload"},
    reply=Resp(body=b"b"),
)
theme.add(
    "103-with-final",
    FORWARD,
    get(),
    answer=HINTS + resp(body="b"),
    interim=103,
    reply=Resp(body=b"b"),
)
theme.add(
    "103-twice",
    FORWARD,
    get(),
    answer=[HINTS, client_has(b"103"), HINTS, resp(body="b")],
    interim=(103, 103),
    reply=Resp(body=b"b"),
)
theme.add("102", FORWARD, get(), answer=b"HTTP/1.1 102 Processing\r\n\r\n" + resp(), interim=102)
theme.add(
    "unknown",
    (FORWARD, "9110-15-unknown-status"),
    get(),
    answer=b"HTTP/1.1 142 Odd\r\nX: y\r\n\r\n" + resp(),
    interim=142,
    interim_has={"x": "y"},
)
theme.add(
    "100-unasked",
    FORWARD,
    get(),
    answer=b"HTTP/1.1 100 Continue\r\n\r\n" + resp(body="b"),
    interim=100,
    reply=Resp(body=b"b"),
)
theme.add(
    "via",
    "9110-7.6.3-via-response",
    get(),
    answer=HINTS + resp(),
    interim=103,
    interim_has={"via": match(r"1\.1 .+")},
    ours=True,
)
theme.add(
    "hop-by-hop",
    "9110-7.6.1-options",
    get(),
    interim=103,
    answer=b"HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: a\r\n\r\n" + resp(),
    interim_has={"link": "a", "x-hop": []},
)
theme.add(
    "length-dropped",
    ("9110-8.6-length-1xx-204", "house-response-faults"),
    get(),
    fresh=True,
    interim=103,
    answer=b"HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n" + resp(body="b"),
    reply=Resp(body=b"b"),
    also=({"status": 502, "interim": (), "reply": Resp()},),
)
theme.bad_answer(
    "te",
    ("9112-6.1-te-1xx-204", "house-response-faults"),
    b"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + resp(),
    ours=True,
)
theme.add(
    "http10",
    ("9110-15.2-1xx-http10", "house-keep-http10"),
    req(version="1.0"),
    conn="close",
    answer=HINTS + resp(body="b"),
    interim=(),
    reply=Resp(body=b"b"),
)
theme.add(
    "then-head",
    FORWARD,
    req("HEAD"),
    methods="HEAD",
    answer=HINTS + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    interim=103,
    reply=Resp(has={"content-length": "3"}),
)
theme.add(
    "101-unasked",
    ("9110-7.8-not-asked", "house-response-faults"),
    get(),
    fresh=True,
    status=502,
    answer=b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n",
)
theme.add(
    "post",
    FORWARD,
    req("POST", "/", "Content-Length: 3\r\n", b"abc"),
    interim=(100, 103),
    answer=[COMPLETE, b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + resp()],
    got=Got(body=b"abc"),
)
theme.bad_answer(
    "bad-fields",
    ("9110-2.2-grammar", "house-response-faults"),
    b"HTTP/1.1 103 Early Hints\r\nX(: y\r\n\r\n" + resp(),
)
MANY = HINTS.replace(b"103 Early Hints", b"102 Processing")
theme.add(
    "hundred",
    FORWARD,
    get(),
    answer=MANY * 100 + resp(body="b"),
    interim=(102,) * 100,
    reply=Resp(body=b"b"),
)
theme.add(
    "large",
    FORWARD,
    get(),
    interim=103,
    interim_has={"x-a": "a" * 6000},
    reply=Resp(body=b"b"),
    answer=b"HTTP/1.1 103 Early Hints\r\nX-A: " + b"a" * 6000 + b"\r\n\r\n" + resp(body="b"),
)
