"""Debian's sshd under the shipped rule: it writes -1000 itself, gives its sessions the score from before, logins work."""

from bed.guest import processes
from bed.login import log_in, prepare, session_of

# Beside the configuration as shipped.
OFTEN = """
[guard]
reconcile_interval = "1s"
"""


def run(guest, check):
    prepare(guest)
    guest.write("/etc/oomguard.conf.d/often.conf", OFTEN)
    guest.sh("systemctl restart oomguard.service")
    listener = guest.main_pid("ssh.service")
    held = {listener: (-1000, -1000, "held")}
    check.equal("the listener is held at the score it wrote itself", processes(guest.rule("ssh")), held)

    session = log_in(guest, "login")
    check("a login gets a session of its own", "/user.slice/" in guest.sh(f"cat /proc/{session}/cgroup"))
    guest.wait_reconciled()
    others = session_of(guest, session)
    check.equal("nothing of the session is protected", guest.scores(others), {pid: 0 for pid in others})
    check.equal("and the rule holds the listener alone", processes(guest.rule("ssh")), held)

    # On reload sshd gives itself its old score back, starts over from it, and is immune again.
    guest.sh("systemctl reload ssh.service")
    again = log_in(guest, "login-after-reload")
    guest.wait_reconciled()
    check.equal("sshd's reload changes nothing for a new session", guest.score(again), 0)
    # What it set while it started over counts once that is over.
    guest.wait_status("the listener is held again", lambda status: held in [processes(rule) for rule in status["rules"]])
    check("nor for the listener", True)

    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping leaves sshd what it wrote itself", guest.score(listener), -1000)
    check.equal("and the session", guest.score(session), 0)
