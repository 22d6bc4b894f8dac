"""A process that is born in a unit's cgroup (CLONE_INTO_CGROUP) gives no sign there; its exec tells of it."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"

[[protect]]
name = "main"
unit = "main.service"
score = -800
"""


def run(guest, check):
    vault, main = (guest.start(unit, "sleep infinity") for unit in ("vault", "main"))
    guest.configure(CONFIG)
    guest.wait_score(main, -800)
    surveys = guest.surveys()

    def born(unit):
        group = guest.property(unit, "ControlGroup")
        pid = int(guest.sh(f"born-in /sys/fs/cgroup{group} sleep infinity </dev/null 2>/dev/null | head -n 1"))
        check("it is in the cgroup without having been moved", group in guest.sh(f"cat /proc/{pid}/cgroup"))
        return pid

    pids = [born("vault") for _ in range(5)]
    for pid in pids:
        guest.wait_score(pid, -900)
    check("every one is protected", True)
    stranger = born("main")
    last = born("vault")
    guest.wait_score(last, -900)
    check.equal("where the main process alone is meant, it is not", guest.score(stranger), 0)

    held = {pid: (-900, 0, "held") for pid in (vault, *pids, last)}
    guest.wait_status("all are listed", lambda status: set(processes(status["rules"][0])) == set(held))
    check.equal("status.json lists them", processes(guest.rule("vault")), held)
    check.equal("and the main process alone", processes(guest.rule("main")), {main: (-800, 0, "held")})
    check.equal("no survey was needed", guest.surveys(), surveys)
