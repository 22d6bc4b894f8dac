"""A fork bomb inside protected units: the guard stays small, goes on guarding others, and no shell is left protected."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "all"
unit = "bomb-all.service"
score = -700
scope = "all"

[[protect]]
name = "main"
unit = "bomb-main.service"
score = -800

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
"""

# Each process forks for as long as it may; whoever may not any more waits, dies, and makes room for another.
BOMB = """
exec perl -e '
  $main = $$;
  $SIG{CHLD} = "IGNORE";
  while (1) {
    next if defined fork;
    exit if $$ != $main && rand() < 0.1;
    select undef, undef, undef, 0.2;
  }'
"""
TASKS = 40


def run(guest, check):
    guest.script("bomb", BOMB)
    early = guest.start("vault@early", "sleep infinity")
    guest.configure(CONFIG)
    daemon = guest.main_pid("oomguard.service")

    def resident():
        return int(guest.sh(f"awk '/^VmRSS:/ {{ print $2 }}' /proc/{daemon}/status"))

    before = resident()
    mains = {name: guest.start(f"bomb-{name}", "/usr/local/sbin/bomb", TasksMax=TASKS) for name in ("all", "main")}
    for name in mains:
        group = guest.property(f"bomb-{name}.service", "ControlGroup")
        guest.wait_for(f"bomb-{name} fills its unit", f"test $(wc -l </sys/fs/cgroup{group}/cgroup.procs) -ge {TASKS // 2}")
    late = guest.start("vault@late", "sleep infinity")
    guest.wait_score(late, -900)
    check("another unit is protected meanwhile", True)
    # PID 1 names the main one, and under a fork bomb that takes its time.
    for name, score in (("all", -700), ("main", -800)):
        guest.wait_score(mains[name], score)
    guest.wait_reconciled(3)
    check.equal("the main processes are held", guest.scores(mains.values()), {mains["all"]: -700, mains["main"]: -800})
    status = guest.status()
    matched = {rule["name"]: rule["matched"] for rule in status["rules"]}
    check("what is counted is bounded by TasksMax", 1 < matched["all"] <= TASKS and matched["main"] == 1, matched)
    check("what is listed is bounded", max(len(rule["processes"]) for rule in status["rules"]) <= 64)
    check("nothing is refused", "refused" not in {
        process["state"] for rule in status["rules"] for process in rule["processes"]}, status["rules"])
    grown = resident() - before
    check(f"the daemon has grown by {grown} KiB", grown < 1024)
    check.equal("and is the same one", guest.main_pid("oomguard.service"), daemon)

    # No process is born any more; whoever was born last has what is due.
    for name in mains:
        group = f"/sys/fs/cgroup/system.slice/bomb-{name}.service"
        guest.sh(f"echo 1 >{group}/cgroup.freeze")
        guest.wait_for(f"bomb-{name} stands still", f"grep -qx 'frozen 1' {group}/cgroup.events")
    guest.wait_reconciled(2)
    others = [pid for pid in guest.pids("bomb-main.service") if pid != mains["main"]]
    check("the bomb has children", len(others) > 1)
    check.equal("none keeps what its main process is promised", set(guest.scores(others).values()), {0})
    check.equal("all of the other unit have it", set(guest.scores(guest.pids("bomb-all.service")).values()), {-700})
    guest.sh("systemctl kill --signal=KILL bomb-all.service bomb-main.service")
    for name in ("all", "main"):
        guest.wait_for(f"bomb-{name} is over", f"! systemctl is-active --quiet bomb-{name}.service")
    status = guest.wait_status("nothing of them is left", lambda status: [rule["matched"] for rule in status["rules"]] == [0, 0, 2])
    held = {pid: (-900, 0, "held") for pid in (early, late)}
    check.equal("and the others are held", processes(guest.rule("vault")), held)
