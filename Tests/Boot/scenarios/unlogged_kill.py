"""Kills whose line in the kernel's log is lost are told by the counters: in which unit, once, and across a restart."""

CONFIG = """
[guard]
reconcile_interval = "1h"

[[protect]]
name = "vault"
unit = "vault.service"
score = -500
"""

# Its main process stays, and with it the unit's cgroup.
VAULT = "/bin/sh -c 'while read x; do /usr/local/sbin/hog 256; done <>/run/vault.fifo'"


def run(guest, check):
    guest.sh("mkfifo /run/vault.fifo; sysctl -q kernel.printk_devkmsg=on")
    guest.start("vault", VAULT, MemoryMax="32M", OOMPolicy="continue")
    events = "/sys/fs/cgroup/system.slice/vault.service/memory.events"
    guest.configure(CONFIG)

    def kill(count):
        """Makes the unit lose a process, and the log the line about it."""
        guest.sh("echo >/run/vault.fifo")
        guest.wait_for("the kernel kills it", f"grep -qx 'oom_kill {count}' {events}")

    def overwrite():
        line = "echo '<7>somebody says the same thing again and again, to nobody' >/dev/kmsg"
        guest.sh(f"i=0; while [ $i -lt 4000 ]; do {line}; i=$((i + 1)); done", 120)
        check("no line of the kill is left", not guest.holds("dmesg | grep -q 'Killed process'"))

    def told():
        return [
            {"id": entry["OOMGUARD_ID"].split("-")[1], "source": entry["OOMGUARD_SOURCE"],
             "unit": entry.get("OOMGUARD_VICTIM_UNIT"), "rule": entry.get("OOMGUARD_RULE")}
            for entry in guest.journal("kill")]

    pid = guest.main_pid("oomguard.service")
    guest.sh(f"kill -STOP {pid}")
    kill(1)
    overwrite()
    guest.sh(f"kill -CONT {pid}")
    status = guest.wait_kills(1)
    first = {"id": "u1", "source": "memory-events", "unit": "vault.service", "rule": "vault"}
    check.equal("stopped: the unit's counter tells of it", told(), [first])
    check("and the gap is named", status["kills"]["lost_records"] > 0)
    check.equal(
        "journalctl -u shows it",
        guest.sh("journalctl -b -o cat OBJECT_SYSTEMD_UNIT=vault.service OOMGUARD_EVENT=kill | wc -l").strip(), "1")

    guest.sh("systemctl stop oomguard.service")
    kill(2)
    overwrite()
    guest.sh("systemctl start oomguard.service")
    status = guest.wait_kills(2)
    second = {"id": "u2", "source": "vmstat", "unit": None, "rule": None}
    check.equal("away: the kernel's count is remembered", told(), [first, second])

    # Without the log: the cgroup's counter wakes the daemon, whose next survey is an hour away.
    # As in many containers there is none, which must not keep the unit from starting.
    guest.sh("rm /dev/kmsg && systemctl restart oomguard.service")
    check.equal("without the log it says so", [one["what"] for one in guest.status()["degraded"]], ["no-kernel-log"])
    kill(3)
    status = guest.wait_kills(3)
    third = {"id": "u3", "source": "memory-events", "unit": "vault.service", "rule": "vault"}
    check.equal("and is told by the counter", told(), [first, second, third])
    counts = {name: status["kills"][name] for name in ("total", "unlogged", "protected", "vmstat_oom_kill")}
    check.equal("each once", counts, {"total": 3, "unlogged": 3, "protected": 0, "vmstat_oom_kill": 3})
