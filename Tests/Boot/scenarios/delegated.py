"""Units of every kind, and cgroups with any name that a unit makes below itself."""

from bed.guest import processes

CONFIG = r"""
[guard]
reconcile_interval = "1h"

[[protect]]
name = "delegated"
unit = "delegated.service"
score = -900
scope = "all"

[[protect]]
name = "escaped"
unit = ['mount\x2dguard@*.service', "_odd.service", "cgroup.odd.service"]
score = -800
scope = "all"

[[protect]]
name = "scope"
unit = "work-*.scope"
score = -700
scope = "all"

[[sacrifice]]
name = "batch"
unit = "batch.slice"
score = 500

[[protect]]
name = "deep"
cgroup = "/deep.slice/**/kept"
score = -600
scope = "all"
"""

# As bytes for printf: spaces, a tab, no UTF-8, half a UTF-8 character, what looks like a unit, dots.
NAMES = (r"plain", r" a b ", r"a\tb", r"\377\376", r"\303", r"ssh.service", r"...", r"per%%cent", r"user@1000.service")


def run(guest, check):
    surveys = None
    held = {rule: {} for rule in ("delegated", "escaped", "scope", "batch", "deep")}

    def comes(what, rule, pid, score):
        guest.wait_score(pid, score)
        held[rule][pid] = (score, 0, "held")
        check(what, True)

    early = guest.start("delegated", "sleep infinity", Delegate="yes")
    group = "/sys/fs/cgroup" + guest.property("delegated", "ControlGroup")
    guest.sh(f"mkdir {group}/early")
    below = guest.spawn("sleep infinity")
    guest.sh(f"echo {below} >{group}/early/cgroup.procs")
    guest.configure(CONFIG)
    surveys = guest.surveys()
    check.equal("both are protected from the start", guest.scores((early, below)), {early: -900, below: -900})
    held["delegated"] = {pid: (-900, 0, "held") for pid in (early, below)}

    for name in NAMES:
        pid = guest.spawn("sleep infinity")
        guest.sh(f"name={group}/early/$(printf '{name}') && mkdir \"$name\" && echo {pid} >\"$name/cgroup.procs\"")
        comes(f"a process that is moved into '{name}', made below", "delegated", pid, -900)
    check("the kernel has no cgroup with a newline in its name", not guest.holds(f"mkdir \"{group}/two\nlines\""))
    guest.sh(f"mkdir -p {group}/1/2/3/4/5")
    deep = guest.spawn("sleep infinity")
    guest.sh(f"echo {deep} >{group}/1/2/3/4/5/cgroup.procs")
    comes("and into one five levels down, all made at once", "delegated", deep, -900)
    born = int(guest.sh(f"sh -c 'echo $$ >{group}/1/2/cgroup.procs; sleep infinity >/dev/null 2>&1 & echo $!'"))
    comes("and one that is born there", "delegated", born, -900)

    for unit in (r"mount\x2dguard@a\x2db", "_odd", "cgroup.odd"):
        comes(f"a unit named {unit}", "escaped", guest.start(unit, "sleep infinity"), -800)
    scope = guest.spawn("systemd-run --quiet --scope --unit=work-one sleep infinity")
    guest.wait_for("the scope's command runs", f'test "$(cat /proc/{scope}/comm)" = sleep')
    comes("a scope", "scope", scope, -700)

    comes("a service in a slice", "batch", guest.start("job-one", "sleep infinity", Slice="batch.slice"), 500)
    comes("and in a slice below that", "batch", guest.start("job-two", "sleep infinity", Slice="batch-night.slice"), 500)
    comes("and a scope there", "batch", guest.spawn("systemd-run --quiet --scope --slice=batch.slice sleep infinity"), 500)

    odd = guest.start("holder", "sleep infinity", Slice="deep.slice", Delegate="yes")
    group = "/sys/fs/cgroup" + guest.property("holder", "ControlGroup")
    kept = guest.spawn("sleep infinity")
    guest.sh(f"mkdir -p {group}/a/b/kept && echo {kept} >{group}/a/b/kept/cgroup.procs")
    comes("a cgroup by its path", "deep", kept, -600)
    check.equal("and not what is above it", guest.score(odd), 0)

    # A process that ended is listed until the next survey, such as the shell that moved itself.
    def listed(status):
        told = {rule["name"]: processes(rule) for rule in status["rules"]}
        return {rule: {pid: told[rule][pid] for pid in told[rule] if pid in pids} for rule, pids in held.items()}

    status = guest.wait_status("all are listed", lambda status: listed(status).keys() == held.keys() and all(
        listed(status)[rule].keys() == pids.keys() for rule, pids in held.items()))
    check.equal("status.json lists them with their bases", listed(status), held)
    shown = [process["cgroup"] for process in status["rules"][0]["processes"]]
    check("bytes that are no text are shown as such", r"/system.slice/delegated.service/early/\xff\xfe" in shown, shown)
    check.equal("every one of them in its unit", {process["unit"] for process in status["rules"][0]["processes"]}, {"delegated.service"})
    check.equal("no survey was needed", guest.surveys(), surveys)
    guest.sh("systemctl stop oomguard.service")
    bases = {pid: 0 for pids in held.values() for pid in pids}
    check.equal("stopping gives every base back", guest.scores(bases), bases)
