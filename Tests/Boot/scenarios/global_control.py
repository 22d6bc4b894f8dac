"""The same shortage as in global_kill without the rule: now the larger service dies. So it was the rule that saved it."""

from bed.guest import told_pids
from bed.squeeze import squeeze

CONFIG = """
[guard]
reconcile_interval = "1s"
"""


def run(guest, check):
    vault, hog = squeeze(guest, CONFIG)
    status = guest.wait_kills(1)
    check("the unprotected service is dead", not guest.is_alive(vault))
    check("the hog lives", guest.is_alive(hog))
    entries = guest.journal("kill")
    check.equal("the kill is told once", told_pids(entries), [vault])
    fields = {"VICTIM_UNIT": "vault.service", "VICTIM_SCORE": "0", "CONSTRAINT": "global", "PROTECTED": "no"}
    check.equal("whose, and why", {name: entries[0].get(f"OOMGUARD_{name}") for name in fields}, fields)
    check.equal("status.json counts it", (status["kills"]["total"], status["kills"]["protected"]), (1, 0))
