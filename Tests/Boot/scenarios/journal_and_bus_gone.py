"""No journald, then another one; no way to PID 1, then one again: protection goes on, and what is missing is named."""

from bed.guest import processes, told_pids

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
"""

VAULT = """
[Service]
ExecStart=/bin/sleep infinity
"""

# What starts a unit while nobody can ask for it.
LATE = """
[Path]
PathExists=/run/late
Unit=vault@late.service
"""

JOURNAL = "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service"
BUS = "/run/systemd/private /run/dbus/system_bus_socket"


def run(guest, check):
    guest.write("/etc/systemd/system/late.path", LATE)
    guest.unit("vault@.service", VAULT)
    guest.configure(CONFIG)
    guard = guest.main_pid("oomguard.service")

    guest.sh(f"systemctl stop {JOURNAL}")
    check("nobody listens to entries", not guest.holds("systemctl is-active --quiet systemd-journald.service"))
    guest.sh("systemctl start vault@early.service")
    early = guest.main_pid("vault@early.service")
    guest.wait_score(early, -900)
    check("without a journal a new unit is protected", True)
    guest.hog_over_limit("unheard")
    guest.wait_kills(1)
    check("and a kill is told by the status", True)
    # One after the other: a socket that begins when the service is already there is refused.
    guest.sh("systemctl start systemd-journald.socket && systemctl start systemd-journald.service")
    heard = [guest.hog_over_limit("heard")]
    guest.eventually("a kill is told to the new journal", lambda: told_pids(guest.journal("kill")), lambda told: heard[0] in told)
    guest.sh("systemctl restart systemd-journald.service")
    heard.append(guest.hog_over_limit("heard-again"))
    guest.eventually(
        "and to the one after it, once each", lambda: told_pids(guest.journal("kill")),
        lambda told: [pid for pid in told if pid in heard] == heard)
    check.equal("all the time by one daemon", guest.main_pid("oomguard.service"), guard)

    # No path to it is left: also for systemctl, so files and signals have to do.
    guest.sh("systemctl start late.path")
    guest.sh(f"for path in {BUS}; do if [ -e $path ]; then mv $path $path.away; fi; done")
    check("nobody can ask PID 1", not guest.holds("systemctl is-active oomguard.service"))
    guest.sh(f"kill -KILL {guard}")
    status = guest.wait_status("another daemon begins", lambda status: status["pid"] != guard)
    guest.wait_status("it says what is missing", lambda status: "no-systemd" in missing(status))
    check("it says that it cannot ask", True)
    check.equal("the early one keeps its score", guest.score(early), -900)
    guest.sh("touch /run/late")
    procs = "/sys/fs/cgroup/system.slice/system-vault.slice/vault@late.service/cgroup.procs"
    guest.wait_for("PID 1 starts the late one", f"grep -q . {procs}")
    late = int(guest.sh(f"cat {procs}"))
    guest.wait_score(late, -900)
    check("a unit started meanwhile is protected", True)
    guest.sh(f"for path in {BUS}; do if [ -e $path.away ]; then mv $path.away $path; fi; done")
    guest.wait_status("it can ask again", lambda status: "no-systemd" not in missing(status))
    check.equal("by the same daemon", guest.status()["pid"], status["pid"])
    held = {early: (-900, 0, "held"), late: (-900, 0, "held")}
    check.equal("both are held, and their bases known", processes(guest.rule("vault")), held)
    guest.sh("rm /run/late && systemctl stop late.path oomguard.service")
    check.equal("and given back in the end", guest.scores([early, late]), {early: 0, late: 0})


def missing(status):
    return [one["what"] for one in status["degraded"]]
