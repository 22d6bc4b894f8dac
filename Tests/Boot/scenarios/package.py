"""The package that users get: installed, upgraded, removed and purged as dpkg does it."""

from bed.sampler import Sampler

START = "bare"

# Only the package's own last step, oomguardd --restore, gives the bases back.
CONFIG = """
[guard]
restore_on_stop = false

[[protect]]
name = "vault"
unit = "vault.service"
score = -900
scope = "all"
"""


def version(guest):
    return guest.sh("dpkg-query -W -f '${db:Status-Abbrev} ${Version}' oomguard").split()


def run(guest, check):
    vault = guest.start("vault", "sleep infinity", OOMScoreAdjust=-300)
    guest.install("previous.deb")
    shipped = guest.unpack("shipped.deb")
    before = version(guest)[1]
    guest.configure(CONFIG)
    guest.sh("echo '# mine' >/etc/oomguard.conf.d/50-mine.conf")
    guest.wait_score(vault, -900)
    guest.sh("systemctl enable --now --quiet oomguard-metrics.timer; mkdir -p /var/lib/prometheus/node-exporter")
    guest.sh("systemctl start oomguard-metrics.service")
    daemon = guest.main_pid("oomguard.service")
    sampler = Sampler(guest, {vault: -900})
    # Both sides changed the file: dpkg asks, and keeps the administrator's where nobody answers.
    guest.sh(f"dpkg -i --force-confdef {shipped}", 300)
    check.equal("an upgrade leaves no gap", sampler.gaps(), "")
    check(f"the sampler looked {sampler.stop()} times", True)
    after = version(guest)
    check("it is another version", after[0] == "ii" and after[1] != before, (before, after))
    check("of which the daemon runs", guest.main_pid("oomguard.service") not in (0, daemon))
    check.equal("it knows what the old one knew", [
        (one["pid"], one["score"], one["base"], one["state"]) for one in guest.rule("vault")["processes"]], [(vault, -900, -300, "held")])
    check.equal("the administrator's configuration is kept", guest.sh("cat /etc/oomguard.conf"), CONFIG)
    check("and the package's laid beside it", guest.holds("test -s /etc/oomguard.conf.dpkg-dist"))

    for unit in ("oomguard.service", "oomguard-varlink.socket", "oomguard-metrics.timer"):
        check.equal(f"{unit} is enabled and runs", guest.sh(f"systemctl is-enabled {unit}; systemctl is-active {unit}").split(), ["enabled", "active"])
    check.equal("every other file is as packed", guest.sh("dpkg --verify oomguard").split(), ["??5??????", "c", "/etc/oomguard.conf"])
    conffiles = guest.sh("dpkg-query -W -f '${Conffiles}' oomguard").split()
    check.equal("its configuration is its conffile", conffiles[::2], ["/etc/oomguard.conf"])
    check.equal("with mode 0644", guest.sh("stat -c '%U %a' /etc/oomguard.conf").strip(), "root 644")
    for program in ("oomguardd", "oomguardctl", "/usr/libexec/oomguard-varlink"):
        check.equal(f"{program} finds its libraries", guest.machine.run(f"{program} --version", 60)[0], 0)
    check("journalctl -x knows what it tells", guest.holds("journalctl --list-catalog | grep -qi oomguard"))

    guest.begin_metrics()
    guest.sh("dpkg --remove oomguard", 300)
    check.equal("removal gives the base back, whatever is configured", guest.score(vault), -300)
    check.equal("and ends every unit", guest.units(), [])
    check.equal("and keeps the configuration", guest.sh("cat /etc/oomguard.conf"), CONFIG)
    check("and forgets the catalogue", not guest.holds("journalctl --list-catalog | grep -qi oomguard"))
    guest.sh("dpkg --purge oomguard", 300)
    left = guest.sh(f"find / /run /tmp -xdev -path /root/packages -prune -o -name '*oomguard*' -print")
    check.equal("purging leaves nothing", left, "")
    check.equal("and no unit that failed", guest.sh("systemctl --failed --plain --no-legend"), "")
