"""Transfer-Encoding in requests (RFC 9112 6.1 and 6.3)."""

from wirekit.case import Got, Theme, req

theme = Theme("te")
BODY = b"5\r\nabcde\r\n0\r\n\r\n"
STRICT = "house-te-strict"
LAST = ("9112-6.3-chunked-not-last", STRICT)
UNKNOWN = ("9112-6.1-te-unknown", STRICT)
SAME = ({"status": 200, "got": Got(body=b"abcde"), "conn": "any"},)


def raw(*lines, body=BODY, version="1.1", method="POST"):
    return req(method, "/", "".join(line + "\r\n" for line in lines), body, version=version)


theme.add(
    "chunked",
    ("9112-6.1-parse-chunked", "9112-7.1-decode"),
    raw("Transfer-Encoding: chunked"),
    got=Got(body=b"abcde", framing="chunked", lacks=("content-length",)),
    also=({"got": Got(body=b"abcde")},),
)
theme.add("case", "9110-2.4-semantics", raw("transfer-ENCODING: ChUnKeD"), got=Got(body=b"abcde"))
theme.add(
    "spaces", "9110-5.5-trim", raw("Transfer-Encoding: \t chunked \t"), got=Got(body=b"abcde")
)
theme.add(
    "get",
    "9112-6.1-parse-chunked",
    raw("Transfer-Encoding: chunked", method="GET"),
    got=Got(method="GET", body=b"abcde"),
)
for name, value in (
    ("identity", "identity"),
    ("gzip", "gzip"),
    ("chunked-gzip", "chunked, gzip"),
    ("chunked-identity", "chunked, identity"),
    ("empty", ""),
    ("unknown", "cow"),
    ("chunked-x", "chunkedx"),
    ("x-chunked", "xchunked"),
    ("chunk", "chunk"),
    ("quoted", '"chunked"'),
    ("quoted-single", "'chunked'"),
    ("param", "chunked;a=b"),
    ("semicolon", "chunked;"),
    ("dots", "chunked."),
    ("inner-space", "chun ked"),
    ("q", "chunked;q=1"),
    ("space-separated", "gzip chunked"),
    ("quoted-list", '"a, chunked"x'),
    ("colon", "chunked:"),
    ("slash", "chunked/1"),
):
    keys = LAST + (("9112-6.1-te-unknown",) if name in ("cow", "gzip") else ())
    theme.refuse(
        f"not-chunked-{name}",
        keys,
        raw(f"Transfer-Encoding: {value}"),
        also=(
            ({"status": 200, "got": Got(body=b"abcde"), "conn": "any"},)
            if name in ("param", "q", "semicolon")
            else ()
        ),
    )
for name, value in (
    ("gzip-chunked", "gzip, chunked"),
    ("identity-chunked", "identity, chunked"),
    ("cow-chunked", "cow, chunked"),
    ("deflate-gzip-chunked", "deflate, gzip, chunked"),
    ("trailers-chunked", "trailers, chunked"),
):
    theme.refuse(f"unknown-{name}", UNKNOWN, raw(f"Transfer-Encoding: {value}"), status=501)
theme.refuse(
    "chunked-twice",
    ("9112-6.1-chunk-once", STRICT),
    raw("Transfer-Encoding: chunked, chunked"),
    status=501,
)
theme.refuse(
    "two-lines",
    ("9112-6.1-chunk-once", STRICT),
    raw("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    status=501,
)
theme.refuse(
    "two-lines-gzip",
    UNKNOWN,
    raw("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"),
    status=501,
)
theme.refuse(
    "two-lines-identity-last",
    LAST,
    raw("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
)
theme.refuse(
    "two-lines-cow-last", LAST, raw("Transfer-Encoding: chunked", "transfer-encoding: cow")
)
theme.refuse(
    "two-lines-empty-last", STRICT, raw("Transfer-Encoding: chunked", "Transfer-Encoding:")
)
theme.refuse("comma-first", STRICT, raw("Transfer-Encoding: ,chunked"), status=501, ours=True)
theme.refuse("comma-last", STRICT, raw("Transfer-Encoding: chunked,"), status=501, ours=True)
theme.refuse(
    "value-vtab", ("9112-6.3-chunked-not-last", "house-ctl"), raw("Transfer-Encoding: \x0bchunked")
)
theme.refuse("value-nul", ("9110-5.5-ctl", "house-ctl"), raw("Transfer-Encoding: chunked\0"))
theme.refuse("value-nbsp", LAST, raw("Transfer-Encoding: chunked\xa0"))
theme.refuse("value-cr", "9112-2.2-bare-cr", raw("Transfer-Encoding: \rchunked"))
theme.refuse("value-lf", "house-bare-lf", raw("Transfer-Encoding: \nchunked"))
theme.refuse("name-space", "9112-5.1-space-colon", raw("Transfer-Encoding : chunked"))
theme.refuse("name-tab", "9112-5.1-space-colon", raw("Transfer-Encoding\t: chunked"))
theme.refuse("name-vtab", "house-field-name", raw("Transfer-Encoding\x0b: chunked"))
theme.refuse(
    "name-leading-space",
    "9112-5.2-fold-request",
    raw("X: y", " Transfer-Encoding: chunked"),
    also=(
        {"status": 200, "got": Got(body=b""), "conn": "any"},
        {"status": (200, 400), "got": Got(body=b""), "conn": "any"},
    ),
)
theme.refuse("http10", "9112-6.1-te-http10", raw("Transfer-Encoding: chunked", version="1.0"))
theme.refuse(
    "http10-length",
    "9112-6.1-te-http10",
    raw("Transfer-Encoding: chunked", "Content-Length: 5", version="1.0"),
)
theme.refuse(
    "http10-keep-alive",
    "9112-6.1-te-http10",
    raw("Transfer-Encoding: chunked", "Connection: keep-alive", version="1.0"),
)
BOTH = ("9112-6.1-te-and-cl", "house-te-and-cl", "9112-6.2-one-framing", "9112-6.3-remove-length")
CHOSEN = (
    {"status": 200, "got": Got(body=b"abcde", lacks=("content-length",)), "conn": "close"},
    {"status": 200, "got": Got(body=b"abcde", framing="length"), "conn": "close"},
)
theme.refuse(
    "and-length", BOTH, raw("Content-Length: 15", "Transfer-Encoding: chunked"), also=CHOSEN
)
theme.refuse(
    "and-length-after", BOTH, raw("Transfer-Encoding: chunked", "Content-Length: 15"), also=CHOSEN
)
theme.refuse(
    "and-length-zero", BOTH, raw("Content-Length: 0", "Transfer-Encoding: chunked"), also=CHOSEN
)
theme.refuse(
    "and-length-bad", BOTH, raw("Content-Length: x", "Transfer-Encoding: chunked"), also=CHOSEN
)
theme.refuse("and-length-unknown", BOTH, raw("Content-Length: 5", "Transfer-Encoding: cow"))
theme.refuse("and-length-identity", BOTH, raw("Content-Length: 5", "Transfer-Encoding: identity"))
