#!/usr/bin/env python3
"""Format: every C file is as clang-format 14 (.clang-format) writes it."""
import os
import shutil
import subprocess
import sys

from lintlib import ROOT, files, main


def check(root):
    paths = files(root, ".c", ".h", under=("src", "include", "tests"))
    problems = []
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        return ["clang-format is not installed"]
    for i in range(0, len(paths), 50):
        r = subprocess.run([tool, f"--style=file:{ROOT}/.clang-format", "--dry-run", "-Werror",
                            *paths[i:i + 50]], cwd=root, capture_output=True, text=True)
        if r.returncode:
            bad = sorted({line.split(":")[0] for line in r.stderr.splitlines()
                          if "clang-format-violations" in line})
            problems += [f"{p}: run clang-format -i" for p in bad] or [r.stderr.strip()]
    return problems


FIXTURES = {
    "bad spacing": ({"src/a/a.c": "int  f( void ){return 1 ;}\n"}, "src/a/a.c"),
    "good spacing": ({"src/a/a.c": "int f(void)\n{\n    return 1;\n}\n"}, None),
}

if __name__ == "__main__":
    os.chdir(ROOT)
    sys.stdout.reconfigure(line_buffering=True)
    main("format", check, FIXTURES)
