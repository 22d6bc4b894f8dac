"""Processes that are promised something, others that are not, and the daemon that keeps it, in a /run of our own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

STATUS = "/run/oomguard/status.json"
STATE = "/run/oomguard/state"
# Nothing of all this takes long: the reconcile interval is a second. But the machine may be busy, and what counts is
# that it happens; how long the longest of it took is told at the end.
PATIENCE = 60


class Failed(Exception):
    """What must not happen, in words."""


def eventually(what, condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failed(f"in vain waited {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)
    return value


class Puppet:
    def __init__(self, program, base, promised, rule):
        self.base, self.promised, self.rule = base, promised, rule
        # What it is allowed to be seen with: anything else is a wrong write.
        self.process = subprocess.Popen(
            [program, "86400"], preexec_fn=lambda: write_score("self", base), stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        eventually("the puppet runs", lambda: os.readlink(f"/proc/{self.pid}/exe") == program)

    @property
    def score(self):
        with open(f"/proc/{self.pid}/oom_score_adj", encoding="ascii") as file:
            return int(file.read())

    @property
    def start_ticks(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            return int(file.read().rpartition(")")[2].split()[19])

    def end(self):
        self.process.kill()
        self.process.wait()


def write_score(pid, score):
    with open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(score))


class Daemon:
    """One run of it, from its start to its end."""

    def __init__(self, stage, environment=None, before=None):
        """`before` is called with its pid while it is stopped at its very beginning; then it goes on."""
        self.log_path = os.path.join(stage.files, "log")
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        about = os.fstat(log)
        environment = dict(environment or {})
        if environment.pop("JOURNAL_STREAM", None):
            environment["JOURNAL_STREAM"] = f"{about.st_dev}:{about.st_ino}"
        command = [stage.binary, "--config", stage.config, "--verbose"]
        if before:
            command = ["/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=environment)
        os.close(log)
        self.pid = self.process.pid
        if before:
            os.waitpid(self.pid, os.WUNTRACED)
            before(self.pid)
            os.kill(self.pid, signal.SIGCONT)

    @property
    def exit(self):
        """`None` while it runs, else its exit status, or minus the signal that ended it."""
        return self.process.poll()

    @property
    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in file]

    @property
    def status(self):
        """What it tells of itself; `None` while that is another's, or nothing."""
        try:
            with open(STATUS, encoding="utf-8") as file:
                status = json.load(file)
        except FileNotFoundError:
            return None
        return status if status["pid"] == self.pid else None

    def end(self, number):
        self.process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        if self.exit is None:
            self.process.kill()
            self.process.wait()
            raise Failed(f"it did not end by signal {number}")
        return self.exit


class Stage:
    def __init__(self, binary):
        self.binary = binary
        # Of all recoveries, in seconds.
        self.slowest = 0.0
        self.files = tempfile.mkdtemp(prefix="oomguard-faults-")
        self.config = os.path.join(self.files, "oomguard.conf")
        v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        self.cgroup = f"/oomguard-faults-{os.getpid()}"
        self.cgroup_path = ("/sys/fs/cgroup" if v2 else "/sys/fs/cgroup/systemd") + self.cgroup
        os.mkdir(self.cgroup_path)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""\
[guard]
reconcile_interval = "1s"
conflict_limit = 1000
[[protect]]
name = "database"
exe = "{self.files}/database"
score = 0
[[protect]]
name = "modest"
exe = "{self.files}/modest"
score = 600
[[sacrifice]]
name = "batch"
cgroup = "{self.cgroup}"
score = 800
""")
        self.puppets = [
            Puppet(self.program("database"), 500, 0, "database"),
            Puppet(self.program("database"), 300, 0, "database"),
            Puppet(self.program("modest"), 400, 400, "modest"),
            Puppet(self.program("batch"), 100, 800, "batch"),
            Puppet(self.program("stranger"), 250, 250, None),
        ]
        with open(f"{self.cgroup_path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(self.puppets[3].pid))

        # What is written to somebody so young becomes its base: it may be its own starter's word.
        time.sleep(2.2)

    def begin_anew(self):
        """As if no daemon had ever been here. None must run."""
        for puppet in self.puppets:
            write_score(puppet.pid, puppet.base)
        shutil.rmtree("/run/oomguard", ignore_errors=True)

    def program(self, name):
        path = os.path.join(self.files, name)
        if not os.path.exists(path):
            shutil.copy(os.path.realpath("/usr/bin/sleep"), path)
        return path

    def close(self):
        for puppet in self.puppets:
            puppet.end()
        for _ in range(100):
            with contextlib.suppress(OSError):
                os.rmdir(self.cgroup_path)
                break
            time.sleep(0.02)
        shutil.rmtree(self.files)

    # ---- what has to hold

    @property
    def scores(self):
        return [puppet.score for puppet in self.puppets]

    @property
    def promised(self):
        return [puppet.promised for puppet in self.puppets]

    @property
    def bases(self):
        return [puppet.base for puppet in self.puppets]

    @property
    def expected(self):
        """Of each rule, what its processes are told to carry."""
        expected = {}
        for puppet in self.puppets:
            if puppet.rule:
                expected.setdefault(puppet.rule, []).append(
                    {"pid": puppet.pid, "score": puppet.promised, "base": puppet.base, "state": "held", "error": None})
        return expected

    def told(self, status):
        keys = ("pid", "score", "base", "state", "error")
        return {
            rule["name"]: sorted(
                ({key: process.get(key) for key in keys} for process in rule["processes"]), key=lambda one: one["pid"])
            for rule in status["rules"]}

    def is_well(self, daemon, degraded):
        """Every promise is kept, every base known, and all of it told, with no more missing than ever."""
        status = daemon.status
        return (
            status is not None and self.scores == self.promised and self.told(status) == self.expected
            and [one["what"] for one in status["degraded"]] == degraded and status["config"]["error"] is None)

    def what_is_wrong(self, daemon):
        status = daemon.status or {"rules": [], "degraded": [], "config": None}
        return (
            f"scores {self.scores}, promised {self.promised}; exit {daemon.exit}; told {self.told(status)}; degraded "
            f"{status['degraded']}; config {status['config']}; log {daemon.log[-6:]}")

    def is_recovered(self, daemon, degraded):
        begun = time.monotonic()
        eventually(
            lambda: f"all is well again: {self.what_is_wrong(daemon)}",
            lambda: daemon.exit is not None or self.is_well(daemon, degraded))
        if daemon.exit is not None:
            raise Failed(f"it ended with {daemon.exit} when the fault was over: {daemon.log[-3:]}")
        self.slowest = max(self.slowest, time.monotonic() - begun)
