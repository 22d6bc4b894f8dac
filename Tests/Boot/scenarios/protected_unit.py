"""A unit's processes really carry a score below 0, drift is repaired, and other units are left alone."""

from bed.guest import processes

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
    pids = guest.family("vault", 2)
    stronger = guest.start("vault-stronger", "sleep infinity", OOMScoreAdjust=-950)
    bystander = guest.start("bystander", "sleep infinity")
    guest.configure(CONFIG.replace('"vault.service"', '["vault.service", "vault-stronger.service"]'))
    for pid in pids:
        guest.wait_score(pid, -900)
    held = {pid: (-900, 0, "held") for pid in pids} | {stronger: (-950, -950, "held")}
    check.equal("status.json agrees with /proc", processes(guest.rule("vault")), held)
    check.equal("a score is a ceiling: -950 is left alone", guest.score(stronger), -950)
    check.equal("a unit without a rule is left alone", guest.score(bystander), 0)

    repairs = guest.status()["counters"]["repairs"]
    guest.sh(f"echo 100 >/proc/{pids[0]}/oom_score_adj")
    guest.wait_score(pids[0], -900)
    check("somebody else's write is undone", True)
    guest.wait_status("the repair is counted", lambda status: status["counters"]["repairs"] > repairs)
    check.equal("and counted once", guest.status()["counters"]["repairs"], repairs + 1)
    check.equal("and told once", len(guest.journal("drift")), 1)
