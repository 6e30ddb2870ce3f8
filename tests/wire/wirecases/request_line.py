"""Request lines: what is read, what is refused, and what the upstream gets (RFC 9112 2 and 3)."""

from wirekit.case import Got, Resp, Theme, get, match, req

theme = Theme("line")
LINE = ("9112-3.2-invalid-line", "9112-3.2-no-autocorrect", "house-strict-line")
END = b"\r\nHost: wire.test\r\n\r\n"

theme.add("get", "9110-9.1-get-head", get(target="/a"), got=Got(method="GET", target="/a"))
theme.add(
    "head",
    "9110-9.1-get-head",
    req("HEAD", "/a"),
    methods="HEAD",
    got=Got(method="HEAD", target="/a"),
)
for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
    theme.add(
        f"method-{method.lower()}",
        "9110-9.1-unknown-method",
        req(method, "/m", "Content-Length: 0\r\n"),
        got=Got(method=method, target="/m"),
    )
theme.add(
    "method-unknown",
    "9110-9.1-unknown-method",
    req("FROBNICATE", "/m"),
    got=Got(method="FROBNICATE", target="/m"),
)
theme.add(
    "method-propfind", "9110-9.1-unknown-method", req("PROPFIND", "/m"), got=Got(method="PROPFIND")
)
theme.add(
    "method-tchars",
    ("9110-9.1-unknown-method", "9110-2.4-semantics"),
    req("!#$%&'*+-.^_`|~09Az", "/m"),
    got=Got(method="!#$%&'*+-.^_`|~09Az"),
)
theme.add(
    "method-case",
    "9110-2.4-semantics",
    req("get", "/m"),
    got=Got(method="get"),
    also=(
        {"status": 405, "got": (), "conn": "any"},
        {"status": 501, "got": (), "conn": "any"},
        {"status": 400, "got": (), "conn": "any"},
    ),
)
theme.refuse(
    "method-connect",
    ("house-methods", "9110-9.1-unknown-method"),
    b"CONNECT wire.test:80 HTTP/1.1" + END,
    status=405,
    ours=True,
)
theme.refuse(
    "method-connect-allow",
    "9110-10.2.1-allow-405",
    b"CONNECT wire.test:80 HTTP/1.1" + END,
    status=405,
    reply=Resp(status=405, has={"allow": match("[A-Z, ]+")}),
    splits=False,
    ours=True,
)
theme.refuse(
    "method-trace",
    ("house-methods", "9110-9.3.8-trace"),
    req("TRACE", "/"),
    status=405,
    also=(
        {"status": 200, "got": (), "conn": "any"},
        {"status": 200, "got": Got(method="TRACE"), "conn": "any"},
    ),
)
theme.refuse("method-empty", LINE, b" / HTTP/1.1" + END)
theme.refuse("method-separator", LINE, b"G(T / HTTP/1.1" + END)
theme.refuse("method-slash", LINE, b"GET/ / HTTP/1.1" + END)
theme.refuse("method-colon", LINE, b"GET: / HTTP/1.1" + END)
theme.refuse("method-nul", LINE, b"GE\0T / HTTP/1.1" + END)
theme.refuse("method-high", LINE, b"G\xc3\x89T / HTTP/1.1" + END)
theme.refuse("leading-space", LINE, b" GET / HTTP/1.1" + END)
theme.refuse("leading-tab", LINE, b"\tGET / HTTP/1.1" + END)
theme.refuse("two-spaces-after-method", LINE, b"GET  / HTTP/1.1" + END)
theme.refuse("two-spaces-before-version", LINE, b"GET /  HTTP/1.1" + END)
theme.refuse("trailing-space", LINE, b"GET / HTTP/1.1 " + END)
theme.refuse("tab-after-method", LINE, b"GET\t/ HTTP/1.1" + END)
theme.refuse("tab-before-version", LINE, b"GET /\tHTTP/1.1" + END)
theme.refuse("vtab", LINE, b"GET\x0b/ HTTP/1.1" + END)
theme.refuse("formfeed", LINE, b"GET /\x0cHTTP/1.1" + END)
theme.refuse("no-target", LINE, b"GET HTTP/1.1" + END)
theme.refuse("empty-target", LINE, b"GET  HTTP/1.1" + END)
theme.refuse("extra-word", LINE, b"GET / x HTTP/1.1" + END)
theme.refuse("two-versions", LINE, b"GET / HTTP/1.1 HTTP/1.1" + END)
theme.refuse("http09", ("9112-3.2-invalid-line", "9112-2.2-not-http"), b"GET /\r\n\r\n")
theme.refuse("no-version", LINE, b"GET / " + END)
theme.refuse("version-lower", LINE, b"GET / http/1.1" + END)
theme.refuse("version-mixed", LINE, b"GET / HtTP/1.1" + END)
theme.refuse("version-word", LINE, b"GET / HTTPS/1.1" + END)
theme.refuse("version-no-slash", LINE, b"GET / HTTP1.1" + END)
theme.refuse("version-no-minor", LINE, b"GET / HTTP/1" + END)
theme.refuse("version-no-digits", LINE, b"GET / HTTP/." + END)
theme.refuse("version-two-digits", LINE, b"GET / HTTP/1.10" + END)
theme.refuse("version-leading-zero", LINE, b"GET / HTTP/01.1" + END)
theme.refuse("version-comma", LINE, b"GET / HTTP/1,1" + END)
theme.refuse("version-sign", LINE, b"GET / HTTP/1.-1" + END)
theme.refuse("version-space", LINE, b"GET / HTTP/1. 1" + END)
theme.refuse(
    "version-2", ("9112-3.2-invalid-line", "house-strict-line"), b"GET / HTTP/2.0" + END, status=505
)
theme.refuse(
    "version-3", ("9112-3.2-invalid-line", "house-strict-line"), b"GET / HTTP/3.0" + END, status=505
)
theme.refuse(
    "version-0", ("9112-3.2-invalid-line", "house-strict-line"), b"GET / HTTP/0.9" + END, status=505
)
theme.refuse(
    "version-9", ("9112-3.2-invalid-line", "house-strict-line"), b"GET / HTTP/9.1" + END, status=505
)
theme.refuse(
    "preface-http2",
    ("9112-2.2-not-http", "house-strict-line"),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    status=(505,),
    splits=False,
    also=({"status": 400, "conn": "close"},),
)
theme.add("higher-minor", "9110-6.2-higher-minor", b"GET /v HTTP/1.2" + END, got=Got(target="/v"))
theme.add("highest-minor", "9110-6.2-higher-minor", b"GET /v HTTP/1.9" + END, got=Got(target="/v"))
theme.refuse(
    "tls", "9112-2.2-not-http", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)
)
theme.refuse("binary", "9112-2.2-not-http", bytes(range(128, 256)) + b"\r\n\r\n")
theme.refuse("ssh", "9112-2.2-not-http", b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
theme.refuse("response", "9112-2.2-not-http", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
theme.refuse(
    "proxy-protocol",
    "9112-2.2-not-http",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\nGET / HTTP/1.1" + END,
)

EMPTY = ("9112-2.2-empty-line", "house-one-empty-line")
theme.add("empty-line-before", EMPTY, b"\r\nGET /e HTTP/1.1" + END, got=Got(target="/e"))
theme.refuse("empty-lines-two", "house-one-empty-line", b"\r\n\r\nGET /e HTTP/1.1" + END)
theme.refuse("empty-line-bare-lf", "house-bare-lf", b"\nGET / HTTP/1.1" + END)
theme.refuse("empty-line-bare-cr", "9112-2.2-bare-cr", b"\rGET / HTTP/1.1" + END)
theme.refuse("empty-line-space", LINE, b" \r\nGET / HTTP/1.1" + END)

CR = ("9112-2.2-bare-cr", "9112-2.2-no-bare-cr")
theme.refuse("bare-cr-in-target", CR, b"GET /a\rb HTTP/1.1" + END)
theme.refuse("bare-cr-before-version", CR, b"GET /\rHTTP/1.1" + END)
theme.refuse("bare-cr-in-method", CR, b"GE\rT / HTTP/1.1" + END)
theme.refuse("cr-cr-lf", CR, b"GET / HTTP/1.1\r\r\nHost: wire.test\r\n\r\n")
theme.refuse("bare-cr-ends-line", CR, b"GET / HTTP/1.1\rHost: wire.test\r\n\r\n")
theme.refuse("bare-lf-ends-line", "house-bare-lf", b"GET / HTTP/1.1\nHost: wire.test\r\n\r\n")
theme.refuse("bare-lf-everywhere", "house-bare-lf", b"GET / HTTP/1.1\nHost: wire.test\n\n")
theme.refuse("lf-in-target", LINE, b"GET /a\nb HTTP/1.1" + END)
