"""What we say about ourselves and the sender: Via, X-Forwarded-*, X-Request-Id (RFC 9110 7.6.3)."""

from wirekit.case import Got, Resp, Theme, get, match, req, resp

theme = Theme("via")
REQUEST, RESPONSE = "9110-7.6.3-via-request", "9110-7.6.3-via-response"
FORWARDED, ID = "house-forwarded-for", "house-request-id"
NAME = r"[A-Za-z0-9.:\-\[\]_]+( \([^)]*\))?"

theme.add("request", REQUEST, get(), got=Got(has={"via": match(rf"1\.1 {NAME}")}))
theme.add(
    "request-http10",
    (REQUEST, "9110-7.6.3-via-combine"),
    req(version="1.0"),
    conn="close",
    got=Got(has={"via": match(rf"1\.0 {NAME}")}),
)
theme.add(
    "request-append",
    (REQUEST, "9110-7.6.3-via-combine"),
    get("Via: 1.0 fred, 1.1 p.example.net\r\n"),
    got=Got(has={"via": match(rf"1\.0 fred, 1\.1 p\.example\.net, 1\.1 {NAME}")}),
    also=({"got": Got(has={"via": ["1.0 fred, 1.1 p.example.net", "1.1 haproxy"]})},),
)
theme.add(
    "request-append-lines",
    (REQUEST, "9110-7.6.3-via-combine"),
    get("Via: 1.0 a\r\nVia: 1.1 b (x, y)\r\n"),
    got=Got(has={"via": match(rf"1\.0 a, 1\.1 b \(x, y\), 1\.1 {NAME}")}),
    also=({"got": Got(has={"via": ["1.0 a", "1.1 b (x, y)", "1.1 haproxy"]})},),
)
theme.add(
    "request-empty",
    (REQUEST, "9110-5.6.1-no-empty-elements"),
    get("Via:\r\n"),
    got=Got(has={"via": match(rf"1\.1 {NAME}")}),
    also=({"got": Got()},),
)
theme.add("response", RESPONSE, get(), reply=Resp(has={"via": match(rf"1\.1 {NAME}")}))
theme.add(
    "response-http10",
    RESPONSE,
    get(),
    answer=resp(version="1.0"),
    fresh=True,
    reply=Resp(has={"via": match(rf"1\.0 {NAME}")}),
)
theme.add(
    "response-append",
    RESPONSE,
    get(),
    answer=resp(fields="Via: 1.1 back\r\n"),
    reply=Resp(has={"via": match(rf"1\.1 back, 1\.1 {NAME}")}),
    also=(
        {"reply": Resp(has={"via": ["1.1 back", "1.1 haproxy"]})},
        {"reply": Resp(has={"via": ["1.1 back", "1.1 nginx"]})},
    ),
)
theme.add(
    "loop-visible",
    "9110-7.6-loop",
    get("Via: 1.1 wakeproxy\r\n"),
    got=Got(has={"via": match(rf"1\.1 wakeproxy, 1\.1 {NAME}")}),
    ours=True,
)

theme.add(
    "forwarded-for",
    FORWARDED,
    get(),
    got=Got(
        has={
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "wire.test",
        }
    ),
)
theme.add(
    "forwarded-host-port",
    FORWARDED,
    get(host="Host: wire.test:8080\r\n"),
    got=Got(has={"x-forwarded-host": "wire.test:8080"}),
)
theme.add(
    "forwarded-overwritten",
    FORWARDED,
    get("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n"),
    got=Got(
        has={
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "wire.test",
        }
    ),
)
theme.add(
    "forwarded-overwritten-lines",
    FORWARDED,
    get(
        "X-Forwarded-For: 9.9.9.9\r\nx-forwarded-for: 8.8.8.8\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a\r\nX-Forwarded-Host: b\r\n"
    ),
    got=Got(
        has={
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "wire.test",
        }
    ),
)
theme.add(
    "forwarded-field-dropped",
    FORWARDED,
    get("Forwarded: for=9.9.9.9;proto=https\r\n"),
    got=Got(lacks=("forwarded",)),
)
theme.add(
    "forwarded-lookalike",
    FORWARDED,
    get("X-Forwarded_For: 9.9.9.9\r\n"),
    got=Got(has={"x-forwarded-for": "127.0.0.1"}),
)
theme.add(
    "trusted-appends",
    FORWARDED,
    get(
        "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-Host: public.test\r\n"
    ),
    config="trusted",
    got=Got(
        has={
            "x-forwarded-for": "9.9.9.9, 127.0.0.1",
            "x-forwarded-proto": "https",
            "x-forwarded-host": "public.test",
        }
    ),
)
theme.add(
    "trusted-appends-lines",
    FORWARDED,
    get("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\n"),
    config="trusted",
    got=Got(has={"x-forwarded-for": "9.9.9.9, 8.8.8.8, 127.0.0.1"}),
)
theme.add(
    "trusted-absent",
    FORWARDED,
    get(),
    config="trusted",
    got=Got(
        has={
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "wire.test",
        }
    ),
)
theme.add(
    "trusted-forwarded-kept",
    FORWARDED,
    get("Forwarded: for=9.9.9.9\r\n"),
    config="trusted",
    got=Got(has={"forwarded": "for=9.9.9.9"}),
)
theme.add("id", ID, get(), got=Got(has={"x-request-id": match("[!-~]{8,128}")}))
theme.add(
    "id-replaced",
    ID,
    get("X-Request-Id: forged\r\n"),
    got=Got(has={"x-request-id": match("(?!forged).{8,}")}),
)
theme.add(
    "id-replaced-lines",
    ID,
    get("X-Request-Id: forged\r\nX-Request-ID: twice\r\n"),
    got=Got(has={"x-request-id": match("(?!forged|twice).{8,}")}),
)
theme.add(
    "id-trusted",
    ID,
    get("X-Request-Id: abc-123\r\n"),
    config="trusted",
    got=Got(has={"x-request-id": "abc-123"}),
)
theme.add(
    "id-trusted-absent",
    ID,
    get(),
    config="trusted",
    got=Got(has={"x-request-id": match("[!-~]{8,128}")}),
)
