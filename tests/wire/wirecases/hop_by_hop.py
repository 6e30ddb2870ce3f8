"""Fields of one connection only: removed in both directions (RFC 9110 7.6.1)."""

from wirekit.case import Got, Resp, Theme, chunked, get, post, resp, resp_chunked

theme = Theme("hop")
OPTIONS = ("9110-7.6-connection", "9110-7.6.1-options")
KNOWN = "9110-7.6.1-known"
GUARD = ("house-connection-guard", "9110-7.6.1-end-to-end")

theme.add(
    "named",
    OPTIONS,
    get("Connection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n"),
    got=Got(lacks=("x-hop", "connection"), has={"x-end": "2"}),
)
theme.add(
    "named-case",
    OPTIONS,
    get("CONNECTION: x-HOP\r\nX-Hop: 1\r\n"),
    got=Got(lacks=("x-hop", "connection")),
)
theme.add(
    "named-before", OPTIONS, get("X-Hop: 1\r\nConnection: X-Hop\r\n"), got=Got(lacks=("x-hop",))
)
theme.add(
    "named-twice",
    OPTIONS,
    get("X-Hop: 1\r\nConnection: X-Hop\r\nX-Hop: 2\r\n"),
    got=Got(lacks=("x-hop",)),
)
theme.add(
    "named-several",
    OPTIONS,
    get("Connection: X-A, X-B ,\tX-C\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n"),
    got=Got(lacks=("x-a", "x-b", "x-c")),
)
theme.add(
    "named-two-lines",
    OPTIONS,
    get("Connection: X-A\r\nX-A: 1\r\nConnection: X-B\r\nX-B: 2\r\n"),
    got=Got(lacks=("x-a", "x-b")),
)
theme.add(
    "named-empty-elements",
    (*OPTIONS, "9110-5.6.1-empty-elements"),
    get("Connection: ,, X-A, ,\r\nX-A: 1\r\n"),
    got=Got(lacks=("x-a", "connection")),
)
theme.add(
    "named-keep-alive",
    OPTIONS,
    get("Connection: keep-alive, X-A\r\nX-A: 1\r\n"),
    got=Got(lacks=("x-a",)),
)
theme.add(
    "named-close",
    OPTIONS,
    get("Connection: close, X-A\r\nX-A: 1\r\n"),
    conn="close",
    got=Got(lacks=("x-a",)),
)
theme.add("named-absent", OPTIONS, get("Connection: X-Absent\r\n"), got=Got(lacks=("connection",)))
theme.add(
    "named-prefix", OPTIONS, get("Connection: X-Ho\r\nX-Hop: 1\r\n"), got=Got(has={"x-hop": "1"})
)
theme.add(
    "named-cookie",
    OPTIONS,
    get("Connection: Cookie\r\nCookie: a\r\n"),
    got=Got(lacks=("cookie",)),
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.add(
    "keep-alive-dropped",
    OPTIONS,
    get("Connection: keep-alive\r\n"),
    got=Got(lacks=("connection",)),
    also=({"got": Got(has={"connection": "keep-alive"})},),
)
theme.add(
    "named-in-trailers",
    OPTIONS,
    chunked("1\r\na\r\n0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n", "Connection: X-Hop\r\n"),
    got=Got(body=b"a", trailers=[("x-end", "2")]),
    also=({"got": Got(body=b"a", trailers=[])},),
)
theme.add(
    "named-in-trailers-response",
    OPTIONS,
    get(),
    answer=resp_chunked("1\r\na\r\n0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n", "Connection: X-Hop\r\n"),
    reply=Resp(body=b"a", trailers=[("x-end", "2")]),
    also=({"reply": Resp(body=b"a", trailers=[])},),
)
for name, line in (
    ("keep-alive", "Keep-Alive: timeout=5"),
    ("proxy-connection", "Proxy-Connection: keep-alive"),
    ("te", "TE: gzip"),
    ("upgrade", "Upgrade: foo"),
    ("proxy-authorization", "Proxy-Authorization: Basic YTpi"),
):
    field = line.split(":")[0].lower()
    theme.add(
        f"known-{name}",
        (KNOWN, "9110-10.1.4-te") if name == "te" else KNOWN,
        get(line + "\r\nX-End: 1\r\n"),
        got=Got(lacks=(field,), has={"x-end": "1"}),
        also=({"got": Got()},) if name == "proxy-authorization" else (),
    )
theme.add(
    "te-named",
    ("9110-10.1.4-te", *OPTIONS),
    get("TE: trailers\r\nConnection: TE\r\n"),
    got=Got(lacks=("te",)),
    also=(
        {"got": Got(has={"te": "trailers", "connection": "TE"})},
        {"got": Got(has={"te": "trailers", "connection": "te"})},
    ),
)
theme.add(
    "te-chunked",
    "9112-7.4-te-chunked",
    get("TE: chunked\r\nConnection: TE\r\n"),
    got=Got(lacks=("te",)),
)
theme.add("te-not-named", "9110-10.1.4-te", get("TE: trailers\r\n"), got=Got(lacks=("te",)))
for name, option, value in (
    ("host", "Host", ""),
    ("content-length", "Content-Length", ""),
    ("transfer-encoding", "Transfer-Encoding", ""),
    ("via", "Via", "Via: 1.1 a\r\n"),
    ("forwarded-for", "X-Forwarded-For", "X-Forwarded-For: 1.2.3.4\r\n"),
    ("forwarded-proto", "x-forwarded-PROTO", ""),
    ("forwarded-host", "X-Forwarded-Host", ""),
    ("forwarded", "Forwarded", ""),
    ("request-id", "X-Request-Id", ""),
):
    theme.refuse(f"guard-{name}", GUARD, get(f"Connection: {option}\r\n{value}"), ours=True)
theme.refuse(
    "guard-content-length-post",
    GUARD,
    post("abcde", "Connection: Content-Length\r\n"),
    also=({"status": 200, "got": Got(body=b"abcde"), "conn": "any"},),
)
theme.refuse(
    "guard-host-second",
    GUARD,
    get("Connection: close, Host\r\n"),
    also=({"status": 200, "got": Got(has={"host": "wire.test"}), "conn": "any"},),
)
theme.refuse(
    "guard-te",
    GUARD,
    chunked("5\r\nabcde\r\n0\r\n\r\n", "Connection: transfer-encoding\r\n"),
    also=({"status": 200, "got": Got(body=b"abcde"), "conn": "any"},),
)
theme.refuse("option-not-token", "house-connection-guard", get("Connection: a b\r\n"), ours=True)
theme.refuse("option-quoted", "house-connection-guard", get('Connection: "close"\r\n'), ours=True)

theme.add(
    "response-named",
    OPTIONS,
    get(),
    answer=resp(fields="Connection: X-Hop\r\nX-Hop: 1\r\nX-E: 2\r\n"),
    reply=Resp(lacks=("x-hop",), has={"x-e": "2"}),
)
theme.add(
    "response-named-two-lines",
    OPTIONS,
    get(),
    answer=resp(fields="Connection: X-A\r\nX-A: 1\r\nX-B: 2\r\nConnection: x-b, keep-alive\r\n"),
    reply=Resp(lacks=("x-a", "x-b")),
)
theme.add(
    "response-connection",
    OPTIONS,
    get(),
    answer=resp(fields="Connection: keep-alive\r\n"),
    reply=Resp(lacks=("keep-alive",)),
)
for name, line in (
    ("keep-alive", "Keep-Alive: timeout=5"),
    ("proxy-connection", "Proxy-Connection: keep-alive"),
    ("upgrade", "Upgrade: h2c"),
    ("proxy-authenticate", "Proxy-Authenticate: Basic"),
    ("proxy-authentication-info", "Proxy-Authentication-Info: a=b"),
):
    theme.add(
        f"response-known-{name}",
        KNOWN,
        get(),
        answer=resp(fields=f"{line}\r\nX-E: 1\r\n"),
        reply=Resp(lacks=(line.split(":")[0].lower(),), has={"x-e": "1"}),
        also=({"reply": Resp()},) if "authent" in name else (),
    )
theme.bad_answer(
    "response-guard-content-length",
    GUARD,
    resp(fields="Connection: Content-Length\r\n", body="abc"),
    also=({"status": 200, "reply": Resp(body=b"abc"), "conn": "any"},),
)
theme.add(
    "not-forwarded-close",
    ("9112-9.3-persistent", *OPTIONS),
    get("Connection: close\r\n"),
    conn="close",
    got=Got(lacks=("connection",)),
    also=({"got": Got(has={"connection": "close"})},),
)
