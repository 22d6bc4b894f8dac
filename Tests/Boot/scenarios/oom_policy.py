"""OOMPolicy=stop, systemd's default, undoes protection when a child is killed: oomguard says so, and the mend works."""

from bed.postgresql import cluster

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "database"
unit = "postgresql@*.service"
score = -950
"""

LIMIT = """
[Service]
MemoryMax=160M
"""

POLICY = """
[Service]
OOMPolicy=continue
"""

# A backend that wants more than the unit's limit.
GREED = "select length(string_agg(repeat('x', 1000000), '')) from generate_series(1, 400)"


def restart(guest, unit):
    guest.sh(f"systemctl daemon-reload && systemctl restart {unit}")
    guest.wait_for("the database answers", "su postgres -c \"psql -XAtqc 'select 1'\"")
    main = guest.main_pid(unit)
    guest.wait_score(main, -950)
    return main


def overdo(guest):
    before = guest.status()["kills"]["total"]
    guest.holds(f"su postgres -c \"psql -XAtqc \\\"{GREED}\\\"\"")
    return guest.wait_kills(before + 1)["kills"]["last"][-1]


def run(guest, check):
    unit = cluster(guest)
    guest.sh(f"mkdir /etc/systemd/system/{unit}.d")
    guest.write(f"/etc/systemd/system/{unit}.d/limit.conf", LIMIT)
    guest.configure(CONFIG)
    main = restart(guest, unit)
    # While the unit starts, the warning may be that the rule matches nothing.
    status = guest.wait_status("the policy is named", lambda status: "OOMPolicy" in (status["rules"][0]["warning"] or ""))
    warning = status["rules"][0]["warning"]
    check("status warns of OOMPolicy=stop", f"OOMPolicy=stop ends '{unit}'" in warning, warning)
    check("and the journal", any("OOMPolicy=stop" in entry["MESSAGE"] for entry in guest.journal("config")))

    kill = overdo(guest)
    check("the kernel takes a backend, not the protected main process", kill["victim"]["pid"] != main, kill)
    check.equal("of the unit", (kill["victim"]["unit"], kill["rule"], kill["protected"]), (unit, "database", False))
    guest.wait_for("the unit has ended", f"! systemctl is-active --quiet {unit}")
    guest.wait_for("systemd ends the main process with it", f"! kill -0 {main}")
    check("yet the protected main process is gone", True)

    guest.write(f"/etc/systemd/system/{unit}.d/oom.conf", POLICY)
    guest.sh("systemctl daemon-reload && systemctl reload oomguard.service")
    main = restart(guest, unit)
    guest.wait_reconciled()
    check.equal("with the mend, no warning", guest.rule("database")["warning"], None)
    kill = overdo(guest)
    check("the kernel takes a backend again", kill["victim"]["pid"] != main, kill)
    guest.wait_for("the database answers", "su postgres -c \"psql -XAtqc 'select 1'\"")
    check.equal("and the main process lives, protected", (guest.main_pid(unit), guest.score(main)), (main, -950))
