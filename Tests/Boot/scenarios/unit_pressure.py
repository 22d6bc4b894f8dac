"""A unit that waits for memory at its own limit: its level is raised and cleared, that of the machine is not."""

CONFIG = """
[guard]
reconcile_interval = "1h"

[pressure]
clear_after = "10s"

[[protect]]
name = "vault"
unit = "vault@*.service"
score = -900
"""

# Reads more than its limit holds, for as long as it is told to.
VAULT = """
while :; do
  while [ -e /root/squeeze ]; do cat /root/bulk >/dev/null; done
  sleep 0.1
done
"""


def levels(status):
    return {unit["unit"]: unit["level"] for unit in status["pressure"]["units"]}


def run(guest, check):
    guest.script("vault", VAULT)
    # Not by the unit, which would wait for memory already, and not into the page cache: what is there costs nobody.
    guest.sh("dd if=/dev/zero of=/root/bulk bs=1M count=48 oflag=direct status=none")
    guest.configure(CONFIG)
    guest.start("vault@1", "/usr/local/sbin/vault", MemoryHigh="16M")
    guest.start("vault@2", "sleep infinity")
    both = {"vault@1.service": "calm", "vault@2.service": "calm"}
    guest.wait_status("both units are watched", lambda status: levels(status) == both)
    guest.sh("touch /root/squeeze")
    status = guest.wait_status("the level is raised", lambda status: levels(status)["vault@1.service"] != "calm")
    check.equal("that of the other unit is not", levels(status)["vault@2.service"], "calm")
    check.equal("nor that of the machine, which has memory left", status["pressure"]["level"], "calm")
    guest.sh("rm /root/squeeze")
    guest.wait_status("the level is cleared", lambda status: levels(status) == both)
    entries = guest.journal("pressure")
    fields = [(entry.get("OOMGUARD_UNIT"), entry.get("OBJECT_SYSTEMD_UNIT"), entry["OOMGUARD_SOURCE"]) for entry in entries]
    check.equal("only that unit is told of", set(fields), {("vault@1.service", "vault@1.service", "psi")})
    told = [entry["OOMGUARD_LEVEL"] for entry in entries]
    # On its way down from critical it may pass warning again.
    check("raised first, cleared last, and nothing twice running", told.index("calm") == len(told) - 1 > 0
          and all(one != other for one, other in zip(told, told[1:])), told)
    guest.sh("touch /root/squeeze")
    guest.wait_status("the level is raised again", lambda status: levels(status)["vault@1.service"] != "calm")
    wakeups = guest.status()["counters"]["wakeups"]
    guest.sh("systemctl stop vault@1.service")
    guest.wait_status("a unit that is gone is not watched", lambda status: levels(status) == {"vault@2.service": "calm"})
    check.equal("and its pressure is over", guest.journal("pressure")[-1]["OOMGUARD_LEVEL"], "calm")
    woken = guest.status()["counters"]["wakeups"] - wakeups
    check("the end of its triggers keeps nobody awake", woken < 500, woken)
    check.equal("nothing is missing", [item for item in guest.status()["degraded"] if "pressure" in item["what"]], [])
