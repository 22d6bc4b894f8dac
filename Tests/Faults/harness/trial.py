"""One fault at a time, at the start, at work and at the end of a daemon."""

import os
import re
import signal
import subprocess
import time

from . import faults
from .stage import STATE, Daemon, Failed, eventually, write_score
from .tracer import Tracer, calls
from .world import World

# Somebody else's score for the first puppet, higher than what it is promised.
DRIFT = 700
# Longer than the reconcile interval, so that everything is looked at while the fault lasts.
LASTING = 1.3


class Trials:
    def __init__(self, stage, is_quick, tell):
        self.stage, self.is_quick, self.tell = stage, is_quick, tell
        self.trace_log = os.path.join(stage.files, "trace")
        self.daemon = Daemon(stage)
        eventually(lambda: f"the daemon is well: {stage.what_is_wrong(self.daemon)}", self.has_begun)
        # What it does without on this machine, in any case.
        self.degraded = [one["what"] for one in self.daemon.status["degraded"]]
        first = stage.puppets[0]
        self.own = {str(first.pid): "PID", stage.files: "…", stage.cgroup: "/batch"}

    def has_begun(self):
        if self.daemon.exit is not None:
            raise Failed(f"the daemon ended with {self.daemon.exit}: {self.daemon.log}")
        status = self.daemon.status
        return status and self.stage.is_well(self.daemon, [one["what"] for one in status["degraded"]])

    def close(self):
        self.revive()
        self.daemon.end(signal.SIGTERM)
        if self.stage.scores != self.stage.bases:
            self.tell("stop", "at the very end", lambda: self.fail("not every base was given back"))

    def fail(self, why):
        raise Failed(f"{why}: scores {self.stage.scores}, bases {self.stage.bases}")

    # ---- recording

    def recorded(self, act):
        """The faults that could befall it while `act` is carried out."""
        noted = list(act())
        return faults.faults(noted, self.own, self.is_quick)

    def traced(self, body):
        tracer = Tracer(self.daemon.pid, self.trace_log)
        body()
        tracer.end()
        return calls(self.trace_log)

    def shown(self, fault):
        """Its line: without what is of this run alone."""
        text = str(fault)
        for part, name in self.own.items():
            text = text.replace(part, name)
        return f"{text} {fault.error}"

    # ---- what must hold while a fault lasts

    def watch(self, fault, seconds, allowed, is_over=lambda: False):
        """Looks at all scores again and again: no one may ever carry what is not `allowed`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not is_over():
            for puppet, values in zip(self.stage.puppets, allowed):
                if (score := puppet.score) not in values:
                    raise Failed(
                        f"score {score} was written to a process of base {puppet.base}, promised {puppet.promised}")
            time.sleep(0.005)

    def only_promised(self, *more):
        first, *others = [{puppet.promised} for puppet in self.stage.puppets]
        return [first | set(more), *others]

    def outcome(self, daemon, since, tracer):
        return self.words(daemon, since, "passed over" if tracer.hits else "not reached")

    def words(self, daemon, since, nothing):
        """What the daemon had to say about it, or `nothing`."""
        news = [line for line in daemon.log[since:] if line.startswith(("<1>", "<2>", "<3>", "<4>", "oomguardd"))]
        news = [line for line in news if "the kernel killed" not in line and "drift" not in line]
        if daemon.exit is not None:
            last = daemon.log[-1] if daemon.log else ""
            if daemon.exit < 0 or daemon.exit > 2:
                raise Failed(f"it ended with {daemon.exit}: {daemon.log[-3:]}")
            if daemon.exit > 0 and not last:
                raise Failed(f"it ended with {daemon.exit} and said nothing")
            if daemon.exit > 0:
                return f"exit {daemon.exit}: {last}"
        degraded = [line[3:] for line in news if "degraded: " in line and self.is_new(line)]
        others = [line[3:] for line in news if "degraded: " not in line]
        if degraded:
            return degraded[0]
        if others:
            return f"said: {others[0]}"
        return nothing

    def is_new(self, line):
        return not any(f"degraded: {what}:" in line for what in self.degraded)

    # ---- the parts

    def steady(self):
        def work():
            write_score(self.stage.puppets[0].pid, DRIFT)
            time.sleep(LASTING)
            self.reload()
            time.sleep(0.3)

        for fault in self.recorded(lambda: self.traced(work)):
            self.tell("steady", self.shown(fault), lambda fault=fault: self.at_work(fault))

    def at_work(self, fault):
        self.revive()
        daemon, said = self.daemon, len(self.daemon.log)
        before = daemon.status["counters"]["writes"] if daemon.status else 0
        tracer = Tracer(daemon.pid, self.trace_log, fault)
        try:
            write_score(self.stage.puppets[0].pid, DRIFT)
            os.kill(daemon.pid, signal.SIGHUP)
            self.watch(fault, LASTING, self.only_promised(DRIFT), lambda: daemon.exit is not None)
        finally:
            tracer.end()
        outcome = self.outcome(daemon, said, tracer)
        if daemon.exit is not None:
            # As the service manager does.
            self.revive()
            return outcome
        # A reload that could not read its files is asked for again by whoever asked for it.
        if any("the old configuration stays in force" in line for line in daemon.log[said:]):
            os.kill(daemon.pid, signal.SIGHUP)
        self.stage.is_recovered(daemon, self.degraded)
        # The status of before the repair may look the same.
        eventually(
            lambda: f"one score was written: {daemon.status['counters']['writes'] - before} were",
            lambda: daemon.status["counters"]["writes"] == before + 1)
        return outcome

    def reload(self):
        before = self.daemon.status["config"]["loaded_at"]
        os.kill(self.daemon.pid, signal.SIGHUP)
        eventually("it has read its configuration again", lambda: self.daemon.status["config"]["loaded_at"] != before)

    def revive(self):
        if self.daemon.exit is None and self.stage.is_well(self.daemon, self.degraded):
            return
        if self.daemon.exit is None:
            self.daemon.end(signal.SIGKILL)
        self.daemon = Daemon(self.stage)
        self.stage.is_recovered(self.daemon, self.degraded)

    def anew(self):
        """After a failure: what went wrong once is not to go on into the next trial."""
        if self.daemon.exit is None:
            self.daemon.end(signal.SIGKILL)
        self.stage.begin_anew()
        self.daemon = Daemon(self.stage)
        self.stage.is_recovered(self.daemon, self.degraded)

    def begin(self, fault=None, environment=None):
        """Ends the daemon by SIGKILL and starts another, with that fault from its first instruction on; the tracer."""
        if self.daemon.exit is None:
            self.daemon.end(signal.SIGKILL)
        tracers = []
        def attach(pid):
            own = fault and faults.dataclasses.replace(fault, path=fault.path.replace("SELF", str(pid)))
            tracers.append(Tracer(pid, self.trace_log, own))
        self.daemon = Daemon(self.stage, environment, before=attach)
        return tracers[0]

    def start(self):
        self.revive()
        tracer = self.begin()
        self.stage.is_recovered(self.daemon, self.degraded)
        tracer.end()
        noted = list(calls(self.trace_log))
        # From where its own first call is: what the loader needs is nobody's to survive.
        first = next(index for index, (call, path) in enumerate(noted) if path == "/proc/self/fd/2")
        loaded = {call for call, path in noted[:first]}
        own = str(self.daemon.pid)
        noted = [(call, re.sub(rf"\b{own}\b", "SELF", path)) for call, path in noted[first:]]
        chosen = faults.faults(noted, [*self.own, "SELF"], False)
        if self.is_quick:
            chosen = {fault.call: fault for fault in reversed(chosen)}.values()
        for fault in chosen:
            # Without a file to tell it by, it would be the loader's as well.
            if fault.path or fault.call not in loaded:
                self.tell("start", self.shown(fault), lambda fault=fault: self.at_start(fault))

    def at_start(self, fault):
        self.revive()
        tracer = self.begin(fault)
        try:
            self.watch(fault, LASTING, self.only_promised(), lambda: self.daemon.exit is not None)
        finally:
            tracer.end()
        outcome = self.outcome(self.daemon, 0, tracer)
        if self.daemon.exit is None:
            if (self.daemon.status or {"config": {"error": None}})["config"]["error"]:
                os.kill(self.daemon.pid, signal.SIGHUP)
            self.stage.is_recovered(self.daemon, self.degraded)
            if writes := self.daemon.status["counters"]["writes"]:
                raise Failed(f"{writes} scores were written, and all were right already")
        else:
            self.revive()
        return outcome

    def stop(self):
        self.revive()
        tracer = Tracer(self.daemon.pid, self.trace_log)
        self.daemon.end(signal.SIGTERM)
        tracer.process.wait()
        if self.stage.scores != self.stage.bases:
            self.fail("not every base was given back")
        for fault in self.recorded(lambda: calls(self.trace_log)):
            self.tell("stop", self.shown(fault), lambda fault=fault: self.at_stop(fault))

    def at_stop(self, fault):
        self.revive()
        daemon, said = self.daemon, len(self.daemon.log)
        tracer = Tracer(daemon.pid, self.trace_log, fault)
        os.kill(daemon.pid, signal.SIGTERM)
        try:
            allowed = [{puppet.base, puppet.promised} for puppet in self.stage.puppets]
            self.watch(fault, 3, allowed, lambda: daemon.exit is not None)
        finally:
            tracer.end()
        daemon.end(signal.SIGTERM)
        outcome = self.outcome(daemon, said, tracer)
        kept = self.stage.scores != self.stage.bases
        self.restore()
        return f"{outcome}; bases came with --restore" if kept else outcome

    def restore(self):
        """What was left to give back is given back from the state."""
        given = subprocess.run(
            [self.stage.binary, "--restore"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if given.returncode or self.stage.scores != self.stage.bases:
            self.fail(f"--restore ended with {given.returncode} and said '{given.stdout}{given.stderr}'")

    # ---- the world

    def world(self):
        for what, act in World(self).trials_in_turn():
            self.tell("world", what, act)

    # ---- the state

    def state(self):
        self.revive()
        tracer = self.begin()
        self.stage.is_recovered(self.daemon, self.degraded)
        tracer.end()
        steps = [
            (call, path) for call, path in calls(self.trace_log)
            if path in (".state.new", "state", STATE, os.path.join(os.path.dirname(STATE), ".state.new"))]
        for call, path in dict.fromkeys(steps):
            for when in range(1, steps.count((call, path)) + 1):
                fault = faults.Fault(call, path, when=str(when), signal="KILL")
                self.tell("state", f"{self.shown(fault)}{when}. time, SIGKILL", lambda fault=fault: self.killed(fault))

    def killed(self, fault):
        self.revive()
        old = self.text_of_state()
        tracer = self.begin(fault)
        try:
            eventually("it is killed there", lambda: self.daemon.exit is not None or self.daemon.status)
        finally:
            tracer.end()
        if self.daemon.exit is None:
            return "not reached"
        if self.daemon.exit != -signal.SIGKILL:
            raise Failed(f"it ended with {self.daemon.exit}: {self.daemon.log[-3:]}")
        new = self.text_of_state()
        owed = {line for line in old if line.startswith("base ")}
        if {line for line in new if line.startswith("base ")} != owed or not all(line.endswith("\n") for line in new):
            raise Failed(f"the state was {old} and is {new}")
        self.revive()
        self.daemon.end(signal.SIGTERM)
        if self.stage.scores != self.stage.bases:
            self.fail("not every base was given back")
        return "the old state" if new == old else "the new state"

    def text_of_state(self):
        with open(STATE, encoding="utf-8") as file:
            return file.readlines()
