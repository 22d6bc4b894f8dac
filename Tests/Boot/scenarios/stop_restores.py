"""Stopping gives each process its base back; a restart and a removed rule do as they should, too."""

from bed.guest import processes

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "vault"
unit = ["vault.service", "lower.service"]
score = -900
scope = "all"
"""

WITHOUT_RULE = """
[guard]
reconcile_interval = "1s"
"""

# Whether the kernel tells anybody of processes: who joins without asking for that hears what others have asked for.
CONNECTOR = """
socket(my $socket, 16, 2, 11) or die "$!";
bind($socket, pack("SSLL", 16, 0, 0, 1)) or die "$!";
system("true");
my $ready = "";
vec($ready, fileno $socket, 1) = 1;
print select($ready, undef, undef, 1) ? "told" : "silent";
"""


def run(guest, check):
    guest.write("/root/connector.pl", CONNECTOR)
    bases = {pid: 0 for pid in guest.family("vault", 2)}
    bases[guest.start("lower", "sleep infinity", OOMScoreAdjust=-300)] = -300
    held = {pid: (-900, base, "held") for pid, base in bases.items()}
    guest.configure(CONFIG)
    check.equal("all are protected", processes(guest.rule("vault")), held)

    # What the shipped rules held was given back when the configuration changed.
    before = guest.journal("restore")
    guest.sh("systemctl restart oomguard.service")
    check.equal("a restart hands over what it knows", processes(guest.rule("vault")), held)
    check.equal("and restores nothing", guest.journal("restore"), before)

    check.equal("the kernel tells of processes", guest.sh("perl /root/connector.pl"), "told")
    guest.sh("systemctl stop oomguard.service")
    check.equal("a stop ends that", guest.sh("perl /root/connector.pl"), "silent")
    check.equal("a stop gives every base back", guest.scores(bases), bases)
    check("and tells so", len(guest.journal("restore")) > 0)
    check.equal("and leaves no promise in the status file", guest.status()["state"], "stopping")

    guest.sh("systemctl start oomguard.service")
    check.equal("a start protects again", processes(guest.rule("vault")), held)
    guest.write("/etc/oomguard.conf", WITHOUT_RULE)
    guest.sh("systemctl reload oomguard.service")
    for pid, base in bases.items():
        guest.wait_score(pid, base)
    check("removing the rule and reloading gives every base back", True)
