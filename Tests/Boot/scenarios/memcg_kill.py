"""A unit over its own memory limit: the kill is told once, with what the kernel said of it."""

from bed.guest import victim_told

CONFIG = """
[guard]
reconcile_interval = "1s"
"""


def run(guest, check):
    guest.configure(CONFIG)
    pid = guest.hog_over_limit("hog")
    guest.wait_kills(1)
    guest.wait_reconciled()
    status, entries, kernel = guest.status(), guest.journal("kill"), guest.kernel_kills()
    check.equal("the kernel logged one kill, of the hog", [(kill["pid"], kill["comm"]) for kill in kernel], [(pid, "hog")])
    check.equal("the journal tells it once", len(entries), 1)
    entry = entries[0]
    check.equal("pid, name, owner, score and sizes are the kernel's", victim_told(entry), kernel[0])
    cgroup = "/system.slice/hog.service"
    fields = {
        "VICTIM_UNIT": "hog.service", "VICTIM_CGROUP": cgroup, "LIMIT_CGROUP": cgroup, "CONSTRAINT": "memcg",
        "TRIGGER_PID": str(pid), "TRIGGER_COMM": "hog", "PROTECTED": "no", "SOURCE": "kernel-log",
    }
    check.equal("unit, limit, trigger and source", {name: entry.get(f"OOMGUARD_{name}") for name in fields}, fields)
    check("with the kernel's report", "Killed process" in entry.get("OOMGUARD_REPORT", ""), entry)
    check.equal("as a warning", entry["PRIORITY"], "4")
    check.equal(
        "journalctl -u of the victim's unit shows it",
        guest.sh("journalctl -b -o cat -u hog.service _SYSTEMD_UNIT=oomguard.service + OBJECT_SYSTEMD_UNIT=hog.service | wc -l").strip(), "1")

    kills = status["kills"]
    counts = {name: kills[name] for name in ("total", "protected", "lost_records", "unlogged", "vmstat_oom_kill")}
    check.equal(
        "status.json counts it, as the kernel does", counts,
        {"total": 1, "protected": 0, "lost_records": 0, "unlogged": 0, "vmstat_oom_kill": 1})
    check.equal("and by what was hit", kills["constraints"], [{"constraint": "memcg", "total": 1, "protected": 0}])
    told = kills["last"][-1]
    check.equal("and tells the same", told["victim"], {
        **kernel[0], "unit": "hog.service", "cgroup": cgroup, "user_unit": None, "container": None, "pod": None})
    check.equal("under the same number", str(told["seq"]), entry["OOMGUARD_KERNEL_SEQ"])
