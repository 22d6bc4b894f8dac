"""A reboot: everything is back by itself, what happened before is on record, and none of it is told again."""

import json

from bed.guest import processes

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -900

[[protect]]
name = "ssh"
unit = "ssh.service"
score = -900
"""

VAULT = """
[Service]
ExecStart=/bin/sleep infinity
OOMScoreAdjust=-300

[Install]
WantedBy=multi-user.target
"""


def run(guest, check):
    guest.unit("vault.service", VAULT)
    guest.sh("systemctl enable --now --quiet vault.service")
    guest.configure(CONFIG)
    killed = guest.hog_over_limit("hog")
    guest.wait_kills(1)
    before = guest.sh("cat /proc/sys/kernel/random/boot_id")
    guest.reboot()
    check("it is another boot", guest.sh("cat /proc/sys/kernel/random/boot_id") != before)
    check.equal("without a unit that failed", guest.sh("systemctl is-system-running --wait").strip(), "running")

    vault, listener = guest.main_pid("vault.service"), guest.main_pid("ssh.service")
    wanted = [{vault: (-900, -300, "held")}, {listener: (-1000, -1000, "held")}]
    # Both started beside the guard: it may have looked before they were through.
    status = guest.wait_status(
        "what is configured is protected again", lambda status: [processes(rule) for rule in status["rules"]] == wanted)
    check("what is configured is protected again", True)
    check.equal("it is whole", (status["state"], status["degraded"]), ("running", []))
    check.equal("this boot saw no kill", (status["kills"]["total"], guest.journal("kill")), (0, []))
    lines = guest.sh("journalctl -b -1 --all -o json _SYSTEMD_UNIT=oomguard.service _UID=0 OOMGUARD_EVENT=kill").splitlines()
    told = [json.loads(line) for line in lines]
    check.equal("the boot before did", [int(entry["OOMGUARD_VICTIM_PID"]) for entry in told], [killed])
