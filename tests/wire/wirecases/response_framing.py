"""Where a response ends: lengths, both fields, close-delimited, extra data (RFC 9112 6.3, 9.2)."""

from wirekit.case import (
    AT_HEAD,
    CLOSE,
    COMPLETE,
    RESET,
    SHUT,
    UP_GONE,
    Got,
    Resp,
    Theme,
    client_has,
    get,
    post,
    req,
    resp,
)

theme = Theme("rframe")
FAULT = "house-response-faults"
BAD = ("9112-6.3-bad-length-response", FAULT)
CUT = ("9112-6.3-incomplete", "9112-8-record-incomplete")
EXTRA = ("9112-6.3-extra-data", "9112-9.2-unasked")
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


def raw(*lines, body=b"", version="1.1"):
    text = f"HTTP/{version} 200 OK\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n"
    return text.encode("latin-1") + body


theme.add(
    "length",
    "9112-6.3-delimit",
    get(),
    answer=resp(body="abc"),
    reply=Resp(body=b"abc", framing="length", has={"content-length": "3"}),
)
theme.add(
    "length-zero",
    "9112-6.3-delimit",
    get(),
    answer=resp(),
    reply=Resp(body=b"", has={"content-length": "0"}),
)
theme.add(
    "length-big",
    "9110-8.6-overflow",
    get(),
    answer=resp(body=b"z" * 2000000),
    reply=Resp(body=b"z" * 2000000),
)
theme.add(
    "length-streamed",
    "9112-6.3-delimit",
    get(),
    answer=[raw("Content-Length: 6", body=b"abc"), client_has(b"abc"), b"def"],
    reply=Resp(body=b"abcdef"),
)
theme.add(
    "to-close",
    ("9112-6.3-delimit", "9112-2.3-own-version"),
    get(),
    fresh=True,
    answer=[raw(body=b"abc"), CLOSE],
    reply=Resp(body=b"abc"),
    conn="any",
)
theme.add(
    "to-close-chunked-or-closed",
    "9112-6.3-delimit",
    get(),
    fresh=True,
    answer=[raw(body=b"abc"), client_has(b"abc"), b"def", SHUT],
    reply=Resp(body=b"abcdef"),
    conn="any",
)
theme.add(
    "to-close-http10",
    "9112-6.3-delimit",
    get(),
    fresh=True,
    answer=[raw(body=b"abc", version="1.0"), CLOSE],
    reply=Resp(body=b"abc"),
    conn="any",
)
theme.add(
    "to-close-empty",
    "9112-6.3-delimit",
    get(),
    fresh=True,
    answer=[raw(), CLOSE],
    reply=Resp(body=b""),
    conn="any",
)
theme.add(
    "to-close-http10-client",
    ("9112-6.1-te-http10-client", "house-keep-http10"),
    req(version="1.0"),
    fresh=True,
    answer=[raw(body=b"abc"), CLOSE],
    reply=Resp(body=b"abc", lacks=("transfer-encoding",)),
    conn="close",
)

for name, value in (
    ("plus", "+3"),
    ("minus", "-3"),
    ("hex", "0x3"),
    ("letters", "three"),
    ("empty", ""),
    ("float", "3.0"),
    ("inner-space", "3 3"),
    ("list-differ", "3, 4"),
    ("trail", "3a"),
    ("two-63", "9223372036854775808"),
    ("two-64-plus-3", "18446744073709551619"),
    ("huge", "9" * 40),
    ("quoted", '"3"'),
    ("comma", "3,"),
):
    keys = BAD + (("9110-8.6-overflow",) if name in ("two-63", "two-64-plus-3", "huge") else ())
    theme.bad_answer(f"bad-length-{name}", keys, raw(f"Content-Length: {value}", body=b"abc"))
SAME = ({"status": 200, "conn": "any", "reply": Resp(body=b"abc", has={"content-length": "3"})},)
theme.bad_answer(
    "length-list-same", FAULT, raw("Content-Length: 3, 3", body=b"abc"), also=SAME, ours=True
)
theme.bad_answer(
    "length-twice-same",
    FAULT,
    raw("Content-Length: 3", "Content-Length: 3", body=b"abc"),
    ours=True,
)
theme.bad_answer(
    "length-twice-differ", BAD, raw("Content-Length: 3", "Content-Length: 4", body=b"abc")
)
theme.bad_answer(
    "length-twice-case", BAD, raw("Content-Length: 3", "content-LENGTH: 0", body=b"abc")
)
DECODED = ({"status": 200, "conn": "any", "reply": Resp(body=b"abc", lacks=("content-length",))},)
theme.bad_answer(
    "both",
    ("9112-6.2-one-framing", "9112-6.3-remove-length", "9110-8.6-known-wrong", FAULT),
    raw("Content-Length: 3", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"),
    also=DECODED,
)
theme.bad_answer(
    "both-reversed",
    ("9112-6.2-one-framing", "9112-6.3-remove-length", "9110-8.6-known-wrong", FAULT),
    raw("Transfer-Encoding: chunked", "Content-Length: 13", body=b"3\r\nabc\r\n0\r\n\r\n"),
    also=DECODED,
)
for name, value in (
    ("gzip", "gzip"),
    ("gzip-chunked", "gzip, chunked"),
    ("chunked-twice", "chunked, chunked"),
    ("identity", "identity"),
    ("unknown", "cow"),
    ("empty", ""),
    ("quoted", '"chunked"'),
    ("chunked-gzip", "chunked, gzip"),
    ("param", "chunked;a=b"),
):
    keys = ("9112-6.1-chunk-once", FAULT) if name == "chunked-twice" else (FAULT, "house-te-strict")
    theme.bad_answer(
        f"te-{name}",
        keys,
        raw(f"Transfer-Encoding: {value}", body=b"3\r\nabc\r\n0\r\n\r\n"),
        ours=True,
    )
theme.bad_answer(
    "te-http10",
    ("9112-6.1-te-http10", FAULT),
    raw("Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n", version="1.0"),
    ours=True,
)
theme.bad_answer(
    "te-vtab",
    ("house-ctl", FAULT),
    raw("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    ours=True,
)

theme.add(
    "cut-length-close",
    CUT,
    get(),
    fresh=True,
    conn="close",
    answer=[raw("Content-Length: 9", body=b"abc"), client_has(b"abc"), CLOSE],
    reply=Resp(is_truncated=True, body=b"abc"),
)
theme.add(
    "cut-length-reset",
    CUT,
    get(),
    fresh=True,
    conn="close",
    answer=[raw("Content-Length: 9", body=b"abc"), client_has(b"abc"), RESET],
    reply=Resp(is_truncated=True, body=b"abc"),
)
theme.add(
    "cut-length-http10",
    CUT,
    req(version="1.0"),
    fresh=True,
    conn="close",
    answer=[raw("Content-Length: 9", body=b"abc"), client_has(b"abc"), CLOSE],
    reply=Resp(is_truncated=True, body=b"abc"),
)
theme.add(
    "cut-head",
    (*CUT, FAULT),
    get(),
    fresh=True,
    answer=[b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE],
    status=502,
)
theme.add(
    "cut-status-line", (*CUT, FAULT), get(), fresh=True, answer=[b"HTTP/1.1 2", CLOSE], status=502
)
theme.add(
    "cut-post-nothing",
    FAULT,
    post("abc"),
    fresh=True,
    answer=[CLOSE],
    status=502,
    got=Got(body=b"abc"),
)
theme.add(
    "cut-post-reset",
    FAULT,
    post("abc"),
    fresh=True,
    answer=[RESET],
    status=502,
    got=Got(body=b"abc"),
)
theme.add(
    "cut-get-head-reset",
    (*CUT, FAULT),
    get(),
    fresh=True,
    answer=[b"HTTP/1.1 200 OK\r\n", RESET],
    status=502,
)

theme.add(
    "extra-response",
    EXTRA,
    get(),
    fresh=True,
    answer=resp(body="abc") + SECOND,
    reply=Resp(body=b"abc"),
)
theme.add(
    "extra-garbage",
    EXTRA,
    get(),
    fresh=True,
    answer=resp(body="abc") + b"garbage",
    reply=Resp(body=b"abc"),
)
theme.add(
    "extra-after-chunked",
    EXTRA,
    get(),
    fresh=True,
    answer=resp(fields="Transfer-Encoding: chunked\r\n", length=False) + b"0\r\n\r\n" + SECOND,
    reply=Resp(body=b""),
)
theme.add(
    "extra-after-204",
    EXTRA,
    get(),
    fresh=True,
    status=204,
    answer=b"HTTP/1.1 204 No\r\n\r\n" + SECOND,
)
theme.add(
    "extra-after-304",
    EXTRA,
    get(),
    fresh=True,
    status=304,
    answer=b"HTTP/1.1 304 No\r\n\r\n" + SECOND,
)
theme.add(
    "extra-after-head",
    EXTRA,
    req("HEAD"),
    methods="HEAD",
    fresh=True,
    answer=b"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n" + SECOND,
)
theme.add(
    "extra-later",
    EXTRA,
    [get(), UP_GONE],
    fresh=True,
    answer=[resp(body="abc"), client_has(b"abc"), SECOND],
    reply=Resp(body=b"abc"),
)
theme.add(
    "extra-pipelined",
    EXTRA,
    get(target="/one") + get(target="/two"),
    fresh=True,
    status=(200, 200),
    answers=[resp(body="abc") + SECOND],
    got=(Got(target="/one"), Got(target="/two")),
    reply=(Resp(body=b"abc"), Resp(body=b"answer to /two")),
)
theme.add(
    "early-response",
    "9110-7.5-early-response",
    [req("POST", "/", "Content-Length: 6\r\n", b"abc"), client_has(b"early"), b"def"],
    answer=[AT_HEAD, resp(body="early")],
    reply=Resp(body=b"early"),
    got=Got(body=b"abcdef"),
    conn="any",
)
theme.add(
    "early-response-unread",
    ("9112-9.3-read-body", "9112-9.3.2-order"),
    [
        req("POST", "/", "Content-Length: 52\r\n", b"GET /smuggled HTTP/1.1\r\n"),
        client_has(b"early"),
        b"Host: wire.test\r\nX: 1234\r\n\r\n",
    ],
    answer=[AT_HEAD, resp("403 No", body="early"), COMPLETE],
    status=403,
    reply=Resp(body=b"early"),
    got=Got(is_complete=None),
    conn="any",
    fresh=True,
)
theme.add(
    "early-close",
    ("9112-9.3-read-body", "9112-9.5-cease-body"),
    req("POST", "/", "Content-Length: 60\r\n", b"abc"),
    fresh=True,
    conn="close",
    status=413,
    answer=[AT_HEAD, resp("413 Content Too Large", "Connection: close\r\n", "big"), CLOSE],
    reply=Resp(body=b"big"),
    got=Got(is_complete=False),
    also=({"conn": "any"},),
)
