"""oomguard beside others who guard memory, all at once in one guest at rest: what they hold and how often they wake. A table.

Each as its package ships and starts it, systemd-oomd among them, which `make bench` has to do without where systemd is not
PID 1. Takes six minutes and judges nobody but oomguard, so it runs only when it is asked for.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "Benchmarks"))
from bench.table import Table, spread  # noqa: E402

ON_REQUEST = True
ROUNDS, SECONDS = 3, 60
MEMORY_MIB = 2048
DUE = SECONDS // 30 + 1  # the shipped configuration's reconcile_interval
PEERS = ("systemd-oomd", "earlyoom", "nohang", "psi-notify", "oomd")
LOOP = """
while :; do
  for pid in $(pgrep -x guarded); do echo 100 >/proc/$pid/oom_score_adj; done 2>/dev/null
  sleep 1
done
"""


def install(guest):
    """The peers that this Debian has; all of them run when this returns."""
    # apt knows in which order: dpkg alone goes by their names.
    guest.sh("DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install /var/cache/peers/*.deb 2>&1", 600)
    there = [peer for peer in PEERS if guest.holds(f"dpkg -s {peer}")]
    # What Debian's own comments say to take away where there is only version 2 of cgroups.
    guest.sh("! [ -e /etc/default/oomd ] || sed -i 's, --cgroup-fs [^ \"]*,,' /etc/default/oomd")
    # Meant for a user's own manager, of which there is none here.
    guest.sh("cp /usr/lib/systemd/user/psi-notify.service /etc/systemd/system || true; systemctl daemon-reload")
    guest.script("loop", LOOP)
    guest.start("loop", "/usr/local/sbin/loop")
    guest.sh(f"systemctl restart {' '.join(there)}", 120)
    return ["oomguard", *there, "loop"]


def look(guest, pids, seconds):
    """What the kernel tells of them now and so many seconds later. One program reads it all, since each that starts is
    heard of; how many there were is read first and last."""
    files = " ".join(f"/proc/{pid}/smaps_rollup /proc/{pid}/stat /proc/{pid}/task/*/schedstat /proc/{pid}/task/*/status" for pid in pids)
    text = guest.sh(f"grep '' /proc/stat {files}; echo; sleep {seconds}; grep '' {files} /proc/stat", seconds + 60)
    return [read(moment, pids) for moment in text.split("\n\n")]


def read(text, pids):
    """A moment: how many processes and threads were born since the boot, and each one's figures by pid."""
    lines = [line.partition(":")[::2] for line in text.splitlines()]
    born = next(int(line.split()[1]) for path, line in lines if path == "/proc/stat" and line.startswith("processes "))
    found = {}
    for pid in pids:
        own = [(path.split("/")[-1], line.split()) for path, line in lines if path.startswith(f"/proc/{pid}/")]
        figures = {words[0].rstrip(":"): int(words[1]) for name, words in own if name == "smaps_rollup" and words[-1] == "kB"}
        waited = sum(int(words[1]) for name, words in own if name == "status" and words[0] == "voluntary_ctxt_switches:")
        # With that of the programs it started and waited for: see proc_pid_stat(5). A tick is 10 ms.
        stat = next(" ".join(words).rpartition(")")[2].split() for name, words in own if name == "stat")
        ran = sum(int(words[0]) for name, words in own if name == "schedstat") / 1e6
        found[pid] = figures | {"waited": waited, "cpu_ms": ran + (int(stat[13]) + int(stat[14])) * 10}
    return born, found


def run(guest, check):
    # Some look the more often the less is left: a machine as small as the bed's would be unfair to them.
    guest.reboot("-m", str(MEMORY_MIB))
    guest.sh("systemctl stop postgresql.service 'postgresql@*'")
    names = install(guest)
    mains = {name: guest.main_pid(f"{name}.service") for name in names}
    guest.wait_reconciled(1)
    rounds = []
    for number in range(1, ROUNDS + 1):
        (born, before), (born_after, after) = look(guest, mains.values(), SECONDS)
        born = born_after - born
        rounds.append({name: {
            what: after[pid][what] - (before[pid][what] if what in ("waited", "cpu_ms") else 0) for what in after[pid]
        } for name, pid in mains.items()} | {"born": born})
        wakes, told = (rounds[-1][name]["waited"] if name in mains else 0 for name in ("oomguard", "psi-notify"))
        # What a service says of itself, as psi-notify does each time it looks, PID 1 passes on, in several messages.
        check(
            f"minute {number}: oomguard woke {wakes} times, for {born} processes and threads, {told} states of a service"
            " and what was due", wakes <= born + 4 * told + DUE, rounds[-1])
    check.equal(
        "each ran all the while", {name: (guest.main_pid(f"{name}.service"), guest.property(name, "NRestarts")) for name in names},
        {name: (pid, "0") for name, pid in mains.items()})
    show(guest, rounds, names)


def show(guest, rounds, names):
    release, version, count = guest.sh(". /etc/os-release; echo $VERSION_ID; systemctl --version | head -n 1; ls /proc | grep -c '^[0-9]'").splitlines()
    born = statistics.median(one["born"] for one in rounds)
    table = Table()
    table.section(
        f"Emulated Debian {release}, {version.split(' (')[0]}, {MEMORY_MIB} MiB, {count} processes: {SECONDS} s at rest, {born:.0f} processes and threads"
        f" born meanwhile; the middle of {len(rounds)}, and the least and the most",
        ("", "resident", "anonymous", "locked", "CPU", "of oomguard's", "wake-ups"))
    own = statistics.median(one["oomguard"]["cpu_ms"] for one in rounds)
    for name in names:
        figures = [one[name] for one in rounds]
        last = figures[-1]
        cpu = [one["cpu_ms"] for one in figures]
        table.line(
            "shell loop, 1 s" if name == "loop" else name,
            *(f"{last[kind]:,} KiB" for kind in ("Rss", "Anonymous", "Locked")),
            spread(cpu, "ms"), f"{statistics.median(cpu) / own:.2f}×", spread([one["waited"] for one in figures]))
    table.note("Wake-ups are those of the program itself, CPU is that of what it starts as well.")
    table.print()
