"""The clock on the wall is set, back and forth, as at the first NTP answer: nobody takes the daemon for stuck, each kill has the
time of its moment, and no deadline moves."""

from bed.guest import told_pids

CONFIG = """
[guard]
reconcile_interval = "{interval}"

[[protect]]
name = "vault"
unit = "vault.service"
score = -500
"""
DAY = 24 * 60 * 60


def run(guest, check):
    vault = guest.start("vault", "sleep infinity")
    guest.configure(CONFIG.format(interval="1h"))
    guest.wait_score(vault, -500)
    daemon = guest.main_pid("oomguard.service")

    def now():
        return guest.sh("date -u +%FT%T").strip()

    def jump(seconds):
        guest.sh(f"date -s @$(( $(date +%s) + {seconds} ))")
        guest.wait_for("it is known to be at work", "oomguardctl status --json | grep -q '\"daemon\": *\"running\"'")

    def kill(unit, count):
        """Makes a unit lose its process; its pid, when it was, and what is told of that."""
        began = now()
        pid = guest.hog_over_limit(unit)
        told = guest.wait_kills(count)["kills"]["last"][-1]
        return pid, (began, told["at"][:19], now())

    jump(-DAY)
    past, times = kill("past", 1)
    check("a day back: its kill has the time of that day", list(times) == sorted(times), times)
    jump(2 * DAY)
    future, times = kill("future", 2)
    check("two days on: likewise", list(times) == sorted(times), times)
    check.equal("each is told once, in the order in which they were", told_pids(guest.journal("kill")), [past, future])
    check.equal("also in the status", [kill["victim"]["pid"] for kill in guest.status()["kills"]["last"]], [past, future])

    guest.write("/etc/oomguard.conf", CONFIG.format(interval="1s"))
    guest.reload()
    jump(-DAY)
    guest.sh(f"echo 0 >/proc/{vault}/oom_score_adj")
    guest.wait_score(vault, -500)
    guest.wait_reconciled(3)
    check.equal("it is the daemon that it was", guest.main_pid("oomguard.service"), daemon)
    check.equal("nothing was lost by it", guest.status()["degraded"], [])
