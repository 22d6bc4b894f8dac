"""The forecast for a unit's limit, made just before the kernel kills for it, with scores on both sides of 0."""

import json
import random

ROUNDS = 5
CONFIG = """
[[protect]]
name = "crowd"
unit = "crowd*.service"
score = -400
"""


def run(guest, check):
    guest.configure(CONFIG)
    seed = random.randrange(1 << 32)
    choice = random.Random(seed)
    for number in range(ROUNDS):
        unit = f"crowd{number}"
        sizes = choice.sample(range(4, 24), 4)
        scores = choice.sample(range(-300, 300, 25), 4)
        # The main process holds the promise; the others carry scores of their own.
        lines = [
            f"sh -c 'echo {score} >/proc/self/oom_score_adj; exec /usr/local/sbin/hog {size}' &\n"
            for size, score in zip(sizes, scores)
        ]
        guest.script(unit, "".join(lines) + "exec sleep infinity\n")
        main = guest.start(unit, f"/usr/local/sbin/{unit}", OOMPolicy="continue", MemorySwapMax="0")
        guest.wait_score(main, -400)
        resident = f"cat $(printf '/proc/%s/status ' $(cat /sys/fs/cgroup/system.slice/{unit}.service/cgroup.procs))"
        for size in sizes:
            guest.wait_for(
                f"{size} MiB are taken",
                f"{resident} | awk -v least={(size - 1) * 1024} '/^RssAnon:/ && $2 >= least && $2 < least + 2048 {{ f = 1 }} END {{ exit !f }}'")
        group = f"/system.slice/{unit}.service"
        guest.sh(f"echo $(($(cat /sys/fs/cgroup{group}/memory.current) + 2097152)) >/sys/fs/cgroup{group}/memory.max")
        forecast = json.loads(guest.sh(f"oomguardctl victims --cgroup {group} --json"))
        first = forecast["victims"][0]
        # The last straw: a process that asks for more than is left, and is never the first itself.
        before = len(guest.kernel_kills())
        guest.spawn(
            f"sh -c 'echo -900 >/proc/self/oom_score_adj; echo $$ >/sys/fs/cgroup{group}/cgroup.procs;"
            " exec /usr/local/sbin/hog 4'")
        kills = guest.eventually("a kill", guest.kernel_kills, lambda kills: len(kills) > before)
        kill = kills[before]
        check.equal(f"round {number} of {seed}: the kernel takes the first of {forecast['victims']}", kill["pid"], first["pid"])
        mains = [process for process in forecast["protected"] if process["unit"] == f"{unit}.service"]
        check.equal("the protected one is the main process", [process["pid"] for process in mains], [main])
        guest.sh(f"systemctl stop {unit}.service")
