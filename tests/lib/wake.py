"""wake.py - wakeproxy under test: a real process in a folder of its own, with port 0 listeners, its
log read line by line, and an end that must be clean."""
import itertools
import json
import os
import resource
import select
import subprocess
import sys
import threading
import time
from signal import SIGHUP, SIGKILL, SIGTERM

from rawhttp import PATIENCE, Client, get

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VARIANT = os.environ.get("WAKEPROXY_VARIANT", "gcc")
BINARY = os.environ.get("WAKEPROXY", f"{ROOT}/build/wakeproxy")
IS_SANITIZED = VARIANT in ("asan", "tsan")
# An address nobody else has: a 127/8 address per use, so that ports never collide between tests.
_hosts = itertools.count(os.getpid() * 64 % (1 << 22))


def fresh_address(port=9000):
    n = next(_hosts) % (1 << 22)
    return f"127.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", port


def text_of(address):
    return f"{address[0]}:{address[1]}"


def raise_nofile():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def need_descriptors(count):
    """Skips the test where the system allows fewer open files, for us and for wakeproxy."""
    limit = raise_nofile()
    if limit < count:
        import pytest  # the benchmarks use this module without it
        pytest.skip(f"needs {count} open files, the limit is {limit}")


def processes_with(mark):
    """Processes whose command line or environment holds `mark`; zombies have neither."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                text = f.read()
            with open(f"/proc/{pid}/environ", "rb") as f:
                text += f.read()
        except OSError:
            continue
        if mark.encode() in text:
            found.append(int(pid))
    return found


def is_alive(pid):
    """Whether it runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class App:
    """A `process` part made of part_app.py, and the record it writes."""

    def __init__(self, folder, name="app", address=None, **options):
        self.address = address or fresh_address()
        self.record = os.path.join(folder, f"{name}.record")
        self.command = [sys.executable, f"{HERE}/part_app.py", "--listen", text_of(self.address),
                        "--record", self.record, "--name", name]
        for option, value in options.items():
            flag = "--" + option.replace("_", "-")
            self.command += [flag] if value is True else [flag, str(value)]

    def events(self, event=None):
        try:
            with open(self.record) as f:
                lines = [json.loads(line) for line in f if line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [e for e in lines if event is None or e["event"] == event]

    def part(self, **options):
        return {"process": {"command": self.command, **options.pop("process", {})}, **options}

    def trace(self, **options):
        """A whole trace: this one part and its upstream."""
        trace = {"hosts": ["localhost"], "parts": {"app": self.part()},
                 "upstream": {"address": text_of(self.address)}}
        return {**trace, **options}


class Wakeproxy:
    def __init__(self, folder, binary=None):
        self.folder, self.binary = folder, binary or BINARY
        self.path = os.path.join(folder, "wakeproxy.yaml")
        self.process = None
        self.lines, self.raw = [], []  # JSON log lines; anything else on standard error
        self.changed = threading.Condition()
        self.allowed = set()  # events that may be logged as errors
        self.ready = None

    # --- starting ---------------------------------------------------------------------------

    def configure(self, traces, **top):
        """Writes the configuration (JSON is YAML). Port 0 and two workers unless said."""
        conf = {"workers": 2, "listen": {"http": ["127.0.0.1:0"]}, "shutdown_timeout": "5s", **top,
                "traces": traces}
        self.write(json.dumps(conf, indent=1))
        return self

    def write(self, text):
        """Replaces the file in one step, as an editor would."""
        with open(self.path + ".new", "w") as f:
            f.write(text)
        os.rename(self.path + ".new", self.path)

    def start(self, traces=None, nofile=None, stderr=None, env=None, arguments=(), **top):
        if traces is not None:
            self.configure(traces, **top)
        ready_read, ready_write = os.pipe()

        def limits():
            if nofile:
                resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

        self.process = subprocess.Popen(
            [self.binary, "serve", "-c", self.path, "--ready-fd", str(ready_write), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if stderr is None else stderr, pass_fds=[ready_write],
            preexec_fn=limits if nofile else None,
            env={**os.environ, "WAKEPROXY_TEST_MARK": self.folder, **(env or {})})
        os.close(ready_write)
        if stderr is None:
            self.reader = threading.Thread(target=self._read_log, args=(self.process.stderr,),
                                           daemon=True)
            self.reader.start()
        try:
            self.ready = self._read_ready(ready_read)
        finally:
            os.close(ready_read)
        return self

    def _read_ready(self, fd):
        data, end = b"", time.monotonic() + PATIENCE
        while not data.endswith(b"\n"):
            left = end - time.monotonic()
            assert left > 0 and select.select([fd], [], [], left)[0], "no line on --ready-fd"
            piece = os.read(fd, 65536)
            if not piece:
                code = self.process.wait(PATIENCE)
                raise AssertionError(f"ended with {code} before it was ready:\n{self.log_text()}")
            data += piece
        return json.loads(data)

    def _read_log(self, stream):
        for line in stream:
            text = line.decode(errors="replace").rstrip("\n")
            with self.changed:
                try:
                    self.lines.append(json.loads(text))
                except ValueError:
                    self.raw.append(text)
                self.changed.notify_all()

    # --- reaching it ------------------------------------------------------------------------

    @property
    def pid(self):
        return self.process.pid

    @property
    def addresses(self):
        return [(x["address"], x["port"]) for x in self.ready["listeners"] if x["kind"] == "http"]

    @property
    def address(self):
        return self.addresses[0]

    def client(self, **options):
        return Client(self.address, **options)

    def get(self, path="/", host="localhost", **options):
        return get(self.address, path, host, **options)

    # --- its log ----------------------------------------------------------------------------

    def mark(self):
        """A place in the log, for `since`."""
        with self.changed:
            return len(self.lines)

    def logged(self, event=None, since=0, **fields):
        def fits(line):
            return (event is None or line.get("event") == event) and all(
                want(line.get(k)) if callable(want) else line.get(k) == want
                for k, want in fields.items())

        with self.changed:
            return [line for line in self.lines[since:] if fits(line)]

    def wait_for_log(self, event, since=0, timeout=None, count=1, **fields):
        """Waits for `count` such lines; the last of them."""
        end = time.monotonic() + (timeout or PATIENCE)
        with self.changed:
            while True:
                found = self.logged(event, since, **fields)
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    assert time.monotonic() < end, (
                        f"{len(found)} of {count} {event} {fields} in the log:\n"
                        + self.log_text())

    def wait_phase(self, trace, phase, since=0, timeout=None):
        return self.wait_for_log("trace.phase", since, timeout, trace=trace, to=phase)

    def wait_asleep(self, trace, times=1, timeout=None):
        """Waits until it fell asleep for the `times`-th time; being found asleep is not falling. (The
        log comes in batches: a place in it, taken after a request, may be before older lines.)"""
        return self.wait_for_log("trace.phase", 0, timeout, times, trace=trace, to="asleep",
                                 **{"from": lambda phase: phase not in ("unknown", "waking")})

    def log_text(self, last=60):
        with self.changed:
            return "\n".join([json.dumps(line) for line in self.lines[-last:]] + self.raw[-last:])

    # --- measuring it -----------------------------------------------------------------------

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/status") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))

    def cpu_seconds(self):
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def switches(self):
        """Voluntary context switches of all threads: each wake-up from waiting is one."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as f:
                total += next(int(line.split()[1]) for line in f
                              if line.startswith("voluntary_ctxt_switches"))
        return total

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # --- telling it -------------------------------------------------------------------------

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, traces=None, **top):
        """SIGHUP, and waits until it said that the file was taken over."""
        if traces is not None:
            self.configure(traces, **top)
        since = self.mark()
        self.signal(SIGHUP)
        return self.wait_for_log("reload.done", since)

    def reload_refused(self, *words):
        """SIGHUP with a bad file; waits for a reason that has all these words."""
        since = self.mark()
        self.allowed.add("reload.refused")
        self.signal(SIGHUP)
        self.wait_for_log("reload.refused", since, reason=lambda r: all(w in r for w in words))

    def kill(self):
        """SIGKILL: what a crash looks like from outside."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def stop(self, number=SIGTERM, timeout=None):
        """Asks it to end and returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait_end(timeout)

    def wait_end(self, timeout=None):
        """Waits for an end that was asked for already; the exit status."""
        code = self.process.wait(timeout or PATIENCE)
        if self.process.stderr:
            self.reader.join(PATIENCE)
        self.process = None
        return code

    def end(self):
        """The first half of close(): ends it, if it still runs, and notes how that went."""
        self.problems = []
        try:
            if self.process is not None:
                code = self.stop()
                if code:
                    self.problems.append(f"exit status {code}")
        except subprocess.TimeoutExpired:
            self.problems.append("did not end on SIGTERM")
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self):
        """The end of a test: a clean exit, nothing bad in the log, no process left behind."""
        self.end()
        problems = self.problems
        left = self._processes_left()
        if left:
            problems.append(f"left processes behind: {left}")
        problems += [f"on standard error: {line}" for line in self.raw]
        problems += [f"an error in the log: {line}" for line in self.lines
                     if line.get("level") == "error" and line.get("event") not in self.allowed]
        assert not problems, "\n".join(problems) + "\n--- log\n" + self.log_text()

    def _processes_left(self):
        """Children get a moment to be gone from /proc; those still there are ended and reported."""
        end = time.monotonic() + 2
        left = processes_with(self.folder)
        while left and time.monotonic() < end:
            select.select([], [], [], 0.02)
            left = processes_with(self.folder)
        said = []
        for pid in left:
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    said.append(f"{pid} {f.read().replace(chr(0), ' ')}")
                os.kill(pid, SIGKILL)
            except OSError:
                pass
        return said
