"""Debian's sshd with the listener alone protected: no login ever inherits anything, however sshd starts over.

sshd notes the score it finds when it starts, writes -1000, and gives each login the noted one back. A promise written
a moment too early would be that.
"""

from bed.guest import processes
from bed.login import log_in, prepare, session_of

# Surveys come as often as they can: nothing that would look at sshd while it starts is spared it.
CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "ssh"
unit = ["ssh.service", "sshd.service"]
score = SCORE
"""

# With a rule by name everybody's exec is told of, without one only those of main processes.
OTHER = """
[[protect]]
name = "other"
exe = "/usr/local/sbin/other"
score = -500
"""


def run(guest, check):
    prepare(guest)
    logins = 0

    def nothing_leaks(what):
        """At once and not in the end: a login that was immune for a second could have forked meanwhile."""
        nonlocal logins
        logins += 1
        session = session_of(guest, log_in(guest, f"login-{logins}"))
        check.equal(f"{what}: what runs in a new session, and sshd's processes of all", guest.scores(session), {pid: 0 for pid in session})

    for score, more in (("-900", OTHER), ("-1000\nallow_immune = true", "")):
        name = score.split()[0]
        guest.configure(CONFIG.replace("SCORE", score) + more)
        listener = guest.main_pid("ssh.service")
        held = {listener: (-1000, -1000, "held")}
        check.equal(f"{name}: the listener is held at what it wrote itself", processes(guest.rule("ssh")), held)
        nothing_leaks(name)

        for count in range(2):
            guest.sh("systemctl restart ssh.service")
            listener = guest.main_pid("ssh.service")
            nothing_leaks(f"{name}, restart {count + 1}")
        for count in range(3):
            guest.sh("systemctl reload ssh.service")
            nothing_leaks(f"{name}, reload {count + 1}")
        check.equal(f"{name}: a reload keeps the process", guest.main_pid("ssh.service"), listener)
        held = {listener: (-1000, -1000, "held")}
        # What it set while it started over counts once that is over.
        guest.wait_status(f"{name}: the listener is held", lambda status: processes(status["rules"][0]) == held)
        check(f"{name}: the listener is held", True)

    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping leaves sshd what it wrote itself", guest.score(guest.main_pid("ssh.service")), -1000)
