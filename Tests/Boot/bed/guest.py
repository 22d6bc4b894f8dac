"""What a scenario can do with the guest. Everything here is bounded in time and waits for conditions, never for time."""

import json
import re
import shlex
import time

from .machine import GuestError, tail

STATUS_FILE = "/run/oomguard/status.json"


class Guest:
    def __init__(self, machine):
        self.machine = machine

    # ---- anything

    def sh(self, script, seconds=60):
        """What a POSIX shell script prints, both streams; a status other than 0 ends the scenario."""
        status, output = self.machine.run(script, seconds)
        if status != 0:
            raise GuestError(f"status {status} from: {script}\n{output}")
        return output

    def holds(self, condition):
        """Whether a shell command succeeds."""
        return self.machine.run(condition, 60)[0] == 0

    def reboot(self, *options, kernel=""):
        """Shuts down and boots, with these options of qemu's and words for the kernel; returns when the boot is over."""
        self.machine.reboot(*options, kernel=kernel)
        self.machine.run("systemctl is-system-running --wait", 180)

    def wait_for(self, what, condition, seconds=60):
        """Waits until a shell command succeeds in the guest, tried ten times a second."""
        status, output = self.machine.run(f"until {{ {condition}; }} 2>&1; do sleep 0.1; done", seconds)
        if status != 0:
            raise GuestError(f"waited {seconds} s in vain: {what}\n{output[-2000:]}")

    def eventually(self, what, probe, accept, seconds=60):
        """Asks `probe()` until `accept(value)`; that value. For what a shell condition cannot say well."""
        deadline = time.monotonic() + seconds
        while True:
            value = probe()
            if accept(value):
                return value
            if time.monotonic() > deadline:
                raise GuestError(f"waited {seconds} s in vain: {what}\nlast seen: {value!r}")
            time.sleep(0.1)

    def write(self, path, text):
        self.sh(f"printf %s {shlex.quote(text)} >{shlex.quote(path)}")

    # ---- units and processes

    def spawn(self, command):
        """Starts a command that stays, below the agent and so in no unit of a scenario; its pid."""
        return int(self.sh(f"{command} </dev/null >/dev/null 2>&1 & echo $!"))

    def start(self, unit, command, **properties):
        """Starts a transient service, as an administrator's or a package's would be; its main pid, which is no copy
        of PID 1 any more: what the unit says of its score is written, too."""
        options = " ".join(f"-p {shlex.quote(f'{key}={value}')}" for key, value in properties.items())
        self.sh(f"systemd-run --quiet --unit={shlex.quote(unit)} {options} {command}")
        pid = int(self.property(unit, "ExecMainPID"))  # remembered even when the process is gone already
        self.wait_begun(pid)
        return pid

    def wait_begun(self, pid):
        """Waits until a process of a unit has begun the unit's program: a simple service counts as started before."""
        # Since systemd 255 there is a program of its own between the two.
        still = [f"/proc/{pid}/exe -ef /lib/systemd/{name}" for name in ("systemd", "systemd-executor")]
        self.wait_for(f"pid {pid} has begun its program", f"! [ {still[0]} ] && ! [ {still[1]} ]")

    def hog(self, unit, mib, **properties):
        """Starts a service that takes this much memory and then waits; its main pid."""
        return self.start(unit, f"/usr/local/sbin/hog {mib}", **properties)

    def family(self, unit, count, **properties):
        """Starts a service of so many sleeping processes, its main one among them; their pids, in order."""
        others = "sleep infinity & " * (count - 1)
        self.start(unit, f"/bin/sh -c '{others}exec sleep infinity'", **properties)
        return self.eventually(
            f"{count} processes in {unit}",
            lambda: self.pids(unit),
            lambda pids: [self.comm(pid) for pid in pids] == ["sleep"] * count)

    def script(self, name, text):
        """Puts a shell script at /usr/local/sbin/NAME."""
        self.write(f"/usr/local/sbin/{name}", f"#!/bin/sh\n{text}")
        self.sh(f"chmod 755 /usr/local/sbin/{name}")

    def unit(self, name, text):
        """Puts a unit file where an administrator would."""
        self.write(f"/etc/systemd/system/{name}", text)
        self.sh("systemctl daemon-reload")

    def property(self, unit, name):
        return self.sh(f"systemctl show --value -p {name} {shlex.quote(unit)}").strip()

    def main_pid(self, unit):
        return int(self.property(unit, "MainPID"))

    def pids(self, unit):
        """Every process of a unit, in order."""
        group = self.property(unit, "ControlGroup")
        return sorted(int(pid) for pid in self.sh(f"cat $(find /sys/fs/cgroup{group} -name cgroup.procs)").split())

    def comm(self, pid):
        return self.sh(f"cat /proc/{pid}/comm").strip()

    def is_alive(self, pid):
        return self.holds(f"kill -0 {pid}")

    def score(self, pid):
        return int(self.sh(f"cat /proc/{pid}/oom_score_adj"))

    def scores(self, pids):
        """Asked in one go and without a program, each of which costs the emulator dearly."""
        listed = " ".join(map(str, pids))
        script = f"for pid in {listed}; do read -r score </proc/$pid/oom_score_adj || exit; echo $score; done"
        return dict(zip(pids, map(int, self.sh(script).split()), strict=True))

    def living(self, group):
        """What is in a cgroup and those below it, by pid: name and score. Asked in one go, and of the living only."""
        lines = self.sh(
            f"cat $(find /sys/fs/cgroup{group} -name cgroup.procs) | while read -r pid; do"
            " read -r comm </proc/$pid/comm && read -r score </proc/$pid/oom_score_adj && echo $pid $score $comm;"
            " done 2>/dev/null; true").splitlines()
        return {int(pid): (comm, int(score)) for pid, score, comm in (line.split(maxsplit=2) for line in lines)}

    def wait_score(self, pid, score, seconds=60):
        self.wait_for(
            f"pid {pid} has oom_score_adj {score}", f'test "$(cat /proc/{pid}/oom_score_adj)" = {score}', seconds)

    def wait_resident(self, pid, mib, seconds=120):
        """Waits until a hog that was told to take so much has it."""
        # Less one: the kernel's count may lag by 63 pages (SPLIT_RSS_COUNTING, mm/memory.c).
        self.wait_for(
            f"pid {pid} has {mib} MiB resident",
            f"awk -v want={(mib - 1) * 1024} '/^RssAnon:/ && $2 >= want {{ f = 1 }} END {{ exit !f }}' /proc/{pid}/status",
            seconds)

    def available_mib(self):
        return int(self.sh("awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo"))

    # ---- oomguard

    def configure(self, text):
        """Replaces the whole configuration and restarts the daemon, which is ready when this returns."""
        self.write("/etc/oomguard.conf", text)
        self.sh("systemctl restart oomguard.service")

    def reload(self):
        """Has the daemon read its configuration again, and waits until it has: systemctl only sends the signal."""
        before = self.status()["config"]["loaded_at"]
        self.sh("systemctl reload oomguard.service")
        self.wait_status("the configuration is read again", lambda status: status["config"]["loaded_at"] != before)

    def status(self):
        """The status document as it stands."""
        text = self.sh(f"cat {STATUS_FILE}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise GuestError(f"status.json is not JSON: {error}\n{text}") from error

    def wait_status(self, what, accept, seconds=60):
        """The status document, once `accept(document)` is true of it."""
        return self.eventually(what, self.status, accept, seconds)

    def wait_reconciled(self, times=2):
        """Waits until the daemon has looked at every promise so many times more: what it has not done by then
        it will not do."""
        before = self.status()["counters"]["surveys"]
        return self.wait_status(
            f"{times} more surveys", lambda status: status["counters"]["surveys"] >= before + times)

    def hog_over_limit(self, unit):
        """Starts a service that grows past its own memory limit, and waits until the kernel has killed it; its pid.
        Only the kernel and PID 1 are asked, so this also works while oomguard is stopped."""
        pid = self.hog(unit, 1000, MemoryMax="32M")
        self.wait_for(f"{unit} fails", f"systemctl is-failed --quiet {unit}.service")
        return pid

    def wait_kills(self, count, seconds=180):
        """The status document once it tells of so many kills. The first global OOM after boot is slow."""
        return self.wait_status(f"{count} kills told", lambda status: status["kills"]["total"] >= count, seconds)

    def surveys(self):
        """How often the daemon has looked at everything: a change without one of them came by an event."""
        return self.status()["counters"]["surveys"]

    def rule(self, name):
        """A rule's part of the status document."""
        found = [rule for rule in self.status()["rules"] if rule["name"] == name]
        if len(found) != 1:
            raise GuestError(f"{len(found)} rules named '{name}' in the status document")
        return found[0]

    def journal(self, event=None):
        """The daemon's own journal entries, oldest first: all that carry OOMGUARD_EVENT, or those of one event.
        Believed as a reader should: only what systemd's journal itself says came from the unit, as root."""
        self.sh("journalctl --sync")
        lines = self.sh("journalctl -b --all -o json _SYSTEMD_UNIT=oomguard.service _UID=0").splitlines()
        entries = [json.loads(line) for line in lines]
        told = [entry for entry in entries if "OOMGUARD_EVENT" in entry]
        return [entry for entry in told if event in (None, entry["OOMGUARD_EVENT"])]

    def kernel_kills(self):
        """What the kernel itself logged of kills, oldest first, as victim fields of the status document."""
        self.sh("journalctl --sync")
        # Facility 0 is the kernel's own and no process can write it.
        text = self.sh("journalctl -b -k --all -o cat SYSLOG_FACILITY=0")
        pattern = re.compile(
            r"Killed process (?P<pid>\d+) \((?P<comm>.*)\) total-vm:(?P<total_vm_kb>\d+)kB, "
            r"anon-rss:(?P<anon_rss_kb>\d+)kB, file-rss:(?P<file_rss_kb>\d+)kB, shmem-rss:(?P<shmem_rss_kb>\d+)kB, "
            r"UID:(?P<uid>\d+) pgtables:(?P<pgtables_kb>\d+)kB oom_score_adj:(?P<score>-?\d+)")
        return [
            {key: text if key == "comm" else int(text) for key, text in found.groupdict().items()}
            for found in pattern.finditer(text)
        ]

    def unpack(self, package):
        """Where one of the packages of bed/packages.py is from now on."""
        # Read no further than it lies, and with it no memory filled.
        self.sh(f"mkdir -p /root/packages && tar xf /dev/vdb --occurrence=1 -C /root/packages {package}", 120)
        return f"/root/packages/{package}"

    def install(self, package):
        """Installs one of the Debian packages of bed/packages.py; what dpkg printed."""
        return self.sh(f"dpkg -i {self.unpack(package)} 2>&1", 300)

    def units(self):
        """The package's own that run or failed, but for its slice, in which an administrator's may be as well."""
        listed = self.sh("systemctl list-units --plain --no-legend 'oomguard*' | cut -d' ' -f1").split()
        return [unit for unit in listed if unit != "oomguard.slice"]

    def begin_metrics(self):
        """Starts a run of oomguard-metrics.service that does not end by itself, as one may be when the package leaves."""
        self.sh(
            "mkdir -p /run/systemd/system/oomguard-metrics.service.d && cd /run/systemd/system/oomguard-metrics.service.d && "
            "printf '[Service]\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' >slow.conf && systemctl daemon-reload && "
            "systemctl start --no-block oomguard-metrics.service")
        self.wait_for("a run of the metrics", "systemctl status oomguard-metrics.service | grep -q 'Main PID.*sleep'")
        self.sh("rm -r /run/systemd/system/oomguard-metrics.service.d && systemctl daemon-reload")

    def evidence(self):
        """What to look at after a failure: name and text."""
        found = {}
        for name, script in {
            "journal": "journalctl -b --no-pager -o short-monotonic",
            "oomguard-journal": "journalctl -b --no-pager -o short-monotonic -u oomguard.service",
            "status.json": f"cat {STATUS_FILE}",
            "systemctl": "systemctl status --no-pager -n 0 oomguard.service; systemctl --failed --no-pager",
        }.items():
            try:
                found[name] = self.machine.run(script, 60)[1]
            except GuestError as error:
                found[name] = str(error)
        found["console"] = tail(self.machine.console_path, 1000)
        found["commands"] = "\n".join(self.machine.commands)
        return found


def victim_told(entry):
    """A kill's journal entry as the victim's fields of the status document, without unit and cgroup."""
    numbers = ("pid", "uid", "score", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "pgtables_kb")
    victim = {name: int(entry[f"OOMGUARD_VICTIM_{name.upper()}"]) for name in numbers}
    return {**victim, "comm": entry["OOMGUARD_VICTIM_COMM"]}


def told_pids(entries):
    return [int(entry["OOMGUARD_VICTIM_PID"]) for entry in entries]


def processes(rule):
    """What the status document says of a rule's processes: pid to (score, base, state)."""
    return {
        process["pid"]: (process["score"], process["base"], process["state"]) for process in rule["processes"]
    }
