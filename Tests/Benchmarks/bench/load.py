"""What a soak has the daemon live through. Each load runs until the `with` block ends, and leaves nothing behind."""

import contextlib
import itertools
import json
import os
import subprocess
import threading
import time

from .machine import read, unit_slice
from .slope import Series


class Load(threading.Thread):
    """Something that is done again and again, until the `with` block ends."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause, self.ends, self.done, self.failure = pause, threading.Event(), 0, None

    def run(self):
        try:
            while not self.ends.is_set():
                began = time.monotonic()
                self.act()
                self.done += 1
                self.ends.wait(max(0, self.pause - (time.monotonic() - began)))
        except Exception as failure:  # told by whoever waits, in its own thread
            self.failure = self.failure or failure

    def act(self):
        raise NotImplementedError

    def end(self):
        self.ends.set()
        self.join()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()


class Starts(Load):
    """Processes that a rule means, each of which waits for its score: by comm, or each in a unit's cgroup of its own."""

    TIMEOUT_MS = 5000

    def __init__(self, tools, count, score, longest_pause_ms, pattern=None):
        super().__init__(0)
        self.pattern, self.count = pattern and f"{unit_slice()}/{pattern}", count
        self.words = [f"{tools}/starts", count, score, self.TIMEOUT_MS, longest_pause_ms, *filter(None, [self.pattern])]
        self.waits_ms, self.never, self.process = Series(), 0, None

    def act(self):
        self.process = subprocess.Popen([str(word) for word in self.words], stdout=subprocess.PIPE, text=True)
        # To the end: it comes when the last of them is gone.
        with self.process:
            for line in self.process.stdout:
                if (wait := int(line)) < 0:
                    self.never += 0 if self.ends.is_set() else 1
                else:
                    self.waits_ms.add(time.monotonic(), wait / 1000)

    def end(self):
        self.ends.set()
        if self.process:
            self.process.terminate()
        self.join()
        for number in range(self.count if self.pattern else 0):
            with contextlib.suppress(OSError):
                os.rmdir(self.pattern % number)


class Reloads(Load):
    """A reload each second, each with other rules than the one before."""

    EXTRA = '\n[[sacrifice]]\nname = "now and then"\ncomm = "oomguard-nobody"\nscore = 5\n'

    def __init__(self, daemon):
        super().__init__(1)
        self.daemon, self.text = daemon, read(daemon.config)

    def act(self):
        with open(self.daemon.config + ".new", "w") as file:
            file.write(self.text + (self.EXTRA if self.done % 2 else ""))
        os.rename(self.daemon.config + ".new", self.daemon.config)
        self.daemon.process.send_signal(1)


class Readers:
    """So many who ask for the status, each once a second: `oomguardctl status --json`, from its start to its end."""

    def __init__(self, binaries, daemon, count):
        self.waits_ms = Series()
        # Where the daemon's /run is.
        words = ["nsenter", "--mount", f"--target={daemon.pid}", f"{binaries}/oomguardctl", "status", "--json"]
        self.readers = [Reader(words, daemon.pid, self.waits_ms) for _ in range(count)]

    def __enter__(self):
        for number, reader in enumerate(self.readers):
            reader.ends.wait(number and 1 / len(self.readers))
            reader.start()
        return self

    def __exit__(self, *_):
        for reader in self.readers:
            reader.ends.set()
        for reader in self.readers:
            reader.join()

    @property
    def failure(self):
        return next((reader.failure for reader in self.readers if reader.failure), None)


class Reader(Load):
    def __init__(self, words, pid, waits_ms):
        super().__init__(1)
        self.words, self.daemon, self.waits_ms = words, pid, waits_ms

    def act(self):
        began = time.monotonic()
        answer = subprocess.run(self.words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        now = time.monotonic()
        if self.ends.is_set():
            return
        told = json.loads(answer.stdout) if answer.stdout else {}
        if (told.get("pid"), told.get("daemon")) != (self.daemon, "running"):
            raise RuntimeError(f"asked for the status, exit {answer.returncode}: {answer.stderr or told.get('daemon')}")
        self.waits_ms.add(now, (now - began) * 1e3)


class Kills(Load):
    """Kills by the limit of a memory cgroup, and how long after the kernel's own line each was told."""

    PATIENCE_S = 10

    def __init__(self, tools, cgroup, mib, log, pause):
        super().__init__(pause)
        self.words = [f"{tools}/killstorm", "1", "0", f"{cgroup}/cgroup.procs", str(mib * 4)]
        self.log, self.killed, self.waits_ms = log, 0, Series()

    def storm(self, count):
        """That many at once, without a look at when they are told."""
        words = [self.words[0], str(count), *self.words[2:]]
        self.killed += len(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split())

    def act(self):
        mark = f"oomguard soak: a kill follows {time.monotonic_ns()}"
        with open("/dev/kmsg", "rb", buffering=0) as records:
            os.set_blocking(records.fileno(), False)
            os.lseek(records.fileno(), 0, os.SEEK_END)
            with open("/dev/kmsg", "w") as kernel_log:
                kernel_log.write(f"<7>{mark}\n")
            marked = time.monotonic()
            before = len(self.log.told)
            self.storm(1)
            deadline = marked + self.PATIENCE_S
            while len(self.log.told) == before and time.monotonic() < deadline:
                self.log.news.wait(0.1)
                self.log.news.clear()
            if (gap := microseconds_between(records, mark.encode(), b"Killed process ")) is None:
                return  # overwritten by the flood: it cannot be said when it was killed
        told = self.log.told[before] if len(self.log.told) > before else deadline
        self.waits_ms.add(told, (told - marked - gap / 1e6) * 1e3)


def microseconds_between(records, first, second):
    """By the kernel's clock, from one record to another after it; `None` if either was overwritten or never came."""
    began = None
    with contextlib.suppress(OSError):  # EAGAIN at the end, EPIPE where some were overwritten
        while record := os.read(records.fileno(), 8192):
            stamp = int(record.split(b",", 3)[2].split(b";")[0])
            if first in record:
                began = stamp
            elif second in record and began is not None:
                return stamp - began
    return None


class KillLines(threading.Thread):
    """What the daemon says, as it says it: when it told of a kill, and the last lines."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.told, self.last, self.news = stream, [], [], threading.Event()
        self.start()

    def run(self):
        for line in self.stream:
            if "the kernel killed" in line:
                self.told.append(time.monotonic())
                self.news.set()
            self.last = [*self.last[-9:], line.rstrip()]


class Floods(Load):
    """Bursts of lines in the kernel's log, as from a driver gone wild."""

    LINES, BURST, PAUSE_MS = 10_000, 2_000, 20

    def __init__(self, tools, pause):
        super().__init__(pause)
        self.words = [f"{tools}/logflood", *map(str, (self.LINES, self.BURST, self.PAUSE_MS))]

    def act(self):
        subprocess.run(self.words, check=True)


def every(seconds, until):
    """The moments at which to look."""
    began = time.monotonic()
    for number in itertools.count(1):
        if (now := time.monotonic()) >= until:
            return
        time.sleep(max(0, began + number * seconds - now))
        yield time.monotonic()
