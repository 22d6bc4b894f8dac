"""Memory at an end, in the guard's own slice and then on the whole machine: each kill is told, `oomguardctl status` is
answered meanwhile, and the guard is never the victim, nor waits for pages that it had before."""

from datetime import datetime

from bed.guest import victim_told

CONFIG = """
[[protect]]
name = "vault"
unit = "vault.service"
score = -900
"""

# So many pages of code may be wanted for the first time; without the lock it is hundreds.
FIRST_TIMES = 32

SLICE = "/sys/fs/cgroup/oomguard.slice"

# Killed, it begins anew.
HOG = """
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/local/sbin/hog 1000
Restart=always
RestartSec=0
"""

# Asks again and again, and writes down what came: how long the file itself took in ms, how long the client, its status,
# who is at work by its word, and what was free in KiB.
ASK = r"""#!/bin/bash
while :; do
  before=${EPOCHREALTIME/./}; cat /run/oomguard/status.json >/run/file
  between=${EPOCHREALTIME/./}; oomguardctl status --json >/run/answer; status=$?
  after=${EPOCHREALTIME/./}
  said=nobody
  while read -r line; do
    case $line in *'"daemon":'*) said=${line#*'"daemon":'}; said=${said#*'"'}; said=${said%%'"'*} ;; esac
  done </run/answer
  while read -r what kb rest; do [ $what = MemFree: ] && break; done </proc/meminfo
  echo $(((between - before) / 1000)) $(((after - between) / 1000)) $status $said $kb >>/run/asked
done
"""


def faults(guest, pid):
    """How often a process had to wait for a page from a disk: field 12 of its stat, proc_pid_stat(5)."""
    return int(guest.sh(f"cat /proc/{pid}/stat").rsplit(")", 1)[1].split()[9])


def told_after(entry):
    """From the kernel's line to the journal, in ms."""
    at = datetime.fromisoformat(entry["OOMGUARD_AT"].replace("Z", "+00:00"))
    return int(entry["__REALTIME_TIMESTAMP"]) // 1000 - int(at.timestamp() * 1000)


class Asker:
    """Somebody who asks all the time."""

    def __init__(self, guest):
        self.guest = guest
        guest.write("/usr/local/sbin/ask", ASK)
        guest.sh("chmod 755 /usr/local/sbin/ask; : >/run/asked")
        # Nobody is to be killed but those that are made for it.
        guest.start("ask", "/usr/local/sbin/ask", OOMScoreAdjust=-500)

    def count(self):
        return len(self.guest.sh("cat /run/asked").splitlines())

    def wait(self, more):
        """Waits until so many more answers have come."""
        wanted = self.count() + more
        self.guest.eventually(f"{more} more answers", self.count, lambda count: count >= wanted, 180)

    def judge(self, check, when):
        """What came since the last time."""
        rows = [line.split() for line in self.guest.sh("cat /run/asked; : >/run/asked").splitlines()]
        check.equal(f"{when}: status is answered each time, and says that the guard is at work",
                    {(row[2], row[3]) for row in rows}, {("0", "running")})
        for what, column in (("the file", 0), ("oomguardctl status", 1)):
            times = sorted(int(row[column]) for row in rows)
            print(f"        {when}: {what} {times[len(times) // 2]} ms, at most {times[-1]} ms, of {len(times)}", flush=True)
        return min(int(row[4]) for row in rows)


def run(guest, check):
    guest.sh("systemctl stop postgresql.service 'postgresql@*'")
    vault = guest.hog("vault", 48)
    guest.configure(CONFIG)
    guest.wait_score(vault, -900)
    pid = guest.main_pid("oomguard.service")
    asker = Asker(guest)
    asker.wait(3)
    asker.judge(check, "at rest")
    waits = [faults(guest, pid)]

    # ---- its slice is full, and somebody beside it in there reads more files than fit
    # What is cached already is charged to whoever read it first.
    guest.script("reader", "while :; do cat /var/tmp/files; done >/dev/null")
    guest.sh("head -c 96M /dev/zero >/var/tmp/files; sync; echo 1 >/proc/sys/vm/drop_caches")
    guest.sh("systemctl set-property --runtime oomguard.slice MemoryMax=40M")
    guest.start("reader", "/usr/local/sbin/reader", Slice="oomguard.slice", OOMScoreAdjust=-900)
    guest.wait_for("the slice is at its limit", f"awk '$1 == \"max\" {{ exit !($2 > 100) }}' {SLICE}/memory.events")
    beside = []
    for turn in range(3):
        # By size alone the guard would go first.
        beside.append(guest.hog(f"beside-{turn}", 1000, Slice="oomguard.slice", OOMScoreAdjust=-800))
        guest.wait_for("it is killed", f"systemctl is-failed --quiet beside-{turn}.service", 180)
    elsewhere = guest.hog_over_limit("elsewhere")
    guest.wait_kills(4)
    asker.wait(2)
    asker.judge(check, "in a full slice")
    guest.sh("systemctl stop reader.service; systemctl set-property --runtime oomguard.slice MemoryMax=infinity")
    entries = guest.journal("kill")
    check.equal(
        "each kill in its slice is told, and one elsewhere",
        [(int(entry["OOMGUARD_VICTIM_PID"]), entry["OOMGUARD_LIMIT_CGROUP"]) for entry in entries],
        [(one, "/oomguard.slice") for one in beside] + [(elsewhere, "/system.slice/elsewhere.service")])
    waits.append(faults(guest, pid))

    # ---- the machine's memory is full, and what programs and files hold of it is read from the disk over and over
    guest.sh("head -c 200M /dev/zero >/var/tmp/files")
    guest.start("reader", "/usr/local/sbin/reader", OOMScoreAdjust=-500)
    guest.unit("hog.service", HOG)
    guest.sh("systemctl start --no-block hog.service")
    guest.wait_kills(4 + 3, 300)
    asker.wait(2)
    waits.append(faults(guest, pid))
    guest.sh("systemctl stop hog.service reader.service", 180)
    free = asker.judge(check, "no memory left")
    zones = guest.sh("awk '$1 == \"high\" { high += $2 } END { print high * 4 }' /proc/zoneinfo")
    check("that was all of it", free < 4 * int(zones), f"{free} KiB free, high mark {zones} KiB")
    happened = guest.kernel_kills()
    status = guest.wait_kills(len(happened))
    entries = guest.journal("kill")
    check.equal("each kill is told once, as the kernel logged it", [victim_told(entry) for entry in entries], happened)
    counts = {name: status["kills"][name] for name in ("total", "protected", "lost_records", "unlogged")}
    check.equal("and counted", counts, {"total": len(happened), "protected": 0, "lost_records": 0, "unlogged": 0})
    check.equal(
        "the guard is the one it was", (guest.main_pid("oomguard.service"), guest.property("oomguard.service", "NRestarts")),
        (pid, "0"))
    check("and so is what it protects", guest.is_alive(vault) and guest.score(vault) == -900)
    late = sorted(told_after(entry) for entry in entries)
    print(f"        {len(late)} kills, told after {late[len(late) // 2]} ms, at most {late[-1]} ms; "
          f"the guard's waits for its own pages so far: {' '.join(map(str, waits))}", flush=True)
    # What runs for the first time now has to be read; what ran before is locked.
    check("the guard hardly waited for its own pages", waits[-1] - waits[0] <= FIRST_TIMES, waits)
