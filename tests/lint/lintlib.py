"""What the lints share: finding files, reporting, and proving that a lint can fail.

A lint is a module with check(root) -> list of problems (strings), and FIXTURES: small trees that
must each give at least one problem. main() runs the fixtures first: a lint that finds nothing in
its own bad example is broken, and says so instead of passing.
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIP_FOLDERS = {".git", "__pycache__", ".pytest_cache", ".venv", "corpus"}


def files(root, *suffixes, under=("",)):
    """Paths relative to root, sorted; what git ignores by .gitignore (build*/) is left out."""
    found = []
    for folder in under:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(f for f in folders if f not in SKIP_FOLDERS and not
                                (where.rstrip("/") == root.rstrip("/") and f.startswith("build")))
            found += [os.path.relpath(os.path.join(where, n), root) for n in names
                      if not suffixes or n.endswith(suffixes)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def tracked(root):
    """Files of the project: what git tracks or would track; everything when there is no git."""
    try:
        r = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co",
                            "--exclude-standard"], cwd=root, capture_output=True, text=True)
        if r.returncode == 0 and r.stdout:
            return sorted(p for p in r.stdout.splitlines() if os.path.isfile(f"{root}/{p}"))
    except OSError:
        pass
    return files(root)


def write_tree(root, tree):
    for path, text in tree.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def main(name, check, fixtures):
    """Prints one line per outcome ("ok - ..." or "not ok - ...") and exits 0 or 1."""
    bad = 0
    for what, (tree, expected) in fixtures.items():
        with tempfile.TemporaryDirectory() as d:
            write_tree(d, tree)
            problems = check(d)
        if expected is None and problems:
            bad += 1
            print(f"not ok - {name}: complains about the good example \"{what}\": {problems}")
        elif expected is not None and not any(expected in p for p in problems):
            bad += 1
            print(f"not ok - {name}: does not notice \"{what}\": {problems}")
        else:
            print(f"ok - {name}: self-test: {what}")
    problems = check(ROOT)
    for p in problems:
        print(f"not ok - {name}: {p}")
    if not problems:
        print(f"ok - {name}")
    sys.exit(1 if bad or problems else 0)
