"""Debian's sshd as it stands: it writes -1000 itself, hands its sessions the score it had before, and logins work."""

from bed.guest import processes

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


def log_in(guest, unit):
    """Logs in over ssh to this machine and stays; the pid of what runs in the session."""
    mark = f"/tmp/{unit}"
    guest.start(
        unit, f"ssh -o StrictHostKeyChecking=accept-new localhost 'echo $$$$ >{mark}.new; mv {mark}.new {mark}; exec sleep infinity'",
        User="alice")
    guest.wait_for("the login succeeds", f"test -s {mark}")
    return int(guest.sh(f"cat {mark}"))


def sshd_pids(guest):
    return [int(pid) for pid in guest.sh("pgrep -x sshd").split()]


def run(guest, check):
    guest.sh("su alice -c 'ssh-keygen -q -t ed25519 -N \"\" -f ~/.ssh/id_ed25519 && cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys'")
    listener = guest.main_pid("ssh.service")
    guest.configure(CONFIG)
    held = {listener: (-1000, -1000, "held")}
    check.equal("the listener is held at the score it wrote itself", processes(guest.rule("ssh")), held)

    session = log_in(guest, "login")
    check("a login gets a session of its own", "/user.slice/" in guest.sh(f"cat /proc/{session}/cgroup"))
    # Its first processes are in ssh.service for a moment and may have been seen there: what counts is where they end.
    guest.wait_score(session, 0)
    guest.wait_reconciled()
    others = [pid for pid in sshd_pids(guest) if pid != listener] + [session]
    check.equal("nothing of the session is immune", guest.scores(others), {pid: 0 for pid in others})

    # On reload sshd gives itself its old score back and starts over from it.
    guest.sh("systemctl reload ssh.service")
    again = log_in(guest, "login-after-reload")
    guest.wait_score(again, 0)
    guest.wait_reconciled()
    check.equal("after sshd's reload a new session is not immune either", guest.score(again), 0)
    check.equal("and the listener is held", processes(guest.rule("ssh")), held)

    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping leaves sshd what it wrote itself", guest.score(listener), -1000)
    check.equal("and the session", guest.score(session), 0)
