"""What it costs to ask who would be killed next, beside the same reads in C; whole programs, in turn."""

import os
import subprocess

from .machine import Program, feasible, process_count

SIZES = (100, 1000, 5000)
ROUNDS = 15


def measure(binaries, tools, table):
    client = f"{binaries}/oomguardctl"
    table.section("oomguardctl victims, from start to end; CPU")
    for size in feasible(SIZES, table):
        with Program([f"{tools}/sleepers", size, 0, "/dev/null"]):
            text, json, floor = medians([client, "victims"], [client, "victims", "--json"], [f"{tools}/badness"])
            count = process_count()
        within = 2 if size == SIZES[-1] else None
        table.row(f"{count:,} processes", text / 1e3, floor / 1e3, "µs", within=within)
        table.row("  as JSON", json / 1e3, floor / 1e3, "µs", within=within)


def medians(*commands):
    """The CPU time of each in nanoseconds; they take turns, so that all find the machine alike."""
    times = [[] for _ in commands]
    for _ in range(ROUNDS):
        for command, spent in zip(commands, times):
            spent.append(cpu_ns(command))
    return [sorted(spent)[ROUNDS // 2] for spent in times]


def cpu_ns(command):
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return int((usage.ru_utime + usage.ru_stime) * 1e9)
