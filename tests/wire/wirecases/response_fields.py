"""Field lines of responses, and response splitting (RFC 9112 5, RFC 9110 5.5)."""

from wirekit.case import Resp, Theme, get, resp

theme = Theme("rfields")
FAULT = "house-response-faults"
EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

UNFOLDED = ({"status": 200, "conn": "any", "reply": Resp()},)
theme.bad_answer(
    "folded", ("9112-5.2-fold-response", FAULT), resp(fields="X-T: a\r\n b\r\n"), also=UNFOLDED
)
theme.bad_answer(
    "folded-tab", ("9112-5.2-fold-response", FAULT), resp(fields="X-T: a\r\n\tb\r\n"), also=UNFOLDED
)
theme.bad_answer(
    "folded-length",
    ("9112-5.2-fold-response", FAULT),
    resp(fields="Content-Length:\r\n 1\r\n", body="b", length=False),
    also=UNFOLDED,
)
theme.bad_answer(
    "space-first-line",
    ("9112-2.2-space-after-start", FAULT),
    b"HTTP/1.1 200 OK\r\n X-T: a\r\nContent-Length: 0\r\n\r\n",
    also=UNFOLDED,
)
STRIPPED = ({"status": 200, "conn": "any", "reply": Resp(has={"x-t": "a"})},)
theme.bad_answer(
    "space-colon",
    ("9112-5.1-space-colon-response", FAULT),
    resp(fields="X-T : a\r\n"),
    also=STRIPPED,
)
theme.bad_answer(
    "tab-colon",
    ("9112-5.1-space-colon-response", FAULT),
    resp(fields="X-T\t: a\r\n"),
    also=STRIPPED,
)
theme.bad_answer(
    "space-colon-length",
    ("9112-5.1-space-colon-response", FAULT),
    resp(fields="Content-Length : 1\r\n", body="b", length=False),
    also=({"status": 200, "conn": "any", "reply": Resp(body=b"b")},),
)
for name, line in (
    ("no-colon", "Nothing"),
    ("empty-name", ": a"),
    ("name-space", "X T: a"),
    ("name-ctl", "X\x01: a"),
    ("name-nul", "X\0: a"),
    ("name-high", "X\xe9: a"),
    ("name-paren", "X(: a"),
    ("name-quote", '"X": a'),
    ("name-bracket", "X[]: a"),
    ("value-nul", "X-T: a\0b"),
    ("value-del", "X-T: a\x7fb"),
    ("value-esc", "X-T: \x1b[0m"),
    ("value-vtab", "X-T: a\x0bb"),
):
    keys = ("9110-5.5-ctl", FAULT) if name == "value-nul" else ("9110-2.2-grammar", FAULT)
    dropped = ({"status": 200, "conn": "any", "reply": Resp(lacks=("x-t", "x", "nothing"))},)
    theme.bad_answer(
        name,
        keys,
        resp(fields=line + "\r\n"),
        also=dropped,
        ours=name.startswith("value") and name != "value-nul",
    )
for name, line in (
    ("cr", "X-T: a\rX-Evil: 1"),
    ("cr-cr-lf", "X-T: a\r"),
    ("cr-space", "X-T: a\r b"),
    ("cr-name", "X\rT: a"),
    ("cr-first", "\rX-T: a"),
):
    theme.bad_answer(
        f"bare-{name}",
        ("9112-2.2-bare-cr", "9112-2.2-no-bare-cr", FAULT),
        resp(fields=line + "\r\n"),
        also=({"status": 200, "conn": "any", "reply": Resp(lacks=("x-evil",))},),
    )
theme.bad_answer("bare-lf", ("house-bare-lf", FAULT), resp(fields="X-T: a\nX-U: b\r\n"), ours=True)
theme.bad_answer(
    "bare-lf-end",
    ("house-bare-lf", FAULT),
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n",
    ours=True,
)
theme.bad_answer(
    "split-lf-lf",
    ("house-bare-lf", FAULT),
    resp(fields="X-T: a\n\n" + EVIL.replace("\r", "") + "\r\n"),
    ours=True,
)
theme.bad_answer(
    "split-cr-cr",
    ("9112-2.2-bare-cr", "9112-2.2-no-bare-cr"),
    resp(fields="X-T: a\r\r" + EVIL + "\r\n"),
)
