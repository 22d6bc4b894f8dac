"""How exposed systemd-analyze calls the shipped units, and those of who else guards memory, as this Debian ships them."""

import re

PEERS = ("systemd-oomd", "nohang", "earlyoom")


def exposure(guest, unit):
    """0 is a service that can do nothing, 10 one that can do all."""
    said = guest.sh(f"systemd-analyze security --no-pager --offline=true {unit}").splitlines()[-1]
    return float(re.search(r": ([0-9.]+) ", said)[1])


def run(guest, check):
    guest.sh("mkdir /tmp/peers")
    found = {"oomguard.service": exposure(guest, "oomguard.service")}
    for peer in PEERS:
        guest.sh(f"dpkg-deb -x /var/cache/peers/{peer}_*.deb /tmp/peers")
        unit = f"{peer}.service"
        found[unit] = exposure(guest, guest.sh(f"find /tmp/peers -name {unit} -type f").strip())
    listed = ", ".join(f"{unit} {figure}" for unit, figure in sorted(found.items(), key=lambda one: one[1]))
    check(listed, found["oomguard.service"] <= 2.5 and len(set(found.values())) > 1, "oomguard.service: at most 2.5 is wanted")
    answers = exposure(guest, "oomguard-varlink.service")
    check(f"oomguard-varlink.service {answers}", answers <= 1.0, "at most 1.0 is wanted")
