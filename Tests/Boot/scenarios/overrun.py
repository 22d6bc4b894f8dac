"""More events than the kernel keeps for a daemon that does not read: counted, and made good by a survey."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900

[[protect]]
name = "comm"
comm = "by-comm"
user = "root"
score = -800
"""

# Each name is an event like an exec, and costs the emulator far less.
STORM = "perl -e 'for (1 .. 60000) { $0 = \"storm-$_\" }'"

COUNT = 40
CROWD = f"for one in $(seq {COUNT}); do by-comm infinity </dev/null >/dev/null 2>&1 & echo $!; done"


def run(guest, check):
    guest.sh("cp /bin/sleep /usr/local/sbin/by-comm")
    early = guest.start("vault@early", "sleep infinity")
    guest.configure(CONFIG)
    daemon = guest.main_pid("oomguard.service")
    guest.wait_score(early, -900)
    surveys = guest.surveys()

    guest.sh(f"kill -STOP {daemon}")
    guest.sh(STORM, 120)
    # From here on nothing new is kept: neither this exec nor the forks of a main process.
    lost = guest.spawn("by-comm infinity")
    guest.wait_for("it runs under its name", f'test "$(cat /proc/{lost}/comm)" = by-comm')
    late = guest.start("vault@late", "sleep infinity")
    check.equal("nobody looks", guest.scores((lost, late)), {lost: 0, late: 0})
    # Those that come while it reads what was kept, of which the kernel keeps nothing and says so no more, too.
    meanwhile = [int(pid) for pid in guest.sh(f"kill -CONT {daemon}; {CROWD}").split()]
    guest.wait_score(lost, -800)
    guest.wait_score(late, -900)
    for pid in meanwhile:
        guest.wait_score(pid, -800)
    check("what came unseen is protected all the same", True)

    status = guest.wait_status("the loss is counted", lambda status: status["counters"]["overruns"] > 0)
    check("by a survey", status["counters"]["surveys"] > surveys, status["counters"])
    status = guest.wait_status("both are listed", lambda status: [rule["matched"] for rule in status["rules"]] == [2, 1 + COUNT])
    check.equal(
        "status.json is right", [processes(rule) for rule in status["rules"]],
        [{early: (-900, 0, "held"), late: (-900, 0, "held")}, dict.fromkeys((lost, *meanwhile), (-800, 0, "held"))])
    check.equal("nothing is missing for good", (status["state"], status["degraded"]), ("running", []))

    again = guest.spawn("by-comm infinity")
    guest.wait_score(again, -800)
    surveys = guest.surveys()
    last = guest.spawn("by-comm infinity")
    guest.wait_score(last, -800)
    check.equal("events come again, one by one", guest.surveys(), surveys)
    check.equal("it is the same daemon", guest.main_pid("oomguard.service"), daemon)
