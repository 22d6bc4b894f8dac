"""The page of recipes at work: the very text of each is installed, and the processes it speaks of carry what it says.

PostgreSQL, Redis and sshd are Debian's own; the containers are made by crun as Docker and Podman have it make them; the
CI runner and the browser are programs of ours where such ones lie.
"""

import json
import os
import sys

from bed import login
from bed.guest import processes
from bed.postgresql import cluster, quiet

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "Documents"))
from examples import examples  # noqa: E402

PAGE = examples("packaging/doc/recipes.md")

# Nothing is found by looking at everything: all of it comes by events.
BASE = """
[guard]
reconcile_interval = "1h"
"""

# Builds what it is told to, in a shell of its own each as make would, and reports how that ended.
RUNNER = """
exec 3<>/run/builds
while read -r mib <&3; do
  { setpriv --reuid=builder --clear-groups /usr/lib/gcc/x86_64-linux-gnu/12/cc1 $mib; echo $mib $? >>/run/reported; } &
done
"""


# PostgreSQL as others package it: nobody but the recipe sees to its score.
PLAIN = """
[Service]
Type=notify
PIDFile=
User=postgres
OOMScoreAdjust=0
ExecStart=
ExecStart=/usr/lib/postgresql/{version}/bin/postgres -D /var/lib/postgresql/{version}/main \\
  -c config_file=/etc/postgresql/{version}/main/postgresql.conf
ExecReload=
ExecStop=
"""


def text(kind, mark):
    """The one example of a kind on the page that has `mark` in it."""
    found = [example.text for example in PAGE if example.kind == kind and mark in example.text]
    if len(found) != 1:
        raise LookupError(f"{len(found)} examples of kind {kind} with '{mark}' on the page")
    return found[0]


def install(guest, *rules):
    """Puts the recipes with these rules where the page says, and does what it says next."""
    for rule in rules:
        guest.write(f"/etc/oomguard.conf.d/{rule}.conf", text("config", f'name = "{rule}"'))
    return guest.sh(text("guest", "systemctl reload oomguard"))


def carry(guest, check, what, wanted):
    """Checks the scores of processes, once they have had the time it takes."""
    got = guest.eventually(what, lambda: guest.scores(wanted), lambda got: got == wanted)
    check.equal(what, got, wanted)


def holds(guest, check, rule, wanted):
    status = guest.wait_status(
        f"'{rule}' lists what it means",
        lambda status: any(one["name"] == rule and processes(one) == wanted for one in status["rules"]))
    check.equal(f"'{rule}' lists what it means", [one["name"] for one in status["rules"]].count(rule), 1)


def postgresql(guest, check):
    unit = cluster(guest)

    def scores():
        """What the main process carries, and what the others do."""
        main = guest.main_pid(unit)
        found = {pid: score for pid, (_, score) in guest.living(guest.property(unit, "ControlGroup")).items()}
        return found.pop(main, None), sorted(set(found.values()))

    quiet(guest)
    check.equal("Debian's PostgreSQL keeps what it ships", scores(), (-900, [0]))
    main = guest.main_pid(unit)
    holds(guest, check, "postgresql", {main: (-900, -900, "held")})

    guest.sh(text("guest", "postgresql@.service.d"))
    version = unit.removeprefix("postgresql@").split("-")[0]
    guest.write("/etc/systemd/system/postgresql@.service.d/plain.conf", PLAIN.format(version=version))
    guest.sh(f"systemctl daemon-reload && systemctl restart {unit}")
    what = "a postmaster without a score of its own is protected, and its workers are not"
    check.equal(what, guest.eventually(what, scores, lambda got: got == (-900, [0])), (-900, [0]))
    holds(guest, check, "postgresql", {guest.main_pid(unit): (-900, 0, "held")})
    check.equal("and one that is killed does not take the others along", guest.property(unit, "OOMPolicy"), "continue")


def redis(guest, check):
    main = guest.main_pid("redis-server.service")
    # 6 GiB are more than this machine has: what is left is to go last.
    carry(guest, check, "Redis has its allowance", {main: -999})
    guest.sh("redis-cli config set rdb-key-save-delay 600000000 && redis-cli set key value && redis-cli bgsave")
    group = guest.property("redis-server.service", "ControlGroup")
    saving = guest.eventually(
        "a child saves", lambda: guest.living(group).keys() - {main}, lambda pids: len(pids) == 1)
    carry(guest, check, "and the child that saves does not", dict.fromkeys(saving, 0))
    holds(guest, check, "redis", {main: (-999, 0, "held")})
    answer = json.loads(guest.sh(f"oomguardctl explain {main} --json"))
    check.equal("explain says that it may fork", answer["fork_allowed"], True)


def ssh(guest, check):
    listener = guest.main_pid("ssh.service")
    login.prepare(guest)
    session = login.session_of(guest, login.log_in(guest, "session"))
    carry(guest, check, "the listener is immune by itself, and a session has nothing of it",
          {listener: -1000} | dict.fromkeys(session, 0))
    holds(guest, check, "way-in", {listener: (-1000, -1000, "held")})
    guest.sh("systemctl stop session.service")


def container(guest, name, slice_, prefix, subgroup):
    """Starts a container of one process, and adds another to it; both pids."""
    place = f"/run/containers/{name}"
    guest.sh(f"mkdir -p {place}/root/proc {place}/root/dev {place}/root/sys && cp /usr/local/sbin/hog {place}/root")
    guest.write(f"{place}/config.json", json.dumps({
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": ["/hog", "1"], "cwd": "/", "env": ["PATH=/"]},
        "root": {"path": "root"},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "annotations": {"run.oci.systemd.subgroup": subgroup},
        "linux": {
            "cgroupsPath": f"{slice_}:{prefix}:{name}",
            "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}],
        },
    }))
    for verb in (f"run --detach --bundle {place} {name}", f"exec --detach {name} /hog 1"):
        guest.sh(f"crun --systemd-cgroup {verb} </dev/null >/dev/null 2>{place}/log || {{ cat {place}/log; exit 1; }}")
    return guest.eventually(
        f"two processes in container {name}",
        lambda: [pid for pid, (comm, _) in guest.living(f"/{slice_}/{prefix}-{name}.scope/{subgroup}").items() if comm == "hog"],
        lambda pids: len(pids) == 2)


def containers(guest, check):
    # The paths and names that the two give, and where the process is then: crun makes a cgroup more for Podman.
    important = container(guest, "1", "important.slice", "docker", "")
    docker = container(guest, "2", "system.slice", "docker", "")
    podman = container(guest, "3", "machine.slice", "libpod", "container")
    carry(guest, check, "a container of the important slice is protected, all of it", dict.fromkeys(important, -500))
    carry(guest, check, "one of Docker's goes before", dict.fromkeys(docker, 300))
    carry(guest, check, "and one of Podman's", dict.fromkeys(podman, 300))
    holds(guest, check, "important-containers", {pid: (-500, 0, "held") for pid in important})
    holds(guest, check, "other-containers", {pid: (300, 0, "held") for pid in docker + podman})


def runner(guest, check):
    guest.sh("useradd builder; mkfifo /run/builds; : >/run/reported; mkdir -p /usr/lib/gcc/x86_64-linux-gnu/12")
    guest.sh("cp /usr/local/sbin/hog /usr/lib/gcc/x86_64-linux-gnu/12/cc1")
    guest.script("gitlab-runner", RUNNER)
    guest.unit("gitlab-runner.service", "[Service]\nExecStart=/usr/local/sbin/gitlab-runner\n")
    guest.sh(text("guest", "gitlab-runner.service.d"))
    guest.sh("systemctl start gitlab-runner.service && echo 1 >/run/builds")
    main = guest.main_pid("gitlab-runner.service")

    group = guest.property("gitlab-runner.service", "ControlGroup")

    def build():
        return {comm: pid for pid, (comm, _) in guest.living(group).items() if pid != main}

    # The shell has the name of the script.
    small = guest.eventually("a build is under way", build, lambda names: names.keys() == {"gitlab-runner", "cc1"})
    carry(guest, check, "the runner is protected, the shell of a build is not, and its compiler goes first",
          {main: -500, small["gitlab-runner"]: 0, small["cc1"]: 500})
    holds(guest, check, "runner", {main: (-500, 0, "held")})
    holds(guest, check, "builds", {small["cc1"]: (500, 0, "held")})

    guest.sh("echo 100 >/run/builds")
    guest.eventually(
        "the compiler of a larger build is to go first, too",
        lambda: [score for comm, score in guest.living(group).values() if comm == "cc1"],
        lambda scores: scores == [500, 500])
    # Larger than that is one of the two alone, if not yet then soon.
    guest.sh("systemctl set-property --runtime gitlab-runner.service MemoryMax=64M")
    guest.wait_for("the build that is too large is reported", "grep -q ^100 /run/reported")
    check.equal("as killed, and no other", guest.sh("cat /run/reported"), "100 137\n")
    check.equal("by the runner, which goes on", (guest.main_pid("gitlab-runner.service"), guest.is_alive(main)), (main, True))
    status = guest.wait_kills(1)
    victim = status["kills"]["last"][-1]["victim"]
    check.equal("the kernel took the compiler", (victim["comm"], victim["score"]), ("cc1", 500))


def desktop(guest, check):
    batch = guest.start("night", "sleep infinity", Slice="batch.slice")
    guest.sh("mkdir -p /usr/lib/firefox-esr && cp /bin/sleep /usr/lib/firefox-esr/firefox-esr")
    hers = guest.start("hers", "/usr/lib/firefox-esr/firefox-esr infinity", User="alice")
    roots = guest.start("roots", "/usr/lib/firefox-esr/firefox-esr infinity")
    carry(guest, check, "batch work goes first, then her browser, and root's is left alone", {batch: 500, hers: 300, roots: 0})


def run(guest, check):
    guest.configure(BASE)
    guest.sh("dpkg -i /var/cache/guarded/*.deb", 120)
    check.equal(
        "all recipes together are a configuration without a mistake",
        install(guest, "postgresql", "redis", "way-in", "important-containers", "runner", "browsers"),
        "/etc/oomguard.conf with 6 drop-ins: ok, 9 rules\n")
    for recipe in (postgresql, redis, ssh, containers, runner, desktop):
        recipe(guest, check)
