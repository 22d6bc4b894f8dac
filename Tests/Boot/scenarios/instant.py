"""Whatever a rule means gets its score when it appears: no survey is due within the hour."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
scope = "all"

[[protect]]
name = "comm"
comm = "by-comm"
score = -800

[[protect]]
name = "exe"
exe = ["/usr/local/sbin/by-exe", "/home/by-exe"]
score = -700

[[protect]]
name = "cmdline"
cmdline = "^sleep 4242$"
user = "root"
score = -600

[[sacrifice]]
name = "user"
user = "alice"
score = 400
"""

# Takes its name, or its user, without an exec: the only sign is the kernel's own event.
RENAMED = "perl -e 'sleep 1; $0 = \"by-comm\"; sleep 3600'"
SWITCHED = "perl -MPOSIX -e 'sleep 1; my $u = getpwnam(\"alice\"); POSIX::setuid($u); sleep 3600'"


def run(guest, check):
    # One in /usr, one where the guard's unit hides everything from it.
    guest.sh("cp /bin/sleep /home/by-exe")
    guest.sh("cp /bin/sleep /usr/local/sbin/by-exe && cp /bin/sleep /usr/local/sbin/by-comm")
    early = guest.start("vault@early", "sleep infinity")
    guest.configure(CONFIG)
    check.equal("what runs already is protected when the daemon is ready", guest.score(early), -900)
    surveys = guest.surveys()

    held = {rule: {} for rule in ("vault", "comm", "exe", "cmdline", "user")}
    held["vault"][early] = (-900, 0, "held")

    def comes(what, rule, pid, score, base=0):
        guest.wait_score(pid, score)
        held[rule][pid] = (score, base, "held")
        check(what, True)

    comes("a unit started later", "vault", guest.start("vault@late", "sleep infinity"), -900)
    # PID 1 writes it to the new process after that has joined its cgroup: not drift, but what it is without oomguard.
    comes("a unit with OOMScoreAdjust=", "vault", guest.start("vault@own", "sleep infinity", OOMScoreAdjust=200), -900, 200)
    comes("a unit in a slice that is new too", "vault", guest.start("vault@far", "sleep infinity", Slice="far-away.slice"), -900)
    group = guest.property("vault@late", "ControlGroup")
    joiner = guest.spawn("sleep infinity")
    guest.sh(f"echo {joiner} >/sys/fs/cgroup{group}/cgroup.procs")
    comes("a process that is moved into a unit", "vault", joiner, -900)
    comes("the name of a new program", "comm", guest.spawn("by-comm infinity"), -800)
    comes("the name that a process gives itself", "comm", guest.spawn(RENAMED), -800)
    comes("an executable", "exe", guest.spawn("by-exe infinity"), -700)
    comes("an executable in /home", "exe", guest.spawn("/home/by-exe infinity"), -700)
    comes("arguments", "cmdline", guest.spawn("sleep 4242"), -600)
    comes("a service of a user", "user", guest.start("hers", "sleep infinity", User="alice"), 400)
    comes("a process that becomes a user's", "user", guest.spawn(SWITCHED), 400)

    guest.sh("systemctl stop vault@early.service")
    again = guest.start("vault@early", "sleep infinity")
    comes("a unit that starts again", "vault", again, -900)

    # The one that ended is listed until the next survey.
    def listed(status):
        told = {rule["name"]: processes(rule) for rule in status["rules"]}
        told["vault"].pop(early, None)
        return told

    del held["vault"][early]
    status = guest.wait_status(
        "all are listed", lambda status: sum(map(len, listed(status).values())) == sum(map(len, held.values())))
    check.equal("status.json lists them with their bases", listed(status), held)
    check.equal("all of it without a survey", guest.surveys(), surveys)
    check.equal("nothing was lost and nothing is missing", (status["counters"]["overruns"], status["degraded"]), (0, []))
    stranger = guest.spawn("sleep infinity")
    check.equal("a stranger is left alone", guest.score(stranger), 0)
