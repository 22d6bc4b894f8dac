"""A leak beside a protected service, with swap on zram: the level is raised before the kernel kills, with how long
memory will last and who takes it, and cleared once after."""

import json

CONFIG = """
[guard]
reconcile_interval = "1h"

[pressure]
warning = { some_percent = 2, window = "2s" }
available_below_percent = 60
clear_after = "10s"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
"""


def run(guest, check):
    size = guest.available_mib() * 60 // 100
    vault = guest.hog("vault", size)
    # What its own growth brings about is over before anybody listens, and nothing of it is swapped meanwhile.
    guest.wait_resident(vault, size)
    guest.sh("modprobe zram; echo 96M >/sys/block/zram0/disksize; mkswap /dev/zram0; swapon /dev/zram0")
    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    check.equal("it is calm", guest.status()["pressure"]["level"], "calm")
    leak = guest.start("leak", "/usr/local/sbin/leak 8")
    status = guest.wait_status("it is said how long memory will last", lambda status: status["pressure"]["exhausted_in_seconds"])
    levels = ("warning", "critical")
    raised = status["pressure"]["level"]
    check("while the level is raised", raised in levels, raised)
    said = guest.property("oomguard.service", "StatusText")
    check("also by systemctl status", any(f"pressure {level}" in said for level in levels), said)
    guest.wait_for("the leak is killed", "systemctl is-failed --quiet leak.service", seconds=180)
    guest.wait_status("the level is cleared", lambda status: status["pressure"]["level"] == "calm", 180)

    kills = guest.journal("kill")
    check.equal("the leak alone was killed", [entry["OOMGUARD_VICTIM_PID"] for entry in kills], [str(leak)])
    check("the protected service lives", guest.is_alive(vault))
    entries = guest.journal("pressure")
    killed = int(kills[0]["__MONOTONIC_TIMESTAMP"])
    before = [entry for entry in entries if int(entry["__MONOTONIC_TIMESTAMP"]) < killed]
    check("it was told before the kill", before and before[0]["OOMGUARD_LEVEL"] in levels, json.dumps(entries, indent=1))
    forecasts = [entry for entry in before if "OOMGUARD_EXHAUSTED_IN_SECONDS" in entry]
    check("with how long memory will last", forecasts, json.dumps(entries, indent=1))
    named = [entry.get("OOMGUARD_FASTEST_COMM") for entry in forecasts]
    check("and, with the first word of it, who grows fastest", named[:1] == ["leak"], named)
    after = [entry["OOMGUARD_LEVEL"] for entry in entries if int(entry["__MONOTONIC_TIMESTAMP"]) > killed]
    check("and cleared after it", "calm" in after, json.dumps(entries, indent=1))
