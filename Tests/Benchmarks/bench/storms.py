"""Programs that start as fast as one core lets them: who still runs after it, what it did to their memory and took of a
core, and which of those that a rule means had their score, and when."""

import statistics
import subprocess
import time

from .machine import Daemon, Program, forks_since_boot, limited_cgroups
from .peers import commands, fetch, not_running, running, started
from .starts import BASH_LOOP, BY_COMM, SCORE, TIMEOUT_MS
from .table import spread

ROUNDS, STARTS_PER_ROUND, LONGEST_PAUSE_MS = 5, 200, 100
SECONDS = STARTS_PER_ROUND * LONGEST_PAUSE_MS // 2000
# What the storm may have, and far from what it needs: nothing else is to suffer if it goes wrong.
LIVE, PIDS, MEMORY_MIB = 64, 1024, 256

ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec "$@"'


class Storm:
    """Several storms, one after the other, and what they did to these programs; the first is the one that gives scores."""

    def __init__(self, tools, programs):
        self.programs = programs
        self.before = {name: program.memory_kb() for name, program in programs.items()}
        self.shares = {name: [] for name in programs}
        self.waits_ms, self.never, self.rates = [], 0, []
        with limited_cgroups(memory=MEMORY_MIB << 20, pids=PIDS) as cgroups:
            enter = ["sh", "-c", ENTER, "sh", *cgroups, "--"]
            for _ in range(ROUNDS):
                with Program([*enter, f"{tools}/execstorm", LIVE], ready=False):
                    self.round([*enter, f"{tools}/starts", STARTS_PER_ROUND, SCORE, TIMEOUT_MS, LONGEST_PAUSE_MS])
        time.sleep(1)  # what was heard last is dealt with
        self.after = {name: program.memory_kb() for name, program in running(programs).items()}

    def round(self, words):
        began, forks = time.monotonic(), forks_since_boot()
        cpu = {name: program.cpu_ns() for name, program in self.programs.items()}
        output = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=True).stdout
        took = time.monotonic() - began
        for name, program in self.programs.items():
            self.shares[name].append((program.cpu_ns() - cpu[name]) / 1e7 / took)
        self.rates.append((forks_since_boot() - forks) / took)
        waits = [int(line) / 1000 for line in output.split()]
        self.never += sum(wait < 0 for wait in waits)
        self.waits_ms.append(sorted(wait for wait in waits if wait >= 0))

    def rows(self, table, own):
        for name, before in self.before.items():
            after = self.after.get(name)
            cells = [cell for kind in ("Rss", "Anonymous") for cell in
                     (f"{before[kind]:,} KiB", f"{after[kind] / before[kind]:.2f}×" if after else "")]
            shares = self.shares[name]
            table.line(
                name, "yes" if after else "no", *cells, spread(shares, "%"), f"{statistics.median(shares) / own:.3f}×")

    def score_row(self, name, table):
        waits = sorted(wait for one in self.waits_ms for wait in one)
        count = len(waits) + self.never
        table.line(
            name, f"{count:,}", f"{100 * len(waits) / count:.1f} %",
            spread([statistics.median(one) for one in self.waits_ms if one], "ms") if waits else "",
            f"{waits[len(waits) * 99 // 100]:,.1f} ms" if waits else "", f"{waits[-1]:,.1f} ms" if waits else "")


def measure(binaries, tools, table):
    root = fetch(tools)
    silent = {name: words for name, words in commands(root).items() if words[0] != "bash"}
    # Whoever gives scores does so alone.
    with Daemon(binaries, BY_COMM) as daemon, started(silent) as peers:
        others = not_running(peers)
        guarded = Storm(tools, {"oomguard": daemon} | running(peers))
        overruns = daemon.counters()["overruns"]
    with Program([f"{tools}/connector", "guarded", SCORE]) as floor:
        by_floor = Storm(tools, {"floor": floor})
    with started({"bash loop, 1 s": ["bash", "-c", BASH_LOOP]}) as loop:
        by_loop = Storm(tools, loop)
    storms = {"oomguard": guarded, "floor": by_floor, "bash loop, 1 s": by_loop}

    rates = spread([rate for storm in storms.values() for rate in storm.rates])
    table.section(
        f"Storms of {SECONDS} s, {ROUNDS} on end, of {rates} programs a second on one core: who still runs, memory before and"
        " how many times that after, share of a core; the middle of them, and the least and the most",
        ("", "still runs", "resident", "after", "anonymous", "after", "of a core", "of oomguard's"))
    own = statistics.median(guarded.shares["oomguard"])
    for storm in storms.values():
        storm.rows(table, own)
    for line in others:
        table.note(line)
    table.note(f"oomguard lost events {overruns} times; each time it looks at everything.")
    table.section(
        "From exec to the score, for processes in these storms that a rule by comm means",
        ("", "meant", "had it", "p50", "p99", "most"))
    for name, storm in storms.items():
        storm.score_row(name, table)
