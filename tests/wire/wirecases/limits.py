"""Limits of a head: its bytes, its fields, its target (RFC 9110 5.4, RFC 9112 3)."""

from wirekit.case import Got, Resp, Theme, get, resp

theme = Theme("limits")
LARGE = ("9110-5.4-too-large", "house-head-limits")


def many(count):
    return "".join(f"X-{n}: {n}\r\n" for n in range(count))


theme.add("fields-99", "9110-2.3-lengths", get(many(98)), got=Got(has={"x-97": "97"}))
theme.refuse("fields-101", LARGE, get(many(100)), status=431, splits=False, ours=True)
theme.refuse("fields-1000", LARGE, get(many(1000)), status=431, splits=False)
theme.refuse(
    "one-field-70000", LARGE, get("X-A: " + "a" * 70000 + "\r\n"), status=431, splits=False
)
theme.refuse("name-70000", LARGE, get("A" * 70000 + ": x\r\n"), status=431, splits=False)
theme.refuse(
    "many-big",
    LARGE,
    get("".join(f"X-{n}: {'a' * 4000}\r\n" for n in range(20))),
    status=431,
    splits=False,
)
theme.refuse(
    "endless-field",
    LARGE,
    b"GET / HTTP/1.1\r\nHost: wire.test\r\nX-A: " + b"a" * 100000,
    status=431,
    splits=False,
)
theme.refuse(
    "endless-name",
    LARGE,
    b"GET / HTTP/1.1\r\nHost: wire.test\r\n" + b"a" * 100000,
    status=431,
    splits=False,
)
theme.refuse(
    "explained",
    ("house-problem", "9110-15.5-explain"),
    get(many(1000)),
    status=431,
    splits=False,
    reply=Resp(
        status=431, has={"content-type": "application/problem+json"}, body_matches=r'"status": ?431'
    ),
    ours=True,
)
theme.add("narrow-fields-20", "house-head-limits", get(many(19)), config="narrow")
theme.refuse("narrow-fields-21", "house-head-limits", get(many(20)), status=431, config="narrow")
theme.add("narrow-target-1000", "house-head-limits", get(target="/" + "a" * 999), config="narrow")
theme.refuse(
    "narrow-target-1001",
    "house-head-limits",
    get(target="/" + "a" * 1000),
    status=414,
    config="narrow",
)
theme.refuse(
    "narrow-head",
    "house-head-limits",
    get("X-A: " + "a" * 4096 + "\r\n"),
    status=431,
    config="narrow",
    splits=False,
)
theme.add(
    "response-fields-99",
    "9110-2.3-lengths",
    get(),
    answer=resp(fields=many(97)),
    reply=Resp(has={"x-96": "96"}),
)
theme.bad_answer(
    "response-fields-1000",
    "house-response-faults",
    resp(fields=many(1000)),
    splits=False,
    ours=True,
)
theme.bad_answer(
    "response-head-endless",
    "house-response-faults",
    b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100000,
    splits=False,
)
theme.bad_answer(
    "response-field-70000",
    "house-response-faults",
    resp(fields="X-A: " + "a" * 70000 + "\r\n"),
    splits=False,
)
