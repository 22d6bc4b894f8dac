"""Others from Debian beside oomguard, all at once in the same minutes: what they hold and how often they wake at rest."""

import contextlib
import glob
import os
import statistics
import subprocess
import tempfile
import time

from .machine import Daemon, Program, feasible, forks_since_boot, process_count, read
from .table import spread

PACKAGES = ("earlyoom", "nohang", "oomd", "psi-notify", "systemd-oomd", "libjsoncpp25")
# Of processes in all, or as many as there are.
SIZES = (150, 5000)
ROUNDS, SECONDS = 3, 60
# As long as each of them needs to be at rest, or to say why it cannot be.
START_SECONDS = 5

BASH_LOOP = """
while :; do
  for pid in $(pgrep -x guarded); do echo 100 > /proc/$pid/oom_score_adj; done 2>/dev/null
  sleep 1
done"""


def fetch(tools):
    """The peers' packages, unpacked: none of them is installed, so that no service of theirs begins. Puts them on PATH."""
    root = os.path.abspath(f"{tools}/peers/root")
    if not os.path.isdir(root):
        os.makedirs(root)
        for package in PACKAGES:  # one that a release has not must not keep the others away
            subprocess.run(["apt-get", "download", package], cwd=os.path.dirname(root), capture_output=True)
        for package in glob.glob(f"{root}/../*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    os.environ["PATH"] += f":{root}/usr/bin:{root}/usr/sbin:{root}/lib/systemd"
    return root


def commands(root):
    """Each as its package starts it, but that earlyoom ends nothing."""
    libraries = ":".join({os.path.dirname(path) for path in glob.glob(f"{root}/usr/lib/*/lib*.so.*")})
    return {
        "earlyoom": ["earlyoom", "-r", "3600", "--dryrun"],
        "psi-notify": ["psi-notify"],
        "oomd": ["env", f"LD_LIBRARY_PATH={libraries}", "oomd", "--interval", "1", "--config",
                 f"{root}/etc/oomd/oomd.json", *cgroups_of_oomd()],
        "nohang": ["nohang", "--monitor", "--config", f"{root}/etc/nohang/nohang.conf"],
        "systemd-oomd": ["systemd-oomd"],
        "bash loop, 1 s": ["bash", "-c", BASH_LOOP],
    }


def cgroups_of_oomd():
    """Debian's advice for machines with both versions of cgroups: /etc/default/oomd."""
    hybrid = "/sys/fs/cgroup/unified"
    return ["--cgroup-fs", hybrid] if os.path.isdir(hybrid) else []


class Peer(Program):
    """Another program as it is; what it says goes into a file."""

    def __init__(self, words):
        self.said = tempfile.TemporaryFile("w+")
        super().__init__(words, ready=False, stdout=self.said, stderr=subprocess.STDOUT)

    def last_words(self):
        self.said.seek(0)
        return (self.said.read().strip().splitlines() or ["nothing"])[-1]

    def cpu_ns(self):
        """With that of the programs it started and waited for: see proc_pid_stat(5)."""
        fields = read(f"/proc/{self.pid}/stat").rpartition(")")[2].split()
        return super().cpu_ns() + (int(fields[13]) + int(fields[14])) * 10**9 // os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def started(commands):
    """All of them, at rest or at an end, until the `with` block ends."""
    peers = {name: Peer(words) for name, words in commands.items()}
    try:
        time.sleep(START_SECONDS)
        yield peers
    finally:
        for peer in peers.values():
            peer.__exit__()


def running(programs):
    return {name: program for name, program in programs.items() if not program.has_ended()}


def not_running(programs):
    """Of each of the others, why."""
    return [f"{name} does not run here: {program.last_words()}" for name, program in programs.items() if program.has_ended()]


def measure(binaries, tools, config, table):
    root = fetch(tools)
    for size in feasible(SIZES, table):
        with Program([f"{tools}/sleepers", max(0, size - process_count()), 0, "/dev/null"]), \
                Daemon(binaries, read(config)) as daemon, Program([f"{tools}/connector", "nobody", 0]) as floor, \
                started(commands(root)) as peers:
            compare({"oomguard": daemon, "floor: execs heard": floor}, peers, table)


def compare(programs, peers, table):
    programs = programs | running(peers)
    born, spent = [], []
    for _ in range(ROUNDS):
        forks = forks_since_boot()
        before = {name: (program.cpu_ns(), program.switches()) for name, program in programs.items()}
        time.sleep(SECONDS)
        spent.append({
            name: (program.cpu_ns() - before[name][0], program.switches() - before[name][1])
            for name, program in programs.items()})
        born.append(forks_since_boot() - forks)
    table.section(
        f"At rest for {SECONDS} s, {process_count():,} processes; {spread(born)} processes and threads were born meanwhile;"
        f" the middle of {ROUNDS}, and the least and the most",
        ("", "resident", "anonymous", "locked", "CPU", "of oomguard's", "wake-ups"))
    own = statistics.median(one["oomguard"][0] for one in spent)
    for name, program in running(programs).items():
        memory = program.memory_kb()
        cpu, wakes = zip(*(one[name] for one in spent))
        table.line(
            name, *(f"{memory[kind]:,} KiB" for kind in ("Rss", "Anonymous", "Locked")),
            spread([ns / 1e6 for ns in cpu], "ms"), f"{statistics.median(cpu) / own:.2f}×", spread(wakes))
    for line in not_running(peers):
        table.note(line)
