"""The package for Fedora and its kin, with rpm itself: what its scriptlets do at install, upgrade and erasure."""

from bed.guest import processes
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

UNITS = ("oomguard.service", "oomguard-varlink.socket", "oomguard-metrics.timer")
PRESET = "/etc/systemd/system-preset/00-mine.preset"


def rpm(guest, *words):
    """What rpm says: nothing if all is well. It knows of no systemd here, and Debian 12's has to be told that it is meant."""
    force = "$(rpm --help | grep -o -e --force-debian)"
    return guest.sh(f"rpm {force} --nodeps {' '.join(words)} 2>&1", 300)


def states(guest):
    """Of each unit whether it is started at boot and whether it runs."""
    found = {}
    for unit in UNITS:
        enabled, active = (guest.machine.run(f"systemctl {verb} {unit}", 60)[1].strip() for verb in ("is-enabled", "is-active"))
        found[unit] = (enabled, active)
    return found


def left(guest):
    """Every file with its name, but for the packages themselves."""
    return sorted(guest.sh("find / /run /tmp -xdev -path /root/packages -prune -o -name '*oomguard*' -print").split())


def run(guest, check):
    vault = guest.start("vault", "sleep infinity", OOMScoreAdjust=-300)
    guest.sh(f"mkdir -p $(dirname {PRESET}) && echo 'disable oomguard-varlink.socket' >{PRESET}")
    check.equal("rpm installs it without a word", rpm(guest, "--install", guest.unpack("previous.rpm")), "")
    off, on = ("disabled", "inactive"), ("enabled", "active")
    check.equal("what the presets allow is enabled and runs", states(guest), dict(zip(UNITS, (on, off, off), strict=True)))
    check("journalctl -x knows what it tells", guest.holds("journalctl --list-catalog | grep -qi oomguard"))
    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    guest.sh(f"systemctl enable --now --quiet {UNITS[1]} {UNITS[2]}; mkdir -p /var/lib/prometheus/node-exporter")
    guest.sh("systemctl start oomguard-metrics.service oomguard-varlink.service")
    before = {unit: guest.main_pid(unit) for unit in ("oomguard.service", "oomguard-varlink.service")}

    present = guest.unpack("oomguard.rpm")
    sampler = Sampler(guest, {vault: -900})
    said = rpm(guest, "--upgrade", present).strip()
    check.equal("an upgrade leaves no gap", sampler.gaps(), "")
    check(f"the sampler looked {sampler.stop()} times", True)
    check.equal(
        "it says where the new configuration lies", said,
        "warning: /etc/oomguard.conf created as /etc/oomguard.conf.rpmnew")
    check.equal("the administrator's is kept", guest.sh("cat /etc/oomguard.conf"), CONFIG)
    check.equal("only that is not as packed", guest.sh("rpm --verify --nodeps oomguard; true").split()[1:], ["c", "/etc/oomguard.conf"])
    check.equal("one version is there", len(guest.sh("rpm --query oomguard").split()), 1)
    check.equal("what was enabled is, and runs", states(guest), dict.fromkeys(UNITS, on))
    check("of the new version", guest.main_pid("oomguard.service") not in (0, before["oomguard.service"]))
    check("also what answers programs", guest.main_pid("oomguard-varlink.service") != before["oomguard-varlink.service"])
    check.equal("it knows what the old one knew", processes(guest.rule("vault")), {vault: (-900, -300, "held")})

    guest.begin_metrics()
    said = rpm(guest, "--erase", "oomguard").splitlines()
    check.equal("erasure gives the base back, whatever is configured", guest.score(vault), -300)
    check.equal(
        "says so, and where the configuration is kept", said,
        [f"restore {vault} (sleep) -900 -> -300", "warning: /etc/oomguard.conf saved as /etc/oomguard.conf.rpmsave"])
    check.equal("and keeps it", guest.sh("cat /etc/oomguard.conf.rpmsave"), CONFIG)
    check.equal("leaves nothing else", left(guest), ["/etc/oomguard.conf.rpmnew", "/etc/oomguard.conf.rpmsave"])
    check.equal("ends every unit", guest.units(), [])
    check("forgets the catalogue", not guest.holds("journalctl --list-catalog | grep -qi oomguard"))
    check.equal("and no unit failed", guest.sh("systemctl --failed --plain --no-legend"), "")
