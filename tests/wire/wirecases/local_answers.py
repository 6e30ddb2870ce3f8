"""Answers of our own: their form and fields (RFC 9110 15.5, RFC 9457)."""

from wirekit.case import Got, Resp, Theme, get, match, req, resp

theme = Theme("local")
KEYS = ("house-problem", "9110-15.5-explain")
HTML = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
NOBODY = "Host: nobody.test\r\n"
JSON = {"content-type": match("application/problem\\+json.*")}

theme.add(
    "json",
    KEYS,
    get(host=NOBODY),
    status=404,
    got=(),
    reply=Resp(has=JSON, body_matches=r'"status": ?404'),
    ours=True,
)
theme.add(
    "json-any",
    KEYS,
    get("Accept: */*\r\n", host=NOBODY),
    status=404,
    got=(),
    reply=Resp(has=JSON),
    ours=True,
)
theme.add(
    "json-asked",
    KEYS,
    get("Accept: application/json\r\n", host=NOBODY),
    status=404,
    got=(),
    reply=Resp(has=JSON),
    ours=True,
)
theme.add(
    "html",
    KEYS,
    get(HTML, host=NOBODY),
    status=404,
    got=(),
    ours=True,
    reply=Resp(has={"content-type": match("text/html.*")}, body_matches="<html"),
)
theme.add(
    "html-escaped",
    "house-problem",
    get(HTML, target="/<script>alert(1)</script>", host=NOBODY),
    status=404,
    got=(),
    ours=True,
    reply=Resp(has={"content-type": match("text/html.*")}),
)
theme.add(
    "head-no-body",
    ("9110-9.3.2-head-no-content", "9110-15.5-explain"),
    req("HEAD", host=NOBODY),
    methods="HEAD",
    status=404,
    got=(),
    ours=True,
    reply=Resp(has=JSON),
)
theme.add(
    "length",
    "9112-6.3-delimit",
    get(host=NOBODY),
    status=404,
    got=(),
    reply=Resp(framing="length"),
    ours=True,
)
theme.add(
    "502",
    KEYS,
    get(),
    fresh=True,
    answer=b"garbage\r\n\r\n",
    status=502,
    reply=Resp(has=JSON, body_matches=r'"status": ?502'),
    ours=True,
)
theme.add(
    "502-html",
    KEYS,
    get(HTML),
    fresh=True,
    answer=b"garbage\r\n\r\n",
    status=502,
    ours=True,
    reply=Resp(has={"content-type": match("text/html.*")}, body_matches="<html"),
)
theme.add(
    "400",
    ("9110-15.5-explain", "house-problem"),
    b"GET / HTTP/1.1\r\n\r\n",
    status=400,
    got=(),
    conn="close",
    ours=True,
    reply=Resp(has=JSON, body_matches=r'"status": ?400'),
)
theme.add(
    "505-explained",
    "9110-15.5-explain",
    b"GET / HTTP/2.0\r\nHost: wire.test\r\n\r\n",
    status=505,
    got=(),
    conn="close",
    reply=Resp(body_matches=".+"),
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.add(
    "kept",
    "9112-9.5-sustain",
    get(host=NOBODY) + get(target="/b"),
    status=(404, 200),
    got=Got(target="/b"),
    ours=True,
)
