"""The control thread where events meet: what is due in the very turn in which a file is taken over,
children that do not go, names that lead nowhere."""
import ctypes
import os
import subprocess
from signal import SIGCONT, SIGHUP, SIGKILL, SIGSTOP

import pytest

from rawhttp import eventually
from wake import fresh_address, text_of

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
PR_SET_CHILD_SUBREAPER = 36


class Frozen:
    """Holds the control thread for the length of a block, while all others run: what arrives
    meanwhile is met in one turn, in the order of its arrival."""

    def __init__(self, wp):
        self.pid = wp.pid
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.thread = next(int(task) for task in os.listdir(f"/proc/{wp.pid}/task")
                           if self._name(wp.pid, task) == "wp-control")

    @staticmethod
    def _name(pid, task):
        with open(f"/proc/{pid}/task/{task}/comm") as f:
            return f.read().strip()

    def __enter__(self):
        if self.libc.ptrace(PTRACE_SEIZE, self.thread, None, None) != 0:
            pytest.skip(f"may not trace threads: {os.strerror(ctypes.get_errno())}")
        assert self.libc.ptrace(PTRACE_INTERRUPT, self.thread, None, None) == 0
        os.waitpid(self.thread, WALL)
        return self

    def __exit__(self, *_):
        self.libc.ptrace(PTRACE_DETACH, self.thread, None, None)

    def wait_for_timer(self):
        """Until a timer of the held thread ran out. Those of other threads are set anew at once."""
        counts = {}

        def stays_due():
            due = set(self._due())
            for fd in list(counts):
                counts[fd] = counts[fd] if fd in due else 0
            for fd in due:
                counts[fd] = counts.get(fd, 0) + 1
            return max(counts.values(), default=0) >= 20

        eventually(stays_due, "a timer of the held thread")

    def _due(self):
        for fd in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{fd}") as f:
                    fields = dict(line.split(":", 1) for line in f if ":" in line)
            except OSError:
                continue
            if int(fields.get("ticks", 0)) > 0:
                yield fd


def sim_trace(**parts):
    return {"t": {"hosts": ["localhost"], "upstream": {"address": "127.0.0.1:9"},
                  "wake_timeout": "5m", "parts": {n: {"sim": sim} for n, sim in parts.items()}}}


def test_a_part_leaves_in_the_turn_of_its_retry(wakeproxy):
    """Its start was due when the file without it was taken over."""
    wakeproxy.start(sim_trace(a={"boot": "1h"}, b={"fail_starts": 1000}))
    with wakeproxy.client() as client:
        client.request("/")
        wakeproxy.wait_for_log("trace.part.retry", trace="t")
        since = wakeproxy.mark()
        with Frozen(wakeproxy) as frozen:
            wakeproxy.configure(sim_trace(a={"boot": "10ms"}))
            wakeproxy.signal(SIGHUP)
            frozen.wait_for_timer()
        wakeproxy.wait_for_log("reload.done", since)
        assert wakeproxy.get("/", host="nobody.localhost").status == 404


def test_a_late_address_joins_after_a_reload(wakeproxy, make_origin):
    """One of two addresses was not ready at the wake; a file is taken over before it is."""
    first, late = make_origin(), fresh_address()

    def traces(idle):
        return {"t": {"hosts": ["localhost"], "idle": idle, "parts": {"a": {"sim": {"boot": "10ms"}}},
                      "upstream": {"address": [first.text, text_of(late)]}}}

    wakeproxy.start(traces("1h"))
    assert wakeproxy.get("/").status == 200
    wakeproxy.reload(traces("2h"))
    make_origin(lambda conn, request: conn.answer("second"), *late)

    def is_served_by_both():
        clients = [wakeproxy.client() for _ in range(4)]
        for client in clients:
            client.request("/")
        bodies = {client.response().body for client in clients}
        for client in clients:
            client.close()
        return b"second" in bodies

    eventually(is_served_by_both, "an answer of the second address")


def test_a_pipe_is_not_read_again(wakeproxy, origin):
    """Nobody writes to it: reading would wait for ever, and SIGTERM with it."""
    wakeproxy.start({"t": {"hosts": ["localhost"], "upstream": {"address": origin.text}}})
    os.unlink(wakeproxy.path)
    os.mkfifo(wakeproxy.path)
    wakeproxy.reload_refused("not a regular file")
    assert wakeproxy.get("/").status == 200
    assert wakeproxy.stop() == 0


def test_a_recycled_pid_is_left_alone(make_wakeproxy, origin, folder):
    """An adopted process ended while nobody looked, and its pid leads a stranger's group now."""
    def start():
        return make_wakeproxy().start(
            {"t": {"hosts": ["localhost"], "upstream": {"address": origin.text}, "idle": "1h",
                   "parts": {"app": {"process": {"command": ["/bin/sleep", "600"],
                                                 "outlive": True}}}}},
            state_dir=os.path.join(folder, "state"))

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    stranger = None
    try:
        first = start()
        assert first.get("/").status == 200
        pid = first.wait_for_log("part.started")["pid"]
        first.kill()
        wp = start()
        wp.wait_for_log("part.adopted")
        wp.signal(SIGSTOP)
        os.kill(pid, SIGKILL)
        os.waitpid(pid, 0)
        stranger = start_with_pid(pid)
        wp.signal(SIGCONT)
        wp.wait_for_log("part.ended")
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(0.3)
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        if stranger:
            stranger.kill()
            stranger.wait()


def start_with_pid(pid):
    """A process of its own session that got this very pid; others may take it first."""
    for _ in range(200):
        try:
            with open("/proc/sys/kernel/ns_last_pid", "w") as f:
                f.write(str(pid - 1))
        except OSError as error:
            pytest.skip(f"may not choose a pid: {error}")
        process = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, env={})
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    pytest.skip("the pid was taken by others")
