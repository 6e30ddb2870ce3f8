"""Protocol switches and the tunnels behind them (RFC 9110 7.8, 9.3.6)."""

from wirekit.case import (
    CLIENT_EOF,
    CLOSE,
    SHUT,
    UP_EOF,
    UP_GONE,
    Got,
    Resp,
    Theme,
    client_has,
    get,
    raw_has,
    req,
    resp,
    up_raw,
)

theme = Theme("upgrade")
ASK = "Connection: upgrade\r\nUpgrade: foo/1\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo/1\r\n\r\n"
SEND = ("9110-7.8-send-upgrade", "9110-7.8-connection-upgrade")

theme.add(
    "switch",
    SEND,
    [get(ASK), client_has(b"101"), b"ping", client_has(b"pong"), SHUT],
    answer=[SWITCH, raw_has(b"ping"), b"pong", CLOSE],
    status=101,
    extra=b"pong",
    conn="close",
    got=Got(has={"upgrade": "foo/1", "connection": "upgrade"}, raw=b"ping"),
    reply=Resp(has={"upgrade": "foo/1", "connection": "upgrade"}),
    also=({"got": Got(has={"upgrade": "foo/1"}), "reply": Resp(has={"upgrade": "foo/1"})},),
)
theme.add(
    "case",
    "9110-7.8-case",
    [get("Connection: UPGRADE\r\nUpgrade: Foo/1\r\n"), client_has(b"101"), b"x"],
    answer=[SWITCH, raw_has(b"x"), CLOSE],
    status=101,
    extra=b"",
    conn="close",
    got=Got(has={"upgrade": "Foo/1"}),
)
theme.add(
    "list",
    SEND,
    [get("Connection: keep-alive, Upgrade\r\nUpgrade: foo/1, bar\r\n"), client_has(b"101"), b"x"],
    answer=[SWITCH, raw_has(b"x"), CLOSE],
    status=101,
    extra=b"",
    conn="close",
    got=Got(has={"upgrade": "foo/1, bar"}),
)
theme.add(
    "bytes-with-switch",
    SEND,
    [get(ASK), client_has(b"hello")],
    answer=[SWITCH + b"hello", CLOSE],
    status=101,
    extra=b"hello",
    conn="close",
    got=Got(),
)
theme.add(
    "bytes-both-ways",
    "9112-2.2-octets",
    [get(ASK), client_has(b"101"), bytes(range(256)) * 100, client_has(b"\0end")],
    answer=[
        SWITCH,
        raw_has(bytes(range(256)) * 100),
        bytes(range(255, -1, -1)) * 100 + b"\0end",
        CLOSE,
    ],
    status=101,
    extra=bytes(range(255, -1, -1)) * 100 + b"\0end",
    conn="close",
    got=Got(raw=bytes(range(256)) * 100),
)
theme.add(
    "http-after-switch",
    "9110-7.8-send-upgrade",
    [get(ASK), client_has(b"101"), b"GET /smuggled HTTP/1.1\r\n\r\n", client_has(b"ok")],
    answer=[SWITCH, raw_has(b"GET /smuggled HTTP/1.1\r\n\r\n"), b"ok", CLOSE],
    status=101,
    extra=b"ok",
    conn="close",
    got=Got(raw=b"GET /smuggled HTTP/1.1\r\n\r\n"),
)
TUNNEL = "9110-9.3.6-tunnel-close"
theme.add(
    "client-half-closes",
    TUNNEL,
    [get(ASK), client_has(b"101"), b"last", SHUT, CLIENT_EOF],
    answer=[SWITCH, raw_has(b"last"), UP_EOF, b"bye", CLOSE],
    status=101,
    conn="close",
    got=Got(raw=b"last"),
    extra=b"bye",
    also=({"extra": b""}, {"extra": None}),
)
theme.add(
    "upstream-half-closes",
    TUNNEL,
    [get(ASK), client_has(b"101"), CLIENT_EOF, b"last", SHUT],
    answer=[SWITCH, b"bye", SHUT, UP_EOF],
    status=101,
    extra=b"bye",
    conn="close",
    got=Got(),
    ours=True,
)
theme.add(
    "client-closes",
    TUNNEL,
    [get(ASK), client_has(b"101"), b"last", up_raw(b"last"), CLOSE],
    answer=[SWITCH, UP_EOF],
    status=None,
    conn="any",
    got=Got(raw=b"last"),
)
theme.add(
    "upstream-closes",
    TUNNEL,
    [get(ASK), client_has(b"bye"), CLIENT_EOF],
    answer=[SWITCH, b"bye", CLOSE],
    status=101,
    extra=b"bye",
    conn="close",
    got=Got(),
)
theme.add(
    "refused-200",
    ("9112-9.3-persistent", "9110-7.8-not-asked"),
    get(ASK),
    answer=resp(body="no"),
    reply=Resp(body=b"no"),
    got=Got(has={"upgrade": "foo/1"}),
)
theme.add(
    "refused-426",
    "9110-7.8-send-upgrade",
    get(),
    status=426,
    answer=resp("426 Upgrade Required", "Connection: upgrade\r\nUpgrade: foo/2\r\n"),
    reply=Resp(body=b""),
)
theme.add(
    "not-named",
    ("9110-7.8-connection-upgrade", "9110-7.6.1-known"),
    get("Upgrade: foo/1\r\n"),
    got=Got(lacks=("upgrade",)),
)
theme.add(
    "not-named-switch",
    "9110-7.8-not-asked",
    get("Upgrade: foo/1\r\n"),
    answer=SWITCH,
    fresh=True,
    status=502,
    got=Got(lacks=("upgrade",)),
)
theme.add(
    "other-protocol",
    "9110-7.8-not-asked",
    get(ASK),
    answer=SWITCH.replace(b"foo/1", b"bar"),
    fresh=True,
    status=502,
    got=Got(),
)
theme.add(
    "switch-without-upgrade",
    "9110-7.8-send-upgrade",
    get(ASK),
    answer=b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    fresh=True,
    status=502,
    got=Got(),
    ours=True,
)
theme.add(
    "option-without-field",
    "9110-7.6.1-options",
    get("Connection: upgrade\r\n"),
    got=Got(lacks=("connection", "upgrade")),
)
theme.add(
    "http10",
    "9110-7.8-http10",
    req(version="1.0", fields=ASK),
    conn="close",
    got=Got(lacks=("upgrade",)),
)
theme.add(
    "http10-switch",
    ("9110-7.8-http10", "9110-15.2-1xx-http10"),
    req(version="1.0", fields=ASK),
    answer=SWITCH,
    fresh=True,
    conn="close",
    status=502,
    got=Got(lacks=("upgrade",)),
)
theme.add(
    "h2c-not-forwarded",
    "9110-7.8-not-asked",
    get("Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
    got=Got(lacks=("upgrade", "http2-settings")),
    ours=True,
)
theme.add(
    "with-body",
    SEND,
    [req("POST", "/", ASK + "Content-Length: 3\r\n", b"abc"), client_has(b"101"), b"ping"],
    answer=[SWITCH, raw_has(b"ping"), CLOSE],
    status=101,
    extra=b"",
    conn="close",
    got=Got(body=b"abc", raw=b"ping"),
)
theme.add(
    "100-then-101",
    "9110-7.8-expect-first",
    [
        req("POST", "/", ASK + "Content-Length: 3\r\nExpect: 100-continue\r\n", b"abc"),
        client_has(b"101"),
        b"ping",
    ],
    answer=[b"HTTP/1.1 100 Continue\r\n\r\n" + SWITCH, raw_has(b"ping"), CLOSE],
    interim=100,
    status=101,
    extra=b"",
    conn="close",
    got=Got(body=b"abc", raw=b"ping"),
)
theme.add(
    "websocket",
    SEND,
    [
        get(
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        ),
        client_has(b"101"),
        b"\x81\x85\0\0\0\0hello",
        client_has(b"\x81\x05hello"),
    ],
    answer=[
        SWITCH.replace(b"foo/1", b"websocket").replace(
            b"\r\n\r\n", b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        ),
        raw_has(b"hello"),
        b"\x81\x05hello",
        CLOSE,
    ],
    status=101,
    extra=b"\x81\x05hello",
    conn="close",
    got=Got(has={"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13"}),
    reply=Resp(has={"sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}),
)
