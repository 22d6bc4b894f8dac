"""A drill says whether a kill is told: with the daemon at work, with its journal cut off, and without it."""

import json

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -100
"""


def run(guest, check):
    guest.configure(CONFIG)

    def drill():
        status, output = guest.machine.run("oomguardctl drill --json 2>/dev/null", 60)
        return status, json.loads(output)

    status, told = drill()
    check.equal("a kill is told", (status, told["killed"], sorted(told["told_in"])), (0, True, ["journal", "status"]))
    check.equal("by the kernel's log", told["kill"]["source"], "kernel-log")
    check.equal("of its own unit", told["kill"]["victim"]["unit"], told["unit"])
    check.equal("and is the only one", guest.status()["kills"]["total"], 1)
    # PID 1 forgets it once the bus has told it that systemd-run, which waited for it, has gone.
    guest.wait_for("its unit is forgotten", f"test -z \"$(systemctl list-units --all --no-legend '{told['unit']}')\"")
    check("which leaves no unit behind", True)
    status, text = guest.machine.run("oomguardctl drill", 60)
    check("people read the same", status == 0 and "told: by the witness kernel-log, in the status file" in text, text)

    guest.sh("systemctl stop oomguard.service")
    status, told = drill()
    check.equal("without the daemon nobody tells it", (status, told["killed"], told["told_in"]), (3, True, []))
    check("and that is said", "start it with: systemctl start oomguard" in told["problem"], told)

    # It runs, but hears and says nothing.
    guest.sh("systemctl start oomguard.service")
    guest.sh(f"kill -STOP {guest.main_pid('oomguard.service')}")
    status, told = drill()
    guest.sh(f"kill -CONT {guest.main_pid('oomguard.service')}")
    check.equal("nor while it does not listen", (status, told["killed"], told["told_in"]), (1, True, []))

    check.equal("a hog without a limit does nothing", guest.machine.run("oomguardctl drill --hog </dev/null", 60)[0], 77)
