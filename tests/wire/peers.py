#!/usr/bin/env python3
"""
Plays the cases against haproxy and nginx (and wakeproxy, when a binary is given) and prints how
many each fails. Peers are judged by the RFCs only: cases that show a choice of ours are left out,
any refusal counts as a refusal, and every outcome the RFCs allow is accepted.

    python3 tests/wire/peers.py [--failures] [--wakeproxy-bin FILE] [--subject NAME]...
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from requirements import level_of  # noqa: E402
from wirecases import CASES  # noqa: E402
from wirekit.subjects import Subject, is_installed  # noqa: E402
from wirekit.world import World, judge  # noqa: E402


def play(name, cases, binary=None):
    """{case id: problems} of the cases that fail."""
    failed, running = {}, {}
    try:
        for case in cases:
            if case.config not in running:
                world = World(5.0 if name == "wakeproxy" else 1.0)
                subject = Subject(name, world.up_address, case.config, binary)
                world.proxy = subject.address
                running[case.config] = world, subject
            world = running[case.config][0]
            problems = judge(world, case, lenient=name != "wakeproxy")
            if problems:
                failed[case.id] = problems
    finally:
        for world, subject in running.values():
            subject.stop()
            world.close()
    return failed


def judged(name):
    if name == "wakeproxy":
        return CASES
    return [case for case in CASES if level_of(case) != "ours" and case.config == "plain"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--subject", action="append", choices=["wakeproxy", "haproxy", "nginx"])
    parser.add_argument("--wakeproxy-bin", default=os.environ.get("WAKEPROXY_BIN"))
    parser.add_argument("--failures", action="store_true", help="print each failed case")
    options = parser.parse_args()
    subjects = options.subject or ["haproxy", "nginx"] + ["wakeproxy"] * bool(options.wakeproxy_bin)
    levels = ["MUST", "SHOULD", "ours"]
    print(f"{'subject':10}" + "".join(f"{level:>16}" for level in levels) + f"{'all':>16}")
    for name in subjects:
        if name != "wakeproxy" and not is_installed(name):
            print(f"{name:10}  not installed")
            continue
        cases = judged(name)
        failed = play(name, cases, options.wakeproxy_bin if name == "wakeproxy" else None)
        row = f"{name:10}"
        for level in levels:
            of_level = [case for case in cases if level_of(case) == level]
            count = sum(case.id in failed for case in of_level)
            row += f"{f'{count} of {len(of_level)}' if of_level else '-':>16}"
        print(row + f"{f'{len(failed)} of {len(cases)}':>16}", flush=True)
        if options.failures:
            by_id = {case.id: case for case in cases}
            for ident, problems in failed.items():
                print(f"  {level_of(by_id[ident]):7} {ident}: {problems[0][:160]}")


if __name__ == "__main__":
    main()
