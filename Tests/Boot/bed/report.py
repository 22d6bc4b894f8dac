"""Checks, one line each, and their count at the end."""

import threading
import time


class Report:
    """Prints what came of each scenario when that has ended, in one piece: several may run at once."""

    def __init__(self):
        self.passed = self.failed = 0
        self.started = time.monotonic()
        self.printing = threading.Lock()

    def phase(self, text):
        with self.printing:
            print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    def add(self, check, text):
        """Counts a scenario's checks and prints them, and `text` below."""
        with self.printing:
            self.passed += check.count - check.failed
            self.failed += check.failed
            print("\n".join(check.lines))
        self.phase(text)


class Check:
    """Handed to a scenario: `check("what must be true", condition)` or `check.equal("what", got, wanted)`."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.lines = []
        self.count = self.failed = 0

    def __call__(self, what, condition, detail=""):
        self.count += 1
        self.lines.append(f"  {'ok  ' if condition else 'FAIL'}  {self.scenario}: {what}")
        if not condition:
            self.failed += 1
            self.lines += indented(str(detail))

    def equal(self, what, got, wanted):
        self(what, got == wanted, f"got    {got!r}\nwanted {wanted!r}")


def indented(text):
    return ["        " + line for line in text.splitlines()]
