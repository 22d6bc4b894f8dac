"""A line that a process writes to /dev/kmsg is not the kernel's word, whatever it says."""

from bed.guest import told_pids

CONFIG = """
[guard]
reconcile_interval = "1s"
"""

FORGED = (
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
    "task_memcg=/system.slice/ssh.service,task=sshd,pid={pid},uid=0",
    "Out of memory: Killed process {pid} (sshd) total-vm:15000kB, anon-rss:9000kB, file-rss:0kB, shmem-rss:0kB, "
    "UID:0 pgtables:80kB oom_score_adj:0",
)


def run(guest, check):
    guest.configure(CONFIG)
    sshd = guest.main_pid("ssh.service")
    for line in FORGED:
        guest.sh(f"echo '<3>{line.format(pid=sshd)}' >/dev/kmsg")
    guest.sh("journalctl --sync")
    check("the journal itself takes the line for the kernel's", guest.holds(f"journalctl -b -k -o cat | grep -q 'Killed process {sshd} '"))
    # A real kill after it: once that is told, the forged line has been read and judged.
    pid = guest.hog_over_limit("hog")
    guest.wait_kills(1)
    guest.wait_reconciled()
    check.equal("only the real kill is told", told_pids(guest.journal("kill")), [pid])
    check.equal("and counted", guest.status()["kills"]["total"], 1)
