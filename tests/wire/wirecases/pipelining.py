"""Several requests at once (RFC 9112 9.3.2)."""

from wirekit.case import CLOSE, SHUT, Got, Resp, Theme, chunked, client_has, get, post, req, resp

theme = Theme("pipe")
ORDER = ("9112-9.3.2-order", "9112-9.2-in-order", "9110-3.3-stateless")


def targets(*names):
    return tuple(Got(target=name) for name in names)


def answers(*names):
    return tuple(Resp(body=f"answer to {name}".encode()) for name in names)


NAMES = [f"/{n}" for n in range(20)]
theme.add(
    "two",
    ORDER,
    get(target="/a") + get(target="/b"),
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
)
theme.add(
    "twenty",
    ORDER,
    b"".join(get(target=name) for name in NAMES),
    status=(200,) * 20,
    got=targets(*NAMES),
    reply=answers(*NAMES),
)
theme.add(
    "post-get",
    ORDER,
    post("abc", target="/a") + get(target="/b"),
    status=(200, 200),
    got=(Got(target="/a", body=b"abc"), Got(target="/b")),
    reply=answers("/a", "/b"),
)
theme.add(
    "chunked-get",
    ORDER,
    chunked("3\r\nabc\r\n0\r\n\r\n", target="/a") + get(target="/b"),
    status=(200, 200),
    got=(Got(target="/a", body=b"abc"), Got(target="/b")),
    reply=answers("/a", "/b"),
)
theme.add(
    "chunked-trailer-get",
    ORDER,
    chunked("3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n", target="/a") + get(target="/b"),
    status=(200, 200),
    got=(Got(target="/a", body=b"abc"), Got(target="/b")),
    reply=answers("/a", "/b"),
)
theme.add(
    "slow-first",
    ORDER,
    get(target="/a") + get(target="/b"),
    status=(200, 200),
    answers=[[resp(body="a")[:-1], client_has(b"ength: 1"), b"a"]],
    got=targets("/a", "/b"),
    reply=(Resp(body=b"a"), Resp(body=b"answer to /b")),
)
theme.add(
    "one-and-a-half",
    ORDER,
    [get(target="/a") + get(target="/b")[:20], client_has(b"answer to /a"), get(target="/b")[20:]],
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
)
theme.add(
    "empty-line-between",
    ("9112-2.2-empty-line", "house-one-empty-line"),
    get(target="/a") + b"\r\n" + get(target="/b"),
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
)
theme.add(
    "empty-line-after-post",
    "9112-2.2-empty-line",
    post("abc", target="/a") + b"\r\n" + get(target="/b"),
    status=(200, 200),
    got=(Got(target="/a", body=b"abc"), Got(target="/b")),
    reply=answers("/a", "/b"),
)
theme.add(
    "second-bad",
    ("9112-9.3.2-order", "9112-3.2-host"),
    get(target="/a") + b"GET / HTTP/1.1\r\n\r\n",
    status=(200, 400),
    got=targets("/a"),
    conn="close",
)
theme.add(
    "second-close",
    ("9112-9.6-recv-close", "9112-9.6-no-more"),
    get(target="/a") + get("Connection: close\r\n", target="/b") + get(target="/c"),
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
    conn="close",
)
theme.add(
    "second-local",
    "9112-9.3.2-order",
    get(target="/a") + get(host="Host: nobody.test\r\n") + get(target="/c"),
    status=(200, 404, 200),
    got=targets("/a", "/c"),
    ours=True,
)
theme.add(
    "head-first",
    "9112-9.3.2-order",
    req("HEAD", "/a") + get(target="/b"),
    methods=("HEAD", "GET"),
    status=(200, 200),
    got=targets("/a", "/b"),
)
theme.add(
    "upstream-fails-second",
    ("9112-9.3.2-pipeline-fail", "9112-9.3.2-order"),
    get(target="/a") + post("x", target="/b"),
    fresh=True,
    answers=[resp(body="1"), [CLOSE]],
    status=(200, 502),
    got=(Got(target="/a"), Got(target="/b", body=b"x")),
    conn="any",
)
theme.add(
    "first-cut",
    ("9112-9.3.2-pipeline-fail", "9112-8-record-incomplete"),
    get(target="/a") + get(target="/b"),
    fresh=True,
    answers=[[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", client_has(b"abc"), CLOSE]],
    status=(200,),
    got=targets("/a"),
    reply=Resp(is_truncated=True, body=b"abc"),
    conn="close",
)
theme.add(
    "half-close",
    "house-half-close",
    [get(target="/a") + get(target="/b"), SHUT],
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
    conn="close",
)
theme.add(
    "other-hosts",
    "9110-3.3-stateless",
    get(host="Host: a.wire.test\r\n", target="/a") + get(host="Host: b.wire.test\r\n", target="/b"),
    status=(200, 200),
    got=(Got(has={"host": "a.wire.test"}), Got(has={"host": "b.wire.test"})),
)
theme.add(
    "upgrade-ignored-then-get",
    ORDER,
    get("Connection: upgrade\r\nUpgrade: foo\r\n", target="/a") + get(target="/b"),
    status=(200, 200),
    got=targets("/a", "/b"),
    reply=answers("/a", "/b"),
)
