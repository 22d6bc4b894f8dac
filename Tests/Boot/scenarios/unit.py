"""What systemd makes of the shipped unit: memory that is really set aside, few rights, and nothing it complains of."""

MEBIBYTE = 1 << 20
WANTED = {"cap_dac_override", "cap_net_admin", "cap_sys_ptrace", "cap_sys_resource", "cap_syslog"}
NUMBERS = {1: "cap_dac_override", 12: "cap_net_admin", 19: "cap_sys_ptrace", 24: "cap_sys_resource", 34: "cap_syslog"}


def run(guest, check):
    groups = ("/sys/fs/cgroup/oomguard.slice", "/sys/fs/cgroup/oomguard.slice/oomguard.service")
    check.equal(
        "memory is set aside on every level", guest.sh(f"cat {groups[0]}/memory.min {groups[1]}/memory.min").split(),
        [str(16 * MEBIBYTE)] * 2)
    daemon = guest.main_pid("oomguard.service")
    fields = dict(line.split(":", 1) for line in guest.sh(f"cat /proc/{daemon}/status").splitlines())
    # Not what the cgroup is charged with: whoever read the program's file first pays for that.
    used, limit = int(fields["VmRSS"].split()[0]), int(guest.sh(f"cat {groups[1]}/memory.max")) // 1024
    check(f"MemoryMax= is at least four times the {used} KiB in use", limit >= 4 * used, limit)
    for which in ("CapPrm", "CapEff", "CapBnd"):
        bits = int(fields[which], 16)
        held = {NUMBERS.get(bit, bit) for bit in range(64) if bits >> bit & 1}
        check.equal(f"{which}: the five it needs", held, WANTED)
    check.equal("no new rights, and a filter of system calls", (fields["NoNewPrivs"].strip(), fields["Seccomp"].strip()), ("1", "2"))
    check.equal("root, whom journalctl -u believes", fields["Uid"].split(), ["0"] * 4)
    check.equal("its own score", guest.score(daemon), -900)
    wanted = {"WatchdogUSec": "3min", "RestartUSec": "1s", "StartLimitIntervalUSec": "10s", "StartLimitBurst": "5"}
    shipped = {name: guest.property("oomguard.service", name) for name in wanted}
    check.equal("what other scenarios change is as shipped", shipped, wanted)
    check.equal("it lacks nothing", guest.status()["degraded"], [])

    devices = guest.sh(f"nsenter -t {daemon} -m ls /dev").split()
    check("no disk is to be seen, the kernel log is", "kmsg" in devices and not any(name.startswith("vd") for name in devices), devices)
    check.equal("systemd has nothing to complain of", guest.sh("systemd-analyze verify --man=no oomguard.service oomguard.slice 2>&1"), "")
