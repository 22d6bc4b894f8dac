"""What the loop asks of the allocator, by a library that counts: for a program of somebody else's, and for a survey."""

import os
import struct
import subprocess
import tempfile

from .machine import Daemon, Program, unit_cgroup

PROGRAMS, SURVEYS, PROTECTED = 10_000, 100, 100
SOURCE = f"{os.path.dirname(__file__)}/../preload/allocations.c"
RULES = """
[guard]
reconcile_interval = "1h"
[[protect]]
name = "bench"
score = 100
unit = "oomguard-bench.service"
scope = "all"
[[protect]]
name = "elsewhere"
score = 100
comm = "no-such"
"""


def measure(binaries, tools, table):
    library = f"{tools}/allocations.so"
    subprocess.run(
        ["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    with tempfile.NamedTemporaryFile() as counts, unit_cgroup("oomguard-bench.service") as cgroup, \
            Program([f"{tools}/sleepers", PROTECTED, PROTECTED, cgroup]):
        counts.truncate(16)
        environment = {"LD_PRELOAD": library, "ALLOCATIONS": counts.name}
        with Daemon(binaries, RULES, environment=environment) as daemon:
            table.section(f"Allocations; {PROTECTED} processes protected", ("", "each time", "bytes", "turns of the loop"))

            def row(what, count, act):
                # What is told of itself is told at a survey.
                daemon.survey_on_demand(1)
                turns, before = daemon.counters()["wakeups"], struct.unpack("2L", open(counts.name, "rb").read())
                act()
                daemon.survey_on_demand(1)
                turns = daemon.counters()["wakeups"] - turns
                calls, size = (
                    now - was for now, was in zip(struct.unpack("2L", open(counts.name, "rb").read()), before))
                table.line(what, f"{calls / count:,.1f}", f"{size / count:,.0f}", f"{turns:,}")

            def programs():
                for _ in range(PROGRAMS):
                    os.waitpid(os.posix_spawn(f"{tools}/execstorm", ["passer-by"], {}), 0)

            row(f"a program that no rule means; {PROGRAMS:,} of them", PROGRAMS, programs)
            row(f"a reload and a survey; {SURVEYS} of them", SURVEYS, lambda: daemon.survey_on_demand(SURVEYS))
