"""A unit that starts, and a process that joins, after the daemon is protected too."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
scope = "all"
"""


def run(guest, check):
    guest.configure(CONFIG)
    check.equal("a rule that matches nothing yet is not an error", guest.rule("vault")["matched"], 0)

    late = guest.start("vault@late", "sleep infinity")
    guest.wait_score(late, -900)
    check("a unit started later is protected", True)
    guest.sh("systemd-run --quiet --scope --unit=joiner sleep infinity >/dev/null 2>&1 & echo")
    joiner = int(guest.eventually(
        "joiner runs", lambda: guest.machine.run("cat /sys/fs/cgroup/system.slice/joiner.scope/cgroup.procs", 30)[1],
        lambda text: text.strip().isdigit()))
    guest.wait_reconciled()
    check.equal("a process of another unit is not", guest.score(joiner), 0)
    group = guest.property("vault@late", "ControlGroup")
    guest.sh(f"echo {joiner} >/sys/fs/cgroup{group}/cgroup.procs")
    guest.wait_score(joiner, -900)
    check("until it joins the protected unit", True)
    guest.wait_status("both are listed", lambda status: status["rules"][0]["matched"] == 2)
    check.equal(
        "status.json lists both", processes(guest.rule("vault")),
        {late: (-900, 0, "held"), joiner: (-900, 0, "held")})
