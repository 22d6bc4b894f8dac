"""A boot with a configuration that was broken since: the last good one is in force, is said to be, and gives way to a
mended one."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
"""

UNIT = """
[Service]
ExecStart=/bin/sleep infinity
OOMScoreAdjust={base}

[Install]
WantedBy=multi-user.target
"""

DROP_IN = """
[[sacrifice]]
name = "batch"
unit = "batch.service"
score = 500
"""


def run(guest, check):
    for name, base in (("vault", -300), ("batch", 0)):
        guest.unit(f"{name}.service", UNIT.format(base=base))
    guest.sh("systemctl enable --now --quiet vault.service batch.service")
    guest.write("/etc/oomguard.conf.d/50-batch.conf", DROP_IN)
    guest.configure(CONFIG)

    def told():
        # Which processes they are PID 1 may tell the daemon after its start.
        status = guest.wait_status(
            "every rule has its process", lambda status: all(processes(rule) for rule in status["rules"]))
        return {rule["name"]: processes(rule) for rule in status["rules"]}

    def held():
        vault, batch = (guest.main_pid(f"{name}.service") for name in ("vault", "batch"))
        return {"vault": {vault: (-900, -300, "held")}, "batch": {batch: (500, 0, "held")}}

    check.equal("both are held", told(), held())
    check.equal("the copy is root's alone", guest.sh("stat -c '%U %a' /var/lib/oomguard/last-good.conf").strip(), "root 600")

    # A reload keeps what is in force, and the copy that was good.
    guest.write("/etc/oomguard.conf", CONFIG.replace("-900", "-9000"))
    guest.sh("systemctl kill --kill-whom=main --signal=HUP oomguard.service")
    guest.wait_status("the error is told", lambda status: status["config"]["error"])
    check.equal("a broken reload is no degradation", guest.status()["degraded"], [])

    guest.sh("rm /etc/oomguard.conf.d/50-batch.conf && sync")
    guest.reboot()
    check.equal("all is protected again, also by the drop-in that is gone", told(), held())
    status = guest.status()
    check.equal("that is degraded", [one["what"] for one in status["degraded"]], ["last-good-config"])
    where = "/etc/oomguard.conf:8:9: 'score' is -9000; write a whole number from -1000 to 1000"
    check("with the mistake and its place", where in status["degraded"][0]["why"], status["degraded"])
    check.equal("in the configuration's own words, too", status["config"]["error"], where)
    check.equal("in one journal entry", len([
        entry for entry in guest.journal("degraded") if entry["OOMGUARD_WHAT"] == "last-good-config"]), 1)
    said = guest.property("oomguard.service", "StatusText")
    check("and in STATUS=", "degraded: last-good-config" in said, said)
    check.equal("--check-config does not believe the copy", guest.machine.run("oomguardd --check-config", 60)[0], 2)

    guest.write("/etc/oomguard.conf", CONFIG)
    guest.reload()
    guest.wait_status("it is over once the file is mended", lambda status: status["state"] == "running")
    vault = {"vault": held()["vault"]}
    check.equal("with the files as they are", told(), vault)
    check.equal("what is no longer meant has its base", guest.score(guest.main_pid("batch.service")), 0)
    guest.write("/etc/oomguard.conf", "[[protect]]\n")
    guest.sh("systemctl restart oomguard.service")
    check.equal("the copy is of that", told(), vault)

    guest.sh("systemctl stop oomguard.service && rm /var/lib/oomguard/last-good.conf")
    check("without a copy it does not start", not guest.holds("systemctl start oomguard.service"))
    check.equal("and says so by its status", guest.property("oomguard.service", "ExecMainStatus"), "2")
    check.equal("and is not tried again", guest.property("oomguard.service", "SubState"), "failed")
