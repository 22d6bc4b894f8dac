"""A kernel that was told psi=0: what is left and how often tasks reclaim is looked at instead, and it is said so."""

CONFIG = """
[pressure]
clear_after = "2s"

[[protect]]
name = "ssh"
unit = "ssh.service"
score = -900
"""


def reasons(status):
    return {item["what"]: item["why"] for item in status["degraded"]}


def run(guest, check):
    guest.write("/etc/oomguard.conf", CONFIG)
    guest.reboot(kernel="psi=0")
    guest.wait_for("the daemon is up", "systemctl is-active --quiet oomguard.service")
    guest.wait_status("ssh is protected", lambda status: status["rules"][0]["matched"] == 1)
    status = guest.wait_status("it is calm, and units were looked for", lambda status: status["pressure"]["level"] == "calm"
                               and "no-unit-pressure" in reasons(status))
    check.equal("levels are sampled", status["pressure"]["source"], "sampled")
    missing = reasons(status)
    check.equal(
        "what is missing is said, and what replaces it", missing,
        {"no-pressure": "/proc/pressure/memory: No such file or directory; instead, how much memory is left and how often"
                        " tasks had to reclaim some are looked at now and then",
         "no-unit-pressure": "/sys/fs/cgroup/system.slice/ssh.service/memory.pressure: No such file or directory"})
    hog = guest.hog("hog", guest.available_mib() * 93 // 100)
    status = guest.wait_status("the level is raised", lambda status: status["pressure"]["level"] != "calm")
    guest.sh("systemctl stop hog.service")
    guest.wait_status("the level is cleared", lambda status: status["pressure"]["level"] == "calm")
    entries = guest.journal("pressure")
    told = [entry["OOMGUARD_LEVEL"] for entry in entries if "OOMGUARD_EXHAUSTED_IN_SECONDS" not in entry]
    check("raised first and cleared once", told[0] != "calm" and told[-1] == "calm" and told.count("calm") == 1, told)
    check.equal("with its source", {entry["OOMGUARD_SOURCE"] for entry in entries}, {"sampled"})
    check("nothing was killed", guest.is_alive(guest.main_pid("ssh.service")) and guest.kernel_kills() == [], hog)
