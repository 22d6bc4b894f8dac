"""The machine is out of memory: the protected service, though the largest, lives; the hog dies; the kill is told."""

from bed.guest import told_pids, victim_told
from bed.squeeze import squeeze

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"
"""


def run(guest, check):
    vault, hog = squeeze(guest, CONFIG)
    status = guest.wait_kills(1)
    check("the protected service lives", guest.is_alive(vault))
    check.equal("and is still protected", guest.score(vault), -900)
    check("the hog is dead", not guest.is_alive(hog))
    entries = guest.journal("kill")
    check.equal("the kill is told once", told_pids(entries), [hog])
    check.equal("as the kernel logged it", [victim_told(entry) for entry in entries], guest.kernel_kills())
    fields = {"VICTIM_UNIT": "hog.service", "CONSTRAINT": "global", "PROTECTED": "no"}
    check.equal("whose, and why", {name: entries[0].get(f"OOMGUARD_{name}") for name in fields}, fields)
    counts = {name: status["kills"][name] for name in ("total", "protected", "lost_records", "unlogged")}
    check.equal("status.json counts it", counts, {"total": 1, "protected": 0, "lost_records": 0, "unlogged": 0})
    check.equal("the daemon itself came through", status["pid"], guest.main_pid("oomguard.service"))
