"""Kills on one node of a machine with two: by a cpuset and by a memory policy, while the other node has room."""

CONFIG = """
[guard]
reconcile_interval = "1h"

[[sacrifice]]
name = "hogs"
unit = ["walled.service", "bound.service"]
score = 500
"""

# The machine's two processors and 512 MiB, divided.
NODES = []
for node in ("0", "1"):
    NODES += ["-object", f"memory-backend-ram,id=node{node},size=256M"]
    NODES += ["-numa", f"node,nodeid={node},cpus={node},memdev=node{node}"]


def run(guest, check):
    guest.reboot(*NODES)
    check.equal("there are two nodes", guest.sh("cat /sys/devices/system/node/has_memory").strip(), "0-1")
    guest.configure(CONFIG)
    limits = {
        "cpuset": ("walled", {"AllowedMemoryNodes": "1"}),
        "mempolicy": ("bound", {"NUMAPolicy": "bind", "NUMAMask": "1"}),
    }
    for constraint, (unit, properties) in limits.items():
        pid = guest.hog(unit, 1000, **properties)
        guest.wait_for(f"{unit} is killed", f"systemctl is-failed --quiet {unit}.service", seconds=180)
        status = guest.wait_status(
            f"{unit}'s kill is told", lambda status: pid in [kill["victim"]["pid"] for kill in status["kills"]["last"]])
        kill = next(kill for kill in status["kills"]["last"] if kill["victim"]["pid"] == pid)
        told = {name: kill[name] for name in ("constraint", "limit", "limit_cgroup", "rule", "protected", "source")}
        check.equal(f"the kernel took {unit} by its {constraint}", {**told, "unit": kill["victim"]["unit"]}, {
            "constraint": constraint, "limit": None, "limit_cgroup": None, "rule": "hogs", "protected": False,
            "source": "kernel-log", "unit": f"{unit}.service"})
        entry = next(entry for entry in guest.journal("kill") if entry["OOMGUARD_VICTIM_PID"] == str(pid))
        check.equal("the journal has the same", entry.get("OOMGUARD_CONSTRAINT"), constraint)
    check.equal(
        "and each kill of the kernel's once", [kill["victim"]["pid"] for kill in status["kills"]["last"]],
        [kill["pid"] for kill in guest.kernel_kills()])
