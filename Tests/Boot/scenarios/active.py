"""The daemon is up, whole and says so: READY, STATUS=, the status file."""

from bed.guest import processes

CONFIG = """
[[protect]]
name = "family"
unit = "family.service"
score = -900
scope = "all"
"""


def run(guest, check):
    pids = guest.family("family", 3)
    guest.configure(CONFIG)
    # Not waited for: READY=1 comes after the first survey, so the restart returns when this is done.
    check.equal("READY=1 says the first survey is over", guest.scores(pids), {pid: -900 for pid in pids})
    check.equal("it is active", guest.property("oomguard.service", "SubState"), "running")
    check("it is enabled", guest.holds("systemctl is-enabled --quiet oomguard.service"))

    said = guest.property("oomguard.service", "StatusText")
    check("STATUS= counts what it protects", said.startswith("protecting 3 processes of 1 service"), said)
    check("STATUS= tells of pressure and kills", "pressure calm" in said and "0 OOM kills" in said, said)
    shown = guest.sh("systemctl status --no-pager --lines=0 oomguard.service")
    check("systemctl status shows it", f'Status: "{said}"' in shown, shown)

    status = guest.status()
    check.equal("nothing is missing in a real Debian", (status["state"], status["degraded"]), ("running", []))
    check.equal("the status file names the daemon", status["pid"], guest.main_pid("oomguard.service"))
    check.equal("and the configuration", status["config"]["files"], ["/etc/oomguard.conf"])
    check.equal("and every process of the rule", processes(guest.rule("family")), {pid: (-900, 0, "held") for pid in pids})
    check.equal("anyone may read it, only root write", guest.sh("stat -c '%U %a' /run/oomguard/status.json").strip(), "root 644")
