"""journald stopped, its socket full and no room in /run: protection goes on, what could not be told is counted."""

import re

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
scope = "all"
"""

# Files, since a transient unit would need room in /run.
VAULT = """
[Service]
ExecStart=/bin/sleep infinity
"""

# The kernel kills all of the group, and each kill is told with the kernel's report: more than the daemon keeps
# for a reader that does not read. PID 1 takes no part, or it ends some before the kernel comes to them: not when it
# hears of the first kill (OOMPolicy=), and not when the main process has gone before the others (KillMode=).
CROWD = """
[Service]
ExecStart=/bin/sh -c 'for i in $(seq 300); do sleep infinity & done; \
  echo 1 >/sys/fs/cgroup/system.slice/crowd.service/memory.oom.group && exec /usr/local/sbin/hog 1000'
MemoryMax=160M
OOMPolicy=continue
KillMode=process
"""


def run(guest, check):
    guest.write("/etc/systemd/system/vault@.service", VAULT)
    guest.write("/etc/systemd/system/crowd.service", CROWD)
    guest.sh("systemctl daemon-reload && systemctl start vault@early.service")
    guest.configure(CONFIG)
    early = guest.main_pid("vault@early.service")
    guest.wait_score(early, -900)

    journald = guest.main_pid("systemd-journald.service")
    guest.sh(f"kill -STOP {journald}")
    check("the journal's socket is full", int(guest.sh("/usr/local/sbin/flood /run/systemd/journal/socket")) > 0)
    check("/run is full", not guest.holds("cat /dev/zero >/run/filler"))

    guest.sh("systemctl start vault@late.service")
    late = guest.main_pid("vault@late.service")
    guest.wait_score(late, -900)
    check("a unit started meanwhile is protected", True)
    guest.sh(f"echo 0 >/proc/{early}/oom_score_adj")
    guest.wait_score(early, -900)
    check("drift is repaired", True)
    guest.sh("systemctl start crowd.service")
    # The kernel's buffer, since the journal is deaf; each once, since it tells of a group's first victim twice.
    happened = guest.eventually(
        "the crowd is killed", lambda: len(set(re.findall(r"Killed process (\d+) ", guest.sh("dmesg")))),
        lambda count: count >= 301, 180)
    check("the kernel killed them all", happened == 301, happened)

    # Room for the status first: before the journal hears again the daemon has tried to tell it of all.
    guest.sh("rm /run/filler")
    status = guest.wait_kills(happened)
    check.equal("every kill is counted", status["kills"]["total"], happened)
    guest.sh(f"kill -CONT {journald}")
    told = guest.eventually(
        "each is told, or counted as not told", lambda: len(guest.journal("kill")),
        lambda told: told + guest.status()["counters"]["unsent"] >= happened)
    unsent = guest.status()["counters"]["unsent"]
    check(f"of {happened}, {told} are told, and {unsent} entries counted as not told", unsent > 0 and told < happened)
