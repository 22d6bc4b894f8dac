"""From a stall to the word about it: the kernel's triggers beside those that look now and then, the same stalls for all."""

import os
import subprocess
import tempfile
import threading
import time

from .machine import Daemon, Unmeasurable, read

STALLS, SQUEEZE_SECONDS, CALM_SECONDS = 5, 12, 12
LIMIT_MIB, BULK_MIB, READERS = 8, 64, 3
PERCENT = 15

CONFIG = f"""
[guard]
reconcile_interval = "1h"
[pressure]
warning = {{ some_percent = {PERCENT}, window = "2s" }}
critical = {{ full_percent = 100, window = "10s" }}
available_below_percent = 100
clear_after = "4s"
"""

# Periods: earlyoom's when memory is nearly gone and when there is plenty, and that of psi-notify.
FASTEST, SLOWER, PSI_NOTIFY = 0.1, 1.0, 5.0


def stalled_us():
    return int(read("/proc/pressure/memory").split("total=", 1)[1].split()[0])


def average():
    """psi-notify goes by the kernel's own ten-second average."""
    return float(read("/proc/pressure/memory").split("avg10=", 1)[1].split()[0])


class Poller(threading.Thread):
    """Looks at the same figures each so many seconds. What it does beside that costs nothing here."""

    def __init__(self, period):
        super().__init__(daemon=True)
        self.period, self.told, self.looks = period, None, 0
        self.ends = threading.Event()
        self.start()

    def run(self):
        seen = []
        while not self.ends.wait(self.period):
            self.looks += 1
            now = time.monotonic()
            seen = [(at, total) for at, total in seen if now - at <= max(2, self.period)] + [(now, stalled_us())]
            if self.period == PSI_NOTIFY:
                is_over = average() >= PERCENT
            else:
                # Over two seconds, as the trigger.
                is_over = seen[-1][1] - seen[0][1] >= PERCENT / 100 * 2e6
            if is_over and self.told is None:
                self.told = now

    def end(self):
        self.ends.set()
        self.join()


class Squeeze:
    """Tasks that read more than their memory cgroup holds."""

    def __init__(self):
        v1 = "/sys/fs/cgroup/memory"
        is_v1 = os.path.exists(f"{v1}/memory.limit_in_bytes")
        self.path = (v1 if is_v1 else "/sys/fs/cgroup") + "/oomguard-bench"
        self.limit = "memory.limit_in_bytes" if is_v1 else "memory.max"

    def __enter__(self):
        try:
            os.mkdir(self.path)
            with open(f"{self.path}/{self.limit}", "w") as file:
                file.write(str(LIMIT_MIB << 20))
        except OSError as why:
            raise Unmeasurable(f"no memory cgroup: {why}") from why
        self.bulk = tempfile.NamedTemporaryFile(dir="/var/tmp")
        self.bulk.write(os.urandom(BULK_MIB << 20))
        self.bulk.flush()
        os.fsync(self.bulk.fileno())
        # What the writer has in its cache nobody would wait for.
        os.posix_fadvise(self.bulk.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return self

    def __exit__(self, *_):
        self.bulk.close()
        for _ in range(100):
            try:
                return os.rmdir(self.path)
            except OSError:  # the last of its processes is on its way out
                time.sleep(0.05)

    def run(self, seconds):
        script = 'echo $$ >"$1/cgroup.procs"; end=$(($(date +%s) + $3)); while [ $(date +%s) -lt $end ]; do cat "$2" >/dev/null; done'
        readers = [
            subprocess.Popen(["sh", "-c", script, "sh", self.path, self.bulk.name, str(seconds)]) for _ in range(READERS)
        ]
        for reader in readers:
            reader.wait()


def measure(binaries, table):
    if not os.path.exists("/proc/pressure/memory"):
        raise Unmeasurable("this kernel has no pressure stall information")
    waits = {"oomguardd": [], FASTEST: [], SLOWER: [], PSI_NOTIFY: []}
    looks = dict.fromkeys([FASTEST, SLOWER, PSI_NOTIFY], 0)
    with Squeeze() as squeeze, Daemon(binaries, CONFIG, stderr=subprocess.PIPE) as daemon:
        raised = []
        threading.Thread(target=lambda: [
            raised.append(time.monotonic()) for line in daemon.process.stderr if ">memory pressure: " in line and "rate" not in line
        ], daemon=True).start()
        began_at_rest = daemon.switches()
        time.sleep(CALM_SECONDS)
        at_rest = daemon.switches() - began_at_rest
        for _ in range(STALLS):
            pollers = [Poller(period) for period in looks]
            raised.clear()
            began = time.monotonic()
            squeeze.run(SQUEEZE_SECONDS)
            for poller in pollers:
                poller.end()
                looks[poller.period] += poller.looks
                waits[poller.period].append(poller.told and poller.told - began)
            waits["oomguardd"].append(raised[0] - began if raised else None)
            time.sleep(CALM_SECONDS)
    table.section(
        f"From the first stall to the word about it: {STALLS} stalls of {SQUEEZE_SECONDS} s in a memory cgroup, over {PERCENT} % in 2 s")

    def at(name, percent):
        told = sorted(wait for wait in waits[name] if wait is not None)
        return told[min(len(told) - 1, len(told) * percent // 100)] * 1000 if told else float("inf")

    for what, percent in (("p50", 50), ("max", 100)):
        others = f"1 s poll: {at(SLOWER, percent):,.0f} ms; 5 s poll, as psi-notify: {at(PSI_NOTIFY, percent):,.0f} ms"
        table.row(what, at("oomguardd", percent), at(FASTEST, percent), "ms", others)
    missed = {name: sum(wait is None for wait in told) for name, told in waits.items()}
    table.row(
        "not told", missed["oomguardd"], missed[FASTEST], "",
        f"1 s poll: {missed[SLOWER]}; 5 s poll: {missed[PSI_NOTIFY]}")
    minute = 60 / CALM_SECONDS
    table.row(
        "wake-ups a minute at rest", round(at_rest * minute), round(60 / FASTEST), "",
        "1 s poll: 60; 5 s poll: 12")
    table.note("  The floor is a look each 0.1 s, which is earlyoom's when memory is nearly gone; earlyoom itself says nothing of a stall.")
