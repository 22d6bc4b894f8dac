"""Half an hour of everything at once: what the daemon takes and how soon it answers, and whether either grows."""

import contextlib
import datetime
import os
import platform
import statistics
import subprocess
import time

from .load import Floods, KillLines, Kills, Readers, Reloads, Starts, every
from .kills import MIB
from .machine import Daemon, memory_cgroup, read
from .slope import Series, verdict

SCORE = 100
RULES = f"""
[[protect]]
name = "soak by comm"
comm = "guarded"
score = {SCORE}
[[protect]]
name = "soak by unit"
unit = "oomguard-soak@*.service"
score = {SCORE}
"""
# Pauses of 0 to 10 ms and of 0 to 100 ms: about 180 and 20 a second.
BY_COMM, BY_UNIT = (1_000_000, 10), (50, 100)
READERS = 20
KILL_PAUSE_S, FLOOD_PAUSE_S = 5, 10
LOOK_S = 1
# Judged is one figure of each such stretch: of latencies the median, since a late one alone is no trend, of all else the
# least, since what was taken and given back again is none either.
STRETCH_S = 10
# A kill without its line is told after 2 s.
SETTLED_S = 4
# The last 256 kills are kept, by design: these come first, and the first tenth of the time counts for nothing either.
HISTORY = 260
SETTLING = 0.1
SETTLING_LEAST_S = 15
# Of memory, an hour; in a short run, in which a page more is much an hour, as much in all.
KIB_AN_HOUR, KIB_IN_ALL = 128, 32


def measure(binaries, tools, config, minutes):
    """Prints the table; whether nothing grew and nothing was missed."""
    with contextlib.ExitStack() as until_the_end:
        enter = until_the_end.enter_context
        cgroup = enter(memory_cgroup(MIB))
        daemon = enter(Daemon(binaries, read(config) + RULES, stderr=subprocess.PIPE))
        log = KillLines(daemon.process.stderr)
        soak = Soak(daemon, log)
        kills = Kills(tools, cgroup, MIB, log, KILL_PAUSE_S)
        kills.storm(HISTORY)
        # Those that are first to be ended are last here.
        soak.kills = enter(kills)
        soak.readers = enter(Readers(binaries, daemon, READERS))
        soak.reloads = enter(Reloads(daemon))
        soak.floods = enter(Floods(tools, FLOOD_PAUSE_S))
        soak.by_comm = enter(Starts(tools, BY_COMM[0], SCORE, BY_COMM[1]))
        soak.by_unit = enter(Starts(tools, BY_UNIT[0], SCORE, BY_UNIT[1], "oomguard-soak@%d.service"))
        soak.look(minutes * 60)
        for load in (soak.by_unit, soak.by_comm, soak.floods, soak.reloads, soak.kills):
            load.end()
        time.sleep(SETTLED_S)
        soak.after = daemon.status()
    return soak.print()


class Soak:
    def __init__(self, daemon, log):
        self.daemon, self.log, self.before = daemon, log, daemon.status()
        self.memory = {"Rss": Series(), "Anonymous": Series()}
        self.descriptors = Series()

    def look(self, seconds):
        self.began, cpu_ns = time.monotonic(), self.daemon.cpu_ns()
        for now in every(LOOK_S, self.began + seconds):
            if self.daemon.process.poll() is not None:
                raise SystemExit(f"soak: the daemon ended with {self.daemon.process.returncode}: {self.log.last}")
            memory = self.daemon.memory_kb()
            for name, series in self.memory.items():
                series.add(now, memory[name])
            self.descriptors.add(now, len(os.listdir(f"/proc/{self.daemon.pid}/fd")))
            for load in (self.by_comm, self.by_unit, self.reloads, self.readers, self.floods, self.kills):
                if load.failure:
                    raise SystemExit(f"soak: {load.failure}")
        self.seconds = time.monotonic() - self.began
        self.cpu_ns = self.daemon.cpu_ns() - cpu_ns

    def print(self):
        settled = self.began + max(SETTLING_LEAST_S, self.seconds * SETTLING)
        hours = (self.began + self.seconds - settled) / 3600
        kib = max(KIB_AN_HOUR, KIB_IN_ALL / hours)
        print(f"{datetime.date.today()}, Linux {platform.release()}, {platform.machine()}, {os.cpu_count()} cores; "
              f"{self.seconds / 60:.1f} minutes, of which the last {hours * 60:.1f} are judged\n")
        print("| | p50 | p99 | at most | slope an hour | clearly above | |\n|---|--:|--:|--:|--:|--:|---|")
        good = True
        for name, unit, series, bound in (
            ("resident memory", "KiB", self.memory["Rss"], kib),
            ("of it anonymous", "KiB", self.memory["Anonymous"], kib),
            ("descriptors", "", self.descriptors, 0),
            ("exec to protected, by comm", "ms", self.by_comm.waits_ms, None),
            ("exec to protected, by unit", "ms", self.by_unit.waits_ms, None),
            ("the kernel's line of a kill to ours", "ms", self.kills.waits_ms, None),
            ("status, asked to answered", "ms", self.readers.waits_ms, None),
        ):
            series = series.since(settled)
            good = self.row(name, unit, series, bound, hours) and good
        return self.told() and good

    def row(self, name, unit, series, bound, hours):
        if not series.samples:
            print(f"| {name} | | | | | | nothing to look at |")
            return False
        slope = series.by_stretch(STRETCH_S, min if bound is not None else statistics.median).slope()
        if bound is None:
            # In the time of this run, half as much again.
            bound = series.at(50) / 2 / hours
        what = verdict(slope, bound)
        grows = f"{slope[0]:+,.1f} ± {slope[1]:,.1f}" if slope else ""
        figures = " | ".join(f"{amount(series.at(percent))} {unit}".rstrip() for percent in (50, 99, 100))
        print(f"| {name} | {figures} | {grows} | {bound:,.0f} | {what} |")
        return what == "ok"

    def told(self):
        """What it did, and what must not be: each line with whether it holds."""
        kills = {key: self.after["kills"][key] - self.before["kills"][key]
                 for key in ("total", "unlogged", "lost_records")}
        starts = len(self.by_comm.waits_ms.samples) + len(self.by_unit.waits_ms.samples)
        never = self.by_comm.never + self.by_unit.never
        counters = self.after["counters"]
        surveys = counters["surveys"] - self.before["counters"]["surveys"]
        print(f"""
{starts:,} processes started, {starts / self.seconds:.0f} a second; {never} never got their score.
{self.reloads.done:,} reloads; {surveys:,} surveys.
{len(self.readers.waits_ms.samples):,} answers to {READERS} who asked for the status.
{self.kills.killed:,} kills; told {kills['total']:,}, {kills['unlogged']} of them by a counter alone.
{self.floods.done * Floods.LINES:,} lines of others in the kernel's log; {kills['lost_records']:,} records lost, and said so.
{100 * self.cpu_ns / 1e9 / self.seconds:.1f} % of one core; {counters['unsent']} entries and notifications not sent; \
degraded: {', '.join(one['what'] for one in self.after['degraded']) or 'nothing'}.""")
        return never == 0 and kills["total"] == self.kills.killed and self.after["config"]["error"] is None \
            and surveys >= self.reloads.done


def amount(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
