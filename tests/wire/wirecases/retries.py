"""What is sent again when a kept upstream connection dies (RFC 9110 9.2.2)."""

from wirekit.case import (
    AT_HEAD,
    CLOSE,
    RESET,
    Got,
    Resp,
    Theme,
    chunked,
    client_has,
    get,
    has_body,
    post,
    req,
)

theme = Theme("retry")
ONCE = "house-retry-once"
NEVER = "9110-9.2.2-no-retry"
LIMIT = "9110-9.2.2-no-retry-retry"

for method in ("GET", "OPTIONS", "DELETE", "PUT"):
    theme.add(
        f"dead-{method.lower()}",
        ONCE,
        req(method, "/r"),
        reuse=True,
        answers=[[CLOSE]],
        got=(Got(target="/r"), Got(target="/r")),
        reply=Resp(body=b"answer to /r"),
    )
theme.add(
    "dead-head",
    ONCE,
    req("HEAD", "/r"),
    reuse=True,
    methods="HEAD",
    answers=[[CLOSE]],
    got=(Got(), Got()),
)
theme.add("dead-reset", ONCE, get(target="/r"), reuse=True, answers=[[RESET]], got=(Got(), Got()))
for method in ("POST", "PATCH", "FROB"):
    theme.add(
        f"never-{method.lower()}",
        NEVER,
        req(method, "/r", "Content-Length: 0\r\n"),
        reuse=True,
        answers=[[CLOSE]],
        status=502,
        got=(Got(target="/r"),),
        also=({"status": (), "conn": "any"},),
    )
theme.add(
    "never-post-body",
    NEVER,
    post("abc", target="/r"),
    reuse=True,
    answers=[[CLOSE]],
    status=502,
    got=(Got(target="/r", body=b"abc"),),
    also=({"status": (), "conn": "any"},),
)
theme.add(
    "never-post-chunked",
    NEVER,
    chunked("3\r\nabc\r\n0\r\n\r\n"),
    reuse=True,
    answers=[[RESET]],
    status=502,
    got=(Got(body=b"abc"),),
    also=({"status": (), "conn": "any"},),
)
theme.add(
    "never-after-answer",
    (LIMIT, "9112-8-record-incomplete"),
    get(target="/r"),
    reuse=True,
    answers=[[b"HTTP/1.1 200 OK\r\nContent-Len", CLOSE]],
    status=502,
    got=(Got(target="/r"),),
    also=({"status": (), "conn": "any"}, {"status": 200, "got": (Got(), Got()), "conn": "any"}),
)
theme.add(
    "never-after-interim",
    LIMIT,
    get(target="/r"),
    reuse=True,
    answers=[[b"HTTP/1.1 103 Early Hints\r\n\r\n", client_has(b"103"), CLOSE]],
    interim=103,
    status=502,
    got=(Got(target="/r"),),
    also=(
        {"status": (), "interim": None, "conn": "any"},
        {"status": 502, "interim": None, "conn": "any"},
    ),
)
theme.add(
    "never-on-fresh",
    LIMIT,
    get(target="/r"),
    fresh=True,
    answers=[[CLOSE], [CLOSE], [CLOSE]],
    status=502,
    got=(Got(target="/r"),),
    ours=True,
)
theme.add(
    "twice-dead",
    LIMIT,
    get(target="/r"),
    reuse=True,
    answers=[[CLOSE], [CLOSE], [CLOSE], [CLOSE]],
    status=502,
    got=(Got(), Got()),
    also=({"status": 502, "got": (Got(),)},),
)
theme.add(
    "body-begun",
    (ONCE, NEVER),
    [req("PUT", "/r", "Content-Length: 6\r\n", b"abc"), client_has(b"502")],
    reuse=True,
    answers=[[AT_HEAD, has_body(b"abc"), CLOSE]],
    status=502,
    got=(Got(is_complete=False),),
    conn="close",
    ours=True,
)
theme.add(
    "other-conn-closed", "9112-9.5-monitor", get(target="/r"), fresh=True, got=(Got(target="/r"),)
)
