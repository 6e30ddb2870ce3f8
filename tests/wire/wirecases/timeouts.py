"""What is slow is ended: the limits are set to 300 ms for these cases (RFC 9112 9.5)."""

from wirekit.case import AT_HEAD, CLIENT_EOF, UP_EOF, UP_GONE, Got, Resp, Theme, get, req, resp

theme = Theme("slow")
KEYS = ("house-timeouts", "9112-9.5-graceful")

theme.add(
    "head",
    KEYS,
    [b"GET / HTTP/1.1\r\nHost: wire.test\r\n", CLIENT_EOF],
    status=408,
    got=(),
    conn="close",
    config="hasty",
)
theme.add("line", KEYS, [b"GET /", CLIENT_EOF], status=408, got=(), conn="close", config="hasty")
theme.add("idle-after-answer", KEYS, [get(), CLIENT_EOF], status=200, conn="close", config="hasty")
theme.add("idle-from-start", KEYS, [CLIENT_EOF], status=None, got=(), conn="close", config="hasty")
theme.add(
    "body",
    KEYS,
    [req("POST", "/", "Content-Length: 9\r\n", b"abc"), CLIENT_EOF],
    status=408,
    partial=b"abc",
    conn="close",
    config="hasty",
)
theme.add(
    "chunked-body",
    KEYS,
    [req("POST", "/", "Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n"), CLIENT_EOF],
    status=408,
    partial=b"abc",
    conn="close",
    config="hasty",
)
theme.add(
    "response",
    KEYS,
    [get(), UP_GONE],
    answer=[UP_EOF],
    status=504,
    config="hasty",
    fresh=True,
    conn="any",
)
theme.add(
    "response-post",
    KEYS,
    [req("POST", "/", "Content-Length: 0\r\n"), UP_GONE],
    answer=[UP_EOF],
    status=504,
    config="hasty",
    fresh=True,
    conn="any",
)
theme.add(
    "response-body",
    ("house-timeouts", "9112-8-record-incomplete"),
    [get(), CLIENT_EOF],
    config="hasty",
    fresh=True,
    conn="close",
    answer=[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", UP_EOF],
    reply=Resp(is_truncated=True, body=b"abc"),
)
