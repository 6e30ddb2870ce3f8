"""Chunked response bodies: what is passed on, and faults after the head has gone (RFC 9112 7.1)."""

from wirekit.case import CLOSE, RESET, SHUT, Resp, Theme, client_has, get, req, resp_chunked

theme = Theme("rchunk")
READ = ("9112-7.1-decode", "9112-6.1-parse-chunked")
CUT = ("9112-6.3-incomplete", "9112-8-record-incomplete")
FAULT = ("house-response-faults", "9112-8-record-incomplete")
END = b"0\r\n\r\n"


def good(name, raw, body, keys=READ, fields="", **kw):
    theme.add(
        name,
        keys,
        get(),
        answer=resp_chunked(raw, fields),
        reply=Resp(body=body, **({"framing": "chunked"} if not kw else kw)),
    )


good("one", b"3\r\nabc\r\n" + END, b"abc")
good("many", b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n" + END, b"abcdef")
good("empty", END, b"")
good("hex", b"A\r\n0123456789\r\nb\r\n0123456789a\r\n" + END, b"01234567890123456789a")
good("leading-zeros", b"0003\r\nabc\r\n" + END, b"abc", (*READ, "9112-7.1-overflow"))
good("extensions", b'3;a=b;c="d e"\r\nabc\r\n0;x\r\n\r\n', b"abc", ("9112-7.1.1-extensions",))
good("data-like-chunks", b"5\r\n0\r\n\r\n\r\n" + END, b"0\r\n\r\n")
good("data-like-response", b"13\r\nHTTP/1.1 200 OK\r\n\r\n\r\n" + END, b"HTTP/1.1 200 OK\r\n\r\n")
good("large", b"40000\r\n" + b"x" * 0x40000 + b"\r\n" + END, b"x" * 0x40000)
good("many-small", b"1\r\nx\r\n" * 3000 + END, b"x" * 3000)
theme.add(
    "case",
    "9110-2.4-semantics",
    get(),
    answer=b"HTTP/1.1 200 OK\r\nTRANSFER-encoding: CHUNKED\r\n\r\n" b"3\r\nabc\r\n0\r\n\r\n",
    reply=Resp(body=b"abc"),
)
theme.add(
    "streamed",
    (*READ, "9112-6.3-delimit"),
    get(),
    answer=[
        resp_chunked(b"3\r\nabc\r\n"),
        client_has(b"abc"),
        b"3\r\ndef\r\n",
        client_has(b"def"),
        END,
    ],
    reply=Resp(body=b"abcdef", framing="chunked"),
)
theme.add(
    "pieces",
    READ,
    get(),
    answer=[resp_chunked(b"3\r\nab"), client_has(b"ab"), b"c\r\n0\r\n\r\n"],
    reply=Resp(body=b"abc"),
)
theme.add(
    "length-dropped-head",
    "9112-6.2-one-framing",
    get(),
    answer=resp_chunked(b"3\r\nabc\r\n" + END),
    reply=Resp(body=b"abc", lacks=("content-length",)),
)


def cut(name, keys, script, partial=b"abc", limits=None):
    """Once the head has been passed on, a fault can only end the response early and visibly."""
    theme.add(
        name,
        keys,
        get(),
        answer=script,
        fresh=True,
        conn="close",
        reply=Resp(is_truncated=True, body=partial),
    )


HEAD = [resp_chunked(b"3\r\nabc\r\n"), client_has(b"abc")]
cut("cut-shut", CUT, [*HEAD, SHUT])
cut("cut-close", CUT, [*HEAD, CLOSE])
cut("cut-reset", CUT, [*HEAD, RESET])
cut("cut-in-size", CUT, [*HEAD, b"5", CLOSE])
cut("cut-in-data", CUT, [*HEAD, b"5\r\nde", client_has(b"de"), CLOSE], b"abcde")
cut("cut-after-last", CUT, [*HEAD, b"0\r\n", CLOSE])
for name, tail in (
    ("size-letters", b"zz\r\n"),
    ("size-sign", b"+3\r\ndef\r\n"),
    ("size-0x", b"0x3\r\ndef\r\n"),
    ("size-space", b" 3\r\ndef\r\n"),
    ("size-empty", b"\r\ndef\r\n"),
    ("size-14", b"10000000000003\r\ndef\r\n"),
    ("size-wrap", b"10000000000000003\r\ndef\r\n"),
    ("size-trail", b"3 \r\ndef\r\n0\r\n\r\n"),
    ("size-lf", b"3\ndef\r\n0\r\n\r\n"),
    ("size-cr", b"3\rdef\r\n0\r\n\r\n"),
    ("last-lf", b"0\n\n"),
    ("trailer-no-colon", b"0\r\nX\r\n\r\n"),
    ("trailer-fold", b"0\r\nX: a\r\n b\r\n\r\n"),
    ("trailer-length", b"0\r\nContent-Length: 5\r\n\r\n"),
    ("trailer-ctl", b"0\r\nX: \x01\r\n\r\n"),
    ("extension-long", b"3;" + b"a" * 300 + b"\r\ndef\r\n0\r\n\r\n"),
):
    keys = FAULT + (("9112-7.1-overflow",) if "wrap" in name else ())
    if name in (
        "size-lf",
        "last-lf",
        "size-trail",
        "trailer-length",
        "size-14",
        "extension-long",
        "trailer-fold",
        "trailer-ctl",
        "trailer-no-colon",
    ):
        theme.add(
            f"bad-{name}",
            "house-response-faults",
            get(),
            answer=[*HEAD, tail],
            fresh=True,
            conn="close",
            reply=Resp(is_truncated=True),
            ours=True,
        )
    else:
        cut(f"bad-{name}", keys, [*HEAD, tail])
theme.add(
    "bad-data-crlf",
    FAULT,
    get(),
    answer=[*HEAD, b"3\r\ndefXX0\r\n\r\n"],
    fresh=True,
    conn="close",
    reply=Resp(is_truncated=True),
)
theme.add(
    "http10-client",
    ("9112-6.1-te-http10-client", "house-keep-http10"),
    req(version="1.0"),
    answer=resp_chunked(b"3\r\nabc\r\n" + END),
    conn="close",
    reply=Resp(body=b"abc", lacks=("transfer-encoding",)),
)
