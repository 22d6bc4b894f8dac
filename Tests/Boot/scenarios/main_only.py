"""scope = "main": the main process holds the score; what it forks has the base back at once, however it forks."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "toy"
unit = "toy*.service"
score = -950
"""

UNIT = """
[Service]
ExecStart=/usr/local/sbin/toy
OOMScoreAdjust=-200
Restart=always
"""

# Does what it reads, so that all of it happens to a main process that is protected already.
TOY = r"""#!/usr/bin/perl
# Opened for both, so that it never ends.
open(my $orders, '+<', '/run/toy') or die;
$SIG{CHLD} = 'IGNORE';
sub child { my $what = shift; return if fork; $what->(); exit 0 }
sub stay { exec 'sleep', 'infinity' }
while (my $order = <$orders>) {
  my ($verb, $n) = split ' ', $order;
  # Children, each with children of its own.
  if ($verb eq 'family') { for (1 .. $n) { child(sub { child(\&stay) for 1 .. 2; stay() }) } }
  # Many that end at once, and between them some that stay.
  if ($verb eq 'storm') { for my $i (1 .. $n) { child($i % 50 ? sub {} : \&stay) } }
  # Each forks the next and ends: whoever looks at one of them is too late.
  if ($verb eq 'chain') { child(sub { for (1 .. $n) { fork and exit 0 } stay() }) }
  # Chooses for itself, more than the base and less.
  if ($verb eq 'own') { child(sub { open(my $f, '>', '/proc/self/oom_score_adj'); print $f $n; close $f; stay() }) }
  # Leaves the unit as soon as it is born, as a login does.
  if ($verb eq 'leave') { child(sub { open(my $f, '>', "/sys/fs/cgroup/$n/cgroup.procs"); print $f $$; close $f; stay() }) }
}
"""


def run(guest, check):
    guest.write("/usr/local/sbin/toy", TOY)
    guest.sh("chmod 755 /usr/local/sbin/toy && mkfifo /run/toy")
    guest.unit("toy.service", UNIT)
    guest.configure(CONFIG)
    surveys = guest.surveys()
    guest.sh("systemctl start toy.service")
    main = guest.main_pid("toy.service")
    guest.wait_score(main, -950)
    check("the main process of a unit started later is protected", True)

    def sleeping(unit):
        """The pids of a unit's processes, if all but its main one have become what they will be, else nothing."""
        # Asked in one go, and of the living only.
        group = f"/sys/fs/cgroup/system.slice/{unit}.service"
        names = guest.sh(
            f"while read -r pid; do read -r comm </proc/$pid/comm && echo $pid $comm; done <{group}/cgroup.procs 2>/dev/null; true")
        found = dict(line.split() for line in names.splitlines() if " " in line)
        found.pop(str(guest.main_pid(unit)), None)
        return {int(pid) for pid in found} if set(found.values()) <= {"sleep"} else set()

    def order(verb, argument, grown):
        """The pids that stay, once all of them are what they will be."""
        before = sleeping("toy")
        guest.sh(f"echo {verb} {argument} >/run/toy")
        return guest.eventually(
            f"{grown} processes stay after '{verb} {argument}'", lambda: sleeping("toy") - before,
            lambda pids: len(pids) == grown, 120)

    def settle(what, pids, score):
        wanted = {pid: score for pid in pids}
        # They may have been seen before the daemon has; what comes without an event would take an hour.
        guest.eventually(what, lambda: guest.scores(pids), lambda got: got == wanted)
        check(what, True)

    settle("children and grandchildren have the base", order("family", 5, 15), -200)
    settle("so have those of a storm", order("storm", 1000, 20), -200)
    settle("and the last of a chain of forks", order("chain", 300, 1), -200)
    settle("a higher score of its own stays", order("own", 300, 1), 300)

    away = guest.start("away", "sleep infinity")
    guest.sh("echo leave system.slice/away.service >/run/toy")
    leaver = guest.eventually("the child has left", lambda: sleeping("away"), lambda pids: len(pids) == 1)
    settle("a child that leaves the unit at its birth takes no protection with it", leaver, -200)

    check.equal("the main process alone is listed", processes(guest.rule("toy")), {main: (-950, -200, "held")})
    guest.sh("systemctl restart toy.service")
    again = guest.main_pid("toy.service")
    guest.wait_score(again, -950)
    check("after a restart the new main process is protected", again != main)
    settle("and what it forks has the base", order("family", 1, 3), -200)
    guest.sh(f"kill -KILL {again}")
    third = guest.eventually(
        "systemd starts it again", lambda: guest.main_pid("toy.service"), lambda pid: pid not in (0, again))
    guest.wait_score(third, -950)
    check("and after a crash", True)
    status = guest.wait_status("the third is listed", lambda status: third in processes(status["rules"][0]))
    check.equal("no survey was needed", status["counters"]["surveys"], surveys)
    check.equal("and nothing was lost", status["counters"]["overruns"], 0)
    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping gives the base back", guest.score(third), -200)
