"""Content-Length in requests (RFC 9112 6.2 and 6.3, RFC 9110 8.6)."""

from wirekit.case import SHUT, CLOSE, Got, Theme, post, req, up_body, up_heads

theme = Theme("length")
BAD = ("9112-6.3-bad-length", "9110-8.6-length-grammar", "house-length-strict")
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n"


def raw(value, body=b"abcde", more=""):
    return req("POST", "/", f"Content-Length:{value}\r\n{more}", body)


theme.add(
    "five",
    "9110-2.4-semantics",
    post("abcde"),
    got=Got(body=b"abcde", framing="length", has={"content-length": "5"}),
)
theme.add("zero", "9110-2.4-semantics", post(""), got=Got(body=b"", has={"content-length": "0"}))
theme.add(
    "leading-zeros",
    "9110-8.6-length-grammar",
    raw(" 005"),
    got=Got(body=b"abcde"),
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.add("spaces", "9110-5.5-trim", raw(" \t 5 \t"), got=Got(body=b"abcde"))
theme.add(
    "get-with-body",
    "9110-2.4-semantics",
    req("GET", "/", "Content-Length: 3\r\n", b"abc"),
    got=Got(method="GET", body=b"abc"),
)
theme.add(
    "delete-with-body",
    "9110-2.4-semantics",
    req("DELETE", "/", "Content-Length: 3\r\n", b"abc"),
    got=Got(method="DELETE", body=b"abc"),
)
theme.add("post-without", "9110-2.4-semantics", req("POST", "/"), got=Got(body=b"", framing=None))
theme.add(
    "binary", "9112-2.2-octets", post(bytes(range(256)) * 4), got=Got(body=bytes(range(256)) * 4)
)
theme.add("body-like-request", "9112-6.3-bad-length", post(NEXT), got=Got(body=NEXT))
theme.add(
    "body-crlf",
    "9112-9.3-read-body",
    post(b"\r\n\r\n0\r\n\r\n"),
    got=Got(body=b"\r\n\r\n0\r\n\r\n"),
)
theme.add(
    "in-pieces",
    "9112-9.3-read-body",
    [
        req("POST", "/", "Content-Length: 6\r\n", b"ab"),
        up_body(b"ab"),
        b"cd",
        up_body(b"abcd"),
        b"ef",
    ],
    got=Got(body=b"abcdef"),
)
theme.add(
    "head-then-body",
    "9112-9.3-read-body",
    [req("POST", "/", "Content-Length: 3\r\n"), up_heads(1), b"abc"],
    got=Got(body=b"abc"),
)
theme.add(
    "one-megabyte",
    "9110-8.6-overflow",
    post(b"0123456789abcdef" * 65536),
    got=Got(body=b"0123456789abcdef" * 65536),
)

for name, value in (
    ("plus", " +5"),
    ("minus", " -5"),
    ("minus-zero", " -0"),
    ("hex", " 0x5"),
    ("float", " 5.0"),
    ("exponent", " 5e0"),
    ("empty", ""),
    ("blank", " \t"),
    ("letters", " five"),
    ("trailing-letters", " 5abc"),
    ("inner-space", " 5 5"),
    ("inner-tab", " 5\t5"),
    ("quoted", ' "5"'),
    ("semicolon", " 5;a"),
    ("comma-end", " 5,"),
    ("comma-start", " ,5"),
    ("list-differ", " 5, 6"),
    ("underscore", " 5_0"),
    ("octal", " 0o5"),
    ("high-digit", " \xb2"),
    ("nul", " 5\0"),
    ("vtab", " \x0b5"),
    ("two-63", " 9223372036854775808"),
    ("two-64", " 18446744073709551616"),
    ("two-64-plus-5", " 18446744073709551621"),
    ("huge", " " + "9" * 40),
    ("wrap-32", " 4294967301x"),
):
    keys = BAD + (("9110-8.6-overflow",) if name.startswith(("two", "huge", "wrap")) else ())
    theme.refuse(f"bad-{name}", keys, raw(value))
theme.refuse("list-same", "house-length-strict", raw(" 5, 5"), ours=True)
theme.refuse(
    "twice-same", "house-length-strict", raw(" 5", more="Content-Length: 5\r\n"), ours=True
)
theme.refuse("twice-differ", BAD, raw(" 5", more="Content-Length: 6\r\n"))
theme.refuse("twice-differ-case", BAD, raw(" 0", more="CONTENT-length: 44\r\n", body=NEXT))
theme.refuse("twice-apart", BAD, raw(" 5", more="X-A: 1\r\nContent-Length: 0\r\n"))
theme.refuse("twice-zero-prefix", BAD, raw(" 5", more="Content-Length: 05x\r\n"))
theme.refuse("get-invalid", BAD, req("GET", "/", "Content-Length: x\r\n"))
theme.refuse("head-invalid", BAD, req("HEAD", "/", "Content-Length: -1\r\n"), methods="HEAD")

INCOMPLETE = ("9112-6.3-incomplete", "9112-8-record-incomplete")
theme.add(
    "cut-half-close",
    INCOMPLETE,
    [req("POST", "/", "Content-Length: 9\r\n", b"abc"), up_heads(1), SHUT],
    status=None,
    partial=b"abc",
    conn="close",
)
theme.add(
    "cut-close",
    INCOMPLETE,
    [req("POST", "/", "Content-Length: 9\r\n", b"abc"), up_body(b"abc"), CLOSE],
    status=None,
    partial=b"abc",
    conn="any",
)
theme.add(
    "too-much",
    ("9112-6.3-extra-data", "9112-9.3.2-order"),
    post("abcde") + NEXT,
    status=(200, 200),
    got=(Got(body=b"abcde"), Got(target="/smuggled")),
)
theme.refuse(
    "too-much-garbage",
    "9112-2.2-not-http",
    [post("abcde") + b"\x01\x02\r\n\r\n"],
    status=(200, 400),
    got=(Got(body=b"abcde"),),
)
