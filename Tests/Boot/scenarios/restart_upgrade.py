"""Whatever happens to oomguard, protection has no gap: restart, upgrade, kill -9. And nothing is forgotten."""

from bed.guest import processes
from bed.sampler import Sampler

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900

[[protect]]
name = "family"
unit = ["family.service", "late.service"]
score = -800
scope = "all"
"""


def run(guest, check):
    vault = guest.start("vault", "sleep infinity", OOMScoreAdjust=-300)
    family = guest.family("family", 2)
    guest.configure(CONFIG)
    # Its score was written to twice while it started, by PID 1 in between: the later base counts.
    late = guest.start("late", "sleep infinity", OOMScoreAdjust=200)
    guest.wait_score(late, -800)
    guest.wait_status("it is listed", lambda status: late in processes(status["rules"][1]))
    wanted = {vault: -900, late: -800} | {pid: -800 for pid in family}
    bases = {vault: -300, late: 200} | {pid: 0 for pid in family}
    check.equal("all are protected", guest.scores(wanted), wanted)
    package = guest.unpack("oomguard.deb")
    sampler = Sampler(guest, wanted)

    def holds_on(what, before):
        """Another daemon is there, it knows what the one before knew, and the sampler saw no gap."""
        pid = guest.main_pid("oomguard.service")
        check(f"{what}: another daemon runs", pid not in (0, before))
        status = guest.wait_status(
            "it has looked at all", lambda status: status["pid"] == pid
            and {one for rule in status["rules"] for one in processes(rule)} == set(wanted))
        check.equal(
            f"{what}: it knows every base",
            {pid: told for rule in status["rules"] for pid, told in processes(rule).items()},
            {pid: (score, bases[pid], "held") for pid, score in wanted.items()})
        check.equal(f"{what}: without a gap", sampler.gaps(), "")
        return pid

    daemon = guest.main_pid("oomguard.service")
    guest.sh("systemctl restart oomguard.service")
    daemon = holds_on("restart", daemon)
    guest.sh(f"dpkg -i {package}", 300)
    daemon = holds_on("upgrade", daemon)
    guest.sh(f"kill -KILL {daemon}")
    guest.eventually("systemd starts it again", lambda: guest.main_pid("oomguard.service"), lambda pid: pid not in (0, daemon))
    guest.wait_for("it is ready", "systemctl is-active --quiet oomguard.service")
    daemon = holds_on("kill -9", daemon)
    guest.write("/etc/oomguard.conf", CONFIG.replace("[guard]", "[guard]\nrestore_on_stop = false"))
    guest.sh("systemctl reload oomguard.service")
    guest.sh("systemctl stop oomguard.service")
    check.equal("restore_on_stop = false: a stop leaves all", guest.scores(wanted), wanted)
    guest.sh("systemctl start oomguard.service")
    daemon = holds_on("stop and start", daemon)

    samples = sampler.stop()
    check(f"the sampler looked {samples} times", samples > 1000)

    # A crash that nobody recovers from: what an administrator does then.
    guest.sh(f"systemctl kill --signal=STOP oomguard.service; kill -KILL {daemon}; systemctl stop oomguard.service")
    check.equal("after a crash and without a daemon all is left", guest.scores(wanted), wanted)
    guest.sh("oomguardd --restore")
    check.equal("oomguardd --restore gives every base back", guest.scores(bases), bases)
    guest.sh("oomguardd --restore")
    check.equal("twice does nothing more", guest.scores(bases), bases)
