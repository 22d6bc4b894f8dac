"""`check` knows what units are set to from PID 1, `memory` accounts for all of RAM, and `explain` for the fork."""

import json

CONFIG = """
[[protect]]
name = "database"
unit = "db.service"
score = -900
scope = "all"
"""

# Maps so many MiB without touching them, then at SIGUSR1 tries to fork and writes how that went.
FORKER = """
$| = 1;
syscall(9, 0, $ARGV[0] << 20, 3, 0x22, -1, 0) > 0 or die "mmap: $!";
$SIG{USR1} = sub {
  my $child = fork;
  exit 0 if defined $child && $child == 0;
  open my $out, '>', '/run/forked.new' or die;
  print $out defined $child ? 'yes' : 'no';
  close $out;
  rename '/run/forked.new', '/run/forked';
};
open my $ready, '>', '/run/ready';
close $ready;
sleep 1 while 1;
"""


def found(guest, subject):
    status, text = guest.machine.run("oomguardctl check --json", 60)
    findings = json.loads(text)["findings"]
    return status, {(f["id"], f["severity"]) for f in findings if f["subject"] == subject}


def units(guest, check):
    guest.configure(CONFIG)
    guest.family("db", 3, OOMPolicy="stop", OOMScoreAdjust="300", MemoryMax="200M")
    status, ids = found(guest, "db.service")
    check.equal(
        "a unit's policy, score and limit are found", ids,
        {("unit-oom-policy", "warning"), ("unit-score", "warning"), ("unit-memory-limit", "info")})
    check.equal("with status 1", status, 1)

    guest.sh("systemctl set-property --runtime system.slice ManagedOOMSwap=kill")
    check(
        "systemd-oomd on the slice above is found",
        ("unit-managed-oom", "info") in found(guest, "db.service")[1])
    guest.sh("systemctl set-property --runtime system.slice ManagedOOMSwap=auto")
    guest.sh("systemctl stop db.service")
    guest.family("db", 3, OOMPolicy="continue", OOMScoreAdjust="-950")
    check.equal("what is mended is found no more", found(guest, "db.service")[1], {("unit-score", "info")})



def killers(guest, check):
    guest.sh("cd /var/cache/peers && dpkg -i earlyoom_*.deb systemd-oomd_*.deb", 300)
    for unit in ("earlyoom", "systemd-oomd"):
        guest.sh(f"systemctl start {unit}")
        # As long as PID 1 has not executed the program, it has another name.
        guest.wait_for(f"{unit} runs", f"grep -qx {unit} /proc/$(systemctl show --value -p MainPID {unit})/comm")
        check.equal(f"{unit} of Debian is found", found(guest, unit)[1], {("other-killer", "warning")})
    guest.sh("systemctl set-property --runtime system.slice ManagedOOMSwap=kill")
    check(
        "and then a unit it acts on is a warning", ("unit-managed-oom", "warning") in found(guest, "db.service")[1])
    guest.sh("systemctl stop earlyoom systemd-oomd.service systemd-oomd.socket")


def memory(guest, check):
    answer = json.loads(guest.sh("oomguardctl memory --json"))
    lines = sum(line["kb"] for line in answer["lines"])
    check.equal("memory: the lines and the rest are all of RAM", lines + answer["unaccounted_kb"], answer["total_kb"])
    share = abs(answer["unaccounted_kb"]) / answer["total_kb"]
    check("and the rest is less than a hundredth", share < 0.01, f"{share:.4f} {answer}")
    check.equal("every page was looked at", [line for line in answer["lines"] if line["estimated"]], [])


def forks(guest, check):
    guest.write("/usr/local/sbin/forker.pl", FORKER)
    guest.sh("echo 90 >/proc/sys/vm/overcommit_ratio")
    total = int(guest.sh("awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo"))
    # Under mode 2 one that takes most of what may be committed has no room for its copy, and others still have some.
    room = int(guest.sh("awk '/^CommitLimit:/ { l = $2 } /^Committed_AS:/ { c = $2 } END { print int((l - c) / 1024) }' /proc/meminfo"))
    # Mode, size in MiB: a small process, and one larger than the machine, which only mode 1 lets grow so.
    for mode, size, expected in ((0, 16, True), (0, total * 2, False), (1, total * 2, True), (2, 16, True), (2, room * 6 // 10, False)):
        guest.sh("echo 1 >/proc/sys/vm/overcommit_memory; rm -f /run/ready /run/forked")
        pid = guest.spawn(f"perl /usr/local/sbin/forker.pl {size}")
        guest.wait_for("it has its memory", "test -e /run/ready")
        guest.sh(f"echo {mode} >/proc/sys/vm/overcommit_memory")
        said = json.loads(guest.sh(f"oomguardctl explain {pid} --json"))["fork_allowed"]
        guest.sh(f"kill -USR1 {pid}")
        guest.wait_for("it has tried to fork", "test -e /run/forked")
        kernel = guest.sh("cat /run/forked").strip()
        # Gone, and with it what it had committed, before the next one is counted.
        guest.sh(f"kill {pid}; while kill -0 {pid} 2>/dev/null; do sleep 0.1; done; echo 0 >/proc/sys/vm/overcommit_memory")
        check.equal(
            f"overcommit {mode}, {size} MiB of {total}: explain and the kernel agree on the fork", (said, kernel),
            (expected, "yes" if expected else "no"))


def run(guest, check):
    units(guest, check)
    killers(guest, check)
    memory(guest, check)
    forks(guest, check)
