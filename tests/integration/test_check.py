"""wakeproxy check, config-reference and friends: what a person sees before anything runs."""
import json
import os
import subprocess

import pytest

from wake import BINARY, ROOT

GOOD = """\
listen: {http: ["127.0.0.1:8080"]}
traces:
  shop:
    hosts: [shop.localhost]
    parts:
      db: {sim: {boot: 1s}}
      app: {after: [db], process: {command: [python3, -m, http.server]}}
    upstream: {address: "127.0.0.1:9001"}
    idle: 20m
"""


def run(*arguments, **options):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, **options)


def check(folder, text, *more):
    path = os.path.join(folder, "wakeproxy.yaml")
    with open(path, "w") as f:
        f.write(text)
    return run("check", "-c", "wakeproxy.yaml", *more, cwd=folder)


def test_a_good_file(folder):
    result = check(folder, GOOD)
    assert result.returncode == 0, result.stderr


# What is replaced in GOOD, and what must be said, where.
BAD = [
    ("idle: 20m", "idel: 20m", ":9:5:", "idel", "idle"),
    ("20m", "20 bananas", ":9:11:", "20 bananas"),
    ("20m", "-5m", ":9:11:", "-5m"),
    ("after: [db]", "after: [bd]", ":7:21:", "bd", "db"),
    ("db: {sim: {boot: 1s}}", "db: {after: [app], sim: {boot: 1s}}", "cycle", "app", "db"),
    ("db: {sim: {boot: 1s}}", "db: {simm: {boot: 1s}}", ":6:12:", "simm", "sim"),
    ("hosts: [shop.localhost]", "hosts: ['shop_local host']", ":4:13:", "shop_local host"),
    ("    upstream: {address: \"127.0.0.1:9001\"}\n", "", "upstream"),
    ("127.0.0.1:9001", "127.0.0.1", ":8:25:", "127.0.0.1"),
    ("127.0.0.1:9001", "127.0.0.1:99999", ":8:25:", "99999"),
    ("127.0.0.1:8080\"]", "127.0.0.1:8080\", \"127.0.0.1:8080\"]", ":1:35:", "8080"),
    ("traces:", "traces: [", ":"),
    ("    idle: 20m", "    idle: 20m\n    idle: 30m", ":10:5:", "idle"),
]


@pytest.mark.parametrize("bad", BAD, ids=[b[1].strip()[:30] or "no upstream" for b in BAD])
def test_a_bad_file_says_what_and_where(folder, bad):
    old, new, *said = bad
    assert old in GOOD
    result = check(folder, GOOD.replace(old, new, 1))
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stderr.startswith("wakeproxy.yaml:"), result.stderr
    for words in said:
        assert words in result.stderr, (words, result.stderr)


def test_duplicate_hosts_name_both_places(folder):
    result = check(folder, GOOD + GOOD.split("traces:\n")[1].replace("  shop:", "  again:"))
    assert result.returncode == 1 and "shop.localhost" in result.stderr
    assert ":11:" in result.stderr or ":4:" in result.stderr


def test_all_problems_in_one_run(folder):
    text = GOOD.replace("idle:", "idel:").replace("[db]", "[bd]").replace(":8080", ":99999")
    result = check(folder, text)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith("wakeproxy.yaml:")]
    assert len(lines) >= 3, result.stderr
    assert [int(line.split(":")[1]) for line in lines[:3]] == [1, 7, 9], "in the file's order"


def test_a_missing_file(folder):
    result = run("check", "-c", f"{folder}/none.yaml")
    assert result.returncode == 1 and "none.yaml" in result.stderr


def test_print_round_trips(folder):
    first = check(folder, GOOD, "--print")
    assert first.returncode == 0 and "shop.localhost" in first.stdout
    second = check(folder, first.stdout, "--print")
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout


def test_the_demo_and_the_samples_are_good():
    folder = f"{ROOT}/conf"
    samples = [n for n in sorted(os.listdir(folder)) if n.endswith(".yaml")]
    assert "demo.yaml" in samples
    for name in samples:
        result = run("check", "-c", f"{folder}/{name}")
        assert result.returncode == 0, result.stderr


def test_the_readme_config_is_good(folder):
    """The first config a person copies must load."""
    text = open(f"{ROOT}/README.md").read()
    blocks = [b.split("```")[0] for b in text.split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        result = check(folder, block)
        assert result.returncode == 0, result.stderr


def test_the_reference_is_not_stale():
    result = run("config-reference")
    assert result.returncode == 0
    assert result.stdout == open(f"{ROOT}/docs/config.md").read(), \
        "build/wakeproxy config-reference > docs/config.md"


def test_the_schema_is_json():
    result = run("config-reference", "--schema")
    assert result.returncode == 0, result.stderr
    schema = json.loads(result.stdout)
    assert "2020-12" in schema["$schema"] and "traces" in schema["properties"]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["serve", "x"],
                                       ["serve", "-c"], ["check", "--what", "-c", "x"]])
def test_wrong_usage(arguments):
    result = run(*arguments)
    assert result.returncode == 2, result.stderr
    assert "usage:" in result.stderr or "try: wakeproxy help" in result.stderr
    assert not result.stdout


def test_help_and_version():
    for arguments in (["--help"], ["-h"]):
        result = run(*arguments)
        assert result.returncode == 0
        assert all(w in result.stdout for w in ("serve", "check", "config-reference"))
    result = run("--version")
    assert result.returncode == 0 and "0.1.0" in result.stdout


def test_serve_refuses_a_bad_file(folder):
    path = f"{folder}/wakeproxy.yaml"
    with open(path, "w") as f:
        f.write(GOOD.replace("idle:", "idel:"))
    result = run("serve", "-c", path)
    assert result.returncode == 1 and ":9:5:" in result.stderr and "idle" in result.stderr
