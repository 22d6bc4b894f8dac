"""Somebody else keeps writing: repaired as often as conflict_limit says, then oomguard yields and says so, once."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"
conflict_limit = 2

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
"""

# Without a fork, so that it never is slower than a survey comes, and each finds its score: that is one episode.
WRITER = """
exec perl -e '
  while (1) {
    open my $file, ">", "/proc/$ARGV[0]/oom_score_adj" or die;
    print $file 100;
    close $file;
    select undef, undef, undef, 0.01;
  }' $1
"""

FIELDS = ("RULE", "PID", "OLD_SCORE", "SCORE")


def told(entries):
    return [{name: entry.get(f"OOMGUARD_{name}") for name in FIELDS} for entry in entries]


def run(guest, check):
    guest.script("writer", WRITER)
    vault = guest.start("vault", "sleep infinity")
    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    # What is written in its first two seconds would be its base.
    guest.wait_reconciled(3)
    once = {"RULE": "vault", "PID": str(vault), "OLD_SCORE": "100", "SCORE": "-900"}

    guest.sh(f"echo 100 >/proc/{vault}/oom_score_adj")
    guest.wait_score(vault, -900)
    guest.wait_reconciled()
    check.equal("a single write is undone, and told with old and new value", told(guest.journal("drift")), [once])
    check.equal("it is no conflict", guest.journal("conflict"), [])

    # Forgets what was counted so far.
    guest.reload()
    repairs = guest.status()["counters"]["repairs"]
    guest.start("writer", f"/usr/local/sbin/writer {vault}")
    status = guest.wait_status("oomguard yields", lambda status: processes(status["rules"][0])[vault][2] == "yielded")
    guest.wait_reconciled(3)
    check.equal("a writer that insists is let be", processes(guest.rule("vault")), {vault: (100, 0, "yielded")})
    status = guest.status()
    counts = {name: status["counters"][name] for name in ("repairs", "conflicts")}
    check.equal("after as many repairs as configured", counts, {"repairs": repairs + 2, "conflicts": 1})
    check.equal("the episode is told once", told(guest.journal("drift")), [once] * 2)
    entries = guest.journal("conflict")
    check.equal("and so is the conflict", told(entries), [once])
    check.equal("as a warning", [entry["PRIORITY"] for entry in entries], ["4"])
    check.equal("the process keeps what the other writer wants", guest.score(vault), 100)

    guest.sh("systemctl stop writer.service")
    guest.wait_reconciled(3)
    check.equal("it is let be also when that one is gone", guest.score(vault), 100)
    guest.reload()
    guest.wait_score(vault, -900)
    guest.wait_reconciled()
    check.equal("a reload tries again", processes(guest.rule("vault")), {vault: (-900, 0, "held")})
    check.equal("without another conflict", guest.status()["counters"]["conflicts"], 1)

    guest.start("writer", f"/usr/local/sbin/writer {vault}")
    guest.wait_status("oomguard yields again", lambda status: status["counters"]["conflicts"] == 2)
    guest.sh("systemctl stop oomguard.service")
    check.equal("what somebody else wrote is not taken back by a stop", guest.score(vault), 100)
