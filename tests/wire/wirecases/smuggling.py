"""
The classics of request smuggling: each hides a second request from one of two parsers. Judged by
what the upstream read: a request for /smuggled must never arrive.
"""

from wirekit.case import Got, Theme, req

theme = Theme("smuggle")
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: wire.test\r\nX-I: "
SAFE = {"got": (), "conn": "close"}
TE = ("9112-6.1-te-and-cl", "house-te-and-cl")
NAME = ("house-field-name", "9112-2.2-not-http")


def raw(*lines, body=b"", method="POST"):
    return req(method, "/", "".join(line + "\r\n" for line in lines), body)


def cl_te(te, cl="Content-Length: 6"):
    """A parser that trusts the length sees one request; one that sees `te` sees two."""
    return raw(cl, te, body=b"0\r\n\r\nG") + HIDDEN


def one(body, **kw):
    """Also fine for peers: one request, with this body, and the hidden one never arrives."""
    return {"status": 200, "got": Got(body=body, **kw), "conn": "close"}


theme.refuse("cl-te", TE, cl_te("Transfer-Encoding: chunked"), also=(one(b""),))
theme.refuse(
    "te-cl",
    TE,
    raw(
        "Transfer-Encoding: chunked",
        "Content-Length: 4",
        body=b"2b\r\n" + HIDDEN[:43] + b"\r\n0\r\n\r\n",
    ),
    also=(one(HIDDEN[:43]),),
)
theme.refuse(
    "cl-cl",
    ("9112-6.3-bad-length", "house-length-strict"),
    raw("Content-Length: 0", "Content-Length: 44", body=HIDDEN),
)
theme.refuse(
    "cl-0-get",
    ("9112-6.3-bad-length", "house-length-strict"),
    raw("Content-Length: 44", "Content-Length: 0", body=HIDDEN, method="GET"),
)
theme.refuse(
    "te-te-cow",
    ("9112-6.3-chunked-not-last", "house-te-strict"),
    cl_te("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow"),
)
theme.refuse("te-te-case", TE, cl_te("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked"))
theme.refuse(
    "te-te-identity",
    ("9112-6.1-te-and-cl", "house-te-and-cl"),
    cl_te("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
    also=(one(b""),),
)
for name, line in (
    ("space-colon", "Transfer-Encoding : chunked"),
    ("tab-colon", "Transfer-Encoding\t: chunked"),
    ("leading-space", " Transfer-Encoding: chunked"),
    ("leading-tab", "\tTransfer-Encoding: chunked"),
    ("fold", "Transfer-Encoding:\r\n chunked"),
    ("fold-x", "X: x\r\n Transfer-Encoding: chunked"),
    ("vtab-value", "Transfer-Encoding: \x0bchunked"),
    ("ff-value", "Transfer-Encoding:\x0cchunked"),
    ("nul-name", "Transfer-Encoding\0: chunked"),
    ("nul-value", "Transfer-Encoding: chunked\0"),
    ("lf-before", "X: x\nTransfer-Encoding: chunked"),
    ("cr-before", "X: x\rTransfer-Encoding: chunked"),
    ("lf-first", "\nTransfer-Encoding: chunked"),
    ("lf-last", "Transfer-Encoding: chunked\nX: x"),
    ("quotes", 'Transfer-Encoding: "chunked"'),
    ("semicolon", "Transfer-Encoding: chunked;x"),
    ("cow", "Transfer-Encoding: cow"),
    ("xchunked", "Transfer-Encoding: xchunked"),
    ("chunked-identity", "Transfer-Encoding: chunked, identity"),
    ("high-value", "Transfer-Encoding: chunked\xff"),
    ("high-name", "Transfer\xadEncoding: chunked"),
    ("quote-name", '"Transfer-Encoding": chunked'),
    ("colon-name", ":Transfer-Encoding: chunked"),
    ("two-colons", "Transfer-Encoding:: chunked"),
    ("esc", "Transfer-Encoding\x1b: chunked"),
):
    keys = (
        ("9112-6.1-te-and-cl", "house-te-and-cl")
        if line.startswith("Transfer-Encoding: ")
        else NAME
    )
    if "colon" in name and "Encoding" in line.split(":")[0] and name.startswith(("space", "tab")):
        keys = ("9112-5.1-space-colon", "house-field-name")
    if "cr-" in name:
        keys = ("9112-2.2-bare-cr", "9110-5.5-ctl")
    if "fold" in name:
        keys = ("9112-5.2-fold-request",)
    theme.refuse(
        f"te-{name}",
        keys,
        cl_te(line),
        also=(
            (one(b""), {**one(b"0\r\n\r\nG", lacks=("transfer-encoding",)), "conn": "any"})
            if "fold" in name
            else ()
        ),
        ours="lf" in name,
    )
for name, line in (
    ("underscore", "Transfer_Encoding: chunked"),
    ("dot", "Transfer.Encoding: chunked"),
    ("x-prefix", "X-Transfer-Encoding: chunked"),
):
    theme.add(
        f"te-name-{name}",
        "9110-5.1-unknown-fields",
        raw("Content-Length: 6", line, body=b"0\r\n\r\nG"),
        got=Got(body=b"0\r\n\r\nG", framing="length"),
    )
for name, line in (
    ("space-colon", "Content-Length : 44"),
    ("tab-colon", "Content-Length\t: 44"),
    ("leading-space", " Content-Length: 44"),
    ("plus", "Content-Length: +44"),
    ("comma", "Content-Length: 0, 44"),
    ("vtab", "Content-Length: \x0b44"),
    ("nul", "Content-Length: 44\0"),
    ("lf", "X: y\nContent-Length: 44"),
    ("cr", "X: y\rContent-Length: 44"),
    ("hex", "Content-Length: 0x2c"),
    ("quoted", 'Content-Length: "44"'),
):
    keys = ("9112-6.3-bad-length", "house-length-strict")
    if "colon" in name:
        keys = ("9112-5.1-space-colon", "house-field-name")
    if name == "cr":
        keys = ("9112-2.2-bare-cr", "9110-5.5-ctl")
    if name in ("leading-space", "lf"):
        keys = ("house-field-name", "9112-2.2-space-after-start")
    theme.refuse(
        f"cl-{name}", keys, raw("X: y", line, body=HIDDEN), ours=name in ("leading-space", "lf")
    )
for name, line in (("underscore", "Content_Length: 44"), ("prefix", "X-Content-Length: 44")):
    theme.add(
        f"cl-name-{name}",
        "9110-5.1-unknown-fields",
        raw(line, "Content-Length: 3", body=b"abc"),
        got=Got(body=b"abc"),
    )
CHUNK = ("house-chunk-strict", "9112-2.2-not-http")


def te(body):
    return raw("Transfer-Encoding: chunked", body=body)


for name, body in (
    ("extension-lf", b"1;a\nx\r\n0\r\n\r\n" + HIDDEN),
    ("extension-cr", b"1;a\rx\r\n0\r\n\r\n"),
    ("size-space", b"1 \r\nx\r\n0 \r\n\r\n"),
    ("size-sign", b"+1\r\nx\r\n0\r\n\r\n"),
    ("size-0x", b"0x1\r\nx\r\n0\r\n\r\n"),
    ("size-wrap", b"10000000000000001\r\nx\r\n0\r\n\r\n"),
    ("size-minus", b"-1\r\n" + HIDDEN),
    ("size-lf", b"1\nx\r\n0\r\n\r\n"),
    ("size-lf-lf", b"1\r\nx\n0\n\n" + HIDDEN),
    ("data-terminator", b"1\r\nxXX0\r\n\r\n"),
    ("spill", b"2\r\nxx45\r\n0\r\n\r\n" + HIDDEN),
    ("last-space", b"1\r\nx\r\n0 \r\n\r\n"),
    ("last-colon", b"1\r\nx\r\n0:\r\n\r\n"),
    ("empty-size", b"1\r\nx\r\n\r\n\r\n" + HIDDEN),
    ("quoted-ext", b'1;a="\r\nx\r\n0\r\n\r\n"\r\n'),
):
    theme.refuse_late(f"chunk-{name}", CHUNK, te(body), partial=b"xx", ours="-lf" in name)
theme.add(
    "body-is-request",
    "9112-9.3-read-body",
    raw("Content-Length: 51", body=HIDDEN + b"1\r\n\r\n"),
    got=Got(body=HIDDEN + b"1\r\n\r\n"),
)
theme.add(
    "get-body",
    "9112-9.3-read-body",
    raw("Content-Length: 51", body=HIDDEN + b"1\r\n\r\n", method="GET"),
    got=Got(method="GET", body=HIDDEN + b"1\r\n\r\n"),
)
theme.add(
    "head-body",
    "9112-9.3-read-body",
    raw("Content-Length: 51", body=HIDDEN + b"1\r\n\r\n", method="HEAD"),
    methods="HEAD",
    got=Got(method="HEAD", body=HIDDEN + b"1\r\n\r\n"),
)
theme.add(
    "options-body",
    "9112-9.3-read-body",
    raw("Content-Length: 51", body=HIDDEN + b"1\r\n\r\n", method="OPTIONS"),
    got=Got(method="OPTIONS", body=HIDDEN + b"1\r\n\r\n"),
)
theme.refuse(
    "connection-strips-length",
    "house-connection-guard",
    raw("Connection: Content-Length", "Content-Length: 44", body=HIDDEN),
    ours=True,
)
theme.refuse(
    "host-fold",
    "9112-5.2-fold-request",
    b"GET / HTTP/1.1\r\nHost: wire.test\r\n\tx: y\r\n\r\n",
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "method-body-refused",
    "house-methods",
    req("TRACE", "/", "Content-Length: 51\r\n", HIDDEN + b"1\r\n\r\n"),
    status=405,
    also=({"status": 200, "got": Got(body=HIDDEN + b"1\r\n\r\n"), "conn": "any"},),
)
