"""A daemon that stands still is ended by the watchdog and started again; it has forgotten nothing."""

from bed.guest import processes, told_pids

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -900
"""


def run(guest, check):
    vault = guest.start("vault", "sleep infinity", OOMScoreAdjust=-300)
    # As shipped it has three minutes, which would tell no more.
    guest.sh("mkdir /etc/systemd/system/oomguard.service.d")
    guest.unit("oomguard.service.d/watchdog.conf", "[Service]\nWatchdogSec=12s\n")
    guest.configure(CONFIG)
    check.equal("it is protected", guest.score(vault), -900)
    killed = guest.hog_over_limit("hog")
    guest.wait_kills(1)
    first = guest.main_pid("oomguard.service")

    def ping():
        return int(guest.property("oomguard.service", "WatchdogTimestampMonotonic"))

    # By itself, with nothing happening and no reconcile due for half a minute.
    for _ in range(3):
        last = ping()
        guest.eventually("it pings", ping, lambda at: at > last)
    check.equal("while it runs the watchdog leaves it alone", guest.main_pid("oomguard.service"), first)

    guest.sh(f"kill -STOP {first}")
    second = guest.eventually(
        "systemd starts it again", lambda: guest.main_pid("oomguard.service"), lambda pid: pid not in (0, first))
    check.equal("the score stays meanwhile", guest.score(vault), -900)
    guest.wait_for("it is ready", "systemctl is-active --quiet oomguard.service")
    status = guest.wait_status(
        "it has looked at all", lambda status: status["pid"] == second and processes(status["rules"][0]))
    check("it was the watchdog", guest.holds("journalctl --sync; journalctl -b -u oomguard.service -o cat | grep -q 'Watchdog timeout'"))
    check.equal("its successor knows the base", processes(status["rules"][0]), {vault: (-900, -300, "held")})
    check.equal("and tells no kill again", told_pids(guest.journal("kill")), [killed])
