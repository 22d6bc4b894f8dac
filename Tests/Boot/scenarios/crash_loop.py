"""A daemon that cannot stay up: systemd gives up on it, and --restore gives back what it had promised."""

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"
"""


def run(guest, check):
    bases = {pid: -300 for pid in guest.family("vault", 2, OOMScoreAdjust=-300)}
    guest.sh("mkdir /etc/systemd/system/oomguard.service.d")
    # Under emulation a start takes so long that as shipped the limit is not met.
    guest.unit("oomguard.service.d/quick.conf", "[Unit]\nStartLimitIntervalSec=2min\n[Service]\nRestartSec=50ms\n")
    guest.configure(CONFIG)
    wanted = {pid: -900 for pid in bases}
    check.equal("all are protected", guest.scores(bases), wanted)

    # Without a program, to be quicker than it starts.
    procs = "/sys/fs/cgroup/oomguard.slice/oomguard.service/cgroup.procs"
    guest.sh(
        f"until systemctl is-failed --quiet oomguard.service; do"
        f" while read -r pid; do kill -KILL $pid; done <{procs}; done 2>/dev/null; true", 120)
    said = guest.sh("journalctl --sync; journalctl -b -o cat -u oomguard.service")
    check("systemd gives up on it", "Start request repeated too quickly" in said, said)
    check.equal("the scores stay", guest.scores(bases), wanted)
    guest.sh("oomguardd --restore")
    check.equal("oomguardd --restore gives every base back", guest.scores(bases), bases)

    guest.sh("systemctl reset-failed oomguard.service && systemctl start oomguard.service")
    check.equal("and once it can stay up again, all are protected", guest.scores(bases), wanted)
    guest.sh("systemctl stop oomguard.service")
    check.equal("from the bases that they had", guest.scores(bases), bases)
