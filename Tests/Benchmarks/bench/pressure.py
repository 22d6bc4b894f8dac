"""From a stall to the word about it: the kernel's triggers beside those that look now and then, the same stalls for all."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from .machine import Daemon, Unmeasurable, meminfo_kb, memory_cgroup, read
from .peers import fetch

# Calm for so long that the kernel's ten-second average has forgotten the stall before.
STALLS, SQUEEZE_SECONDS, CALM_SECONDS = 4, 12, 18
LIMIT_MIB, BULK_MIB, READERS = 16, 64, 3
PERCENT = 15
# Of the machine's memory, for earlyoom, which looks at nothing else.
TAKEN_PERCENT = 4

CONFIG = f"""
[guard]
reconcile_interval = "1h"
[pressure]
warning = {{ some_percent = {PERCENT}, window = "2s" }}
critical = {{ full_percent = 100, window = "10s" }}
available_below_percent = 100
clear_after = "4s"
"""

# Periods of looks, in seconds: earlyoom's when memory is nearly gone and when there is plenty, and psi-notify's.
FASTEST, SLOWER, PSI_NOTIFY = 0.1, 1.0, 5.0


def stalled_us():
    return int(read("/proc/pressure/memory").split("total=", 1)[1].split()[0])


class Poller(threading.Thread):
    """Looks at the same figures each so many seconds. What it does beside that costs nothing here."""

    def __init__(self, period):
        super().__init__(daemon=True)
        self.period, self.told = period, None
        self.ends = threading.Event()
        self.start()

    def run(self):
        seen = []
        while not self.ends.wait(self.period):
            now = time.monotonic()
            seen = [(at, total) for at, total in seen if now - at <= max(2, self.period)] + [(now, stalled_us())]
            # Over two seconds, as the trigger.
            if seen[-1][1] - seen[0][1] >= PERCENT / 100 * 2e6 and self.told is None:
                self.told = now

    def end(self):
        self.ends.set()
        self.join()


class Listener:
    """When a program first said a word, on whichever of its streams."""

    def __init__(self, stream, word):
        self.told = None
        threading.Thread(target=self._listen, args=(stream, word), daemon=True).start()

    def _listen(self, stream, word):
        for line in stream:
            if word in line and self.told is None:
                self.told = time.monotonic()


@contextlib.contextmanager
def peer(words, word, **environment):
    """Another program that warns, as it is; `None` where it is not installed."""
    if not shutil.which(words[0]):
        yield None
        return
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | environment)
    try:
        yield Listener(process.stdout, word)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def psi_notify():
    with tempfile.TemporaryDirectory() as home:
        with open(f"{home}/psi-notify", "w") as file:
            file.write(f"update {PSI_NOTIFY:.0f}\nthreshold memory some avg10 {PERCENT}.00\n")
        with peer(["psi-notify"], "Memory alert: active", XDG_CONFIG_HOME=home) as heard:
            yield heard


def earlyoom():
    """Its limit is passed when half of what is taken is taken."""
    limit = meminfo_kb("MemAvailable") - meminfo_kb("MemTotal") * TAKEN_PERCENT // 200
    return peer(["earlyoom", "--dryrun", "-r", "0", "-M", str(limit), "-p"], "low memory!")


@contextlib.contextmanager
def taken():
    """A part of the machine's memory, by another process."""
    size = meminfo_kb("MemTotal") * 1024 * TAKEN_PERCENT // 100
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; b = bytearray({size}); b[::4096] = b'1' * len(b[::4096]); sys.stdin.read()"],
        stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def bulk():
    """The path of a file of which nothing is in the page cache."""
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as file:
        file.write(os.urandom(BULK_MIB << 20))
        file.flush()
        os.fsync(file.fileno())
        # What the writer has in its cache nobody would wait for.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        yield file.name


def squeeze(cgroup, path):
    """Tasks that read more than their memory cgroup holds."""
    script = 'echo $$ >"$1/cgroup.procs"; end=$(($(date +%s) + $3)); while [ $(date +%s) -lt $end ]; do cat "$2" >/dev/null; done'
    readers = [
        subprocess.Popen(["sh", "-c", script, "sh", cgroup, path, str(SQUEEZE_SECONDS)]) for _ in range(READERS)
    ]
    for reader in readers:
        reader.wait()


def measure(binaries, tools, table):
    fetch(tools)
    if not os.path.exists("/proc/pressure/memory"):
        raise Unmeasurable("this kernel has no pressure stall information")
    waits = {name: [] for name in ("oomguardd", FASTEST, SLOWER, "psi-notify", "earlyoom")}
    with memory_cgroup(LIMIT_MIB) as cgroup, bulk() as path, Daemon(binaries, CONFIG, stderr=subprocess.PIPE) as daemon:
        raised = []
        threading.Thread(target=lambda: [
            raised.append(time.monotonic()) for line in daemon.process.stderr if ">memory pressure: " in line and "rate" not in line
        ], daemon=True).start()
        began_at_rest = daemon.switches()
        time.sleep(CALM_SECONDS)
        at_rest = daemon.switches() - began_at_rest
        for number in range(STALLS):
            with psi_notify() as notify, earlyoom() as early:
                # Each time the stall begins at another moment between their looks.
                time.sleep(PSI_NOTIFY * (number + 1) / STALLS)
                raised.clear()
                began = time.monotonic()
                with taken():
                    squeeze(cgroup, path)
            for name, heard in (("psi-notify", notify), ("earlyoom", early)):
                if heard:
                    waits[name].append(heard.told and heard.told - began)
            waits["oomguardd"].append(raised[0] - began if raised else None)
            time.sleep(CALM_SECONDS)
            pollers = [Poller(period) for period in (FASTEST, SLOWER)]
            began = time.monotonic()
            squeeze(cgroup, path)
            for poller in pollers:
                poller.end()
                waits[poller.period].append(poller.told and poller.told - began)
            time.sleep(CALM_SECONDS)
    table.section(
        f"From the first stall to the word about it: {STALLS} stalls of {SQUEEZE_SECONDS} s in a memory cgroup, over {PERCENT} % in 2 s")

    def at(name, percent):
        told = sorted(wait for wait in waits[name] if wait is not None)
        return told[min(len(told) - 1, len(told) * percent // 100)] * 1000 if told else float("inf")

    def others(figure):
        named = {SLOWER: "1 s poll", "psi-notify": "psi-notify", "earlyoom": "earlyoom"}
        return "; ".join(f"{text}: {figure(name) if waits[name] else 'not installed'}" for name, text in named.items())

    for what, percent in (("p50", 50), ("max", 100)):
        table.row(
            what, at("oomguardd", percent), at(FASTEST, percent), "ms",
            others(lambda name, percent=percent: f"{at(name, percent):,.0f} ms"))
    missed = {name: sum(wait is None for wait in told) for name, told in waits.items()}
    table.row("not told", missed["oomguardd"], missed[FASTEST], "", others(lambda name: missed[name]))
    minute = 60 / CALM_SECONDS
    table.row(
        "wake-ups a minute at rest", round(at_rest * minute), round(60 / FASTEST), "",
        "1 s poll: 60; psi-notify: 12")
    # kernel/sched/psi.c: whoever reads the file takes the turn of the averages' worker, who alone looks at them.
    table.note("The floor is a look each 0.1 s; it and the 1 s poll have stalls of their own, since who looks that often keeps")
    table.note("triggers without CAP_SYS_RESOURCE waiting. psi-notify goes by the kernel's ten-second average, each 5 s.")
    table.note(
        f"earlyoom looks at what is left and at no stall: {TAKEN_PERCENT} % of the memory is taken as the stall begins.")
