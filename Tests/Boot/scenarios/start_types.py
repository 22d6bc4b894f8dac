"""scope = "main" and the ways in which a service can start: what is written before its start is over is its base."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "toy"
unit = "toy-*.service"
score = -950
"""

# Longer in starting than any fixed time one might allow for it. Says what it carries at the end of its start.
SLOW = """
sleep 4
echo 300 >/proc/$$/oom_score_adj
sleep 2
cat /proc/$$/oom_score_adj >/run/slow.before
systemd-notify --ready
exec sleep infinity
"""

NOTIFY = """
[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/local/sbin/slow
"""

FORKING = """
[Service]
Type=forking
PIDFile=/run/toy-forking.pid
ExecStart=/bin/sh -c 'sleep infinity & sleep infinity & echo $! >/run/toy-forking.pid'
"""

# Two processes stay, and PID 1 names neither: it is the one from which the other descends.
ONESHOT = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c '(sleep infinity & exec sleep infinity) &'
"""

EMPTY = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
"""

# Hands its place to a child, as at an upgrade without a restart, and stays itself.
HANDING = """
systemd-notify --ready
read order </run/handing
sleep infinity &
systemd-notify MAINPID=$!
exec sleep infinity
"""

HANDING_UNIT = NOTIFY.replace("sbin/slow", "sbin/handing")


def run(guest, check):
    guest.script("slow", SLOW)
    guest.script("handing", HANDING)
    guest.sh("mkfifo /run/handing")
    for name, text in {
            "toy-notify": NOTIFY, "toy-forking": FORKING, "toy-oneshot": ONESHOT, "toy-empty": EMPTY,
            "toy-handing": HANDING_UNIT}.items():
        guest.unit(f"{name}.service", text)
    guest.configure(CONFIG)
    surveys = guest.surveys()
    held = {}

    guest.sh("systemctl start toy-notify.service")
    slow = guest.main_pid("toy-notify.service")
    guest.wait_score(slow, -950)
    check.equal("notify: nothing is written while it starts", guest.sh("cat /run/slow.before").strip(), "300")
    held[slow] = (-950, 300, "held")

    guest.sh("systemctl start toy-forking.service")
    main = guest.main_pid("toy-forking.service")
    check.equal("forking: PID 1 takes the one of the PID file", guest.sh("cat /run/toy-forking.pid").strip(), str(main))
    guest.wait_score(main, -950)
    others = [pid for pid in guest.pids("toy-forking.service") if pid != main]
    check.equal("forking: the other one is left alone", list(guest.scores(others).values()), [0])
    held[main] = (-950, 0, "held")

    guest.sh("systemctl start toy-empty.service toy-oneshot.service")
    pids = guest.eventually(
        "both processes of the oneshot", lambda: guest.pids("toy-oneshot.service"),
        lambda pids: [guest.comm(pid) for pid in pids] == ["sleep"] * 2)
    parents = {pid: int(guest.sh(f"ps -o ppid= -p {pid}")) for pid in pids}
    roots = [pid for pid in pids if parents[pid] not in pids]
    guest.wait_score(roots[0], -950)
    check.equal(
        "oneshot: the one from which the others descend", guest.scores(pids),
        {pid: -950 if pid == roots[0] else 0 for pid in pids})
    held[roots[0]] = (-950, 0, "held")

    guest.sh("systemctl start toy-handing.service")
    first = guest.main_pid("toy-handing.service")
    guest.wait_score(first, -950)
    guest.sh("echo >/run/handing")
    second = guest.eventually(
        "PID 1 knows the new main process", lambda: guest.main_pid("toy-handing.service"), lambda pid: pid != first)
    guest.wait_score(second, -950)
    guest.wait_score(first, 0)
    check("another main process takes the place of the first, and the first has its base back", True)
    held[second] = (-950, 0, "held")

    guest.wait_status("all are listed", lambda status: set(processes(status["rules"][0])) == set(held))
    check.equal("status.json lists the main processes alone", processes(guest.rule("toy")), held)
    check.equal("no survey was needed", guest.surveys(), surveys)
    guest.sh("systemctl stop oomguard.service")
    check.equal(
        "stopping gives each its base back", guest.scores(held), {pid: base for pid, (_, base, _) in held.items()})
