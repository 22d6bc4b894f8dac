"""What one survey costs, by number of processes, beside the same reads in C in the same seconds.

Three daemons at once: one surveys each second, one also writes its status each time, and one does neither. All hear
of the same strangers' processes, so what the third spends is taken off the others' account.
"""

import subprocess
import time

from .machine import Daemon, Program, Unmeasurable, UnitCgroup, process_count, read

SIZES = (100, 1000, 5000, 10000)
PROTECTED = 100
SECONDS = 20
# A sleeper takes about this much of the kernel's and its own memory.
SLEEPER_KB = 100

RULE = '[guard]\nreconcile_interval = "{interval}"\n[[protect]]\nname = "bench"\nscore = 100\n'
RULES = {
    "unit": (RULE + 'unit = "oomguard-bench.service"\nscope = "all"\n', 1.5),
    "comm": (RULE + 'comm = "guarded"\n', 2),
}


def measure(binaries, tools, table):
    for kind, (config, within) in RULES.items():
        table.section(f"One survey, rule by {kind}, {PROTECTED} protected; CPU")
        for size in SIZES:
            why = whether_too_many(size)
            if why:
                table.note(f"  {size:,} processes: not measured: {why}")
                continue
            with UnitCgroup("oomguard-bench.service") as cgroup, \
                    Program([f"{tools}/sleepers", size, PROTECTED, cgroup]):
                survey, with_status, floor = costs(binaries, tools, config, kind, cgroup)
                count = process_count()
            table.row(f"{count:,} processes", survey / 1e3, floor / 1e3, "µs", within=within)
            table.row("  and the status file", with_status / 1e3, None, "µs")


def costs(binaries, tools, config, kind, cgroup):
    often, seldom = config.format(interval="1s"), config.format(interval="1h")
    where = [cgroup] if kind == "unit" else []
    with Daemon(binaries, often) as told, Daemon(binaries, often, writes_status=False) as untold, \
            Daemon(binaries, seldom, writes_status=False) as at_rest, \
            subprocess.Popen(
                [f"{tools}/reads", kind, *where, str(SECONDS)], stdout=subprocess.PIPE, text=True) as reads:
        daemons = [told, untold, at_rest]
        time.sleep(1.5)  # the first surveys write, and keep files open
        before = [daemon.cpu_ns() for daemon in daemons]
        time.sleep(SECONDS)
        with_status, survey, neither = (daemon.cpu_ns() - was for daemon, was in zip(daemons, before))
        matched = told.status()["rules"][0]["matched"]
        floor = int(reads.stdout.read().split()[0])
    if matched != PROTECTED:
        raise Unmeasurable(f"{matched} of {PROTECTED} processes were protected")
    return (survey - neither) / SECONDS, (with_status - neither) / SECONDS, floor


def whether_too_many(size):
    if size + process_count() > int(read("/proc/sys/kernel/pid_max")) * 9 // 10:
        return "kernel.pid_max is too low"
    available = next(int(line.split()[1]) for line in read("/proc/meminfo").splitlines() if "MemAvailable" in line)
    return "too little memory" if size * SLEEPER_KB > available // 2 else None
