"""HTTP/1.0 clients (RFC 9110 2.5, RFC 9112 2.3, 6.1, 9.3)."""

from wirekit.case import CLOSE, Got, Resp, Theme, post, req, resp, resp_chunked

theme = Theme("http10")
OWN = ("9112-2.3-own-version", "9110-6.2-own-version")
CLOSES = "9112-9.3-persistent"
PERSIST = ("9112-9.3-persistent", "house-keep-http10")

theme.add(
    "get", OWN, req(version="1.0"), conn="close", got=Got(method="GET"), reply=Resp(status=200)
)
theme.add(
    "upstream-gets-11",
    ("9112-2.3-own-version", "9112-2.3-no-downgrade"),
    req(version="1.0"),
    conn="close",
    got=Got(),
)
theme.add("post", OWN, post("abc", version="1.0"), conn="close", got=Got(body=b"abc"))
theme.add("closes", CLOSES, req(version="1.0"), conn="close")
KEEP = req(version="1.0", fields="Connection: keep-alive\r\n")
theme.add("keep-alive", PERSIST, KEEP, reply=Resp(has={"connection": "keep-alive"}), ours=True)
theme.add(
    "keep-alive-case",
    PERSIST,
    req(version="1.0", fields="Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\n"),
    got=Got(lacks=("keep-alive",)),
    ours=True,
)
theme.add(
    "keep-alive-second",
    (*PERSIST, "9112-9.3.2-order"),
    KEEP + req(target="/b", version="1.0"),
    status=(200, 200),
    got=(Got(target="/"), Got(target="/b")),
    conn="close",
    ours=True,
)
theme.add(
    "keep-alive-chunked",
    ("9112-6.1-te-http10-client", "house-keep-http10"),
    KEEP,
    conn="close",
    answer=resp_chunked("3\r\nabc\r\n0\r\n\r\n"),
    reply=Resp(body=b"abc", lacks=("transfer-encoding",), framing="to-close"),
)
theme.add(
    "keep-alive-close",
    "9112-9.6-recv-close",
    req(version="1.0", fields="Connection: keep-alive, close\r\n"),
    conn="close",
    reply=Resp(has={"connection": "close"}),
    also=({"reply": Resp()},),
)
theme.add(
    "proxy-connection",
    CLOSES,
    req(version="1.0", fields="Proxy-Connection: keep-alive\r\n"),
    conn="close",
    got=Got(lacks=("proxy-connection",)),
)
theme.add(
    "pipelined-dropped",
    CLOSES,
    req(version="1.0") + req(target="/second", version="1.0"),
    conn="close",
    got=Got(target="/"),
)
theme.add(
    "chunked-response",
    ("9112-6.1-te-http10-client", "house-keep-http10"),
    req(version="1.0"),
    conn="close",
    answer=resp_chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
    reply=Resp(body=b"abcdef", lacks=("transfer-encoding",), framing="to-close"),
)
theme.add(
    "chunked-cut",
    ("9112-8-record-incomplete", "house-keep-http10"),
    req(version="1.0"),
    conn="any",
    fresh=True,
    answer=[resp_chunked("3\r\nabc\r\n"), CLOSE],
    reply=Resp(),
    also=({"status": 502, "reply": Resp()},),
    ours=True,
)
theme.add(
    "length-response",
    "9112-6.3-delimit",
    req(version="1.0"),
    conn="close",
    answer=resp(body="abc"),
    reply=Resp(body=b"abc", framing="length"),
)
theme.add(
    "head",
    ("9110-9.3.2-head-no-content", "9112-2.3-own-version"),
    req("HEAD", version="1.0"),
    methods="HEAD",
    conn="close",
    answer=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    reply=Resp(has={"content-length": "9"}),
)
theme.add(
    "upgrade-ignored",
    "9110-7.8-http10",
    req(version="1.0", fields="Connection: upgrade\r\nUpgrade: foo\r\n"),
    conn="close",
    got=Got(lacks=("upgrade", "connection")),
    also=({"got": Got(lacks=("upgrade",))},),
)
theme.add(
    "minor-zero-host-empty-path",
    "9110-2.4-semantics",
    req(target="/a?b", version="1.0"),
    conn="close",
    got=Got(target="/a?b"),
)
