"""Field lines: syntax, what is passed on unchanged, what is refused (RFC 9112 5, RFC 9110 5)."""

from wirekit.case import Got, Resp, Theme, get, resp

theme = Theme("fields")
UNKNOWN = "9110-5.1-unknown-fields"
NAME = ("house-field-name", "9112-2.2-not-http")
NEXT = "GET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n"

for name, line, want in (
    ("unknown", "X-Thing: a b", "a b"),
    ("tchar-name", "!#$%&'*+-.^_`|~: x", "x"),
    ("underscore", "X_Y: 1", "1"),
    ("digits", "0: 1", "1"),
    ("empty-value", "X-Thing:", ""),
    ("blank-value", "X-Thing: \t ", ""),
    ("colon-in-value", "X-Thing: a:b: c", "a:b: c"),
    ("comma-in-value", "X-Thing: a,b, c", "a,b, c"),
    ("quoted", 'X-Thing: "a, \\"b"', 'a, \\"b'),
    ("tab-in-value", "X-Thing: a\tb", "a\tb"),
    ("spaces-in-value", "X-Thing: a   b", "a   b"),
    ("vchar", "X-Thing: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", None),
    ("obs-text", "X-Thing: \xe9\xff\x80", "\xe9\xff\x80"),
    ("latin-utf8", "X-Thing: \xc3\xa9", "\xc3\xa9"),
):
    field = line.split(":")[0].lower()
    keys = [UNKNOWN]
    if "obs" in name or "utf8" in name:
        keys += ["9110-5.5-obs-text", "9112-2.2-octets"]
    if "value" in name:
        keys.append("9110-5.5-trim")
    value = line.split(":", 1)[1].strip() if want is None or name == "quoted" else want
    theme.add(name, keys, get(line + "\r\n"), got=Got(has={field: value}))
theme.add(
    "no-space-after-colon", "9110-5.5-trim", get("X-Thing:a\r\n"), got=Got(has={"x-thing": "a"})
)
theme.add(
    "much-space", "9110-5.5-trim", get("X-Thing: \t  a \t\r\n"), got=Got(has={"x-thing": "a"})
)
theme.add(
    "order-same-name",
    "9110-5.3-field-order",
    get("X-L: 1\r\nX-Other: a\r\nX-L: 2\r\nx-l: 3\r\n"),
    got=Got(has={"x-l": ["1", "2", "3"]}),
)
theme.add(
    "order-all",
    "9110-5.3-field-order",
    get("X-A: 1\r\nX-B: 2\r\nX-C: 3\r\nX-D: 4\r\n"),
    got=Got(order=("x-a", "x-b", "x-c", "x-d")),
)
theme.add(
    "order-response",
    "9110-5.3-field-order",
    get(),
    answer=resp(fields="Set-Cookie: a=1\r\nX-L: 1\r\nSet-Cookie: b=2\r\nX-L: 2\r\n"),
    reply=Resp(has={"set-cookie": ["a=1", "b=2"], "x-l": ["1", "2"]}),
)
theme.add(
    "cookie-twice",
    "9110-5.3-field-order",
    get("Cookie: a=1\r\nCookie: b=2\r\n"),
    got=Got(has={"cookie": ["a=1", "b=2"]}),
    also=({"got": Got(has={"cookie": "a=1; b=2"})},),
)
theme.add(
    "unknown-response",
    UNKNOWN,
    get(),
    answer=resp(fields="X-Thing: a b\r\n0: z\r\n"),
    reply=Resp(has={"x-thing": "a b", "0": "z"}),
)
theme.add(
    "obs-text-response",
    "9110-5.5-obs-text",
    get(),
    answer=resp(fields="X-T: \xe9\r\n"),
    reply=Resp(has={"x-t": "\xe9"}),
)
theme.add(
    "trim-response",
    "9110-5.5-trim",
    get(),
    answer=resp(fields="X-T: \t a \t\r\nX-U:b\r\n"),
    reply=Resp(has={"x-t": "a", "x-u": "b"}),
)
theme.add(
    "big-value",
    "9110-2.3-lengths",
    get("X-Thing: " + "v" * 7000 + "\r\n"),
    got=Got(has={"x-thing": "v" * 7000}),
)
theme.add(
    "sixty-fields",
    "9110-2.3-lengths",
    get("".join(f"X-{n}: {n}\r\n" for n in range(60))),
    got=Got(has={"x-59": "59"}),
)

for name, key, value in (
    ("authorization", "9110-11.6.2-authorization", "Authorization: Basic YTpi"),
    ("referer", "9110-10.1.3-referer", "Referer: http://wire.test/from"),
    ("if-none-match", "9110-13.2.1-conditionals", 'If-None-Match: "a", W/"b"'),
    ("if-match", "9110-13.2.1-conditionals", 'If-Match: "a"'),
    (
        "if-modified-since",
        "9110-13.2.1-conditionals",
        "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
    ),
    (
        "if-unmodified-since",
        "9110-13.2.1-conditionals",
        "If-Unmodified-Since: Saturday, 29-Oct-94 19:43:31 GMT",
    ),
    ("if-range", "9110-13.2.1-conditionals", 'If-Range: "a"'),
    ("range", "9110-14.2-range", "Range: bytes=0-1, -3"),
    ("range-unknown-unit", "9110-14.2-range", "Range: pages=2-3"),
    ("accept-encoding", "9110-7.7-metadata", "Accept-Encoding: gzip, br;q=0.5"),
    ("user-agent", "9110-7.7-metadata", "User-Agent: a/1 (b) c"),
    ("from", "9110-7.7-metadata", "From: a@wire.test"),
    ("cookie", "9110-7.7-metadata", "Cookie: a=b; c=d"),
    ("cache-control", "9110-7.7-metadata", "Cache-Control: no-transform, max-age=0"),
    ("date-in-request", "9110-7.7-metadata", "Date: Sat, 29 Oct 1994 19:43:31 GMT"),
):
    field, text = value.split(": ", 1)
    theme.add(f"keeps-{name}", key, get(value + "\r\n"), got=Got(has={field.lower(): text}))
for name, key, value in (
    ("www-authenticate", "9110-11.6.1-www-authenticate", 'WWW-Authenticate: Basic realm="a"'),
    ("allow", "9110-10.2.1-allow", "Allow: GET, FROB"),
    ("content-encoding", "9110-8.4-codings", "Content-Encoding: gzip"),
    ("vary", "9110-12.5.5-vary", "Vary: Accept, Cookie"),
    ("etag", "9110-7.7-metadata", 'ETag: W/"x"'),
    ("last-modified", "9110-7.7-metadata", "Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT"),
    ("content-location", "9110-7.7-metadata", "Content-Location: /x"),
    ("content-type", "9110-7.7-metadata", "Content-Type: text/x;charset=u"),
    ("location", "9110-7.7-metadata", "Location: http://127.0.0.1:1/x"),
    ("cache-control", "9110-7.7-no-transform", "Cache-Control: no-transform"),
    ("server", "9110-7.7-metadata", "Server: upstream/9"),
    ("age", "9110-7.7-metadata", "Age: 7"),
    ("accept-ranges", "9110-14.2-range", "Accept-Ranges: bytes"),
):
    field, text = value.split(": ", 1)
    theme.add(
        f"keeps-response-{name}",
        key,
        get(),
        answer=resp(fields=value + "\r\n", body="zipped"),
        reply=Resp(has={field.lower(): text}, body=b"zipped"),
    )
theme.add("no-vary-star", "9110-12.5.5-vary", get(), reply=Resp(lacks=("vary",)))
theme.add(
    "no-transform-content",
    "9110-7.7-no-transform",
    get("Accept-Encoding: gzip\r\n"),
    answer=resp(
        fields="Cache-Control: no-transform\r\nContent-Type: text/html\r\n", body="a" * 5000
    ),
    reply=Resp(body=b"a" * 5000, lacks=("content-encoding",)),
)

for name, line in (
    ("space-before-colon", "X-Thing : a"),
    ("tab-before-colon", "X-Thing\t: a"),
    ("space-before-colon-cl", "Content-Length : 5"),
    ("space-before-colon-te", "Transfer-Encoding : chunked"),
):
    theme.refuse(name, "9112-5.1-space-colon", get(line + "\r\n"))
for name, line in (
    ("name-empty", ": a"),
    ("no-colon", "Nothing"),
    ("name-space", "X Thing: a"),
    ("name-ctl", "X\x01: a"),
    ("name-nul", "X\0: a"),
    ("name-high", "X\xe9: a"),
    ("name-del", "X\x7f: a"),
    ("name-paren", "X(: a"),
    ("name-slash", "X/Y: a"),
    ("name-quote", '"X": a'),
    ("name-at", "@x: a"),
    ("name-bracket", "X[0]: a"),
    ("name-brace", "X{: a"),
    ("name-comma", "X,Y: a"),
    ("name-semicolon", "X;: a"),
    ("name-equals", "X=: a"),
    ("name-question", "X?: a"),
    ("name-backslash", "X\\: a"),
    ("name-less", "X<: a"),
    ("name-tab", "X\tY: a"),
):
    theme.refuse(name, NAME, get(line + "\r\n"))
for code in (*range(0, 9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F):
    keys = ("9110-5.5-ctl", "house-ctl") if code == 0 else ("house-ctl", "9112-2.2-not-http")
    theme.refuse(f"value-{code:02x}", keys, get(f"X-Thing: a{chr(code)}b\r\n"), ours=code != 0)
CR = ("9112-2.2-bare-cr", "9112-2.2-no-bare-cr", "9110-5.5-ctl")
theme.refuse("value-bare-cr", CR, get("X-Thing: a\rb\r\n"))
theme.refuse("value-bare-cr-field", CR, get("X-Thing: a\rX-Evil: 1\r\n"))
theme.refuse("value-cr-cr-lf", CR, get("X-Thing: a\r\r\n"))
theme.refuse("value-bare-cr-first", CR, get("X-Thing: \ra\r\n"))
theme.refuse("name-bare-cr", CR, get("X\rThing: a\r\n"))
theme.refuse("line-bare-cr", CR, get("\rX-Thing: a\r\n"))
theme.refuse("end-cr-cr-lf", CR, b"GET / HTTP/1.1\r\nHost: wire.test\r\n\r\r\n")
theme.refuse("value-bare-lf", "house-bare-lf", get("X-Thing: a\nX-Evil: 1\r\n"))
theme.refuse("end-bare-lf", "house-bare-lf", b"GET / HTTP/1.1\r\nHost: wire.test\r\n\n")
theme.refuse("line-bare-lf", "house-bare-lf", get("X-Thing: a\n"))
theme.refuse("end-lf-lf", "house-bare-lf", b"GET / HTTP/1.1\r\nHost: wire.test\n\n")
theme.refuse(
    "folded-space",
    ("9112-5.2-fold-request", "9112-5.2-no-fold"),
    get("X-Thing: a\r\n b\r\n"),
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "folded-tab",
    ("9112-5.2-fold-request", "9112-5.2-no-fold"),
    get("X-Thing: a\r\n\tb\r\n"),
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "folded-empty",
    ("9112-5.2-fold-request", "9112-5.2-no-fold"),
    get("X-Thing: a\r\n \r\n"),
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "folded-last",
    ("9112-5.2-fold-request", "9112-5.2-no-fold"),
    get("X-Thing:\r\n a\r\n"),
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "folded-length",
    ("9112-5.2-fold-request", "9112-5.2-no-fold"),
    get("Content-Length:\r\n 5\r\n") + b"abcde",
)
theme.refuse(
    "folded-te",
    "9112-5.2-fold-request",
    get("Transfer-Encoding:\r\n chunked\r\n") + b"0\r\n\r\n",
    also=({"status": 200, "got": Got(body=b""), "conn": "any"},),
)
theme.refuse(
    "space-first-line",
    "9112-2.2-space-after-start",
    b"GET / HTTP/1.1\r\n X-Thing: a\r\nHost: wire.test\r\n\r\n",
    also=({"status": 200, "got": Got(lacks=("x-thing",)), "conn": "any"},),
)
theme.refuse(
    "tab-first-line",
    "9112-2.2-space-after-start",
    b"GET / HTTP/1.1\r\n\tX-Thing: a\r\nHost: wire.test\r\n\r\n",
    also=({"status": 200, "got": Got(lacks=("x-thing",)), "conn": "any"},),
)
theme.refuse(
    "space-only-line",
    "9112-2.2-space-after-start",
    b"GET / HTTP/1.1\r\n \r\nHost: wire.test\r\n\r\n",
    also=({"status": 200, "got": Got(), "conn": "any"},),
)
theme.refuse(
    "whole-head",
    "9110-5.3-whole-head",
    [b"GET / HTTP/1.1\r\nHost: wire.test\r\nX-A: 1\r\n", b"X(: b\r\n\r\n"],
)
