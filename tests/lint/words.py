#!/usr/bin/env python3
"""Words: no unfinished marks anywhere; tests wait for conditions, not for time (sleeps.txt lists the
exceptions with their reasons); every page of docs/ is linked from README.md."""
import os
import re

from lintlib import ROOT, main, read, tracked

MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")  # split so that this file passes itself
SLEEP = re.compile(r"\b(?:u|nano)?sleep\s*\(|\bsleep\s+[\d$]|asyncio\.sl" r"eep|\bpoll\(NULL")
TEXT = (".c", ".h", ".py", ".md", ".yaml", ".yml", ".sh", ".txt", ".build", "run")


def allowed_sleeps(root):
    """path -> number of sleeps, from tests/lint/sleeps.txt: "path count reason"."""
    allowed, problems = {}, []
    path = "tests/lint/sleeps.txt"
    if not os.path.exists(os.path.join(root, path)):
        return allowed, problems
    for n, line in enumerate(read(root, path).splitlines(), 1):
        fields = line.split(None, 2)
        if not fields or line.startswith("#"):
            continue
        if len(fields) < 3 or not fields[1].isdigit() or len(fields[2].split()) < 4:
            problems.append(f"{path}:{n}: wants: path, count, and a reason in words")
        else:
            allowed[fields[0]] = int(fields[1])
    return allowed, problems


def check_sleeps(root, path, text, allowed):
    if not path.startswith("tests/") or path.startswith(("tests/lint/", "tests/bench/")):
        return []
    hits = [n for n, line in enumerate(text.splitlines(), 1) if SLEEP.search(line)]
    limit = allowed.get(path, 0)
    if len(hits) > limit:
        return [f"{path}:{n}: sleeps; wait for a condition (or list it in tests/lint/sleeps.txt)"
                for n in hits[limit:]]
    if len(hits) < limit:
        return [f"tests/lint/sleeps.txt: {path} has {len(hits)} sleeps, {limit} are allowed"]
    return []


def check_links(root, paths):
    docs = [p for p in paths if p.startswith("docs/") and p.endswith(".md")]
    readme = read(root, "README.md") if "README.md" in paths else ""
    problems = [f"README.md does not link to {p}" for p in docs if f"({p})" not in readme]
    for path in [p for p in paths if p.endswith(".md")]:
        for target in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", read(root, path)):
            if not os.path.exists(os.path.join(root, os.path.dirname(path), target)):
                problems.append(f"{path} links to {target}, which does not exist")
    return problems


def check(root):
    paths = tracked(root)
    allowed, problems = allowed_sleeps(root)
    for path in paths:
        if not path.endswith(TEXT) or "/corpus/" in path:
            continue
        text = read(root, path)
        problems += [f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(0)}"
                     for m in MARKS.finditer(text)]
        problems += check_sleeps(root, path, text, allowed)
    for path in sorted(set(allowed) - set(paths)):
        problems.append(f"tests/lint/sleeps.txt: {path} does not exist")
    return problems + check_links(root, paths)


README = {"README.md": "[a](docs/a.md)\n", "docs/a.md": "text\n"}
FIXTURES = {
    "an unfinished mark": ({**README, "src/a/a.c": "/* TO" "DO */\n"}, "src/a/a.c:1"),
    "a sleep in a test": ({**README, "tests/unit/a.c": "    usleep(10);\n"}, "sleeps"),
    "a sleep in a python test": ({**README, "tests/t.py": "time.sleep(1)\n"}, "sleeps"),
    "an allowance without a reason": (
        {**README, "tests/t.py": "time.sleep(1)\n", "tests/lint/sleeps.txt": "tests/t.py 1 ok\n"},
        "wants: path, count, and a reason"),
    "an allowance that is not used": (
        {**README, "tests/t.py": "", "tests/lint/sleeps.txt":
         "tests/t.py 1 because we once had one\n"}, "has 0 sleeps"),
    "an unlinked page": ({**README, "docs/b.md": "text\n"}, "does not link to docs/b.md"),
    "a dead link": ({**README, "docs/a.md": "[b](gone.md)\n"}, "gone.md, which does not exist"),
    "an allowed sleep": (
        {**README, "tests/t.py": "time.sleep(1)\n", "tests/lint/sleeps.txt":
         "tests/t.py 1 measures what happens while nothing happens\n"}, None),
}

if __name__ == "__main__":
    os.chdir(ROOT)
    main("words", check, FIXTURES)
