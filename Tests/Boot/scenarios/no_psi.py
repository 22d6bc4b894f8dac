"""Without /proc/pressure: what is left and how often tasks reclaim is looked at instead, and it is said so."""

CONFIG = """
[pressure]
clear_after = "2s"

[[protect]]
name = "ssh"
unit = "ssh.service"
score = -900
"""

DROP_IN = """
[Service]
TemporaryFileSystem=/proc/pressure
"""


def run(guest, check):
    guest.sh("mkdir -p /etc/systemd/system/oomguard.service.d")
    guest.unit("oomguard.service.d/no-psi.conf", DROP_IN)
    guest.configure(CONFIG)
    status = guest.wait_status("it is calm", lambda status: status["pressure"]["level"] == "calm")
    check.equal("levels are sampled", status["pressure"]["source"], "sampled")
    missing = {item["what"]: item["why"] for item in status["degraded"]}
    check.equal(
        "what is missing is said, and what replaces it", missing,
        {"no-pressure": "/proc/pressure/memory: No such file or directory; instead, how much memory is left and how often"
                        " tasks had to reclaim some are looked at now and then"})
    hog = guest.hog("hog", guest.available_mib() * 93 // 100)
    status = guest.wait_status("the level is raised", lambda status: status["pressure"]["level"] != "calm")
    guest.sh("systemctl stop hog.service")
    guest.wait_status("the level is cleared", lambda status: status["pressure"]["level"] == "calm")
    entries = guest.journal("pressure")
    told = [entry["OOMGUARD_LEVEL"] for entry in entries if "OOMGUARD_EXHAUSTED_IN_SECONDS" not in entry]
    check("raised first and cleared once", told[0] != "calm" and told[-1] == "calm" and told.count("calm") == 1, told)
    check.equal("with its source", {entry["OOMGUARD_SOURCE"] for entry in entries}, {"sampled"})
    check("nothing was killed", guest.is_alive(guest.main_pid("ssh.service")) and guest.kernel_kills() == [], hog)
