"""Date in responses (RFC 9110 6.6.1, 5.6.7)."""

from wirekit.case import Resp, Theme, get, match, req, resp

theme = Theme("date")
IMF = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)
ADDED = ("9110-6.6.1-date", "9110-5.6.7-imf-date")
KEPT = "Sun, 06 Nov 1994 08:49:37 GMT"

theme.add("added", ADDED, get(), reply=Resp(has={"date": match(IMF)}))
theme.add(
    "added-304",
    ADDED,
    get(),
    answer=b"HTTP/1.1 304 Not Modified\r\n\r\n",
    status=304,
    reply=Resp(has={"date": match(IMF)}),
)
theme.add(
    "added-404",
    ADDED,
    get(),
    answer=resp("404 Not Found"),
    status=404,
    reply=Resp(has={"date": match(IMF)}),
)
theme.add(
    "added-http10", ADDED, req(version="1.0"), conn="close", reply=Resp(has={"date": match(IMF)})
)
theme.add("added-head", ADDED, req("HEAD"), methods="HEAD", reply=Resp(has={"date": match(IMF)}))
theme.add(
    "kept",
    "9110-7.7-metadata",
    get(),
    answer=resp(fields=f"Date: {KEPT}\r\n"),
    reply=Resp(has={"date": KEPT}),
)
theme.add(
    "kept-old-format",
    "9110-7.7-metadata",
    get(),
    reply=Resp(has={"date": "Sun Nov  6 08:49:37 1994"}),
    answer=resp(fields="Date: Sun Nov  6 08:49:37 1994\r\n"),
)
theme.add(
    "own-400",
    ("9110-6.6.1-date-own", "9110-5.6.7-imf-date"),
    b"GET / HTTP/1.1\r\n\r\n",
    got=(),
    status=400,
    conn="close",
    reply=Resp(status=400, has={"date": match(IMF)}),
)
theme.add(
    "own-405",
    ("9110-6.6.1-date-own", "9110-5.6.7-imf-date"),
    req("TRACE"),
    got=(),
    status=405,
    conn="close",
    reply=Resp(status=405, has={"date": match(IMF)}),
)
theme.add(
    "own-502",
    "9110-5.6.7-imf-date",
    get(),
    fresh=True,
    answer=b"garbage\r\n\r\n",
    status=502,
    reply=Resp(status=502, has={"date": match(IMF)}),
)
