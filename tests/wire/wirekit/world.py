"""
One reactor plays the client and the upstream of a case around a proxy, in one thread: nothing is
guessed, everything is waited for. After each case a fresh connection asks for an answer of its
own, so a poisoned upstream connection shows at once, and whatever reached the upstream is read by
the strict parser of message.py.
"""

import re
import selectors
import socket
import struct
import time

from .case import Any_, Case, Got, Resp, Step
from .diag import Diag, pause
from .message import Malformed, read_request, read_response

SYNC = "/wire-sync/"
LINGER_RESET = struct.pack("ii", 1, 0)


class Link:
    """One non-blocking socket with a script of what to send."""

    def __init__(self, world, sock):
        self.world = world
        self.sock = sock
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mine, self.peer = sock.getsockname(), sock.getpeername()
        self.data = b""
        self.eof = False
        self.was_reset = False
        self.closed = False
        self.shut = False
        self.out = []  # pieces; between two of them the peer must have read the first
        self.sent_at = None
        world.sel.register(sock, selectors.EVENT_READ, self)

    def queue(self, data, pieces=None):
        if pieces:
            self.out.extend(pieces(data))
        else:
            self.out.append(data)

    @property
    def is_idle(self):
        return not self.out

    def flush(self):
        while self.out and not self.closed:
            if self.sent_at is not None:
                if (
                    self.world.diag.unread(self.peer, self.mine)
                    and time.monotonic() - self.sent_at < 0.2
                ):
                    return
                self.sent_at = None
            piece = self.out[0]
            try:
                count = self.sock.send(piece)
            except BlockingIOError:
                return
            except OSError:
                self.out.clear()
                self.was_reset = True
                return
            if count < len(piece):
                self.out[0] = piece[count:]
                return
            self.out.pop(0)
            if self.out:
                self.sent_at = time.monotonic()

    def readable(self):
        while not self.closed and not self.eof:
            try:
                data = self.sock.recv(262144)
            except BlockingIOError:
                return
            except OSError:
                self.was_reset, data = True, b""
            if not data:
                self.eof = True
                self.world.sel.unregister(self.sock)
                return
            self.data += data

    def shutdown(self):
        self.shut = True
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self, reset=False):
        if self.closed:
            return
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        if not self.eof:
            self.world.sel.unregister(self.sock)
        self.closed = True
        self.out.clear()
        self.sock.close()


class Exchange:
    """One request at the upstream and the answer being played."""

    def __init__(self, link, start, script):
        self.link, self.start = link, start
        self.script = list(script) if script is not None else None
        self.at = 0
        self.message = None
        self.is_done = False

    @property
    def is_sync(self):
        return self.message.target.startswith(SYNC.encode())

    @property
    def raw_after(self):
        return self.link.data[self.message.end :]


class UpLink(Link):
    def __init__(self, world, sock):
        super().__init__(world, sock)
        self.at = 0
        self.exchanges = []
        self.garbage = None

    @property
    def current(self):
        return self.exchanges[-1] if self.exchanges and not self.exchanges[-1].is_done else None

    def parse(self):
        """Updates the current exchange, or starts the next one when its head has come."""
        try:
            if self.current:
                if not self.current.message.is_complete:
                    self.current.message = read_request(self.data, self.current.start, self.eof)
                    self.at = self.current.message.end
            elif self.at < len(self.data) and not self.garbage:
                if self.exchanges and self.exchanges[-1].message.status == 101:
                    return
                message = read_request(self.data, self.at, self.eof)
                if message:
                    exchange = Exchange(self, self.at, None)
                    exchange.message = message
                    self.at = message.end
                    self.exchanges.append(exchange)
                    self.world.begin(exchange)
        except Malformed as error:
            self.garbage = str(error)
            self.world.problem(
                f"upstream received what is no request: {error}; " f"bytes {self.data[-300:]!r}"
            )
            self.close()


class Client(Link):
    def __init__(self, world, sock, methods):
        super().__init__(world, sock)
        self.methods = list(methods)
        self.at = 0
        self.interims, self.finals = [], []
        self.partial = None
        self.switched = False

    def parse(self):
        while self.at < len(self.data) and not self.switched:
            method = self.methods[min(len(self.finals), len(self.methods) - 1)]
            message = read_response(self.data, self.at, method, self.eof)
            self.partial = message
            if message is None or not (message.is_complete or message.is_truncated):
                return
            self.partial = None
            self.at = message.end
            if message.status == 101:
                self.switched = True
                self.finals.append(message)
            elif message.status < 200:
                self.interims.append(message)
            else:
                self.finals.append(message)
                if message.is_truncated:
                    return

    @property
    def rest(self):
        return self.data[self.at :]


class World:
    def __init__(self, limit=5.0):
        self.limit = limit
        self.sel = selectors.DefaultSelector()
        self.diag = Diag()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener.setblocking(False)
        self.up_address = self.listener.getsockname()
        self.sel.register(self.listener, selectors.EVENT_READ, None)
        self.proxy = None  # (host, port)
        self.links = []  # upstream links
        self.client = None
        self.serial = 0
        self.seen = []  # the final statuses of the last case
        self.reset_case()

    def close(self):
        for link in self.links:
            link.close()
        self.listener.close()
        self.sel.close()
        self.diag.close()

    # -- recording ---------------------------------------------------------------------------

    def reset_case(self):
        self.problems = []
        self.answers = []
        self.exchanges = []  # of this case, in order of arrival; without sync requests
        self.pieces = None

    def problem(self, text):
        if text not in self.problems:
            self.problems.append(text)

    def begin(self, exchange):
        message = exchange.message
        if message.target.startswith(SYNC.encode()):
            script = [self.default_answer(message)]
        else:
            self.exchanges.append(exchange)
            script = self.answers.pop(0) if self.answers else [self.default_answer(message)]
        exchange.script = list(script)

    @staticmethod
    def default_answer(message):
        body = b"answer to " + message.target
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
        return head % len(body) + (b"" if message.method == b"HEAD" else body)

    # -- the reactor -------------------------------------------------------------------------

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            try:
                self.links.append(UpLink(self, sock))
            except OSError:
                sock.close()

    def turn(self, timeout):
        links = [link for link in [self.client, *self.links] if link and not link.closed]
        if any(link.out for link in links):
            timeout = 0  # what is sent now may be what is waited for
            pause()
        for link in links:
            link.flush()
        for key, _ in self.sel.select(timeout):
            if key.data is None:
                self.accept()
            else:
                key.data.readable()
        for link in list(self.links):
            self.play(link)
            if link.closed or (link.eof and not link.current):
                link.close()
                self.links.remove(link)

    def play(self, link):
        link.parse()
        while link.current and not link.closed:
            exchange = link.current
            if not self.play_exchange(exchange):
                return
            link.parse()

    def play_exchange(self, exchange):
        """Advances one answer; True when it is finished."""
        link, script = exchange.link, exchange.script
        early = script and isinstance(script[0], Step) and script[0].kind == "at-head"
        if not early and not exchange.message.is_complete:
            if link.eof:
                exchange.is_done = True
                return True
            return False
        while exchange.at < len(script):
            step = script[exchange.at]
            if isinstance(step, bytes):
                pieces = None if exchange.is_sync else self.pieces
                link.queue(step, pieces)
                link.flush()
                if b"HTTP/1.1 101" in step:
                    exchange.message.status = 101
            elif not self.answer_step(exchange, step):
                return False
            exchange.at += 1
            if link.closed:
                exchange.is_done = True
                return True
        if exchange.message.status == 101 and not link.eof:
            return False
        if not exchange.message.is_complete and not link.eof:
            return False
        if link.out:
            return False
        exchange.is_done = True
        return True

    def answer_step(self, exchange, step):
        link = exchange.link
        if step.kind in ("shut", "close", "reset") and link.out:
            return False
        if step.kind == "at-head":
            return True
        if step.kind == "shut":
            link.shutdown()
            return True
        if step.kind in ("close", "reset"):
            link.close(reset=step.kind == "reset")
            return True
        if step.kind == "has-body":
            return step.value in exchange.message.body
        if step.kind == "raw-has":
            return step.value in exchange.raw_after
        if step.kind == "complete":
            return exchange.message.is_complete
        if step.kind == "up-eof":
            return link.eof
        return self.common_step(step)

    def common_step(self, step):
        if step.kind == "client-has":
            return step.value in self.client.data
        if step.kind == "client-eof":
            return self.client.eof
        raise ValueError(step.kind)

    def client_step(self, client, step):
        if step.kind in ("shut", "close", "reset") and client.out:
            return False
        if step.kind == "shut":
            client.shutdown()
            return True
        if step.kind in ("close", "reset"):
            client.close(reset=step.kind == "reset")
            return True
        if step.kind == "up-heads":
            return len(self.exchanges) >= step.value
        last = self.exchanges[-1] if self.exchanges else None
        if step.kind == "up-body":
            return bool(last) and step.value in last.message.body
        if step.kind == "up-raw":
            return bool(last) and step.value in last.raw_after
        if step.kind == "up-gone":
            return bool(last) and (last.link.eof or last.link.closed)
        return self.common_step(step)

    def until(self, condition, limit=None):
        """Runs the reactor until `condition()`; False when the time is over."""
        deadline = time.monotonic() + (limit or self.limit)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.turn(min(left, 0.25))
        return True

    def connect(self, methods=("GET",)):
        sock = socket.create_connection(self.proxy, timeout=self.limit)
        return Client(self, sock, methods)

    # -- playing a case ----------------------------------------------------------------------

    def ask(self, client, what):
        """A request with an answer of its own on `client`; a problem when it gets another."""
        self.serial += 1
        target = f"{SYNC}{self.serial}"
        client.methods = ["GET"]
        finals = len(client.finals)
        client.queue(f"GET {target} HTTP/1.1\r\nHost: wire.test\r\n\r\n".encode())
        want = f"answer to {target}".encode()
        keep, self.client = self.client, client
        try:
            ended = self.until(
                lambda: self.parsed(client) and (len(client.finals) > finals or client.eof)
            )
        finally:
            self.client = keep
        if len(client.finals) > finals:
            answer = client.finals[finals]
            if answer.status != 200 or answer.body != want:
                self.problem(f"{what} got {answer.status} {answer.body[:120]!r}, not {want!r}")
                return False
            if client.rest:
                self.problem(f"{what}: extra bytes {client.rest[:120]!r}")
                return False
            return True
        self.problem(
            f"{what} got no answer: "
            + ("connection closed" if ended else "timed out")
            + f"; bytes {client.rest[:120]!r}"
        )
        return False

    def parsed(self, client):
        try:
            client.parse()
        except Malformed as error:
            self.problem(
                f"client received what is no response: {error}; " f"bytes {client.rest[:200]!r}"
            )
            client.eof_seen = True
            return True
        return True

    def drop_upstreams(self):
        """Ends all idle upstream connections and waits until the proxy has ended its side too."""
        for link in self.links:
            link.shutdown()
        if not self.until(lambda: not self.links, 1.0):
            for link in list(self.links):
                link.close()
            self.links.clear()

    def prepare(self, case):
        if case.fresh:
            self.drop_upstreams()
        if case.reuse:
            client = self.connect()
            self.ask(client, "the request before the case")
            client.close()
        self.reset_case()

    def play_client(self, client, case):
        """Plays the case's script until everything expected has happened."""
        script, at = list(case.send), 0
        finals, got = len(case.status or ()), case.got

        def is_over():
            nonlocal at
            self.parsed(client)
            while at < len(script) and not client.closed:
                step = script[at]
                if isinstance(step, bytes):
                    client.queue(step, self.pieces)
                    client.flush()
                elif not self.client_step(client, step):
                    break
                at += 1
            if self.problems:
                return True
            if client.closed:
                return case.partial is not None or self.are_answered(case)
            early = at < len(script)
            if client.eof and not client.out:
                return not early or not self.is_waiting_for_upstream(script[at])
            if case.status is None:
                return False
            if len(client.finals) > finals or any(
                message.status != want for message, want in zip(client.finals, case.status)
            ):
                return True
            if early or client.out or len(client.finals) < finals:
                return False
            if got and len(self.exchanges) < len(got):
                return False
            if case.extra is not None and len(client.rest) < len(case.extra):
                return False
            return case.partial is not None or self.are_answered(case)

        if not self.until(is_over):
            where = f"; waiting at step {script[at]}" if at < len(script) else ""
            self.problem(
                f"timed out: client has {len(client.finals)} of {finals} responses, "
                f"upstream has {len(self.exchanges)} requests{where}; "
                f"client bytes {client.data[-300:]!r}"
            )

    def are_answered(self, case):
        """Whether all answers have been played; a request that will stay incomplete needs none."""
        expected = case.got or (Got(),) * len(self.exchanges)
        return all(
            exchange.is_done
            or not want.is_complete
            or (exchange.message.status == 101 and exchange.at == len(exchange.script))
            for exchange, want in zip(self.exchanges, expected)
        )

    @staticmethod
    def is_waiting_for_upstream(step):
        return isinstance(step, Step) and step.kind in ("up-gone", "up-heads")

    def run(self, case, pieces=None):
        """Plays `case` and returns what was wrong, as a list of sentences."""
        self.prepare(case)
        self.answers = [list(answer) for answer in case.answers]
        self.pieces = pieces
        client = self.client = self.connect(case.methods)
        try:
            self.play_client(client, case)
            self.seen = [message.status for message in client.finals]
            if not client.closed:
                self.check_client(client, case)
            self.check_upstream(case)
            if not self.problems and not client.closed:
                self.check_conn(client, case)
        finally:
            client.close()
            self.client = None
            self.answers, self.pieces = [], None
        self.finish_exchanges()
        fresh = self.connect()
        self.ask(fresh, "a fresh connection after the case")
        fresh.close()
        while self.sel.select(0):
            self.turn(0)
        want = len(case.got) if case.got is not None and case.partial is None else 1
        if len(self.exchanges) > want and not self.problems:
            self.problem(f"upstream received more: {self.exchanges[-1].message.raw_head!r}")
        problems = self.problems
        if problems:
            self.reset_case()
            self.drop_upstreams()
        return problems

    def finish_exchanges(self):
        """Ends upstream connections whose answers were never finished (holds, switches)."""
        for link in list(self.links):
            if link.current:
                link.close()
                self.links.remove(link)

    # -- judging -----------------------------------------------------------------------------

    def check_conn(self, client, case):
        if case.conn == "keep":
            if client.rest:
                self.problem(f"extra bytes at the client: {client.rest[:200]!r}")
            elif client.eof:
                self.problem("the connection was closed, and should be kept")
            else:
                self.ask(client, "a follow-up on the same connection")
        elif case.conn == "close":
            if not self.until(lambda: client.eof):
                self.problem("the connection was kept, and should be closed")
            self.parsed(client)
            if client.rest and case.extra is None:
                self.problem(f"extra bytes at the client: {client.rest[:200]!r}")

    def check_client(self, client, case):
        statuses = [message.status for message in client.finals]
        if case.status is not None and statuses != list(case.status):
            if client.eof and not statuses:
                self.problem(
                    f"no response, want {list(case.status)}; the connection was "
                    + ("reset" if client.was_reset else "closed")
                    + f"; bytes {client.data[:200]!r}"
                )
            else:
                self.problem(f"statuses {statuses}, want {list(case.status)}")
            return
        interims = [message.status for message in client.interims]
        if case.interim is not None and interims != list(case.interim):
            self.problem(f"interim responses {interims}, want {list(case.interim)}")
        elif case.interim_has:
            self.check_fields("interim response", client.interims[0], case.interim_has, ())
        if case.extra is not None and client.rest != case.extra:
            self.problem(
                f"after the switch the client got {client.rest[:200]!r}, "
                f"want {case.extra[:200]!r}"
            )
        for message in client.finals:
            self.check_response(message)
        for number, want in enumerate(case.reply or ()):
            self.check_reply(f"response {number + 1}", client.finals[number], want)
        if not any(want.is_truncated for want in case.reply or ()):
            for message in client.finals:
                if message.is_truncated:
                    self.problem(f"response cut short: {message.body[-100:]!r}")

    def check_response(self, message):
        """What holds for every response that leaves a proxy."""
        if message.minor != 1 and message.status != 0:
            self.problem(f"response is HTTP/1.{message.minor}, not the proxy's own version")
        if message.status in (204, 304) and message.framing != "none":
            self.problem("a body was framed where none can be")
        if message.status == 204 or message.status < 200:
            for name in ("content-length", "transfer-encoding"):
                if name in message.names:
                    self.problem(f"{name} in a {message.status}")

    def check_upstream(self, case):
        if case.partial is not None:
            self.check_partial(case)
            return
        want = case.got if case.got is not None else (Got(),)
        if len(self.exchanges) != len(want):
            heads = [exchange.message.raw_head for exchange in self.exchanges]
            self.problem(f"upstream received {len(heads)} requests, want {len(want)}: {heads!r}")
            return
        for number, (exchange, expected) in enumerate(zip(self.exchanges, want)):
            self.check_request(f"request {number + 1} at the upstream", exchange, expected)

    def check_partial(self, case):
        if not self.until(
            lambda: all(
                exchange.link.eof or exchange.link.closed or exchange.message.is_complete
                for exchange in self.exchanges
            )
        ):
            self.problem("the upstream connection of the broken request stays open")
        for number, exchange in enumerate(self.exchanges):
            message = exchange.message
            if number > 0 or message.is_complete:
                self.problem(
                    f"upstream received a complete request: {message.raw_head!r} "
                    f"{message.body[:100]!r}"
                )
            elif not case.partial.startswith(message.body):
                self.problem(
                    f"upstream received the body {message.body[:200]!r}, "
                    f"want a prefix of {case.partial[:200]!r}"
                )

    def check_request(self, where, exchange, want):
        message = exchange.message
        if message.minor != 1:
            self.problem(f"{where} is HTTP/1.{message.minor}, not the proxy's own version")
        if want.method is not None and message.method.decode() != want.method:
            self.problem(f"{where}: method {message.method!r}, want {want.method}")
        if want.target is not None and message.target.decode("latin-1") != want.target:
            self.problem(f"{where}: target {message.target!r}, want {want.target}")
        if want.is_complete is True and not message.is_complete:
            self.problem(f"{where} is incomplete: body {message.body[-100:]!r}")
        if want.is_complete is False and message.is_complete:
            self.problem(f"{where} was made to look complete")
        if want.raw is not None and exchange.raw_after != want.raw:
            self.problem(f"{where}: then {exchange.raw_after[:200]!r}, want {want.raw[:200]!r}")
        self.check_message(where, message, want)

    def check_reply(self, where, message, want):
        if want.status is not None and message.status != want.status:
            self.problem(f"{where}: status {message.status}, want {want.status}")
        if want.phrase is not None and message.phrase.decode("latin-1") != want.phrase:
            self.problem(f"{where}: reason phrase {message.phrase!r}, want {want.phrase!r}")
        if want.is_truncated and not message.is_truncated:
            self.problem(f"{where} was made to look complete")
        if want.body_matches is not None and not re.search(
            want.body_matches, message.body.decode("latin-1"), re.S
        ):
            self.problem(f"{where}: body {message.body[:200]!r} has no {want.body_matches!r}")
        self.check_message(where, message, want)

    def check_message(self, where, message, want):
        self.check_fields(where, message, want.has, want.lacks)
        if want.body is not None and message.body != want.body:
            self.problem(
                f"{where}: body of {len(message.body)} bytes {message.body[:120]!r}, "
                f"want {len(want.body)} bytes {want.body[:120]!r}"
            )
        if want.framing is not None and message.framing != want.framing:
            self.problem(f"{where}: framing {message.framing}, want {want.framing}")
        if want.trailers is not None:
            have = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in message.trailers]
            if have != [(n.lower(), v) for n, v in want.trailers]:
                self.problem(f"{where}: trailers {have}, want {want.trailers}")
        if want.order is not None:
            have = [name for name in message.names if name in want.order]
            if have != list(want.order):
                self.problem(f"{where}: fields in order {have}, want {list(want.order)}")

    def check_fields(self, where, message, has, lacks):
        for name, value in has.items():
            have = message.all(name)
            if isinstance(value, Any_):
                good = len(have) == 1 and (
                    value.pattern is None or re.fullmatch(value.pattern, have[0])
                )
            elif isinstance(value, str):
                good = have == [value]
            else:
                good = have == list(value)
            if not good:
                self.problem(f"{where}: {name} is {have}, want {value!r}")
        for name in lacks:
            if message.all(name):
                self.problem(f"{where} has {name}: {message.all(name)}, and must not")


def judge(world, case, lenient=False, pieces=None):
    """What is wrong with the case. Peers (`lenient`) may refuse with any 4xx or 5xx or by closing,
    and may choose any other outcome the RFCs allow."""
    problems = world.run(case, pieces)
    if problems and lenient and not any("what is no" in problem for problem in problems):
        seen = world.seen
        for variant in variants(case, seen):
            if not world.run(variant, pieces):
                return []
    return problems


# A connection whose framing is in doubt must be closed; after other refusals it may be kept.
CLOSING = re.compile("9112-(6|8|9)")


def variants(case, seen):
    """The other outcomes the RFCs allow that begin with the statuses `seen`."""
    fields = {name: getattr(case, name) for name in case.__dataclass_fields__}
    is_refusal = case.status and len(case.status) == 1 and case.status[0] >= 400
    # A 502 to a bad request is not a refusal: the peer passed it on, and our upstream hung up.
    is_theirs = case.status != (502,) and seen and seen[0] in (502, 503, 504)
    if is_refusal and not is_theirs and (not seen or seen[0] >= 400):
        must_close = case.conn == "close" and any(CLOSING.match(key) for key in case.reqs)
        reply = None if case.got == () or not seen else case.reply
        yield Case(
            **{
                **fields,
                "status": tuple(seen),
                "reply": reply,
                "conn": "close" if must_close else "any",
            }
        )
    for other in case.also:
        changes = dict(other)
        for key in ("status", "got", "reply"):
            if key in changes and not isinstance(changes[key], tuple):
                changes[key] = (changes[key],)
        status = changes.get("status", case.status)
        if status is None or status == tuple(seen):
            yield Case(**{**fields, **changes})


__all__ = ["World", "judge", "Got", "Resp"]
