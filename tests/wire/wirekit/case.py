"""
The vocabulary of a case: what the client sends, how the upstream answers, and what both must have
seen in the end. Cases are plain data; world.py plays them.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """Something other than bytes in a script: an action, or a condition to wait for."""

    kind: str
    value: Any = None


SHUT = Step("shut")  # half-close: no more bytes from this end
CLOSE = Step("close")  # close the connection
RESET = Step("reset")  # close it with a TCP reset
AT_HEAD = Step("at-head")  # first in an answer: do not wait for the request's body

# Conditions for the client's script.


def up_heads(count):
    """The upstream has received the heads of `count` requests of this case."""
    return Step("up-heads", count)


def up_body(data):
    """The last request at the upstream has a body that holds `data`."""
    return Step("up-body", data)


def up_raw(data):
    """The upstream has received `data` on a connection that switched protocols."""
    return Step("up-raw", data)


UP_GONE = Step("up-gone")  # the proxy has closed the upstream connection of the last request

# Conditions for either script.


def client_has(data):
    """The client has received bytes that hold `data`."""
    return Step("client-has", data)


CLIENT_EOF = Step("client-eof")  # the proxy has closed towards the client

# Conditions for an answer.


def has_body(data):
    """The request being answered has a body that holds `data` so far."""
    return Step("has-body", data)


def raw_has(data):
    """Bytes after the request being answered hold `data`."""
    return Step("raw-has", data)


UP_EOF = Step("up-eof")  # the proxy has half-closed or closed its upstream connection
COMPLETE = Step("complete")  # the request being answered is complete


class Any_:
    """Matches any value; with `pattern`, values that match it entirely."""

    def __init__(self, pattern=None):
        self.pattern = pattern

    def __repr__(self):
        return f"Match({self.pattern!r})"


ANY = Any_()


def match(pattern):
    return Any_(pattern)


@dataclass(frozen=True)
class Got:
    """One request as the upstream must have received it. None: not checked. In `has` a value is a
    string, a list (all lines of that name, in order) or match(regex)."""

    method: str = None
    target: str = None
    has: dict = field(default_factory=dict)
    lacks: tuple = ()
    body: bytes = None
    framing: str = None
    trailers: list = None
    order: tuple = None  # these names appear in this order
    is_complete: bool = True  # None: not checked
    raw: bytes = None  # bytes after a protocol switch


@dataclass(frozen=True)
class Resp:
    """One final response as the client must have received it."""

    status: int = None
    has: dict = field(default_factory=dict)
    lacks: tuple = ()
    body: bytes = None
    framing: str = None
    trailers: list = None
    phrase: str = None
    is_truncated: bool = False
    order: tuple = None
    body_matches: str = None


@dataclass(frozen=True)
class Case:
    id: str
    reqs: tuple  # keys into requirements.py
    send: tuple  # bytes and Steps
    answers: tuple = ()  # one tuple of bytes and Steps per request at the upstream
    status: tuple = (200,)  # the final statuses the client sees, in order; None: not checked
    interim: tuple = ()  # the 1xx statuses it sees before them
    got: tuple = None  # what the upstream received; None: one request; (): nothing
    partial: bytes = None  # the upstream receives nothing, or a request that is cut off and whose
    # body is a prefix of this; `got` does not matter then
    reply: tuple = None  # checks on the final responses
    interim_has: dict = None  # fields of the first interim response
    conn: str = "keep"  # keep (a follow-up gets its own answer), close, any
    methods: tuple = ("GET",)  # of the requests sent, for reading the responses
    config: str = "plain"
    fresh: bool = False  # no upstream connection is open when the case starts
    reuse: bool = False  # an idle upstream connection exists when it starts
    extra: bytes = None  # bytes the client must receive after a 101
    also: tuple = ()  # other outcomes RFC 9110/9112 allow; accepted from peers only
    splits: bool = False  # a refusal: also fed byte by byte and in pieces
    ours: bool = False  # shows a choice of ours; peers are not judged by it
    theme: str = ""


def as_tuple(value):
    if value is None:
        return None
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


class Theme:
    """Collects the cases of one module."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def add(self, ident, reqs, send, **kw):
        for key in ("status", "interim", "got", "reply", "methods", "also"):
            if key in kw:
                kw[key] = as_tuple(kw[key])
        if "answer" in kw:
            kw["answers"] = (as_tuple(kw.pop("answer")),)
        if "answers" in kw:
            kw["answers"] = tuple(as_tuple(answer) for answer in kw["answers"])
        case = Case(f"{self.name}-{ident}", as_tuple(reqs), as_tuple(send), theme=self.name, **kw)
        self.cases.append(case)
        return case

    def refuse(self, ident, reqs, send, status=400, **kw):
        """The request is answered with `status`, nothing reaches the upstream, the connection
        closes."""
        kw.setdefault("got", ())
        kw.setdefault("conn", "close")
        kw.setdefault("splits", all(isinstance(step, bytes) for step in as_tuple(send)))
        return self.add(ident, reqs, send, status=status, **kw)

    def refuse_late(self, ident, reqs, send, partial=b"", status=400, **kw):
        """The same when the fault is in the body: the upstream may have received the head and what
        came before the fault, but never a complete request."""
        return self.refuse(ident, reqs, send, status, partial=partial, **kw)

    def bad_answer(self, ident, reqs, answer, send=None, **kw):
        """A response the proxy must not pass on: the client gets a 502 of ours, and the upstream
        connection is not used again."""
        kw.setdefault("status", 502)
        kw.setdefault("splits", all(isinstance(step, bytes) for step in as_tuple(answer)))
        return self.add(ident, reqs, send or get(), answer=answer, fresh=True, **kw)


HOST = "Host: wire.test\r\n"


def req(method="GET", target="/", fields="", body=b"", version="1.1", host=HOST):
    """A request's bytes; `fields` are complete lines."""
    text = f"{method} {target} HTTP/{version}\r\n{host}{fields}\r\n"
    return text.encode("latin-1") + (body if isinstance(body, bytes) else body.encode("latin-1"))


def get(fields="", target="/", **kw):
    return req("GET", target, fields, **kw)


def post(body, fields="", target="/", **kw):
    body = body if isinstance(body, bytes) else body.encode("latin-1")
    return req("POST", target, f"{fields}Content-Length: {len(body)}\r\n", body, **kw)


def chunked(raw, fields="", target="/", method="POST", **kw):
    """A request with a chunked body given raw, from the first chunk line on."""
    return req(method, target, f"Transfer-Encoding: chunked\r\n{fields}", raw, **kw)


def resp(status="200 OK", fields="", body=b"", length=True, version="1.1"):
    """A response's bytes; `length` adds Content-Length."""
    body = body if isinstance(body, bytes) else body.encode("latin-1")
    size = f"Content-Length: {len(body)}\r\n" if length else ""
    return f"HTTP/{version} {status}\r\n{size}{fields}\r\n".encode("latin-1") + body


def resp_chunked(raw, fields="", status="200 OK"):
    raw = raw if isinstance(raw, bytes) else raw.encode("latin-1")
    return resp(status, f"Transfer-Encoding: chunked\r\n{fields}", raw, length=False)
