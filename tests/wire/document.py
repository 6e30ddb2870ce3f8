#!/usr/bin/env python3
"""
Writes the requirement map in docs/http.md from requirements.py and the cases.

    python3 tests/wire/document.py          writes it
    python3 tests/wire/document.py --check  exits 1 when it is stale
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from requirements import NOT_OURS, REQUIREMENTS  # noqa: E402
from wirecases import CASES, THEMES  # noqa: E402

PAGE = HERE.parent.parent / "docs" / "http.md"
BEGIN = "<!-- Written by tests/wire/document.py from here -->"
END = "<!-- to here -->"


# Requirements that more than cases show.
BESIDES = {"9110-7.6-loop": "and test_loop.py"}


def cases_by_requirement():
    found = {row.key: [] for row in REQUIREMENTS}
    for case in CASES:
        for key in case.reqs:
            found[key].append(case)
    return found


def named(cases):
    """Case ids, those of a theme together: `host-{missing,empty}`."""
    parts = []
    for theme in THEMES:
        ids = [case.id for case in cases if case.theme == theme.name]
        tails = [ident[len(theme.name) + 1 :] for ident in ids]
        if len(tails) == 1:
            parts.append(f"`{ids[0]}`")
        elif tails:
            parts.append(f"`{theme.name}-{{{','.join(tails)}}}`")
    return " ".join(parts)


def expand(text):
    """The ids that a cell of the page names."""
    ids = []
    for part in re.findall(r"`([^`]+)`", text):
        match = re.fullmatch(r"([a-z0-9-]+)-\{([^}]*)\}", part)
        ids += [f"{match[1]}-{tail}" for tail in match[2].split(",")] if match else [part]
    return ids


def order(row):
    return row.rfc, [int(number) for number in row.section.split(".")]


def tables():
    found = cases_by_requirement()
    lines = [BEGIN, ""]
    for rfc, title in (
        ("9110", "RFC 9110, HTTP Semantics"),
        ("9112", "RFC 9112, HTTP/1.1"),
        ("house", "Our own rules"),
    ):
        rows = sorted((row for row in REQUIREMENTS if row.rfc == rfc), key=order)
        lines += [f"### {title}", ""]
        if rfc == "house":
            lines += ["| rule | tests |", "|---|---|"]
            lines += [f"| {row.text} | {named(found[row.key])} |" for row in rows]
        else:
            lines += ["| section | level | what we must do | tests |", "|---|---|---|---|"]
            lines += [
                f"| {row.section} | {row.level} | {row.text} | "
                f"{' '.join([named(found[row.key]), BESIDES.get(row.key, '')]).strip()} |"
                for row in rows
            ]
        lines.append("")
    lines += [
        "### What does not bind us",
        "",
        "| RFC | section | about | why not |",
        "|---|---|---|---|",
    ]
    lines += [f"| {rfc} | {sections} | {what} | {why} |" for rfc, sections, what, why in NOT_OURS]
    lines += ["", END]
    return "\n".join(lines)


def page():
    """The page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN, 1)
    return head + tables() + rest.split(END, 1)[1]


def main():
    if "--check" in sys.argv[1:]:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
