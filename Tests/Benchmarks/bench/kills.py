"""A flood of the kernel's log with kills in it: what it costs to read, beside a bare reader in C of the same flood, and
what of the kills is told, also by a daemon that stands still meanwhile."""

import signal
import subprocess
import time

from .machine import Daemon, Journal, Program, Unmeasurable, memory_cgroup

TIMED_KILLS = 20
LINES, KILLS = 200_000, 100
STOPPED_LINES, STOPPED_KILLS = 20_000, 20
MIB = 16
CONFIG = '[guard]\nreconcile_interval = "1h"\n[[sacrifice]]\nname = "nobody"\ncomm = "oomguard-nobody"\nscore = 5\n'
# A kill without its line is told after 2 s.
SETTLED_S = 4


def storm(tools, cgroup, kills, pause_ms):
    return subprocess.Popen(
        [f"{tools}/killstorm", str(kills), str(pause_ms), f"{cgroup}/cgroup.procs", str(MIB * 4)],
        stdout=subprocess.PIPE, text=True)


def seen(killer):
    """When the end of each of those it killed was seen."""
    return [int(line) for line in killer.communicate()[0].split()]


def measure(binaries, tools, table):
    with memory_cgroup(MIB) as cgroup, Journal("OOMGUARD_VICTIM_COMM", "killstorm") as journal, \
            Daemon(binaries, CONFIG, journal=journal):
        journal.came.clear()  # what was in the kernel's log before
        deaths = seen(storm(tools, cgroup, TIMED_KILLS, 300))
        time.sleep(SETTLED_S)
    waits = sorted((came - death) / 1e6 for death, came in zip(deaths, journal.came))
    if len(journal.came) != len(deaths):
        raise Unmeasurable(f"{len(deaths)} kills, and entries for {len(journal.came)}")
    table.section(f"From the end of a killed process, as its parent sees it, to the entry in the journal; {len(deaths)} kills")
    table.row("p50", waits[len(waits) // 2], None, "ms")
    table.row("least", waits[0], None, "ms")
    table.row("most", waits[-1], None, "ms")

    with memory_cgroup(MIB) as cgroup, Daemon(binaries, CONFIG) as daemon:
        before, memory = daemon.status()["kills"], daemon.memory_kb()["Rss"]
        with Program([f"{tools}/logreader"]) as floor:
            cpu = [daemon.cpu_ns(), floor.cpu_ns()]
            killer = storm(tools, cgroup, KILLS, 30)
            flood = subprocess.Popen([f"{tools}/logflood", str(LINES), "2000", "20"])
            flood.wait()
            killed = len(seen(killer))
            time.sleep(1)
            cpu = [daemon.cpu_ns() - cpu[0], floor.cpu_ns() - cpu[1]]
            found, lost = map(int, floor.process.communicate("")[0].split())
        time.sleep(SETTLED_S)
        told = difference(daemon.status()["kills"], before)
        table.section(f"The kernel's log flooded: {LINES:,} lines, and {killed} kills in them")
        table.row("CPU", cpu[0] / 1e6, cpu[1] / 1e6, "ms", within=2)
        table.row("kills told", told["total"], found)
        table.row("  of them by a counter alone", told["unlogged"])
        table.row("kills not told", killed - told["total"], None, below=1, others=f"floor: {killed - found}")
        table.row("records lost, and said so", told["lost_records"], lost)
        table.row("memory after it, beside before", daemon.memory_kb()["Rss"], memory, "KiB", within=1.1)

        before = daemon.status()["kills"]
        daemon.process.send_signal(signal.SIGSTOP)
        killed = len(seen(storm(tools, cgroup, STOPPED_KILLS, 0)))
        subprocess.run([f"{tools}/logflood", str(STOPPED_LINES), str(STOPPED_LINES), "0"], check=True)
        daemon.process.send_signal(signal.SIGCONT)
        time.sleep(SETTLED_S)
        told = difference(daemon.status()["kills"], before)
        table.section(f"The same while the daemon is stopped: {STOPPED_LINES:,} lines after {killed} kills")
        table.row("kills told", told["total"])
        table.row("  of them by a counter alone", told["unlogged"])
        table.row("kills not told", killed - told["total"], None, below=1)
        table.row("records lost, and said so", told["lost_records"])


def difference(after, before):
    return {name: after[name] - before[name] for name in ("total", "unlogged", "lost_records")}
