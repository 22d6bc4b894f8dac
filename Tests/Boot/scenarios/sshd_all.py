"""Debian's sshd with every process of its unit meant: a session passes through the unit and must come out clean."""

from bed.guest import processes
from bed.login import log_in, prepare, session_of

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "ssh"
unit = ["ssh.service", "sshd.service"]
score = -1000
allow_immune = true
scope = "all"
"""


def run(guest, check):
    prepare(guest)
    listener = guest.main_pid("ssh.service")
    guest.configure(CONFIG)
    session = log_in(guest, "login")
    # sshd's process for this login starts in ssh.service, is moved to a session, and forks the shell there: each
    # may have been born with what the one before it was promised.
    guest.wait_reconciled()
    others = session_of(guest, session)
    check.equal("nothing of the session stays immune", guest.scores(others), {pid: 0 for pid in others})
    check.equal("the rule holds the listener alone", processes(guest.rule("ssh")), {listener: (-1000, -1000, "held")})
    guest.sh("systemctl stop oomguard.service")
    check.equal("nor is it after a stop", guest.scores(others), {pid: 0 for pid in others})
