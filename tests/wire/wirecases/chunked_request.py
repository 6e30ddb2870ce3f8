"""Chunked request bodies: what is read, what ends the exchange (RFC 9112 7.1)."""

from wirekit.case import SHUT, CLOSE, Got, Theme, chunked, up_body, up_heads

theme = Theme("chunk")
READ = ("9112-7.1-decode", "9112-6.1-parse-chunked")
BAD = ("house-chunk-strict", "9112-2.2-not-http")
END = b"0\r\n\r\n"

theme.add("one", READ, chunked("3\r\nabc\r\n0\r\n\r\n"), got=Got(body=b"abc"))
theme.add(
    "many", READ, chunked("1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"), got=Got(body=b"abcdef")
)
theme.add("empty", READ, chunked("0\r\n\r\n"), got=Got(body=b""))
theme.add("hex-lower", READ, chunked(b"a\r\n0123456789\r\n" + END), got=Got(body=b"0123456789"))
theme.add("hex-upper", READ, chunked(b"A\r\n0123456789\r\n" + END), got=Got(body=b"0123456789"))
theme.add("hex-two", READ, chunked(b"1F\r\n" + b"z" * 31 + b"\r\n" + END), got=Got(body=b"z" * 31))
theme.add(
    "leading-zeros",
    (*READ, "9112-7.1-overflow"),
    chunked(b"0000000003\r\nabc\r\n" + END),
    got=Got(body=b"abc"),
)
theme.add("zeros-last", READ, chunked(b"3\r\nabc\r\n000\r\n\r\n"), got=Got(body=b"abc"))
theme.add(
    "data-looks-like-chunks", READ, chunked(b"5\r\n0\r\n\r\n\r\n" + END), got=Got(body=b"0\r\n\r\n")
)
theme.add(
    "binary",
    (*READ, "9112-2.2-octets"),
    chunked(b"100\r\n" + bytes(range(256)) + b"\r\n" + END),
    got=Got(body=bytes(range(256))),
)
theme.add(
    "large",
    READ,
    chunked(b"40000\r\n" + b"x" * 0x40000 + b"\r\n" + END),
    got=Got(body=b"x" * 0x40000),
)
theme.add("many-small", READ, chunked(b"1\r\nx\r\n" * 3000 + END), got=Got(body=b"x" * 3000))
theme.add(
    "in-pieces",
    READ,
    [
        chunked(b"3\r\nab"),
        up_body(b"ab"),
        b"c\r\n",
        b"2\r",
        up_body(b"abc"),
        b"\nde\r\n0\r\n",
        up_body(b"abcde"),
        b"\r\n",
    ],
    got=Got(body=b"abcde"),
)
EXT = "9112-7.1.1-extensions"
for name, extension in (
    ("name", ";a"),
    ("value", ";a=b"),
    ("quoted", ';a="b c"'),
    ("quoted-escape", ';a="\\"\\\\"'),
    ("two", ";a=b;c=d"),
    ("long", ";a=" + "b" * 200),
    ("quoted-semicolon", ';a=";b"'),
):
    theme.add(
        f"extension-{name}",
        EXT,
        chunked(f"3{extension}\r\nabc\r\n0{extension}\r\n\r\n"),
        got=Got(body=b"abc"),
    )
theme.add(
    "extension-bws",
    (EXT, "9110-5.6.1-empty-elements"),
    chunked("3 ; a = b\r\nabc\r\n0\r\n\r\n"),
    got=Got(body=b"abc"),
    also=({"status": 400, "got": (), "partial": b"", "conn": "any"},),
)
theme.refuse_late(
    "extension-257",
    "house-extension-limit",
    chunked(b"3;" + b"a" * 300 + b"\r\nabc\r\n" + END),
    splits=False,
)
theme.refuse_late(
    "extension-endless", "house-extension-limit", chunked(b"3;" + b"a" * 40000), splits=False
)
for name, extension in (
    ("ctl", ";a\x01"),
    ("nul", ";a\0"),
    ("bare-lf", ";a\nb"),
    ("bare-cr", ";a\rb"),
    ("del", ";a=\x7f"),
    ("quoted-open", ';a="b'),
    ("empty-name", ";=b"),
    ("no-semicolon", " a"),
    ("comma", ",a"),
    ("equals", "=a"),
    ("quoted-crlf", ';a="\r\nabc\r\n0\r\n\r\n"'),
):
    theme.refuse_late(
        f"extension-bad-{name}",
        BAD,
        chunked(f"3{extension}\r\nabc\r\n0\r\n\r\n"),
        ours=name not in ("nul", "bare-cr"),
    )

for name, size in (
    ("empty", ""),
    ("letters", "xyz"),
    ("plus", "+3"),
    ("minus", "-3"),
    ("minus-one", "-1"),
    ("0x", "0x3"),
    ("h", "3h"),
    ("space-before", " 3"),
    ("tab-before", "\t3"),
    ("space-after", "3 "),
    ("tab-after", "3\t"),
    ("inner-space", "3 3"),
    ("float", "3.0"),
    ("comma", "3,"),
    ("underscore", "0_3"),
    ("quoted", '"3"'),
    ("high", "\xb3"),
    ("nul", "3\0"),
    ("vtab", "3\x0b"),
    ("cr", "\r3"),
    ("newline", "\r\n3"),
):
    theme.refuse_late(f"size-bad-{name}", BAD, chunked(f"{size}\r\nabc\r\n0\r\n\r\n"))
OVER = ("9112-7.1-overflow", "house-chunk-strict")
for name, size in (
    ("14-digits", "10000000000003"),
    ("wrap-64", "10000000000000003"),
    ("wrap-64-f", "fffffffffffffffff"),
    ("minus-64", "ffffffffffffffff"),
    ("minus-32-wide", "ffffffff00000003"),
    ("endless", "f" * 5000),
):
    theme.refuse_late(
        f"size-over-{name}", OVER, chunked(f"{size}\r\nabc\r\n0\r\n\r\n"), splits=len(size) < 99
    )
theme.refuse_late(
    "size-over-zeros", OVER, chunked("0" * 5000 + "3\r\nabc\r\n0\r\n\r\n"), splits=False, ours=True
)
theme.refuse_late(
    "size-wrap-32",
    OVER,
    [chunked("100000003\r\nabc\r\n0\r\n\r\n"), SHUT],
    status=None,
    partial=b"abc\r\n0\r\n\r\n",
    splits=False,
)

theme.refuse_late("data-short", BAD, chunked("4\r\nabc\r\n0\r\n\r\n"), partial=b"abc\r")
theme.refuse_late("data-long", BAD, chunked("2\r\nabc\r\n0\r\n\r\n"), partial=b"ab")
theme.refuse_late("data-no-crlf", BAD, chunked("3\r\nabc0\r\n\r\n"), partial=b"abc")
theme.refuse_late("data-lf", BAD, chunked("3\r\nabc\n0\r\n\r\n"), partial=b"abc")
theme.refuse_late("data-cr", BAD, chunked("3\r\nabc\r0\r\n\r\n"), partial=b"abc")
theme.refuse_late("data-two-bytes", BAD, chunked("3\r\nabcXX0\r\n\r\n"), partial=b"abc")
theme.refuse_late("data-lf-cr", BAD, chunked("3\r\nabc\n\r0\r\n\r\n"), partial=b"abc")
theme.refuse_late(
    "size-bare-lf", ("house-bare-lf", "house-chunk-strict"), chunked("3\nabc\r\n0\r\n\r\n")
)
theme.refuse_late("all-bare-lf", ("house-bare-lf", "house-chunk-strict"), chunked("3\nabc\n0\n\n"))
theme.refuse_late(
    "size-bare-cr", ("9112-2.2-bare-cr", "house-chunk-strict"), chunked("3\rabc\r\n0\r\n\r\n")
)
theme.refuse_late(
    "size-cr-cr-lf", ("9112-2.2-bare-cr", "house-chunk-strict"), chunked("3\r\r\nabc\r\n0\r\n\r\n")
)
theme.refuse_late("last-bare-lf", "house-bare-lf", chunked("3\r\nabc\r\n0\n\n"), partial=b"abc")
theme.refuse_late(
    "last-bare-lf-end", "house-bare-lf", chunked("3\r\nabc\r\n0\r\n\n"), partial=b"abc"
)
theme.refuse_late(
    "last-bare-cr", "9112-2.2-bare-cr", chunked("3\r\nabc\r\n0\r\n\rX"), partial=b"abc"
)
theme.refuse_late("no-chunks", BAD, chunked("hello"))
theme.refuse_late("second-bad", BAD, chunked("3\r\nabc\r\nzz\r\nabc\r\n0\r\n\r\n"), partial=b"abc")
theme.refuse_late(
    "bad-after-pause", BAD, [chunked("3\r\nabc\r\n"), up_body(b"abc"), b"zz\r\n"], partial=b"abc"
)
CUT = ("9112-6.3-incomplete", "9112-8-record-incomplete")
theme.add(
    "cut-half-close",
    CUT,
    [chunked("5\r\nabc"), up_heads(1), SHUT],
    status=None,
    partial=b"abc",
    conn="close",
)
theme.add(
    "cut-before-last",
    CUT,
    [chunked("3\r\nabc\r\n"), up_body(b"abc"), SHUT],
    status=None,
    partial=b"abc",
    conn="close",
)
theme.add(
    "cut-after-last-size",
    CUT,
    [chunked("3\r\nabc\r\n0\r\n"), up_body(b"abc"), SHUT],
    status=None,
    partial=b"abc",
    conn="close",
)
theme.add(
    "cut-close",
    CUT,
    [chunked("3\r\nabc\r\n"), up_body(b"abc"), CLOSE],
    status=None,
    partial=b"abc",
    conn="any",
)
