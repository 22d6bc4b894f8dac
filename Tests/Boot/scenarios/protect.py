"""A unit protected in the middle of the night: at once, over a restart, for one boot only, and back."""

import json

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault.service"
score = -100
"""
DROP_IN = "oomguard.conf.d/60-oomguardctl-web.service.conf"


def run(guest, check):
    guest.configure(CONFIG)
    main, child = guest.family("web", 2)
    guest.start("vault", "sleep infinity")

    def answer(command):
        status, output = guest.machine.run(f"oomguardctl {command} --json 2>/dev/null", 60)
        return status, json.loads(output)

    status, told = answer("protect web --score -500")
    check.equal("it is protected", (status, told["loaded"], told["rule"]), (0, True, "web.service"))
    held = {"pid": main, "comm": "sleep", "score": -500, "base": 0, "state": "held"}
    check.equal("and says so of the main process", told["processes"], [held])
    check.equal("which carries the score", (guest.score(main), guest.score(child)), (-500, 0))
    guest.sh("systemctl restart oomguard.service")
    check.equal("as it does after a restart", guest.score(main), -500)
    check.equal("another score takes the place of the first", answer("protect web --score -700")[0], 0)
    check.equal("at once", guest.score(main), -700)

    status, told = answer("unprotect web")
    given = {"pid": main, "comm": "sleep", "score": 0, "base": 0, "state": None}
    check.equal("it gets its base back", (status, told["rule"], told["processes"]), (0, None, [given]))
    check.equal("really", guest.score(main), 0)
    check("and nothing is left", not guest.holds(f"ls /etc/{DROP_IN} /run/{DROP_IN}"))

    check.equal("for this boot it is below /run", answer("protect web.service --score -5 --runtime")[0], 0)
    check("only", guest.holds(f"test -e /run/{DROP_IN} && test ! -e /etc/{DROP_IN}"))
    check.equal("and in force", guest.score(main), -5)

    refused, output = guest.machine.run("oomguardctl protect vault --score -900", 60)
    check.equal("a unit that has a rule already is refused, with its place", (refused, "/etc/oomguard.conf:5:1" in output), (1, True))
    refused, output = guest.machine.run("oomguardctl unprotect vault", 60)
    check.equal("as is taking back what an administrator wrote", (refused, "/etc/oomguard.conf:5:1" in output), (1, True))

    guest.sh("systemctl stop oomguard.service")
    status, told = answer("protect web --score -900")
    check.equal("without the daemon it is written for later", (status, told["loaded"]), (3, False))
    guest.sh("systemctl start oomguard.service")
    guest.wait_score(main, -900)

    # What a monitoring system sees of it. No run of the timer's is under way: for want of that directory each was skipped.
    guest.wait_status("it is listed", lambda status: [rule["matched"] for rule in status["rules"]] == [1, 1])
    guest.sh("systemctl stop oomguard-metrics.timer")
    guest.sh("mkdir -p /var/lib/prometheus/node-exporter && systemctl start oomguard-metrics.service")
    metrics = guest.sh("cat /var/lib/prometheus/node-exporter/oomguard.prom")
    line = 'oomguard_protected_processes{rule="web.service",state="held"} 1'
    check("the metrics count it", line in metrics.splitlines(), metrics)
    guest.sh("systemctl stop oomguard.service && systemctl start oomguard-metrics.service")
    metrics = guest.sh("cat /var/lib/prometheus/node-exporter/oomguard.prom")
    check.equal("and tell when the daemon is gone", metrics.splitlines()[-1], "oomguard_up 0")
