"""From exec to the promised score: with rules by comm and by unit, at rest and in a storm of forks."""

import contextlib
import subprocess
import time

from .machine import Daemon, Program, Unmeasurable, unit_slice

SCORE = 100
# In turns, so that what else the machine does falls on everybody.
ROUNDS, STARTS_PER_ROUND = 4, 50
TIMEOUT_MS, LONGEST_PAUSE_MS = 5000, 100
STORM_FORKS_PER_SECOND = 1000

RULE = f"[[protect]]\nname = \"bench\"\nscore = {SCORE}\n"
BY_COMM = RULE + 'comm = "guarded"\n'
BY_UNIT = RULE + 'unit = "oomguard-bench@*.service"\n'

BASH_LOOP = f"""
while :; do
  for pid in $(pgrep -x guarded); do echo {SCORE} > /proc/$pid/oom_score_adj; done 2>/dev/null
  sleep 1
done"""


class Sample:
    """What one watcher did for its share of the starts."""

    def __init__(self):
        self.waits_ms, self.never, self.cpu_ns, self.wall_ns = [], 0, 0, 0

    def add(self, tools, watcher, pattern=()):
        before, began = watcher.cpu_ns(), time.monotonic_ns()
        words = [f"{tools}/starts", STARTS_PER_ROUND, SCORE, TIMEOUT_MS, LONGEST_PAUSE_MS, *pattern]
        output = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.cpu_ns += watcher.cpu_ns() - before
        self.wall_ns += time.monotonic_ns() - began
        for wait in map(int, output.split()):
            if wait < 0:
                self.never += 1
            else:
                self.waits_ms.append(wait / 1000)

    def at(self, percent):
        ordered = sorted(self.waits_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("inf")

    @property
    def count(self):
        return len(self.waits_ms) + self.never


def measure(binaries, tools, table):
    unit_pattern = [f"{unit_slice()}/oomguard-bench@%d.service"]
    for is_storm in (False, True):
        floor, by_comm, by_unit, bash = Sample(), Sample(), Sample(), Sample()
        with Program([f"{tools}/storm", STORM_FORKS_PER_SECOND], ready=False) if is_storm \
                else contextlib.nullcontext():
            for _ in range(ROUNDS):
                with Program([f"{tools}/connector", "guarded", SCORE]) as watcher:
                    floor.add(tools, watcher)
                with Daemon(binaries, BY_COMM) as watcher:
                    by_comm.add(tools, watcher)
                with Daemon(binaries, BY_UNIT) as watcher:
                    by_unit.add(tools, watcher, unit_pattern)
                if not is_storm:
                    with Program(["bash", "-c", BASH_LOOP], ready=False) as watcher:
                        bash.add(tools, watcher)
        when = f"with {STORM_FORKS_PER_SECOND:,} forks a second of strangers" if is_storm else "idle"
        for name, sample in (("comm", by_comm), ("unit", by_unit)):
            table.section(f"From exec to the score, rule by {name}, {when}; {sample.count} starts")
            show(table, sample, floor, bash, is_storm)


def show(table, sample, floor, bash, is_storm):
    if not floor.waits_ms or not sample.waits_ms:
        raise Unmeasurable("the process connector tells of nothing, as outside the first pid namespace")
    for what, percent in (("p50", 50), ("p99", 99), ("max", 100)):
        others = f"bash loop, 1 s: {bash.at(percent):,.0f} ms" if bash.waits_ms else ""
        table.row(
            what, sample.at(percent), floor.at(percent), "ms", others,
            within=2 if percent == 50 else None,
            below=None if percent != 99 else 50 if is_storm else 5)
    table.row("never", sample.never, None, below=1, others=f"floor: {floor.never}")
    table.row("CPU per start", sample.cpu_ns / sample.count / 1e3, floor.cpu_ns / floor.count / 1e3, "µs")
    if is_storm:
        table.row(
            "share of one core", 100 * sample.cpu_ns / sample.wall_ns, 100 * floor.cpu_ns / floor.wall_ns, "%", below=5)
