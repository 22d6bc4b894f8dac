"""Who shares its memory with an immune process is made immune by the kernel: never for longer than it has to be."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "unit"
unit = "pair.service"
score = -1000
allow_immune = true

[[protect]]
name = "name"
comm = "share"
user = "root"
score = -1000
allow_immune = true
"""

OTHER, HEIR = "other", "heir"


def run(guest, check):
    def child(pid, comm):
        return int(guest.eventually(
            f"pid {pid} has a child '{comm}'", lambda: guest.sh(f"pgrep -P {pid} -x {comm} || true").strip(), str.isdigit))

    def pair(pid):
        return pid, child(pid, OTHER)

    def spawned():
        return pair(guest.spawn("sh -c 'echo -100 >/proc/self/oom_score_adj; exec share'"))

    def become(what, wanted):
        guest.eventually(what, lambda: guest.scores(wanted), lambda got: got == wanted)
        check(what, True)

    unit = pair(guest.start("pair", "/usr/local/sbin/share", OOMScoreAdjust=-100))
    pairs = [spawned() for _ in range(3)]
    guest.configure(CONFIG)
    everybody = dict.fromkeys([pid for two in (unit, *pairs) for pid in two], -1000)
    become("the kernel changes both of each pair", everybody)
    writes = guest.wait_reconciled()["counters"]["writes"]
    status = guest.wait_reconciled()
    check.equal("nothing is fought over", (status["counters"]["writes"], status["counters"]["repairs"]), (writes, 0))
    check.equal(
        "those alone are listed that the rules mean", [processes(rule) for rule in status["rules"]],
        [{unit[0]: (-1000, -100, "held")}, {main: (-1000, -100, "held") for main, _ in pairs}])

    def forked(main, other):
        """What the other forks in the ordinary way."""
        guest.sh(f"kill -USR2 {other}")
        return child(other, HEIR)

    heirs = [forked(*two) for two in (unit, pairs[0])]
    become("what the others fork is not left immune", dict.fromkeys(heirs, -100))
    check.equal("and they go on as before", guest.scores(everybody), everybody)

    guest.sh(f"kill -USR1 {unit[1]} {pairs[0][1]}")
    become("a program that one of them begins has the base", {unit[1]: -100, pairs[0][1]: -100})
    check.equal("which leaves the other as it was", guest.scores((unit[0], pairs[0][0])), {unit[0]: -1000, pairs[0][0]: -1000})

    guest.sh(f"kill -KILL {pairs[1][0]}")
    become("where the protected one ends, the other has its base", {pairs[1][1]: -100})

    daemon = guest.main_pid("oomguard.service")
    guest.sh(f"kill -STOP {daemon}; kill -KILL {pairs[2][0]} {daemon}")
    become("also if the guard was killed before it saw that", {pairs[2][1]: -100})
    check.equal("the pair that is left is protected", guest.scores((unit[0], pairs[0][0])), {unit[0]: -1000, pairs[0][0]: -1000})

    guest.wait_for("another is ready", "systemctl is-active --quiet oomguard.service")
    # Nobody looks again before the stop: what is found then is found by it.
    guest.write("/etc/oomguard.conf", CONFIG.replace("1s", "1h"))
    guest.sh("systemctl reload oomguard.service")
    guest.wait_status("that is in force", lambda status: status["reconcile_seconds"] == 3600)
    last = spawned()
    become("a pair that comes later is, too", dict.fromkeys(last, -1000))
    heir = forked(*last)
    guest.sh("systemctl stop oomguard.service")
    left = (*unit, *pairs[0], *heirs, pairs[1][1], pairs[2][1], *last, heir)
    check.equal("a stop gives every base back", guest.scores(left), dict.fromkeys(left, -100))
