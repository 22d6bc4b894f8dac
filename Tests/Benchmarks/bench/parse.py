"""Reading a large log: `oomguardctl parse` beside grep, which only counts, and a reader in Python, as people write them."""

import json
import os
import subprocess
import sys
import tempfile

MEGABYTES = (10, 100)
ROUNDS = 3
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Fixtures/kernel-logs/6.1")

# What most of a log is: nothing to do with memory.
CHATTER = (
    "systemd[1]: Started session-{n}.scope - Session {n} of User admin.",
    "sshd[{n}]: Accepted publickey for admin from 192.0.2.7 port {n} ssh2: ED25519 SHA256:0123456789abcdefghijklmnopqrstuv",
    "kernel: [{n}.123456] nf_conntrack: nf_conntrack: table full, dropping packet",
    'nginx[{n}]: 192.0.2.9 - - "GET /index.html?n={n} HTTP/1.1" 200 5124 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
    "postgres[{n}]: [3-1] LOG:  checkpoint complete: wrote {n} buffers (0.2%); 0 WAL file(s) added, 0 removed, 1 recycled",
)
LINES_BETWEEN = 800
REPORTS = ("memcg-simple", "global-4proc", "memcg-parent-slice")

READER = r"""
import re, sys
trigger = re.compile(r" invoked oom-killer: gfp_mask=(0x[0-9a-f]+).*, order=(-?\d+)")
limit = re.compile(r"oom-kill:constraint=(\w+),.*task_memcg=(\S*),task=(.*),pid=(\d+),uid=(\d+)")
kill = re.compile(r"Killed process (\d+) \((.*)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB")
count = 0
with open(sys.argv[1], errors="surrogateescape") as log:
    for line in log:
        if trigger.search(line) or limit.search(line): continue
        if kill.search(line): count += 1
print(count)
"""


def measure(binaries, tools, table):
    with tempfile.TemporaryDirectory() as directory:
        log, reader = f"{directory}/log", f"{directory}/reader.py"
        with open(reader, "w") as file:
            file.write(READER)
        programs = {
            "oomguardctl parse --json": [f"{binaries}/oomguardctl", "parse", "--json", log],
            "grep -c 'Killed process'": ["grep", "-c", "Killed process", log],
            "regular expressions in Python": [sys.executable, reader, log],
        }
        ours = programs["oomguardctl parse --json"]
        peaks, found = [], {}
        for megabytes in MEGABYTES:
            kills = write(log, megabytes)
            size = os.path.getsize(log)
            table.section(f"A log of {size / 1e6:,.0f} MB with {kills:,} kills; MB for each second of CPU, and memory at most")
            seconds = {}
            for name, program in programs.items():
                seconds[name], peak, found[name] = min(run(tools, program) for _ in range(ROUNDS))
                table.row(name, size / 1e6 / seconds[name], None, "MB/s", f"{peak:,} KiB")
                if program is ours:
                    peaks.append(peak)
            own, of_grep, of_python = seconds.values()
            table.row("CPU beside grep's", own * 1e3, of_grep * 1e3, "ms")
            table.row("CPU beside Python's", own * 1e3, of_python * 1e3, "ms")
        own, of_grep, of_python = found.values()
        table.row("kills found", len(json.loads(own)["kills"]), kills, others=f"grep {int(of_grep)}, Python {int(of_python)}")
        table.row(f"memory, beside {MEGABYTES[0]} MB", peaks[1], peaks[0], "KiB", within=1.1)


def run(tools, program):
    """Seconds of CPU, the most it had resident in KiB, and what it printed."""
    done = subprocess.run([f"{tools}/peak", *program], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    nanoseconds, kilobytes = done.stderr.split()
    return int(nanoseconds) / 1e9, int(kilobytes), done.stdout


def write(path, megabytes):
    """Chatter, and a report now and then; how many kills."""
    reports = []
    for name in REPORTS:
        with open(f"{FIXTURES}/{name}.kmsg-raw.log", errors="surrogateescape") as file:
            texts = [line.split(";", 1)[1] for line in file if ";" in line]
        # Its time goes on: the same line at the same time is but one kill.
        reports.append("".join(f"May  4 10:00:00 host kernel: [%d.000000] {text}" for text in texts))
    kills = number = 0
    with open(path, "w", errors="surrogateescape") as log:
        while log.tell() < megabytes * 1_000_000:
            for n in range(number, number + LINES_BETWEEN):
                log.write(f"May  4 10:00:00 host {CHATTER[n % len(CHATTER)].format(n=n)}\n")
            number += LINES_BETWEEN
            report = reports[number // LINES_BETWEEN % len(reports)]
            kills += report.count("Killed process")
            log.write(report.replace("[%d.", f"[{number}."))
    return kills
