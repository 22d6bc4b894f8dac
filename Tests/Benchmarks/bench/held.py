"""Memory by the number of processes that hold a promise: while they do, after reloads, and when all of them have ended."""

import time

from .machine import Daemon, Program, Unmeasurable, feasible, unit_cgroup

SIZES = (200, 1200, 5000)
RELOADS = 3
RULE = '[guard]\nreconcile_interval = "1s"\n[[protect]]\nname = "bench"\nscore = 100\n'
RULES = {
    "unit": RULE + 'unit = "oomguard-bench.service"\nscope = "all"\n',
    "comm": RULE + 'comm = "guarded"\n',
}
# In KiB: what all of it may take that is its own, and of that for each process in bytes.
OWN, EACH = 1024, 128


def measure(binaries, tools, table):
    for kind, config in RULES.items():
        table.section(f"Anonymous memory, rule by {kind}, so many processes held")
        for size in feasible(SIZES, table):
            with unit_cgroup("oomguard-bench.service") as cgroup, Daemon(binaries, config) as daemon:
                idle = anonymous(daemon)
                with Program([f"{tools}/sleepers", size, size, cgroup]):
                    until(daemon, size)
                    daemon.survey_on_demand(RELOADS)
                    held, resident = anonymous(daemon), daemon.memory_kb()["Rss"]
                until(daemon, 0)
                ended = anonymous(daemon)
            each = f"{(held - idle) * 1024 / size:.0f} B each"
            table.row(f"{size:,} held", held, None, "KiB", each, below=OWN + size * EACH // 1024)
            table.row("  resident", resident, None, "KiB")
            table.row("  all ended", ended, None, "KiB", f"before them {idle:,} KiB", below=OWN)


def until(daemon, count):
    """Waits until as many are held."""
    for _ in range(600):
        matched = daemon.status()["rules"][0]["matched"]
        if matched == count:
            return
        time.sleep(0.1)
    raise Unmeasurable(f"{matched} of {count} processes are held")


def anonymous(daemon):
    """In KiB, once what was made for a moment is gone: a reconcile later."""
    time.sleep(1.5)
    return daemon.memory_kb()["Anonymous"]
