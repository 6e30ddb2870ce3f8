"""Host: presence, number, grammar, and what reaches the upstream (RFC 9112 3.2, RFC 9110 7.2)."""

from wirekit.case import Got, Theme

theme = Theme("host")
HOST = "9112-3.2-host"


def raw(*lines, version="1.1", target="/"):
    text = f"GET {target} HTTP/{version}\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n"
    return text.encode("latin-1")


theme.add(
    "plain", ("9110-7.7-host", HOST), raw("Host: wire.test"), got=Got(has={"host": "wire.test"})
)
theme.add(
    "port", "9110-7.7-host", raw("Host: wire.test:8080"), got=Got(has={"host": "wire.test:8080"})
)
theme.add(
    "upper",
    "9110-7.7-host",
    raw("Host: WIRE.test"),
    got=Got(has={"host": ["WIRE.test"]}),
    also=({"got": Got(has={"host": "wire.test"})},),
)
theme.add(
    "wildcard", "9110-7.7-host", raw("Host: a.b.wire.test"), got=Got(has={"host": "a.b.wire.test"})
)
theme.add("no-space", "9110-5.5-trim", raw("Host:wire.test"), got=Got(has={"host": "wire.test"}))
theme.add(
    "much-space",
    "9110-5.5-trim",
    raw("Host: \t  wire.test \t "),
    got=Got(has={"host": "wire.test"}),
)
theme.add(
    "name-upper", "9110-2.4-semantics", raw("HOST: wire.test"), got=Got(has={"host": "wire.test"})
)
theme.add(
    "last",
    "9110-2.4-semantics",
    raw("X-A: 1", "Host: wire.test"),
    got=Got(has={"host": "wire.test", "x-a": "1"}),
)
theme.add("trailing-dot", "9110-2.4-semantics", raw("Host: wire.test."))
theme.add(
    "empty-port",
    "9110-2.4-semantics",
    raw("Host: wire.test:"),
    status=200,
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.refuse("missing", HOST, raw())
theme.refuse("missing-other-fields", HOST, raw("X-A: 1", "User-Agent: x"))
theme.refuse("twice-same", HOST, raw("Host: wire.test", "Host: wire.test"))
theme.refuse("twice-different", HOST, raw("Host: wire.test", "Host: other.test"))
theme.refuse("twice-case", HOST, raw("Host: wire.test", "hOsT: other.test"))
theme.refuse("twice-apart", HOST, raw("Host: wire.test", "X-A: 1", "Host: wire.test"))
theme.refuse("twice-http10", HOST, raw("Host: wire.test", "Host: wire.test", version="1.0"))
theme.refuse("empty", HOST, raw("Host:"))
theme.refuse("blank", HOST, raw("Host: \t "))
for name, value in (
    ("list", "wire.test, other.test"),
    ("two-words", "wire.test other.test"),
    ("slash", "wire.test/x"),
    ("userinfo", "user@wire.test"),
    ("userinfo-port", "wire.test:80@o.test"),
    ("question", "wire.test?x"),
    ("hash", "wire.test#x"),
    ("backslash", "wire.test\\x"),
    ("scheme", "http://wire.test"),
    ("port-letters", "wire.test:http"),
    ("port-sign", "wire.test:-80"),
    ("port-range", "wire.test:65536"),
    ("port-space", "wire.test: 80"),
    ("two-colons", "wire.test:80:80"),
    ("only-port", ":80"),
    ("bracket-open", "[::1"),
    ("bracket-close", "::1]"),
    ("bracket-empty", "[]"),
    ("bracket-text", "[wire.test]"),
    ("bracket-tail", "[::1]x"),
    ("ipv6-bare", "::1"),
    ("quote", '"wire.test"'),
    ("percent-broken", "wire%zz.test"),
    ("angle", "<wire.test>"),
    ("tab", "wire\t.test"),
    ("high", "wir\xe9.test"),
    ("ctl", "wire\x01.test"),
    ("ipv6-bad", "[1:2:3]"),
    ("caret", "wire^.test"),
    ("pipe", "wire|.test"),
    ("nul", "wire\0.test"),
):
    theme.refuse(f"bad-{name}", (HOST, "house-authority"), raw(f"Host: {value}"))
theme.refuse("bad-port-zero", (HOST, "house-authority"), raw("Host: wire.test:0"), ours=True)
theme.add(
    "port-leading-zeros",
    "9110-2.4-semantics",
    raw("Host: wire.test:0080"),
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.add(
    "unknown-long",
    "house-unknown-host",
    raw("Host: " + "a" * 300 + ".wire.test"),
    status=404,
    got=(),
    ours=True,
)
theme.add(
    "unknown-comma", "house-unknown-host", raw("Host: wire.test,"), status=404, got=(), ours=True
)
theme.add("unknown", "house-unknown-host", raw("Host: nobody.test"), status=404, got=())
theme.add(
    "unknown-ipv4", "house-unknown-host", raw("Host: 192.0.2.1"), status=404, got=(), ours=True
)
theme.add("unknown-ipv6", "house-unknown-host", raw("Host: [2001:db8::1]:80"), status=404, got=())
theme.add("unknown-parent", "house-unknown-host", raw("Host: test"), status=404, got=(), ours=True)
theme.add(
    "unknown-suffix",
    "house-unknown-host",
    raw("Host: evilwire.test"),
    status=404,
    got=(),
    ours=True,
)
theme.add(
    "unknown-not-421",
    ("9110-15.5.20-no-421", "house-unknown-host"),
    raw("Host: o.test"),
    status=404,
    got=(),
    ours=True,
)
theme.add(
    "http10-with-host",
    "9110-2.4-semantics",
    raw("Host: wire.test", version="1.0"),
    conn="close",
    got=Got(has={"host": "wire.test"}),
)
theme.add(
    "http10-without",
    "house-unknown-host",
    raw(version="1.0"),
    status=404,
    got=(),
    conn="close",
    also=({"status": 400},),
    ours=True,
)
theme.refuse("space-before-colon", ("9112-5.1-space-colon", HOST), raw("Host : wire.test"))
theme.refuse("folded", ("9112-5.2-fold-request", HOST), raw("Host: wire", " .test"))
theme.refuse(
    "fold-hides-second", "9112-5.2-fold-request", raw("Host: wire.test", " Host: other.test")
)
theme.refuse(
    "leading-space-line", "9112-2.2-space-after-start", raw(" Host: wire.test", "Host: wire.test")
)
