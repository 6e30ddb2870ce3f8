"""All cases, by theme. A module here defines `theme`, a Theme with its cases."""

import importlib

NAMES = """
request_line target host fields limits hop_by_hop content_length transfer_encoding chunked_request
smuggling expect max_forwards via_forwarded trailers chunked_response response_line response_fields
response_framing status_1xx head_204_304 date http10 connection_mgmt pipelining retries upgrade
half_close local_answers timeouts
""".split()

THEMES = [importlib.import_module(f"{__name__}.{name}").theme for name in NAMES]
CASES = [case for theme in THEMES for case in theme.cases]

_ids = [case.id for case in CASES]
assert len(_ids) == len(set(_ids)), sorted(i for i in set(_ids) if _ids.count(i) > 1)
