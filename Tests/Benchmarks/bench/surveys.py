"""What one survey costs, by number of processes and of units, beside the same reads in C in the same seconds.

Three daemons at once: one surveys each second, one also writes its status each time, and one does neither. All hear
of the same strangers' processes, so what the third spends is taken off the others' account.
"""

import contextlib
import subprocess
import time

from .machine import Daemon, Program, Unmeasurable, feasible, process_count, read, unit_cgroup, unit_slice

SIZES = (100, 1000, 5000, 10000)
PROTECTED = 100
SECONDS = 20

RULE = '[guard]\nreconcile_interval = "{interval}"\n[[protect]]\nname = "bench"\nscore = 100\n'
RULES = {
    "unit": (RULE + 'unit = "oomguard-bench.service"\nscope = "all"\n', 1.5),
    "comm": (RULE + 'comm = "guarded"\n', 2),
}

UNITS, PROCESSES_PER_UNIT = (200, 2000), 2
OF_UNITS = RULE + 'unit = "oomguard-bench@*.service"\n'


def measure(binaries, tools, table):
    for kind, (config, within) in RULES.items():
        table.section(f"One survey, rule by {kind}, {PROTECTED} protected; CPU")
        for size in feasible(SIZES, table):
            with unit_cgroup("oomguard-bench.service") as cgroup, \
                    Program([f"{tools}/sleepers", size, PROTECTED, cgroup]):
                where = [cgroup] if kind == "unit" else []
                survey, with_status, floor = costs(binaries, tools, config, [kind, *where], PROTECTED)
                count = process_count()
            table.row(f"{count:,} processes", survey / 1e3, floor / 1e3, "µs", within=within)
            table.row("  and the status file", with_status / 1e3, None, "µs")
    table.section(f"One survey of units, {PROCESSES_PER_UNIT} processes each, the main one protected; CPU")
    for count in feasible(UNITS, table, "units", PROCESSES_PER_UNIT):
        size = count * PROCESSES_PER_UNIT
        with unit_cgroup("oomguard-bench.service") as nursery, contextlib.ExitStack() as units:
            paths = [units.enter_context(unit_cgroup(f"oomguard-bench@{number}.service")) for number in range(count)]
            with Program([f"{tools}/sleepers", size, size, nursery]):
                move(nursery, paths)
                survey, with_status, floor = costs(binaries, tools, OF_UNITS, ["units", unit_slice()], count)
                with Daemon(binaries, OF_UNITS.format(interval="1h")) as daemon:
                    start, memory = daemon.cpu_ns(), daemon.memory_kb()
        table.row(f"{count:,} units", survey / 1e3, floor / 1e3, "µs", within=1.5)
        table.row("  and the status file", with_status / 1e3, None, "µs")
        table.row("  the start, with every write", start / 1e6, None, "ms")
        table.row("  resident; anonymous", memory["Rss"], None, "KiB", others=f"{memory['Anonymous']:,} KiB")


def move(nursery, paths):
    """Sends as many processes into each of the cgroups."""
    pids = []
    while len(pids) < len(paths) * PROCESSES_PER_UNIT:  # each enters by itself
        pids = read(f"{nursery}/cgroup.procs").split()
    for number, pid in enumerate(pids):
        with open(f"{paths[number // PROCESSES_PER_UNIT]}/cgroup.procs", "w") as file:
            file.write(pid)


def costs(binaries, tools, config, reads, wanted):
    """CPU of one survey, of one with the status file, and of the same `reads` in C, in nanoseconds."""
    often, seldom = config.format(interval="1s"), config.format(interval="1h")
    with Daemon(binaries, often) as told, Daemon(binaries, often, writes_status=False) as untold, \
            Daemon(binaries, seldom, writes_status=False) as at_rest, \
            subprocess.Popen(
                [f"{tools}/reads", *reads, str(SECONDS)], stdout=subprocess.PIPE, text=True) as reads:
        daemons = [told, untold, at_rest]
        time.sleep(1.5)  # the first surveys write, and keep files open
        before = [daemon.cpu_ns() for daemon in daemons]
        time.sleep(SECONDS)
        with_status, survey, neither = (daemon.cpu_ns() - was for daemon, was in zip(daemons, before))
        matched = told.status()["rules"][0]["matched"]
        floor = int(reads.stdout.read().split()[0])
    if matched != wanted:
        raise Unmeasurable(f"{matched} of {wanted} processes were protected")
    return (survey - neither) / SECONDS, (with_status - neither) / SECONDS, floor
