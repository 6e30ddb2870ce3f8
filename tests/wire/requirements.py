"""
The requirements of RFC 9110 and RFC 9112 that bind a reverse proxy, in its roles as server towards
clients and as client towards upstreams, and the stricter rules we set ourselves. Each has a key
that cases refer to; docs/http.md is written from this table and the cases by document.py.

Texts are our own words, not the RFCs'.
"""

from collections import namedtuple

Requirement = namedtuple("Requirement", "key rfc section level text")

_TABLE = """
9110 2.2 grammar MUST NOT | send protocol elements that do not match their grammar
9110 2.3 lengths MUST | parse elements at least as long as those we send ourselves
9110 2.4 semantics MUST | give each received element the meaning the RFC gives it
9110 3.3 stateless MUST NOT | take two requests on one connection for the same user's
9110 4.1 uri-length SHOULD | support URIs of 8000 octets
9110 4.2.1 empty-host MUST | reject an http URI with an empty host
9110 4.2.4 userinfo SHOULD | treat userinfo in a received http URI as an error
9110 5.1 unknown-fields MUST | forward fields we do not know
9110 5.3 field-order MUST NOT | change the order of field lines with one name
9110 5.3 whole-head MUST NOT | apply a request before its whole header section has come
9110 5.4 too-large MUST | answer 4xx to a field, or a set of fields, larger than we want
9110 5.5 trim MUST | exclude whitespace around a field value
9110 5.5 obs-text SHOULD | treat octets 0x80-0xFF in values as opaque
9110 5.5 ctl MUST | reject (or neutralise) CR, LF and NUL in a field value
9110 5.6.1 empty-elements MUST | ignore a few empty elements in lists
9110 5.6.1 no-empty-elements MUST NOT | generate empty list elements
9110 5.6.7 imf-date MUST | generate dates as IMF-fixdate
9110 6.2 own-version SHOULD | answer with our highest version of the request's major version
9110 6.2 higher-minor SHOULD | process a higher minor version as the highest we know
9110 6.5.1 trailer-merge MUST NOT | merge trailer fields into the header section
9110 6.5.1 trailer-generate MUST NOT | generate trailer fields that are not allowed in trailers
9110 6.6.1 date MUST | append Date to a forwarded response that has none
9110 6.6.1 date-own MUST | send Date in 2xx, 3xx and 4xx responses of our own
9110 7.1 target-forms MUST NOT | accept the CONNECT and OPTIONS target forms with other methods
9110 7.5 early-response SHOULD | go on sending a request when the response has begun, unless told otherwise
9110 7.6 connection MUST | implement Connection and drop what is meant for one connection only
9110 7.6 loop MUST NOT | forward a message to ourselves without protection from a loop
9110 7.6.1 options MUST | remove every field that Connection names, and Connection itself
9110 7.6.1 known SHOULD | remove fields known to be hop-by-hop even when Connection does not name them
9110 7.6.1 end-to-end MUST NOT | name in Connection a field meant for all recipients
9110 7.6.2 max-forwards MUST | check and update Max-Forwards of OPTIONS before forwarding
9110 7.6.2 max-forwards-zero MUST NOT | forward OPTIONS with Max-Forwards 0; answer it
9110 7.6.2 max-forwards-decrement MUST | send the received value less one
9110 7.6.3 via-request MUST | send Via in each inbound request, with the received protocol version
9110 7.6.3 via-response MUST | send Via in each forwarded response (a proxy's duty; a gateway may)
9110 7.6.3 via-combine MUST NOT | combine Via members with different received protocols
9110 7.7 host MUST NOT | change the host name of a fully qualified target
9110 7.7 path MUST NOT | change path or query when forwarding
9110 7.7 no-transform MUST NOT | transform content marked no-transform
9110 7.7 metadata SHOULD NOT | change fields about the resource, the representation or the endpoints
9110 7.8 case SHOULD | compare protocol names in Upgrade without case
9110 7.8 send-upgrade MUST | send Upgrade in a 101
9110 7.8 not-asked MUST NOT | switch to a protocol the client did not ask for
9110 7.8 connection-upgrade MUST | send the upgrade connection option with Upgrade
9110 7.8 http10 MUST | ignore Upgrade in an HTTP/1.0 request
9110 7.8 expect-first MUST | send 100 before 101 when both Expect and Upgrade came
9110 8.4 codings MUST | leave Content-Encoding as its sender wrote it
9110 8.6 head-length MUST NOT | send a Content-Length in answer to HEAD that differs from GET's
9110 8.6 length-304 MUST NOT | send a Content-Length in a 304 that differs from the 200's
9110 8.6 length-1xx-204 MUST NOT | send Content-Length in a 1xx or 204
9110 8.6 overflow MUST | not be misled by a large Content-Length
9110 8.6 known-wrong MUST NOT | forward a Content-Length known to be wrong
9110 8.6 length-grammar MUST NOT | forward a Content-Length that is not a number
9110 9.1 get-head MUST | support GET and HEAD
9110 9.1 unknown-method SHOULD | answer 501 or 405 to methods we do not serve, and forward the others
9110 9.2.2 no-retry MUST NOT | retry a request whose method is not idempotent
9110 9.2.2 no-retry-retry SHOULD NOT | retry a failed automatic retry
9110 9.3.2 head-no-content MUST NOT | send content in answer to HEAD
9110 9.3.2 head-fields SHOULD | send the same fields in answer to HEAD as to GET
9110 9.3.6 connect-invalid MUST | reject CONNECT with an empty or invalid port
9110 9.3.6 tunnel-close MUST | deliver what one side of a tunnel sent before it closed, then close both
9110 9.3.7 max-forwards-generate MUST NOT | add Max-Forwards to a request that had none
9110 9.3.8 trace SHOULD | as final recipient of TRACE reflect the message, or refuse the method
9110 10.1.1 http10 MUST | ignore a 100-continue expectation in HTTP/1.0
9110 10.1.1 forward MUST | forward a 100-continue expectation, or answer it with a final status
9110 10.1.1 final MUST | send a final status after 100
9110 10.1.1 indicate-close SHOULD | say whether the connection closes when answering before the body was read
9110 10.1.3 referer SHOULD NOT | change Referer
9110 10.1.4 te MUST | send the TE connection option with TE, and not forward the client's TE
9110 10.2.1 allow MUST NOT | change Allow
9110 10.2.1 allow-405 MUST | send Allow with a 405 of our own
9110 11.6.1 www-authenticate MUST NOT | change WWW-Authenticate
9110 11.6.2 authorization MUST NOT | change Authorization
9110 12.5.5 vary MUST NOT | generate "*" in Vary
9110 13.2.1 conditionals MUST | forward conditional fields and not evaluate them
9110 14.2 range MUST | leave Range and its answers to the origin
9110 14.4 unknown-unit SHOULD | forward a 206 with a range unit we do not know
9110 15 unknown-status SHOULD | treat an unknown status as its class says; forward it
9110 15.2 1xx-http10 MUST NOT | send a 1xx to an HTTP/1.0 client
9110 15.2 1xx-forward MUST | forward 1xx responses we did not ask for ourselves
9110 15.4.5 forward-304 SHOULD | forward a 304 to the client that made the request conditional
9110 15.5 explain SHOULD | explain an error of our own in its content, except to HEAD
9110 15.5.20 no-421 MUST NOT | generate a 421 as a proxy
9112 2.2 octets MUST | parse a message as octets, not as characters
9112 2.2 no-bare-cr MUST NOT | send a bare CR outside content
9112 2.2 bare-cr MUST | reject (or neutralise) a bare CR
9112 2.2 empty-line SHOULD | ignore an empty line before a request line
9112 2.2 space-after-start MUST | reject (or drop) lines that begin with whitespace after the start line
9112 2.2 not-http SHOULD | answer 400 and close when what comes is not HTTP
9112 2.3 own-version MUST | send our own HTTP version in forwarded messages
9112 2.3 no-downgrade SHOULD NOT | downgrade without a reason in the client
9112 3 long-target MUST | answer 414 to a target that is too long
9112 3 line-8000 SHOULD | support request lines of 8000 octets
9112 3.2 invalid-line SHOULD | answer an invalid request line with 400
9112 3.2 no-autocorrect SHOULD NOT | repair an invalid request line
9112 3.2 host MUST | answer 400 to HTTP/1.1 without Host, to several Hosts, to an invalid Host
9112 3.2.1 origin-form MUST | send only path and query to an origin server
9112 3.2.1 empty-path MUST | send "/" for an empty path
9112 3.2.2 absolute-accept MUST | accept the absolute form
9112 3.2.2 absolute-host MUST | take the host from an absolute target, not from Host, and send it as Host
9112 3.2.4 options-asterisk MUST | send "*" for OPTIONS of an absolute target without path and query
9112 4 phrase-space MUST | send the space behind the status code even without a phrase
9112 5.1 space-colon MUST | answer 400 to whitespace between a field name and the colon
9112 5.1 space-colon-response MUST | not pass such whitespace on from a response
9112 5.2 no-fold MUST NOT | send folded lines
9112 5.2 fold-request MUST | answer 400 to a folded line in a request (or unfold it)
9112 5.2 fold-response MUST | answer 502 to a folded line in a response (or unfold it)
9112 6.1 parse-chunked MUST | parse the chunked transfer coding
9112 6.1 chunk-once MUST NOT | apply chunked twice
9112 6.1 te-1xx-204 MUST NOT | send Transfer-Encoding in a 1xx or 204
9112 6.1 te-unknown SHOULD | answer 501 to a transfer coding we do not know
9112 6.1 te-http10-client MUST NOT | send Transfer-Encoding to an HTTP/1.0 client
9112 6.1 te-and-cl MUST | close after answering a message with both framings
9112 6.1 te-http10 MUST | treat Transfer-Encoding in HTTP/1.0 as faulty framing
9112 6.2 one-framing MUST NOT | send Content-Length together with Transfer-Encoding
9112 6.3 remove-length MUST | remove Content-Length when forwarding a message that has both
9112 6.3 chunked-not-last MUST | answer 400 when chunked is not the last coding of a request, and close
9112 6.3 bad-length MUST | answer 400 to an invalid Content-Length and close
9112 6.3 bad-length-response MUST | answer 502 to an invalid Content-Length in a response and close upstream
9112 6.3 incomplete MUST | take a message that ends early for incomplete and close
9112 6.3 delimit SHOULD | delimit by length or chunks whenever possible
9112 6.3 extra-data MUST NOT | take data after a response for another response
9112 7.1 decode MUST | decode the chunked coding
9112 7.1 overflow MUST | not be misled by large chunk sizes
9112 7.1.1 extensions MUST | ignore unknown chunk extensions
9112 7.1.2 trailers MUST | keep trailers apart from the header section, or drop them
9112 7.4 te-chunked MUST NOT | send "chunked" in TE
9112 8 record-incomplete MUST | not pass an incomplete response off as complete
9112 9.2 in-order MUST | give each response to the oldest open request
9112 9.2 unasked MUST NOT | take data that comes without a request for a response; close
9112 9.3 persistent SHOULD | support persistent connections
9112 9.3 read-body MUST | read the whole request body or close after the response
9112 9.3 client-read MUST | read the whole response before reusing an upstream connection
9112 9.3.2 order MUST | answer pipelined requests in their order
9112 9.3.2 pipeline-fail SHOULD | forward the answers received and close when the upstream fails in a pipeline
9112 9.5 graceful SHOULD | close gracefully on a timeout
9112 9.5 monitor SHOULD | notice a closed connection promptly
9112 9.5 sustain SHOULD | sustain persistent connections rather than end them
9112 9.5 cease-body SHOULD | stop sending a body when the upstream says it will close
9112 9.6 send-close SHOULD | send Connection: close when we mean to close
9112 9.6 recv-close MUST | close after answering a request that said close
9112 9.6 answer-close SHOULD | say close in the answer to it
9112 9.6 no-more MUST NOT | process requests behind one that said close
9112 9.6 upstream-close MUST | send nothing more to an upstream that said close
9112 9.6 linger MUST | let the client read the last response before the connection is torn down
house 7 strict-line RULE | one space each between method, target and version; nothing repaired
house 7 bare-lf RULE | bare LF is refused in heads and chunk lines
house 7 one-empty-line RULE | at most one empty line before a request
house 7 ctl RULE | no CTL but HTAB anywhere in a head
house 7 target RULE | no CTL, space, non-ASCII or fragment in a target
house 7 methods RULE | CONNECT and TRACE get 405
house 7 absolute-differs RULE | an absolute target whose authority differs from Host gets 400
house 7 authority RULE | Host and authority follow their grammar, without userinfo
house 7 field-name RULE | field names are tokens
house 7 length-strict RULE | Content-Length is 1*DIGIT up to 2^63-1, once
house 7 te-and-cl RULE | both framings together get 400
house 7 te-strict RULE | Transfer-Encoding is exactly "chunked", once, in HTTP/1.1 only
house 7 chunk-strict RULE | chunk sizes are 1 to 13 hex digits, no padding, CRLF only
house 7 extension-limit RULE | chunk extensions over 256 bytes get 400
house 7 head-limits RULE | heads over the buffer or the field count get 431, long targets 414
house 7 connection-guard RULE | Connection naming a field the message needs gets 400
house 7 response-faults RULE | the same faults in a response get 502
house 7 forwarded-for RULE | X-Forwarded-For, -Proto and -Host are ours; untrusted values are overwritten
house 7 request-id RULE | X-Request-Id is ours; only a trusted peer's is kept
house 7 unknown-host RULE | a host that no trace has is answered by us
house 7 problem RULE | our answers are problem+json, or HTML for browsers
house 7 timeouts RULE | slow heads, bodies, idle connections and silent upstreams are ended
house 7 retry-once RULE | an idempotent request on a reused connection that died is sent once more
house 7 trailer-guard RULE | fields of framing and routing are refused in trailers
house 7 keep-http10 RULE | HTTP/1.0 clients get no chunked coding and no 1xx; kept open only when they ask
house 7 half-close RULE | a client that half-closes still gets its answer
"""


def _read():
    rows = []
    for line in _TABLE.strip().splitlines():
        head, text = line.split(" | ")
        rfc, section, name, level = head.split(" ", 3)
        key = f"{rfc}-{name}" if rfc == "house" else f"{rfc}-{section}-{name}"
        rows.append(Requirement(key, rfc, section, level, text))
    return rows


REQUIREMENTS = _read()
BY_KEY = {row.key: row for row in REQUIREMENTS}
assert len(BY_KEY) == len(REQUIREMENTS)


def level_of(case):
    """The strongest level among a case's requirements."""
    levels = {BY_KEY[key].level for key in case.reqs}
    if case.ours:
        return "ours"
    if levels & {"MUST", "MUST NOT"}:
        return "MUST"
    return "SHOULD" if levels & {"SHOULD", "SHOULD NOT"} else "ours"


# What the RFCs ask of others, or of a proxy that does what we do not: (rfc, sections, what, why).
NOT_OURS = [
    (
        "9110",
        "4.2.3",
        "equivalent URIs should not name distinct resources",
        "binds who names resources",
    ),
    (
        "9110",
        "4.2.1, 4.2.4, 10.1.3",
        "generating http URIs, userinfo, Referer",
        "we generate no URI and no Referer",
    ),
    (
        "9110",
        "4.2.2, 4.3.4, 7.4",
        "https: certificates, rejecting unsecured requests",
        "we end no TLS yet; upstreams are plain",
    ),
    (
        "9110",
        "5.1",
        "others should ignore unknown fields",
        "forwarding them is ours, acting on them the origin's",
    ),
    (
        "9110",
        "5.6.3, 5.6.4",
        "whitespace and quoted pairs a sender generates",
        "we generate neither BWS nor quoted strings; received ones travel as they came",
    ),
    ("9110", "5.6.7", "parsing all three date formats", "we interpret no date"),
    ("9110", "6.2", "clients' choice of version", "covered from our side by RFC 9112 2.3"),
    ("9110", "6.5.1, 6.6.2", "which trailers to generate and announce", "we generate none"),
    ("9110", "6.6.1", "no Date without a clock", "we have a clock"),
    (
        "9110",
        "7.2",
        "user agents send Host, first",
        "we send it first; the duty is the user agent's",
    ),
    (
        "9110",
        "7.6.3",
        "replacing received-by hosts behind a firewall, combining members",
        "we forward Via as it came and add one pseudonym",
    ),
    (
        "9110",
        "7.7",
        "not transforming no-transform content",
        "we transform no content at all; shown nonetheless",
    ),
    (
        "9110",
        "8.3 to 8.8",
        "Content-Type, codings, validators, Content-Location",
        "binds who makes or stores representations; we pass them on",
    ),
    (
        "9110",
        "9.2.1 to 9.3.5",
        "what methods do to resources, user agents' care",
        "the origin's and the user agent's",
    ),
    (
        "9110",
        "9.3.6",
        "tunnels of CONNECT, safe ports, no framing in its 2xx",
        "CONNECT is refused",
    ),
    (
        "9110",
        "9.3.8",
        "clients must not send content or secrets in TRACE",
        "TRACE is refused, ours or not",
    ),
    (
        "9110",
        "10.1.1",
        "clients' use of Expect",
        "we pass the client's expectation on and make none",
    ),
    (
        "9110",
        "10.1.2, 10.1.5, 10.2.2, 10.2.4",
        "From, User-Agent, Location, Server",
        "binds user agents and origins; passed on unchanged",
    ),
    (
        "9110",
        "11.2 to 11.5, 11.7",
        "challenges and credentials, 407",
        "we ask for no proxy credentials",
    ),
    (
        "9110",
        "12.4, 12.5",
        "negotiation",
        "the origin's; we only read Accept to choose how our own errors look",
    ),
    (
        "9110",
        "13.1, 13.2.2",
        "evaluating conditions",
        "binds origins and caches; we must not (13.2.1)",
    ),
    (
        "9110",
        "14.2, 14.5, 15.3.7",
        "answering Range, partial PUT, what a 206 holds",
        "the origin's",
    ),
    (
        "9110",
        "15.2.2, 15.3 to 15.5",
        "which fields and content a status calls for",
        "binds who generates the status",
    ),
    ("9110", "16, 17", "registries, considerations", "bind registrants and authors"),
    ("9111", "all", "caching", "we keep no response"),
    (
        "9112",
        "3.2",
        "clients' forming of requests for proxies and CONNECT",
        "we are no client of proxies; Host and targets towards upstreams are shown above",
    ),
    ("9112", "4", "ignoring the reason phrase", "we forward it and act on the code only"),
    (
        "9112",
        "6.1",
        "clients must know that a server takes chunked",
        "the upstream is configured; it must speak HTTP/1.1",
    ),
    ("9112", "6.3", "choosing a framing for requests of one's own", "we keep the client's"),
    (
        "9112",
        "7.2, 7.3",
        "compression codings, registration",
        "unknown transfer codings are refused",
    ),
    (
        "9112",
        "9.3",
        "no persistent connection between a proxy and an HTTP/1.0 client",
        "binds proxies a client chose; as a gateway we act as origin server (RFC 9110 3.7) and keep the "
        "connection only when the client asks with keep-alive, as section 9.3 allows",
    ),
    (
        "9112",
        "9.3.2",
        "clients' pipelining and retrying of it",
        "we send one request at a time upstream",
    ),
    (
        "9112",
        "9.6",
        "clients that send close",
        "we never send it upstream; connections are simply ended",
    ),
    ("9112", "9.7, 9.8", "TLS connections and their closure", "we end no TLS yet"),
    ("9112", "10.1", "message/http", "we read and write none"),
]
