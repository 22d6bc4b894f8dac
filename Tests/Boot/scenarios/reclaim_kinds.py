"""What the kernel does with each kind of memory when it has to give some back, with swap: a table and a series.

`reclaim` is asked for most of a cgroup that holds one kind. Then a process larger than what is free grows at swappiness
0, 60, 100 and 200, beside a file cache in use and locked memory, and what the kernel did is read as it goes."""

import json

SIZE_MIB = 32
SIZE_KB = SIZE_MIB * 1024

# Kind: where most of it has to go. Locked memory stays, whatever is asked.
FATES = {
    "private_anonymous": "swapped", "private_file": "dropped", "shared_file": "dropped", "dirty_file": "dropped",
    "locked": "kept", "shared_anonymous": "swapped", "memfd": "swapped", "tmpfs": "swapped", "posix_shm": "swapped",
    "sysv": "swapped", "sysv_orphaned": "swapped",
}
PATH = "/sys/fs/cgroup/kinds"
PLACE = "/var/tmp/kinds"

# Open at both ends, the FIFO keeps nobody waiting for the other.
HOLD = f"""
rm -rf /run/kinds {PLACE}; mkdir -p /run/kinds {PLACE} {PATH}; mkfifo /run/kinds/in; : >/run/kinds/out
[ KIND != tmpfs ] || mount -t tmpfs kinds {PLACE}
sh -c 'echo $$ >{PATH}/cgroup.procs; exec 3<>/run/kinds/in; exec oomguardctl experiment --hold KIND \
  --bytes {SIZE_MIB << 20} --directory {PLACE} <&3 >/run/kinds/out 2>&1' </dev/null >/dev/null 2>&1 &
echo $! >/run/kinds/pid
for step in stage take; do
  echo $step >/run/kinds/in
  until grep -q $step /run/kinds/out; do sleep 0.1; done
done
"""
LET_GO = f"""
kill $(cat /run/kinds/pid)
until grep -qx 'populated 0' {PATH}/cgroup.events; do sleep 0.1; done
rm -f /dev/shm/oomguard-*
for id in $(awk 'NR > 1 {{ print $2 }}' /proc/sysvipc/shm); do ipcrm -m $id; done
! mountpoint -q {PLACE} || umount {PLACE}
rm -rf {PLACE}; rmdir {PATH}
"""
LOOK = f'awk \'$1 ~ "^(anon|file)$" {{ print $1, $2 }} FNR == NR && NF == 1 {{ print "swap", $1 }}\' {PATH}/memory.swap.current {PATH}/memory.stat'
RECLAIM = f"oomguardctl reclaim --cgroup /kinds --bytes {SIZE_KB * 3 // 4 * 1024} --yes --json || true"


def stat(text):
    """In KiB."""
    return {name: int(value) // 1024 for name, value in (line.split() for line in text.splitlines())}


def table(guest, check):
    print(f"        {'KIND':18} {'HELD':>8} {'IN RAM':>8} {'SWAPPED':>8} {'DROPPED':>8} {'PREDICTED':>10} {'CAME':>8}  MiB")
    for kind, fate in FATES.items():
        parts = [HOLD.replace("KIND", kind), LOOK, "echo ---", RECLAIM, "echo ---", LOOK, LET_GO]
        before, answer, after = guest.sh("\n".join(parts), 120).split("---\n")
        before, answer, after = stat(before), json.loads(answer), stat(after)
        held, in_ram = (moment["anon"] + moment["file"] for moment in (before, after))
        swapped = after["swap"] - before["swap"]
        dropped = max(0, held - in_ram - swapped)
        predicted, came = answer["predicted_kb"], answer["actual_kb"]
        figures = [f"{kb / 1024:8.0f}" for kb in (held, in_ram, swapped, dropped)]
        print(f"        {kind:18} {' '.join(figures)} {predicted / 1024:10.0f} {came / 1024:8.0f}", flush=True)
        if fate == "kept":
            check(f"{kind} is kept, as predicted", in_ram >= SIZE_KB * 9 // 10 and predicted <= SIZE_KB // 8, (before, answer, after))
        else:
            check(f"{kind} is {fate}", {"swapped": swapped, "dropped": dropped}[fate] >= SIZE_KB // 2, (before, after))
            check(f"{kind}: what was predicted comes", came >= predicted * 9 // 10, answer)


# Counters and lists at one moment: pages, and KiB of /proc/meminfo and of the process.
SAMPLE = """awk '
/^(nr_free_pages|pswpout|pgscan_kswapd|pgscan_direct|pgsteal_kswapd|pgsteal_direct) / { print }
/^(Active|Inactive)\\((anon|file)\\):|^Mlocked:|^Vm(RSS|Swap):/ { print $1, $2 }
FILENAME == "/proc/zoneinfo" && $1 == "low" { low += $2 }
END { print "low", low }
' /proc/vmstat /proc/meminfo /proc/zoneinfo"""
LISTS = ("Active(anon):", "Inactive(anon):", "Active(file):", "Inactive(file):", "Mlocked:")
COUNTERS = ("pswpout", "pgsteal_kswapd", "pgsteal_direct")


def sample(guest, pid=None):
    text = guest.sh(SAMPLE + (f" /proc/{pid}/status" if pid else ""))
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}


def series(guest, check):
    guest.sh("head -c 96M /dev/urandom >/var/tmp/cache")
    moments = {}
    print("        MiB: free, anonymous active and inactive, file active and inactive, locked; and since the start: swapped out,")
    print("        taken back by kswapd, taken back by those who allocate")
    for swappiness in (0, 60, 100, 200):
        guest.sh(f"sysctl -q vm.swappiness={swappiness}; swapoff /var/tmp/swap; swapon /var/tmp/swap; cat /var/tmp/cache /var/tmp/cache >/dev/null")
        guest.sh(HOLD.replace("KIND", "locked"))
        seen = [sample(guest)]
        # At swappiness 0 nothing is swapped out until hardly any cache is left, and then the machine crawls: less than that.
        cache = sum(seen[0][name] for name in ("Active(file):", "Inactive(file):")) // 1024
        size = seen[0]["nr_free_pages"] * 4 // 1024 + cache * 4 // 10
        hog = guest.spawn(f"/usr/local/sbin/hog {size}")
        print(f"        swappiness {swappiness}, low mark {seen[0]['low'] * 4 // 1024} MiB, a process grows to {size} MiB:")

        def grown():
            now = sample(guest, hog)
            seen.append(now)
            row = [now["nr_free_pages"] * 4 // 1024] + [now[name] // 1024 for name in LISTS]
            row += [(now[name] - seen[0][name]) * 4 // 1024 for name in COUNTERS]
            print("          " + " ".join(f"{value:6}" for value in row), flush=True)
            return (now["VmRSS:"] + now["VmSwap:"]) // 1024

        guest.eventually("the process has grown", grown, lambda mib: mib >= size - 1, 120)
        guest.sh(f"kill -9 {hog}" + LET_GO)
        moments[swappiness] = seen
        # It wakes where free memory is below the low mark; a look now and then need not meet that moment.
        check(f"swappiness {swappiness}: kswapd was awake", seen[-1]["pgscan_kswapd"] > seen[0]["pgscan_kswapd"], seen)
        check(f"swappiness {swappiness}: locked memory stayed", seen[-1]["Mlocked:"] >= SIZE_KB * 9 // 10, seen)
    gone = {
        swappiness: {name: seen[-1][name] - seen[0][name] for name in (*COUNTERS, "Active(file):", "Inactive(file):")}
        for swappiness, seen in moments.items()
    }
    check("at 200 more is swapped out than at 0", gone[200]["pswpout"] > gone[0]["pswpout"], gone)
    files = {swappiness: g["Active(file):"] + g["Inactive(file):"] for swappiness, g in gone.items()}
    check("and less of the file cache is taken back", files[200] > files[0], gone)
    check("whoever allocates had to take back some, too", any(g["pgsteal_direct"] > 0 for g in gone.values()), gone)


def run(guest, check):
    guest.sh("systemctl stop postgresql.service 'postgresql@*' oomguard.service")
    guest.sh("fallocate -l 256M /var/tmp/swap && chmod 600 /var/tmp/swap && mkswap /var/tmp/swap >/dev/null && swapon /var/tmp/swap")
    guest.sh("sysctl -q vm.swappiness=60")
    table(guest, check)
    series(guest, check)
