"""Status lines of responses (RFC 9112 4)."""

from wirekit.case import CLOSE, Resp, Theme, get, resp

theme = Theme("status")
FAULT = "house-response-faults"
REST = b"\r\nContent-Length: 0\r\n\r\n"

for code in (
    200,
    201,
    202,
    203,
    206,
    207,
    226,
    300,
    301,
    302,
    303,
    307,
    308,
    400,
    401,
    402,
    403,
    404,
    405,
    406,
    407,
    408,
    409,
    410,
    411,
    412,
    413,
    414,
    415,
    416,
    417,
    418,
    421,
    422,
    423,
    424,
    425,
    426,
    428,
    429,
    431,
    451,
    500,
    501,
    502,
    503,
    504,
    505,
    507,
    511,
):
    theme.add(
        f"code-{code}",
        "9110-2.4-semantics",
        get(),
        status=code,
        answer=resp(f"{code} Some Words", "X-From: up\r\n", "b"),
        reply=Resp(body=b"b", has={"x-from": "up"}),
    )
for code in (199 + 100, 399, 499, 599):
    theme.add(
        f"unknown-{code}",
        "9110-15-unknown-status",
        get(),
        status=code,
        answer=resp(f"{code} X", body="b"),
        reply=Resp(body=b"b"),
    )
theme.add(
    "phrase-kept",
    "9110-2.4-semantics",
    get(),
    answer=resp("200 All Is Well"),
    reply=Resp(),
    also=({"reply": Resp(phrase="OK")},),
)
theme.add(
    "phrase-empty",
    "9112-4-phrase-space",
    get(),
    answer=b"HTTP/1.1 200 " + REST,
    reply=Resp(status=200),
)
theme.add(
    "phrase-missing-space",
    "9112-4-phrase-space",
    get(),
    answer=b"HTTP/1.1 200" + REST,
    reply=Resp(status=200),
    also=({"status": 502, "reply": Resp()},),
)
theme.add("phrase-obs-text", "9110-5.5-obs-text", get(), answer=b"HTTP/1.1 200 \xe9t\xe9" + REST)
theme.add("phrase-tab", "9110-2.4-semantics", get(), answer=b"HTTP/1.1 200 a\tb" + REST)
theme.add(
    "own-version-10",
    ("9112-2.3-own-version", "9110-6.2-own-version"),
    get(),
    fresh=True,
    answer=[b"HTTP/1.0 200 OK\r\n\r\nold", CLOSE],
    conn="any",
    reply=Resp(body=b"old"),
)
theme.add(
    "own-version-12",
    ("9112-2.3-own-version", "9110-6.2-higher-minor"),
    get(),
    answer=b"HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\nb",
    reply=Resp(body=b"b"),
)
for name, line in (
    ("version-2", b"HTTP/2.0 200 OK"),
    ("version-0", b"HTTP/0.9 200 OK"),
    ("version-word", b"HTTP 200 OK"),
    ("version-lower", b"http/1.1 200 OK"),
    ("version-icy", b"ICY 200 OK"),
    ("version-digits", b"HTTP/1.11 200 OK"),
    ("code-two", b"HTTP/1.1 20 OK"),
    ("code-four", b"HTTP/1.1 2000 OK"),
    ("code-letters", b"HTTP/1.1 2x0 OK"),
    ("code-none", b"HTTP/1.1 OK"),
    ("code-sign", b"HTTP/1.1 +200 OK"),
    ("code-099", b"HTTP/1.1 099 No"),
    ("code-000", b"HTTP/1.1 000 No"),
    ("code-600", b"HTTP/1.1 600 No"),
    ("code-999", b"HTTP/1.1 999 No"),
    ("two-spaces", b"HTTP/1.1  200 OK"),
    ("tab", b"HTTP/1.1\t200 OK"),
    ("leading-space", b" HTTP/1.1 200 OK"),
    ("phrase-nul", b"HTTP/1.1 200 O\0K"),
    ("phrase-ctl", b"HTTP/1.1 200 O\x01K"),
    ("phrase-cr", b"HTTP/1.1 200 O\rK"),
    ("line-lf", b"HTTP/1.1 200 OK\nX: y"),
    ("empty", b""),
    ("not-http", b"220 mail.test ESMTP"),
    ("html", b"<html>oops</html>"),
    ("binary", b"\x15\x03\x03\x00\x02\x02\x28"),
    ("request", b"GET / HTTP/1.1"),
):
    keys = [FAULT]
    if name == "phrase-cr":
        keys += ["9112-2.2-bare-cr", "9112-2.2-no-bare-cr"]
    if name == "phrase-nul":
        keys.append("9110-5.5-ctl")
    if name == "code-999" or name == "code-600":
        keys.append("9110-15-unknown-status")
    theme.bad_answer(
        f"bad-{name}",
        keys,
        line + REST,
        ours=name in ("code-600", "code-999", "version-0", "line-lf", "version-2"),
    )
