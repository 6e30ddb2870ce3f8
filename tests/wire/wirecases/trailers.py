"""Trailer sections, both directions (RFC 9110 6.5, RFC 9112 7.1.2)."""

from wirekit.case import Got, Resp, Theme, chunked, get, req, resp_chunked

theme = Theme("trailer")
KEEP = "9112-7.1.2-trailers"
APART = ("9110-6.5.1-trailer-merge", "9112-7.1.2-trailers")
GUARD = ("house-trailer-guard", "9110-6.5.1-trailer-generate")
DROPPED = {"also": ({"got": Got(body=b"abc", trailers=[])},)}
R_DROPPED = {"also": ({"reply": Resp(body=b"abc", trailers=[])},)}


def with_trailers(lines, fields=""):
    return chunked(f"3\r\nabc\r\n0\r\n{lines}\r\n", fields)


theme.add(
    "request",
    APART,
    with_trailers("X-Sum: 1\r\n"),
    got=Got(body=b"abc", trailers=[("x-sum", "1")], lacks=("x-sum",)),
    **DROPPED,
)
theme.add(
    "request-two",
    APART,
    with_trailers("X-Sum: 1\r\nX-Other: a b\r\n"),
    got=Got(body=b"abc", trailers=[("x-sum", "1"), ("x-other", "a b")]),
    **DROPPED,
)
theme.add(
    "request-announced",
    KEEP,
    with_trailers("X-Sum: 1\r\n", "Trailer: X-Sum\r\n"),
    got=Got(body=b"abc", trailers=[("x-sum", "1")], has={"trailer": "X-Sum"}),
    also=({"got": Got(body=b"abc", trailers=[])},),
)
theme.add(
    "request-empty-body",
    KEEP,
    chunked("0\r\nX-Sum: 1\r\n\r\n"),
    got=Got(body=b"", trailers=[("x-sum", "1")]),
    also=({"got": Got(body=b"", trailers=[])},),
)
theme.add(
    "request-trim",
    "9110-5.5-trim",
    with_trailers("X-Sum: \t 1 \t\r\n"),
    got=Got(body=b"abc", trailers=[("x-sum", "1")]),
    **DROPPED,
)
theme.add(
    "request-same-name",
    APART,
    with_trailers("X-A: 2\r\n", "X-A: 1\r\n"),
    got=Got(body=b"abc", trailers=[("x-a", "2")], has={"x-a": "1"}),
    also=({"got": Got(body=b"abc", trailers=[], has={"x-a": "1"})},),
)
for name in (
    "Authorization: Basic x",
    "Content-Type: text/x",
    "Cookie: a=b",
    "If-Match: x",
    "Content-Encoding: gzip",
    "Cache-Control: no-store",
    "Range: bytes=0-1",
):
    field = name.split(":")[0].lower()
    theme.add(
        f"request-drops-{field}",
        ("9110-6.5.1-trailer-generate", "9110-6.5.1-trailer-merge"),
        with_trailers(f"{name}\r\nX-Sum: 1\r\n"),
        got=Got(body=b"abc", trailers=[("x-sum", "1")], lacks=(field,)),
        also=(
            {"got": Got(body=b"abc", trailers=[], lacks=(field,))},
            {
                "got": Got(
                    body=b"abc",
                    trailers=[(field, name.split(": ")[1]), ("x-sum", "1")],
                    lacks=(field,),
                )
            },
        ),
    )
for name in (
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Host: evil.test",
    "Connection: close",
    "Trailer: X",
    "Upgrade: foo",
    "TE: gzip",
    "Expect: 100-continue",
    "X-Forwarded-For: 9.9.9.9",
    "Max-Forwards: 1",
    "Via: 1.1 x",
):
    theme.refuse_late(
        f"request-guard-{name.split(':')[0].lower()}",
        GUARD,
        with_trailers(name + "\r\n"),
        partial=b"abc",
        ours=True,
    )
for name, line in (
    ("no-colon", "X-Sum"),
    ("space-colon", "X-Sum : 1"),
    ("folded", "X-Sum: 1\r\n 2"),
    ("leading-space", " X-Sum: 1"),
    ("bare-lf", "X-Sum: 1\nX-B: 2"),
    ("bare-cr", "X-Sum: 1\rX-B: 2"),
    ("nul", "X-Sum: \0"),
    ("ctl", "X-Sum: \x01"),
    ("empty-name", ": 1"),
    ("name-paren", "X(: 1"),
    ("high-name", "X\xe9: 1"),
):
    keys = {
        "nul": ("9110-5.5-ctl", "house-ctl"),
        "bare-cr": ("9112-2.2-bare-cr", "9110-5.5-ctl"),
        "space-colon": ("9112-5.1-space-colon", "house-field-name"),
        "folded": ("9112-5.2-fold-request",),
        "bare-lf": ("house-bare-lf",),
        "ctl": ("house-ctl",),
    }.get(name, ("house-field-name", "9112-2.2-not-http"))
    theme.refuse_late(
        f"request-bad-{name}",
        keys,
        with_trailers(line + "\r\n"),
        partial=b"abc",
        also=(
            ({"status": 200, "partial": None, "got": Got(body=b"abc"), "conn": "any"},)
            if name == "folded"
            else ()
        ),
    )
theme.refuse_late(
    "request-too-large",
    ("9110-5.4-too-large", "house-head-limits"),
    with_trailers("X-A: " + "a" * 70000 + "\r\n"),
    partial=b"abc",
    splits=False,
    also=({"status": 200, "partial": None, "got": Got(body=b"abc"), "conn": "any"},),
)
theme.refuse_late(
    "request-endless",
    ("9110-5.4-too-large", "house-head-limits"),
    chunked(b"3\r\nabc\r\n0\r\n" + b"X-A: b\r\n" * 20000),
    partial=b"abc",
    splits=False,
    also=({"status": 200, "partial": None, "got": Got(body=b"abc"), "conn": "any"},),
)

theme.add(
    "response",
    APART,
    get("TE: trailers\r\nConnection: TE\r\n"),
    answer=resp_chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", "Trailer: X-Sum\r\n"),
    reply=Resp(body=b"abc", trailers=[("x-sum", "1")], lacks=("x-sum",)),
    **R_DROPPED,
)
theme.add(
    "response-two",
    APART,
    get(),
    answer=resp_chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"),
    reply=Resp(body=b"abc", trailers=[("x-sum", "1"), ("x-b", "2")]),
    **R_DROPPED,
)
theme.add(
    "response-trailer-field",
    KEEP,
    get(),
    answer=resp_chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", "Trailer: X-Sum\r\n"),
    reply=Resp(has={"trailer": "X-Sum"}),
    also=({"reply": Resp(body=b"abc", trailers=[])},),
)
for name in ("Set-Cookie: a=b", "Content-Type: text/x", "Location: /x", "Cache-Control: no-store"):
    field = name.split(":")[0].lower()
    theme.add(
        f"response-drops-{field}",
        "9110-6.5.1-trailer-merge",
        get(),
        answer=resp_chunked(f"3\r\nabc\r\n0\r\n{name}\r\nX-Sum: 1\r\n\r\n"),
        reply=Resp(body=b"abc", trailers=[("x-sum", "1")], lacks=(field,)),
        also=({"reply": Resp(body=b"abc", lacks=(field,))},),
    )
theme.add(
    "response-http10-dropped",
    ("9110-6.5.1-trailer-merge", "9112-6.1-te-http10-client"),
    req(version="1.0"),
    answer=resp_chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"),
    conn="close",
    reply=Resp(body=b"abc", lacks=("x-sum", "transfer-encoding", "trailer")),
)
