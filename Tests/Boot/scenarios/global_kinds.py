"""Machine-wide kills of the rarer kinds: asked for by SysRq, and of whoever asks for memory."""

CONFIG = """
[guard]
reconcile_interval = "1h"
"""


def run(guest, check):
    guest.configure(CONFIG)
    pid = guest.hog("asked", 40, OOMScoreAdjust=900)
    guest.wait_resident(pid, 40)
    guest.sh("echo f >/proc/sysrq-trigger")
    kill = guest.wait_kills(1)["kills"]["last"][-1]
    fields = ("pid", "unit", "comm")
    check.equal("SysRq-f: the victim and its unit", [kill["victim"][name] for name in fields], [pid, "asked.service", "hog"])
    check.equal("the order says that it was asked for", kill["trigger"]["order"], -1)
    check.equal("the machine's limit", (kill["constraint"], kill["limit"], kill["limit_cgroup"]), ("global", "machine", None))

    # The kernel prints no line with the cgroup: it is known from the process while that ends. Whoever asks while there is
    # no memory may die, so who waits here is immune; others may be hit before and after the hog.
    guest.sh("mkfifo /run/go")
    hog = guest.start("greedy", "/bin/sh -c 'read word </run/go; exec /usr/local/sbin/hog 1000'")
    guest.sh(
        "echo -1000 >/proc/$$/oom_score_adj; sysctl -q vm.oom_kill_allocating_task=1; echo >/run/go;"
        " until systemctl is-failed --quiet greedy.service; do sleep 0.1; done; sysctl -q vm.oom_kill_allocating_task=0", 180)
    # The journal may have been hit, too.
    guest.wait_for("there is a journal", "journalctl --sync")
    kernel = [kill["pid"] for kill in guest.kernel_kills()]
    last = guest.wait_kills(len(kernel))["kills"]["last"]
    kill = next((kill for kill in last if kill["victim"]["pid"] == hog), last[-1])
    check.equal("oom_kill_allocating_task: the victim and its unit", [kill["victim"][name] for name in fields], [hog, "greedy.service", "hog"])
    check.equal("each kill of the kernel's once", [kill["victim"]["pid"] for kill in last], kernel)
