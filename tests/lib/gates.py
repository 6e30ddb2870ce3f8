"""gates.py - the stages behind tests/run: build in every way, run every test, add the counts up.

Each stage is a function that appends to a Tally. Long output goes to build/logs/<stage>.log; what
failed is printed. A stage that cannot run here is counted as skipped with its reason, never as
passed. Only the standard library is used: nothing is installed yet when this starts.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "logs")
VENV = os.path.join(BUILD, "venv")
PYTHON_PACKAGES = ["pytest==8.3.5", "pytest-timeout==2.3.1", "pytest-xdist==3.6.1"]
FUZZ_SECONDS = 10

# name -> (folder, compiler, meson options). `build` itself is the hardened release; the fuzz targets
# bring their own sanitizers and are part of every clang build.
VARIANTS = {
    "gcc": (BUILD, "gcc", ["--buildtype=release"]),
    "clang": (f"{BUILD}/clang", "clang", ["--buildtype=debugoptimized"]),
    "asan": (f"{BUILD}/asan", "gcc", ["--buildtype=debugoptimized",
                                      "-Db_sanitize=address,undefined"]),
    "tsan": (f"{BUILD}/tsan", "gcc", ["--buildtype=debugoptimized", "-Db_sanitize=thread"]),
}
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=99:second_deadlock_stack=1",
}


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def skip(self, reason):
        self.skipped += 1
        self.notes.append(reason)

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def say(text):
    print(text, flush=True)


def run(argv, log, env=None, timeout=900):
    """Runs a command with its output in build/logs/<log>.log; its exit status (124: took too long)
    and output."""
    os.makedirs(LOGS, exist_ok=True)
    path = f"{LOGS}/{log}.log"
    with open(path, "wb") as out:
        out.write((" ".join(argv) + "\n").encode())
        out.flush()
        process = subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **(env or {})},
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   start_new_session=True)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            code = 124
    with open(path, errors="replace") as f:
        return code, f.read()


def tail(text, lines=60):
    say("\n".join("    " + line for line in text.splitlines()[-lines:]))


def personality():
    """gcc's thread sanitizer needs a memory layout that a kernel with wide address randomisation
    does not give; setarch -R asks for the plain one."""
    return ["setarch", os.uname().machine, "-R"] if shutil.which("setarch") else []


def configured(folder, compiler, options):
    """What a build folder was set up with; a difference means to set it up anew."""
    stamp = os.path.join(folder, ".wakeproxy-options")
    wanted = json.dumps([compiler, options])
    if os.path.exists(stamp) and os.path.exists(f"{folder}/build.ninja"):
        with open(stamp) as f:
            if f.read() == wanted:
                return True
    return False


def build(tally, variant):
    folder, compiler, options = VARIANTS[variant]
    options = [*options, "-Dwerror=true"]
    # Build folders nest in `build`: meson's own files of a variant stay in its folder.
    if not configured(folder, compiler, options):
        known = os.path.exists(f"{folder}/build.ninja")
        code, text = run(["meson", "setup", *(["--wipe"] if known and folder != BUILD else []),
                          *(["--reconfigure"] if known and folder == BUILD else []),
                          folder, ROOT, *options],
                         f"setup-{variant}", {"CC": compiler})
        if code:
            tail(text)
            tally.add(failed=1)
            return False
        with open(os.path.join(folder, ".wakeproxy-options"), "w") as f:
            f.write(json.dumps([compiler, options]))
    code, text = run(["ninja", "-C", folder], f"build-{variant}", {"CC": compiler})
    if code:
        tail("\n".join(line for line in text.splitlines() if not line.startswith("[")), 80)
    tally.add(passed=not code, failed=bool(code))
    return not code


CMOCKA = re.compile(r"^\[\s+(PASSED|FAILED|SKIPPED)\s+\] (\d+) test\(s\)", re.M)


def count_program(entry):
    """A test program's own counts when it is cmocka's, else one for the whole program."""
    text = entry.get("stdout", "") + entry.get("stderr", "")
    counts = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for word, number in CMOCKA.findall(text):
        counts[word] += int(number)
    ok = entry["result"] in ("OK", "EXPECTEDFAIL")
    if entry["result"] == "SKIP":
        return 0, 0, 1
    if not sum(counts.values()):
        return int(ok), int(not ok), 0
    if not ok and not counts["FAILED"]:
        counts["FAILED"] = 1  # died, or a sanitizer spoke after the last test
    return counts["PASSED"], counts["FAILED"], counts["SKIPPED"]


def skip_reason(entry):
    """What a program said before it skipped: its lines that are not cmocka's."""
    lines = (entry.get("stdout", "") + entry.get("stderr", "")).splitlines()
    return "; ".join(line for line in lines if line and not line.startswith("[")) or "no reason"


def meson_tests(tally, variant, suite):
    folder = VARIANTS[variant][0]
    results = f"{folder}/meson-logs/testlog.json"
    if os.path.exists(results):
        os.remove(results)
    wrap = personality() if variant == "tsan" else []
    code, text = run([*wrap, "meson", "test", "-C", folder, "--no-rebuild", "--suite", suite,
                      "--timeout-multiplier", "4"], f"{suite}-{variant}", SANITIZER_ENV)
    entries = []
    if os.path.exists(results):
        with open(results) as f:
            entries = [json.loads(line) for line in f if line.strip()]
    for entry in entries:
        passed, failed, skipped = count_program(entry)
        tally.add(passed, failed, skipped)
        if skipped:
            tally.notes.append(f"{entry['name']} ({variant}): {skip_reason(entry)}")
        if failed:
            say(f"  {entry['name']} ({variant}): {entry['result']}")
            tail(entry.get("stdout", "")[-6000:] + entry.get("stderr", "")[-6000:])
    if not entries or (code and not any(count_program(e)[1] for e in entries)):
        say(f"  no {suite} test ran with {variant}" if not entries else f"  meson test: {code}")
        tail(text)
        tally.add(failed=1)


def pytest(tally, name, folder, variant, *options, timeout=900):
    if not os.path.isdir(f"{ROOT}/{folder}"):
        tally.add(failed=1)
        say(f"  there is no {folder}")
        return
    junit = f"{LOGS}/{name}.xml"
    if os.path.exists(junit):
        os.remove(junit)
    binary = f"{VARIANTS[variant][0]}/wakeproxy"
    env = {**SANITIZER_ENV, "WAKEPROXY": binary, "WAKEPROXY_BIN": binary,
           "WAKEPROXY_VARIANT": variant, "PYTHONDONTWRITEBYTECODE": "1"}
    wrap = personality() if variant == "tsan" else []
    code, text = run([*wrap, f"{VENV}/bin/python", "-m", "pytest", folder, "-q",
                      "-p", "no:cacheprovider", "-ra", f"--junitxml={junit}", *options], name, env,
                     timeout)
    if not os.path.exists(junit):
        tail(text)
        tally.add(failed=1)
        return
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    total, failed, errors, skipped = (int(suite.get(k)) for k in
                                      ("tests", "failures", "errors", "skipped"))
    tally.add(total - failed - errors - skipped, failed + errors, skipped)
    for case in suite.iter("testcase"):
        for skip in case.iter("skipped"):
            tally.notes.append(f"{case.get('name')} ({variant}): {skip.get('message')}")
    if code and not failed + errors:
        tally.add(failed=1)  # no test collected, or pytest itself failed
    if code:
        tail(text, 150)


def stage_lint(tally):
    for name in sorted(os.listdir(f"{ROOT}/tests/lint")):
        if not name.endswith(".py") or name == "lintlib.py":
            continue
        code, text = run([sys.executable, f"{ROOT}/tests/lint/{name}"], f"lint-{name[:-3]}")
        good = len(re.findall(r"^ok ", text, re.M))
        bad = re.findall(r"^not ok - (.*)", text, re.M)
        for line in bad:
            say("  " + line)
        if code and not bad:
            tail(text)
        tally.add(good, max(len(bad), 1 if code else 0))


def stage_venv(tally):
    stamp = f"{VENV}/.packages"
    wanted = " ".join(PYTHON_PACKAGES)
    if os.path.exists(stamp):
        with open(stamp) as f:
            if f.read() == wanted:
                return
    shutil.rmtree(VENV, ignore_errors=True)
    for argv in ([sys.executable, "-m", "venv", VENV],
                 [f"{VENV}/bin/pip", "install", "-q", "--disable-pip-version-check",
                  *PYTHON_PACKAGES]):
        code, text = run(argv, "venv")
        if code:
            tail(text)
            tally.add(failed=1)
            return
    with open(stamp, "w") as f:
        f.write(wanted)


def stage_fuzz(tally):
    """Looks for new inputs for a short while, from the corpus on; findings stay in build/logs. The
    corpora themselves are replayed by the fuzz-replay stages."""
    folder = f"{VARIANTS['clang'][0]}/tests/fuzz"
    names = sorted(n[len("fuzz_"):] for n in os.listdir(folder)
                   if n.startswith("fuzz_") and not n.startswith("fuzz_replay_")
                   and os.path.isfile(f"{folder}/{n}") and os.access(f"{folder}/{n}", os.X_OK))
    if not names:
        say("  there are no fuzz targets")
        tally.add(failed=1)
    for name in names:
        found = f"{LOGS}/fuzz-{name}"
        shutil.rmtree(found, ignore_errors=True)
        os.makedirs(found)
        code, text = run([f"{folder}/fuzz_{name}", f"-max_total_time={FUZZ_SECONDS}",
                          "-max_len=20000", "-timeout=5", f"-artifact_prefix={found}/", found,
                          f"{ROOT}/tests/fuzz/corpus/{name}"], f"fuzz-{name}", SANITIZER_ENV, 120)
        tally.add(passed=not code, failed=bool(code))
        if code:
            say(f"  {name}:")
            tail(text)


def build_stage(variant):
    return lambda tally: build(tally, variant)


def suite_stage(suite, *variants):
    def stage(tally):
        for variant in variants:
            meson_tests(tally, variant, suite)
    return stage


def stage_wire(tally):
    pytest(tally, "wire", "tests/wire", "gcc", "-n", "2")


def stage_integration(tally):
    pytest(tally, "integration", "tests/integration", "gcc", "-n", "4", "-m", "not heavy")
    pytest(tally, "integration-heavy", "tests/integration", "gcc", "-m", "heavy")


def stage_integration_asan(tally):
    pytest(tally, "integration-asan", "tests/integration", "asan", "-n", "3", "-m", "not heavy")


def stage_integration_tsan(tally):
    pytest(tally, "integration-tsan", "tests/integration", "tsan", "-n", "3", "-m", "not heavy")


# In order. Those of --quick come with True.
STAGES = {
    "lint": (stage_lint, True),
    "gcc": (build_stage("gcc"), True),
    "clang": (build_stage("clang"), False),
    "asan": (build_stage("asan"), False),
    "tsan": (build_stage("tsan"), False),
    "unit": (suite_stage("unit", "gcc"), True),
    "unit-asan": (suite_stage("unit", "asan"), False),
    "unit-tsan": (suite_stage("unit", "tsan"), False),
    "sim": (suite_stage("sim", "gcc"), True),
    "sim-asan": (suite_stage("sim", "asan"), False),
    "fuzz-replay": (suite_stage("fuzz-replay", "asan"), False),
    "venv": (stage_venv, True),
    "wire": (stage_wire, True),
    "integration": (stage_integration, True),
    "integration-asan": (stage_integration_asan, False),
    "integration-tsan": (stage_integration_tsan, False),
    "fuzz": (stage_fuzz, False),
}
# What a stage named on the command line needs first.
NEEDS = {
    "unit": ["gcc"], "unit-asan": ["asan"], "unit-tsan": ["tsan"], "sim": ["gcc"],
    "sim-asan": ["asan"], "fuzz-replay": ["asan"], "fuzz": ["clang"],
    "wire": ["gcc", "venv"], "integration": ["gcc", "venv"],
    "integration-asan": ["asan", "venv"], "integration-tsan": ["tsan", "venv"],
}


def chosen(arguments):
    if not arguments.stages:
        return [s for s, (_, quick) in STAGES.items() if quick or not arguments.quick]
    unknown = [s for s in arguments.stages if s not in STAGES]
    if unknown:
        sys.exit(f"no stage {unknown[0]}; there are: {' '.join(STAGES)}")
    wanted = set(arguments.stages)
    for stage in arguments.stages:
        wanted.update(NEEDS.get(stage, []))
    return [s for s in STAGES if s in wanted]


def main():
    parser = argparse.ArgumentParser(prog="tests/run")
    parser.add_argument("--quick", action="store_true", help="no sanitizers, no fuzz")
    parser.add_argument("--list", action="store_true", help="names the stages")
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    arguments = parser.parse_args()
    if arguments.list:
        say("\n".join(STAGES))
        return 0
    os.chdir(ROOT)
    os.makedirs(LOGS, exist_ok=True)
    total, failed_builds = Tally(), set()
    for name in chosen(arguments):
        tally, start = Tally(), time.monotonic()
        broken = failed_builds & set(NEEDS.get(name, []))
        if broken:
            tally.add(failed=1)
            say(f"  {name} needs {', '.join(sorted(broken))}")
        else:
            STAGES[name][0](tally)
        if tally.failed and name in {n for needed in NEEDS.values() for n in needed}:
            failed_builds.add(name)
        say(f"{name:17} {tally} ({time.monotonic() - start:.0f} s)")
        total.add(tally.passed, tally.failed, tally.skipped)
        total.notes += tally.notes
    for note in total.notes:
        say(f"skipped: {note}")
    say(str(total))
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
