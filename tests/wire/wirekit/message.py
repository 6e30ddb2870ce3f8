"""
Reads HTTP/1 messages from raw bytes, strictly (RFC 9112), so that whatever the proxy sends to
either side is judged by the grammar and not by a forgiving library. Raises Malformed for bytes
that are no message.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/1\.([01])\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)\Z")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})((?:;[\t\x20-\x7e\x80-\xff]*)?)\Z")


class Malformed(Exception):
    pass


@dataclass
class Message:
    raw_head: bytes
    minor: int
    fields: list
    method: bytes = b""
    target: bytes = b""
    status: int = 0
    phrase: bytes = b""
    framing: str = "none"  # none, length, chunked, to-close
    body: bytes = b""
    trailers: list = field(default_factory=list)
    chunk_lines: list = field(default_factory=list)
    end: int = 0  # offset in the input behind what was read
    is_complete: bool = False
    is_truncated: bool = False  # the connection ended inside it

    def all(self, name):
        name = name.lower().encode()
        return [value.decode("latin-1") for n, value in self.fields if n.lower() == name]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def names(self):
        return [n.decode("latin-1").lower() for n, _ in self.fields]


def parse_lines(head):
    """The fields of a header or trailer section given without its last empty line."""
    fields = []
    for line in head.split(b"\r\n") if head else []:
        if b"\r" in line or b"\n" in line:
            raise Malformed(f"bare CR or LF in {line!r}")
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.match(name):
            raise Malformed(f"not a field line: {line!r}")
        value = value.strip(b" \t")
        if not VALUE.match(value):
            raise Malformed(f"control character in {line!r}")
        fields.append((name, value))
    return fields


def content_length(message):
    values = message.all("content-length")
    if not values:
        return None
    if len(values) != 1 or not re.fullmatch(r"[0-9]{1,19}", values[0]):
        raise Malformed(f"Content-Length {values!r}")
    return int(values[0])


def is_chunked(message):
    values = message.all("transfer-encoding")
    if not values:
        return False
    if len(values) != 1 or values[0].lower() != "chunked":
        raise Malformed(f"Transfer-Encoding {values!r}")
    if message.all("content-length"):
        raise Malformed("Content-Length together with Transfer-Encoding")
    return True


def split_head(data, start):
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        lone = data.find(b"\n\n", start)
        if lone >= 0:
            raise Malformed(f"a head that ends with bare LFs: {data[start:lone + 2]!r}")
        return None, None, None
    first, _, rest = data[start:end].partition(b"\r\n")
    return first, rest, end + 4


def read_chunked(message, data, at):
    body = []
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            if len(data) - at > 4096:
                raise Malformed("endless chunk line")
            break
        line = data[at:end]
        match = CHUNK_LINE.match(line)
        if not match:
            raise Malformed(f"chunk line {line!r}")
        size = int(match.group(1), 16)
        message.chunk_lines.append(line)
        at = end + 2
        if size == 0:
            if data[at : at + 2] == b"\r\n":
                message.end, message.is_complete = at + 2, True
                break
            stop = data.find(b"\r\n\r\n", at)
            if stop < 0:
                break
            message.trailers = parse_lines(data[at:stop])
            message.end, message.is_complete = stop + 4, True
            break
        body.append(data[at : at + size])
        if len(data) < at + size + 2:
            if len(data) == at + size + 1 and data[at + size :] != b"\r":
                raise Malformed("chunk data without CRLF")
            break
        if data[at + size : at + size + 2] != b"\r\n":
            raise Malformed("chunk data without CRLF")
        at += size + 2
    message.body = b"".join(body)
    if not message.is_complete:
        message.end = len(data)


def read_body(message, data, at, eof):
    if message.framing == "none":
        message.end, message.is_complete = at, True
    elif message.framing == "length":
        want = content_length(message)
        message.body = data[at : at + want]
        message.end = at + len(message.body)
        message.is_complete = len(message.body) == want
    elif message.framing == "chunked":
        read_chunked(message, data, at)
    else:
        message.body = data[at:]
        message.end, message.is_complete = len(data), eof
    if eof and not message.is_complete:
        message.is_truncated = True


def read_request(data, start=0, eof=False):
    """The request at `start`; None while its head is incomplete."""
    first, rest, at = split_head(data, start)
    if first is None:
        return None
    match = REQUEST_LINE.match(first)
    if not match:
        raise Malformed(f"request line {first!r}")
    message = Message(
        data[start:at],
        int(match.group(3)),
        parse_lines(rest),
        method=match.group(1),
        target=match.group(2),
    )
    if is_chunked(message):
        message.framing = "chunked"
    elif content_length(message) is not None:
        message.framing = "length"
    if message.minor == 1 and len(message.all("host")) != 1:
        raise Malformed(f"Host {message.all('host')!r}")
    read_body(message, data, at, eof)
    return message


def read_response(data, start, method, eof=False):
    """The response at `start` to a request with `method`; None while its head is incomplete."""
    first, rest, at = split_head(data, start)
    if first is None:
        return None
    match = STATUS_LINE.match(first)
    if not match:
        raise Malformed(f"status line {first!r}")
    message = Message(
        data[start:at],
        int(match.group(1)),
        parse_lines(rest),
        status=int(match.group(2)),
        phrase=match.group(3),
    )
    chunked, length = is_chunked(message), content_length(message)
    if method == "HEAD" or message.status < 200 or message.status in (204, 304):
        message.framing = "none"
    elif chunked:
        message.framing = "chunked"
    elif length is not None:
        message.framing = "length"
    else:
        message.framing = "to-close"
    read_body(message, data, at, eof)
    return message
