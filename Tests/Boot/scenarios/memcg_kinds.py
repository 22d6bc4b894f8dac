"""Kills at a memory cgroup's limit, of every kind and in every kind of unit: each is told once, with its own place."""

CONFIG = """
[guard]
reconcile_interval = "1h"
"""

ID = "0123456789abcdef" * 4
POD = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
HOG = "/usr/local/sbin/hog 256"


def run(guest, check):
    guest.configure(CONFIG)
    user = guest.sh("id -u alice").strip()
    guest.sh("loginctl enable-linger alice")

    def fails(unit, command, limit="32M", **properties):
        guest.start(unit, command, MemoryMax=limit, **properties)
        guest.wait_for(f"{unit} fails", f"systemctl is-failed --quiet '{unit}.service'")

    def in_scope(unit, options=""):
        guest.sh(f"systemd-run --quiet --scope --unit={unit} -p MemoryMax=32M {options} {HOG} || true")

    # The odd names of programs, each of which has misled a reader of the log.
    names = ["we) x:1 (a,b=c", "1 (x), UID:0", "a,task=x,pid=1", "ünïcödé"]
    guest.sh("mkdir /run/odd && mount -t tmpfs -o exec tmpfs /run/odd")
    for name in names:
        guest.sh(f"cp /usr/local/sbin/hog '/run/odd/{name}'")
    for number, name in enumerate(names):
        fails(f"odd{number}", f"'/run/odd/{name}' 256")
    guest.sh("cp /usr/local/sbin/hog \"$(printf '/run/odd/nl\\nOut of mem')\"")
    # By a script, since not every systemd takes a newline in a command.
    guest.script("newline", "exec \"$(printf '/run/odd/nl\\nOut of mem')\" 256\n")
    fails("newline", "/usr/local/sbin/newline")

    fails("tmpl@one", HOG)
    fails(r"weird\x2dunit@a\x20b", HOG)
    fails("nobodys", HOG, User="nobody")
    fails("shared", "/bin/sh -c 'exec dd if=/dev/zero of=/run/odd/f bs=64k count=3000'")
    guest.sh("rm -f /run/odd/f")
    guest.sh("sysctl -q vm.oom_dump_tasks=0")
    fails("short", HOG)
    guest.sh("sysctl -q vm.oom_dump_tasks=1")

    # A slice's limit, which a unit below it meets.
    guest.start("bystander", "sleep infinity", Slice="limited-par.slice")
    guest.sh("systemctl set-property --runtime limited-par.slice MemoryMax=40M")
    guest.start("child", HOG, Slice="limited-par.slice", OOMScoreAdjust=300)
    guest.wait_for("child fails", "systemctl is-failed --quiet child.service")

    # Containers and pods, as their engines name them.
    in_scope(f"docker-{ID}")
    in_scope(f"cri-containerd-{ID[::-1]}", f"--slice=kubepods-burstable-pod{POD.replace('-', '_')}.slice")
    docker = "/sys/fs/cgroup/docker"
    guest.sh(f"mkdir {docker} && echo +memory >{docker}/cgroup.subtree_control && mkdir {docker}/{ID}")
    guest.sh(f"echo 32M >{docker}/{ID}/memory.max; sh -c 'echo $$ >{docker}/{ID}/cgroup.procs; exec {HOG}' || true")

    # A user's own unit.
    guest.wait_for("alice's manager runs", f"systemctl is-active --quiet user@{user}.service")
    as_alice = f"su alice -c 'XDG_RUNTIME_DIR=/run/user/{user} "
    guest.sh(f"{as_alice}systemd-run --user --quiet --unit=mine -p MemoryMax=32M {HOG}'")
    guest.wait_for("mine fails", f"{as_alice}systemctl --user is-failed --quiet mine.service'")

    # One takes the others along; the kernel prints, and counts, the first of them twice. PID 1 takes no part, or it is
    # often faster than the kernel: not when it hears of the first kill, and not when the main process has gone.
    guest.sh("mkfifo /run/go")
    command = f"/bin/sh -c 'sleep 99 & sleep 99 & read word </run/go; exec {HOG}'"
    guest.start("group", command, MemoryMax="32M", OOMPolicy="continue", KillMode="process")
    guest.eventually(
        "group is whole", lambda: [guest.comm(pid) for pid in guest.pids("group")], lambda names: names == ["sh", "sleep", "sleep"])
    guest.sh("echo 1 >/sys/fs/cgroup/system.slice/group.service/memory.oom.group; echo >/run/go")
    guest.wait_for("group fails", "systemctl is-failed --quiet group.service")

    def own(unit, cgroup):
        return {"limit": "own", "constraint": "memcg", "unit": unit, "cgroup": cgroup, "limit_cgroup": cgroup}

    def system(unit):
        return own(unit, f"/system.slice/{unit}")

    container = f"cri-containerd-{ID[::-1]}.scope"
    pods = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD.replace('-', '_')}.slice"
    mine = f"/user.slice/user-{user}.slice/user@{user}.service/app.slice/mine.service"
    weird = r"weird\x2dunit@a\x20b.service"
    expected = [
        *({**system(f"odd{number}.service"), "comm": name} for number, name in enumerate(names)),
        {**system("newline.service"), "comm": r"nl\x0aOut of mem"},
        own("tmpl@one.service", "/system.slice/system-tmpl.slice/tmpl@one.service"),
        own(weird, rf"/system.slice/system-weird\x5cx2dunit.slice/{weird}"),
        {**system("nobodys.service"), "uid": 65534},
        {**system("shared.service"), "comm": "dd"},
        {**system("short.service"), "tasks_dumped": None},
        {"constraint": "memcg", "limit": "parent", "unit": "child.service", "score": 300,
         "cgroup": "/limited.slice/limited-par.slice/child.service", "limit_cgroup": "/limited.slice/limited-par.slice"},
        {**system(f"docker-{ID}.scope"), "container": ID, "pod": None},
        {**own(container, f"{pods}/{container}"), "container": ID[::-1], "pod": POD},
        {**own(None, f"/docker/{ID}"), "container": ID},
        {**own(f"user@{user}.service", mine), "user_unit": "mine.service"},
        *({**system("group.service"), "comm": comm} for comm in ("hog", "sleep", "sleep")),
    ]
    status = guest.wait_kills(len(expected))
    kills = status["kills"]
    check.equal("each is told once", len(kills["last"]), len(expected))
    for kill, wanted in zip(kills["last"], expected):
        flat = {**kill, **kill["victim"]}
        check.equal(f"{wanted['unit'] or wanted['cgroup']}", {name: flat[name] for name in wanted}, wanted)
    check.equal("no record was lost", kills["lost_records"], 0)

    # Nobody may be killed here: the kernel says so, as fast as it can print, and that is no kill.
    immune = guest.start("immune", HOG, MemoryMax="16M", OOMScoreAdjust=-1000)
    guest.wait_for("the kernel finds nobody to kill", "dmesg | grep -q 'no killable processes'")
    guest.sh("systemctl kill -s KILL immune.service")
    # Beyond the time that a kill without a line is waited for: the group's first, counted twice, is no other kill.
    guest.sh("sleep 3")
    guest.reload()
    kills = guest.status()["kills"]
    check("nobody is told who lives", immune not in [kill["victim"]["pid"] for kill in kills["last"]])
    check.equal(
        "and none is told that no line tells of", {name: kills[name] for name in ("total", "unlogged")},
        {"total": len(expected), "unlogged": 0})
    check.equal(
        "as many as the kernel counts, but for the one it counts twice", kills["vmstat_oom_kill"], len(expected) + 1)
    entries = guest.journal("kill")
    check.equal(
        "the journal has the same", [entry.get("OOMGUARD_VICTIM_UNIT") for entry in entries],
        [wanted["unit"] for wanted in expected])
    check.equal(
        "a user's unit under its name",
        [entry["OBJECT_SYSTEMD_USER_UNIT"] for entry in entries if "OBJECT_SYSTEMD_USER_UNIT" in entry], ["mine.service"])
