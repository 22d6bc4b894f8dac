"""This machine: its processes, its cgroups, and the programs that are measured."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

# A process that sleeps takes about this much of the kernel's and its own memory.
SLEEPER_KB = 100


class Unmeasurable(Exception):
    """Why something cannot be measured here."""


class Program:
    """A program that was started, until the `with` block ends."""

    def __init__(self, words, ready=True, **options):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([str(word) for word in words], text=True, **(pipes | options))
        if ready and self.process.stdout.readline().strip() != "ready":
            self.process.wait()
            raise Unmeasurable(f"'{os.path.basename(words[0])}' does not work here")

    pid = property(lambda self: self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def has_ended(self):
        return self.process.poll() is not None

    def threads(self):
        return [f"/proc/{self.pid}/task/{thread}" for thread in os.listdir(f"/proc/{self.pid}/task")]

    def cpu_ns(self):
        """Time on a core since it was started. See Documentation/scheduler/sched-stats.rst."""
        return sum(int(read(f"{thread}/schedstat").split()[0]) for thread in self.threads())

    def switches(self):
        """How often it was put on a core."""
        lines = [line for thread in self.threads() for line in read(f"{thread}/status").splitlines()]
        return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

    def memory_kb(self):
        text = read(f"/proc/{self.pid}/smaps_rollup").splitlines()[1:]
        return {line.split(":")[0]: int(line.split()[1]) for line in text}


def unit_environment():
    """What its unit gives the daemon."""
    lines = read(f"{os.path.dirname(__file__)}/../../../packaging/oomguard.service").splitlines()
    return dict(line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment="))


class Daemon(Program):
    """oomguardd with a configuration, ready. Its /run is its own: no other daemon is in its way, nor it in another's."""

    def __init__(self, binaries, config, writes_status=True, stderr=subprocess.DEVNULL, journal=None, environment=None):
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind("")  # a name of its own in the abstract namespace
        self.ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        self.files = tempfile.TemporaryDirectory(prefix="oomguard-bench-")
        self.config = f"{self.files.name}/oomguard.conf"
        with open(self.config, "w") as file:
            file.write(config)
        script = f'mount -t tmpfs -o mode=0755,{"rw" if writes_status else "ro"} tmpfs /run && exec "$@"'
        environment = unit_environment() | (environment or {})
        environment["NOTIFY_SOCKET"] = "@" + self.notifications.getsockname()[1:].decode()
        if journal:
            script = script.replace(
                "exec", f"mkdir -p /run/systemd/journal && ln -s {journal.path} /run/systemd/journal/socket && exec")
            stderr = journal.stream
            environment["JOURNAL_STREAM"] = journal.name
        words = ["unshare", "--mount", "sh", "-c", script, "sh", f"{binaries}/oomguardd", "--config", self.config]
        super().__init__(words, ready=False, stderr=stderr, env=os.environ | environment)
        if not self.ready.wait(20):
            self.process.kill()
            raise Unmeasurable("oomguardd does not start here")
        time.sleep(0.5)  # the rest of its start

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.notifications.shutdown(socket.SHUT_RDWR)
        self.files.cleanup()

    def _listen(self):
        # To the end: what nobody reads, the daemon would try to send again.
        while text := self.notifications.recv(4096).decode():
            if "READY=1" in text.splitlines():
                self.ready.set()

    def status(self):
        return json.loads(read(f"/proc/{self.pid}/root/run/oomguard/status.json"))

    def counters(self):
        return self.status()["counters"]

    def survey_on_demand(self, count):
        """Reloads until `count` surveys were made; several signals at once count as one."""
        wanted = self.counters()["surveys"] + count
        while self.counters()["surveys"] < wanted:
            for _ in range(20):
                self.process.send_signal(signal.SIGHUP)
                time.sleep(0.005)


class Journal:
    """The socket of a journal that only notes when an entry with such words came, until the `with` block ends."""

    def __init__(self, *words):
        self.words, self.came = [word.encode() for word in words], []
        self.directory = tempfile.TemporaryDirectory()
        self.path = f"{self.directory.name}/socket"
        self.entries = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.entries.bind(self.path)
        # By whose name a service knows that its standard error goes to the journal: see systemd.exec(5).
        self.stream, self.end = socket.socketpair()
        status = os.fstat(self.stream.fileno())
        self.name = f"{status.st_dev}:{status.st_ino}"

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.entries.shutdown(socket.SHUT_RDWR)
        self.directory.cleanup()

    def _listen(self):
        while entry := self.entries.recv(1 << 20):
            if all(word in entry for word in self.words):
                self.came.append(time.monotonic_ns())


def read(path):
    with open(path) as file:
        return file.read()


def unit_slice():
    """`system.slice` in the hierarchy in which the daemon looks for units; made if it is missing."""
    base = "/sys/fs/cgroup"
    tree = base if os.path.exists(f"{base}/cgroup.controllers") else f"{base}/systemd"
    if not os.path.exists(f"{tree}/cgroup.procs"):
        raise Unmeasurable(f"no cgroup hierarchy of systemd's below {base}")
    path = f"{tree}/system.slice"
    os.makedirs(path, exist_ok=True)
    return path


@contextlib.contextmanager
def own_cgroup(path):
    """A cgroup that nobody else has, until the `with` block ends."""
    os.mkdir(path)
    try:
        yield path
    finally:
        for _ in range(100):
            try:
                os.rmdir(path)
                break
            except OSError:  # the last of its processes is on its way out
                time.sleep(0.05)


def unit_cgroup(name):
    """The cgroup of a unit, until the `with` block ends."""
    return own_cgroup(f"{unit_slice()}/{name}")


@contextlib.contextmanager
def limited_cgroups(**limits):
    """Cgroups of our own with a limit to each of these controllers, until the `with` block ends: with version 2 it is one,
    and with version 1 one for each."""
    paths = []
    with contextlib.ExitStack() as until_the_end:
        try:
            for controller, limit in limits.items():
                v1 = f"/sys/fs/cgroup/{controller}"
                is_v1 = os.path.isdir(v1)
                path = f"{v1 if is_v1 else '/sys/fs/cgroup'}/oomguard-bench-{os.getpid()}"
                if path not in paths:
                    paths.append(until_the_end.enter_context(own_cgroup(path)))
                with open(f"{path}/{controller}.{LIMITS_OF_V1.get(controller, 'max') if is_v1 else 'max'}", "w") as file:
                    file.write(str(limit))
        except OSError as error:
            raise Unmeasurable(f"no cgroup with a limit can be made here: {error}") from error
        yield paths


LIMITS_OF_V1 = {"memory": "limit_in_bytes"}


@contextlib.contextmanager
def memory_cgroup(mib):
    """A cgroup that holds so much memory, until the `with` block ends."""
    with limited_cgroups(memory=mib << 20) as (path,):
        yield path


def process_count():
    return sum(name.isdigit() for name in os.listdir("/proc"))


def feasible(sizes, table, of="processes", processes_each=1):
    """Those of the sizes that this machine has room for; why the others are not measured goes into the table."""
    for size in sizes:
        if why := whether_too_many(size * processes_each):
            table.note(f"{size:,} {of}: not measured: {why}")
        else:
            yield size


def whether_too_many(processes):
    if processes + process_count() > int(read("/proc/sys/kernel/pid_max")) * 9 // 10:
        return "kernel.pid_max is too low"
    return "too little memory" if processes * SLEEPER_KB > meminfo_kb("MemAvailable") // 2 else None


def meminfo_kb(name):
    return int(next(line for line in read("/proc/meminfo").splitlines() if line.startswith(name + ":")).split()[1])


def forks_since_boot():
    return next(int(line.split()[1]) for line in read("/proc/stat").splitlines() if line.startswith("processes"))
