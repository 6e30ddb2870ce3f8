"""Responses without content: HEAD, 204, 205, 304 (RFC 9110 8.6, 9.3.2, 15; RFC 9112 6.3)."""

from wirekit.case import Got, Resp, Theme, get, req, resp

theme = Theme("nobody")
HEAD = ("9110-9.3.2-head-no-content", "9110-9.3.2-head-fields")


def head(answer, **kw):
    return dict(send=req("HEAD"), methods="HEAD", answer=answer, got=Got(method="HEAD"), **kw)


def bare(status, fields=""):
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode()


theme.add(
    "head-length",
    (*HEAD, "9110-8.6-head-length"),
    **head(
        bare("200 OK", "Content-Length: 1234\r\nX-A: b\r\n"),
        reply=Resp(has={"content-length": "1234", "x-a": "b"}),
    ),
)
theme.add(
    "head-length-zero",
    (*HEAD, "9110-8.6-head-length"),
    **head(bare("200 OK", "Content-Length: 0\r\n"), reply=Resp(has={"content-length": "0"})),
)
theme.add(
    "head-no-length",
    (*HEAD, "9110-8.6-head-length"),
    **head(bare("200 OK", "X-A: b\r\n"), reply=Resp(has={"x-a": "b"}, lacks=("content-length",))),
)
theme.add(
    "head-chunked",
    HEAD,
    **head(bare("200 OK", "Transfer-Encoding: chunked\r\n"), reply=Resp(lacks=("content-length",))),
)
theme.add(
    "head-404",
    HEAD,
    **head(
        bare("404 No", "Content-Length: 55\r\n"),
        status=404,
        reply=Resp(has={"content-length": "55"}),
    ),
)
theme.add(
    "head-body-swallowed",
    ("9110-9.3.2-head-no-content", "9112-6.3-extra-data"),
    fresh=True,
    **head(
        bare("200 OK", "Content-Length: 4\r\n") + b"evil", reply=Resp(has={"content-length": "4"})
    ),
)
theme.add(
    "head-chunked-body",
    ("9110-9.3.2-head-no-content", "9112-6.3-extra-data"),
    fresh=True,
    **head(bare("200 OK", "Transfer-Encoding: chunked\r\n") + b"4\r\nevil\r\n0\r\n\r\n"),
)
theme.add(
    "head-bad-length",
    ("9112-6.3-bad-length-response", "house-response-faults"),
    fresh=True,
    **head(bare("200 OK", "Content-Length: -1\r\n"), status=502),
)
theme.add(
    "head-304",
    "9110-8.6-length-304",
    **head(
        bare("304 Not Modified", "Content-Length: 9\r\n"),
        status=304,
        reply=Resp(has={"content-length": "9"}),
        also=({"reply": Resp(lacks=("content-length",))},),
    ),
)
theme.add(
    "head-204",
    "9110-8.6-length-1xx-204",
    **head(
        bare("204 No Content"),
        status=204,
        reply=Resp(lacks=("content-length", "transfer-encoding")),
    ),
)
theme.add(
    "head-pipelined",
    (*HEAD, "9112-9.3.2-order"),
    req("HEAD", "/a") + get(target="/b"),
    methods=("HEAD", "GET"),
    answers=[bare("200 OK", "Content-Length: 7\r\n")],
    status=(200, 200),
    got=(Got(method="HEAD"), Got(target="/b")),
    reply=(Resp(has={"content-length": "7"}), Resp(body=b"answer to /b")),
)

NONE = Resp(lacks=("content-length", "transfer-encoding"))
theme.add(
    "204",
    "9110-8.6-length-1xx-204",
    get(),
    answer=bare("204 No Content", "X-A: b\r\n"),
    status=204,
    reply=Resp(lacks=("content-length", "transfer-encoding"), has={"x-a": "b"}),
)
theme.add(
    "204-length-zero",
    "9110-8.6-length-1xx-204",
    get(),
    fresh=True,
    status=204,
    answer=bare("204 No Content", "Content-Length: 0\r\n"),
    reply=NONE,
)
theme.add(
    "204-length",
    ("9110-8.6-length-1xx-204", "9110-8.6-known-wrong", "9112-6.3-extra-data"),
    get(),
    fresh=True,
    status=204,
    answer=bare("204 No Content", "Content-Length: 4\r\n") + b"evil",
    reply=NONE,
    also=({"status": 502, "reply": Resp()},),
)
theme.bad_answer(
    "204-chunked",
    ("9112-6.1-te-1xx-204", "house-response-faults"),
    bare("204 No Content", "Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
    also=({"status": 204, "reply": NONE, "conn": "any"},),
)
theme.add(
    "204-post",
    "9110-8.6-length-1xx-204",
    req("POST", "/", "Content-Length: 1\r\n", b"x"),
    status=204,
    answer=bare("204 No Content"),
    got=Got(body=b"x"),
    reply=NONE,
)
theme.add(
    "205",
    "9110-2.4-semantics",
    get(),
    answer=resp("205 Reset Content"),
    status=205,
    reply=Resp(body=b""),
)
CONDITIONAL = ("9110-15.4.5-forward-304", "9110-13.2.1-conditionals")
theme.add(
    "304",
    CONDITIONAL,
    get('If-None-Match: "x"\r\n'),
    answer=bare("304 Not Modified", 'ETag: "x"\r\n'),
    status=304,
    got=Got(has={"if-none-match": '"x"'}),
    reply=Resp(has={"etag": '"x"'}),
)
theme.add(
    "304-length",
    (*CONDITIONAL, "9110-8.6-length-304"),
    get('If-None-Match: "x"\r\n'),
    answer=bare("304 Not Modified", "Content-Length: 1234\r\n"),
    status=304,
    reply=Resp(has={"content-length": "1234"}),
    also=({"reply": Resp(lacks=("content-length",))},),
)
theme.add(
    "304-chunked",
    CONDITIONAL,
    get(),
    answer=bare("304 Not Modified", "Transfer-Encoding: chunked\r\n"),
    status=304,
    fresh=True,
)
theme.add(
    "304-no-length-added",
    "9110-8.6-length-304",
    get(),
    answer=bare("304 Not Modified"),
    status=304,
    reply=Resp(lacks=("content-length",)),
)
theme.add(
    "304-body",
    ("9112-6.3-extra-data", "9110-8.6-length-304"),
    get(),
    fresh=True,
    status=304,
    answer=bare("304 Not Modified", "Content-Length: 4\r\n") + b"evil",
)
theme.add(
    "206",
    "9110-14.2-range",
    get("Range: bytes=0-1\r\n"),
    status=206,
    answer=resp("206 Partial Content", "Content-Range: bytes 0-1/9\r\n", "ab"),
    got=Got(has={"range": "bytes=0-1"}),
    reply=Resp(body=b"ab", has={"content-range": "bytes 0-1/9"}),
)
theme.add(
    "206-unknown-unit",
    "9110-14.4-unknown-unit",
    get(),
    status=206,
    answer=resp("206 Partial Content", "Content-Range: pages 1-2/9\r\n", "ab"),
    reply=Resp(body=b"ab", has={"content-range": "pages 1-2/9"}),
)
theme.add(
    "416",
    "9110-14.2-range",
    get("Range: bytes=9-\r\n"),
    status=416,
    answer=resp("416 Range Not Satisfiable", "Content-Range: bytes */3\r\n"),
    reply=Resp(has={"content-range": "bytes */3"}),
)
