"""At rest: wake-ups in a minute, and memory at the start, after that minute and after many surveys."""

import time

from .machine import Daemon, Program, forks_since_boot, read

SECONDS = 60
SURVEYS = 1000


def measure(binaries, tools, config, table):
    # The floor listens for the same execs of strangers, and does nothing about them.
    with Daemon(binaries, read(config)) as daemon, Program([f"{tools}/connector", "nobody", 0]) as floor:
        memory = {"after start": daemon.memory_kb()}
        began = [daemon.counters()["wakeups"], daemon.switches(), floor.switches(), forks_since_boot()]
        cpu = [daemon.cpu_ns(), floor.cpu_ns()]
        time.sleep(SECONDS)
        ended = [daemon.counters()["wakeups"], daemon.switches(), floor.switches(), forks_since_boot()]
        cpu = [daemon.cpu_ns() - cpu[0], floor.cpu_ns() - cpu[1]]
        memory[f"after {SECONDS} s"] = daemon.memory_kb()
        daemon.survey_on_demand(SURVEYS)
        memory[f"after {SURVEYS:,} surveys"] = daemon.memory_kb()
    wakeups, switches, floor_switches, forks = (end - begin for begin, end in zip(began, ended))
    table.section(f"At rest for {SECONDS} s, the shipped configuration; {forks} processes and threads were born meanwhile")
    table.row("wake-ups by its own count", wakeups)
    table.row("context switches", switches, floor_switches, within=2)
    table.row("CPU", cpu[0] / 1e6, cpu[1] / 1e6, "ms")
    table.section("Memory, the shipped configuration")
    for when, figures in memory.items():
        table.row(f"resident {when}", figures["Rss"], None, "kB", f"PSS {figures['Pss']:,} kB", below=8 << 10)
        table.row("  of it anonymous", figures["Anonymous"], None, "kB", below=1 << 10)
