"""User namespaces: what is in one is guarded from outside; from inside, the kernel's refusals are named and explained."""

import json

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "contained"
comm = "contained"
user = "alice"
score = -500

[[sacrifice]]
name = "spared"
comm = "spared"
user = "alice"
score = 500
"""

INSIDE = """
[guard]
reconcile_interval = "1s"

[[sacrifice]]
name = "raised"
comm = "raised"
score = 300

[[protect]]
name = "lowered"
comm = "lowered"
user = "root"
score = -200

[[sacrifice]]
name = "foreign"
comm = "foreign"
score = 300
"""

# As an engine of containers without root does it: root in there is alice out here.
NAMESPACE = "setpriv --reuid=alice --regid=alice --init-groups unshare --user --map-root-user"


def run(guest, check):
    names = ("contained", "spared", "raised", "lowered", "foreign")
    guest.sh(" && ".join(f"cp /bin/sleep /usr/local/bin/{name}" for name in names))

    def spawn(command, name):
        pid = guest.spawn(f"{command} {name} infinity")
        guest.wait_for(f"{name} runs", f'test "$(cat /proc/{pid}/comm)" = {name}')
        return pid

    contained, spared = (spawn(NAMESPACE, name) for name in ("contained", "spared"))
    check("they are in a namespace of their own", guest.sh(f"readlink /proc/{contained}/ns/user") != guest.sh("readlink /proc/1/ns/user"))
    guest.configure(CONFIG)
    check.equal("root out here guards them", guest.scores((contained, spared)), {contained: -500, spared: 500})
    check.equal(
        "with nothing refused", [processes(rule) for rule in guest.status()["rules"]],
        [{contained: (-500, 0, "held")}, {spared: (500, 0, "held")}])

    def may(pid, score):
        """Whether root of its own namespace may give a process this score."""
        return guest.holds(f"nsenter --user --target {pid} sh -c 'echo {score} >/proc/{pid}/oom_score_adj'")

    check("root in there cannot go below what it was given", not may(contained, -501))
    check("but back from what was raised", may(spared, 0) and not may(spared, -1))
    guest.sh("systemctl stop oomguard.service")
    check.equal("both have their base back", guest.scores((contained, spared)), {contained: 0, spared: 0})
    check("the floor stays where the lower score had it, as the manual says", may(contained, -500) and not may(contained, -501))

    # And the guard itself in there, as in a container without rights.
    raised, lowered = (spawn("setpriv --reuid=alice --regid=alice --init-groups", name) for name in ("raised", "lowered"))
    foreign = spawn("", "foreign")
    guest.write("/etc/inside.conf", INSIDE)
    inside = guest.spawn(
        f"{NAMESPACE} --mount sh -c 'mount -t tmpfs none /run && exec oomguardd --config /etc/inside.conf 2>/run/log'")

    def status():
        status, text = guest.machine.run(f"cat /proc/{inside}/root/run/oomguard/status.json 2>/dev/null", 60)
        return json.loads(text) if status == 0 else None

    # Its /run is its own from a moment after it was started: until then the other guard's is to be seen.
    told = guest.eventually(
        "it looks again", status, lambda told: told and told["pid"] == inside and told["counters"]["surveys"] > 2)
    where = {pid: f"/proc/{pid}/oom_score_adj: Permission denied" for pid in (lowered, foreign)}
    check.equal("what the kernel lets it do is done", processes(told["rules"][0]), {raised: (300, 0, "held")})
    check.equal("what it does not is refused", [processes(rule) for rule in told["rules"][1:]], [
        {lowered: (0, 0, "refused")}, {foreign: (0, 0, "refused")}])
    errors = {process["pid"]: process["error"] for rule in told["rules"][1:] for process in rule["processes"]}
    check.equal("and explained", errors, {
        lowered: f"{where[lowered]}; lowering it takes CAP_SYS_RESOURCE outside of any user namespace",
        foreign: f"{where[foreign]}; writing to another user's process takes CAP_DAC_OVERRIDE"})
    degraded = {one["what"] for one in told["degraded"]}
    check("so is what cannot be done at all", {"cannot-lower-scores", "no-process-events"} <= degraded, told["degraded"])
    said = guest.sh(f"cat /proc/{inside}/root/run/log")
    check.equal("each once", [said.count(f"({pid}) to have score") for pid in (lowered, foreign)], [1, 1])
    check.equal("and nobody else is touched", guest.scores((raised, lowered, foreign)), {raised: 300, lowered: 0, foreign: 0})
    guest.sh(f"kill -TERM {inside}")
    guest.wait_score(raised, 0)
    check("a stop gives back what it could change", True)
