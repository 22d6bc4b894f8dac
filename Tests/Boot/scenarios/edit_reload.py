"""What an administrator does first: the shipped configuration is in force, an edit is, and a broken one is refused."""

from bed.guest import processes

RULE = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -700
"""


def run(guest, check):
    vault = guest.start("vault", "sleep infinity")
    listener, logind = guest.main_pid("ssh.service"), guest.main_pid("systemd-logind.service")
    # Which processes they are PID 1 may have told the daemon after its start.
    status = guest.wait_status("both rules have a process", lambda status: all(
        rule["matched"] for rule in status["rules"] if rule["name"] in ("ssh", "login")))
    held = {rule["name"]: processes(rule) for rule in status["rules"]}
    # sshd's own score is beyond the one that is promised, and stays.
    check.equal("as shipped it holds the ssh listener", held["ssh"], {listener: (-1000, -1000, "held")})
    check.equal("and logins", held["login"], {logind: (-900, 0, "held")})
    check.equal("and no stranger", guest.score(vault), 0)
    shipped = guest.sh("cat /etc/oomguard.conf")
    daemon = guest.main_pid("oomguard.service")

    guest.write("/etc/oomguard.conf", shipped + RULE)
    guest.reload()
    guest.wait_score(vault, -700)
    check("an edit is in force after a reload", True)
    loaded = guest.status()["config"]

    guest.write("/etc/oomguard.conf", shipped + RULE.replace("score", "skore"))
    status, said = guest.machine.run("systemctl reload oomguard.service", 60)
    check("a broken edit makes systemctl reload fail", status != 0, said)
    line = len((shipped + RULE).splitlines())
    mistake = f"/etc/oomguard.conf:{line}:1: unknown key 'skore' in [[protect]]; did you mean 'score'?"
    # What ended a moment ago may be told of a moment later.
    guest.wait_for("the journal tells where", f"journalctl -b -u oomguard.service -o cat | grep -qF \"{mistake}\"")
    shown = guest.sh("systemctl status --no-pager oomguard.service")
    check("systemctl status shows where, and how to mend it", mistake in shown and "active (running)" in shown, shown)
    check.equal("the daemon runs on", guest.main_pid("oomguard.service"), daemon)
    check.equal("with what it had", (guest.status()["config"], guest.score(vault)), (loaded, -700))

    guest.write("/etc/oomguard.conf", shipped)
    guest.sh("systemctl reload oomguard.service")
    guest.wait_score(vault, 0)
    check("a mended one is in force, and what it means no more has its base", True)
    check.equal("by the same daemon", guest.main_pid("oomguard.service"), daemon)
