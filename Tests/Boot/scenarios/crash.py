"""kill -9 of the daemon loses nothing: scores stay, bases are known, kills meanwhile are told, none twice."""

from bed.guest import processes, told_pids

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"
"""


def run(guest, check):
    vault = guest.start("vault", "sleep infinity", OOMScoreAdjust=-300)
    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    before = guest.hog_over_limit("before")
    guest.wait_kills(1)
    # Whose an entry is journald asks the sender's /proc: it has done so before that is gone.
    check.equal("a kill is told", told_pids(guest.journal("kill")), [before])

    first = guest.main_pid("oomguard.service")
    guest.sh(f"kill -STOP {first}")  # from here on it sees nothing
    meanwhile = guest.hog_over_limit("meanwhile")
    guest.sh(f"kill -KILL {first}")
    check.equal("the score stays while nobody guards it", guest.score(vault), -900)

    second = guest.eventually(
        "systemd starts it again", lambda: guest.main_pid("oomguard.service"), lambda pid: pid not in (0, first))
    guest.wait_for("it is ready", "systemctl is-active --quiet oomguard.service")
    guest.wait_kills(2)
    guest.wait_reconciled()
    check.equal("it has one successor", guest.status()["pid"], second)
    check.equal("which knows the base from before", processes(guest.rule("vault")), {vault: (-900, -300, "held")})
    check.equal("each kill is told once", told_pids(guest.journal("kill")), [before, meanwhile])
    check.equal("and counted", guest.status()["kills"]["total"], 2)
    guest.sh("systemctl stop oomguard.service")
    check.equal("and gives the base back", guest.score(vault), -300)
