"""What one refresh of `oomguardctl watch` costs, by number of processes, beside the same reads in C in the same seconds."""

import os
import pty
import select
import signal
import struct
import subprocess
import fcntl
import termios
import time

from .machine import Daemon, Program, Unmeasurable, feasible, process_count, read, unit_cgroup
from .surveys import PROTECTED, RULES

SIZES = (100, 1000, 5000)
ROUNDS = 20
ROWS, COLUMNS = 24, 80


def measure(binaries, tools, table):
    config = RULES["unit"][0].format(interval="1h")
    table.section(f"One refresh of oomguardctl watch, {PROTECTED} protected; CPU")
    for size in feasible(SIZES, table):
        with unit_cgroup("oomguard-bench.service") as cgroup, \
                Program([f"{tools}/sleepers", size, PROTECTED, cgroup]), Daemon(binaries, config) as daemon:
            status = f"/proc/{daemon.pid}/root/run/oomguard/status.json"
            refresh, floor = costs(binaries, tools, daemon.pid, status)
            count = process_count()
        table.row(f"{count:,} processes", refresh / 1e6, floor / 1e6, "ms", within=2)


def costs(binaries, tools, daemon, status):
    # In the daemon's /run, where the screen finds its status.
    words = ["nsenter", "--mount", f"--target={daemon}", f"{binaries}/oomguardctl", "watch"]
    with Screen(words) as screen, subprocess.Popen(
            [f"{tools}/looks", status, str(ROWS), str(ROUNDS)], stdout=subprocess.PIPE, text=True) as looks:
        before = screen.cpu_ns()
        for _ in range(ROUNDS):
            time.sleep(1)
            screen.refresh()
        spent = screen.cpu_ns() - before
        floor = int(looks.stdout.read().split()[0])
    return spent / ROUNDS, floor


class Screen:
    """The live screen on a terminal that says when to look: paused in between."""

    QUESTION, ANSWER = b"\x1b[5n", b"\x1b[0n"

    def __init__(self, words):
        self.keeper, self.terminal = pty.fork()
        if self.keeper == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(words[0], words, os.environ | {"TERM": "xterm", "LANG": "C.UTF-8"})
        self.read_frame()
        self.drawer = int(read(f"/proc/{self.keeper}/task/{self.keeper}/children").split()[0])
        os.write(self.terminal, self.ANSWER + b"p")
        self.read_frame()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.terminal, self.ANSWER + b"q")
        os.close(self.terminal)
        os.waitpid(self.keeper, 0)

    def refresh(self):
        """On again, with which it looks at once, and paused."""
        for _ in range(2):
            os.write(self.terminal, self.ANSWER + b"p")
            self.read_frame()

    def read_frame(self):
        text, deadline = b"", time.monotonic() + 30
        while self.QUESTION not in text:
            if not select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                os.kill(self.keeper, signal.SIGTERM)
                raise Unmeasurable(f"no frame came: {text!r}")
            text += os.read(self.terminal, 65536)

    def cpu_ns(self):
        return int(read(f"/proc/{self.drawer}/schedstat").split()[0])
