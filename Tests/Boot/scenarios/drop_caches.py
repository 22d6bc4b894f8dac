"""What `reclaim --caches` predicts is what comes free, in three states of the caches."""

import json


def reclaim(guest, *arguments):
    answer = json.loads(guest.sh(f"oomguardctl reclaim {' '.join(arguments)} --yes --json", 120))
    return answer["predicted_kb"], answer["actual_kb"]


def near(check, what, pair, least_kb):
    predicted, actual = pair
    check(f"{what}: {predicted} KiB predicted, {actual} KiB freed", abs(predicted - actual) <= actual // 10, pair)
    check(f"{what}: that was worth looking at", actual >= least_kb, pair)


def run(guest, check):
    guest.sh("systemctl stop postgresql.service 'postgresql@*' oomguard.service")
    # Files and names of our own, and nothing else in memory.
    guest.sh("mkdir /var/tmp/names && head -c 96M /dev/urandom >/var/tmp/clean")
    guest.sh("perl -e 'for (1 .. 20000) { open F, q(>), qq(/var/tmp/names/$_) or die }'", 120)
    guest.sh("sync; echo 3 >/proc/sys/vm/drop_caches")

    guest.sh("cat /var/tmp/clean >/dev/null")
    near(check, "clean file cache", reclaim(guest, "--caches pages"), 90 << 10)

    guest.sh("perl -e 'stat qq(/var/tmp/names/$_) for 1 .. 20000'", 120)
    near(check, "names and inodes", reclaim(guest, "--caches slab"), 15 << 10)

    guest.sh("sysctl -q vm.dirty_background_ratio=80 vm.dirty_ratio=90 vm.dirty_writeback_centisecs=0")
    guest.sh("cat /var/tmp/clean >/dev/null; perl -e 'stat qq(/var/tmp/names/$_) for 1 .. 20000'; head -c 64M /dev/zero >/var/tmp/dirty", 120)
    dirty = int(guest.sh("awk '/^Dirty:/ { print $2 }' /proc/meminfo"))
    check("there is much that is dirty", dirty >= 60 << 10, dirty)
    near(check, "dirty and clean cache and names, after sync", reclaim(guest, "--caches all", "--sync"), 150 << 10)
