"""What befalls the daemon though each of its calls does what it may do: no room, odd clocks, a world that moves."""

import contextlib
import os
import signal
import subprocess
import threading
import time

from .stage import Daemon, Failed, eventually, write_score

HERE = os.path.dirname(os.path.abspath(__file__))
FILLER = "/run/filler"


class World:
    """Makes one happen while `trials` look at the scores."""

    def __init__(self, trials):
        self.trials, self.stage = trials, trials.stage
        self.odd = os.path.join(self.stage.files, "odd")
        os.makedirs(self.odd, exist_ok=True)
        self.library = os.path.join(self.stage.files, "odd.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", self.library, f"{HERE}/odd.c"], check=True)

    def trials_in_turn(self):
        yield "/run is full", lambda: self.during(self.full_run(), names="cannot-write-state")
        yield "/run is full at the start", lambda: self.during(self.full_run(), names="cannot-write-state", starts=True)
        yield "/run is read-only at the start", lambda: self.during(
            self.read_only_run(), names="cannot-write-state", starts=True)
        yield "the state is empty at the start", self.empty_state
        yield "cgroups come and go under the survey", lambda: self.during(
            self.moving_cgroups(), strays={3: {self.stage.puppets[3].base}})
        yield "its own cgroups' members come and go", lambda: self.during(
            self.moving_members(), strays={3: {self.stage.puppets[3].base}})
        for what, name in (("short", "files are read sixteen bytes at a time"), ("later", "every clock jumps by a day"),
                           ("earlier", "the time of day jumps back by a day")):
            yield name, lambda what=what: self.during(self.oddity(what), odd=True)

    # ---- what happens

    @contextlib.contextmanager
    def full_run(self):
        with open(FILLER, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            os.unlink(FILLER)

    @contextlib.contextmanager
    def read_only_run(self):
        subprocess.run(["mount", "-o", "remount,ro", "/run"], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", "/run"], check=True)

    @contextlib.contextmanager
    def oddity(self, what):
        path = os.path.join(self.odd, what)
        with open(path, "w", encoding="ascii"):
            pass
        try:
            yield
        finally:
            os.unlink(path)

    @contextlib.contextmanager
    def again_and_again(self, act):
        ends = threading.Event()

        def turn():
            while not ends.is_set():
                act()

        worker = threading.Thread(target=turn)
        worker.start()
        try:
            yield
        finally:
            ends.set()
            worker.join()

    def moving_cgroups(self):
        """Below the one that a rule names, as deep as units have them, with a process in the deepest."""
        paths = [os.path.join(self.stage.cgroup_path, *("a", "b", "c")[:depth]) for depth in (1, 2, 3)]

        def act():
            for path in paths:
                os.mkdir(path)
            move(self.stage.puppets[3].pid, paths[-1])
            move(self.stage.puppets[3].pid, self.stage.cgroup_path)
            for path in reversed(paths):
                remove(path)

        return self.again_and_again(act)

    def moving_members(self):
        top = os.path.dirname(self.stage.cgroup_path)

        def act():
            move(self.stage.puppets[3].pid, top)
            time.sleep(0.01)
            move(self.stage.puppets[3].pid, self.stage.cgroup_path)
            time.sleep(0.01)

        return self.again_and_again(act)

    # ---- and what must hold

    def during(self, happening, names=None, starts=False, odd=False, strays=None):
        """`strays`: what else a puppet may be seen with."""
        trials = self.trials
        trials.revive()
        if starts or odd:
            trials.daemon.end(signal.SIGKILL)
        environment = {"LD_PRELOAD": self.library, "OOMGUARD_ODD": self.odd} if odd else None
        if odd:
            trials.daemon = Daemon(self.stage, environment)
            self.stage.is_recovered(trials.daemon, trials.degraded)
        with happening:
            if starts:
                trials.daemon = Daemon(self.stage)
                eventually("it has begun", lambda: any("config" in line or "degraded" in line for line in trials.daemon.log))
                said = 0
            else:
                said = len(trials.daemon.log)
            write_score(self.stage.puppets[0].pid, 700)
            allowed = trials.only_promised(700)
            for index, values in (strays or {}).items():
                allowed[index] |= values
            trials.watch(None, 2.5, allowed, lambda: trials.daemon.exit is not None)
            os.kill(trials.daemon.pid, signal.SIGHUP)
            trials.watch(None, 1.5, allowed, lambda: trials.daemon.exit is not None)
        outcome = trials.words(trials.daemon, said, "passed over")
        if names and f"degraded: {names}" not in outcome:
            raise Failed(f"no word of {names}: {outcome}; {trials.daemon.log[-5:]}")
        if trials.daemon.exit is not None:
            trials.revive()
            return outcome
        os.kill(trials.daemon.pid, signal.SIGHUP)
        self.stage.is_recovered(trials.daemon, trials.degraded)
        if odd:
            trials.daemon.end(signal.SIGKILL)
        return outcome

    def empty_state(self):
        """What was owed is known to nobody now: it says so, and nobody gets another score for it."""
        trials = self.trials
        trials.revive()
        trials.daemon.end(signal.SIGKILL)
        with open("/run/oomguard/state", "w", encoding="ascii"):
            pass
        trials.daemon = Daemon(self.stage)
        trials.watch(None, 2.5, trials.only_promised(), lambda: trials.daemon.exit is not None)
        outcome = trials.words(trials.daemon, 0, "passed over")
        if "degraded: lost-bases" not in outcome:
            raise Failed(f"no word of lost bases: {outcome}")
        trials.anew()
        return outcome


def move(pid, path):
    with open(f"{path}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(pid))


def remove(path):
    for _ in range(200):
        with contextlib.suppress(OSError):
            return os.rmdir(path)
        time.sleep(0.005)
    raise Failed(f"{path} cannot be removed")
