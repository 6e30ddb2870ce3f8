"""Request targets: forms, characters, lengths (RFC 9112 3.2, RFC 9110 7)."""

from wirekit.case import Got, Theme, req

theme = Theme("target")
CHARS = ("9112-3.2-invalid-line", "9112-3.2-no-autocorrect", "house-target")
PATH = ("9110-7.7-path", "9112-3.2.1-origin-form")


def raw(target, fields=b"", method=b"GET", host=b"Host: wire.test\r\n"):
    return method + b" " + target + b" HTTP/1.1\r\n" + host + fields + b"\r\n"


for name, target in (
    ("plain", "/a/b"),
    ("query", "/a?b=c&d=e"),
    ("empty-query", "/a?"),
    ("query-in-query", "/a?b?c"),
    ("double-slash", "//a//b"),
    ("dot-segments", "/a/../b/./c"),
    ("encoded-slash", "/a%2Fb"),
    ("encoded-lower", "/a%2fb"),
    ("encoded-dot", "/%2e%2e/b"),
    ("encoded-nul", "/a%00b"),
    ("encoded-crlf", "/a%0d%0aX:y"),
    ("encoded-unreserved", "/%41%7e"),
    ("broken-percent", "/a%zz%"),
    ("semicolon", "/a;p=1/b"),
    ("plus", "/a+b?c+d"),
    ("sub-delims", "/!$&'()*+,;=:@-._~"),
    ("colon", "/a:b"),
    ("tilde", "/~u"),
    ("url-in-path", "/http://other.test/x"),
    ("url-in-query", "/r?u=http://o.test/%20"),
    ("trailing-dots", "/a/.."),
    ("only-query", "/?x"),
    ("long-8000", "/" + "a" * 7985),
    ("brackets", "/a[1]?b[]=c"),
    ("pipes", "/a|b"),
    ("backslash", "/a\\b"),
    ("quote", '/a"b'),
    ("caret", "/a^b`{}<>"),
):
    keys = PATH + (("9112-3-line-8000", "9110-4.1-uri-length") if name == "long-8000" else ())
    theme.add(
        f"origin-{name}",
        keys,
        raw(target.encode()),
        got=Got(target=target),
        also=(
            ({"status": 400, "got": (), "conn": "any"},)
            if name
            in (
                "broken-percent",
                "brackets",
                "pipes",
                "backslash",
                "quote",
                "caret",
                "encoded-nul",
                "encoded-dot",
                "trailing-dots",
            )
            else ()
        ),
    )

for name, target in (
    ("ctl", b"/a\x01b"),
    ("nul", b"/a\0b"),
    ("del", b"/a\x7fb"),
    ("esc", b"/\x1b[0m"),
    ("tab", b"/a\tb"),
    ("space", b"/a b"),
    ("high", b"/\xc3\xa9"),
    ("latin", b"/\xe9"),
    ("overlong", b"/\xc0\xaf"),
    ("vt", b"/a\x0bb"),
):
    keys = CHARS + (("9112-2.2-octets",) if name in ("high", "overlong", "latin") else ())
    theme.refuse(f"bad-{name}", keys, raw(target))
theme.refuse("bad-fragment", CHARS, raw(b"/a#b"))
theme.refuse("bad-fragment-only", CHARS, raw(b"#"))
theme.refuse("bad-relative", CHARS, raw(b"a/b"))
theme.refuse("bad-query-only", CHARS, raw(b"?a"))
theme.refuse("bad-dot", CHARS, raw(b"./a"))
theme.refuse("bad-backslash", CHARS, raw(b"\\a"))

ASTERISK = "9110-7.1-target-forms"
theme.add(
    "options-asterisk",
    "9112-3.2.4-options-asterisk",
    raw(b"*", method=b"OPTIONS"),
    got=Got(method="OPTIONS", target="*"),
)
theme.refuse("asterisk-get", (ASTERISK, "house-target"), raw(b"*"))
theme.refuse(
    "asterisk-post", (ASTERISK, "house-target"), raw(b"*", b"Content-Length: 0\r\n", b"POST")
)
theme.refuse(
    "asterisk-more", ("9112-3.2-invalid-line", "house-target"), raw(b"*a", method=b"OPTIONS")
)
theme.refuse(
    "asterisk-path", ("9112-3.2-invalid-line", "house-target"), raw(b"*/", method=b"OPTIONS")
)
theme.refuse("authority-get", (ASTERISK, "house-target"), raw(b"wire.test:80"))
theme.refuse("authority-bare", ("9112-3.2-invalid-line", "house-target"), raw(b"wire.test"))
theme.refuse(
    "authority-options", (ASTERISK, "house-target"), raw(b"wire.test:80", method=b"OPTIONS")
)
theme.refuse(
    "connect-path",
    ("house-methods", "9110-9.3.6-connect-invalid"),
    raw(b"/", method=b"CONNECT"),
    status=405,
)
theme.refuse(
    "connect-empty-port",
    ("house-methods", "9110-9.3.6-connect-invalid"),
    raw(b"wire.test:", method=b"CONNECT"),
    status=405,
)
theme.refuse(
    "connect-bad-port",
    ("house-methods", "9110-9.3.6-connect-invalid"),
    raw(b"wire.test:99999", method=b"CONNECT"),
    status=405,
)
theme.refuse(
    "connect-smuggle",
    "house-methods",
    raw(b"wire.test:80", method=b"CONNECT") + b"GET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n",
    status=405,
)

ABSOLUTE = ("9112-3.2.2-absolute-accept", "9112-3.2.1-origin-form")
AHOST = ("9112-3.2.2-absolute-host", "9110-7.7-host")
theme.add(
    "absolute",
    ABSOLUTE + AHOST,
    raw(b"http://wire.test/a?b"),
    got=Got(target="/a?b", has={"host": "wire.test"}),
)
theme.add(
    "absolute-empty-path",
    ABSOLUTE + ("9112-3.2.1-empty-path",),
    raw(b"http://wire.test"),
    got=Got(target="/"),
)
theme.add(
    "absolute-empty-path-query",
    ABSOLUTE + ("9112-3.2.1-empty-path",),
    raw(b"http://wire.test?q=1"),
    got=Got(target="/?q=1"),
)
theme.add("absolute-scheme-case", ABSOLUTE, raw(b"HTTP://wire.test/a"), got=Got(target="/a"))
theme.add("absolute-host-case", AHOST, raw(b"http://WIRE.test/a"), got=Got(target="/a"))
theme.add(
    "absolute-port",
    AHOST,
    raw(b"http://wire.test:80/a", host=b"Host: wire.test:80\r\n"),
    got=Got(target="/a", has={"host": "wire.test:80"}),
)
theme.add(
    "absolute-http10-no-host",
    AHOST,
    b"GET http://wire.test/a HTTP/1.0\r\n\r\n",
    conn="close",
    got=Got(target="/a", has={"host": "wire.test"}),
)
theme.add(
    "absolute-path-has-url",
    ABSOLUTE,
    raw(b"http://wire.test/x?u=http://o.test/"),
    got=Got(target="/x?u=http://o.test/"),
)
theme.add(
    "absolute-options-empty",
    "9112-3.2.4-options-asterisk",
    raw(b"http://wire.test", method=b"OPTIONS"),
    got=Got(method="OPTIONS", target="*"),
)
theme.add(
    "absolute-options-slash",
    "9112-3.2.4-options-asterisk",
    raw(b"http://wire.test/", method=b"OPTIONS"),
    got=Got(method="OPTIONS", target="/"),
)
OTHER = {
    "also": (
        {"status": 200, "got": Got(has={"host": "other.test"}), "conn": "any"},
        {"status": 200, "got": Got(has={"host": "wire.test"}), "conn": "any"},
    )
}
theme.refuse(
    "absolute-differs",
    "house-absolute-differs",
    raw(b"http://wire.test/a", host=b"Host: other.test\r\n"),
    ours=True,
)
theme.refuse(
    "absolute-differs-target", "house-absolute-differs", raw(b"http://other.test/a"), ours=True
)
theme.refuse(
    "absolute-differs-port", "house-absolute-differs", raw(b"http://wire.test:81/a"), ours=True
)
theme.refuse("absolute-no-host", "9112-3.2-host", raw(b"http://wire.test/a", host=b""))
theme.refuse(
    "absolute-userinfo", ("9110-4.2.4-userinfo", "house-authority"), raw(b"http://user@wire.test/a")
)
theme.refuse(
    "absolute-userinfo-password",
    ("9110-4.2.4-userinfo", "house-authority"),
    raw(b"http://wire.test:80@other.test/a"),
)
theme.refuse("absolute-empty-host", ("9110-4.2.1-empty-host", "house-authority"), raw(b"http:///a"))
theme.refuse(
    "absolute-empty-host-port", ("9110-4.2.1-empty-host", "house-authority"), raw(b"http://:80/a")
)
theme.refuse("absolute-bad-port", "house-authority", raw(b"http://wire.test:8x/a"))
theme.refuse("absolute-port-range", "house-authority", raw(b"http://wire.test:65536/a"))
theme.refuse("absolute-other-scheme", "house-target", raw(b"ftp://wire.test/a"), ours=True)
theme.refuse("absolute-no-slashes", "house-target", raw(b"http:wire.test/a"))
theme.refuse("absolute-one-slash", "house-target", raw(b"http:/wire.test/a"))
theme.refuse("absolute-fragment", "house-target", raw(b"http://wire.test/a#b"))
theme.refuse("absolute-backslash", "house-authority", raw(b"http://wire.test\\a/b"))

LONG = ("9112-3-long-target", "house-head-limits")
theme.refuse("long", LONG, raw(b"/" + b"a" * 8001), status=414, splits=False)
theme.refuse("long-12000", LONG, raw(b"/" + b"a" * 12000), status=414, splits=False)
theme.refuse("long-100000", LONG, raw(b"/" + b"a" * 100000), status=414, splits=False)
theme.refuse("long-query", LONG, raw(b"/?" + b"a" * 9000), status=414, splits=False)
theme.refuse("long-endless", LONG, b"GET /" + b"a" * 60000, status=414, splits=False)
theme.add(
    "limit-8000", "9112-3-line-8000", raw(b"/" + b"a" * 7999), got=Got(target="/" + "a" * 7999)
)
theme.refuse(
    "long-method",
    ("9112-3.2-invalid-line", "house-head-limits"),
    b"A" * 70000,
    status=431,
    splits=False,
)
theme.add("slash", PATH, req("GET", "/"), got=Got(target="/"))
