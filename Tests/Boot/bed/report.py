"""Checks, one line each, and their count at the end."""

import time


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.started = time.monotonic()

    def phase(self, text):
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    def line(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        print(f"  {'ok  ' if good else 'FAIL'}  {name}", flush=True)
        if not good and detail:
            print(indented(detail), flush=True)


class Check:
    """Handed to a scenario: `check("what must be true", condition)` or `check.equal("what", got, wanted)`."""

    def __init__(self, report, scenario):
        self.report, self.scenario = report, scenario
        self.count = self.failed = 0

    def __call__(self, what, condition, detail=""):
        self.count += 1
        self.failed += 0 if condition else 1
        self.report.line(f"{self.scenario}: {what}", bool(condition), str(detail))

    def equal(self, what, got, wanted):
        self(what, got == wanted, f"got    {got!r}\nwanted {wanted!r}")


def indented(text):
    return "\n".join("        " + line for line in text.splitlines())
