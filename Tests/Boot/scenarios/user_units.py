"""A user's own units: meant by user_unit, and by no rule for a system unit of the same name."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "ssh"
unit = ["ssh.service", "sshd.service"]
score = -900
scope = "all"

[[protect]]
name = "hers"
user_unit = "mine@*.service"
user = "alice"
score = -500

[[sacrifice]]
name = "manager"
unit = "user@*.service"
score = 700
"""


def run(guest, check):
    guest.sh("useradd --create-home --shell /bin/sh bob")
    managers = {}
    for user in ("alice", "bob"):
        guest.sh(f"loginctl enable-linger {user}")
        number = guest.sh(f"id -u {user}").strip()
        managers[user] = f"user@{number}.service"
        guest.wait_for(f"{user}'s manager runs", f"systemctl is-active --quiet user@{number}.service")

    def start(user, unit, options=""):
        """Starts a unit of a user's own manager; its main pid."""
        number = managers[user].removeprefix("user@").removesuffix(".service")
        run = f"XDG_RUNTIME_DIR=/run/user/{number}"
        guest.sh(f"su {user} -c '{run} systemd-run --user --quiet --unit={unit} {options} sleep infinity'")
        pid = int(guest.sh(f"su {user} -c '{run} systemctl --user show --value -p MainPID {unit}'"))
        guest.wait_begun(pid)
        return pid

    early = start("alice", "mine@early")
    base = guest.score(early)
    guest.configure(CONFIG)
    surveys = guest.surveys()
    check.equal("a user's unit that runs already is protected", guest.score(early), -500)
    late = start("alice", "mine@late")
    guest.wait_score(late, -500)
    check("one that is started later too", True)
    check("it is in app.slice of her manager", f"{managers['alice']}/app.slice/" in guest.sh(f"cat /proc/{late}/cgroup"))

    other = start("bob", "mine@his")
    imitation = start("alice", "ssh")
    check("her ssh.service is named so", "/app.slice/ssh.service" in guest.sh(f"cat /proc/{imitation}/cgroup"))
    # Told of in order: once this later one is seen, those were.
    last = start("alice", "mine@last")
    guest.wait_score(last, -500)
    # What means her manager means all below it, and a floor is no ceiling.
    for what, pid in (("bob's unit of that name is not meant", other), ("her own ssh.service is not the machine's", imitation)):
        guest.wait_score(pid, 700)
        check(what, True)
    listener = guest.main_pid("ssh.service")
    status = guest.wait_status(
        "all are listed", lambda status: status["rules"][1]["matched"] == 3 and imitation in processes(status["rules"][2]))
    check.equal("the machine's ssh.service is held alone", processes(status["rules"][0]), {listener: (-1000, -1000, "held")})
    check.equal(
        "and hers as they should be", processes(status["rules"][1]),
        {pid: (-500, base, "held") for pid in (early, late, last)})
    check.equal("no survey was needed", guest.surveys(), surveys)
    guest.sh("systemctl stop oomguard.service")
    bases = {pid: base for pid in (early, late, last, imitation, other)}
    check.equal("stopping gives every base back", guest.scores(bases), bases)
