"""The package that users get: installed, upgraded, removed and purged as dpkg does it."""

START = "bare"

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"
"""


def run(guest, check):
    vault = guest.start("vault", "sleep infinity")
    guest.install("shipped.deb")
    check.equal("installed, it runs", guest.sh("systemctl is-active oomguard.service").strip(), "active")
    check.equal("every file is as packed", guest.sh("dpkg --verify oomguard"), "")
    conffiles = guest.sh("dpkg-query -W -f '${Conffiles}' oomguard").split()
    check.equal("its configuration is a conffile", conffiles[::2], ["/etc/oomguard.conf"])
    check.equal("with mode 0644", guest.sh("stat -c '%U %a' /etc/oomguard.conf").strip(), "root 644")
    for program in ("oomguardd", "oomguardctl"):
        check.equal(f"{program} finds its libraries", guest.machine.run(f"{program} --version", 60)[0], 0)

    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    before = guest.main_pid("oomguard.service")
    guest.sh("dpkg -i /root/packages/shipped.deb", 120)
    check("an upgrade restarts it", guest.main_pid("oomguard.service") not in (0, before))
    check.equal("keeps the administrator's configuration", guest.sh("cat /etc/oomguard.conf"), CONFIG)
    check.equal("and the score", guest.score(vault), -900)

    guest.sh("dpkg --remove oomguard", 120)
    check.equal("removal gives the base back", guest.score(vault), 0)
    check("and ends the daemon", not guest.holds("systemctl is-active --quiet oomguard.service"))
    check("and keeps the configuration", guest.holds("test -e /etc/oomguard.conf"))
    guest.sh("dpkg --purge oomguard", 120)
    left = guest.sh("ls -d /etc/oomguard.conf /var/lib/oomguard /run/oomguard 2>/dev/null || true").strip()
    check.equal("purging leaves nothing", left, "")
