"""Each kind of memory, made for real: seen in its own line of `memory` and in no other, and gone or not when its
process ends."""

import json

SIZE_MIB = 64
SLACK_KB = SIZE_MIB * 1024 // 20

# What else comes with a kind: threads have stacks of their own and descriptions in the kernel, each allocation for
# every processor a table of whom it is charged to.
COMPANIONS = {
    "kernel_stacks": {"slab_unreclaimable", "anonymous", "page_tables"},
    "per_cpu": {"vmalloc"},
}

# In no line: what is free is what the others are not.
FREE = {"free", "free_per_cpu"}

# What is still there when the process has ended.
STAYS = {
    "shared_file", "clean_file", "dirty_file", "tmpfs", "posix_shm", "sysv", "sysv_orphaned", "message_queues", "posix_queue",
    "huge_pages_idle", "slab_reclaimable", "buffers",
}

KINDS = [
    "private_anonymous", "private_file", "shared_file", "clean_file", "dirty_file", "locked", "shared_anonymous", "memfd", "tmpfs",
    "tmpfs_elsewhere", "posix_shm", "sysv", "sysv_orphaned", "message_queues", "posix_queue", "huge_pages", "huge_pages_idle", "slab_reclaimable",
    "slab_unreclaimable", "page_tables", "kernel_stacks", "vmalloc", "per_cpu", "buffers",
]


def lines(guest):
    answer = json.loads(guest.sh("oomguardctl memory --json"))
    return {line["kind"]: line["kb"] for line in answer["lines"]}


def check_line(guest, check, line, make, undo):
    """For what no process of oomguardctl's can make."""
    guest.sh("sync; echo 3 >/proc/sys/vm/drop_caches")
    before = lines(guest)
    guest.sh(make, 120)
    after = lines(guest)
    guest.sh(undo, 120)
    grown = {name: kb - before.get(name, 0) for name, kb in after.items()}
    check(f"'{line}' is seen in its line", abs(grown[line] - SIZE_MIB * 1024) <= SLACK_KB, grown)
    check.equal(
        # Twice the slack: the programs that make it have files of their own.
        f"'{line}' changes no other", {n: kb for n, kb in grown.items() if abs(kb) > 2 * SLACK_KB and n not in FREE | {line}}, {})


def run(guest, check):
    # Nothing else is to happen meanwhile: no writing out, no timers.
    guest.sh("sysctl -q vm.dirty_background_ratio=80 vm.dirty_ratio=90 vm.dirty_expire_centisecs=60000")
    guest.sh("sysctl -q vm.dirty_writeback_centisecs=0 kernel.threads-max=30000")
    guest.sh("systemctl stop postgresql.service 'postgresql@*' oomguard.service")
    for kind in KINDS:
        # What one leaves in the caches, the next one does not find.
        answer = json.loads(guest.sh(
            f"sync; echo 3 >/proc/sys/vm/drop_caches; oomguardctl experiment {kind} --size {SIZE_MIB} --keep-caches --json || true",
            120))
        if answer["failures"]:
            check(f"{kind} can be made", False, answer["failures"])
            continue
        experiment = answer["experiments"][0]
        grown = {line["kind"]: line["after"] - line["before"] for line in experiment["lines"]}
        own = grown[experiment["line"]]
        check(
            f"{kind} is seen in '{experiment['line']}'", abs(own - SIZE_MIB * 1024) <= SLACK_KB,
            f"{own} KiB; {grown}")
        others = {
            name: kb for name, kb in grown.items()
            if abs(kb) > SLACK_KB and name not in FREE | {experiment["line"]} | COMPANIONS.get(kind, set())
        }
        check.equal(f"{kind} changes no other line", others, {})
        stays = experiment["stayed_kb"] > SIZE_MIB * 1024 * 9 // 10
        check.equal(f"{kind} {'stays' if kind in STAYS else 'is gone'} when its process ends", stays, kind in STAYS)
    check_line(guest, check, "file_writeback", """
        systemd-run --quiet --unit=slow -p IOWriteBandwidthMax='/dev/vda 64K' \
          sh -c 'head -c 64M /dev/zero >/var/tmp/slow; exec sync /var/tmp/slow'
        until awk '/^Writeback:/ && $2 >= 62000 { f = 1 } END { exit !f }' /proc/meminfo; do sleep 0.1; done
    """, "systemctl set-property --runtime slow.service IOWriteBandwidthMax=; systemctl stop slow.service; rm /var/tmp/slow")
    check_line(guest, check, "zram", """
        modprobe zram; echo 128M >/sys/block/zram0/disksize
        head -c 64M /dev/urandom | dd of=/dev/zram0 bs=1M iflag=fullblock oflag=direct status=none
    """, "echo 1 >/sys/block/zram0/reset")
    left = guest.sh("ls /sys/fs/cgroup /dev/shm /dev/mqueue /var/tmp | grep oomguard- || true; tail -n +2 /proc/sysvipc/shm; tail -n +2 /proc/sysvipc/msg")
    check.equal("and nothing is left behind", left.strip(), "")
