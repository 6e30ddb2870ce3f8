"""Max-Forwards (RFC 9110 7.6.2)."""

from wirekit.case import Got, Resp, Theme, match, req

theme = Theme("maxfwd")
ONE_LESS = ("9110-7.6.2-max-forwards", "9110-7.6.2-max-forwards-decrement")
ZERO = ("9110-7.6.2-max-forwards-zero", "9110-7.6.2-max-forwards")


def options(value, target="/", more=""):
    return req("OPTIONS", target, f"Max-Forwards: {value}\r\n{more}")


theme.add("ten", ONE_LESS, options(10), got=Got(has={"max-forwards": "9"}))
theme.add("one", ONE_LESS, options(1), got=Got(has={"max-forwards": "0"}))
theme.add("hundred", ONE_LESS, options(100), got=Got(has={"max-forwards": "99"}))
theme.add("leading-zeros", ONE_LESS, options("007"), got=Got(has={"max-forwards": "6"}))
theme.add("asterisk", ONE_LESS, options(5, "*"), got=Got(target="*", has={"max-forwards": "4"}))
theme.add(
    "absolute", ONE_LESS, options(5, "http://wire.test/a"), got=Got(has={"max-forwards": "4"})
)
theme.add(
    "huge",
    ONE_LESS,
    options("9" * 30),
    got=Got(has={"max-forwards": match("[0-9]{1,29}")}),
    also=({"status": 400, "got": (), "conn": "any"},),
)
theme.add("zero", ZERO, options(0), status=(200,), got=())
theme.add("zero-asterisk", ZERO, options(0, "*"), status=(200,), got=())
theme.add(
    "zero-allow",
    ZERO,
    options(0),
    status=(200,),
    got=(),
    reply=Resp(has={"allow": match(".*GET.*")}),
    ours=True,
)
theme.add("zeros", ZERO, options("000"), status=(200,), got=())
theme.add(
    "zero-body",
    (*ZERO, "9112-9.3-read-body"),
    req("OPTIONS", "/", "Max-Forwards: 0\r\nContent-Length: 3\r\n", b"abc"),
    status=(200,),
    got=(),
    conn="any",
)
theme.add(
    "other-method",
    "9110-2.4-semantics",
    req("GET", "/", "Max-Forwards: 5\r\n"),
    got=Got(has={"max-forwards": match("[45]")}),
    also=({"got": Got()},),
)
theme.add(
    "other-method-zero",
    "9110-2.4-semantics",
    req("GET", "/", "Max-Forwards: 0\r\n"),
    got=Got(method="GET"),
)
theme.add(
    "not-added",
    "9110-9.3.7-max-forwards-generate",
    req("OPTIONS", "/"),
    got=Got(lacks=("max-forwards",)),
)
theme.add(
    "not-a-number",
    "9110-2.4-semantics",
    options("x"),
    got=Got(),
    also=({"status": 400, "got": (), "conn": "any"},),
)
